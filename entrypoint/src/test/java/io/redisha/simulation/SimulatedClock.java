package io.redisha.simulation;

/** A pod's own monotonic clock: it has a zero of its own, and is faster or slower than the others. */
public final class SimulatedClock {

    private final Simulation simulation;
    private final double rate;
    private final long skew;

    private SimulatedClock(Simulation simulation, double rate, long skew) {
        this.simulation = simulation;
        this.rate = rate;
        this.skew = skew;
    }

    public static SimulatedClock exact(Simulation simulation) {
        return new SimulatedClock(simulation, 1, 0);
    }

    /** Up to 1 % faster or slower. */
    public static SimulatedClock drifting(Simulation simulation) {
        double rate = 1 + (simulation.random.nextDouble() - 0.5) * 0.02;
        return new SimulatedClock(simulation, rate, simulation.random.nextLong(1000 * Simulation.S));
    }

    public long now() {
        return (long) (simulation.now() * rate) + skew;
    }

    /** How long it takes in truth until this clock has advanced by as much. */
    public long takes(long duration) {
        return (long) (duration / rate);
    }
}
