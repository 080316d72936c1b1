package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.model.NodeInfo;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo.Aof;
import org.junit.jupiter.api.Test;

class NodeReplyTest {

    private static final String REPLICA = """
            # Server\r
            redis_version:7.2.4\r
            server_name:valkey\r
            valkey_version:9.1.2\r
            run_id:0123456789012345678901234567890123456789\r
            # Memory\r
            used_memory:2097152\r
            # Persistence\r
            loading:0\r
            async_loading:0\r
            # Replication\r
            role:slave\r
            master_host:10.244.1.7\r
            master_port:6379\r
            master_link_status:up\r
            master_sync_in_progress:0\r
            slave_repl_offset:1400\r
            master_replid:abc\r
            master_repl_offset:1386\r
            # Persistence\r
            aof_enabled:1\r
            aof_rewrite_in_progress:0\r
            aof_last_bgrewrite_status:ok\r
            # Keyspace\r
            db0:keys=12,expires=3,avg_ttl=0\r
            db3:keys=30,expires=0,avg_ttl=0\r
            """;
    private static final String CLUSTER = "cluster_state:ok\r\ncluster_slots_assigned:16384\r\ncluster_current_epoch:17\r\ncluster_my_epoch:3\r\n";

    @Test
    void readsAReplica() {
        assertThat(NodeReply.parse(REPLICA, CLUSTER, true)).isEqualTo(new NodeInfo("0123456789012345678901234567890123456789", "valkey", "9.1.2",
                Role.REPLICA, "abc", 1400, false, false, true, 42, true, 17, 2097152, true));
    }

    @Test
    void readsAMasterOfRedis() {
        NodeInfo info = NodeReply.parse("redis_version:8.0.2\r\nrole:master\r\nmaster_replid:abc\r\nmaster_repl_offset:77\r\n",
                "cluster_state:fail\r\ncluster_current_epoch:0\r\n", false);

        assertThat(info.engine()).isEqualTo("redis");
        assertThat(info.version()).isEqualTo("8.0.2");
        assertThat(info.role()).isEqualTo(Role.MASTER);
        assertThat(info.offset()).isEqualTo(77);
        assertThat(info.keys()).isZero();
        assertThat(info.stateOk()).isFalse();
        assertThat(info.failoverAllowed()).isFalse();
    }

    @Test
    void seesWhetherTheDiskHasWhatTheMemoryHas() {
        String info = "role:slave\r\nmaster_replid:abc\r\naof_enabled:1\r\naof_last_bgrewrite_status:ok\r\n";
        assertThat(NodeReply.parse(info + "aof_rewrite_in_progress:0\r\n", CLUSTER, true).aof()).isEqualTo(Aof.WHOLE);
        assertThat(NodeReply.parse(info + "aof_rewrite_scheduled:1\r\n", CLUSTER, true).aof()).isEqualTo(Aof.REWRITING);
    }

    @Test
    void seesHowLongASnapshotTakes() {
        assertThat(NodeReply.parse("role:master\r\nrdb_last_bgsave_time_sec:17\r\n", CLUSTER, true).snapshot()).isEqualTo(17);
        assertThat(NodeReply.parse("role:master\r\nrdb_last_bgsave_time_sec:-1\r\n", CLUSTER, true).snapshot()).isEqualTo(-1);
    }

    /** Finding R22. */
    @Test
    void seesThatNothingMoreFits() {
        assertThat(NodeReply.parse("role:master\r\nused_memory:2097152\r\nmaxmemory:2097151\r\nmaxmemory_policy:noeviction\r\n", CLUSTER, true).full()).isTrue();
        assertThat(NodeReply.parse(REPLICA, CLUSTER, true).full()).isFalse();
    }

    @Test
    void knowsNothingOfTheClusterWhileItLoads() {
        NodeInfo info = NodeReply.parse("role:master\r\nloading:1\r\nasync_loading:0\r\n", "", false);

        assertThat(info.loading()).isTrue();
        assertThat(info.stateOk()).isFalse();
        assertThat(info.epoch()).isZero();
    }

    @Test
    void takesNothingForAnAnswerThatIsNone() {
        assertThatThrownBy(() -> NodeReply.parse("what?", CLUSTER, true)).isInstanceOf(IllegalArgumentException.class);
    }
}
