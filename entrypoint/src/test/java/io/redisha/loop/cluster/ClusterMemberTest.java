package io.redisha.loop.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.ShardSync;
import io.redisha.loop.Journal;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.StateStore;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Data;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.Misconf;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Pulse;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo.Aof;
import io.redisha.model.Shape;
import io.redisha.model.ShardWord;
import io.redisha.model.Slots;
import io.redisha.model.Timings;
import io.redisha.model.Topology;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** One agent among three pods: x-0 is the one under test, x-1 and x-2 are answers. */
class ClusterMemberTest {

    private static final long MS = Timings.MS;
    private static final Slots SOME = Slots.range(0, 5460);

    private long now = 1;
    private final List<String> acts = new ArrayList<>();
    private final List<String> noted = new ArrayList<>();
    private final Map<String, NodeState> siblings = new HashMap<>();
    private boolean stateOk = true;
    private final List<PodView> pods = new ArrayList<>(List.of(pod("x-0", Map.of()), pod("x-1", Map.of()), pod("x-2", Map.of())));
    private Map<String, String> own = Map.of();
    private Map<String, Map<String, String>> others = Map.of();
    private LeaseRecord lease = record("x-9", "d");
    private boolean apiDown;
    private String refusal;
    /** Why nobody can be promoted. */
    private String unable;
    private long version = 1;
    private Shape shape = Shape.of(3, 1);
    private Data stored = Data.NONE;
    private boolean failoverAllowed;
    private boolean persistent = true;
    private long patience = 286_000 * MS;
    private boolean endsWithSnapshot;
    /** By nodes.conf. */
    private String booted;
    private String bootedMaster;
    private NodeServer.View latest;
    private final ClusterMember member = member();

