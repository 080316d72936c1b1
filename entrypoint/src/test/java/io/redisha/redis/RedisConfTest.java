package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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

    @Test
    void putsTheUsersLinesAfterTheDefaultsAndBeforeWhatIsOwned() {
        List<String> lines = conf(3, true, "appendonly no", "save 60 1", "repl-timeout 33").render().lines().toList();

        assertThat(lines.indexOf("appendonly no")).isGreaterThan(lines.indexOf("appendonly yes")).isLessThan(lines.indexOf("port 6379"));
        assertThat(lines.indexOf("repl-timeout 33")).isGreaterThan(lines.indexOf("repl-timeout 10"));
    }

    @Test
    void quotesAPasswordAsTheServerReadsIt() {
        assertThat(new RedisConf(List.of(), 6379, "10.0.0.1", "a\"b\\c #'\u00e9\n", true, 3, 3, "/data").render().lines())
                .contains("requirepass \"a\\\"b\\\\c #'\\xc3\\xa9\\x0a\"", "masterauth \"a\\\"b\\\\c #'\\xc3\\xa9\\x0a\"");
    }

    @Test
    void asksNoPasswordWhereNoneIsSet() {
        assertThat(new RedisConf(List.of(), 6379, "10.0.0.1", null, true, 3, 3, "/data").render()).doesNotContain("requirepass", "masterauth");
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
        "rename-command CONFIG \"\"", "user default on", "min-slaves-to-write 0", "cluster-enabled yes", "primaryauth x"})
    void recognizesAnOwnedDirectiveInAnySpelling(String line) {
        assertThat(conf(3, true, line).problems()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"maxmemory 1gb", "save \"\"", "dirty no", "client-output-buffer-limit pubsub 0 0 0", "# include /x", "portly 1"})
    void leavesTheRestToTheServer(String line) {
        assertThat(conf(3, true, line).problems()).isEmpty();
    }

    private static RedisConf conf(int replicas, boolean persistent, String... user) {
        return new RedisConf(List.of(user), 6379, "10.244.1.7", "secret", persistent, replicas, 3, "/data");
    }
}
