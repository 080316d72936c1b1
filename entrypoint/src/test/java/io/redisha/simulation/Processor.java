package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

/** The time of the processors that all pods share: when others take it, everything that a pod does waits for its turn. */
public final class Processor {

    private final Simulation simulation;
    private long longest;

    Processor(Simulation simulation) {
        this.simulation = simulation;
    }

    /** From now on a turn is waited for up to so long, mostly for less; 0: as soon as it is asked for. */
    public void scarce(long longestTurn) {
        longest = longestTurn;
        simulation.say(longestTurn == 0 ? "processors are idle again" : "processors are scarce: turns take up to " + longestTurn / MS + " ms");
    }

    /** A server's process loses its turn for so long, 0 if it does not. Asked each 30 ms: once in some seconds it does. */
    long lostTurns() {
        return longest == 0 || simulation.random.nextInt(100) > 0 ? 0 : simulation.random.nextLong(16 * longest);
    }

    /** How long it takes until it is one's turn. */
    public long turn() {
        if (longest == 0) {
            return 0;
        }
        // one in four is long: who waits is not told when it will be
        return simulation.random.nextLong(simulation.random.nextInt(4) == 0 ? longest : Math.max(1, longest / 8));
    }
}
