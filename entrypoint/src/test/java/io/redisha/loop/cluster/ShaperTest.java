package io.redisha.loop.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.ClusterView;
import io.redisha.loop.Journal;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Rounds of the shaper against nodes that do what they are ordered to, and know it at once. */
class ShaperTest {

    private final Map<String, Pod> pods = new TreeMap<>();
    private final List<String> noted = new ArrayList<>();
    private final List<String> orders = new ArrayList<>();
    private Shape shape = Shape.of(3, 1);
    private LeaseRecord lease = new LeaseRecord(null, 1, null, List.of(), null, "", 0, false, List.of(), null, null, Instant.EPOCH);
    private boolean leads = true;
    private String failing = "";
    /** Has come back as another node by the time it is asked once more. */
    private String vanishing = "";
    private int movesUntilLost = Integer.MAX_VALUE;
    private long now;
    /** Nanoseconds that pass with each look at the clock. */
    private long tick = 50_000_000;
    /** ns. */
    private long moveTakes;
    private Shaper shaper = shaper();

    @Test
    void createsAClusterOfEmptyPods() throws Exception {
        pods(6);
        settle();
        assertThat(owners()).hasSize(3);
        assertThat(covered()).isEqualTo(Slots.ALL);
        assertThat(pods.values().stream().filter(p -> p.master != null)).hasSize(3);
        assertThat(lease.datasetId()).isNotNull();
        assertThat(Notes.isCreating(lease)).isFalse();
        assertThat(noted).anyMatch(n -> n.startsWith("CREATED"));
    }

    @Test
    void saysInTheLeaseThatItCreatesBeforeItDoesAnything() throws Exception {
        pods(6);
        while (orders.isEmpty()) {
            shaper.round();
        }
        assertThat(Notes.isCreating(lease)).isTrue();
    }

    @Test
    void anotherPodGoesOnWithAHalfCreatedCluster() throws Exception {
        pods(6);
        for (int rounds = 0; rounds < 12; rounds++) {
            shaper.round();
            shaper = shaper();   // each round another one
        }
        settle();
        assertThat(covered()).isEqualTo(Slots.ALL);
    }

    @Test
    void movesSlotsToANewShardAndTellsHowFarItIs() throws Exception {
        pods(6);
        settle();
        shape = Shape.of(4, 1);
        pods(8);
        settle();
        assertThat(owners()).hasSize(4).allSatisfy(p -> assertThat(p.slots.size()).isBetween(3932, 4260));
        assertThat(noted).anyMatch(n -> n.startsWith("SLOTS_MOVING")).anyMatch(n -> n.startsWith("SLOTS_MOVED"));
        assertThat(shaper.settledFor()).isEqualTo(shape);
        assertThat(shaper.progress()).isNull();
    }

    @Test
    void whoeverLeadsNextGoesOnWithAMoveThatWasInterrupted() throws Exception {
        pods(6);
        settle();
        shape = Shape.of(4, 1);
        pods(8);
        movesUntilLost = 2;
        for (int rounds = 0; rounds < 40; rounds++) {
            shaper.round();
        }
        leads = true;
        movesUntilLost = Integer.MAX_VALUE;
        shaper = shaper();
        settle();
        assertThat(owners()).hasSize(4);
        assertThat(covered()).isEqualTo(Slots.ALL);
    }

    @Test
    void emptiesAndRetiresThePodsOfAScaleIn() throws Exception {
        shape = Shape.of(5, 1);
        pods(10);
        settle();
        shape = new Shape(3, 1, 6);
        settle();
        assertThat(covered()).isEqualTo(Slots.ALL);
        for (int leaving = 6; leaving < 10; leaving++) {
            assertThat(pods.get("x-" + leaving).slots.isEmpty()).isTrue();
            assertThat(pods.get("x-" + leaving).known).as("x-%d is alone", leaving).hasSize(1);
        }
        assertThat(noted).filteredOn(n -> n.startsWith("RETIRED")).hasSize(4);
    }

