package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.http.Token;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@link Status}, {@link Switchover}, {@link Form} and {@link Selftest} as the user sees them: output, errors, exit code. */
@Timeout(60)
class CommandsTest {

    @TempDir
    Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Object command, String... args) {
        return new CommandLine(command).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    /** Architecture replication forms itself without being told anything. */
    private Path none() {
        return dir.resolve("none");
    }

    @Test
    void statusPrintsWhatTheAgentSays() throws IOException {
        try (Agent agent = new Agent(question -> "200 " + question + "\nPOD  ROLE\n")) {
            Path settings = Files.settingsIn(dir, 6379, agent.port(), 8380);

            assertThat(run(new Status(settings))).isZero();
            assertThat(out).hasToString("GET /status?output=table\nPOD  ROLE\n");
            assertThat(run(new Status(settings), "-o", "json")).isZero();
            assertThat(out.toString()).contains("GET /status?output=json");
        }
    }

    @Test
    void statusSaysInOneLineThatTheAgentIsNotThere() throws IOException {
        assertThat(run(new Status(Files.settingsIn(dir, 6379, free(), 8380)))).isEqualTo(1);
        assertThat(err.toString().strip()).hasLineCount(1).startsWith("redis-ha: the agent of this pod does not answer: ");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void statusRepeatsWhyTheAgentCannotSay() throws IOException {
        try (Agent agent = new Agent(question -> "503 this pod is starting\n")) {
            assertThat(run(new Status(Files.settingsIn(dir, 6379, agent.port(), 8380)))).isEqualTo(1);
        }
        assertThat(err.toString().strip()).isEqualTo("redis-ha: this pod is starting");
    }

    @Test
    void statusRefusesAnOutputThatIsNone() {
        assertThat(run(new Status(dir.resolve("settings.yaml")), "-o", "xml")).isEqualTo(2);
        assertThat(err.toString()).contains("xml").contains("table, json, yaml");
    }

    @Test
    void switchoverSaysWhoIsMasterNow() throws IOException {
        try (Agent agent = new Agent(question -> "200 redis-ha-2 is master now (0.12 s)")) {
            Path settings = Files.settingsIn(dir, 6379, 8379, agent.port());

            assertThat(run(new Switchover(settings, Files.passwordIn(dir)), "--to", "redis-ha-2")).isZero();

            assertThat(out).hasToString("redis-ha-2 is master now (0.12 s)\n");
            assertThat(agent.asked).containsExactly("POST /member/switchover {\"to\":\"redis-ha-2\"} " + new Token("pw").header());
        }
    }

    @Test
    void switchoverSaysWhyNot() throws IOException {
        try (Agent agent = new Agent(question -> question.contains("redis") ? "409 redis-ha-0 is not a replica in sync" : "401 ")) {
            Path settings = Files.settingsIn(dir, 6379, 8379, agent.port());

            assertThat(run(new Switchover(settings, Files.passwordIn(dir)), "--to", "redis-ha-0")).isEqualTo(1);
            assertThat(run(new Switchover(settings, Files.passwordIn(dir)))).isEqualTo(1);
            assertThat(run(new Switchover(settings, dir.resolve("none")))).isEqualTo(1);
            assertThat(run(new Switchover(settings, dir.resolve("none")), "--to", "a\"b")).isEqualTo(2);
        }
        assertThat(err.toString().lines()).startsWith(
                "redis-ha: redis-ha-0 is not a replica in sync",
                "redis-ha: the agent does not accept the password in " + dir.resolve("password"),
                "redis-ha: there is no password in " + dir.resolve("none"),
                "--to: given a\"b, expected a pod's name");
    }

    private static String status(boolean synced) {
        StringBuilder pods = new StringBuilder();
        for (int i = 0; i < 3; i++) {
            String role = i == 0 ? "master" : "replica";
            pods.append(i == 0 ? "" : ",").append("""
                    {"pod":"redis-ha-%d","role":"%s","ready":%b,"link":"%s","label":"%s","writable":%b}"""
                    .formatted(i, role, synced || i == 0, i == 0 ? "-" : synced ? "up" : "syncing", role, i == 0));
        }
        return "200 {\"leader\":\"redis-ha-0\",\"pods\":[" + pods + "]}";
    }

    @Test
    void formWaitsUntilTheReleaseIsWholeAndShowsIt() throws IOException {
        AtomicInteger asked = new AtomicInteger();
        try (Agent agent = new Agent(question -> question.endsWith("table") ? "200 THE TABLE\n" : status(asked.incrementAndGet() > 6))) {
            Path settings = Files.settingsIn(dir, 6379, agent.port(), 8380);

            assertThat(run(new Form(settings, none(), (s, pod) -> "localhost"))).isZero();
        }
        assertThat(out.toString().lines()).hasSize(2)
                .first().asString().endsWith("waiting: redis-ha-1 is not in sync (link syncing); redis-ha-2 is not in sync (link syncing)");
        assertThat(out.toString()).endsWith("\nTHE TABLE\n");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void formListsWhatIsMissingWhenTheTimeIsOver() throws IOException {
        int port = free();

        assertThat(run(new Form(Files.settingsIn(dir, 6379, port, 8380), none(), (s, pod) -> "localhost"), "--timeout", "1s")).isEqualTo(1);
        assertThat(err.toString().lines()).containsExactly("redis-ha: redis-ha does not work after 1s:",
                "  no pod accepts writes", "  redis-ha-0 does not answer", "  redis-ha-1 does not answer", "  redis-ha-2 does not answer");
        assertThat(run(new Form(), "--timeout", "soon")).isEqualTo(2);
    }

    @Test
    void formTellsWhatIsWrongWithTheSettings() throws IOException {
        Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.yaml(1, 2, 3).replace("replicas: 3", "replicas: 0"));

        assertThat(run(new Form(settings, none(), (s, pod) -> "localhost"))).isEqualTo(1);
        assertThat(err.toString().strip()).isEqualTo("redis-ha: replicas: given 0, expected a whole number from 1 to 1000");
    }

    /** A server that knows AUTH, SET, GET and DEL; everything it holds is "replicated" when it is read for the second time. */
    private static ServerSocket redis(Map<String, String> data) throws IOException {
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        AtomicInteger reads = new AtomicInteger();
        Thread.ofVirtual().start(() -> {
            while (!listener.isClosed()) {
                try (Socket socket = listener.accept()) {
                    BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
                    for (String head = in.readLine(); head != null; head = in.readLine()) {
                        String[] word = new String[Integer.parseInt(head.substring(1))];
                        for (int i = 0; i < word.length; i++) {
                            in.readLine();
                            word[i] = in.readLine();
                        }
                        String value = word.length > 1 ? data.get(word[1]) : null;
                        String reply = switch (word[0]) {
                            case "AUTH" -> word[1].equals("pw") ? "+OK" : "-WRONGPASS";
                            case "SET" -> {
                                data.put(word[1], word[2]);
                                reads.set(0);
                                yield "+OK";
                            }
                            case "GET" -> value == null || reads.incrementAndGet() < 2 ? "$-1" : "$" + value.length() + "\r\n" + value;
                            default -> {
                                data.remove(word[1]);
                                yield ":1";
                            }
                        };
                        socket.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.UTF_8));
                    }
                } catch (IOException e) {
                    // next client, or the end
                }
            }
        });
        return listener;
    }

    @Test
    void selftestUsesTheReleaseAsAClientDoes() throws IOException {
        Map<String, String> data = new ConcurrentHashMap<>();
        try (ServerSocket redis = redis(data); Agent agent = new Agent(question -> "200 redis-ha-2 is master now (0.05 s)")) {
            Path settings = Files.settingsIn(dir, redis.getLocalPort(), 8379, agent.port());

            assertThat(run(new Selftest(settings, Files.passwordIn(dir), (s, pod) -> "localhost"), "--switchover")).as(err::toString).isZero();
        }
        assertThat(out.toString().lines()).containsExactly(
                "wrote \"before\" through localhost",
                "read \"before\" from localhost",
                "switchover: redis-ha-2 is master now (0.05 s)",
                "read \"before\" from localhost",
                "wrote \"after\" through localhost",
                "read \"after\" from localhost",
                "redis-ha works");
        assertThat(data).isEmpty();
    }

    /** Somebody may have applied it without meaning to: what `helm template` prints has hooks in it. */
    @Test
    void selftestChangesNoMasterUnlessItIsTold() throws IOException {
        Map<String, String> data = new ConcurrentHashMap<>();
        try (ServerSocket redis = redis(data); Agent agent = new Agent(question -> "200 redis-ha-2 is master now (0.05 s)")) {
            Path settings = Files.settingsIn(dir, redis.getLocalPort(), 8379, agent.port());

            assertThat(run(new Selftest(settings, Files.passwordIn(dir), (s, pod) -> "localhost"))).as(err::toString).isZero();
            assertThat(agent.asked).isEmpty();
        }
        assertThat(out.toString().lines()).containsExactly("wrote \"before\" through localhost", "read \"before\" from localhost", "redis-ha works");
        assertThat(data).isEmpty();
    }

    @Test
    void selftestFailsWhenTheSwitchoverDoes() throws IOException {
        try (ServerSocket redis = redis(new ConcurrentHashMap<>()); Agent agent = new Agent(question -> "409 no replica is in sync")) {
            Path settings = Files.settingsIn(dir, redis.getLocalPort(), 8379, agent.port());

            assertThat(run(new Selftest(settings, Files.passwordIn(dir), (s, pod) -> "localhost"), "--switchover")).isEqualTo(1);
        }
        assertThat(err.toString().strip()).isEqualTo("redis-ha: switchover: no replica is in sync");
    }
}
