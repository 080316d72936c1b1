package io.redisha.loop.sentinel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.sentinel.SentinelWorld.Broken;
import io.redisha.model.Misconf;
import io.redisha.model.Role;
import io.redisha.simulation.Simulation;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole releases, with every fault that a sentinel release is to survive. */
class SentinelSimulationTest {

    private static final long MS = Simulation.MS;
    private static final long S = Simulation.S;
    private static final int SEEDS = Integer.getInteger("redisha.seeds", 6);

    private static SentinelWorld settled(long seed, Broken broken, boolean persistent) {
        SentinelWorld w = new SentinelWorld(seed, broken, 3, 3, persistent, Boolean.getBoolean("redisha.trace"));
        w.await(30 * S, w::unsettled);
        w.simulation.pass(3 * S);
        return w;
    }

    /** Faults, one after the other; settled after each; no acknowledged write is missing anywhere. */
    private static void survives(Broken broken, boolean persistent, Consumer<SentinelWorld> fault) {
        for (long seed = Integer.getInteger("redisha.first", 0); seed < SEEDS; seed++) {
            SentinelWorld w = null;
            try {
                w = settled(seed, broken, persistent);
                for (int i = 0; i < 3; i++) {
                    fault.accept(w);
                    w.simulation.pass(2 * S);
                    w.await(90 * S, w::unsettled);
                    assertThat(w.promised ? missing(w, w.clients.acked) : 0).as("acknowledged writes that the master has not").isZero();
                    w.simulation.pass(2 * S);
                }
            } catch (Violation | AssertionError e) {
                if (w != null) {
                    System.out.print(w.simulation.story());
                }
                throw new Violation("seed " + seed + " at " + (w == null ? 0 : w.simulation.now() / S) + " s: " + e.getMessage());
            }
        }
    }

    private static int missing(SentinelWorld w, BitSet of) {
        return w.clients.lost(w.master().redis, of);
    }

    private static DataPod any(SentinelWorld w) {
        List<DataPod> up = new ArrayList<>(w.data.values().stream().filter(p -> p.up).toList());
        return up.get(w.simulation.random.nextInt(up.size()));
    }