    @Test
    void aMasterThatHasGivenItsSlotsAwayTellsClientsForSomeTimeWhereTheyAre() throws Exception {
        pods(6);
        settle();
        shape = Shape.of(5, 1);
        pods(10);
        settle();
        tick = 1_000;   // the clock all but stands still
        shape = new Shape(3, 1, 6);
        for (int rounds = 0; rounds < 200; rounds++) {
            shaper.round();
        }
        assertThat(noted).anyMatch(n -> n.startsWith("SLOTS_MOVING"));
        assertThat(pods.values().stream().filter(p -> p.slots.isEmpty() && p.master == null && p.known.size() > 1)).as("emptied masters that are known still").isNotEmpty();
        tick = 50_000_000;
        settle();
        assertThat(pods.values().stream().filter(p -> p.slots.isEmpty() && p.master == null)).allSatisfy(p -> assertThat(p.known).hasSize(1));
    }

    /** Nothing else was looked at while it gave them away: how long that took is not part of its farewell. */
    @Test
    void aMasterWhoseLastSlotsWereLongOnTheirWayTellsClientsWhereTheyAreAsLongAsAnyOther() throws Exception {
        pods(6);
        settle();
        shape = Shape.of(5, 1);
        pods(10);
        settle();
        tick = 1_000;
        moveTakes = Duration.ofSeconds(20).toNanos();
        shape = new Shape(3, 1, 6);
        for (int rounds = 0; rounds < 200; rounds++) {
            shaper.round();
        }
        assertThat(owners()).hasSize(3);
        assertThat(pods.values().stream().filter(p -> p.slots.isEmpty() && p.master == null && p.known.size() > 1)).as("emptied masters that are known still").hasSize(2);
        assertThat(pods.values().stream().filter(p -> p.slots.isEmpty() && p.master == null && p.known.size() == 1)).as("masters that know nobody").isEmpty();
    }

    /** As a replica it leads clients to its heir; once it is alone it can't. */
    @Test
    void aMasterThatHasHandedItsShardOverTellsClientsForSomeTimeWhoHasIt() throws Exception {
        shape = Shape.of(3, 2);
        pods(9);
        settle();
        tick = 1_000;
        Pod leaving = pods.get("x-8");
        if (leaving.master != null) {
            leaving.takeOver(pods.values().stream().filter(p -> p.id.equals(leaving.master)).findFirst().orElseThrow());
        }
        shaper.round();
        shape = new Shape(3, 1, 6);
        for (int rounds = 0; rounds < 200; rounds++) {
            shaper.round();
        }
        assertThat(leaving.slots.isEmpty()).isTrue();
        assertThat(leaving.known).as("it is known still").hasSizeGreaterThan(1);
        assertThat(noted).filteredOn(n -> n.startsWith("HANDED_OVER")).hasSize(1).first().asString().startsWith("HANDED_OVER SHAPE_WANTED a shard to x-");
        tick = 50_000_000;
        settle();
        assertThat(leaving.known).hasSize(1);
    }

    @Test
    void takesTheMajorityOfMastersOffANodeWhenAllHasBeenCalmForAWhile() throws Exception {
        pods(6);
        settle();
        Pod crowded = owners().getFirst();
        Pod crowding = pods.values().stream().filter(p -> p.master != null && node(p).equals(node(crowded))).findFirst().orElseThrow();
        Pod old = pods.values().stream().filter(p -> p.id.equals(crowding.master)).findFirst().orElseThrow();
        crowding.takeOver(old);
        shaper.round();
        assertThat(shaper.problems()).anyMatch(p -> p.contains("no majority") && p.contains(crowding.name));
        assertThat(orders).doesNotContain("promote " + old.name);

        for (int rounds = 0; rounds < 200 && owners().stream().map(ShaperTest::node).distinct().count() < 3; rounds++) {
            shaper.round();
        }
        assertThat(owners().stream().map(ShaperTest::node).distinct()).hasSize(3);
        assertThat(noted).filteredOn(n -> n.contains("NODE_CROWDED")).map(n -> n.replaceAll("after .*", "after")).containsExactly(
                "HANDOVER_STARTED NODE_CROWDED a shard to " + old.name, "HANDED_OVER NODE_CROWDED a shard to " + old.name + " after");
        shaper.round();
        assertThat(shaper.problems()).isEmpty();
    }

