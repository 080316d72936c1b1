package io.redisha.loop.sentinel;

import static io.redisha.simulation.Network.API;
import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.loop.Firings;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.sentinel.SentinelWorld.Broken;
import io.redisha.model.Misconf;
import io.redisha.simulation.SimulatedApi.Mishap;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.BiFunction;

/** Everything that may fail in a release with sentinels, drawn from a seed. */
public final class SentinelFaults {

    enum Fault {
        KILL, RESTART, DELETE, SWITCHOVER, NODE, PENDING, FREEZE, ASLEEP, BUSY, STANDS_STILL, HELD, FULL, STALL,
        WIPED, STATE_LOST, TORN, DAMAGED, NO_API, CUT_OFF, CUT, API_DOWN, API_SLOW, API_REFUSES, LEASE_DELETED, LOSSY, STARVED,
        SENTINEL_KILL, SENTINEL_DELETE, SENTINEL_NODE, SENTINEL_FREEZE, ALL_RESTART, ALL_SENTINELS
    }

    /** One at a time these lose no write that a replica has acknowledged before another master was promoted. */
    private static final Set<Fault> ONE = EnumSet.complementOf(EnumSet.of(Fault.STALL, Fault.TORN, Fault.LEASE_DELETED, Fault.LOSSY, Fault.STARVED, Fault.ALL_RESTART, Fault.ALL_SENTINELS,
            Fault.CUT, Fault.CUT_OFF));
    private static final Set<Fault> PLANNED = EnumSet.of(Fault.DELETE, Fault.SWITCHOVER, Fault.SENTINEL_DELETE);

    private SentinelFaults() {}

    /** Keys that stay, a queue that is pushed to and popped, now and then FLUSHALL, and then perhaps nothing for a while; AOFs that take their time to be rewritten. */
    private static SentinelWorld world(long seed, Broken broken, boolean tracing) {
        return world(seed, broken, 3, 3, tracing);
    }

    static SentinelWorld world(long seed, Broken broken, int replicas, int watchers, boolean tracing) {
        Random r = new Random(seed);
        SentinelWorld w = new SentinelWorld(seed, broken, replicas, watchers, r.nextBoolean(), tracing);
        w.servers.rewriting = () -> 200 * MS + r.nextLong(4 * S);
        int kind = r.nextInt(4);
        int period = 2 + r.nextInt(200);
        w.clients.deletes = write -> kind == 1 ? write % 2 == 1 : kind > 1 && write % period == period - 1;
        w.clients.pauses = kind == 3 ? r.nextLong(5 * S) : 0;
        return w;
    }

    /** One fault at a time. */
    public static Firings single(long seed, boolean tracing) {
        return single(seed, Broken.NOTHING, tracing);
    }

    static Firings single(long seed, Broken broken, boolean tracing) {
        return oneByOne(seed, ONE, broken, tracing);
    }

    /** Likewise; no write at all is lost. */
    public static Firings planned(long seed, boolean tracing) {
        return oneByOne(seed, PLANNED, Broken.NOTHING, tracing);
    }

    private static Firings oneByOne(long seed, Set<Fault> faults, Broken broken, boolean tracing) {
        List<Fault> kinds = List.copyOf(faults);
        return oneByOne(seed, world(seed, broken, tracing), new Random(~seed), faults == PLANNED, (w, r) -> {
            Fault kind = kinds.get(r.nextInt(kinds.size()));
            fault(w, r, kind, 200 * MS + r.nextLong(15 * S));
            return kind;
        });
    }

    /** @param planned no write at all is lost */
    static Firings oneByOne(long seed, SentinelWorld w, Random r, boolean planned, BiFunction<SentinelWorld, Random, Object> fault) {
        Object last = "the start";
        try {
            w.await(40 * S, w::unsettled);
            for (int i = 0; i < 4; i++) {
                w.simulation.pass(r.nextLong(3 * S));
                last = fault.apply(w, r);
                w.simulation.pass(16 * S);
                heal(w);
                w.await(90 * S, w::unsettled);
                if (w.lost(w.master().redis) > 0) {
                    throw new Violation("acknowledged writes are lost");
                }
                if (planned && w.clients.lost(w.master().redis, w.clients.all) > 0) {
                    throw new Violation("writes are lost by a planned change");
                }
            }
        } catch (Violation v) {
            throw told(w, seed, List.of(last), v);
        }
        return w.firings;
    }

