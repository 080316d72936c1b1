package io.redisha.decide.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.FakeCluster.Pod;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What is decided in single situations; each begins with a cluster of three shards with one replica each on three Kubernetes nodes. */
class ShapingTest {

    private FakeCluster c = created(Shape.of(3, 1));

    private static FakeCluster fresh(Shape shape) {
        FakeCluster c = new FakeCluster(new Random(5), true, true, 3, 3, false, shape);
        for (int i = 0; i < 3; i++) {
            c.tick();
        }
        return c;
    }

    private static FakeCluster created(Shape shape) {
        FakeCluster c = fresh(shape);
        settle(c);
        return c;
    }

    private static Plan settle(FakeCluster c) {
        Plan plan = null;
        for (int i = 0; i < 100; i++) {
            plan = c.round(() -> { });
            for (int t = 0; t < 8; t++) {
                c.tick();
            }
            if (plan instanceof Plan.Done) {
                break;
            }
        }
        assertThat(plan).isInstanceOf(Plan.Done.class);
        return plan;
    }

    private Plan decide() {
        return Shaping.decide(c.view());
    }

    private List<Step> steps() {
        Plan plan = decide();
        assertThat(plan).isInstanceOf(Plan.Go.class);
        return ((Plan.Go) plan).steps();
    }

    private List<String> waits() {
        Plan plan = decide();
        assertThat(plan).isInstanceOf(Plan.Wait.class);
        return ((Plan.Wait) plan).why();
    }

    private List<String> refusal() {
        Plan plan = decide();
        assertThat(plan).isInstanceOf(Plan.Refuse.class);
        return ((Plan.Refuse) plan).why();
    }

    private Pod pod(int ordinal) {
        return c.pods.get(ordinal);
    }

    private void ticks(int n) {
        for (int i = 0; i < n; i++) {
            c.tick();
        }
    }

    private void shape(Shape shape) {
        c.shape = shape;
        for (int i = 0; i < shape.pods(); i++) {
            if (!c.pods.containsKey(i)) {
                c.add(i);
            }
        }
        ticks(3);
    }

    // ---- creation

    @Test
    void waitsForEveryPodBeforeItCreates() {
        c = fresh(Shape.of(3, 1));
        pod(4).answers = false;
        assertThat(waits()).containsExactly("waiting for r-4: no answer");
        c.pods.remove(4);
        assertThat(waits()).containsExactly("waiting for r-4 does not exist yet");
    }

    @Test
    void createsOfEmptyPodsOnlyAndSaysSoFirst() {
        c = fresh(Shape.of(3, 1));
        assertThat(Shaping.creates(c.view())).isTrue();
        assertThat(steps()).isNotEmpty();
        pod(5).server.keys.set(7);
        assertThat(refusal()).containsExactly("r-5 holds data or knows nodes that are not of this release: it is left alone, and without it no cluster is created");
    }

    @Test
    void createsNothingOfPodsThatKnowStrangers() {
        c = fresh(Shape.of(3, 1));
        pod(5).server.known.put("stranger", new FakeCluster.Known());
        assertThat(refusal()).hasSize(1);
    }

    @Test
    void dividesTheSlotsEvenlyAndPutsTheMembersOfAShardOnDifferentNodes() {
        assertThat(c.masters()).extracting(m -> m.server.own().cardinality()).containsExactlyInAnyOrder(5461, 5461, 5462);
        assertThat(c.masters()).extracting(m -> m.node).doesNotHaveDuplicates();
        for (Pod m : c.masters()) {
            assertThat(c.replicasOf(m)).singleElement().satisfies(r -> assertThat(r.node).isNotEqualTo(m.node));
        }
        assertThat(Shaping.creates(c.view())).isFalse();
        assertThat(decide()).isEqualTo(new Plan.Done(List.of()));
    }

    @Test
    void finishesACreationThatWasInterrupted() {
        c = fresh(Shape.of(3, 1));
        while (c.masters().isEmpty()) {
            ticks(8);
            List<Step> steps = Shaping.decide(c.view()) instanceof Plan.Go go ? go.steps() : List.of();
            boolean gives = steps.stream().anyMatch(s -> s instanceof Step.Own);
            int[] left = {2};
            c.round(() -> {
                if (gives && left[0]-- == 0) {
                    throw new FakeCluster.Failed("the leader is killed");
                }
            });
        }
        assertThat(c.masters()).hasSize(2);
        assertThat(steps()).first().isInstanceOf(Step.Own.class);
        settle(c);
        assertThat(c.masters()).extracting(m -> m.server.own().cardinality()).containsExactlyInAnyOrder(5461, 5461, 5462);
    }