    private static String node(Pod pod) {
        return "node" + Integer.parseInt(pod.name.substring(2)) % 3;
    }

    @Test
    void givesNoOrderOnceItNoLongerLeads() throws Exception {
        pods(6);
        while (orders.isEmpty()) {
            shaper.round();
        }
        leads = false;
        orders.clear();
        shaper.round();
        assertThat(orders).isEmpty();
    }

    @Test
    void anOrderThatFailsIsSaidOnceAndTriedAgain() throws Exception {
        pods(6);
        failing = "own";
        for (int rounds = 0; rounds < 30; rounds++) {
            shaper.round();
        }
        assertThat(shaper.problems()).anyMatch(p -> p.contains("own failed"));
        assertThat(covered().isEmpty()).isTrue();

        failing = "";
        settle();
        assertThat(covered()).isEqualTo(Slots.ALL);
        assertThat(shaper.problems()).isEmpty();
    }

    @Test
    void waitsInWordsForAPodThatDoesNotAnswer() throws Exception {
        pods(5);
        shaper.round();
        assertThat(orders).isEmpty();
        assertThat(shaper.problems()).anyMatch(p -> p.contains("x-5"));
        assertThat(noted).filteredOn(n -> n.startsWith("WAITING")).hasSize(1);
    }

    /** Replicas go when none are wanted any more; but what one has may be all that is left a moment later. */
    @Test
    void forgetsNoReplicaWhoseMasterHasJustGone() throws Exception {
        pods(6);
        settle();
        tick = 1_000_000_000;
        Pod replica = pods.get("x-5").master != null ? pods.get("x-5") : pods.get("x-4");
        shape = new Shape(3, 0, Integer.parseInt(replica.name.substring(2)));
        Pod master = pods.values().stream().filter(p -> p.id.equals(replica.master)).findFirst().orElseThrow();
        vanishing = master.name;   // between the look and the order
        for (int rounds = 0; rounds < 20; rounds++) {
            shaper.round();
        }
        assertThat(replica.known).contains(master);
        assertThat(replica.master).isEqualTo(master.id);
        assertThat(shaper.problems()).contains(replica.name + " stays: its master has just gone, and nobody else may have the data of slots " + master.slots);

        vanishing = "";
        settle();
        assertThat(replica.known).hasSize(1);
    }

    // ---- somebody else moves slots

    private void opened(int slot, Pod from, Pod to) {
        from.migrating.put(slot, to.id);
        to.importing.put(slot, from.id);
    }

    private void rounds(Duration time) throws InterruptedException {
        for (long end = now + time.toNanos(); now < end;) {
            shaper.round();
        }
    }

    @Test
    void waitsForWhoeverElseMovesSlotsAndSaysSo() throws Exception {
        pods(6);
        settle();
        Pod from = owners().getFirst();
        Pod to = owners().getLast();
        int slot = from.slots.toArray()[0];
        orders.clear();
        noted.clear();
        for (int i = 0; i < 20; i++) {
            opened(slot + i, from, to);
            rounds(Duration.ofMillis(500));
            from.migrates++;
            rounds(Duration.ofSeconds(4));
            from.migrating.clear();
            to.importing.clear();
            from.slots = from.slots.minus(Slots.of(slot + i));
            to.slots = to.slots.plus(Slots.of(slot + i));
            rounds(Duration.ofSeconds(4));
        }
        assertThat(orders).isEmpty();
        String words = "slots move from " + from.name + " to " + to.name + ", and not by order of this release: waiting for whoever does that (redis-cli --cluster?) to end";
        assertThat(shaper.problems()).contains(words);
        assertThat(noted).filteredOn(n -> n.startsWith("WAITING")).as("one story").hasSize(1).first().asString().contains(words);
        assertThat(shaper.settledFor()).isNull();

        settle();
        assertThat(shaper.problems()).isEmpty();
    }