    private static WatchPod anyWatch(SentinelWorld w) {
        List<WatchPod> up = new ArrayList<>(w.watch.values().stream().filter(p -> p.up).toList());
        return up.get(w.simulation.random.nextInt(up.size()));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aKilledServerIsSucceededByOneThatHasAll(boolean persistent) {
        List<Double> stops = new ArrayList<>();
        survives(Broken.NOTHING, persistent, w -> {
            DataPod was = w.master();
            was.redis.kill();
            w.simulation.pass(20 * MS);
            stops.add(w.await(20 * S, () -> w.acceptsWrites() ? null : "nobody accepts writes"));
            assertThat(w.master()).isNotSameAs(was);
        });
        stops.sort(null);
        assertThat(stops.getLast()).as("longest write stop, s").isLessThan(1.5);
    }

    /** Rule D1: it could not be started any more before a person had emptied its volume. */
    @Test
    void aServerThatCanNotLoadItsFilesSetsThemAsideAndGetsACopy() {
        survives(Broken.NOTHING, true, w -> {
            DataPod damaged = any(w);
            damaged.redis.damageFiles();
            damaged.redis.kill();
            w.simulation.pass(S);
            w.await(90 * S, () -> damaged.redis.keptAside() > 0 ? null : damaged.name + " has set nothing aside: " + damaged.problems());
        });
    }

    /** The power goes, and when it is back no server can load its files. */
    private static SentinelWorld allDamaged(long seed, Broken broken) {
        SentinelWorld w = settled(seed, broken, true);
        w.clients.silent = true;
        w.simulation.pass(S);
        w.data.values().forEach(p -> p.redis.damageFiles());
        w.data.values().forEach(p -> p.crash(false));
        w.data.values().forEach(p -> w.simulation.after(S + w.simulation.random.nextLong(5 * S), p::start));
        w.simulation.pass(90 * S);
        return w;
    }

    @Test
    void nothingIsSetAsideWhereNobodyCanLoadItsFilesUntilAPersonHasRepairedThoseOfOne() {
        for (long seed = 0; seed < SEEDS; seed++) {
            SentinelWorld w = allDamaged(seed, Broken.NOTHING);
            assertThat(w.master()).as("master, seed %d", seed).isNull();
            w.data.values().forEach(p -> {
                assertThat(p.redis.keptAside()).as("what %s has set aside", p.name).isZero();
                assertThat(p.problems()).singleElement().asString().startsWith("its server can't load its files (Bad file format")
                        .endsWith("they are not set aside: no master of the same data is heard, which it could copy, or another pod gets its copy first");
            });
            w.data.get(w.api.lease() == null ? "r-0" : Appointment.noted(w.api.lease()).pod()).redis.repairFiles(0);
            w.await(120 * S, w::unsettled);
            assertThat(missing(w, w.clients.acked)).as("acknowledged writes that the master has not").isZero();
        }
    }

    @Test
    void itIsNoticedIfFilesAreSetAsideWithoutAskingWhetherAnotherHasTheData() {
        assertThatThrownBy(() -> allDamaged(0, Broken.DAMAGE)).isInstanceOf(Violation.class).hasMessageContaining("sets its files aside, and there is nobody to copy");
    }

    /** Finding R16. */
    @Test
    void aMasterThatRefusesWritesForAFullDiskIsAProblemInWords() {
        SentinelWorld w = settled(0, Broken.NOTHING, true);
        w.master().redis.misconf = Misconf.AOF;
        w.simulation.pass(S);
        assertThat(w.master().member.snapshot().problems()).anyMatch(problem -> problem.startsWith(w.master().name + ": its AOF can't be written"));
        w.master().redis.misconf = Misconf.NONE;
        w.simulation.pass(S);
        assertThat(w.master().member.snapshot().problems()).noneMatch(problem -> problem.contains("AOF"));
    }

    /** Finding R22. */
    @Test
    void aMasterThatRefusesWritesForWantOfAReplicaIsAProblemInWords() {
        SentinelWorld w = settled(0, Broken.NOTHING, true);
        String problem = w.master().name + ": writes are refused: no replica is in sync (NOREPLICAS)";
        assertThat(w.master().member.snapshot().problems()).doesNotContain(problem);
        w.data.values().stream().filter(p -> p != w.master()).forEach(p -> p.lose(20 * S));
        w.simulation.pass(10 * S);
        assertThat(w.master().member.snapshot().problems()).contains(problem);
        w.await(90 * S, w::unsettled);
        w.simulation.pass(S);
        assertThat(w.master().member.snapshot().problems()).doesNotContain(problem);
    }

    /** Rule H7. */
    @Test
    void writesGoOnElsewhereWhenAMastersVolumeIsFullAndNothingIsLost() {
        survives(Broken.NOTHING, true, w -> {
            DataPod full = w.master();
            full.redis.misconf = Misconf.AOF;
            w.simulation.pass(3 * S);
            w.await(5 * S, () -> w.acceptsWrites() && w.master() != full ? null : "nobody accepts writes");
            w.simulation.pass(40 * S);
            assertThat(w.master()).as("no way back").isNotSameAs(full);
            assertThat(missing(w, w.clients.all)).isZero();
            full.redis.misconf = Misconf.NONE;
        });
    }

    @Test
    void aMasterStaysWhereItIsWhenAllVolumesAreFull() {
        survives(Broken.NOTHING, true, w -> {
            DataPod is = w.master();
            w.data.values().forEach(p -> p.redis.misconf = Misconf.AOF);
            w.simulation.pass(60 * S);
            assertThat(w.master()).isSameAs(is);
            w.data.values().forEach(p -> p.redis.misconf = Misconf.NONE);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aContainerThatRestartsNeverWipesItsReplicas(boolean persistent) {
        survives(Broken.NOTHING, persistent, w -> w.master().restart());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMasterPodThatIsDeletedHandsOver(boolean persistent) {
        List<Double> stops = new ArrayList<>();
        survives(Broken.NOTHING, persistent, w -> {
            DataPod was = w.master();
            was.delete(true);
            stops.add(longestStop(w, 20 * S));
            assertThat(w.master()).isNotSameAs(was);
            assertThat(missing(w, w.clients.all)).as("writes lost by a planned change").isZero();
        });
        assertThat(stops.stream().mapToDouble(d -> d).max().orElse(0)).as("longest write stop, s").isLessThan(1.5);
    }

    /** Rule B2: nobody has a key, and the Lease does not say so yet. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aReleaseWhoseLastKeyHasJustGoneGetsAMasterAgain(boolean persistent) {
        survives(Broken.NOTHING, persistent, w -> {
            w.clients.deletes = write -> true;
            w.simulation.pass(200 * MS);
            w.clients.silent = true;
            w.simulation.pass(200 * MS);
            DataPod was = w.master();
            if (w.simulation.random.nextBoolean()) {
                was.delete(true);
            } else {
                was.redis.kill();
            }
            w.simulation.pass(2 * S);
            w.await(60 * S, w::unsettled);
            w.clients.silent = false;
            w.clients.deletes = write -> false;
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPodWhoseNodeIsLostIsReplacedByTheSentinels(boolean persistent) {
        List<Double> stops = new ArrayList<>();
        survives(Broken.NOTHING, persistent, w -> {
            w.master().lose(20 * S);
            w.simulation.pass(20 * MS);
            stops.add(w.await(30 * S, () -> w.acceptsWrites() ? null : "nobody accepts writes"));
        });
        assertThat(stops.stream().mapToDouble(d -> d).max().orElse(0)).as("longest write stop, s").isLessThan(7);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anyPodMayGoAtAnyMoment(boolean persistent) {
        survives(Broken.NOTHING, persistent, w -> {
            switch (w.simulation.random.nextInt(7)) {
                case 0 -> any(w).redis.kill();
                case 1 -> any(w).restart();
                case 2 -> any(w).delete(true);
                case 3 -> any(w).lose(5 * S + w.simulation.random.nextLong(20 * S));
                case 4 -> anyWatch(w).kill();
                case 5 -> anyWatch(w).delete(true);
                default -> anyWatch(w).lose(5 * S + w.simulation.random.nextLong(20 * S));
            }
        });
    }

    @Test
    void theNewestDataWinsWhenAllPodsComeBackWithOtherAddresses() {
        survives(Broken.NOTHING, true, w -> {
            w.data.values().forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(5 * S)));
            w.watch.values().forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(5 * S)));
        });
    }

    @Test
    void theDataOfALastMasterThatComesBackLateIsWaitedFor() {
        survives(Broken.NOTHING, true, SentinelSimulationTest::lateMaster);
    }

    private static void lateMaster(SentinelWorld w) {
        DataPod last = w.master();
        last.lose(10 * S);
        w.simulation.pass(100 * MS + w.simulation.random.nextLong(S));
        w.data.values().stream().filter(p -> p != last).forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(2 * S)));
        w.watch.values().forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(2 * S)));
    }

    @Test
    void aReleaseWhoseLastMasterDoesNotComeBackIsLedByTheBestOfTheOthers() {
        for (long seed = Integer.getInteger("redisha.first", 0); seed < SEEDS; seed++) {
            SentinelWorld w = settled(seed, Broken.NOTHING, true);
            w.promised = false;   // two pods at once
            DataPod last = w.master();
            w.data.values().stream().filter(p -> p != last).forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(2 * S)));
            last.lose(120 * S);
            w.watch.values().forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(2 * S)));
            w.simulation.pass(S);
            w.await(60 * S, () -> w.master() != null && w.acceptsWrites() ? null : "nobody leads: " + w.data.values().stream().map(p -> p.member.snapshot().unready()).toList());
            w.await(180 * S, w::unsettled);
        }
    }

    /** The others are there first, and ask it for a copy, in vain. */
    @Test
    void aReleaseWhoseMasterLosesItsVolumeInARestartOfAllIsLedByTheBestOfTheOthers() {
        survives(Broken.NOTHING, true, w -> {
            w.promised = false;
            DataPod last = w.master();
            w.data.values().forEach(p -> p.crash(false));
            last.wipe();
            w.data.values().forEach(p -> w.simulation.after(p == last ? 3 * S : S, p::start));
            w.await(60 * S, () -> w.acceptsWrites() && w.master() != last ? null : "nobody else leads: " + w.data.values().stream().map(p -> p.member.snapshot().unready()).toList());
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void sentinelsThatLoseTheirMemoryTogetherRememberByTheLease(boolean persistent) {
        survives(Broken.NOTHING, persistent, w -> w.watch.values().forEach(p -> p.delete(true)));
    }

    @Test
    void sentinelsThatLoseTheirMemoryAfterAFailoverBeginWithTheNewMaster() {
        survives(Broken.NOTHING, true, w -> {
            DataPod was = w.master();
            was.redis.kill();
            w.await(20 * S, () -> w.acceptsWrites() && w.master() != was ? null : "no new master");
            w.simulation.pass(2 * S);
            DataPod is = w.master();
            w.watch.values().forEach(p -> p.lose(S + w.simulation.random.nextLong(2 * S)));
            w.simulation.pass(8 * S);
            assertThat(w.master()).isSameAs(is);
        });
    }

    @Test
    void aReleaseIsFoundedAnewByTheMasterThatRunsWhenSentinelsAndLeaseAreLost() {
        survives(Broken.NOTHING, true, w -> {
            DataPod is = w.master();
            w.watch.values().forEach(p -> p.lose(S + w.simulation.random.nextLong(2 * S)));
            w.api.deleteLease();
            w.simulation.pass(15 * S);
            assertThat(w.master()).isSameAs(is);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMasterThatIsCutOffIsDemotedWhenItIsBack(boolean persistent) {
        survives(Broken.NOTHING, persistent, SentinelSimulationTest::masterCutOff);
    }

    private static void masterCutOff(SentinelWorld w) {
        DataPod was = w.master();
        w.isolate(Set.of(was.name, anyWatch(w).name));
        w.await(30 * S, () -> w.data.values().stream().anyMatch(p -> p != was && p.redis.role() == Role.MASTER) ? null : "no new master");
        // healed in the second between the promotion and its being known, the old master may get a replica back: rule S5 promises no more
        w.simulation.pass(2 * S + w.simulation.random.nextLong(10 * S));
        assertThat(was.redis.goodReplicas()).isZero();
        w.network.heal();
        long healed = w.simulation.now();
        w.await(5 * S, () -> was.redis.role() == Role.REPLICA ? null : "the old master accepts writes yet");
        assertThat(w.simulation.now() - healed).isLessThan(2 * S);
    }

    @Test
    void nobodyChangesAnythingWhileTheApiServerIsAway() {
        survives(Broken.NOTHING, true, w -> {
            DataPod is = w.master();
            w.api.down = true;
            w.simulation.pass(60 * S);
            assertThat(w.master()).isSameAs(is);
            assertThat(w.acceptsWrites()).isTrue();
            w.api.down = false;
        });
    }

    @Test
    void aLeaseThatIsNotWrittenIsAProblemUntilItIs() {
        survives(Broken.NOTHING, true, w -> {
            w.api.instead = (next, version) -> new LeaseStore.Write.Refused("quota");
            w.simulation.pass(60 * S);
            assertThat(w.data.values().stream().flatMap(p -> p.member.snapshot().problems().stream())).contains("the API server refuses to write the Lease: quota");
            assertThat(w.acceptsWrites()).isTrue();
            w.api.instead = (next, version) -> null;
        });
    }

    @Test
    void aServerThatDiesWhileTheApiServerIsAwayIsSucceededAllTheSame() {
        survives(Broken.NOTHING, true, w -> {
            w.api.down = true;
            w.simulation.pass(2 * S);
            DataPod was = w.master();
            was.redis.kill();
            w.simulation.pass(20 * MS);
            w.await(5 * S, () -> w.master() != null && w.master() != was ? null : "no new master");
            w.simulation.pass(5 * S);
            w.api.down = false;
        });
    }

    @Test
    void grownAndShrunkIsForgottenBySentinelsOneAfterTheOther() {
        survives(Broken.NOTHING, true, w -> {
            w.scale(5, 5);
            w.simulation.pass(5 * S);
            w.await(60 * S, w::unsettled);
            int before = w.resets;
            if (w.simulation.random.nextBoolean()) {
                w.scale(3, 5);
                w.simulation.pass(10 * S);
            }
            w.scale(3, 3);
            w.simulation.pass(10 * S);
            w.await(120 * S, w::unsettled);
            assertThat(w.resets - before).isBetween(3, 8);
            assertThat(w.master().member.snapshot().siblings()).as("pods in status").hasSize(2);
        });
    }

    @Test
    void aSwitchoverGoesToThePodThatWasAskedForAndLosesNothing() {
        survives(Broken.NOTHING, true, w -> {
            DataPod was = w.master();
            DataPod to = w.data.values().stream().filter(p -> p != was).skip(w.simulation.random.nextInt(2)).findFirst().orElseThrow();
            List<String> outcome = new ArrayList<>();
            was.member.onSwitchover(to.name, outcome::add);
            w.await(10 * S, () -> outcome.isEmpty() ? "no outcome" : null);
            assertThat(outcome).containsExactly((String) null);
            w.simulation.pass(2 * S);
            assertThat(w.master()).isSameAs(to);
            assertThat(missing(w, w.clients.all)).isZero();
        });
    }

    @Test
    void aMasterThatOnceHandedOverAndIsOneAgainHandsOverWhenItIsDeleted() {
        survives(Broken.NOTHING, true, w -> {
            DataPod was = w.master();
            for (int i = 0; i < 2; i++) {
                DataPod from = w.master();
                from.member.onSwitchover(i == 0 ? null : was.name, why -> { });
                w.await(10 * S, () -> w.master() != null && w.master() != from ? null : "no new master");
                w.await(30 * S, w::unsettled);
                w.simulation.pass(3 * S);
            }
            assertThat(w.master()).isSameAs(was);
            was.delete(true);
            assertThat(longestStop(w, 20 * S)).as("write stop, s").isLessThan(1.5);
            assertThat(missing(w, w.clients.all)).as("writes lost by planned changes").isZero();
        });
    }

    @Test
    void aHandoverWhoseTargetDiesEndsWithAMasterAllTheSame() {
        survives(Broken.NOTHING, true, w -> {
            DataPod was = w.master();
            was.delete(true);
            w.simulation.pass(w.simulation.random.nextLong(2500 * MS));
            w.data.values().stream().filter(p -> p != was && p.up).skip(w.simulation.random.nextInt(2)).findFirst().ifPresent(p -> p.redis.kill());
        });
    }

    @Test
    void aServerThatAClientHasMadeAMasterIsMadeAReplicaAgain() {
        survives(Broken.NOTHING, true, SentinelSimulationTest::rogue);
    }

    /** Sentinels take eight seconds for it. */
    private static void rogue(SentinelWorld w) {
        DataPod rogue = w.data.values().stream().filter(p -> p != w.master()).findFirst().orElseThrow();
        DataPod is = w.master();
        rogue.redis.becomeMaster();
        w.await(4 * S, () -> rogue.redis.role() == Role.REPLICA ? null : "it is left as it is");
        assertThat(w.master()).isSameAs(is);
    }

    @Test
    void withoutPersistenceAllContainersThatRestartTogetherBeginAnew() {
        survives(Broken.NOTHING, false, w -> {
            w.data.values().forEach(DataPod::restart);
            w.clients.acked.clear();   // nobody holds anything any more, and nobody was promised that somebody would
        });
    }

    /** Rows 4, 5 and 39: nobody has looked at a server for long, which says nothing about it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void podsThatStoodStillForAWhileGoOnWithTheServersThatTheyHave(boolean persistent) {
        survives(Broken.NOTHING, persistent, w -> {
            List<String> before = w.data.values().stream().map(p -> p.redis.runId()).toList();
            w.data.values().forEach(p -> p.freeze(30 * S));
            w.simulation.pass(35 * S);
            assertThat(w.data.values().stream().map(p -> p.redis.runId()).toList()).isEqualTo(before);
        });
    }

    /** Where there are sentinels they replace it, and then it must be fenced; but nobody takes it for dead. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMasterThatIsBusyForAMinuteIsNotKilledForIt(boolean persistent) {
        survives(Broken.NOTHING, persistent, SentinelSimulationTest::busy);
    }

    private static void busy(SentinelWorld w) {
        DataPod was = w.master();
        String process = was.redis.runId();
        w.watch.values().forEach(p -> p.lose(70 * S));
        was.redis.fallSilent(60 * S, true);
        w.simulation.pass(61 * S);
        assertThat(was.redis.runId()).isEqualTo(process);
    }

    @Test
    void aSentinelThatDiesIsTold() {
        survives(Broken.NOTHING, true, w -> {
            w.journal.notes().clear();
            WatchPod killed = anyWatch(w);
            killed.kill();
            assertThat(w.journal.notes()).anyMatch(note -> note.startsWith(killed.name + " SERVER_DIED") && note.endsWith("signal 9, not by this agent"));
        });
    }

    @Test
    void aMasterThatStandsStillIsSucceededAndKilled() {
        survives(Broken.NOTHING, true, w -> {
            DataPod was = w.master();
            String process = was.redis.runId();
            was.redis.fallSilent(600 * S, false);
            w.simulation.pass(20 * S);
            assertThat(w.master()).isNotNull().isNotSameAs(was);
            assertThat(was.redis.runId()).isNotEqualTo(process);
        });
    }

    @Test
    void aHandoverGoesOnWhenAnAnswerIsLost() {
        List<Double> stops = new ArrayList<>();
        survives(Broken.NOTHING, true, w -> {
            DataPod was = w.master();
            w.lossy = 30;
            was.delete(true);
            stops.add(longestStop(w, 10 * S));
            w.lossy = 0;
            assertThat(missing(w, w.clients.all)).isZero();
        });
        assertThat(stops.stream().mapToDouble(d -> d).max().orElse(0)).as("longest write stop, s").isLessThan(3);
    }

    private static double longestStop(SentinelWorld w, long during) {
        long start = w.simulation.now();
        long open = start;
        double longest = 0;
        while (w.simulation.now() - start < during) {
            w.simulation.pass(10 * MS);
            if (w.acceptsWrites()) {
                open = w.simulation.now();
            }
            longest = Math.max(longest, (w.simulation.now() - open) / 1e9);
        }
        return longest;
    }

    /** A sentinel was told to, and may do so when the old master has long been told that it takes too long. */
    @Test
    void nothingIsWrittenToAMasterWhoseSuccessorIsPromotedLate() {
        survives(Broken.NOTHING, true, w -> {
            w.watch.values().forEach(p -> p.sentinel.dawdles = 5 * S);
            DataPod was = w.master();
            was.member.onSwitchover(null, why -> { });
            w.simulation.pass(15 * S);
            w.watch.values().forEach(p -> p.sentinel.dawdles = 0);
            w.await(60 * S, w::unsettled);
            assertThat(w.master()).isNotSameAs(was);
            assertThat(missing(w, w.clients.all)).isZero();
        });
    }

    @Test
    void aMasterThatStopsDoesNotTakeSilenceForSolitude() {
        survives(Broken.NOTHING, true, w -> {
            DataPod was = w.master();
            w.lossy = 100;
            w.simulation.pass(3 * S);
            w.lossy = 0;
            was.delete(true);
            w.simulation.pass(15 * S);
            assertThat(w.master()).isNotSameAs(was);
            assertThat(missing(w, w.clients.all)).as("writes lost by a planned change").isZero();
        });
    }

    /** Its disk is full, or what is on it is damaged: the pod is there, and its server never is. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aMasterWhoseServerNeverComesUpAgainIsReplacedAlsoAfterARestartOfAll(boolean persistent) {
        for (long seed = Integer.getInteger("redisha.first", 0); seed < SEEDS; seed++) {
            SentinelWorld w = settled(seed, Broken.NOTHING, persistent);
            w.promised = false;
            w.master().redis.damaged = true;
            w.data.values().forEach(DataPod::restart);
            w.clients.acked.clear();
            w.simulation.pass(2 * S);
            w.await(60 * S, () -> w.acceptsWrites() ? null : "nobody leads: " + w.data.values().stream().map(p -> p.member.snapshot().unready()).toList());
        }
    }

    @Test
    void dataThatWasLostIsSaidToBe() {
        survives(Broken.NOTHING, false, w -> {
            w.journal.notes().clear();
            w.data.values().forEach(p -> p.lose(S));
            w.clients.acked.clear();
            w.await(60 * S, w::unsettled);
            assertThat(w.journal.notes()).anyMatch(note -> note.contains("PROMOTED DATA_LOST"));
        });
    }

    /** More than is promised to lose nothing in: but never is one left that leads empty, or a release without a master. */
    @Test
    void twoFaultsAtOnceNeverEndInAStandstill() {
        survives(Broken.NOTHING, true, w -> {
            w.promised = false;
            for (int i = 0; i < 2; i++) {
                switch (w.simulation.random.nextInt(8)) {
                    case 0 -> any(w).redis.kill();
                    case 1 -> any(w).restart();
                    case 2 -> any(w).delete(true);
                    case 3 -> any(w).lose(5 * S + w.simulation.random.nextLong(20 * S));
                    case 4 -> anyWatch(w).kill();
                    case 5 -> anyWatch(w).delete(true);
                    case 6 -> anyWatch(w).lose(5 * S + w.simulation.random.nextLong(20 * S));
                    default -> {
                        w.isolate(Set.of(any(w).name));
                        w.simulation.after(w.simulation.random.nextLong(20 * S), w.network::heal);
                    }
                }
                w.simulation.pass(w.simulation.random.nextLong(2 * S));
            }
        });
    }

    /** Rules left out: what the simulation is for is to notice. */
    @ParameterizedTest
    @EnumSource(value = Broken.class, names = {"NOTHING", "DAMAGE", "LETTING_GO", "EMPTIED"}, mode = EnumSource.Mode.EXCLUDE)
    void noticesARuleThatIsLeftOut(Broken broken) {
        assertThatThrownBy(() -> {
            survives(broken, false, w -> w.master().redis.kill());
            survives(broken, true, w -> {
                DataPod was = w.master();
                was.redis.kill();
                w.simulation.pass(5 * S);
                w.watch.values().forEach(p -> p.lose(S + w.simulation.random.nextLong(2 * S)));
                w.simulation.pass(8 * S);
            });
            survives(broken, true, w -> {
                w.data.values().forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(5 * S)));
                w.watch.values().forEach(p -> p.lose(1 * S + w.simulation.random.nextLong(5 * S)));
            });
            survives(broken, true, SentinelSimulationTest::lateMaster);
            survives(broken, true, SentinelSimulationTest::rogue);
            survives(broken, true, SentinelSimulationTest::busy);
        }).isInstanceOfAny(Violation.class, AssertionError.class).satisfies(e -> System.out.println(broken + ": " + e.getMessage()));
    }
}