    @Test
    void aReplicaIsLabelledAsSuch() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        assertThat(own).containsEntry("role", "replica").containsEntry("shard", "0");
    }

    @Test
    void aFailoverIsLabelledWithTheNextAnswerOfTheServer() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        server(master("x-0", SOME), true, false);
        assertThat(own).containsEntry("role", "master");
    }

    @Test
    void aNewMasterTakesTheLabelFromItsDeadPredecessor() {
        pods.set(1, pod("x-1", Map.of("role", "master", "shard", "0")));
        member.onPods(pods);
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        siblings.remove("x-1");

        server(master("x-0", SOME), true, false);
        pass(500);

        assertThat(others).containsEntry("x-1", Map.of("role", "replica"));
    }

    @Test
    void anOutdatedMasterTakesNobodysLabelBeforeItHasHeardTheOthers() {
        pods.set(1, pod("x-1", Map.of("role", "master", "shard", "0")));
        member.onPods(pods);
        stateOk = false;
        server(master("x-0", SOME), true, false);
        pass(1_000);
        assertThat(others).isEmpty();
        assertThat(own).containsEntry("role", null);

        stateOk = true;
        server(master("x-0", SOME), true, false);
        pass(500);
        assertThat(own).containsEntry("role", "master");
    }

    @Test
    void theMasterOfAnotherShardKeepsItsLabel() {
        pods.set(2, pod("x-2", Map.of("role", "master", "shard", "1")));
        member.onPods(pods);
        server(master("x-0", SOME), true, false);
        pass(1_000);
        assertThat(others).isEmpty();
    }

    /** Finding R16. */
    @Test
    void aMasterThatRefusesWritesForAFullDiskIsAProblemInWords() {
        server(master("x-0", SOME), true, false);
        member.onServer(new NodeServer.View(true, info(Role.MASTER, false, false, 10).misconf(Misconf.AOF), master("x-0", SOME), now + 5_000 * MS));
        pass(1_000);
        assertThat(member.snapshot().problems()).anyMatch(problem -> problem.startsWith("x-0: its AOF can't be written"));
        assertThat(noted).filteredOn(line -> line.startsWith("CANNOT_SAVE")).hasSize(1);
        assertThat(member.snapshot().ready()).isTrue();
    }

    @Test
    void aReplicaMayBeElectedOnlyOnceItHasTheData() {
        server(replica("x-0", "x-1"), false, false);
        pass(1_000);
        assertThat(failoverAllowed).isFalse();

        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        assertThat(failoverAllowed).isTrue();
    }

    @Test
    void aReplicaWhoseFullSyncBeginsMayNotBeElectedUntilItIsDone() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        server(replica("x-0", "x-1"), false, true);
        pass(1_000);
        assertThat(failoverAllowed).isFalse();
    }

    /** Shaping evens the shards' replicas out: by CLUSTER REPLICATE. */
    @Test
    void aReplicaThatIsMovedToAnotherShardHasNothingOfItUntilItIsLinked() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        assertThat(member.onAsk().whole()).isTrue();
        assertThat(member.onAsk().word().lost()).isBetween(0L, 2_000L);

        Topology moved = new Topology(List.of(node("x-0", "x-0", "x-2", Slots.NONE), node("x-1", "x-0", null, SOME), node("x-2", "x-0", null, Slots.range(5461, 10922))));
        server(moved, true, false);
        assertThat(member.onAsk().whole()).as("what the same answer says of the link may be of the old one").isFalse();
        server(moved, false, false);
        pass(1_000);
        assertThat(member.onAsk().whole()).isFalse();
        assertThat(member.onAsk().word().lost()).isEqualTo(-1);
        assertThat(failoverAllowed).isFalse();

        server(moved, true, false);
        pass(1_000);
        assertThat(member.onAsk().whole()).isTrue();
        assertThat(failoverAllowed).isTrue();
    }

    @Test
    void aReplicaWhoseMasterWasReplacedByAnotherKeepsItsDataAndIsInSyncOnceItIsLinked() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        server(replica("x-0", "x-2"), false, false);
        pass(1_000);
        assertThat(member.onAsk().whole()).isTrue();
        assertThat(member.onAsk().word().lost()).isEqualTo(-1);
        server(replica("x-0", "x-2"), true, false);
        pass(100);
        assertThat(member.onAsk().word().lost()).isBetween(0L, 1_000L);
    }

    @Test
    void aNodeThatWasMadeToBeginAnewHasNothing() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        server(alone("x-0"), false, false);
        pass(100);
        assertThat(member.onAsk().whole()).isFalse();
        server(replica("x-0", "x-1"), false, false);
        pass(1_000);
        assertThat(failoverAllowed).isFalse();
    }

    @Test
    void aReplicaStaysFitWhenItsMasterIsGone() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        server(replica("x-0", "x-1"), false, false);
        pass(1_000);
        assertThat(failoverAllowed).isTrue();
    }

    /** Finding K5': the link is down, and the master's pongs go on. */
    @Test
    void aReplicaWhoseMasterGoesOnWithoutItMayNotBeElected() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        server(pong(replica("x-0", "x-1"), 1_000), false, false);
        pass(1_000);
        server(pong(replica("x-0", "x-1"), 2_100), false, false);
        pass(1_000);
        assertThat(failoverAllowed).as("others have heard of it later than this node, before it died").isTrue();
        server(pong(replica("x-0", "x-1"), 3_000), false, false);
        pass(1_000);
        assertThat(failoverAllowed).isFalse();
        assertThat(member.onAsk().whole()).isFalse();

        server(pong(replica("x-0", "x-1"), 3_000), true, false);
        pass(1_000);
        assertThat(failoverAllowed).as("linked again").isTrue();
    }

    /** Finding K5'. */
    @Test
    void withTheDataOfItsDiskAReplicaIsElectedOnlyIfTheLeaseNamesItInSyncWithThatMaster() {
        assertThat(electedFromDisk(Map.of())).as("nothing noted").isFalse();
        Map<String, ShardSync> named = Map.of(id("x-1"), new ShardSync(1, 0, Set.of(id("x-0"))));
        assertThat(electedFromDisk(Map.of("synced", ShardSync.text(1, named)))).isTrue();
        assertThat(electedFromDisk(Map.of("synced", ShardSync.text(2, named)))).as("of another term").isFalse();
        assertThat(electedFromDisk(Map.of("synced", ShardSync.text(1, Map.of(id("x-1"), new ShardSync(1, 0, Set.of(id("x-2")))))))).as("another is named").isFalse();
        assertThat(electedFromDisk(Map.of("synced", ShardSync.text(1, Map.of(id("x-1"), new ShardSync(0, 0, Set.of(id("x-0")))))))).as("the master's epoch is higher").isFalse();
        assertThat(electedFromDisk(Map.of("synced", "1," + id("x-1") + "@1/x"))).as("unreadable").isFalse();
        apiDown = true;
        assertThat(electedFromDisk(Map.of("synced", ShardSync.text(1, named)))).as("the Lease can't be read").isFalse();
    }

    /** Without persistence the state file is on an emptyDir, which outlives the container. */
    @Test
    void withoutPersistenceNobodyIsElectedForWhatAStateFileSays() {
        persistent = false;
        assertThat(electedFromDisk(Map.of("synced", ShardSync.text(1, Map.of(id("x-1"), new ShardSync(1, 0, Set.of(id("x-0")))))))).isFalse();
    }

    @Test
    void aSiblingThatHasSeenTheMasterGoOnWithoutItKeepsAReplicaFromBeingElected() {
        Map<String, ShardSync> named = Map.of(id("x-1"), new ShardSync(1, 0, Set.of(id("x-0"))));
        NodeState s = state("x-2", replica("x-2", "x-1"), false, "10.0.0.2");
        siblings.put("x-2", new NodeState(s.id(), s.redis(), s.node(), s.zone(), true, s.server(), s.topology(), s.nodeId(), false, "d", "", false,
                new ShardWord(Map.of(id("x-0"), 0L), 0, -1, false, null)));
        assertThat(electedFromDisk(Map.of("synced", ShardSync.text(1, named)))).isFalse();
    }

    /** It hears the master, and its questions don't get through to this pod: as with a network policy, or a load that delays every answer. */
    @Test
    void theWordOfASiblingThatCannotAskItIsNothingAgainstAReplicaThatWasLinked() {
        for (int i = 0; i < 100; i++) {
            siblings.put("x-2", permitting(state("x-2", replica("x-2", "x-1"), true, "10.0.0.2"), Map.of(id("x-0"), 100L), null));
            server(replica("x-0", "x-1"), true, false);
            pass(100);
        }
        Topology gone = replica("x-0", "x-1");
        gone.node(id("x-1")).orElseThrow().flags().add("fail");
        for (int i = 0; i < 100; i++) {
            siblings.put("x-2", permitting(state("x-2", replica("x-2", "x-1"), true, "10.0.0.2"), Map.of(id("x-0"), 100L * i), null));
            server(gone, false, false);
            pass(100);
            assertThat(failoverAllowed).as("%s ms after the master", 100 * i).isTrue();
        }
        assertThat(member.onAsk().whole()).isTrue();
    }

    @Test
    void theWordOfASiblingCountsAgainstAReplicaWhoseLinkWasDownWhenTheMasterWasStillAtWork() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        assertThat(failoverAllowed).isTrue();
        for (int i = 0; i < 70; i++) {
            siblings.put("x-2", permitting(state("x-2", replica("x-2", "x-1"), true, "10.0.0.2"), Map.of(id("x-0"), 0L), null));
            server(replica("x-0", "x-1"), false, false);
            pass(100);
        }
        assertThat(failoverAllowed).isFalse();
    }

    @Test
    void theWordOfASiblingThatIsGoneDoesNotCountForEver() {
        server(replica("x-0", "x-1"), true, false);
        siblings.put("x-2", permitting(state("x-2", replica("x-2", "x-1"), true, "10.0.0.2"), Map.of(id("x-0"), 0L), null));
        pass(2_000);
        siblings.clear();
        server(replica("x-0", "x-1"), true, false);
        pass(5_000);
        Topology gone = replica("x-0", "x-1");
        gone.node(id("x-1")).orElseThrow().flags().add("fail");
        server(gone, false, false);
        pass(1_000);
        assertThat(failoverAllowed).isTrue();
    }

    /** Rule W1: status names what a person may order, and after a minute an Event. */
    @Test
    void thatItsDataMayBeOlderIsAProblemThatNamesTheCommand() {
        assertThat(electedFromDisk(Map.of())).isFalse();
        ClusterMember it = restarted;
        assertThat(it.snapshot().problems()).anyMatch(problem -> problem.startsWith("x-0: its data may be older than that of x-1, which is gone") && problem.contains("redis-ha fix --yes"));
        assertThat(noted).noneMatch(told -> told.startsWith("NO_MASTER"));
        pass(it, 60_000);
        assertThat(noted).filteredOn(told -> told.startsWith("NO_MASTER")).hasSize(1);
    }

    @Test
    void whatTheStateFileSaysOfTheDiskFollowsTheLinkAndTheApiServer() {
        stored = new Data("d", 0, "", "", -1, 0, true, true);
        ClusterMember it = member();
        sees(it, pong(replica("x-0", "x-1"), 1_000), true);
        pass(it, 5_000);
        assertThat(stored.complete()).isTrue();
        apiDown = true;
        pass(it, 5_000);
        assertThat(stored.complete()).as("the Lease would go on to name it").isFalse();
        apiDown = false;
        pass(it, 5_000);
        assertThat(stored.complete()).isTrue();

        sees(it, pong(replica("x-0", "x-1"), 2_000), false);
        sees(it, pong(replica("x-0", "x-1"), 4_000), false);
        pass(it, 1_000);
        assertThat(stored.complete()).as("the master goes on").isFalse();
        assertThat(stored.offset()).isEqualTo(100);
    }

    /** Rule B5: after a full sync the disk has what it held before, until the AOF is rewritten. */
    @Test
    void theDiskCountsAsInSyncOnlyOnceTheCopyIsOnIt() {
        stored = new Data("d", 0, "", "", -1, 0, true, true);
        ClusterMember it = member();
        NodeInfo syncs = info(Role.REPLICA, false, true, 10);
        it.onServer(new NodeServer.View(true, syncs, replica("x-0", "x-1"), now + 60_000 * MS));
        pass(it, 500);
        NodeInfo synced = info(Role.REPLICA, true, false, 10);
        it.onServer(new NodeServer.View(true, writing(synced, Aof.REWRITING), replica("x-0", "x-1"), now + 60_000 * MS));
        pass(it, 500);
        assertThat(it.onAsk().whole()).isTrue();
        assertThat(stored.complete()).isFalse();
        it.onServer(new NodeServer.View(true, writing(synced, Aof.WHOLE), replica("x-0", "x-1"), now + 60_000 * MS));
        pass(it, 500);
        assertThat(stored.complete()).isTrue();
    }

    /** As rule H7 has it with replication: it goes on in memory, and its disk stays behind. */
    @Test
    void theDiskOfAReplicaWhoseVolumeIsFullDoesNotCountAsInSync() {
        stored = new Data("d", 0, "", "", -1, 0, true, true);
        ClusterMember it = member();
        NodeInfo synced = info(Role.REPLICA, true, false, 10);
        it.onServer(new NodeServer.View(true, synced.misconf(Misconf.AOF), replica("x-0", "x-1"), now + 60_000 * MS));
        pass(it, 500);
        assertThat(it.onAsk().whole()).isTrue();
        assertThat(stored.complete()).isFalse();
        it.onServer(new NodeServer.View(true, synced, replica("x-0", "x-1"), now + 60_000 * MS));
        pass(it, 500);
        assertThat(stored.complete()).isTrue();
    }

    @Test
    void theLeaderLeavesOutAReplicaThatCannotSaveAndDoesNotCallItBehind() {
        lease = null;
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        siblings.put("x-2", state("x-2", replica("x-2", "x-0"), true, "10.0.0.2"));
        serves(5_000);
        assertThat(Notes.sync(lease).get(id("x-0")).replicas()).containsExactlyInAnyOrder(id("x-1"), id("x-2"));
        NodeState s = siblings.get("x-1");
        siblings.put("x-1", new NodeState(s.id(), s.redis(), s.node(), s.zone(), true, s.server().misconf(Misconf.AOF), s.topology(), s.nodeId(), true, "d", "", false, s.word()));
        serves(6_000);
        assertThat(Notes.sync(lease).get(id("x-0")).replicas()).containsExactly(id("x-2"));
        assertThat(member.onAsk().word().behind()).isEmpty();
    }

    private static NodeInfo writing(NodeInfo is, Aof aof) {
        return new NodeInfo(is.runId(), is.engine(), is.version(), is.role(), is.replid(), is.offset(), is.loading(), is.syncing(), is.linkUp(), is.keys(), is.stateOk(), is.epoch(),
                is.memory(), is.misconf(), is.failoverAllowed(), is.full(), aof);
    }

    /** All that the leader does for rule K11. */
    @Test
    void theLeaderNotesWhoIsInSyncAndTakesItBackWhenTheMasterGoesOnWithoutIt() {
        lease = null;
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(5_000);
        assertThat(Notes.sync(lease)).containsOnlyKeys(id("x-0"));
        assertThat(Notes.sync(lease).get(id("x-0")).replicas()).containsExactly(id("x-1"));

        siblings.remove("x-1");
        pass(1_000);
        assertThat(Notes.sync(lease).get(id("x-0")).replicas()).as("a moment of silence").containsExactly(id("x-1"));
        server(master("x-0", SOME), true, false);
        pass(5_000);
        assertThat(Notes.sync(lease).get(id("x-0")).replicas()).isEmpty();
        assertThat(member.onAsk().word().behind()).containsKey(id("x-1"));
    }

    /** What it has in memory is of when it was linked, and whoever kept the Lease then has seen more. */
    @Test
    void aReplicaWhoseLinkHasBeenDownForLongIsNotElectedIfTheLeaseLeavesItOut() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        lease = noting(Set.of(id("x-2")));
        server(replica("x-0", "x-1"), false, false);
        pass(5_000);
        assertThat(failoverAllowed).as("it may not have been written yet").isTrue();
        server(replica("x-0", "x-1"), false, false);
        pass(10_000);
        assertThat(failoverAllowed).isFalse();
        lease = noting(Set.of(id("x-0"), id("x-2")));
        pass(5_000);
        assertThat(failoverAllowed).isTrue();
    }

    /** After a power cut its master may take as long to load. */
    @Test
    void aReplicaWaitsForItsMasterFromWhenItsOwnDataIsLoaded() {
        lease = noting(Set.of(id("x-0")));
        stored = new Data("d", 0, "", "", -1, 0, true, true);
        ClusterMember it = member();
        Topology gone = replica("x-0", "x-1");
        gone.node(id("x-1")).orElseThrow().flags().add("fail");
        sees(it, gone, false);
        pass(it, 5_000);
        it.onServer(new NodeServer.View(false, null, Topology.NONE, 0));
        pass(it, 1_000);
        it.onServer(new NodeServer.View(true, another(true), Topology.NONE, now + 60_000 * MS));
        pass(it, 30_000);
        it.onServer(new NodeServer.View(true, another(false), gone, now + 60_000 * MS));
        pass(it, 5_000);
        assertThat(failoverAllowed).isFalse();
        pass(it, 10_000);
        assertThat(failoverAllowed).isTrue();
    }

    private NodeInfo another(boolean loading) {
        return new NodeInfo("run-2", "redis", "8.0.2", Role.REPLICA, "r", 100, loading, false, false, 10, true, 1, 0, false);
    }

    @Test
    void whatALeaseFromABackupNotesIsNotBelieved() {
        lease = new LeaseRecord(new Identity("x-9", "uid", "1"), 5, null, List.of(), "d", "", 0, false, List.of(), "x-9", null, Instant.EPOCH);
        stored = new Data("d", 0, "", "", -1, 0, true, true);
        ClusterMember it = member();
        Topology gone = replica("x-0", "x-1");
        gone.node(id("x-1")).orElseThrow().flags().add("fail");
        sees(it, gone, false);
        pass(it, 5_000);
        lease = noting(Set.of(id("x-0")));
        pass(it, 20_000);
        assertThat(failoverAllowed).isFalse();
    }

    private static LeaseRecord noting(Set<String> replicas) {
        return new LeaseRecord(new Identity("x-9", "uid", "1"), 1, null, List.of(), "d", "", 0, false, List.of(), "x-9", null, Instant.EPOCH,
                Map.of("synced", ShardSync.text(1, Map.of(id("x-1"), new ShardSync(1, 0, replicas)))));
    }

    private ClusterMember restarted;

    private boolean electedFromDisk(Map<String, String> notes) {
        lease = new LeaseRecord(new Identity("x-9", "uid", "1"), 1, null, List.of(), "d", "", 0, false, List.of(), "x-9", null, Instant.EPOCH, notes);
        stored = new Data("d", 0, "", "", -1, 0, true, true);
        failoverAllowed = false;
        restarted = member();
        Topology gone = replica("x-0", "x-1");
        gone.node(id("x-1")).orElseThrow().flags().add("fail");
        sees(restarted, gone, false);
        pass(restarted, 15_000);
        return failoverAllowed;
    }

    private void sees(ClusterMember it, Topology topology, boolean linkUp) {
        it.onServer(new NodeServer.View(true, info(Role.REPLICA, linkUp, false, 10), topology, now + 60_000 * MS));
    }

    /** @param at when every other node was heard of last, ms */
    private static Topology pong(Topology topology, long at) {
        return new Topology(topology.nodes().stream().map(n -> new ClusterNode(n.id(), n.redis(), n.busPort(), n.hostname(), n.aux(), n.flags(), n.master(), 0, at, n.epoch(),
                n.linkUp(), n.slots(), n.migrating(), n.importing())).toList());
    }

    /** Rule D1. */
    @Test
    void aReplicaGivesUpFilesThatItCannotLoadWhenItsMasterServesAndNamesIt() {
        stored = new Data("d", 0, "", "", -1, 700, true, true);
        booted = id("x-0");
        bootedMaster = id("x-1");
        ClusterMember it = member();
        it.onServer(new NodeServer.View(false, null, Topology.NONE, 0));
        pass(it, 500);
        assertThat(it.mayBeginAnew(false)).as("no master is heard").isFalse();
        assertThat(it.onAsk().word().asks()).isFalse();

        siblings.put("x-1", permitting(state("x-1", master("x-1", SOME), true, "10.0.0.1"), null));
        pass(it, 500);
        assertThat(it.mayBeginAnew(false)).as("it permits nobody").isFalse();
        assertThat(it.onAsk().word().asks()).isTrue();

        siblings.put("x-1", permitting(state("x-1", master("x-1", SOME), true, "10.0.0.1"), "x-0"));
        pass(it, 500);
        assertThat(it.isWhole()).isTrue();
        assertThat(it.mayBeginAnew(true)).isTrue();
        assertThat(stored.complete()).as("what it has from now on").isFalse();

        siblings.put("x-1", permitting(state("x-1", replica("x-1", "x-2"), true, "10.0.0.1"), "x-0"));
        siblings.put("x-2", permitting(state("x-2", master("x-2", SOME), true, "10.0.0.2"), "x-0"));
        pass(it, 500);
        assertThat(it.mayBeginAnew(false)).as("another has taken the master's place").isTrue();
        siblings.remove("x-2");
        pass(it, 2_000);
        assertThat(it.mayBeginAnew(false)).as("only who owns the slots").isFalse();
    }

    @Test
    void aMasterLetsOneReplicaAfterTheOtherGiveUpItsFiles() {
        server(master("x-0", SOME), true, false);
        siblings.put("x-1", asking("x-1"));
        siblings.put("x-2", asking("x-2"));
        pass(5_000);
        assertThat(member.onAsk().word().permits()).isEqualTo("x-1");
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), false, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(5_000);
        assertThat(member.onAsk().word().permits()).as("while that copies").isEqualTo("x-1");
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(5_000);
        assertThat(member.onAsk().word().permits()).isEqualTo("x-2");
    }

    private NodeState asking(String pod) {
        return new NodeState(new MemberId(pod, "uid-" + pod), new Address("10.0.0." + pod.substring(2), 6379), "node", "", false, null, Topology.NONE, id(pod), false, "d", "", false,
                new ShardWord(Map.of(), 0, -1, true, null));
    }

    private static NodeState permitting(NodeState s, String pod) {
        return permitting(s, Map.of(), pod);
    }

    private static NodeState permitting(NodeState s, Map<String, Long> behind, String pod) {
        return new NodeState(s.id(), s.redis(), s.node(), s.zone(), true, s.server(), s.topology(), s.nodeId(), true, "d", "", false, new ShardWord(behind, 0, -1, false, pod));
    }

    /** Finding R16. */
    @Test
    void aMasterThatCannotSaveHandsOverToAReplicaThatCan() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        NodeInfo full = info(Role.MASTER, false, false, 10).misconf(Misconf.AOF);
        for (int i = 0; i < 25; i++) {
            member.onServer(new NodeServer.View(true, full, master("x-0", SOME), now));
            pass(100);
        }
        assertThat(acts).doesNotContain("promote 10.0.0.1");
        for (int i = 0; i < 20; i++) {
            member.onServer(new NodeServer.View(true, full, master("x-0", SOME), now));
            pass(100);
        }
        assertThat(acts).containsOnlyOnce("promote 10.0.0.1");
        assertThat(noted).contains("HANDED_OVER CANNOT_SAVE to x-1");
    }

    @Test
    void aSiblingWithAnotherAddressIsMetAgain() {
        siblings.put("x-1", state("x-1", master("x-1", SOME), true, "10.9.9.9"));
        server(replica("x-0", "x-1"), false, false);
        pass(500);
        assertThat(acts).contains("meet 10.9.9.9");
    }

    @Test
    void aReplicaThatAsksItsMasterAtAnOldAddressIsToldAgainWhomItFollows() {
        server(replica("x-0", "x-1"), false, false);
        pass(4_500);
        assertThat(acts).isEmpty();
        pass(1_000);
        assertThat(acts).containsExactly("replicate " + id("x-1"));

        server(replica("x-0", "x-1"), true, false);
        pass(10_000);
        assertThat(acts).hasSize(1);
    }

    @Test
    void aReplicaIsReadyOnlyWhenItIsLinked() {
        server(replica("x-0", "x-1"), false, false);
        pass(500);
        assertThat(member.snapshot().unready()).contains("not linked to x-1");
        server(replica("x-0", "x-1"), true, false);
        pass(500);
        assertThat(member.snapshot().ready()).isTrue();
    }

    @Test
    void aVolumeWithDataIsReadyOnlyWhenItIsKnownToBeTheReleases() {
        apiDown = true;
        stored = new Data("d", 0, "", "", 0, 0, true, true);
        ClusterMember restarted = member();
        restarted.onServer(new NodeServer.View(true, info(Role.MASTER, false, false, 10), master("x-0", SOME), now + 60_000 * MS));
        pass(restarted, 500);
        assertThat(restarted.snapshot().unready()).isEqualTo("has not heard yet which data is the release's");

        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        pass(restarted, 2_000);
        assertThat(restarted.snapshot().ready()).as("a sibling has the same").isTrue();

        stored = new Data("another", 0, "", "", 0, 0, true, true);
        ClusterMember stranger = member();
        stranger.onServer(new NodeServer.View(true, info(Role.MASTER, false, false, 10), master("x-0", SOME), now + 60_000 * MS));
        pass(stranger, 2_000);
        assertThat(stranger.snapshot().unready()).isEqualTo("has not heard yet which data is the release's");
        apiDown = false;
        pass(stranger, 3_500);
        assertThat(stranger.snapshot().unready()).isEqualTo(Reason.FOREIGN_DATA.text());
    }

    @Test
    void aFreshPodOfAReleaseWithoutAClusterIsReady() {
        lease = record("x-9", null);
        server(alone("x-0"), false, false);
        pass(2_000);
        assertThat(member.snapshot().ready()).isTrue();
    }

    @Test
    void aFreshPodOfAReleaseThatHasItsClusterIsReadyWhenItIsPartOfIt() {
        server(alone("x-0"), false, false);
        pass(2_000);
        assertThat(member.snapshot().unready()).isEqualTo("not part of the cluster yet");
    }

    @Test
    void dataOfAnotherReleaseIsRefusedAndNamed() {
        stored = new Data("other", 0, "", "", -1, 0, true, true);
        ClusterMember foreign = member();
        foreign.onPods(pods);
        foreign.onServer(new NodeServer.View(true, info(Role.MASTER, false, false, 10), master("x-0", SOME), now));
        for (int i = 0; i < 20; i++) {
            now += 100 * MS;
            foreign.tick();
        }
        assertThat(foreign.snapshot().unready()).isEqualTo(Reason.FOREIGN_DATA.text());
        assertThat(own).as("labels").containsEntry("role", null).containsEntry("shard", null);
        assertThat(foreign.onBelong("d")).contains("another release");
        assertThat(noted).anyMatch(n -> n.contains("REFUSED"));

        foreign.onStop(false, () -> acts.add("server may stop"));
        for (int i = 0; i < 20; i++) {
            now += 100 * MS;
            foreign.tick();
        }
        assertThat(acts).as("nobody waits for what it has to be moved").contains("server may stop");
    }

    @Test
    void anEmptyVolumeIsMarkedAsTheReleases() {
        assertThat(member.onBelong("d")).isNull();
        assertThat(stored.datasetId()).isEqualTo("d");
        assertThat(member.onBelong("d")).isNull();
    }

    @Test
    void aMasterThatIsToldToStopHandsOverFirst() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(1_000);
        member.onStop(true, () -> acts.add("server may stop"));
        pass(700);   // x-2 does not answer
        assertThat(acts).contains("promote 10.0.0.1").doesNotContain("server may stop");

        server(replica("x-0", "x-1"), true, false);
        pass(800);
        assertThat(acts).as("while it tells clients where its slots are").doesNotContain("server may stop");
        pass(400);
        assertThat(acts).endsWith("server may stop");
    }

    @Test
    void aMasterWithoutAReplicaStopsAllTheSameAndSaysWhatThatMeans() {
        server(master("x-0", SOME), true, false);
        pass(1_000);
        member.onStop(true, () -> acts.add("server may stop"));
        pass(2_000);
        assertThat(acts).contains("server may stop");
        assertThat(noted).anyMatch(n -> n.contains("HANDOVER_FAILED") && n.contains("0-5460"));
    }

    @Test
    void aMasterWhoseReplicaIsStillSyncingWaitsForIt() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), false, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(1_000);
        member.onStop(true, () -> acts.add("server may stop"));
        pass(5_000);
        assertThat(acts).doesNotContain("server may stop");

        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        pass(1_000);
        assertThat(acts).contains("promote 10.0.0.1");
    }

    /** Finding K8': the replica's copy may take longer than half a minute, and the grace period is 300 s. */
    @Test
    void aMasterGivesItsSyncingReplicaAllOfTheGracePeriodThatItsServerDoesNotNeed() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), false, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(1_000);
        member.onStop(true, () -> acts.add("server may stop"));
        serves(270_000);
        assertThat(acts).doesNotContain("server may stop");
        serves(20_000);
        assertThat(acts).contains("server may stop");
    }

    /** As with the shortest grace period that the chart takes. */
    @Test
    void aMasterWithoutTimeToWaitHandsOverAllTheSameIfAReplicaIsInSync() {
        patience = 0;
        ClusterMember it = member();
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        it.onServer(new NodeServer.View(true, info(Role.MASTER, false, false, 10), master("x-0", SOME), now + 600_000 * MS));
        pass(it, 1_000);
        unable = "x-1 did not become master";
        it.onStop(true, () -> acts.add("server may stop"));
        pass(it, 5_000);
        assertThat(acts).as("once").containsExactly("promote 10.0.0.1", "server may stop");
    }

    /** It makes one more when it ends, and is killed in the midst of it when the grace period is over. */
    @Test
    void aMasterThatSavesASnapshotWhenItStopsLeavesItTheTimeThatTheLastOneTookTwice() {
        endsWithSnapshot = true;
        ClusterMember it = member();
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), false, "10.0.0.1"));
        NodeInfo is = info(Role.MASTER, false, false, 10);
        NodeInfo slow = new NodeInfo(is.runId(), is.engine(), is.version(), is.role(), is.replid(), is.offset(), false, false, false, 10, true, 1, 0, Misconf.NONE, false, false,
                Aof.OFF, 50);
        it.onServer(new NodeServer.View(true, slow, master("x-0", SOME), now + 600_000 * MS));
        pass(it, 1_000);
        it.onStop(true, () -> acts.add("server may stop"));
        pass(it, 180_000);
        assertThat(acts).doesNotContain("server may stop");
        pass(it, 10_000);
        assertThat(acts).contains("server may stop");
    }

    /** Finding K8'. */
    @Test
    void anHeirThatDidNotTakeOverIsAskedAgain() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(1_000);
        unable = "x-1 did not become master: its master did not hand over";
        member.onStop(true, () -> acts.add("server may stop"));
        serves(1_000);
        assertThat(acts).containsExactly("promote 10.0.0.1");
        serves(10_000);
        assertThat(acts).doesNotContain("server may stop").filteredOn(act -> act.equals("promote 10.0.0.1")).hasSizeBetween(3, 5);
        assertThat(noted).as("told once").containsOnlyOnce("HANDOVER_FAILED POD_STOPS x-1 did not become master: its master did not hand over");
        unable = null;
        acts.clear();
        serves(6_000);
        assertThat(acts).contains("promote 10.0.0.1");
        server(replica("x-0", "x-1"), true, false);
        pass(2_000);
        assertThat(acts).endsWith("server may stop");
    }

    /** An attempt stops writes for as long as it takes. */
    @Test
    void anHeirThatFailsAgainAndAgainIsAskedLessAndLessOften() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(1_000);
        unable = "x-1 did not become master: its master did not hand over";
        member.onStop(true, () -> acts.add("server may stop"));
        serves(260_000);
        assertThat(acts).doesNotContain("server may stop").hasSizeBetween(7, 12);
    }

    /** Finding K8': what it has in memory goes with it. */
    @Test
    void withoutPersistenceAMasterWaitsForAReplicaThatIsAwayUnlessTheWholeReleaseStops() {
        persistent = false;
        ClusterMember it = member();
        it.onServer(new NodeServer.View(true, info(Role.MASTER, false, false, 10), master("x-0", SOME), now + 600_000 * MS));
        pass(it, 1_000);
        it.onStop(true, () -> acts.add("server may stop"));
        pass(it, 200_000);
        assertThat(acts).doesNotContain("server may stop");
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        pass(it, 2_000);
        assertThat(acts).contains("promote 10.0.0.1");

        acts.clear();
        siblings.clear();
        ClusterMember other = member();
        other.onServer(new NodeServer.View(true, info(Role.MASTER, false, false, 10), master("x-0", SOME), now + 600_000 * MS));
        pass(other, 1_000);
        other.onStop(true, () -> acts.add("server may stop"));
        pass(other, 5_000);
        assertThat(acts).doesNotContain("server may stop");
        other.onPods(List.of(pods.getFirst(), stopping("x-1"), stopping("x-2")));
        pass(other, 2_000);
        assertThat(acts).contains("server may stop");
    }

    private static PodView stopping(String name) {
        return new PodView(new MemberId(name, "uid-" + name), "10.0.0." + name.substring(2), "node", true, true, "rev", Map.of(), Set.of());
    }

    private void serves(long millis) {
        for (long left = millis; left > 0; left -= 1_000) {
            server(master("x-0", SOME), true, false);
            pass(Math.min(left, 1_000));
        }
    }

    @Test
    void aPodThatWillNotComeBackHoldsItsExitUntilItOwnsNothing() {
        server(master("x-0", SOME), true, false);
        pass(1_000);
        member.onStop(false, () -> acts.add("server may stop"));
        pass(60_000);
        assertThat(acts).doesNotContain("server may stop");

        server(alone("x-0"), false, false);
        pass(500);
        assertThat(acts).contains("server may stop");
    }

    @Test
    void aReplicaStopsAtOnce() {
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        member.onStop(true, () -> acts.add("server may stop"));
        pass(1_500);
        assertThat(acts).contains("server may stop");
    }

    @Test
    void onlyTheLeaderTakesATarget() {
        List<String> outcome = new ArrayList<>();
        member.onTarget(new Shape(3, 1, 6), outcome::add);
        assertThat(outcome.getFirst()).contains("does not hold the Lease");
    }

    @Test
    void theLeaderKeepsAnAnnouncedScaleInUntilItHasComeTrue() {
        lease = null;
        shape = Shape.of(5, 1);
        server(master("x-0", SOME), true, false);
        pass(5_000);
        List<String> outcome = new ArrayList<>();
        member.onTarget(new Shape(3, 1, 6), outcome::add);
        pass(1_000);
        assertThat(outcome).containsExactly((String) null);
        assertThat(member.snapshot().shape()).isEqualTo(new Shape(3, 1, 6));

        shape = Shape.of(3, 1);
        pass(3_000);
        member.look();
        pass(2_000);
        assertThat(lease.notes()).doesNotContainKey("target");
    }

    @Test
    void aSwitchoverGoesToTheReplicaThatWasNamed() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        siblings.put("x-2", state("x-2", replica("x-2", "x-0"), true, "10.0.0.2"));
        server(master("x-0", SOME), true, false);
        pass(3_000);
        List<Outcome> outcome = new ArrayList<>();
        member.onSwitchover(0, "x-2", outcome::add);
        pass(1_000);
        assertThat(acts).contains("promote 10.0.0.2");
        assertThat(outcome.getFirst().done()).isTrue();
    }

    /** Finding D. */
    @Test
    void aSwitchoverIsToldWhenItIsDoneAndWhenItFails() {
        siblings.put("x-1", state("x-1", replica("x-1", "x-0"), true, "10.0.0.1"));
        server(master("x-0", SOME), true, false);
        pass(3_000);
        member.onSwitchover(0, null, done -> { });
        pass(1_000);
        assertThat(noted).contains("HANDOVER_STARTED SWITCHOVER shard 0 from x-0 to x-1").containsOnlyOnce("HANDED_OVER SWITCHOVER shard 0 from x-0 to x-1 after 0 ms");

        unable = "x-1 has not become a master";
        noted.clear();
        member.onSwitchover(0, null, done -> { });
        pass(1_000);
        assertThat(noted).containsExactly("HANDOVER_STARTED SWITCHOVER shard 0 from x-0 to x-1", "HANDOVER_FAILED SWITCHOVER x-1 has not become a master");
    }

    @Test
    void aLostMajorityIsSaidAlsoWhileNobodyHoldsTheLease() {
        Topology three = new Topology(List.of(node("x-0", "x-0", null, SOME), node("x-1", "x-0", null, Slots.range(5461, 10922)), suspected("x-2", Slots.range(10923, 16383))));
        server(three, true, false);
        pass(100);
        assertThat(member.snapshot().problems()).noneMatch(problem -> problem.contains("majority"));

        server(new Topology(List.of(node("x-0", "x-0", null, SOME), suspected("x-1", Slots.range(5461, 10922)), suspected("x-2", Slots.range(10923, 16383)))), true, false);
        pass(100);
        assertThat(member.snapshot().problems()).anyMatch(problem -> problem.startsWith("2 of 3 masters do not answer: without a majority"));
    }

    @Test
    void aLeaseThatIsNotWrittenIsAProblemAndToldOnce() {
        lease = null;
        refusal = "quota";
        server(master("x-0", SOME), true, false);
        pass(20_000);
        assertThat(member.snapshot().problems()).contains("the API server refuses to write the Lease: quota");
        assertThat(noted).containsOnlyOnce("LEASE_REFUSED null quota");

        refusal = null;
        pass(5_000);
        assertThat(member.snapshot().problems()).doesNotContain("the API server refuses to write the Lease: quota");
    }

    @Test
    void aMasterThatHangsIsKilled() {
        answers(master("x-0", SOME));
        silent(10_000, false);
        assertThat(acts).doesNotContain("kill");
        silent(1_000, false);
        assertThat(acts).containsOnlyOnce("kill");
        assertThat(noted).contains("SERVER_KILLED SERVER_SILENT no answer for 10.1 s, and its process (state S) did nothing else either");
    }

    @Test
    void aMasterThatIsOnlyBusyIsNotNorIsAReplicaThatHangs() {
        answers(master("x-0", SOME));
        silent(60_000, true);
        answers(replica("x-0", "x-1"));
        silent(60_000, false);
        assertThat(acts).doesNotContain("kill");
    }

    /** Siblings are told after 2 s; to take it out of a Service for so little would only move the load. */
    @Test
    void aServerThatIsSilentForAShortWhileIsReadyStill() {
        answers(master("x-0", SOME));
        silent(1_000, true);
        String before = member.snapshot().unready();
        silent(4_000, true);
        assertThat(member.onAsk().running()).isFalse();
        assertThat(member.snapshot().unready()).isEqualTo(before).doesNotContain("answer");
        silent(6_000, true);
        assertThat(member.snapshot().unready()).isEqualTo("the server has not answered for 11 s");
        assertThat(noted).anyMatch(told -> told.startsWith("SERVER_SILENT"));
    }

    @Test
    void whatHasEndedTheServerIsTold() {
        server(master("x-0", SOME), true, false);
        member.onServer(new NodeServer.View(false, null, Topology.NONE, 0, null, "signal 11, not by this agent"));
        assertThat(noted).contains("SERVER_DIED SERVER_DIED signal 11, not by this agent");
    }

    /** Finding R22. */
    @Test
    void thatTheServerWasKilledForItsMemoryIsAProblem() {
        server(master("x-0", SOME), true, false);
        member.onServer(new NodeServer.View(false, null, Topology.NONE, 0, null, "signal 9: the container's memory limit was reached (oom_kill 1)"));
        server(master("x-0", SOME), true, false);
        pass(1_000);
        assertThat(member.snapshot().problems()).contains("x-0: its last server ended by signal 9: the container's memory limit was reached (oom_kill 1)");
    }

    /** The last time. */
    private void answers(Topology topology) {
        boolean replica = topology.myself().isReplica();
        latest = new NodeServer.View(true, info(replica ? Role.REPLICA : Role.MASTER, replica, false, 10), topology, now);
        member.onServer(latest);
    }

    /** It answers nothing more, and works or stands still. */
    private void silent(long millis, boolean works) {
        for (int i = 0; i < millis / 100; i++) {
            long at = now + 100 * MS;
            Pulse pulse = new Pulse(at, works ? at : latest.answered(), 'S', 5, 70, false);
            member.onServer(new NodeServer.View(true, latest.info(), latest.topology(), latest.answered(), pulse, ""));
            pass(100);
        }
    }

    /** It took its own PING, which found its old address, for another node's word: a master of no slots with keys, that follows a master. */
    @Test
    void aServerThatFollowsAMasterAndIsOneByItsOwnBooksIsKilled() {
        NodeServer.View torn = new NodeServer.View(true, info(Role.REPLICA, true, false, 10), master("x-0", Slots.NONE), now + 5_000 * MS);
        server(replica("x-0", "x-1"), true, false);
        pass(1_000);
        member.onServer(torn);
        pass(1_000);
        assertThat(acts).as("a contradiction of a moment").doesNotContain("kill");
        pass(2_000);
        assertThat(acts).containsOnlyOnce("kill");
    }

    // ---- the world around it

    private void pass(long millis) {
        pass(member, millis);
    }

    private void pass(ClusterMember it, long millis) {
        for (long end = now + millis * MS; now < end;) {
            now += 100 * MS;
            it.tick();
        }
    }

    private void server(Topology topology, boolean linkUp, boolean syncing) {
        Role role = topology.myself().isReplica() ? Role.REPLICA : Role.MASTER;
        member.onServer(new NodeServer.View(true, info(role, role == Role.REPLICA && linkUp, syncing, 10), topology, now + 5_000 * MS));
    }

    private NodeInfo info(Role role, boolean linkUp, boolean syncing, long keys) {
        return new NodeInfo("run", "redis", "8.0.2", role, "r", 100, false, syncing, linkUp, keys, stateOk, 1, 0, failoverAllowed);
    }

    private NodeState state(String pod, Topology topology, boolean whole, String ip) {
        NodeInfo info = info(topology.myself().isReplica() ? Role.REPLICA : Role.MASTER, whole, !whole, 10);
        return new NodeState(new MemberId(pod, "uid-" + pod), new Address(ip, 6379), "node", "", true, info, topology, id(pod), whole, "d", "", false,
                new ShardWord(Map.of(), 0, whole && topology.myself().isReplica() ? 0 : -1, false, null));
    }

    private static String id(String pod) {
        return pod.substring(2).repeat(40).substring(0, 40);
    }

    /** @param me its own view: two others are there, with addresses that are right */
    private static Topology master(String me, Slots slots) {
        return view(me, null, slots);
    }

    private static Topology replica(String me, String master) {
        return view(me, master, SOME);
    }

    private static Topology alone(String me) {
        return new Topology(List.of(node(me, me, null, Slots.NONE)));
    }

    private static Topology view(String me, String master, Slots slots) {
        String owner = master == null ? me : master;
        List<ClusterNode> nodes = new ArrayList<>();
        for (String pod : List.of("x-0", "x-1", "x-2")) {
            nodes.add(node(pod, me, pod.equals(owner) ? null : owner, pod.equals(owner) ? slots : Slots.NONE));
        }
        return new Topology(nodes);
    }

    private static ClusterNode node(String pod, String me, String master, Slots slots) {
        Set<String> flags = new LinkedHashSet<>();
        if (pod.equals(me)) {
            flags.add("myself");
        }
        flags.add(master == null ? "master" : "slave");
        return new ClusterNode(id(pod), new Address("10.0.0." + pod.substring(2), 6379), 16379, pod + ".x-headless", Map.of(), flags, master == null ? null : id(master), 0, 0,
                1, true, slots, Map.of(), Map.of());
    }

    private static ClusterNode suspected(String pod, Slots slots) {
        ClusterNode node = node(pod, "x-0", null, slots);
        node.flags().add("fail?");
        return node;
    }

    private static PodView pod(String name, Map<String, String> labels) {
        return new PodView(new MemberId(name, "uid-" + name), "10.0.0." + name.substring(2), "node", false, true, "rev", labels, Set.of());
    }

    private static LeaseRecord record(String holder, String datasetId) {
        return new LeaseRecord(new Identity(holder, "uid", "1"), 1, null, List.of(), datasetId, "", 0, false, List.of(), holder, null, Instant.EPOCH);
    }

    private ClusterMember member() {
        ClusterMember made = new ClusterMember(new ClusterMember.Self(new Identity("x-0", "uid-x-0", "1"), new Address("10.0.0.0", 6379), 16379, "node"),
                new ClusterMember.Ports(new Leases(), new Others(), new Server(), new Orders(), Runnable::run, this::labelled, then -> then.accept(shape), new Written(), new States()),
                new ClusterMember.Names("role", "master", "replica", "shard"), Timings.defaults(), new ClusterMember.Policy(persistent, patience, 2_000 * MS, endsWithSnapshot),
                new ClusterMember.Booted(() -> booted, () -> bootedMaster), Runnable::run, () -> now,
                () -> Instant.ofEpochSecond(0, now));
        made.onPods(pods);
        return made;
    }

    private void labelled(Map<String, String> mine, Map<String, Map<String, String>> theirs) {
        own = mine;
        others = theirs;
    }

    /** Held by a pod that renews it, unless the test took it away. */
    private final class Leases implements LeaseStore {
        @Override
        public void read(Consumer<Read> then) {
            then.accept(apiDown ? new Read.Unreachable("no route") : new Read.Seen(lease == null ? new LeaseView.Absent(false) : new LeaseView.Present(lease, Long.toString(++version))));
        }

        @Override
        public void write(LeaseRecord next, String at, Consumer<Write> then) {
            if (refusal != null) {
                then.accept(new Write.Refused(refusal));
                return;
            }
            lease = next;
            then.accept(new Write.Done(Long.toString(++version)));
        }
    }

    private final class Others implements Siblings {
        @Override
        public void ask(Peer to, Consumer<NodeState> then) {
            if (siblings.containsKey(to.pod())) {
                then.accept(siblings.get(to.pod()));
            }
        }

        @Override
        public void belong(Peer to, String datasetId, Consumer<String> then) {
            then.accept(null);
        }

        @Override
        public void target(Peer to, Shape target, Consumer<String> then) {
            then.accept(null);
        }
    }

    private final class Server implements NodeServer {
        @Override
        public void look() {}

        @Override
        public void meet(Address redis, int busPort) {
            acts.add("meet " + redis.host());
        }

        @Override
        public void allowFailover(boolean allowed) {
            failoverAllowed = allowed;
        }

        @Override
        public void kill() {
            acts.add("kill");
        }
    }

    private final class Orders extends NoNodes {
        @Override
        public void promote(Address at, boolean force) throws Failed {
            acts.add("promote " + at.host());
            if (unable != null) {
                throw new Failed(unable);
            }
        }

        @Override
        public void replicate(Address at, String masterId) {
            acts.add("replicate " + masterId);
        }
    }

    private final class States implements StateStore {
        @Override
        public Data load() {
            return stored;
        }

        @Override
        public void save(Data data) {
            stored = data;
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
