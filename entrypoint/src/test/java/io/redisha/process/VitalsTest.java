package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Pulse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Real processes, and what the kernel says of them. */
@EnabledOnOs(OS.LINUX)
@Timeout(30)
class VitalsTest {

    @TempDir
    Path dir;

    private Process process;

    @AfterEach
    void end() {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    @Test
    void aProcessThatSleepsStandsStill() throws IOException {
        Vitals vitals = of("exec sleep 60");
        awaitState(vitals, 'S');

        Pulse first = vitals.read();
        Awaitility.await().until(() -> stoodStillFor(vitals.read()) > TimeUnit.MILLISECONDS.toNanos(300));

        assertThat(vitals.read().still()).as("since it was first seen so").isLessThanOrEqualTo(first.still() + TimeUnit.MILLISECONDS.toNanos(300));
        assertThat(vitals.read().saving()).isFalse();
    }

    @Test
    void oneThatWakesOnlyForAMomentMoves() throws Exception {
        Vitals vitals = of("exec 3<>" + pipe() + "; while true; do read -t 0.02 x <&3; done");
        vitals.read();
        for (int i = 0; i < 5; i++) {
            Thread.sleep(100);
            assertThat(vitals.read().moved()).isTrue();
        }
    }

    @Test
    void oneThatComputesMoves() throws Exception {
        Vitals vitals = of("while true; do :; done");
        vitals.read();
        for (int i = 0; i < 5; i++) {
            Thread.sleep(50);
            assertThat(vitals.read().moved()).isTrue();
        }
    }

    @Test
    void oneThatIsStoppedStandsStillAndSaysSo() throws Exception {
        Vitals vitals = of("while true; do :; done");
        new ProcessBuilder("kill", "-STOP", Long.toString(process.pid())).start().waitFor();
        awaitState(vitals, 'T');

        Awaitility.await().until(() -> stoodStillFor(vitals.read()) > TimeUnit.MILLISECONDS.toNanos(300));
        assertThat(vitals.read().isHeldUp()).isFalse();
    }

    @Test
    void oneThatHasAChildIsSeenToSave() throws IOException {
        Vitals vitals = of("sleep 60 & wait");
        awaitState(vitals, 'S');

        Awaitility.await().until(() -> vitals.read().saving());
        assertThat(vitals.read().isHeldUp()).isTrue();
    }

    @Test
    void nothingIsReadOfAProcessThatIsGone() throws Exception {
        Vitals vitals = of("exec sleep 60");
        assertThat(vitals.read()).isNotNull();
        process.destroyForcibly().waitFor();

        assertThat(vitals.read()).isNull();
    }

    @Test
    void whateverItsNameAndANameMayHoldAnything() throws IOException {
        Files.writeString(dir.resolve("stat"), "42 (a) R 1 (b) S 1 42 42 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 5 0 100 200 300\n");
        Files.writeString(dir.resolve("status"), "Name:\ta) R 1 (b\nvoluntary_ctxt_switches:\t30\nnonvoluntary_ctxt_switches:\t4\n");
        Files.createDirectory(dir.resolve("task"));
        Vitals vitals = new Vitals(dir);

        Pulse pulse = vitals.read();

        assertThat(pulse.state()).isEqualTo('S');
        assertThat(pulse.cpu()).isEqualTo(12);
        assertThat(pulse.turns()).isEqualTo(34);
        assertThat(vitals.read().still()).isEqualTo(pulse.still());
    }

    @Test
    void anotherThreadThatWaitsForAProcessorCounts() throws IOException {
        whateverItsNameAndANameMayHoldAnything();
        Path thread = Files.createDirectories(dir.resolve("task").resolve("43"));
        Files.writeString(thread.resolve("stat"), "43 (io) R 1 42 42 0 -1 4194560 100 0 0 0 7 5 0 0 20 0 5 0 100 200 300\n");
        Vitals vitals = new Vitals(dir);
        vitals.read();

        assertThat(vitals.read().moved()).isTrue();
        assertThat(vitals.read().state()).isEqualTo('R');
    }

    private Vitals of(String script) throws IOException {
        process = new ProcessBuilder("bash", "-c", script).start();
        return new Vitals(process.pid());
    }

    private String pipe() throws Exception {
        Path pipe = dir.resolve("pipe");
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor();
        return pipe.toString();
    }

    private static void awaitState(Vitals vitals, char state) {
        Awaitility.await().until(() -> {
            Pulse pulse = vitals.read();
            return pulse != null && pulse.state() == state && !pulse.moved();
        });
    }

    private static long stoodStillFor(Pulse pulse) {
        return pulse.at() - pulse.still();
    }
}