    static Violation told(SentinelWorld w, long seed, List<?> faults, Violation v) {
        return new Violation("seed " + seed + " at " + w.simulation.now() / MS + " ms after " + faults + ": " + v.getMessage() + "\n" + w.simulation.story()
                + (w.simulation.tracing() ? w.states() : ""));
    }

    /** Several at once: never is anybody wiped, and in the end there is one master. */
    public static Firings chaos(long seed, boolean tracing) {
        return atOnce(seed, world(seed, Broken.NOTHING, tracing), new Random(~seed), SentinelFaults::any);
    }

    static Firings atOnce(long seed, SentinelWorld w, Random r, BiFunction<SentinelWorld, Random, Object> fault) {
        w.promised = false;
        List<Object> done = new ArrayList<>();
        try {
            w.await(40 * S, w::unsettled);
            for (int i = 0; i < 6; i++) {
                done.add(fault.apply(w, r));
                w.simulation.pass(r.nextLong(8 * S));
            }
            heal(w);
            settleOrRepair(w);
        } catch (Violation v) {
            throw told(w, seed, done, v);
        }
        return w.firings;
    }

    static Object any(SentinelWorld w, Random r) {
        Fault[] kinds = Fault.values();
        Fault kind = kinds[r.nextInt(kinds.length)];
        fault(w, r, kind, 200 * MS + r.nextLong(15 * S));
        return kind;
    }

    /** By itself, or after a person has done what the README says. */
    private static void settleOrRepair(SentinelWorld w) {
        try {
            w.await(120 * S, w::unsettled);
        } catch (Violation v) {
            if (!v.getMessage().startsWith("after ") || w.data.values().stream().noneMatch(p -> needsAPerson(w, p))) {
                throw v;
            }
            List<DataPod> strange = w.data.values().stream().filter(p -> isStrange(w, p)).toList();
            w.data.values().forEach(p -> p.redis.repairFiles(0));
            strange.forEach(p -> {
                p.crash(false);
                p.wipe();
                p.start();
            });
            w.await(120 * S, w::unsettled);
        }
    }

    private static boolean needsAPerson(SentinelWorld w, DataPod p) {
        String why = w.master() == null ? "no master of the same data is heard" : "no whole copy has come since";
        return isStrange(w, p) || p.problems().stream().anyMatch(problem -> problem.contains(why));
    }

    /** Its volume does not say that it has the master's dataset, as the Lease that had named one was deleted: nothing proves that another has what it can't load. */
    private static boolean isStrange(SentinelWorld w, DataPod p) {
        return w.master() != null && !p.problems().isEmpty() && !p.redis.running()
                && !Objects.equals(p.member.onAsk().data().datasetId(), w.master().member.onAsk().data().datasetId());
    }

