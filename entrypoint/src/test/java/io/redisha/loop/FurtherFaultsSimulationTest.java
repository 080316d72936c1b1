package io.redisha.loop;

import static io.redisha.simulation.Network.API;
import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.decide.Policy;
import io.redisha.loop.World.Broken;
import io.redisha.model.LeaseRecord;
import io.redisha.model.PodView;
import io.redisha.simulation.SimulatedApi.Mishap;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Faults beyond those of {@link SimulationTest}, in runs of their own: what is drawn there stays as it is. */
class FurtherFaultsSimulationTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000) / 80;
    private static final int FEW = SEEDS / 4;

    private static final AtomicInteger unled = new AtomicInteger();

    /** A run of one seed; throws a {@link Violation}. */
    @FunctionalInterface
    interface Kind {
        World run(long seed, boolean tracing);
    }

    static final Map<String, Kind> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("answers", FurtherFaultsSimulationTest::answers);
        KINDS.put("answersAlone", FurtherFaultsSimulationTest::answersAlone);
        KINDS.put("twins", FurtherFaultsSimulationTest::twins);
        KINDS.put("strangers", FurtherFaultsSimulationTest::strangers);
        KINDS.put("scaled", FurtherFaultsSimulationTest::scaled);
        KINDS.put("scaledAlone", FurtherFaultsSimulationTest::scaledAlone);
        KINDS.put("ring", FurtherFaultsSimulationTest::ring);
        KINDS.put("mixed", FurtherFaultsSimulationTest::mixed);
        KINDS.put("rolled", FurtherFaultsSimulationTest::rolled);
        KINDS.put("volumes", FurtherFaultsSimulationTest::volumes);
        KINDS.put("volumesAlone", FurtherFaultsSimulationTest::volumesAlone);
        KINDS.put("abandoned", FurtherFaultsSimulationTest::abandoned);
        KINDS.put("expiring", FurtherFaultsSimulationTest::expiring);
        KINDS.put("expiringAlone", FurtherFaultsSimulationTest::expiringAlone);
        KINDS.put("restored", FurtherFaultsSimulationTest::restored);
        KINDS.put("restoredAlone", FurtherFaultsSimulationTest::restoredAlone);
        KINDS.put("restoredUnread", FurtherFaultsSimulationTest::restoredUnread);
        KINDS.put("restoredBack", FurtherFaultsSimulationTest::restoredBack);
        KINDS.put("restoredAll", FurtherFaultsSimulationTest::restoredAll);
        KINDS.put("priority", FurtherFaultsSimulationTest::priority);
        KINDS.put("priorityPlanned", FurtherFaultsSimulationTest::priorityPlanned);
    }

    /** One more fault of a kind, at any time. */
    private interface Fault {
        void strike(World w, Random r, long howLong);
    }

    /** Of {@link SimulationTest}'s faults and a further one, in turn and at once. */
    private static World among(long seed, World w, Fault fault) {
        Random r = new Random(~(seed * 31));
        return run(seed, w, () -> {
            w.simulation.pass(6 * S);
            for (int i = 0; i < 6; i++) {
                strike(w, r, fault);
                if (r.nextBoolean()) {
                    strike(w, r, fault);
                }
                w.simulation.pass(r.nextLong(6 * S));
            }
            heal(w);
            w.settle(80 * S);
        });
    }

    private static void strike(World w, Random r, Fault fault) {
        long howLong = 200 * MS + r.nextLong(12 * S);
        if (r.nextInt(3) == 0) {
            int kind = r.nextInt(SimulationTest.FAULTS);
            SimulationTest.fault(w, r, kind == SimulationTest.FORGOTTEN_PROMISE && w.pods.size() == 1 ? 0 : kind, howLong);
        } else {
            fault.strike(w, r, howLong);
        }
    }

    /** One further fault at a time, and each is over before the next. */
    private static World one(long seed, World w, boolean planned, Fault fault) {
        Random r = new Random(~(seed * 31));
        return run(seed, w, () -> {
            SimulationTest.use(w, new Random(~seed));
            w.promise(planned);
            w.settle(40 * S);
            for (int i = 0; i < 4; i++) {
                w.simulation.pass(r.nextLong(2 * S));
                fault.strike(w, r, 200 * MS + r.nextLong(9 * S));
                w.simulation.pass(10 * S);
                heal(w);
                w.settle(60 * S);
            }
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

    private static void heal(World w) {
        w.api.mishaps = () -> Mishap.NONE;
        w.api.watchesStand = false;
        w.restored = null;
        w.clients.silent = false;
        w.servers.loading = null;
        w.pods.forEach(p -> p.disk().goOn());
        SimulationTest.heal(w);
        for (int i = 0; i < 60 && (!w.ghosts.stream().allMatch(p -> p.gone) || w.leave()); i++) {
            w.simulation.pass(S);
        }
    }

    private static World world(long seed, int replicas, boolean persistent, boolean tracing) {
        return new World(seed, Broken.NOTHING, replicas, persistent, tracing);
    }

    private static MemberPod victim(World w, Random r) {
        MemberPod master = w.master();
        MemberPod any = w.pods.get(r.nextInt(w.pods.size()));
        return master != null && w.pods.contains(master) && r.nextInt(3) > 0 ? master : any;
    }

    /** As in every run: one writer, nobody leads empty beside data, what is lost is an end, and the release comes back by itself. */
    private static void holds(String... kinds) {
        for (String name : kinds) {
            LongStream.range(0, SEEDS).parallel().forEach(seed -> KINDS.get(name).run(seed, false));
        }
    }

    @Test
    void aLeaseWhoseWritesAreCarriedOutTwiceLateOrUnheardOrAreRefusedMakesNoSecondWriterAndLosesNothing() {
        holds("answers", "answersAlone");
    }

    /** Finding R8. */
    @Test
    void aPodThatWasDeletedByForceAndRunsOnIsNoSecondWriter() {
        holds("twins");
        KINDS.get("twins").run(23, false);   // it led, empty, by the name of the one in its place
    }

    /** Rule B6: both know the same password, and servers connect again by themselves. */
    @Test
    void aServerCopiesNoOtherReleaseThatHasGotTheAddressOfItsOwn() {
        LongStream.range(0, Math.min(SEEDS, 30)).parallel().forEach(seed -> strangers(seed, false));
    }

    @Test
    void aReleaseThatIsScaledBetweenOneAndFivePodsLosesNothingByItAndIsWholeAgainAfterOtherFaults() {
        holds("scaled", "scaledAlone");
    }

    @Test
    void fiveMembersOfWhomEachHearsAnotherMajorityHaveOneWriter() {
        holds("ring");
    }

    /** Rule W3. */
    @Test
    void membersOf030AndOfThisVersionWorkTogetherInAnyOrder() {
        holds("mixed", "rolled");
    }

    @Test
    void volumesThatHangOrForgetAndServersThatLoadAndEndSlowlyMakeNoSecondWriterAndLoseNothing() {
        holds("volumes", "volumesAlone");
    }

    @Test
    void aReleaseIsWholeAgainWithoutThePodsThatDoNotComeBack() {
        holds("abandoned");
    }

    /** Rule B2: nobody writes that a key has gone. */
    @Test
    void aReleaseWhoseKeysExpireLosesNothingElseAndIsLedWhenNoneIsLeft() {
        unled.set(0);
        LongStream.range(0, FEW).parallel().forEach(seed -> KINDS.get("expiring").run(seed, false));
        assertThat(unled.get()).as("runs without a master in the end").isLessThanOrEqualTo(Math.max(1, FEW / 50));
        LongStream.range(0, FEW).parallel().forEach(seed -> KINDS.get("expiringAlone").run(seed, false));
    }

    /** Rules L3, V7: whom it names held it long ago. */
    @Test
    void aLeaseFromABackupMakesNoSecondWriterAndLosesNothing() {
        LongStream.range(0, FEW).parallel().forEach(seed -> KINDS.get("restored").run(seed, false));
        LongStream.range(0, FEW).parallel().forEach(seed -> KINDS.get("restoredAlone").run(seed, false));
        LongStream.range(0, FEW).parallel().forEach(seed -> KINDS.get("restoredUnread").run(seed, false));
        LongStream.range(0, FEW).parallel().forEach(seed -> KINDS.get("restoredBack").run(seed, false));
        LongStream.range(0, FEW).parallel().forEach(seed -> KINDS.get("restoredAll").run(seed, false));
    }

    @Test
    void anOrderByPriorityMakesNoSecondWriterAndLosesNothingByPlannedChanges() {
        holds("priority", "priorityPlanned");
    }

    /** By partial syncs that go on at a wrong place. */
    @Test
    void itIsNoticedIfAReplicaLacksSomethingInTheMiddle() {
        assertThatThrownBy(() -> {
            for (long seed = 0; seed < 20; seed++) {
                SimulationTest.chaos(seed, Broken.NOTHING, w -> w.servers.skips = write -> write % 50 == 7, r -> r.nextInt(SimulationTest.FAULTS), false);
            }
        }).isInstanceOf(Violation.class).hasMessageContaining("without one before it of the same master");
    }

    // ---- what the API server answers

    static World answers(long seed, boolean tracing) {
        Random r = new Random(seed);
        return among(seed, world(seed, new int[] {3, 3, 2, 5}[r.nextInt(4)], r.nextBoolean(), tracing), (world, random, howLong) -> world.api.goWrong(random, howLong));
    }

    /** One thing at a time. */
    static World answersAlone(long seed, boolean tracing) {
        return one(seed, world(seed, 3, seed % 2 == 0, tracing), false, (world, random, howLong) -> world.api.goWrong(random, howLong));
    }

    // ---- two pods of one name

    static World twins(long seed, boolean tracing) {
        return twins(seed, Broken.NOTHING, tracing);
    }

    static World twins(long seed, Broken broken, boolean tracing) {
        Random r = new Random(seed);
        World w = new World(seed, broken, new int[] {3, 3, 2, 5}[r.nextInt(4)], r.nextBoolean(), tracing);
        return among(seed, w, FurtherFaultsSimulationTest::twin);
    }

    /** By force; who was it runs on, and may hear of others, of some, or of nobody. One at a time: who says so of all has said that they are dead. */
    private static void twin(World w, Random r, long howLong) {
        w.ghosts.removeIf(p -> p.gone);
        MemberPod old = victim(w, r);
        if (!w.ghosts.isEmpty() || old.gone) {
            return;
        }
        if (r.nextInt(3) == 0) {
            old.freeze(r.nextLong(8 * S));
        }
        w.deleteByForce(old, 2 * howLong, 300 * MS + r.nextLong(4 * S));
        for (MemberPod p : w.pods) {
            if (r.nextInt(3) == 0) {
                SimulationTest.cut(w, old.place(), r, 2 * howLong, p.place());
            }
        }
        if (r.nextBoolean()) {
            SimulationTest.cut(w, old.place(), r, 2 * howLong, API);
        }
    }

    // ---- another release

    static World strangers(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, 3, r.nextBoolean(), tracing);
        World stranger = w.stranger();
        World met = among(seed, w, (world, random, howLong) -> inherit(world, stranger, random));
        return run(seed, met, () -> {
            SimulationTest.heal(stranger);
            stranger.settle(60 * S);
        });
    }

    /** A pod of the other release gets the address of one that was lost. */
    private static void inherit(World w, World stranger, Random r) {
        boolean to = r.nextBoolean();
        MemberPod lost = victim(to ? w : stranger, r);
        MemberPod heir = victim(to ? stranger : w, r);
        String address = lost.ip();
        lost.pend(S + r.nextLong(5 * S));
        w.simulation.after(200 * MS + r.nextLong(6 * S), () -> {
            heir.pend(100 * MS + r.nextLong(S));
            heir.readdress(address);
        });
    }

    // ---- how many there are

    static World scaled(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, 1 + r.nextInt(5), r.nextBoolean(), tracing);
        return among(seed, w, (world, random, howLong) -> world.scale(1 + random.nextInt(5)));
    }

    /** Nothing else happens; a pod at least is left over. */
    static World scaledAlone(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, 1 + r.nextInt(5), r.nextBoolean(), tracing);
        return one(seed, w, true, (world, random, howLong) -> world.scale(1 + random.nextInt(5)));
    }

    // ---- who hears whom

    /** Five, of whom each hears a majority, and no two the same. */
    static World ring(long seed, boolean tracing) {
        Random r = new Random(seed);
        return among(seed, world(seed, 5, r.nextBoolean(), tracing), FurtherFaultsSimulationTest::ring);
    }

    private static void ring(World w, Random r, long howLong) {
        w.simulation.say("majorities ring");
        int n = w.pods.size();
        for (int i = 0; i < n; i++) {
            int other = (i + 2) % n;
            SimulationTest.cut(w, w.pods.get(i).place(), r, howLong, w.pods.get(other).place());
            if (r.nextInt(3) == 0) {
                SimulationTest.cut(w, w.pods.get(i).place(), r, howLong, API);
            }
        }
    }

    // ---- two versions

    /** Rule W3: a roll to the other version, or back, at any moment. */
    static World mixed(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, new int[] {3, 3, 2, 5}[r.nextInt(4)], r.nextBoolean(), tracing);
        boolean old = r.nextBoolean();
        w.pods.forEach(p -> isOf030(p, r.nextInt(4) == 0 ? !old : old));
        return among(seed, w, FurtherFaultsSimulationTest::roll);
    }

    /** Planned: nothing is lost, whichever version hands over to which. */
    static World rolled(long seed, boolean tracing) {
        World w = world(seed, 3, seed % 2 == 0, tracing);
        w.pods.forEach(p -> isOf030(p, seed % 3 == 0));
        return one(seed, w, true, (world, r, howLong) -> {
            MemberPod p = victim(world, r);
            deleteAndRoll(p, p.older ^ r.nextInt(4) > 0);
        });
    }

    private static void roll(World w, Random r, long howLong) {
        boolean older = r.nextBoolean();
        w.simulation.say("roll to " + (older ? "0.3.0" : "this version"));
        for (int i = 0; i < w.pods.size(); i++) {
            MemberPod p = w.pods.get(w.pods.size() - 1 - i);
            w.simulation.after(1 + i * r.nextLong(5 * S), () -> deleteAndRoll(p, older));
        }
    }

    /** Its pod ends as it is, and the next one is of that version. */
    private static void deleteAndRoll(MemberPod p, boolean older) {
        p.rolls = () -> isOf030(p, older);
        p.delete(true);
    }

    private static void isOf030(MemberPod p, boolean older) {
        p.world.confirmedLast &= !older;   // it does not detach (W3)
        p.older = older;
        p.oldest = older;
    }

    // ---- volumes, and servers that take their time

    static World volumes(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, new int[] {3, 3, 2, 5}[r.nextInt(4)], true, tracing);
        return among(seed, w, FurtherFaultsSimulationTest::volume);
    }

    static World volumesAlone(long seed, boolean tracing) {
        return one(seed, world(seed, 3, true, tracing), false, FurtherFaultsSimulationTest::volume);
    }

    private static void volume(World w, Random r, long howLong) {
        MemberPod p = victim(w, r);
        switch (r.nextInt(5)) {
            case 0 -> {
                w.simulation.say("the volume of " + p.name + " hangs");
                p.disk().hang();
                p.redis.hold(howLong);
                w.simulation.after(howLong, p.disk()::goOn);
            }
            case 1 -> {
                w.simulation.say("the state file of " + p.name + " is not written");
                p.disk().hang();
                w.simulation.after(howLong, () -> {
                    if (r.nextBoolean()) {
                        p.restart();
                    } else {
                        p.disk().goOn();
                    }
                });
            }
            case 2 -> {
                w.simulation.say("the state file of " + p.name + " is unreadable");
                p.disk().lose();
                p.restart();
            }
            case 3 -> {
                w.simulation.say("loading takes up to " + howLong / MS + " ms");
                w.servers.loading = () -> 1 + r.nextLong(howLong);
                p.restart();
            }
            default -> {
                w.simulation.say("ending takes " + howLong / MS + " ms");
                p.ends = howLong;
                p.delete(true);
            }
        }
    }

    // ---- pods that do not come back

    /** One of three, or two of five, and what is left has a quorum. */
    static World abandoned(long seed, boolean tracing) {
        Random r = new Random(seed);
        int replicas = r.nextBoolean() ? 3 : 5;
        World w = world(seed, replicas, r.nextBoolean(), tracing);
        return run(seed, w, () -> {
            w.settle(40 * S);
            for (int i = 0; i < replicas / 2; i++) {
                MemberPod p = victim(w, r);
                if (r.nextBoolean()) {
                    p.crash(r.nextBoolean());
                    p.gone = true;
                } else {
                    p.delete(false);
                }
                if (r.nextBoolean()) {
                    SimulationTest.fault(w, r, r.nextInt(SimulationTest.FAULTS), 200 * MS + r.nextLong(6 * S));
                }
                w.simulation.pass(r.nextLong(5 * S));
            }
            heal(w);
            w.settle(60 * S);
        });
    }

    // ---- keys that expire

    static World expiring(long seed, boolean tracing) {
        Random r = new Random(seed);
        World release = expire(world(seed, new int[] {3, 3, 2, 5}[r.nextInt(4)], r.nextBoolean(), tracing), r);
        try {
            return expiring(seed, release);
        } catch (Violation v) {
            if (!v.getMessage().contains("not whole again") || !release.allEmptied()) {
                throw v;
            }
            unled.incrementAndGet();
            return release;   // rule B2 has no way out yet when all lost their processes, and the Lease was about to say that there is no key left
        }
    }

    private static World expiring(long seed, World release) {
        return among(seed, release, (w, random, howLong) -> {
            if (random.nextInt(3) == 0) {
                // nobody has a key left that would still be there, and everybody's files have some
                w.simulation.say("the power of all is cut");
                w.pods.forEach(p -> p.crash(false));
                w.pods.forEach(p -> w.simulation.after(howLong + random.nextLong(2 * S), p::start));
            } else {
                expired(w, random, howLong);
            }
        });
    }

    /** One thing at a time. */
    static World expiringAlone(long seed, boolean tracing) {
        Random r = new Random(seed);
        return one(seed, expire(world(seed, 3, r.nextBoolean(), tracing), r), false, FurtherFaultsSimulationTest::expired);
    }

    /** Now and then nothing is written until all have expired, or nearly. */
    private static World expire(World w, Random r) {
        int period = 2 + r.nextInt(200);
        w.clients.ttl = 200 * MS + r.nextLong(8 * S);
        w.clients.rest = r.nextLong(2 * w.clients.ttl);
        w.clients.rests = write -> write % period == 0;
        return w;
    }

    /** The last keys of a release go, and about then a pod fails, or is replaced; or a replica has them still. */
    private static void expired(World w, Random r, long howLong) {
        int kind = r.nextInt(5);
        MemberPod p = victim(w, r);
        if (kind == 0 && p != w.master()) {
            p.redis.stall(howLong);
            return;
        }
        w.clients.silent = true;
        w.simulation.after(Math.max(1, w.clients.ttl - 300 * MS + r.nextLong(S)), () -> {
            SimulationTest.fault(w, r, List.of(0, 1, 2, 3, 6, 9, SimulationTest.STANDS_STILL).get(r.nextInt(7)), howLong);
            w.simulation.after(r.nextLong(5 * S), () -> w.clients.silent = false);
        });
    }

    // ---- a restored API server

    static World restored(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, new int[] {3, 3, 2, 5}[r.nextInt(4)], r.nextBoolean(), tracing);
        List<List<PodView>> shown = watched(w);
        return among(seed, w, (world, random, howLong) -> restore(world, random, shown, howLong));
    }

    /** Of one whose members all hear each other; the master may have changed since the backup. */
    static World restoredAlone(long seed, boolean tracing) {
        World w = world(seed, 3, seed % 2 == 0, tracing);
        List<List<PodView>> shown = watched(w);
        return one(seed, w, false, (world, random, howLong) -> {
            if (random.nextBoolean()) {
                SimulationTest.fault(world, random, List.of(1, 6, 9).get(random.nextInt(3)), howLong);
                world.simulation.pass(5 * S);
                world.settle(60 * S);
            }
            // of two that are not shown where they are nobody could be asked what they hold
            List<List<PodView>> known = shown.stream().filter(then -> world.pods.stream().filter(p -> !isShown(p, then)).count() < 2).toList();
            restore(world, random, known, howLong);
        });
    }

    static World restoredUnread(long seed, boolean tracing) {
        return restoredUnread(seed, Broken.NOTHING, tracing);
    }

    /** Rule L3: it names again who led before, which does not hear who leads now; and that one can't read it. */
    static World restoredUnread(long seed, Broken broken, boolean tracing) {
        Random r = new Random(seed);
        World w = new World(seed, broken, 3, seed % 2 == 0, tracing);
        return run(seed, w, () -> {
            w.settle(40 * S);
            w.simulation.pass(2 * S + r.nextLong(2 * S));
            MemberPod before = w.master();
            before.member.onSwitchover(null, outcome -> { });
            w.simulation.pass(2 * S);
            w.settle(60 * S);
            MemberPod leader = w.master();
            SimulationTest.isolate(w, leader, before.name);
            SimulationTest.isolate(w, leader, API);
            w.api.restore(r, true, r.nextBoolean());
            w.simulation.pass(12 * S);
            heal(w);
            w.settle(60 * S);
        });
    }

    /** The master has been down for a while, and comes back with the Lease that named it. It knows of no other leader but from the others. */
    static World restoredBack(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, 3, true, tracing);
        return run(seed, w, () -> {
            w.settle(40 * S);
            w.simulation.pass(3 * S);
            MemberPod first = w.master();
            LeaseRecord backup = w.api.lease();
            first.crash(false);
            w.simulation.pass(20 * S + r.nextLong(20 * S));
            w.api.down = true;
            w.simulation.pass(10 * S);
            w.api.edit(lease -> backup);
            first.start();
            w.simulation.pass(2 * S + r.nextLong(20 * S));
            w.api.down = false;
            w.settle(60 * S);
        });
    }

    /** The last but one master has been down for a while, and then all start with the Lease that named it. */
    static World restoredAll(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, 3, true, tracing);
        return run(seed, w, () -> {
            w.settle(40 * S);
            w.simulation.pass(3 * S);
            MemberPod first = w.master();
            LeaseRecord backup = w.api.lease();
            first.redis.kill();
            w.simulation.pass(S);
            w.settle(60 * S);
            w.simulation.pass(5 * S);
            first.crash(false);
            w.simulation.pass(10 * S + r.nextLong(20 * S));
            w.pods.forEach(p -> p.crash(false));
            w.simulation.pass(2 * S);
            w.api.edit(lease -> backup);
            boolean[] slow = {false};
            long loads = r.nextBoolean() ? 30 * S : 100 * MS;
            w.servers.loading = () -> slow[0] ? loads : S;   // it has less to load than the others
            w.simulation.after(500 * MS, () -> {
                first.start();
                slow[0] = true;
                w.pods.forEach(MemberPod::start);
            });
            w.simulation.pass(45 * S);
            w.settle(60 * S);
            int lost = w.clients.lost(w.master().redis, w.clients.acked);
            if (lost > 100) {
                throw new Violation(w.master().name + " leads without " + lost + " writes that two others had on their disks");
            }
        });
    }

    private static boolean isShown(MemberPod p, List<PodView> pods) {
        return pods.stream().anyMatch(view -> view.id().equals(p.id().member()) && view.ip() != null);
    }

    /** Which pods there were, once a second. */
    private static List<List<PodView>> watched(World w) {
        List<List<PodView>> shown = new ArrayList<>();
        look(w, shown);
        return shown;
    }

    private static void look(World w, List<List<PodView>> shown) {
        shown.add(w.podsThere());
        w.simulation.after(S, () -> look(w, shown));
    }

    /**
     * The Lease is an older one, and for a while the pods are those of back then. Not while somebody has not heard of the last leader: who would not know that the
     * Lease is an older one could take it at once, and be a second writer until that leader reads it.
     */
    private static void restore(World w, Random r, List<List<PodView>> shown, long howLong) {
        LeaseRecord lease = w.api.lease();
        if (lease == null || w.pods.stream().anyMatch(p -> !p.awake() || p.member.onAsk().term() < lease.term())) {
            return;
        }
        w.api.restore(r, r.nextBoolean(), r.nextBoolean());
        w.restored = shown.isEmpty() ? null : shown.get(r.nextInt(shown.size()));
        w.simulation.after(howLong, () -> w.restored = null);
    }

    // ---- priority

    /** The order by priority may lose writes; two writers, or an empty one beside data, it may not make. */
    static World priority(long seed, boolean tracing) {
        Random r = new Random(seed);
        World w = world(seed, new int[] {3, 2, 5}[r.nextInt(3)], r.nextBoolean(), tracing);
        byPriority(w);
        return among(seed, w, (world, random, howLong) -> victim(world, random).redis.wants(50 + random.nextInt(3) * 25));
    }

    static World priorityPlanned(long seed, boolean tracing) {
        World w = world(seed, 3, seed % 2 == 0, tracing);
        byPriority(w);
        Random r = new Random(seed);
        w.pods.forEach(p -> p.redis.wants(50 + r.nextInt(3) * 25));
        return one(seed, w, true, (world, random, howLong) -> SimulationTest.fault(world, random, random.nextBoolean() ? 6 : 9, howLong));
    }

    private static void byPriority(World w) {
        w.confirmedLast = false;
        Policy p = w.policy;
        w.policy = new Policy(p.timings(), p.replicas(), p.persistent(), p.strict(), true, p.maxLoss());
    }
}