    @Test
    void createsAnewOnlyWhenEveryPodCameBackEmpty() {
        c.pods.values().forEach(p -> c.loseVolume(p, 1));
        ticks(2);
        pod(3).answers = false;
        assertThat(Shaping.creates(c.view())).isFalse();
        assertThat(waits()).containsExactly("waiting for r-3: no answer");
        pod(3).answers = true;
        assertThat(Shaping.creates(c.view())).isTrue();
        pod(3).server.keys.set(1);
        assertThat(Shaping.creates(c.view())).isFalse();
        assertThat(refusal()).hasSize(1);
    }

    // ---- who belongs to it

    @Test
    void aPodThatLostItsVolumeTakesThePlaceOfItsPredecessor() {
        Pod replica = c.replicasOf(c.masters().getFirst()).getFirst();
        String old = replica.server.id;
        c.loseVolume(replica, 4);
        ticks(5);
        assertThat(steps()).contains(new Step.Meet(replica.name, "r-0")).anyMatch(s -> s instanceof Step.Forget f && f.nodeId().equals(old));
        settle(c);
        assertThat(c.replicasOf(c.masters().getFirst())).containsExactly(replica);
    }

    @Test
    void doesNotForgetWhoIsJustAway() {
        Pod replica = c.replicasOf(c.masters().getFirst()).getFirst();
        c.crash(replica, 100);
        ticks(5);
        assertThat(waits()).containsExactly("waiting for " + replica.name + ": its server does not run");
        replica.exists = false;
        assertThat(waits()).containsExactly("waiting for " + replica.name + " does not exist yet");
    }

    @Test
    void neitherMeetsNorWipesWhatIsOfAnotherRelease() {
        Pod replica = c.replicasOf(c.masters().getFirst()).getFirst();
        c.loseVolume(replica, 1);
        ticks(2);
        replica.dataset = "another";
        replica.server.keys.set(3);
        assertThat(decide()).isNotInstanceOf(Plan.Done.class);
        assertThat(Shaping.decide(c.view()).problems()).anyMatch(p -> p.startsWith(replica.name + " holds data or knows nodes that are not of this release"));
        if (decide() instanceof Plan.Go go) {
            assertThat(go.steps()).noneMatch(s -> s.toString().contains("=" + replica.name));
        }
    }

    @Test
    void emptiesAnOutdatedCopyOnlyWhenOthersServeEverySlot() {
        Pod replica = c.replicasOf(c.masters().getFirst()).getFirst();
        BitSet keys = replica.server.keys;
        c.loseVolume(replica, 4);
        ticks(5);
        replica.dataset = c.dataset;
        replica.server.keys = keys;
        assertThat(steps()).contains(new Step.Renew(replica.name));
        Pod other = c.masters().getLast();
        c.crash(other, 100);
        assertThat(Shaping.decide(c.view()).toString()).doesNotContain("Renew");
    }

    @Test
    void leavesAnOutdatedCopyAloneThatFollowsAMasterAllTheSame() {
        Pod replica = c.replicasOf(c.masters().getFirst()).getFirst();
        replica.server.master = true;
        replica.server.masterId = null;
        assertThat(steps()).contains(new Step.Renew(replica.name));
        replica.server.torn = true;
        assertThat(Shaping.decide(c.view()).toString()).as("it refuses to be emptied, and would be forgotten in vain").doesNotContain("Renew", "Forget");
    }

    // ---- failures

    @Test
    void leavesTheElectionToTheMasters() {
        Pod master = c.masters().getFirst();
        c.crash(master, 100);
        Pod replica = c.replicasOf(master).getFirst();
        assertThat(waits()).contains("slots 0-5461 have no living owner: " + master.name + " is down, " + replica.name + " may be elected");
    }