    private static void fault(SentinelWorld w, Random r, Fault kind, long howLong) {
        List<DataPod> pods = List.copyOf(w.data.values());
        DataPod master = w.master();
        DataPod p = master != null && r.nextInt(3) > 0 ? master : pods.get(r.nextInt(pods.size()));
        WatchPod s = List.copyOf(w.watch.values()).get(r.nextInt(w.watch.size()));
        w.simulation.say(kind + " of " + p.name + " or " + s.name);
        switch (kind) {
            case KILL -> p.redis.kill();
            case RESTART -> p.restart();
            case DELETE -> p.delete(true);
            case SWITCHOVER -> {
                if (p.awake()) {
                    p.member.onSwitchover(null, outcome -> { });
                }
            }
            case NODE -> p.lose(howLong);
            case PENDING -> p.pend(howLong);
            case FREEZE -> p.freeze(howLong);
            case ASLEEP -> p.sleep(howLong);
            case BUSY -> p.redis.fallSilent(howLong, true);
            case STANDS_STILL -> p.redis.fallSilent(howLong, false);
            case HELD -> p.redis.hold(2 * howLong);
            case FULL -> p.redis.misconf = Misconf.AOF;
            case STALL -> p.redis.stall(howLong);
            case WIPED -> down(w, p, r, p::wipe);
            case STATE_LOST -> down(w, p, r, p::forget);
            case TORN -> down(w, p, r, () -> p.redis.tearFiles(1 + r.nextInt(50)));
            case DAMAGED -> down(w, p, r, p.redis::damageFiles);
            case NO_API -> cut(w, p.name, API, r, howLong);
            case CUT_OFF -> {
                pods.stream().filter(q -> q != p).forEach(q -> cut(w, p.name, q.name, r, howLong));
                if (r.nextBoolean()) {
                    w.watch.keySet().forEach(q -> cut(w, p.name, q, r, howLong));
                }
                if (r.nextBoolean()) {
                    cut(w, p.name, API, r, howLong);
                }
            }
            case CUT -> {
                List<String> all = new ArrayList<>(w.data.keySet());
                all.addAll(w.watch.keySet());
                String a = all.get(r.nextInt(all.size()));
                String b = all.get(r.nextInt(all.size()));
                cut(w, a, b, r, howLong);
            }
            case API_DOWN -> w.api.down = true;
            case API_SLOW -> w.api.delay = r.nextLong(900 * MS);
            case API_REFUSES -> w.api.instead = (next, version) -> switch (r.nextInt(4)) {
                case 0 -> new LeaseStore.Write.Conflict();
                case 1 -> new LeaseStore.Write.Refused("403");
                case 2 -> new LeaseStore.Write.Unknown("500");
                default -> null;
            };
            case LEASE_DELETED -> w.api.deleteLease();
            case LOSSY -> w.network.loss = r.nextDouble() * 0.3;
            case STARVED -> w.simulation.processor.scarce(100 * MS + r.nextLong(800 * MS));
            case SENTINEL_KILL -> s.kill();
            case SENTINEL_DELETE -> s.delete(true);
            case SENTINEL_NODE -> s.lose(howLong);
            case SENTINEL_FREEZE -> s.freeze(howLong);
            case ALL_RESTART -> pods.forEach(DataPod::restart);
            case ALL_SENTINELS -> w.watch.values().forEach(q -> q.lose(S + r.nextLong(howLong)));
        }
    }

    private static void down(SentinelWorld w, DataPod p, Random r, Runnable meanwhile) {
        if (!p.up) {
            return;
        }
        p.crash(false);
        meanwhile.run();
        w.simulation.after(300 * MS + r.nextLong(3 * S), p::start);
    }

    static void cut(SentinelWorld w, String a, String b, Random r, long howLong) {
        int ways = r.nextInt(3);
        if (ways != 2) {
            w.network.cut(a, b);
        }
        if (ways != 1) {
            w.network.cut(b, a);
        }
        w.simulation.after(howLong, () -> {
            w.network.heal(a, b);
            w.network.heal(b, a);
        });
    }

    static void heal(SentinelWorld w) {
        w.simulation.say("healed");
        w.network.heal();
        w.network.loss = 0;
        w.simulation.processor.scarce(0);
        w.api.down = false;
        w.api.delay = 0;
        w.api.instead = (next, version) -> null;
        w.api.mishaps = () -> Mishap.NONE;
        w.api.watchesStand = false;
        w.network.lag = 0;
        w.late = 0;
        w.data.values().forEach(p -> p.redis.misconf = Misconf.NONE);
        w.data.values().forEach(p -> w.simulation.after(S, p::start));
        w.watch.values().forEach(p -> w.simulation.after(S, p::start));
        for (int i = 0; i < 60 && w.hasGhosts(); i++) {
            w.simulation.pass(S);
        }
    }
}
