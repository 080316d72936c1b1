package io.redisha.loop.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.loop.Journal;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BootTest {

    private static final String ME = "0".repeat(40);
    private static final String REPLICA = "3".repeat(40);
    private static final Slots MINE = Slots.range(0, 5460);

    private final File file = new File();
    private final List<String> done = new ArrayList<>();
    private final List<String> noted = new ArrayList<>();
    private List<NodeState> siblings = new ArrayList<>();
    private Set<String> silent = Set.of();
    /** From when on there is a majority to elect, ns. */
    private long electsFrom;
    private boolean persistent = true;
    /** Each question takes a tenth of a second of the fake clock. */
    private long now;

    @Test
    void anEmptyVolumeStartsAtOnce() throws Exception {
        boot(false);
        assertThat(done).containsExactly("address");
    }

    @Test
    void aMasterWithItsDataStartsAtOnce() throws Exception {
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        boot(false);
        assertThat(done).containsExactly("address");
    }

    @Test
    void aMasterWhoseServerDiedLetsItsReplicaTakeOverFirst() throws Exception {
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        siblings.add(replica(true));
        boot(true);
        assertThat(done).containsExactly("address", "promote x-3 by force", "follow " + REPLICA);
    }

    @Test
    void aMasterWithoutPersistenceNeverComesBackEmptyWhileAReplicaLives() throws Exception {
        persistent = false;
        electsFrom = 30_000_000_000L;
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        siblings.add(replica(true));
        boot(false);
        assertThat(now).isGreaterThanOrEqualTo(30_000_000_000L);
        assertThat(done).contains("follow " + REPLICA);
    }

    @Test
    void aMasterWithDataThatNobodyRelievesStartsAfterAFewSeconds() throws Exception {
        electsFrom = Long.MAX_VALUE;
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        siblings.add(replica(true));
        boot(true);
        assertThat(done).doesNotContain("follow " + REPLICA);
        assertThat(now).isBetween(3_000_000_000L, 4_000_000_000L);
    }

    @Test
    void aReplicaThatNeverGotTheDataIsNotAsked() throws Exception {
        persistent = false;
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        siblings.add(replica(false));
        boot(true);
        assertThat(done).containsExactly("address");
        assertThat(noted).anyMatch(n -> n.contains("HANDOVER_FAILED") && n.contains("0-5460"));
    }

    @Test
    void withoutDataItWaitsForSiblingsThatAreStarting() throws Exception {
        persistent = false;
        silent = Set.of("x-3");
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        boot(false);
        assertThat(now).isGreaterThan(10_000_000_000L);
    }

    @Test
    void whoHasLostItsSlotsMeanwhileFollowsTheirNewOwner() throws Exception {
        persistent = false;
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        siblings.add(state("x-3", new Topology(List.of(node(REPLICA, "x-3", MINE, null, "myself"), node(ME, "x-0", Slots.NONE, null, "fail"))), true, Role.MASTER));
        boot(false);
        assertThat(done).containsExactly("address", "follow " + REPLICA);
    }

    @Test
    void aCorruptFileIsRebuiltFromWhatASiblingKnows() throws Exception {
        file.corrupt = true;
        siblings.add(state("x-3", new Topology(List.of(node(REPLICA, "x-3", Slots.NONE, ME, "myself"), node(ME, "x-0", MINE, null))), true, Role.REPLICA));
        boot(false);
        assertThat(done).startsWith("keep", "rebuild " + ME);
        assertThat(noted).anyMatch(n -> n.contains("MENDED") && n.contains("x-3"));
    }

    @Test
    void aCorruptFileOfANodeThatNobodyKnowsStartsAsANewNode() throws Exception {
        file.corrupt = true;
        boot(false);
        assertThat(done).containsExactly("keep", "drop", "address");
    }

    @Test
    void aVolumeThatTakesNothingIsSaidInWordsAndTriedAgain() throws Exception {
        file.topology = new Topology(List.of(node(ME, "x-0", MINE, null, "myself")));
        file.full = true;
        assertThatThrownBy(() -> boot(false)).isInstanceOf(IOException.class).hasMessage("no room");
        file.full = false;
        boot(false);
        assertThat(done).containsExactly("address");
    }

    /** It holds data: as a new node it would be emptied. */
    @Test
    void aCorruptFileThatCannotBeRebuiltForWantOfRoomMakesNoNewNode() throws Exception {
        file.corrupt = true;
        file.full = true;
        siblings.add(state("x-3", new Topology(List.of(node(REPLICA, "x-3", Slots.NONE, ME, "myself"), node(ME, "x-0", MINE, null))), true, Role.REPLICA));
        assertThatThrownBy(() -> boot(false)).isInstanceOf(IOException.class);
        file.full = false;
        boot(false);
        assertThat(done).contains("rebuild " + ME).doesNotContain("drop");
    }

    private void boot(boolean died) throws InterruptedException, IOException {
        Asking asking = () -> {
            now += 100_000_000L;
            return new Asking.Answers(List.copyOf(siblings), silent);
        };
        new Boot("x-0", null, file, persistent, asking, new Orders(), new Written(), () -> now).prepare(died);
    }

    private static NodeState replica(boolean whole) {
        return state("x-3", new Topology(List.of(node(REPLICA, "x-3", Slots.NONE, ME, "myself"), node(ME, "x-0", MINE, null))), whole, Role.REPLICA);
    }

    private static NodeState state(String pod, Topology topology, boolean whole, Role role) {
        NodeInfo info = new NodeInfo("run-" + pod, "redis", "8.0.2", role, "r", 100, false, false, false, 10, true, 1, 0, true);
        return new NodeState(new MemberId(pod, "uid"), new Address(pod, 6379), "node1", "", true, info, topology, topology.myself().id(), whole, "d", "", false);
    }

    private static ClusterNode node(String id, String pod, Slots slots, String master, String... flags) {
        Set<String> all = new java.util.LinkedHashSet<>(List.of(flags));
        all.add(master == null ? "master" : "slave");
        long epoch = id.equals(REPLICA) ? 7 : 1;
        return new ClusterNode(id, new Address("10.0.0.1", 6379), 16379, pod + ".x-headless.ns.svc", Map.of(), all, master, 0, 0, epoch, true, slots, Map.of(), Map.of());
    }

    private final class File implements NodeFile {
        private Topology topology = Topology.NONE;
        private boolean corrupt;
        private boolean full;

        private void write(String what) throws IOException {
            if (full) {
                throw new IOException("no room");
            }
            done.add(what);
        }

        @Override
        public Topology read() throws Corrupt {
            if (corrupt) {
                throw new Corrupt("line 2: not a node");
            }
            return topology;
        }

        @Override
        public void correctAddress() throws IOException {
            write("address");
        }

        @Override
        public void follow(String masterId) throws IOException {
            write("follow " + masterId);
        }

        @Override
        public void rebuild(Topology seen, String ownId) throws IOException {
            write("rebuild " + ownId);
            corrupt = false;
        }

        @Override
        public String keep() {
            done.add("keep");
            return "nodes.conf.corrupt";
        }

        @Override
        public void drop() {
            done.add("drop");
            corrupt = false;
        }

        @Override
        public boolean hasData() {
            return true;
        }
    }

    /** The replica wins its election, or not. */
    private final class Orders extends NoNodes {
        @Override
        public void promote(Address at, boolean force) throws Failed {
            if (now < electsFrom) {
                throw new Failed("no majority");
            }
            done.add("promote " + at.host() + (force ? " by force" : ""));
            siblings = List.of(state("x-3", new Topology(List.of(node(REPLICA, "x-3", MINE, null, "myself"), node(ME, "x-0", Slots.NONE, null, "fail"))), true, Role.MASTER));
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
