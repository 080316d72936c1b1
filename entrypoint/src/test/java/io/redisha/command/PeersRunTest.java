package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** In a process of its own, since it takes that one's signals; with a shell as the program. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "needs an env that gives a program its signals back")
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)   // it reads what another process writes, or never does
class PeersRunTest {

    /** What {@link Run} does of it, without a container around. */
    static final class Alone {

        public static void main(String[] args) throws Exception {
            Settings settings = SettingsReader.read(Path.of(args[0]));
            int status = new PeersRun(settings, Files.peer(0, "127.0.0.1"), (warning, reason, message) -> System.out.println("EVENT " + warning + " " + reason + " " + message),
                    why -> System.out.println("WHY " + why)).run();
            System.exit(status);
        }
    }

    @TempDir
    Path dir;

    private Process process;
    private BufferedReader out;

    @AfterEach
    void end() {
        if (process != null) {
            process.destroyForcibly();
        }
    }

    private void run(String... command) throws IOException {
        int http;
        try (ServerSocket socket = new ServerSocket(0)) {
            http = socket.getLocalPort();
        }
        List<String> quoted = List.of(command).stream().map(word -> "'" + word.replace("'", "''") + "'").toList();
        Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.peersYaml(http, 1).replace("[ring]", quoted.toString())
                .replace("replicas: 3", "replicas: 1").replace("hostSuffix:", "waitTimeout: 100ms, stopTimeout: 1s, hostSuffix:"));
        // who runs the tests may have it ignored (nohup), which is passed on to all that are started and no shell can trap
        ProcessBuilder builder = new ProcessBuilder("env", "--default-signal=HUP", Path.of(System.getProperty("java.home"), "bin", "java").toString(), "--enable-native-access=ALL-UNNAMED", "-cp",
                System.getProperty("java.class.path"), Alone.class.getName(), settings.toString()).redirectErrorStream(true);
        process = builder.start();
        out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    private List<String> until(String end) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String line = out.readLine(); line != null; line = out.readLine()) {
            lines.add(line);
            if (line.equals(end)) {
                break;
            }
        }
        return lines;
    }

    private void signal(String name) throws Exception {
        new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start().waitFor();
    }

    private int status() throws InterruptedException {
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Test
    void endsAsItsProgramDidAndTellsWhy() throws Exception {
        run("sh", "-c", "echo \"$0 hello\"; echo no licence >&2; exit 7");

        assertThat(until(null)).contains("--me=x-0 hello", "no licence").anyMatch(line -> line.startsWith("EVENT false RingFounded"))
                .anyMatch(line -> line.matches("EVENT true ProgramEnded sh ended after \\d\\.\\d s with exit status 7: .*(hello \\| no licence|no licence \\| .*hello)"))
                .anyMatch(line -> line.matches("WHY sh ended after \\d\\.\\d s with exit status 7:"));
        assertThat(status()).isEqualTo(7);
    }

    @Test
    void namesASignalOnlyWhereThereIsOne() {
        assertThat(List.of(1, 128, 129, 137, 192, 193, 255).stream().map(PeersRun::said)).containsExactly("exit status 1", "exit status 128",
                "exit status 129 (signal 1)", "exit status 137 (signal 9)", "exit status 192 (signal 64)", "exit status 193", "exit status 255");
    }

    @Test
    void saysWhichProgramCannotBeStarted() throws Exception {
        run("/no/such/program");

        assertThat(until(null)).anyMatch(line -> line.startsWith("EVENT true ProgramDoesNotStart /no/such/program cannot be started: "));
        assertThat(status()).isEqualTo(127);
    }

    @Test
    void passesOnSignalsAndWaitsForTheProgram() throws Exception {
        run("sh", "-c", "trap 'echo hup' HUP; trap 'echo term; exit 3' TERM; echo ready; while true; do sleep 0.05; done");
        until("ready");

        signal("HUP");
        assertThat(until("hup")).endsWith("hup");
        signal("TERM");

        assertThat(until("term")).endsWith("term");
        assertThat(until(null)).contains("WHY null").noneMatch(line -> line.startsWith("EVENT"));
        assertThat(status()).isEqualTo(3);
    }

    @Test
    void killsAProgramThatDoesNotEnd() throws Exception {
        run("sh", "-c", "trap '' TERM; echo ready; while true; do sleep 0.05; done");
        until("ready");

        signal("TERM");

        assertThat(status()).isEqualTo(128 + 9);
    }
}
