package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.redisha.config.Invalid;
import io.redisha.redis.RedisConf;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataServerTest {

    @TempDir
    Path data;

    private RedisConf conf(String... user) {
        return new RedisConf(List.of(user), 6379, "10.0.0.1", null, true, data.toString(), new RedisConf.Replication(3, 3));
    }

    private void start(String... user) throws IOException {
        DataServer.refuseLoss(conf(user), data);
    }

    /** Finding R18. A chart before this one let it pass, the pod's settings still have it, and a mutable tag has brought a newer program. */
    @Test
    void startsWithAValueThatTheChartRefusesNowAndSaysWhatToChange() throws Invalid {
        assertThat(DataServer.accept(conf("maxclients 99", "replica-priority 0"))).containsExactly(
                "redis.configuration: line 1: given maxclients 99, expected at least 100, some of which redis-ha and the replicas need",
                "redis.configuration: line 2: given replica-priority 0, expected at least 1, or no instance may ever lead");
        assertThatExceptionOfType(Invalid.class).isThrownBy(() -> DataServer.accept(conf("port 1")));
    }

    @Test
    void startsNoServerWithoutTheDataThatItsLogsHold() throws IOException {
        assertThatCode(this::start).as("there is none yet").doesNotThrowAnyException();
        Files.writeString(Files.createDirectory(data.resolve("appendonlydir")).resolve("appendonly.aof.1.incr.aof"), "*1\r\n");
        assertThatIOException().isThrownBy(this::start).withMessageContaining("there is no " + data.resolve("appendonlydir/appendonly.aof.manifest"));
        assertThatCode(() -> start("appendonly no")).as("it would not load them").doesNotThrowAnyException();
    }

    @Test
    void looksWhereTheServerHasItsLogs() throws IOException {
        Files.writeString(Files.createDirectory(data.resolve("logs")).resolve("x.1.incr.aof"), "*1\r\n");
        assertThatCode(() -> start("appenddirname logs")).doesNotThrowAnyException();
        assertThatIOException().isThrownBy(() -> start("appenddirname \"logs\"", "AppendFilename x")).withMessageContaining("there is no " + data.resolve("logs/x.manifest"));
    }
}
