package io.redisha.loop.sentinel;

import static io.redisha.simulation.Network.API;
import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.loop.Campaign;
import io.redisha.loop.Firings;
import io.redisha.loop.sentinel.SentinelWorld.Broken;
import io.redisha.simulation.SimulatedPod;
import io.redisha.simulation.Violation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Faults beyond those of {@link SentinelFaults}, in runs of their own: what is drawn there stays as it is. */
public final class FurtherSentinelFaults {

    public static final Map<String, Campaign.Kind> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("sentinel-answers", (seed, tracing) -> among(seed, world(seed, tracing), FurtherSentinelFaults::mishap));
        KINDS.put("sentinel-answersAlone", (seed, tracing) -> one(seed, world(seed, tracing), false, FurtherSentinelFaults::mishap));
        KINDS.put("sentinel-late", (seed, tracing) -> among(seed, slow(world(seed, tracing)), FurtherSentinelFaults::late));
        KINDS.put("sentinel-lateAlone", (seed, tracing) -> one(seed, slow(world(seed, tracing)), false, FurtherSentinelFaults::late));
        KINDS.put("sentinel-twins", (seed, tracing) -> among(seed, world(seed, tracing), FurtherSentinelFaults::twin));
        KINDS.put("sentinel-twinsAlone", (seed, tracing) -> twinsAlone(seed, Broken.NOTHING, tracing));
        KINDS.put("sentinel-strangers", FurtherSentinelFaults::strangers);
        KINDS.put("sentinel-scaled", (seed, tracing) -> among(seed, sized(seed, tracing), FurtherSentinelFaults::scale));
        KINDS.put("sentinel-scaledAlone", (seed, tracing) -> one(seed, sized(seed, tracing), true, FurtherSentinelFaults::scale));
    }

    private FurtherSentinelFaults() {}

    /** One more fault of a kind, at any time. */
    private interface Fault {
        void strike(SentinelWorld w, Random r, long howLong);
    }

    private static SentinelWorld world(long seed, boolean tracing) {
        return SentinelFaults.world(seed, Broken.NOTHING, 3, 3, tracing);
    }

    /** Of {@link SentinelFaults}' faults and a further one, in turn and at once. */
    private static Firings among(long seed, SentinelWorld w, Fault fault) {
        return SentinelFaults.atOnce(seed, w, new Random(~(seed * 31)), (world, r) -> {
            if (r.nextInt(3) == 0) {
                return SentinelFaults.any(world, r);
            }
            fault.strike(world, r, 200 * MS + r.nextLong(15 * S));
            return "a further one";
        });
    }

    /** One further fault at a time, and each is over before the next. */
    private static Firings one(long seed, SentinelWorld w, boolean planned, Fault fault) {
        return SentinelFaults.oneByOne(seed, w, new Random(~(seed * 31)), planned, (world, r) -> {
            fault.strike(world, r, 200 * MS + r.nextLong(12 * S));
            return "a further one";
        });
    }

    private static DataPod victim(SentinelWorld w, Random r) {
        DataPod master = w.master();
        List<DataPod> there = w.data.values().stream().filter(p -> !p.gone).toList();
        return master != null && r.nextInt(3) > 0 ? master : there.get(r.nextInt(there.size()));
    }

    private static WatchPod sentinel(SentinelWorld w, Random r) {
        List<WatchPod> there = w.watch.values().stream().filter(p -> !p.gone).toList();
        return there.get(r.nextInt(there.size()));
    }

    // ---- what the API server answers

    private static void mishap(SentinelWorld w, Random r, long howLong) {
        w.api.goWrong(r, howLong);
    }

    // ---- what servers, sentinels and agents answer

    private static SentinelWorld slow(SentinelWorld w) {
        w.hanging = () -> w.late == 0 ? 0 : w.simulation.random.nextLong(w.late);
        return w;
    }

    private static void late(SentinelWorld w, Random r, long howLong) {
        if (r.nextBoolean()) {
            w.network.lag = 20 * MS + r.nextLong(900 * MS);
            w.simulation.say("messages take up to " + w.network.lag / MS + " ms");
            w.simulation.after(howLong, () -> w.network.lag = 0);
        } else {
            w.late = 20 * MS + r.nextLong(900 * MS);
            w.simulation.say("orders to servers take up to " + w.late / MS + " ms");
            w.simulation.after(howLong, () -> w.late = 0);
        }
    }

    // ---- two pods of one name

    static Firings twinsAlone(long seed, Broken broken, boolean tracing) {
        return one(seed, SentinelFaults.world(seed, broken, 3, 3, tracing), false, FurtherSentinelFaults::twinInReach);
    }

    /** By force; who was it runs on, and may hear of others, of some, or of nobody. One at a time: who says so of all has said that they are dead. */
    private static void twin(SentinelWorld w, Random r, long howLong) {
        SimulatedPod old = twinInReach(w, r, howLong);
        if (old == null) {
            return;
        }
        for (SimulatedPod p : w.data.values()) {
            apart(w, old, p, r, 2 * howLong);
        }
        for (SimulatedPod p : w.watch.values()) {
            apart(w, old, p, r, 2 * howLong);
        }
        if (r.nextBoolean()) {
            SentinelFaults.cut(w, old.place(), API, r, 2 * howLong);
        }
    }

    /** Everybody hears it: where some don't, a sentinel may choose a replica that lacks what another has acknowledged, as when a master is cut off. */
    private static SimulatedPod twinInReach(SentinelWorld w, Random r, long howLong) {
        w.ghosts.removeIf(p -> p.gone);
        w.watchingGhosts.removeIf(p -> p.gone);
        if (w.hasGhosts()) {
            return null;
        }
        boolean watches = r.nextInt(3) == 0;
        SimulatedPod old = watches ? sentinel(w, r) : victim(w, r);
        if (r.nextInt(3) == 0) {
            old.freeze(r.nextLong(8 * S));
        }
        long startsIn = 300 * MS + r.nextLong(4 * S);
        if (old instanceof DataPod data) {
            w.deleteByForce(data, 2 * howLong, startsIn);
        } else {
            w.deleteByForce((WatchPod) old, 2 * howLong, startsIn);
        }
        return old;
    }

    private static void apart(SentinelWorld w, SimulatedPod a, SimulatedPod b, Random r, long howLong) {
        if (r.nextInt(3) == 0) {
            SentinelFaults.cut(w, a.place(), b.place(), r, howLong);
        }
    }

    // ---- another release

    private static Firings strangers(long seed, boolean tracing) {
        SentinelWorld w = world(seed, tracing);
        SentinelWorld stranger = w.stranger();
        stranger.promised = false;
        Firings firings = among(seed, w, (world, r, howLong) -> inherit(world, stranger, r));
        try {
            SentinelFaults.heal(stranger);
            stranger.await(90 * S, stranger::unsettled);
        } catch (Violation v) {
            throw SentinelFaults.told(w, seed, List.of("a stranger's"), v);
        }
        return firings;
    }

    /** A pod of the other release gets the address of one that was lost. */
    private static void inherit(SentinelWorld w, SentinelWorld stranger, Random r) {
        boolean to = r.nextBoolean();
        boolean watches = r.nextInt(3) == 0;
        SentinelWorld from = to ? w : stranger;
        SentinelWorld other = to ? stranger : w;
        SimulatedPod lost = watches ? sentinel(from, r) : victim(from, r);
        SimulatedPod heir = r.nextInt(4) == 0 != watches ? sentinel(other, r) : victim(other, r);
        String address = lost.ip();
        lost.pend(S + r.nextLong(5 * S));
        w.simulation.after(200 * MS + r.nextLong(6 * S), () -> {
            heir.pend(100 * MS + r.nextLong(S));
            heir.readdress(address);
        });
    }

    // ---- how many there are

    private static SentinelWorld sized(long seed, boolean tracing) {
        Random r = new Random(seed * 7);
        return SentinelFaults.world(seed, Broken.NOTHING, 1 + r.nextInt(4), 1 + 2 * r.nextInt(3), tracing);
    }

    private static void scale(SentinelWorld w, Random r, long howLong) {
        int replicas = 1 + r.nextInt(4);
        int watchers = r.nextBoolean() ? w.watchers : 1 + 2 * r.nextInt(3);
        w.simulation.say("scaled to " + replicas + " and " + watchers);
        w.scale(replicas, watchers);
    }
}