    @Test
    void finishesWhatWasGivenUp() throws Exception {
        pods(6);
        settle();
        Pod from = owners().getFirst();
        Pod to = owners().getLast();
        int slot = from.slots.toArray()[0];
        orders.clear();
        opened(slot, from, to);
        rounds(Duration.ofSeconds(9));
        from.migrates++;
        rounds(Duration.ofSeconds(9));
        assertThat(orders).isEmpty();
        rounds(Duration.ofSeconds(3));
        assertThat(orders).startsWith("move " + slot + " from " + from.name + " to " + to.name);
    }

    /** Its predecessor's, or a person's: that can't be told. */
    @Test
    void waitsOutSlotsThatWereOpenWhenItCame() throws Exception {
        pods(6);
        settle();
        opened(owners().getFirst().slots.toArray()[0], owners().getFirst(), owners().getLast());
        orders.clear();
        shaper = shaper();
        rounds(Duration.ofSeconds(9));
        assertThat(orders).isEmpty();
        rounds(Duration.ofSeconds(3));
        assertThat(orders).anyMatch(o -> o.startsWith("move"));
    }

    @Test
    void takesAFailoverForNoMove() throws Exception {
        pods(6);
        settle();
        Pod replica = pods.values().stream().filter(p -> p.master != null).findFirst().orElseThrow();
        replica.takeOver(pods.values().stream().filter(p -> p.id.equals(replica.master)).findFirst().orElseThrow());
        shaper.round();
        assertThat(shaper.problems()).noneMatch(p -> p.contains("not by order"));
    }

    @Test
    void closesNoSlotBeforeItHasAskedTheOthersForItsKeys() throws Exception {
        pods(6);
        settle();
        Pod from = owners().getFirst();
        Pod holder = owners().getLast();
        int slot = from.slots.toArray()[0];
        holder.keys.put(slot, 3L);
        from.migrating.put(slot, "d".repeat(40));   // whoever that was
        orders.clear();
        rounds(Duration.ofSeconds(13));
        assertThat(orders).startsWith("move " + slot + " from " + from.name + " to " + holder.name).noneMatch(o -> o.startsWith("stable"));

        from.migrating.put(slot + 1, "d".repeat(40));
        orders.clear();
        rounds(Duration.ofSeconds(13));
        assertThat(orders).startsWith("stable " + from.name);
    }

    @Test
    void gathersKeysByAPersonsOrderAndNeverBesideAnother() throws Exception {
        pods(6);
        settle();
        Pod owner = owners().getFirst();
        Pod other = owners().getLast();
        int slot = owner.slots.toArray()[0];
        other.keys.put(slot, 3L);
        opened(slot + 1, owner, other);
        shaper.round();
        assertThat(fix(true)).matches(o -> !o.done() && o.text().contains("not by order of this release"));
        rounds(Duration.ofSeconds(13));
        assertThat(fix(false)).matches(o -> o.done() && o.text().startsWith("would move the keys of slots " + slot + " that " + other.name + " has to " + owner.name));
        assertThat(other.keys).isNotEmpty();
        assertThat(fix(true).done()).isTrue();
        assertThat(other.keys).isEmpty();
        assertThat(fix(true).text()).isEqualTo("there is nothing to fix");
    }

    private Outcome fix(boolean confirmed) throws InterruptedException {
        List<Outcome> outcome = new ArrayList<>();
        shaper.fix(confirmed, outcome::add);
        shaper.orders();
        return outcome.getFirst();
    }

