package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodesConfTest {

    private static final String A = "a".repeat(40);
    private static final String B = "b".repeat(40);
    private static final String C = "c".repeat(40);
    private static final String D = "d".repeat(40);

    /** As Valkey 9.1 writes it, in the middle of a move. */
    private static final String FILE = """
            %s 10.0.0.1:6379@16379,a.example,tls-port=0,shard-id=%s myself,master - 0 0 7 connected 0-3 5 [5->-%s] [93-<-%s]
            %s fd00::2:6379@16379,,tls-port=0,shard-id=%s master - 0 1795243555123 8 disconnected 93-100
            %s :0@0,,tls-port=0,shard-id=%s slave,noaddr %s 0 1795243555124 7 disconnected
            %s 10.0.0.4:6379@16379 handshake - 1795243555125 0 0 disconnected
            vars currentEpoch 9 lastVoteEpoch 6
            """.formatted(A, A, B, B, B, B, C, A, A, D);

    @Test
    void readsAllThatAServerWrites() throws Exception {
        NodesConf conf = NodesConf.parse(FILE);

        assertThat(conf.currentEpoch()).isEqualTo(9);
        assertThat(conf.lastVoteEpoch()).isEqualTo(6);
        ClusterNode a = conf.myself();
        assertThat(a.id()).isEqualTo(A);
        assertThat(a.redis()).isEqualTo(new Address("10.0.0.1", 6379));
        assertThat(a.busPort()).isEqualTo(16379);
        assertThat(a.hostname()).isEqualTo("a.example");
        assertThat(a.aux()).containsExactly(Map.entry("tls-port", "0"), Map.entry("shard-id", A));
        assertThat(a.slots()).isEqualTo(Slots.parse("0-3 5"));
        assertThat(a.migrating()).containsExactly(Map.entry(5, B));
        assertThat(a.importing()).containsExactly(Map.entry(93, B));
        assertThat(conf.topology().node(B).orElseThrow().redis()).isEqualTo(new Address("fd00::2", 6379));
        ClusterNode c = conf.topology().node(C).orElseThrow();
        assertThat(c.hasAddress()).isFalse();
        assertThat(c.isReplica()).isTrue();
        assertThat(c.master()).isEqualTo(A);
        assertThat(conf.topology().node(D).orElseThrow().isHandshake()).isTrue();
        assertThat(conf.text()).isEqualTo(FILE);
    }

    @Test
    void readsBackWhateverItWrites() throws Exception {
        for (int seed = 0; seed < 500; seed++) {
            NodesConf conf = GeneratedNodes.of(seed, seed % 2 == 0);
            NodesConf read = NodesConf.parse(conf.text());
            assertThat(read).as("seed %d", seed).isEqualTo(conf);
            assertThat(read.text()).isEqualTo(conf.text());
        }
    }

    @Test
    void takesAnAnswerToClusterNodesApart() {
        Topology seen = NodesConf.nodes(FILE.substring(0, FILE.indexOf("vars")));

        assertThat(seen.nodes()).extracting(ClusterNode::id).containsExactly(A, B, C, D);
        assertThat(NodesConf.nodes("")).isEqualTo(Topology.NONE);
        assertThatThrownBy(() -> NodesConf.nodes("ERR unknown command")).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void noticesThatAFileWasCutOffAnywhere() {
        for (int length = 0; length < FILE.length(); length++) {
            String cut = FILE.substring(0, length);
            assertThatThrownBy(() -> NodesConf.parse(cut)).as(cut).isInstanceOf(NodesConf.Corrupt.class).hasMessageMatching("line [1-6]: .+");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"\0\0\0\0\0\0", "garbage", "one two three four five six seven eight nine",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1 master - 0 0 1 connected",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:x@16379 master - 0 0 1 connected",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379,,shard master - 0 0 1 connected",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 m4ster - 0 0 1 connected",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 slave ? 0 0 1 connected",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 master - 0 0 -1 connected",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 master - 0 0 1 yes",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 master - 0 0 1 connected 16384",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 master - 0 0 1 connected 5-3",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 master - 0 0 1 connected [5->-x]",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 master - 0 0 1 connected [->-aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 master - 0 0 1 connected [5",
        "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee 10.0.0.1:6379@16379 myself,master - 0 0 1 connected",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa 10.0.0.1:6379@16379 master - 0 0 1 connected"})
    void saysInWhichLineGarbageIs(String line) {
        assertThatThrownBy(() -> NodesConf.parse(FILE.replaceFirst("\n", "\n" + java.util.regex.Matcher.quoteReplacement(line) + "\n")))
                .isInstanceOf(NodesConf.Corrupt.class).hasMessageMatching("line [26]: [ -~]+|line 7: (2 nodes are \"myself\", expected one|a node is there twice)");
    }

    @Test
    void letsFlagsPassThatOnlyANewerServerKnows() throws Exception {
        String newer = FILE.replace("slave,noaddr", "slave,nofailover,sleeping");

        assertThat(NodesConf.parse(newer).text()).isEqualTo(newer);
    }

    @Test
    void putsAddressesRight() throws Exception {
        NodesConf conf = NodesConf.parse(FILE).withOwnAddress("10.9.9.9", 7000, 17000).withAddresses(Map.of(B, "fd00::9", C, "10.9.9.3", "x", "10.9.9.4"));

        assertThat(conf.myself().redis()).isEqualTo(new Address("10.9.9.9", 7000));
        assertThat(conf.myself().busPort()).isEqualTo(17000);
        assertThat(conf.topology().node(B).orElseThrow().redis()).isEqualTo(new Address("fd00::9", 6379));
        assertThat(conf.topology().node(C).orElseThrow().hasAddress()).as("its port is not known").isFalse();
        assertThat(conf.topology().node(D)).isEqualTo(NodesConf.parse(FILE).topology().node(D));
    }

    /** Kubernetes gives addresses away again. */
    @Test
    void forgetsTheAddressOfWhoeverHadTheOwnOneBefore() throws Exception {
        NodesConf conf = NodesConf.parse(FILE).withOwnAddress("fd00::2", 6379, 16379);

        assertThat(conf.myself().redis()).isEqualTo(new Address("fd00::2", 6379));
        assertThat(conf.topology().node(B).orElseThrow().hasAddress()).isFalse();
        assertThat(conf.text()).contains(B + " :0@0,,tls-port=0,shard-id=" + B + " master,noaddr - 0 1795243555123 8 disconnected 93-100\n");
        assertThat(NodesConf.parse(conf.text())).isEqualTo(conf);
    }

    @Test
    void startsALostMasterAsTheReplicaOfItsSuccessor() throws Exception {
        NodesConf was = NodesConf.parse(FILE.replace(" slave,noaddr ", " slave ").replace(":0@0,", "10.0.0.3:6379@16379,"));

        NodesConf conf = was.asReplicaOf(C);

        assertThat(conf.myself().flags()).containsExactly("myself", "slave");
        assertThat(conf.myself().master()).isEqualTo(C);
        assertThat(conf.myself().slots()).isEqualTo(Slots.NONE);
        assertThat(conf.myself().migrating()).isEmpty();
        assertThat(conf.myself().importing()).isEmpty();
        ClusterNode master = conf.topology().node(C).orElseThrow();
        assertThat(master.flags()).containsExactly("master");
        assertThat(master.master()).isNull();
        assertThat(master.slots()).isEqualTo(Slots.parse("0-3 5"));
        assertThat(NodesConf.parse(conf.text())).isEqualTo(conf);
        assertThatThrownBy(() -> was.asReplicaOf(A)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> was.asReplicaOf("e".repeat(40))).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("nobody here knows");
    }

    @Test
    void takesAnotherShardsIdentityWithItsMaster() throws Exception {
        assertThat(NodesConf.parse(FILE).asReplicaOf(B).myself().aux()).containsEntry("shard-id", B);
        assertThat(NodesConf.parse(FILE.replace(",tls-port=0,shard-id=" + B, "")).asReplicaOf(B).myself().aux()).doesNotContainKey("shard-id");
    }

    @Test
    void isRebuiltFromWhatASiblingKnows() throws Exception {
        Topology seen = NodesConf.parse(FILE.replace(" master - 0 1795243555123 8", " master,fail - 0 1795243555123 8")).topology();

        NodesConf conf = NodesConf.ofSibling(seen, B);

        assertThat(conf.myself().id()).isEqualTo(B);
        assertThat(conf.myself().flags()).containsExactly("myself", "master");
        assertThat(conf.myself().slots()).isEqualTo(Slots.range(93, 100));
        ClusterNode sibling = conf.topology().node(A).orElseThrow();
        assertThat(sibling.flags()).containsExactly("master");
        assertThat(sibling.migrating()).isEmpty();
        assertThat(conf.topology().node(D)).as("only the sibling is meeting it").isEmpty();
        assertThat(List.of(conf.currentEpoch(), conf.lastVoteEpoch())).containsExactly(8L, 8L);
        assertThat(NodesConf.parse(conf.text())).isEqualTo(conf);
        assertThatThrownBy(() -> NodesConf.ofSibling(seen, "e".repeat(40))).isInstanceOf(IllegalArgumentException.class);
    }
}
