package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.World.Broken;
import io.redisha.loop.World.Pod;
import io.redisha.loop.World.Violation;
import java.util.List;
import java.util.Random;
import java.util.function.ToIntFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Several members on one fake clock: message loss (one-way too), crashes, restarts, freezes, member changes, API outages. */
class SimulationTest {

    private static final long S = World.S;
    private static final long MS = World.MS;
    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000);

    private static final int FAULTS = 15;
    private static final int FORGOTTEN_PROMISE = 13;

    /** Anything at any time; what must hold is that nobody writes beside the leader and nobody leads empty. */
    static World chaos(long seed, Broken broken, boolean tracing) {
        return chaos(seed, broken, r -> r.nextInt(FAULTS), tracing);
    }

    private static World chaos(long seed, Broken broken, ToIntFunction<Random> kinds, boolean tracing) {
        Random r = new Random(seed);
        int replicas = new int[] {3, 3, 3, 2, 5}[r.nextInt(5)];
        World w = new World(seed, broken, replicas, r.nextBoolean(), tracing);
        try {
            w.run(6 * S);
            for (int i = 0; i < 6; i++) {
                fault(w, r, kinds.applyAsInt(r), 200 * MS + r.nextLong(12 * S));
                if (r.nextBoolean()) {
                    fault(w, r, kinds.applyAsInt(r), 200 * MS + r.nextLong(12 * S));
                }
                w.run(w.now + r.nextLong(5 * S));
            }
            heal(w);
            settle(w, 60 * S);
        } catch (Violation v) {
            throw new Violation("seed " + seed + " at " + w.now / MS + " ms: " + v.getMessage() + (tracing ? "\n" + w.trace : ""));
        }
        return w;
    }

    /** One fault at a time: no write that a replica acknowledged is lost (D1); planned changes lose nothing at all (D0). */
    static World single(long seed, Broken broken, boolean planned, boolean tracing) {
        Random r = new Random(seed);
        World w = new World(seed, broken, 3, r.nextBoolean(), tracing);
        try {
            w.checkAcked = true;
            w.checkAll = planned;
            settle(w, 40 * S);
            for (int i = 0; i < 4; i++) {
                int kind = planned ? List.of(6, 9).get(r.nextInt(2)) : List.of(0, 1, 2, 3, 4, 5, 6, 7, 9, 12).get(r.nextInt(10));
                w.run(w.now + r.nextLong(2 * S));
                fault(w, r, kind, 200 * MS + r.nextLong(9 * S));
                w.run(w.now + 10 * S);
                heal(w);
                settle(w, 60 * S);
            }
        } catch (Violation v) {
            throw new Violation("seed " + seed + " at " + w.now / MS + " ms: " + v.getMessage() + (tracing ? "\n" + w.trace : ""));
        }
        return w;
    }

    private static void fault(World w, Random r, int kind, long howLong) {
        Pod p = w.pods.get(r.nextInt(w.pods.size()));
        Pod master = w.master();
        if (master != null && r.nextInt(3) > 0) {
            p = master;
        }
        Pod victim = p;
        Pod other = w.pods.get((w.pods.indexOf(p) + 1 + r.nextInt(w.pods.size() - 1)) % w.pods.size());
        switch (kind) {
            case 0 -> {
                victim.crash(r.nextBoolean());
                w.after(300 * MS + r.nextLong(2 * S), victim::start);
            }
            case 1 -> victim.redis.kill();
            case 2 -> {
                victim.crash(false);   // power cut
                w.after(howLong, victim::start);
            }
            case 3 -> victim.freeze(howLong);
            case 4 -> cut(w, victim.name, r, howLong, "api");
            case 5 -> {
                w.apiDown = true;
                w.say("API down");
                w.after(howLong, () -> w.apiDown = false);
            }
            case 6 -> victim.delete(true);
            case 7 -> {
                for (Pod q : w.pods) {
                    if (q != victim) {
                        cut(w, victim.name, r, howLong, q.name);
                    }
                }
                if (r.nextBoolean()) {
                    cut(w, victim.name, r, howLong, "api");
                }
            }
            case 8 -> cut(w, victim.name, r, howLong, other.name);
            case 9 -> {
                if (victim.alive()) {
                    w.say("switchover asked of " + victim.name);
                    victim.member.onSwitchover(null, outcome -> { });
                }
            }
            case 10 -> {
                w.loss = r.nextDouble() * 0.4;
                w.after(howLong, () -> w.loss = 0);
            }
            case 11 -> {
                w.say("Lease deleted");
                w.lease = null;
            }
            case 12 -> {
                w.apiDelay = r.nextLong(900 * MS);
                w.after(howLong, () -> w.apiDelay = 0);
            }
            case FORGOTTEN_PROMISE -> {
                // one member no longer hears the leader, and another forgets what it promised
                Pod leader = master == null ? victim : master;
                List<Pod> others = w.pods.stream().filter(q -> q != leader).toList();
                cut(w, leader.name, r, 8 * S, others.getFirst().name);
                w.after(2 * S + r.nextLong(2 * S), () -> {
                    others.getLast().crash(false);
                    w.after(50 * MS + r.nextLong(400 * MS), others.getLast()::start);
                });
            }
            default -> {
                for (Pod q : w.pods) {
                    if (r.nextInt(3) > 0) {
                        q.crash(r.nextBoolean());
                        w.after(300 * MS + r.nextLong(4 * S), q::start);
                    }
                }
            }
        }
    }

    private static void cut(World w, String a, Random r, long howLong, String b) {
        int ways = r.nextInt(3);
        w.say("cut " + a + " " + (ways == 0 ? "<>" : ways == 1 ? ">" : "<") + " " + b);
        if (ways != 2) {
            w.cuts.add(a + ">" + b);
        }
        if (ways != 1) {
            w.cuts.add(b + ">" + a);
        }
        w.after(howLong, () -> {
            w.cuts.remove(a + ">" + b);
            w.cuts.remove(b + ">" + a);
        });
    }

    private static void heal(World w) {
        w.say("healed");
        w.cuts.clear();
        w.loss = 0;
        w.apiDown = false;
        w.apiDelay = 0;
        for (Pod p : w.pods) {
            w.after(S, p::start);
        }
    }

    /** Rule I6: it comes back by itself. */
    private static void settle(World w, long within) {
        long until = w.now + within;
        while (w.unsettled() != null) {
            if (w.now >= until) {
                throw new Violation("not whole again within " + within / S + " s: " + w.unsettled());
            }
            w.run(w.now + 500 * MS);
        }
    }

    @Test
    void atMostOneMemberAcceptsWritesAndNobodyLeadsEmptyWhateverFails() {
        LongStream.range(0, SEEDS).parallel().forEach(seed -> chaos(seed, Broken.NOTHING, false));
    }

    @Test
    void noWriteThatAReplicaAcknowledgedIsLostWhileOneThingFailsAtATime() {
        LongStream.range(0, SEEDS / 5).parallel().forEach(seed -> single(seed, Broken.NOTHING, false, false));
    }

    @Test
    void noWriteAtAllIsLostByPlannedChanges() {
        LongStream.range(0, SEEDS / 5).parallel().forEach(seed -> single(seed, Broken.NOTHING, true, false));
    }

    @ParameterizedTest
    @EnumSource(value = Broken.class, mode = EnumSource.Mode.EXCLUDE, names = "NOTHING")
    void aBrokenRuleIsNoticed(Broken rule) {
        boolean noticed = LongStream.range(0, SEEDS).parallel().anyMatch(seed -> guilty(() -> forgetful(seed, rule))
                || guilty(() -> chaos(seed, rule, false)) || guilty(() -> single(seed, rule, false, false)));
        assertThat(noticed).as("a run without %s is found guilty", rule).isTrue();
    }

    @Test
    void membersThatForgetTheirPromisesAllTheTimeAreInnocentWhileTheRulesHold() {
        LongStream.range(0, SEEDS / 10).parallel().forEach(seed -> forgetful(seed, Broken.NOTHING));
    }

    /** That a restarted member votes at once shows only when it restarts at the worst moment: rare in chaos, so it has its own runs. */
    private static void forgetful(long seed, Broken broken) {
        chaos(seed, broken, r -> FORGOTTEN_PROMISE, false);
    }

    /** It must be two writers or lost data: that a release does not come back says nothing of safety. */
    private static boolean guilty(Runnable run) {
        try {
            run.run();
            return false;
        } catch (Violation v) {
            return !v.getMessage().contains("not whole again");
        }
    }

    /** For a person: replays one seed with its story. */
    public static void main(String[] args) {
        long seed = Long.parseLong(args[1]);
        World w = args[0].equals("chaos") ? chaos(seed, Broken.NOTHING, true) : single(seed, Broken.NOTHING, args[0].equals("planned"), true);
        System.out.println(w.trace);
    }
}
