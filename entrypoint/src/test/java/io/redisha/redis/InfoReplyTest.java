package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.model.Address;
import io.redisha.model.Misconf;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerInfo.Aof;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replies recorded from the four engines, in the order: booted, master with a replica, that replica, that replica promoted. */
class InfoReplyTest {

    private static final String NO_HISTORY = "0".repeat(40);

    @ParameterizedTest
    @ValueSource(strings = {"redis-7.0", "redis-8.0", "valkey-8.1", "valkey-9.1"})
    void readsAServerThatHasJustBooted(String engine) {
        ServerInfo info = read(engine + "-booted");

        assertThat(info.role()).isEqualTo(Role.REPLICA);
        assertThat(info.follows(Address.DEAD)).isTrue();
        assertThat(info.linkUp()).isFalse();
        assertThat(info.syncing()).isFalse();
        assertThat(info.loading()).isFalse();
        assertThat(info.empty()).isTrue();
        assertThat(info.offset()).isEqualTo(1);
        assertThat(info.priority()).isEqualTo(100);
        assertThat(info.goodReplicas()).isZero();
        assertThat(info.runId()).hasSize(40);
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-7.0", "redis-8.0", "valkey-8.1", "valkey-9.1"})
    void readsAMasterAndItsReplica(String engine) {
        ServerInfo master = read(engine + "-master");
        ServerInfo replica = read(engine + "-replica");

        assertThat(master.role()).isEqualTo(Role.MASTER);
        assertThat(master.master()).isNull();
        assertThat(master.goodReplicas()).isEqualTo(1);
        assertThat(master.empty()).isFalse();
        assertThat(master.minReplicas()).isEqualTo(1);
        assertThat(master.replid2()).isEqualTo(NO_HISTORY);
        assertThat(master.secondOffset()).isEqualTo(-1);

        assertThat(replica.role()).isEqualTo(Role.REPLICA);
        assertThat(replica.master()).isEqualTo(new Address("ira", 6379));
        assertThat(replica.linkUp()).isTrue();
        assertThat(replica.empty()).isFalse();
        assertThat(replica.replid()).isEqualTo(master.replid());
        assertThat(replica.offset()).isEqualTo(master.offset()).isGreaterThan(90);
        assertThat(replica.runId()).isNotEqualTo(master.runId());
    }

    @ParameterizedTest
    @ValueSource(strings = {"redis-7.0", "redis-8.0", "valkey-8.1", "valkey-9.1"})
    void readsTheHistoryThatAPromotedReplicaCameFrom(String engine) {
        ServerInfo replica = read(engine + "-replica");
        ServerInfo promoted = read(engine + "-promoted");

        assertThat(promoted.role()).isEqualTo(Role.MASTER);
        assertThat(promoted.replid()).isNotEqualTo(replica.replid());
        assertThat(promoted.replid2()).isEqualTo(replica.replid());
        assertThat(promoted.secondOffset()).isEqualTo(promoted.offset() + 1);
    }

    @Test
    void countsReplicasThatAreOnlineAndAnsweredLately() {
        String info = """
                role:master\r
                slave0:ip=10.0.0.2,port=6379,state=online,offset=14,lag=3\r
                slave1:ip=10.0.0.3,port=6379,state=online,offset=14,lag=4\r
                slave2:ip=10.0.0.4,port=6379,state=wait_bgsave,offset=0,lag=0\r
                slave3:ip=10.0.0.5,port=6379,state=online,offset=14,lag=-1\r
                slave4:ip=10.0.0.6,port=6379,state=online,offset=14,lag=0,type=replica\r
                """;

        assertThat(InfoReply.parse(info, 1, 3).goodReplicas()).isEqualTo(2);
        assertThat(InfoReply.parse(info, 1, 0).goodReplicas()).isEqualTo(4);
    }

    @Test
    void takesALoadingServersWordForIt() {
        assertThat(InfoReply.parse("loading:1\r\nrole:slave\r\nmaster_host:127.0.0.1\r\nmaster_port:1\r\n", 0, 3).loading()).isTrue();
        assertThat(InfoReply.parse("loading:0\r\nasync_loading:1\r\nrole:slave\r\n", 0, 3).loading()).isTrue();
        assertThat(InfoReply.parse("role:slave\r\nmaster_sync_in_progress:1\r\n", 0, 3).syncing()).isTrue();
    }

    /** The first is what Valkey 9.1.2 says whose master has come back as a replica of nobody; Redis 8.0.2 shows 0 and some bytes when its master sends. */
    @Test
    void tellsAFullSyncThatIsAskedForFromOneThatArrives() {
        String asked = "role:slave\r\nmaster_link_status:down\r\nmaster_sync_in_progress:1\r\nslave_repl_offset:64\r\nmaster_sync_total_bytes:-1\r\nmaster_sync_read_bytes:0\r\n";
        assertThat(InfoReply.parse(asked, 0, 3)).matches(ServerInfo::syncing).matches(info -> !info.receiving());
        assertThat(InfoReply.parse(asked.replace("total_bytes:-1", "total_bytes:0"), 0, 3)).as("without a disk, its end is a mark").matches(ServerInfo::receiving);
        assertThat(InfoReply.parse(asked.replace("read_bytes:0", "read_bytes:4096"), 0, 3)).matches(ServerInfo::receiving);
        assertThat(InfoReply.parse(asked.replace("total_bytes:-1", "total_bytes:-2147483648"), 0, 3)).as("more than an int holds").matches(ServerInfo::receiving);
        assertThat(InfoReply.parse(asked.replace("progress:1", "progress:0").replace("read_bytes:0", "read_bytes:4096"), 0, 3)).matches(info -> !info.receiving());
    }

    /** Finding R3: until then the disk has what was there before a full sync. */
    @Test
    void seesWhetherTheAofIsRewritten() {
        String done = "role:slave\r\naof_enabled:1\r\naof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0\r\naof_last_bgrewrite_status:ok\r\n";
        assertThat(InfoReply.parse(done, 0, 3).aof()).isEqualTo(Aof.WHOLE);
        assertThat(InfoReply.parse(done.replace("in_progress:0", "in_progress:1"), 0, 3).aof()).isEqualTo(Aof.REWRITING);
        assertThat(InfoReply.parse(done.replace("scheduled:0", "scheduled:1"), 0, 3).aof()).isEqualTo(Aof.REWRITING);
        assertThat(InfoReply.parse(done.replace("status:ok", "status:err"), 0, 3).aof()).isEqualTo(Aof.FAILED);
        assertThat(InfoReply.parse(done.replace("enabled:1", "enabled:0").replace("status:ok", "status:err"), 0, 3).aof()).as("of one that was written once").isEqualTo(Aof.OFF);
    }

    /** Finding R16: a server without an AOF still says how it went with the last one. */
    @Test
    void seesWhatCouldNotBeSaved() {
        String saved = "role:master\r\nrdb_last_bgsave_status:ok\r\naof_enabled:1\r\naof_last_write_status:ok\r\n";
        String full = saved.replace("write_status:ok", "write_status:err");
        assertThat(InfoReply.parse(saved, 0, 3).misconf()).isEqualTo(Misconf.NONE);
        assertThat(InfoReply.parse(full, 0, 3).misconf()).isEqualTo(Misconf.AOF);
        assertThat(InfoReply.parse(full.replace("enabled:1", "enabled:0"), 0, 3).misconf()).isEqualTo(Misconf.NONE);
        assertThat(InfoReply.parse(saved.replace("bgsave_status:ok", "bgsave_status:err"), 0, 3).misconf()).isEqualTo(Misconf.SNAPSHOT);
        assertThat(InfoReply.parse(full.replace("bgsave_status:ok", "bgsave_status:err"), 0, 3).misconf()).as("what no setting can excuse").isEqualTo(Misconf.AOF);
        assertThat(NodeReply.parse(full, "", true).misconf()).isEqualTo(Misconf.AOF);
    }

    @Test
    void takesADatabaseWithoutKeysForEmpty() {
        assertThat(InfoReply.parse("role:master\r\ndb0:keys=0,expires=0,avg_ttl=0\r\n", 0, 3).empty()).isTrue();
        assertThat(InfoReply.parse("role:master\r\ndb0:keys=0,expires=0\r\ndb9:keys=1,expires=0\r\n", 0, 3).empty()).isFalse();
    }

    @Test
    void refusesAReplyThatNamesNoRole() {
        assertThatThrownBy(() -> InfoReply.parse("# Server\r\nrun_id:abc\r\n", 0, 3)).isInstanceOf(IllegalArgumentException.class);
    }

    private static ServerInfo read(String name) {
        try (InputStream in = InfoReplyTest.class.getResourceAsStream(name + ".txt")) {
            return InfoReply.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), 1, 3);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
