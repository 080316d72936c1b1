package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;

/** Whoever uses the release: one write every 20 ms to every server that takes it; they do not know who should. */
public final class Clients {

    private final Simulation simulation;
    private int written;
    private long[] times = new long[256];
    /** Writes that a master took. */
    public final BitSet all = new BitSet();
    /** The same, by the history that its master was on. */
    private final Map<String, BitSet> streams = new HashMap<>();
    /** Those for which WAIT 1 would have returned. */
    public final BitSet acked = new BitSet();
    /** Which of the writes take the last key away: a queue popped empty, FLUSHALL. */
    public IntPredicate deletes = write -> false;
    private final BitSet emptying = new BitSet();
    /** After such a write nothing is written for so long. */
    public long pauses;
    private long pausedUntil;
    public boolean silent;
    /** Two servers never take writes at once. */
    public boolean one;

    public Clients(Simulation simulation) {
        this.simulation = simulation;
    }

    void begin(List<SimulatedRedis> servers) {
        simulation.after(20 * MS, () -> write(servers));
    }

    private void write(List<SimulatedRedis> servers) {
        if (one && servers.stream().filter(SimulatedRedis::acceptsWrites).count() > 1) {
            throw new Violation("two servers accept writes at once");
        }
        for (SimulatedRedis r : servers) {
            if (!silent && simulation.now() >= pausedUntil && r.acceptsWrites()) {
                if (deletes.test(written)) {
                    emptying.set(written);
                    pausedUntil = simulation.now() + pauses;
                }
                if (written == times.length) {
                    times = Arrays.copyOf(times, 2 * written);
                }
                times[written] = simulation.now();
                streams.computeIfAbsent(r.history(), h -> new BitSet()).set(written);
                all.set(written);
                r.take(written++);
            }
        }
        begin(servers);
    }

    /** When a master took it. */
    public long takenAt(int write) {
        return times[write];
    }

    /** How many of the promised writes a leader has not. Where they all came to nothing, and it holds nothing, nobody asks for them any more. */
    public int lost(SimulatedRedis leader, BitSet promised) {
        if (leader.log().empty() && !promised.isEmpty() && empties(promised.length() - 1)) {
            promised.clear();
        }
        return leader.log().missing(promised);
    }

    /** What is lost of what a master took is the last of it: whether a leader lacks something else. */
    public boolean hasGap(SimulatedRedis leader) {
        return streams.values().stream().anyMatch(leader.log()::hasGapIn);
    }

    /** Whether the last key has ever gone. */
    public boolean deleted() {
        return !emptying.isEmpty();
    }

    boolean empties(int write) {
        return emptying.get(write);
    }
}
