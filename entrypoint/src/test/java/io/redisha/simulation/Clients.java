package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;

/** Whoever uses the release: one write every 20 ms to every server that takes it; they do not know who should. */
public final class Clients {

    private final Simulation simulation;
    private int written;
    private long[] times = new long[256];
    /** On which each was taken. */
    private String[] histories = new String[256];
    /** Writes that a master took. */
    public final BitSet all = new BitSet();
    /** Those for which WAIT 1 would have returned. */
    public final BitSet acked = new BitSet();
    /** Which of the writes take the last key away: a queue popped empty, FLUSHALL. */
    public IntPredicate deletes = write -> false;
    private final BitSet emptying = new BitSet();
    /** After such a write nothing is written for so long. */
    public long pauses;
    private long pausedUntil;
    /**
     * For how long each key lives; 0: it stays. A master deletes what has expired, and its replicas apply that. Nobody else deletes it, nor does who loads its files:
     * a server that is a replica when it starts (B1) keeps what has expired meanwhile, and counts it, until it is promoted.
     */
    public long ttl;
    /** Of these: the deletions of what had expired. */
    private final BitSet expiries = new BitSet();
    /** Earlier ones have expired. */
    private int fresh;
    /** After which writes nothing is written for {@link #rest}. */
    public IntPredicate rests = write -> false;
    public long rest;
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
                if (rests.test(written)) {
                    pausedUntil = simulation.now() + rest;
                }
                all.set(written);
                r.take(next(r));
            }
        }
        begin(servers);
    }

    private int next(SimulatedRedis on) {
        if (written == times.length) {
            times = Arrays.copyOf(times, 2 * written);
            histories = Arrays.copyOf(histories, 2 * written);
        }
        times[written] = simulation.now();
        histories[written] = on.history();
        return written++;
    }

    /** As a master deletes what has expired. */
    int expiry(SimulatedRedis on) {
        int expiry = next(on);
        emptying.set(expiry);
        expiries.set(expiry);
        return expiry;
    }

    boolean expired(int write) {
        return ttl > 0 && times[write] + ttl <= simulation.now();
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
        if (ttl > 0) {
            while (fresh < written && expired(fresh)) {
                fresh++;
            }
            promised.clear(0, fresh);
            promised.andNot(expiries);
        }
        return leader.log().missing(promised);
    }

    /** A write that this one has though it lacks one that the same master took before it; -1 for none: what is lost of a term is its end. */
    public int gap(SimulatedRedis leader) {
        BitSet has = new BitSet();
        leader.log().addTo(has);
        Set<String> ended = new HashSet<>();
        for (int write = 0; write < written; write++) {
            if (!has.get(write)) {
                ended.add(histories[write]);
            } else if (ended.contains(histories[write])) {
                return write;
            }
        }
        return -1;
    }

    /** Whether the last key has ever gone. */
    public boolean deleted() {
        return !emptying.isEmpty();
    }

    boolean empties(int write) {
        return emptying.get(write);
    }
}