    @Test
    void neverDropsSlotsWhoseOwnerIsGone() {
        Pod master = c.masters().getFirst();
        Pod replica = c.replicasOf(master).getFirst();
        c.crash(replica, 100);
        c.crash(master, 100);
        ticks(5);
        assertThat(waits()).contains("slots 0-5461 have no living owner: " + master.name + " is down, and no replica has their data");
        assertThat(decide().problems()).contains("slots 0-5461 have no living owner: " + master.name + " is down, and no replica has their data");
    }

    @Test
    void saysThatAMajorityOfMastersIsLost() {
        c.crash(c.masters().getFirst(), 100);
        c.crash(c.masters().get(1), 100);
        assertThat(Problems.of(c.view())).anyMatch(p -> p.startsWith("2 of 3 masters do not answer"));
    }

    // ---- shapes

    @Test
    void refusesFewerThanThreeShards() {
        c.shape = new Shape(2, 1, 4);
        assertThat(refusal()).singleElement().asString().startsWith("2 shards: a cluster needs at least 3");
        c.shape = new Shape(3, 1, 2);
        assertThat(refusal()).containsExactly("2 pods: 3 shards need at least as many");
    }

    @Test
    void givesNewMastersTheirReplicasBeforeSlots() {
        shape(Shape.of(4, 1));
        List<Step> all = new ArrayList<>();
        for (int i = 0; i < 40 && all.stream().noneMatch(s -> s instanceof Step.Move); i++) {
            if (decide() instanceof Plan.Go go) {
                all.addAll(go.steps());
            }
            c.round(() -> { });
            c.tick();
        }
        assertThat(all).filteredOn(s -> s instanceof Step.Replicate).hasSize(1);
        Set<String> masters = new HashSet<>();
        c.masters().forEach(m -> masters.add(m.name));
        assertThat(masters).hasSize(4);
        assertThat(c.masters()).allSatisfy(m -> assertThat(c.replicasOf(m)).hasSize(1));
        settle(c);
        assertThat(c.masters()).allSatisfy(m -> assertThat(m.server.own().cardinality()).isBetween(4016, 4177));
    }

    @Test
    void givesNoSlotsToANewMasterThatRefusesItsClientsYet() {
        shape(Shape.of(4, 1));
        List.of(6, 7).forEach(n -> pod(n).serves = false);
        for (int i = 0; i < 40; i++) {
            c.round(() -> { });
            ticks(3);
        }
        Pod fresh = pod(6).server.master ? pod(6) : pod(7);
        assertThat(waits()).contains("slots wait for " + fresh.name + " to serve (cluster_state:fail)");

        fresh.serves = true;
        assertThat(steps()).allSatisfy(s -> assertThat(((Step.Move) s).to()).isEqualTo(fresh.name));
    }

    /** Clients hear of it when its master owns a slot, and may ask it for any. */
    @Test
    void givesNoSlotsToANewMasterWhoseReplicaWouldTellClientsThatNobodyHasThem() {
        shape(Shape.of(4, 1));
        for (int i = 0; i < 40 && !(decide() instanceof Plan.Go go && go.steps().getFirst() instanceof Step.Move); i++) {
            c.round(() -> { });
            ticks(3);
        }
        Pod replica = pod(6).server.master ? pod(7) : pod(6);
        replica.server.table.remove(c.masters().getFirst().server.id);
        assertThat(waits()).contains("slots can't move now: " + replica.name + " has not heard yet who owns slots 0-5461");
        ticks(3);
        assertThat(steps()).hasOnlyElementsOfType(Step.Move.class);
    }

    @Test
    void makesNobodyAReplicaWhoHasNotHeardOfAllOwners() {
        shape(Shape.of(3, 2));
        for (int i = 0; i < 40 && !(decide() instanceof Plan.Go go && go.steps().getFirst() instanceof Step.Replicate); i++) {
            c.round(() -> { });
            c.tick();
        }
        String master = steps().stream().filter(s -> s instanceof Step.Replicate r && r.pod().equals("r-6")).map(s -> ((Step.Replicate) s).masterPod()).findFirst().orElseThrow();
        pod(6).server.table.remove(c.masters().stream().filter(m -> !m.name.equals(master)).findFirst().orElseThrow().server.id);
        assertThat(steps()).noneMatch(s -> s instanceof Step.Replicate r && r.pod().equals("r-6")).anyMatch(s -> s instanceof Step.Replicate);
        ticks(3);
        assertThat(steps()).anyMatch(s -> s instanceof Step.Replicate r && r.pod().equals("r-6"));
    }

