package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedisConfTest {

    @Test
    void bootsAsTheReplicaOfNobody() {
        assertThat(conf(3, true).render().lines()).contains("replicaof 127.0.0.1 1", "replica-serve-stale-data no", "replica-read-only yes",
                "protected-mode no", "bind * -::*", "port 6379", "dir \"/data\"", "replica-announce-ip 10.244.1.7", "daemonize no");
    }

    @Test
    void keepsMasterFromWritingAloneOnlyWhereTwoReplicasCanBackItUp() {
        assertThat(conf(3, true).render().lines()).contains("min-replicas-to-write 1", "min-replicas-max-lag 3");
        assertThat(conf(2, true).render().lines()).contains("min-replicas-to-write 0");
        assertThat(conf(1, true).render().lines()).contains("min-replicas-to-write 0");
    }

    @Test
    void writesAnAppendOnlyFileWhereTheVolumeLasts() {
        assertThat(conf(3, true).render().lines()).contains("appendonly yes", "save \"\"");
        assertThat(conf(3, false).render().lines()).contains("appendonly no", "save \"\"");
    }

    /** A server that restarts without persistence would load it, and pass for one that has data. */
    @Test
    void leavesNoSnapshotOfAFullSyncOnDisk() {
        assertThat(conf(3, false).render().lines()).contains("rdb-del-sync-files yes");
    }

    @Test
    void knowsWhatTheServersEndTakes() {
        assertThat(conf(3, true).shutdownTimeout()).isEqualTo(Duration.ofSeconds(10));
        assertThat(conf(3, true, "shutdown-timeout 60").shutdownTimeout()).isEqualTo(Duration.ofSeconds(60));
        assertThat(conf(3, true).render().lines()).contains("shutdown-timeout 10");
        assertThat(conf(3, true).endsWithSnapshot()).isFalse();
        assertThat(conf(3, true, "save 60 1", "save 900 10").endsWithSnapshot()).isTrue();
        assertThat(conf(3, true, "save 60 1", "save \"\"").endsWithSnapshot()).isFalse();
    }

    @Test
    void putsTheUsersLinesAfterTheDefaultsAndBeforeWhatIsOwned() {
        List<String> lines = conf(3, true, "appendonly no", "save 60 1", "repl-timeout 33").render().lines().toList();

        assertThat(lines.indexOf("appendonly no")).isGreaterThan(lines.indexOf("appendonly yes")).isLessThan(lines.indexOf("port 6379"));
        assertThat(lines.indexOf("repl-timeout 33")).isGreaterThan(lines.indexOf("repl-timeout 10"));
    }

    @Test
    void knowsWhatTheServerLoadsAndWhatFirst() {
        assertThat(conf(3, true).dataFiles()).containsExactly("appendonly.aof", "appendonlydir", "dump.rdb");
        assertThat(conf(3, true, "DBfilename 'my snapshot.rdb'", "appenddirname log", "appendfilename \"x.aof\"", "appenddirname  logs ").dataFiles())
                .containsExactly("x.aof", "logs", "my snapshot.rdb");
        assertThat(conf(3, true, "appendonly no", "save 60 1").dataFiles()).containsExactly("dump.rdb", "appendonly.aof", "appendonlydir");
        assertThat(conf(3, false, "appendonly YES").dataFiles()).containsExactly("appendonly.aof", "appendonlydir", "dump.rdb");
    }

    @Test
    void quotesEachByteOfAPasswordAsTheServerReadsIt() {
        assertThat(new RedisConf(List.of(), 6379, "10.0.0.1", "a\"b\\c #'\u00e9\t\u0000", true, "/data", new RedisConf.Replication(3, 3)).render().lines())
                .contains("requirepass \"a\\\"b\\\\c #'\\xe9\\x09\\x00\"", "masterauth \"a\\\"b\\\\c #'\\xe9\\x09\\x00\"");
    }

    @Test
    void asksNoPasswordWhereNoneIsSet() {
        assertThat(new RedisConf(List.of(), 6379, "10.0.0.1", null, true, "/data", new RedisConf.Replication(3, 3)).render()).doesNotContain("requirepass", "masterauth");
    }

    /** Finding R11. */
    @Test
    void keepsMoreForAReplicaThatIsCopyingWhereThereIsMemory() {
        assertThat(conf(3, true).render().lines()).noneMatch(line -> line.startsWith("client-output-buffer-limit"));
        assertThat(conf(3, true).render(16L << 30).lines()).contains("client-output-buffer-limit replica 2048mb 2048mb 60");
        assertThat(conf(3, true, "maxmemory 1gb", "MaxMemory \"4gb\"").render(16L << 30).lines()).contains("client-output-buffer-limit replica 1024mb 1024mb 60");
        List<String> lines = conf(3, true, "client-output-buffer-limit slave 1gb 512mb 120").render(16L << 30).lines().toList();
        assertThat(lines.indexOf("client-output-buffer-limit slave 1gb 512mb 120")).as("the user's word is the last").isGreaterThan(lines.indexOf("client-output-buffer-limit replica 2048mb 2048mb 60"));
    }

    @Test
    void takesWhatAFullSyncLeftOnDiskForNothing() {
        assertThat(conf(3, false).isVolatile()).isTrue();
        assertThat(conf(3, false, "# save 60 1", "maxmemory 1gb").isVolatile()).isTrue();
        assertThat(conf(3, false, "Save 60 1").isVolatile()).as("kept across a restart of the container, by the user's wish").isFalse();
        assertThat(conf(3, true).isVolatile()).isFalse();
    }

    @Test
    void refusesEveryOwnedDirectiveAtOnce() {
        RedisConf conf = conf(3, true, "maxmemory 100mb", "# port 1", "ReplicaOf 10.0.0.1 6379", "", "  port 7000", "\"requirepass\" x");

        assertThat(conf.problems()).containsExactly(
                "redis.configuration: line 3: replicaof: is set by redis-ha; remove it",
                "redis.configuration: line 5: port: is set by redis-ha; remove it",
                "redis.configuration: line 6: requirepass: is set by redis-ha; remove it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"slaveof x 1", "\tbind 0.0.0.0", "'dir' /tmp", "\"d\\x69r\" /tmp", "\"po\"rt 1", "TLS-PORT 6380", "include /x",
        "rename-command CONFIG \"\"", "user default on", "min-slaves-to-write 0", "cluster-enabled yes", "primaryauth x",
        "cluster-announce-ip 1.2.3.4", "cluster-slave-no-failover no", "cluster-config-file x", "replica-announced no"})
    void recognizesAnOwnedDirectiveInAnySpelling(String line) {
        assertThat(conf(3, true, line).problems()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"maxmemory 1gb", "save \"\"", "dirty no", "client-output-buffer-limit pubsub 0 0 0", "# include /x", "portly 1",
        "cluster-migration-barrier 2"})
    void leavesTheRestToTheServer(String line) {
        assertThat(conf(3, true, line).problems()).isEmpty();
    }

    /** Finding R18. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "replica-priority 0            | at least 1, or no instance may ever lead",
            "Slave-Priority \"00\"         | at least 1, or no instance may ever lead",
            "maxclients 99                 | at least 100, some of which redis-ha and the replicas need",
            "repl-timeout 4                | at least 5, or replicas lose their links while nothing is wrong",
            "key-load-delay -500           | 0, it is for Redis' own tests and makes every start slow",
            "rdb-key-save-delay 10000      | less than 10000 microseconds, as each copy takes so long for each key",
            "maxmemory 7mb                 | at least 8mb, some of which the server needs itself, or 0 for no limit",
            "maxmemory 100                 | at least 8mb, some of which the server needs itself, or 0 for no limit",
            "repl-backlog-size 512kb       | at least 1mb, or each change of master costs full copies",
            "repl-backlog-size 16384       | at least 1mb, or each change of master costs full copies",
            "repl-diskless-sync-delay 61   | at most 60, as a replica waits so long before each full copy",
            "loglevel nothing              | debug, verbose, notice or warning, as redis-ha tells by the server's words why it does not start",
            "dbfilename \"\"               | the name of a file of its own, or nothing can be written under it",
            "appenddirname .redis-ha       | the name of a file of its own, or nothing can be written under it",
            "appenddirname ..              | the name of a file of its own, or nothing can be written under it",
            "tls-replication YES           | no, as there is no TLS yet",
            "bind-source-addr 10.0.0.1     | no such line, as each pod has an address of its own",
            "client-output-buffer-limit normal 0 0 0 replica 1mb 1mb 60 | at least 10mb for replicas, or 0 for no limit, or none stays linked"})
    void warnsOfValuesWithWhichNoInstanceCouldServeAndGoesOnWithThem(String line, String expected) {
        RedisConf conf = conf(3, true, "maxmemory 1gb", line);
        assertThat(conf.warnings()).singleElement().asString().startsWith("redis.configuration: line 2: given ").endsWith(", expected " + expected);
        assertThat(conf.problems()).as("the pod has run with it, and is not to stay down when it comes up with a newer program").isEmpty();
        assertThat(conf.render().lines()).contains(line);
    }

    /** The state file could not be written any more, and who has the newest data not be told; a node would forget its cluster. */
    @ParameterizedTest
    @ValueSource(strings = {"dbfilename .redis-ha", "DbFilename '.redis-ha'", "dbfilename nodes.conf"})
    void refusesASnapshotInPlaceOfWhatThePodRemembers(String line) {
        RedisConf.ClusterNode node = new RedisConf.ClusterNode(16379, 6379, null, true, Duration.ofSeconds(2), true);
        assertThat(node(node, "maxmemory 1gb", line).problems()).singleElement().asString().startsWith("redis.configuration: line 2: given dbfilename ").contains(", expected ");
        assertThat(node(node, "maxmemory 1gb", line).warnings()).as("said once").isEmpty();
    }

    /** Rules B4, C5 and D1: that an end was cut off, or that files are damaged, only the server's own words tell. */
    @Test
    void hearsAServerThatIsToSayNothing() {
        assertThat(conf(3, true, "loglevel nothing").render().lines().filter(line -> line.startsWith("loglevel"))).containsExactly("loglevel nothing", "loglevel warning");
        assertThat(conf(3, true, "loglevel verbose").render().lines().filter(line -> line.startsWith("loglevel"))).containsExactly("loglevel verbose");
    }

    @Test
    void warnsOfAPingThatIsRarerThanReplicasAreGivenUp() {
        String problem = "redis.configuration: given repl-ping-replica-period %d with repl-timeout %d, expected less than that, or replicas lose their links while nothing is written";
        assertThat(conf(3, true, "repl-ping-slave-period 10").warnings()).containsExactly(problem.formatted(10, 10));
        assertThat(conf(3, true, "repl-timeout 6", "repl-ping-replica-period 30", "repl-ping-replica-period 6").warnings()).containsExactly(problem.formatted(6, 6));
        assertThat(conf(3, true, "repl-timeout 60", "repl-ping-replica-period 10").warnings()).as("Redis' own defaults").isEmpty();
    }

    /** Each replica would rename the copy that it got onto the directory, for ever in vain. */
    @Test
    void warnsOfASnapshotOfTheSameNameAsTheDirectoryOfTheLogs() {
        String problem = "redis.configuration: given dbfilename %s and appenddirname %s, expected two names, or no replica can keep a copy";
        assertThat(conf(3, true, "dbfilename appendonlydir").warnings()).containsExactly(problem.formatted("appendonlydir", "appendonlydir"));
        assertThat(conf(3, true, "dbfilename x", "appenddirname 'x'").warnings()).containsExactly(problem.formatted("x", "x"));
        assertThat(conf(3, false, "dbfilename appendonlydir").warnings()).as("there is no such directory").isEmpty();
    }

    /** It counts as data: filled, it would leave no room for a key. */
    @Test
    void keepsNoMoreForReplicasThatAreAwayThanAQuarterOfWhatMayBeUsed() {
        assertThat(conf(3, true).render().lines()).contains("repl-backlog-size 67108864");
        assertThat(conf(3, true, "maxmemory 1gb").render().lines()).contains("repl-backlog-size 67108864");
        assertThat(conf(3, true, "maxmemory 100mb").render().lines()).contains("repl-backlog-size 26214400");
        assertThat(conf(3, true, "maxmemory 8mb").render().lines()).contains("repl-backlog-size 2097152");
    }

    /** What worked before goes on working. */
    @ParameterizedTest
    @ValueSource(strings = {"replica-priority 1", "replica-priority 100", "maxclients 100", "maxclients 20000", "repl-timeout 5", "repl-timeout 60", "repl-ping-replica-period 9",
        "key-load-delay 0", "tls-replication no", "tls-cluster yes", "bind-source-addr \"\"", "dbfilename nodes.conf", "rdb-key-save-delay 500", "maxmemory 0", "maxmemory 8mb", "maxmemory 20m",
        "repl-backlog-size 1mb", "repl-backlog-size 1000000", "repl-diskless-sync-delay 60", "replica-ignore-maxmemory yes", "loglevel warning", "appenddirname .logs", "dbfilename ...",
        "cluster-blacklist-ttl 1", "client-output-buffer-limit replica 0 64mb 1", "client-output-buffer-limit replica 0 0 0",
        "client-output-buffer-limit replica 256mb 64mb 60", "client-output-buffer-limit replica 256mb 5mb 3600", "maxmemory 8388608", "maxmemory 8192kb", "client-output-buffer-limit replica 10mb 10mb 60", "client-output-buffer-limit normal 1 1 1"})
    void leavesOtherValuesOfTheseToTheUser(String line) {
        assertThat(conf(3, true, line).warnings()).isEmpty();
        assertThat(conf(3, true, line).problems()).isEmpty();
    }

    @Test
    void warnsOnlyOfWhatTheArchitectureReads() {
        RedisConf.ClusterNode node = new RedisConf.ClusterNode(16379, 6379, null, true, Duration.ofSeconds(2), true);
        assertThat(node(node, "replica-priority 0").warnings()).as("Redis Cluster elects by offset").isEmpty();
        assertThat(node(node, "tls-cluster yes", "cluster-blacklist-ttl 59", "cluster-manual-failover-timeout 499").warnings()).hasSize(3);
        assertThat(node(node, "appenddirname nodes.conf").warnings()).hasSize(1);
        assertThat(node(node, "cluster-blacklist-ttl 60", "cluster-manual-failover-timeout 5000").warnings()).isEmpty();
    }

    /** One idea, one place is not to be had between a template and a program: so that they are one, this holds. */
    @Test
    void theChartHasTheSameTable() throws Exception {
        String template = Files.readString(Path.of("../chart/templates/_validate.tpl"));
        String table = template.replaceAll("(?s).*\\{\\{- define \"redisha.unfitValues\" -}}\n(.*?)\\{\\{- end -}}.*", "$1");
        assertThat(table).isEqualTo(UnfitValues.TABLE);
    }

    @Test
    void isACompleteNodeOfAClusterThatFollowsNobodyByItself() {
        List<String> lines = node(new RedisConf.ClusterNode(16379, 6379, null, true, Duration.ofSeconds(2), true), "cluster-migration-barrier 2")
                .render().lines().toList();

        assertThat(lines).contains("cluster-enabled yes", "cluster-config-file nodes.conf", "dir \"/data/redis-ha-0\"", "cluster-port 16379",
                "cluster-node-timeout 2000", "cluster-require-full-coverage yes", "cluster-announce-ip 10.244.1.7", "cluster-announce-port 6379",
                "cluster-announce-bus-port 16379", "cluster-allow-replica-migration no", "cluster-replica-validity-factor 0", "appendonly yes",
                "min-replicas-to-write 0", "requirepass \"secret\"", "cluster-migration-barrier 2");
        assertThat(lines).as("rule K4").contains("cluster-replica-no-failover yes");
        assertThat(lines).noneMatch(line -> line.startsWith("replicaof") || line.startsWith("cluster-announce-hostname"));
        assertThat(lines).as("there is no hostname to prefer").contains("cluster-preferred-endpoint-type ip");
    }

    @Test
    void tellsClientsOfAClusterWhereTheyFindTheNodeFromOutside() {
        assertThat(node(new RedisConf.ClusterNode(16379, 31007, "172.30.0.11", true, Duration.ofMillis(1500), false)).render().lines())
                .contains("port 6379", "cluster-announce-ip 10.244.1.7", "cluster-announce-port 31007", "cluster-announce-bus-port 16379",
                        "cluster-announce-hostname \"172.30.0.11\"", "cluster-preferred-endpoint-type hostname", "cluster-node-timeout 1500",
                        "cluster-require-full-coverage no");
    }

    @Test
    void isFoundByItsNameAndNotFitToLeadWhereSentinelsWatch() {
        RedisConf conf = new RedisConf(List.of("replica-priority 30", "maxmemory 1gb"), 6379, "10.244.1.7", "secret", true, "/data",
                new RedisConf.Sentinel("x-0.x-headless.ns.svc.cluster.local", 3, 3));
        List<String> lines = conf.render().lines().toList();

        assertThat(lines).contains("replicaof 127.0.0.1 1", "replica-serve-stale-data no", "min-replicas-to-write 1", "min-replicas-max-lag 3",
                "replica-announce-ip x-0.x-headless.ns.svc.cluster.local", "replica-announce-port 6379");
        assertThat(lines.indexOf("replica-priority 0")).as("the last word").isGreaterThan(lines.indexOf("replica-priority 30"));
        assertThat(conf.priority()).isEqualTo(30);
        assertThat(conf(3, true, "slave-priority '7'").priority()).isEqualTo(7);
        assertThat(conf(3, true, "# replica-priority 7", "replica-priority many").priority()).isEqualTo(100);
    }

    private static RedisConf node(RedisConf.ClusterNode mode, String... user) {
        return new RedisConf(List.of(user), 6379, "10.244.1.7", "secret", true, "/data/redis-ha-0", mode);
    }

    private static RedisConf conf(int replicas, boolean persistent, String... user) {
        return new RedisConf(List.of(user), 6379, "10.244.1.7", "secret", persistent, "/data", new RedisConf.Replication(replicas, 3));
    }
}
