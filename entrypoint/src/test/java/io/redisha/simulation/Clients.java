package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import java.util.BitSet;
import java.util.List;
import java.util.function.IntPredicate;

/** Whoever uses the release: one write every 20 ms to every server that takes it; they do not know who should. */
public final class Clients {

    private final Simulation simulation;
    private int written;
    /** Writes that a master took. */
    public final BitSet all = new BitSet();
    /** Those for which WAIT 1 would have returned. */
    public final BitSet acked = new BitSet();
    /** Which of the writes take the last key away: a queue popped empty, FLUSHALL. */
    public IntPredicate deletes = write -> false;
    private final BitSet emptying = new BitSet();
    public boolean silent;

    public Clients(Simulation simulation) {
        this.simulation = simulation;
    }

    void begin(List<SimulatedRedis> servers) {
        simulation.after(20 * MS, () -> write(servers));
    }

    private void write(List<SimulatedRedis> servers) {
        for (SimulatedRedis r : servers) {
            if (!silent && r.acceptsWrites()) {
                if (deletes.test(written)) {
                    emptying.set(written);
                }
                all.set(written);
                r.take(written++);
            }
        }
        begin(servers);
    }

    boolean empties(int write) {
        return emptying.get(write);
    }
}