    private void settle() throws InterruptedException {
        for (int rounds = 0; rounds < 400; rounds++) {
            shaper.round();
            if (shape.equals(shaper.settledFor())) {
                return;
            }
        }
        throw new AssertionError("not settled: " + shaper.problems() + " after " + noted);
    }

    private Shaper shaper() {
        return new Shaper(new Desk(), new Orders(), new Written(), 16379, () -> now += tick);
    }

    private void pods(int count) {
        for (int i = pods.size(); i < count; i++) {
            Pod pod = new Pod("x-" + i);
            pods.put(pod.name, pod);
        }
    }

    private List<Pod> owners() {
        return pods.values().stream().filter(p -> !p.slots.isEmpty()).toList();
    }

    private Slots covered() {
        Slots all = Slots.NONE;
        for (Pod pod : pods.values()) {
            assertThat(all.and(pod.slots).isEmpty()).as("one owner for each slot").isTrue();
            all = all.plus(pod.slots);
        }
        return all;
    }

    /** A node; what it knows of the others it knows by reference. */
    private final class Pod {
        private final String name;
        private String id;
        private String datasetId;
        private String master;
        private long epoch;
        private Slots slots = Slots.NONE;
        private Set<Pod> known = new LinkedHashSet<>(Set.of(this));
        private final Map<Integer, String> migrating = new HashMap<>();
        private final Map<Integer, String> importing = new HashMap<>();
        private final Map<Integer, Long> keys = new HashMap<>();
        private long migrates;

        Pod(String name) {
            this.name = name;
            id = (name.substring(2) + "f").repeat(40).substring(0, 40);
        }

        NodeState state() {
            List<ClusterNode> nodes = new ArrayList<>();
            for (Pod pod : known) {
                Set<String> flags = new LinkedHashSet<>();
                if (pod == this) {
                    flags.add("myself");
                }
                flags.add(pod.master == null ? "master" : "slave");
                nodes.add(new ClusterNode(pod.id, pod.address(), 16379, pod.name + ".x-headless", Map.of(), flags, pod.master, 0, 0, pod.epoch, true, pod.slots,
                        pod == this ? Map.copyOf(migrating) : Map.of(), pod == this ? Map.copyOf(importing) : Map.of()));
            }
            NodeInfo info = new NodeInfo("run", "redis", "8.0.2", master == null ? Role.MASTER : Role.REPLICA, "r", 1, false, false, master != null, 0, true, epoch, 0, true);
            return new NodeState(new MemberId(name, "uid"), address(), ShaperTest.node(this), "", true, info, new Topology(nodes), id, true, datasetId, "",
                    false);
        }

        void takeOver(Pod old) {
            slots = old.slots;
            old.slots = Slots.NONE;
            master = null;
            old.master = id;
            epoch = old.epoch + 100;
        }

        Address address() {
            return new Address(name, 6379);
        }
    }

    private final class Desk implements Office {
        @Override
        public boolean leads() {
            return leads;
        }

        @Override
        public CompletableFuture<ClusterView> look() {
            Map<String, String> ids = new HashMap<>();
            pods.values().forEach(p -> ids.put(p.name, p.id));
            return CompletableFuture.completedFuture(new ClusterView(shape, lease.datasetId(), Notes.isCreating(lease), pods.values().stream().map(Pod::state).toList(),
                    Set.copyOf(pods.keySet()), ids));
        }

        @Override
        public CompletableFuture<Boolean> amend(UnaryOperator<LeaseRecord> change) {
            lease = change.apply(lease);
            return CompletableFuture.completedFuture(true);
        }

        @Override
        public CompletableFuture<String> belong(String pod, String datasetId) {
            pods.get(pod).datasetId = datasetId;
            return CompletableFuture.completedFuture(null);
        }
    }

    private final class Orders extends NoNodes {