    @Test
    void movesFromEachMasterAtOnceAndSaysHowMuchIsLeft() {
        shape(Shape.of(4, 1));
        for (int i = 0; i < 40 && !(decide() instanceof Plan.Go go && go.steps().getFirst() instanceof Step.Move); i++) {
            c.round(() -> { });
            ticks(3);
        }
        assertThat(steps()).hasSize(3).allSatisfy(s -> assertThat(((Step.Move) s).slots().size()).isLessThanOrEqualTo(Balance.AT_ONCE));
        assertThat(steps()).extracting(s -> ((Step.Move) s).from()).doesNotHaveDuplicates();
        assertThat(Shaping.slotsToMove(c.view())).isEqualTo(Balance.lowest(4));
        c.round(() -> { });
        assertThat(Shaping.slotsToMove(c.view())).isEqualTo(Balance.lowest(4) - 3 * Balance.AT_ONCE);
    }

    @Test
    void waitsForAllPodsBeforeItChoosesNewMasters() {
        shape(Shape.of(4, 1));
        pod(7).answers = false;
        for (int i = 0; i < 5; i++) {
            c.round(() -> { });
            ticks(5);
        }
        assertThat(waits()).contains("waiting for r-7: no answer, before the new masters are chosen");
    }

    /** Three nodes; shards are on n0 and n1, n1 and n2, n2 and n0. Two newcomers on n0 leave one of them no shard of its own. */
    @Test
    void givesNobodyAPlaceBesideItsLikeWhileAnotherIsStillToCome() {
        c.shape = Shape.of(3, 2);
        c.pods.put(6, c.new Pod(6, "n0", "z0"));
        c.pods.put(7, c.new Pod(7, "n0", "z0"));
        c.add(8);
        pod(8).answers = false;
        for (int i = 0; i < 10; i++) {
            c.round(() -> { });
            ticks(5);
        }
        assertThat(waits()).anyMatch(w -> w.matches("r-[67] waits for r-8 to join: .*"));

        pod(8).answers = true;
        settle(c);
        List<Long> nodes = c.masters().stream().map(m -> Stream.concat(Stream.of(m), c.replicasOf(m).stream()).map(p -> p.node).distinct().count()).sorted().toList();
        assertThat(nodes).as("nodes of each shard").containsExactly(2L, 3L, 3L);
    }

    @Test
    void takesSlotsAndRolesFromThoseWhoLeaveBeforeItForgetsThem() {
        c = created(Shape.of(4, 1));
        c.shape = Shape.of(3, 1);
        List<Step> all = new ArrayList<>();
        for (int i = 0; i < 60 && !(decide() instanceof Plan.Done); i++) {
            if (decide() instanceof Plan.Go go) {
                all.addAll(go.steps());
            }
            c.round(() -> { });
            ticks(3);
        }
        int lastMove = all.lastIndexOf(all.stream().filter(s -> s instanceof Step.Move).reduce((a, b) -> b).orElseThrow());
        int firstForget = all.indexOf(all.stream().filter(s -> s instanceof Step.Forget).findFirst().orElseThrow());
        assertThat(lastMove).isLessThan(firstForget);
        assertThat(all).contains(new Step.Retire("r-6"), new Step.Retire("r-7"));
        assertThat(c.masters()).hasSize(3).allSatisfy(m -> assertThat(m.ordinal).isLessThan(6));
    }

    @Test
    void aPodThatDiesForGoodWhileItIsToLeaveHoldsNobodyUp() {
        c = created(Shape.of(4, 1));
        Pod dead = c.pods.values().stream().filter(p -> p.ordinal >= 6 && !p.owns()).findFirst().orElseThrow();
        c.crash(dead, 1_000_000);   // with its node: the pod object stays
        ticks(20);
        c.shape = Shape.of(3, 1);
        settle(c);
        assertThat(c.up()).filteredOn(p -> p.ordinal < 6).allSatisfy(p -> assertThat(p.server.known).as("known to " + p.name).doesNotContainKey(dead.server.id).hasSize(5));
    }

