package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** The commands where sentinels watch, as the user sees them. */
@Timeout(60)
class SentinelCommandsTest {

    @TempDir
    Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Object command, String... args) {
        return new CommandLine(command).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }

    private Path settings(int redis, int http, int member, int sentinel) throws IOException {
        return java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.sentinelYaml(redis, http, member, sentinel).replace("name: redis-ha-sentinel,", "name: localhost,"));
    }

    /** A pod for each name, on one port: an agent knows by its address who is meant. */
    private static String host(String pod) {
        return "127.0." + (pod.contains("sentinel") ? 1 : 0) + "." + (1 + Integer.parseInt(pod.substring(pod.lastIndexOf('-') + 1)));
    }

    @Test
    void formWaitsForServersAndSentinels() throws IOException {
        SortedMap<String, JsonNode> answers = Files.watched();
        Agent[] agents = new Agent[answers.size()];
        int port = 0;
        int i = 0;
        try {
            for (Map.Entry<String, JsonNode> answer : answers.entrySet()) {
                agents[i] = new Agent(InetAddress.getByName(host(answer.getKey())), port,
                        question -> question.endsWith("table") ? "200 THE TABLE\n" : "200 " + answer.getValue());
                port = agents[i++].port();
            }
            Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.sentinelYaml(6379, port, 8380, 26379));

            assertThat(run(new Form(settings, dir.resolve("none"), (s, pod) -> host(pod)))).as(err::toString).isZero();
            assertThat(out).hasToString("THE TABLE\n");

            agents[--i].close();
            assertThat(run(new Form(settings, dir.resolve("none"), (s, pod) -> host(pod)), "--timeout", "1s")).isEqualTo(1);
            assertThat(err.toString().lines()).containsExactly("redis-ha: redis-ha does not work after 1s:", "  redis-ha-sentinel-2 does not answer");
        } finally {
            while (i > 0) {
                agents[--i].close();
            }
        }
    }

    @Test
    void switchoverKnowsNoShards() throws IOException {
        assertThat(run(new Switchover(settings(1, 2, 3, 4), Files.passwordIn(dir)), "--shard", "1")).isEqualTo(2);
        assertThat(err.toString()).contains("--shard: given 1, expected none: architecture sentinel has one master");
    }

    @Test
    void switchoverInASentinelsPodAsksAServersAgent() throws IOException {
        try (Agent http = new Agent(question -> "200 {}"); Agent member = new Agent(question -> "200 redis-ha-2 is master now (0.31 s)")) {
            Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.sentinelYaml(6379, http.port(), member.port(), 26379));

            assertThat(run(new Switchover(settings, Files.passwordIn(dir), "redis-ha-sentinel-0", (s, pod) -> "localhost"), "--to", "redis-ha-2")).as(err::toString).isZero();

            assertThat(out).hasToString("redis-ha-2 is master now (0.31 s)\n");
            assertThat(member.asked).hasSize(1).first().asString().startsWith("POST /member/switchover {\"to\":\"redis-ha-2\"}");
        }
        Path settings = java.nio.file.Files.writeString(dir.resolve("settings.yaml"), Files.sentinelYaml(6379, 1, 2, 26379));
        assertThat(run(new Switchover(settings, Files.passwordIn(dir), "redis-ha-sentinel-0", (s, pod) -> "localhost"))).isEqualTo(1);
        assertThat(err.toString()).contains("this is a sentinel's, and no server's answers");
    }

    /** A server, and a sentinel. */
    private static ServerSocket redis() throws IOException {
        Map<String, String> data = new ConcurrentHashMap<>();
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
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
                            case "SENTINEL" -> word[2].equals("mymaster") ? "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379" : "*-1";
                            case "SET" -> {
                                data.put(word[1], word[2]);
                                yield "+OK";
                            }
                            case "GET" -> value == null ? "$-1" : "$" + value.length() + "\r\n" + value;
                            default -> ":1";
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
    void selftestAlsoAsksTheSentinels() throws IOException {
        try (ServerSocket redis = redis(); ServerSocket sentinel = redis(); Agent agent = new Agent(question -> "200 redis-ha-2 is master now (0.05 s)")) {
            Path settings = settings(redis.getLocalPort(), 8379, agent.port(), sentinel.getLocalPort());

            assertThat(run(new Selftest(settings, Files.passwordIn(dir), (s, pod) -> "localhost"), "--switchover")).as(err::toString).isZero();
        }
        assertThat(out.toString().lines()).containsSubsequence(
                "switchover: redis-ha-2 is master now (0.05 s)",
                "mymaster is 127.0.0.1, says localhost",
                "wrote \"by name\" through 127.0.0.1",
                "read \"by name\" from 127.0.0.1",
                "redis-ha works");
    }
}
