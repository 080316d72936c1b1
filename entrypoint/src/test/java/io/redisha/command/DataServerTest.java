package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIOException;

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

    private void start(String... user) throws IOException {
        DataServer.refuseLoss(new RedisConf(List.of(user), 6379, "10.0.0.1", null, true, data.toString(), new RedisConf.Replication(3, 3)), data);
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
