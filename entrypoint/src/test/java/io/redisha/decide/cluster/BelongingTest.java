package io.redisha.decide.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.Belonging.Rescue;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Role;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Rules K1, K5 and K6. */
class BelongingTest {

    /** A sibling's answer; as it is built it is a whole, linked replica of {@code m}. */
    private static final class Sibling {
        private final int ordinal;
        private String master = "m";
        private Slots slots = Slots.NONE;
        private long epoch = 3;
        private long offset = 100;
        private boolean running = true;
        private boolean whole = true;
        private boolean link = true;
        private boolean syncing;
        private boolean stopping;
        private String revision = "old";
        private final List<ClusterNode> others = new ArrayList<>();

        Sibling(int ordinal) {
            this.ordinal = ordinal;
        }

        NodeState state() {
            List<ClusterNode> nodes = new ArrayList<>(others);
            nodes.add(node("id" + ordinal, ordinal, Set.of("myself", master == null ? "master" : "slave"), master, epoch, true, slots));
            NodeInfo info = new NodeInfo("run", "redis", "8.0.2", master == null ? Role.MASTER : Role.REPLICA, "", offset, false, syncing, link, 1, true, epoch, 0, whole);
            return new NodeState(new MemberId("r-" + ordinal, "u"), new Address("10.0.0." + ordinal, 6379), "", "", running, info, new Topology(nodes), "id" + ordinal, whole,
                    "d", revision, stopping);
        }
    }

    private static ClusterNode node(String id, int host, Set<String> flags, String master, long epoch, boolean link, Slots slots) {
        return new ClusterNode(id, new Address("10.0.0." + host, 6379), 16379, "r-" + host + ".x", Map.of(), flags, master, 0, 0, epoch, link, slots, Map.of(), Map.of());
    }

    private final ClusterNode me = node("m", 0, Set.of("myself", "master"), null, 5, true, Slots.range(0, 99));
    private final Sibling one = new Sibling(1);
    private final Sibling two = new Sibling(2);

    private Rescue rescue() {
        return Belonging.rescue(me, List.of(one.state(), two.state()));
    }

    @Test
    void theMostAdvancedReplicaComesToTheRescue() {
        two.offset = 101;
        assertThat(rescue()).isEqualTo(new Rescue.By(two.state()));
        two.stopping = true;
        assertThat(rescue()).isEqualTo(new Rescue.By(one.state()));
    }

    @Test
    void noReplicaWithoutAllTheDataDoes() {
        one.whole = false;
        two.running = false;
        assertThat(rescue()).isEqualTo(new Rescue.Nobody());
        two.running = true;
        two.syncing = true;
        assertThat(rescue()).isEqualTo(new Rescue.Nobody());
        two.syncing = false;
        two.master = "another";
        assertThat(rescue()).isEqualTo(new Rescue.Nobody());
    }

    @Test
    void whoHasTakenAllSlotsIsFollowed() {
        one.master = null;
        one.epoch = 6;
        one.slots = Slots.range(0, 99);
        assertThat(rescue()).isEqualTo(new Rescue.TakenBy("r-1", "id1"));
        one.epoch = 4;
        assertThat(rescue()).as("an older claim").isEqualTo(new Rescue.By(two.state()));
    }

    @Test
    void whoGotOneSlotByAMoveHasNotTakenTheOthers() {
        one.master = null;
        one.epoch = 6;
        one.slots = Slots.of(99);
        assertThat(rescue()).isEqualTo(new Rescue.By(two.state()));
        two.slots = Slots.range(0, 98);
        two.master = null;
        two.epoch = 7;
        assertThat(rescue()).isEqualTo(new Rescue.TakenBy("r-2", "id2"));
    }

    @Test
    void meetsWhomItKnowsUnderAnotherAddressOrDoesNotReach() {
        Sibling self = new Sibling(9);
        self.others.add(node("id1", 7, Set.of("slave"), "m", 0, true, Slots.NONE));
        self.others.add(node("id2", 2, Set.of("slave"), "m", 0, true, Slots.NONE));
        assertThat(Belonging.meets(self.state(), List.of(one.state(), two.state(), self.state()))).extracting(NodeState::pod).containsExactly("r-1");
        self.others.set(1, node("id2", 2, Set.of("slave"), "m", 0, false, Slots.NONE));
        assertThat(Belonging.meets(self.state(), List.of(one.state(), two.state()))).extracting(NodeState::pod).containsExactly("r-1", "r-2");
    }

    @Test
    void neverMeetsWhomItDoesNotKnow() {
        assertThat(Belonging.meets(new Sibling(9).state(), List.of(one.state(), two.state()))).isEmpty();
    }

    private String heir(String to) {
        Sibling master = new Sibling(0);
        master.master = null;
        NodeState state = master.state();
        one.master = "id0";
        two.master = "id0";
        return Belonging.heir(state, List.of(one.state(), two.state()), to).map(NodeState::pod).orElse(null);
    }

    @Test
    void handsOverToWhoWasReplacedAlreadyThenToTheMostAdvanced() {
        two.offset = 200;
        assertThat(heir(null)).isEqualTo("r-2");
        one.revision = "new";
        assertThat(heir(null)).isEqualTo("r-1");
        assertThat(heir("r-2")).isEqualTo("r-2");
    }

    @Test
    void handsOverToNobodyWhoIsNotInSyncOrStops() {
        one.link = false;
        two.stopping = true;
        assertThat(heir(null)).isNull();
        two.stopping = false;
        two.whole = false;
        assertThat(heir(null)).isNull();
    }

    @Test
    void findsItsOldIdByItsHostName() {
        ClusterNode gone = node("gone", 4, Set.of("slave", "fail"), "m", 0, false, Slots.NONE);
        ClusterNode last = node("last", 4, Set.of("slave"), "m", 0, true, Slots.NONE);
        assertThat(Belonging.idOf("r-4", null, new Topology(List.of(gone, last)))).isEqualTo("last");
        assertThat(Belonging.idOf("r-44", null, new Topology(List.of(gone, last)))).isNull();
    }

    /** With external addresses no host name is a pod's: of a load balancer the host is its own, of a node port the port. */
    @Test
    void knowsAPodsNodeByTheAddressThatItAnnouncesOutside() {
        Topology balanced = new Topology(List.of(outside("a", "198.51.100.1", 6379), outside("b", "198.51.100.2", 6379), outside("c", "lb.example.org", 6379)));
        assertThat(Belonging.idOf("r-1", new Address("198.51.100.2", 6379), balanced)).isEqualTo("b");
        assertThat(Belonging.idOf("r-1", new Address("198.51.100.9", 6379), balanced)).isNull();
        Topology ported = new Topology(List.of(outside("a", "192.0.2.1", 30001), outside("b", "192.0.2.2", 30002), outside("c", "192.0.2.2", 30003)));
        assertThat(Belonging.idOf("r-1", new Address("192.0.2.2", 30002), ported)).isEqualTo("b");
        assertThat(Belonging.idOf("r-1", new Address("192.0.2.1", 30003), ported)).as("it is on another Kubernetes node by now").isEqualTo("c");
        assertThat(Belonging.idOf("r-1", null, ported)).isNull();
    }

    private static ClusterNode outside(String id, String hostname, int port) {
        return new ClusterNode(id, new Address("10.0.0.1", port), 16379, hostname, Map.of(), Set.of("master"), null, 0, 0, 1, true, Slots.NONE, Map.of(), Map.of());
    }
}