    /** Whose id nobody noted: it is told from the others by its name. */
    @Test
    void alsoOneThatNoLeaderHasHeardOf() {
        c = created(Shape.of(4, 1));
        Pod dead = c.pods.values().stream().filter(p -> p.ordinal >= 6 && !p.owns()).findFirst().orElseThrow();
        c.crash(dead, 1_000_000);
        dead.answers = false;
        c.forgetIds();
        ticks(20);
        c.shape = Shape.of(3, 1);
        settle(c);
        assertThat(c.up()).filteredOn(p -> p.ordinal < 6).allSatisfy(p -> assertThat(p.server.known).as("known to " + p.name).doesNotContainKey(dead.server.id));
    }

    @Test
    void whoWasForgottenWhileItWasDeadIsNoMemberWhenItComesBack() {
        c = created(Shape.of(4, 1));
        Pod dead = c.pods.values().stream().filter(p -> p.ordinal >= 6 && !p.owns()).findFirst().orElseThrow();
        c.crash(dead, 1_000_000);
        ticks(20);
        c.shape = Shape.of(3, 1);
        settle(c);
        dead.backAt = c.tick + 1;
        ticks(1);
        assertThat(steps()).containsExactly(new Step.Retire(dead.name));
        settle(c);
        assertThat(dead.server.known).isEmpty();
        assertThat(dead.server.keys.isEmpty()).isTrue();
    }

    @Test
    void doesNotForgetALeavingPodThatOthersStillReach() {
        c = created(Shape.of(4, 1));
        Pod silent = c.pods.values().stream().filter(p -> p.ordinal >= 6 && !p.owns()).findFirst().orElseThrow();
        silent.answers = false;   // its agent only
        c.shape = Shape.of(3, 1);
        for (int i = 0; i < 40; i++) {
            c.round(() -> { });
            ticks(3);
        }
        assertThat(waits()).contains(silent.name + " is to leave, but does not answer");
        silent.answers = true;
        settle(c);
    }

    @Test
    void keepsALeavingMasterUntilAReplicaThatStaysHasItsPlace() {
        Pod leaving = c.masters().stream().filter(m -> m.ordinal > 2).findFirst().orElse(null);
        if (leaving == null) {
            Pod heir = c.replicasOf(c.masters().getLast()).getFirst();
            c.roll(c.masters().getLast());
            ticks(15);
            leaving = heir;
        }
        ticks(5);
        c.shape = new Shape(3, 1, leaving.ordinal);
        assertThat(steps().getFirst()).isInstanceOfAny(Step.Promote.class, Step.Replicate.class);
        settle(c);
        assertThat(c.masters()).hasSize(3).doesNotContain(leaving);
    }

    @Test
    void aReplicaThatCanBeSparedBecomesAMasterIfNoPodIsEmpty() {
        c = created(Shape.of(3, 2));
        c.shape = new Shape(4, 1, 9);
        settle(c);
        assertThat(c.masters()).hasSize(4).allSatisfy(m -> assertThat(c.replicasOf(m)).isNotEmpty());
    }

    // ---- what an interrupted move leaves behind

    @Test
    void finishesAMoveBeforeAnythingElse() {
        Pod from = c.masters().getFirst();
        Pod to = c.masters().get(1);
        to.server.importing.put(7, from.server.id);
        assertThat(steps()).containsExactly(new Step.Move(from.name, to.name, Slots.of(7)));
        from.server.migrating.put(7, to.server.id);
        assertThat(steps()).containsExactly(new Step.Move(from.name, to.name, Slots.of(7)));
        assertThat(decide().problems()).contains("slots 7 are half moved");
    }

    @Test
    void followsTheTargetOfAMoveToItsSuccessor() {
        Pod from = c.masters().getFirst();
        Pod to = c.masters().get(1);
        from.server.migrating.put(7, to.server.id);
        Pod heir = c.replicasOf(to).getFirst();
        c.roll(to);
        ticks(20);
        assertThat(steps()).containsExactly(new Step.Move(from.name, heir.name, Slots.of(7)));
    }

    @Test
    void closesASlotWhoseOtherSideIsGone() {
        Pod from = c.masters().getFirst();
        from.server.migrating.put(7, "nobody");
        assertThat(steps()).containsExactly(new Step.Stable(from.name, 7));
    }

    @Test
    void closesASlotThatTheTargetOwnsAlready() {
        Pod owner = c.masters().getFirst();
        owner.server.importing.put(7, c.masters().get(1).server.id);
        assertThat(steps()).containsExactly(new Step.Stable(owner.name, 7));
    }
}