        private Pod at(Address address, String order) throws Failed {
            if (order.equals(failing)) {
                throw new Failed(address.host() + ": " + order + " failed");
            }
            orders.add(order + " " + address.host());
            return pods.get(address.host());
        }

        @Override
        public void epoch(Address at, long epoch) throws Failed {
            at(at, "epoch").epoch = epoch;
        }

        @Override
        public void meet(Address at, Address with, int busPort) throws Failed {
            Set<Pod> all = new LinkedHashSet<>(at(at, "meet").known);
            all.addAll(pods.get(with.host()).known);
            all.forEach(p -> p.known = new LinkedHashSet<>(all));
        }

        @Override
        public void own(Address at, Slots slots) throws Failed {
            Pod pod = at(at, "own");
            pod.slots = pod.slots.plus(slots);
        }

        @Override
        public void replicate(Address at, String masterId) throws Failed {
            at(at, "replicate").master = masterId;
        }

        @Override
        public void promote(Address at, boolean force) throws Failed {
            Pod pod = at(at, "promote");
            pod.takeOver(pods.values().stream().filter(p -> p.id.equals(pod.master)).findFirst().orElseThrow());
        }

        @Override
        public void forget(Address at, String nodeId) throws Failed {
            at(at, "forget").known.removeIf(p -> p.id.equals(nodeId));
        }

        @Override
        public void reset(Address at, boolean flush) throws Failed {
            Pod pod = at(at, "reset");
            assertThat(pod.slots.isEmpty()).isTrue();
            pod.known = new LinkedHashSet<>(Set.of(pod));
            pod.master = null;
            pod.epoch = 0;
            pod.id = pod.id.substring(1) + "e";
        }

        @Override
        public void stable(Address at, int slot) throws Failed {
            at(at, "stable").migrating.remove(slot);
            pods.get(at.host()).importing.remove(slot);
        }

        @Override
        public Map<Integer, Long> keys(Address at, Slots slots) {
            Map<Integer, Long> keys = new HashMap<>(pods.get(at.host()).keys);
            keys.keySet().removeIf(slot -> !slots.contains(slot));
            return keys;
        }

        @Override
        public long migrations(Address at) {
            return pods.get(at.host()).migrates;
        }

        @Override
        public void seize(Address at, Slots slots, String ownerId) throws Failed {
            Pod pod = at(at, "seize");
            pod.slots = pod.id.equals(ownerId) ? pod.slots.plus(slots) : pod.slots.minus(slots);
        }

        @Override
        public void gather(Node from, Node to, Slots slots) throws Failed {
            at(from.redis(), "gather").keys.clear();
        }

        @Override
        public Topology topology(Address at) throws Failed {
            return at.host().equals(vanishing) ? new Pod(vanishing).state().topology() : pods.get(at.host()).state().topology();
        }

        @Override
        public void move(Node from, Node to, Slots slots, List<Node> others, Watch watch, BooleanSupplier goOn) throws Failed {
            synchronized (pods) {
                now += moveTakes;
                for (Slots.Range range : slots.ranges()) {
                    if (!goOn.getAsBoolean()) {
                        return;
                    }
                    Slots part = Slots.range(range.first(), range.last());
                    pods.get(from.pod()).slots = pods.get(from.pod()).slots.minus(part);
                    pods.get(to.pod()).slots = pods.get(to.pod()).slots.plus(part);
                    pods.get(from.pod()).migrating.clear();
                    pods.get(to.pod()).importing.clear();
                    orders.add("move " + part + " from " + from.pod() + " to " + to.pod());
                    watch.moved(part.size(), 10);
                    if (--movesUntilLost <= 0) {
                        leads = false;
                    }
                }
            }
        }
    }

    private final class Written implements Journal {
        @Override
        public void note(Act act, Reason reason, long term, String detail) {
            noted.add(act + " " + reason + " " + detail);
        }

        @Override
        public void renewed(boolean success, long nanos) {}
    }
}
