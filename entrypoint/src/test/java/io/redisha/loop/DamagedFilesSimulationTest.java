package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.loop.World.Broken;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Rule D1: files become such that their servers can't load them, which each finds out when it starts the next time. */
class DamagedFilesSimulationTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000);
    /** Crashes and power cuts, a killed server, a frozen pod, cuts, a deleted pod, a switchover: after each there is somebody left who has all in memory. */
    private static final List<Integer> ONE = List.of(0, 1, 2, 3, 4, 6, 7, 9);

    /** Of any pods, of all of them too; and then one thing fails at a time. */
    static World damaged(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = new World(seed, Broken.NOTHING, 3, true, tracing);
        return run(seed, w, () -> {
            w.promise(false);
            w.settle(40 * S);
            for (int i = 0; i < 4; i++) {
                w.simulation.pass(r.nextLong(2 * S));
                w.pods.stream().filter(p -> r.nextBoolean()).forEach(p -> p.redis.damageFiles());
                w.simulation.pass(r.nextLong(2 * S));
                SimulationTest.fault(w, r, ONE.get(r.nextInt(ONE.size())), 200 * MS + r.nextLong(9 * S));
                w.simulation.pass(10 * S);
                SimulationTest.heal(w);
                w.settle(60 * S);
            }
        });
    }

    /** Damaged and torn files among everything else; in the end perhaps no server can load its own. */
    static World wrecked(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = new World(seed, Broken.NOTHING, new int[] {3, 3, 2, 5}[r.nextInt(4)], true, tracing);
        return run(seed, w, () -> {
            w.simulation.pass(6 * S);
            for (int i = 0; i < 6; i++) {
                if (r.nextBoolean()) {
                    damage(w, r);
                }
                SimulationTest.fault(w, r, r.nextInt(SimulationTest.FAULTS), 200 * MS + r.nextLong(12 * S));
                w.simulation.pass(r.nextLong(6 * S));
            }
            SimulationTest.heal(w);
            settleOrRepair(w);
        });
    }

    private static World run(long seed, World w, Runnable run) {
        try {
            run.run();
        } catch (Violation v) {
            throw new Violation("seed " + seed + " at " + w.simulation.now() / MS + " ms: " + v.getMessage() + (w.simulation.tracing() ? "\n" + w.simulation.story() : ""));
        }
        return w;
    }

    private static void damage(World w, Random r) {
        boolean all = r.nextInt(4) == 0;
        for (MemberPod p : w.pods) {
            if (all || r.nextInt(w.pods.size()) == 0) {
                if (r.nextInt(4) == 0) {
                    p.redis.tearFiles(1 + r.nextInt(50));
                } else {
                    p.redis.damageFiles();
                }
            }
        }
    }

    /** By itself, or after a person has done what the README says. */
    private static void settleOrRepair(World w) {
        try {
            w.settle(120 * S);
        } catch (Violation v) {
            if (!v.getMessage().startsWith("not whole again") || w.pods.stream().noneMatch(p -> needsAPerson(w, p))) {
                throw v;
            }
            w.pods.forEach(p -> p.redis.repairFiles(0));
            w.settle(120 * S);
        }
    }

    private static boolean needsAPerson(World w, MemberPod p) {
        String why = w.master() == null ? "no master of the same data is heard" : "no whole copy has come since";
        return p.problems().stream().anyMatch(problem -> problem.contains(why));
    }

    /** Nobody writes any more, and each has what was confirmed. */
    private static World quiet(long seed, Broken broken) {
        World w = new World(seed, broken, 3, true, false);
        w.promise(false);
        w.settle(40 * S);
        w.simulation.pass(S + w.simulation.random.nextLong(3 * S));
        w.clients.silent = true;
        w.simulation.pass(500 * MS);
        return w;
    }

    /** Of all, and it is back within some seconds. */
    private static void cutPower(World w, Random r) {
        w.pods.forEach(p -> p.crash(false));
        w.pods.forEach(p -> w.simulation.after(S + r.nextLong(5 * S), p::start));
    }

    @Test
    void noWriteThatAReplicaAcknowledgedIsLostWhateverFilesAreDamagedWhileOneThingFailsAtATime() {
        long healed = LongStream.range(0, SEEDS / 40).parallel().filter(seed -> damaged(seed, false).pods.stream().anyMatch(p -> p.redis.keptAside() > 0)).count();
        assertThat(healed).as("runs in which files were set aside").isGreaterThan(SEEDS / 80);
    }

    @Test
    void atMostOneMemberAcceptsWritesAndNobodyLeadsEmptyWhateverFailsWhileFilesAreDamaged() {
        long healed = LongStream.range(0, SEEDS / 40).parallel().filter(seed -> wrecked(seed, false).pods.stream().anyMatch(p -> p.redis.keptAside() > 0)).count();
        assertThat(healed).as("runs in which files were set aside").isPositive();
    }

    /** One's files, or two's; what the third has is enough. Now and then loading takes long, also for who comes to nothing. */
    @Test
    void whoCanLoadItsFilesAfterAPowerCutLeadsWithAllThatWasConfirmedAndTheOthersGetIt() {
        LongStream.range(0, SEEDS / 40).parallel().forEach(seed -> {
            Random r = new Random(seed);
            World w = quiet(seed, Broken.NOTHING);
            List<MemberPod> damaged = new ArrayList<>(w.pods);
            Collections.shuffle(damaged, r);
            damaged.subList(0, 1 + r.nextInt(2)).clear();
            if (damaged.size() == 1 && r.nextBoolean()) {
                w.servers.loading = () -> 100 * MS + r.nextLong(10 * S);
            }
            damaged.forEach(p -> p.redis.damageFiles());
            run(seed, w, () -> {
                cutPower(w, r);
                w.simulation.pass(r.nextLong(10 * S));
                w.clients.silent = false;
                w.settle(180 * S);
            });
            assertThat(damaged).as("damaged, seed %d", seed).doesNotContain(w.master());
            w.pods.forEach(p -> assertThat(p.redis.keptAside()).as("what %s has set aside, seed %d", p.name, seed).isEqualTo(damaged.contains(p) ? 1 : 0));
        });
    }

    /** Rule B4: they load for a while each time before they come upon it, and begin anew. */
    @Test
    void twoWhoseLoadingFailsAgainAndAgainHoldUpTheThirdForThreeTimesOnly() {
        for (long seed = 0; seed < Math.max(5, SEEDS / 200); seed++) {
            World w = quiet(seed, Broken.NOTHING);
            Random r = new Random(seed);
            MemberPod whole = w.pods.get(r.nextInt(3));
            w.pods.stream().filter(p -> p != whole).forEach(p -> p.redis.damageFiles());
            w.servers.loading = () -> 8 * S + r.nextLong(S);
            cutPower(w, r);
            w.simulation.pass(6 * S + 4 * 9 * S + 4 * S);
            assertThat(w.master()).as("master, seed %d", seed).isSameAs(whole);
            run(seed, w, () -> w.settle(120 * S));
        }
    }

    /** Rule D1. */
    @Test
    void oneAtATimeGivesUpItsFilesForACopy() {
        LongStream.range(0, SEEDS / 100).parallel().forEach(seed -> severalDamaged(seed, Broken.NOTHING));
    }

    /** All but the master's, whose servers then die. */
    static World severalDamaged(long seed, Broken broken) {
        Random r = new Random(seed);
        World w = new World(seed, broken, r.nextBoolean() ? 3 : 5, true, false);
        return run(seed, w, () -> {
            w.oneCopyAtATime = true;
            w.settle(40 * S);
            w.servers.forking = () -> r.nextLong(5 * S);
            List<MemberPod> damaged = w.pods.stream().filter(p -> p != w.master()).toList();
            damaged.forEach(p -> p.redis.damageFiles());
            damaged.forEach(p -> w.simulation.after(r.nextLong(S), p.redis::kill));
            w.simulation.pass(S);
            w.settle(180 * S);
            damaged.forEach(p -> assertThat(p.redis.keptAside()).as("what %s has set aside, seed %d", p.name, seed).isEqualTo(1));
        });
    }

    /** Its disk damages what it holds again and again, and twice before it has got a copy: what it held at first is kept, and a person told. */
    @Test
    void whatWasSetAsideFirstIsKeptUntilAWholeCopyHasCome() {
        for (long seed = 0; seed < Math.max(5, SEEDS / 500); seed++) {
            World w = damagedAgain(seed, Broken.NOTHING);
            assertThat(w.pods).as("seed %d", seed).anySatisfy(p -> {
                assertThat(p.redis.keptAside()).isEqualTo(2);
                assertThat(p.problems()).anyMatch(problem -> problem.contains("no whole copy has come since"));
            });
        }
    }

    static World damagedAgain(long seed, Broken broken) {
        Random r = new Random(seed);
        World w = new World(seed, broken, 3, true, false);
        return run(seed, w, () -> {
            w.settle(40 * S);
            w.servers.forking = () -> 600 * S;
            MemberPod bad = w.pods.stream().filter(p -> p != w.master()).toList().get(r.nextInt(2));
            for (int i = 0; i < 4; i++) {
                bad.redis.damageWhateverItHas();
                bad.redis.kill();
                w.simulation.pass(20 * S + r.nextLong(10 * S));
            }
        });
    }

    @Test
    void nothingIsSetAsideWhereNobodyCanLoadItsFilesUntilAPersonHasRepairedThoseOfOne() {
        LongStream.range(0, SEEDS / 50).parallel().forEach(seed -> allDamaged(seed, Broken.NOTHING));
    }

    @Test
    void itIsNoticedIfFilesAreSetAsideWithoutAskingWhetherAnotherHasTheData() {
        for (long seed = 0; seed < 5; seed++) {
            long of = seed;
            assertThatThrownBy(() -> allDamaged(of, Broken.DAMAGE)).isInstanceOf(Violation.class).hasMessageContaining("sets its files aside, and nobody else has");
        }
    }

    /** The power goes, and when it is back no server can load its files. */
    static World allDamaged(long seed, Broken broken) {
        Random r = new Random(seed);
        World w = quiet(seed, broken);
        return run(seed, w, () -> {
            w.pods.forEach(p -> p.redis.damageFiles());
            cutPower(w, r);
            w.simulation.pass(30 * S + r.nextLong(60 * S));
            assertThat(w.master()).as("master, seed %d", seed).isNull();
            w.pods.forEach(p -> {
                assertThat(p.redis.keptAside()).as("what %s has set aside, seed %d", p.name, seed).isZero();
                assertThat(p.problems()).as("%s, seed %d", p.name, seed).singleElement().asString().startsWith("its server can't load its files (Bad file format")
                        .endsWith("they are not set aside: no master of the same data is heard, which it could copy, or another pod gets its copy first");
            });
            MemberPod repaired = w.pods.get(r.nextInt(w.pods.size()));
            repaired.redis.repairFiles(r.nextInt(20));
            BitSet left = new BitSet();
            repaired.redis.log().addTo(left);
            w.clients.acked.and(left);   // whoever repairs files gives up what they lack
            w.clients.silent = false;
            w.settle(120 * S);
            assertThat(w.master()).as("master, seed %d", seed).isSameAs(repaired);
            w.pods.forEach(p -> assertThat(p.redis.keptAside()).as("what %s has set aside, seed %d", p.name, seed).isEqualTo(p == repaired ? 0 : 1));
        });
    }

    /** Redis cuts off what it can't read at a file's end, and INFO does not tell. */
    @Test
    void aReplicaWhoseFilesLackTheirEndHasItAgainAndTakesNothingFromTheOthers() {
        LongStream.range(0, SEEDS / 50).parallel().forEach(seed -> {
            Random r = new Random(seed);
            World w = quiet(seed, Broken.NOTHING);
            List<MemberPod> replicas = w.pods.stream().filter(p -> p != w.master()).toList();
            MemberPod torn = replicas.get(r.nextInt(replicas.size()));
            torn.redis.tearFiles(1 + r.nextInt(40));
            run(seed, w, () -> {
                if (r.nextBoolean()) {
                    cutPower(w, r);
                } else {
                    torn.redis.kill();
                }
                w.clients.silent = false;
                w.settle(60 * S);
            });
        });
    }
}
