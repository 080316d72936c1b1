package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the kernel showed of a server in a frozen control group (Linux 6.18, freezer of the first version), and of processes that go on. */
@Timeout(30)
class DoomTest {

    @TempDir
    Path proc;

    private boolean isCertain(String state, long flags, String thread, String shared) throws IOException {
        Files.writeString(proc.resolve("stat"), "42 (redis-server) x) " + state + " 1 42 42 0 -1 " + flags + " 1 2 3 4 5 6\n");
        Files.writeString(proc.resolve("status"), "Name:\tredis-server\nState:\t" + state + "\nSigQ:\t1/96\nSigPnd:\t" + thread + "\nShdPnd:\t" + shared + "\nSigBlk:\t0000000000000100\n");
        return Doom.isCertain(proc);
    }

    @Test
    void isThatOfAProcessForWhichSigkillIsPending() throws IOException {
        assertThat(isCertain("D", 4194304, "0000000000000000", "0000000000000000")).isFalse();
        assertThat(isCertain("D", 4194304, "0000000000000100", "0000000000000000")).isTrue();
        assertThat(isCertain("D", 4194304, "0000000000000000", "0000000000000100")).isTrue();
        assertThat(isCertain("D", 4194304, "8000000000000000", "ffffffff00004100")).isTrue();
    }

    @Test
    void isNotThatOfOneForWhichAnotherSignalIs() throws IOException {
        assertThat(isCertain("D", 4194304, "0000000000004000", "0000000000004200")).as("SIGTERM and a SIGUSR1").isFalse();
    }

    @Test
    void isThatOfOneThatExits() throws IOException {
        assertThat(isCertain("D", 4194304 | 4, "0000000000000000", "0000000000000000")).isTrue();
        assertThat(isCertain("Z", 4194304, "0000000000000000", "0000000000000000")).isTrue();
    }

    @Test
    void isNotToldOfWhatCannotBeRead() throws IOException {
        assertThat(Doom.isCertain(proc)).isFalse();
        Files.writeString(proc.resolve("stat"), "42");
        assertThat(Doom.isCertain(proc)).isFalse();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void isNotThatOfARealProcessThatSleepsAndIsThatOfOneThatIsGone() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        assertThat(Doom.isCertain(process.pid())).isFalse();
        process.destroyForcibly();
        Awaitility.await().until(() -> Doom.isCertain(process.pid()));
    }
}
