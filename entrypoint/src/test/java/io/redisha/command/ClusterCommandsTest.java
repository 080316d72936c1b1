package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What commands do in architecture cluster, as the user sees it. */
@Timeout(60)
class ClusterCommandsTest {

    @TempDir
    Path dir;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final List<AutoCloseable> open = new ArrayList<>();

    private int run(Object command, String... args) {
        return new CommandLine(command).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(args);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    private Agent agent(UnaryOperator<String> answers) throws IOException {
        Agent agent = new Agent(answers);
        open.add(agent);
        return agent;
    }

    /**
     * Ten addresses of this machine, one for each pod; the pods' ports are the same everywhere, as in a release.
     *
     * @param rows   what each of them says at the n-th time
     * @param orders what they answer on the member port
     */
    private final class Release {

        private final List<String> ordered = new CopyOnWriteArrayList<>();
        private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
        private final Path settings;

        Release(BiFunction<String, Integer, JsonNode> rows, UnaryOperator<String> orders) throws IOException {
            Agent first = agent("127.0.1.0", 0, q -> answer("redis-ha-0", q, rows));
            for (int i = 1; i < 10; i++) {
                String pod = "redis-ha-" + i;
                agent("127.0.1." + i, first.port(), q -> answer(pod, q, rows));
            }
            Agent member = agent("127.0.1.0", 0, q -> order(q, orders));
            for (int i = 1; i < 10; i++) {
                agent("127.0.1." + i, member.port(), q -> order(q, orders));
            }
            settings = Files.clusterIn(dir, 6379, first.port(), member.port());
        }

        private Agent agent(String host, int port, UnaryOperator<String> answers) throws IOException {
            Agent agent = new Agent(InetAddress.getByName(host), port, answers);
            open.add(agent);
            return agent;
        }

        private String answer(String pod, String question, BiFunction<String, Integer, JsonNode> rows) {
            if (question.endsWith("table")) {
                return "200 THE TABLE\n";
            }
            JsonNode row = rows.apply(pod, asked.computeIfAbsent(pod, p -> new AtomicInteger()).incrementAndGet());
            return row == null ? "503 starting" : "200 " + row;
        }

        private String order(String question, UnaryOperator<String> orders) {
            ordered.add(question);
            return orders.apply(question);
        }

        Form form() throws IOException {
            return new Form(settings, Files.passwordIn(dir), (s, pod) -> "127.0.1." + pod.substring(pod.lastIndexOf('-') + 1));
        }
    }

    private static SortedMap<String, JsonNode> nodes(int shards, Consumer<SortedMap<String, JsonNode>> change) {
        SortedMap<String, JsonNode> nodes = Files.nodes(shards);
        change.accept(nodes);
        return nodes;
    }

    private static ObjectNode row(SortedMap<String, JsonNode> nodes, int ordinal) {
        return (ObjectNode) nodes.get("redis-ha-" + ordinal);
    }

    // ---- form

    @Test
    void formWaitsUntilEverySlotIsInItsPlaceAndShowsIt() throws IOException {
        SortedMap<String, JsonNode> whole = Files.nodes(3);
        SortedMap<String, JsonNode> moving = nodes(3, n -> {
            row(n, 1).withObject("/release").put("settled", false).putObject("progress").put("inWords", "moving slots: 1200/4096 (29 %), 31000 keys/s, 40 s left");
            row(n, 5).put("link", "syncing");
        });
        Release release = new Release((pod, time) -> (time > 3 ? whole : moving).get(pod), q -> "200 ");

        assertThat(run(release.form())).as(err::toString).isZero();

        assertThat(out.toString().lines().map(line -> line.replaceFirst("^ *[0-9.]+ s  ", ""))).containsExactly(
                "waiting: slots are moving; redis-ha-2 has 0 of 1 replicas in sync; redis-ha-5 is not in sync (link syncing)",
                "moving slots: 1200/4096 (29 %), 31000 keys/s, 40 s left",
                "THE TABLE");
        assertThat(err.toString()).isEmpty();
    }

    /** What was announced before the upgrade is over when the StatefulSet has its new shape. */
    @Test
    void formTakesAnAnnouncedShapeBackOnce() throws IOException {
        SortedMap<String, JsonNode> whole = Files.nodes(3);
        AtomicInteger tries = new AtomicInteger();
        Release release = new Release((pod, time) -> whole.get(pod), q -> tries.incrementAndGet() < 3 ? "503 no pod leads yet: ask again" : "200 ");

        assertThat(run(release.form())).as(err::toString).isZero();

        assertThat(out.toString()).contains("waiting: an announced shape may still hold: no pod leads yet: ask again");
        assertThat(release.ordered).containsExactly("POST /member/target {}", "POST /member/target {}", "POST /member/target {}");
    }

    @Test
    void formListsTheLeadersReasonsWhenTheTimeIsOver() throws IOException {
        SortedMap<String, JsonNode> empty = nodes(3, n -> {
            IntStream.range(0, 6).forEach(i -> row(n, i).putNull("role").put("slots", "").put("slotCount", 0));
            row(n, 1).withObject("/release").put("settled", false).putArray("problems").add("redis-ha-5 holds keys that are not of this release");
        });
        Release release = new Release((pod, time) -> pod.equals("redis-ha-4") ? null : empty.get(pod), q -> "200 ");

        assertThat(run(release.form(), "--timeout", "1s")).isEqualTo(1);

        assertThat(err.toString().lines()).containsExactly("redis-ha: redis-ha does not work after 1s:", "  redis-ha-4 does not answer",
                "  the cluster is not created yet", "  redis-ha-5 holds keys that are not of this release");
    }

    @Test
    void formNeedsThePassword() throws IOException {
        assertThat(run(new Form(Files.clusterIn(dir, 1, 2, 3), dir.resolve("none"), (s, pod) -> "localhost"))).isEqualTo(1);
        assertThat(err).hasToString("redis-ha: there is no password in " + dir.resolve("none") + "\n");
    }

    // ---- form --before

    @Test
    void formBeforeAnInstallationHasNothingToMove() throws IOException {
        assertThat(run(new Form(dir.resolve("none"), dir.resolve("none"), (s, pod) -> "localhost"), "--before", "--shards", "3", "--replicas-per-shard", "1")).isZero();
        Form nobody = new Form(Files.clusterIn(dir, 1, 2, 3), Files.passwordIn(dir), (s, pod) -> pod + ".invalid");
        assertThat(run(nobody, "--before", "--shards", "3", "--replicas-per-shard", "0", "--timeout", "1s")).isZero();
        assertThat(out).hasToString("nothing is installed yet: nothing to move\nnothing is installed yet: nothing to move\n");

        assertThat(run(new Form(Files.settingsIn(dir, 1, 2, 3), dir.resolve("none"), (s, pod) -> "localhost"), "--before", "--shards", "3", "--replicas-per-shard", "1"))
                .isZero();
        assertThat(out.toString()).endsWith("\nno cluster is installed: nothing to move\n");
    }

    @Test
    void formBeforeMorePodsOnlyTakesBackWhatWasAnnounced() throws IOException {
        SortedMap<String, JsonNode> now = Files.nodes(3);
        Release release = new Release((pod, time) -> now.get(pod), q -> "200 ");

        assertThat(run(release.form(), "--before", "--shards", "5", "--replicas-per-shard", "1")).isZero();
        assertThat(run(release.form(), "--before", "--shards", "3", "--replicas-per-shard", "1")).isZero();

        assertThat(out).hasToString("no pod goes: nothing to move\nno pod goes: nothing to move\n");
        assertThat(release.ordered).containsExactly("POST /member/target {}", "POST /member/target {}");
    }

    @Test
    void formBeforeFewerPodsWaitsUntilTheyOwnNothing() throws IOException {
        SortedMap<String, JsonNode> five = nodes(5, n -> row(n, 1).withObject("/release").putObject("progress").put("inWords", "moving slots: 1/6554"));
        SortedMap<String, JsonNode> three = Files.nodes(3);
        Files.nodes(5).forEach((pod, row) -> three.putIfAbsent(pod, ((ObjectNode) row).putNull("role").put("slotCount", 0).put("knows", 1)));
        Release release = new Release((pod, time) -> (time > 4 ? three : five).get(pod), q -> "200 ");
        java.nio.file.Files.writeString(release.settings,
                java.nio.file.Files.readString(release.settings).replace("replicas: 6", "replicas: 10").replace("shards: 3", "shards: 5"));

        assertThat(run(release.form(), "--before", "--shards", "3", "--replicas-per-shard", "1")).as(err::toString).isZero();

        assertThat(out.toString().lines().map(line -> line.replaceFirst("^ *[0-9.]+ s  ", ""))).containsExactly(
                "to go: redis-ha-6, redis-ha-7, redis-ha-8, redis-ha-9",
                "waiting: redis-ha-6 is still part of the cluster; redis-ha-7 is still part of the cluster; redis-ha-8 is still part of the cluster; "
                        + "redis-ha-9 is still part of the cluster; the cluster still counts on more than 6 nodes; no leader has taken up the new shape yet",
                "moving slots: 1/6554",
                "may go, the cluster has forgotten them: redis-ha-6, redis-ha-7, redis-ha-8, redis-ha-9");
        assertThat(release.ordered).containsExactly("POST /member/target {\"shards\":3,\"replicasPerShard\":1,\"pods\":6}");
    }

    /** The settings are those of the last upgrade; kubectl scale has been there since. */
    @Test
    void formBeforeCountsThePodsThatThereAre() throws IOException {
        SortedMap<String, JsonNode> five = nodes(5, n -> row(n, 1).withObject("/release").putArray("problems").add("redis-ha-0 does not answer"));
        Release release = new Release((pod, time) -> five.get(pod), q -> "409 the Lease could not be written");

        assertThat(run(release.form(), "--before", "--shards", "3", "--replicas-per-shard", "1", "--timeout", "1s")).isEqualTo(1);

        assertThat(out.toString()).contains("to go: redis-ha-6, redis-ha-7, redis-ha-8, redis-ha-9");
        assertThat(err.toString().lines()).startsWith("redis-ha: redis-ha can't be made smaller within 1 s:",
                        "  the shape was not handed over: the Lease could not be written")
                .endsWith("  redis-ha-0 does not answer",
                        "redis-ha: no slot is dropped; the pods go on with it. Run the upgrade again, or take it back by one with the shape of before.");
    }

    @Test
    void formBeforeDoesNotKeepAnUpgradeThatMayBeTheCure() throws IOException {
        Release release = new Release((pod, time) -> null, q -> "503 no pod leads yet: ask again");

        assertThat(run(release.form(), "--before", "--shards", "3", "--replicas-per-shard", "1", "--timeout", "1s")).isZero();

        assertThat(out).hasToString("no pod goes: nothing to move (no pod answers)\n");
    }

    @Test
    void formRefusesHalfAShape() {
        assertThat(run(new Form(), "--before", "--shards", "3")).isEqualTo(2);
        assertThat(run(new Form(), "--shards", "3", "--replicas-per-shard", "1")).isEqualTo(2);
        assertThat(err.toString().lines().filter(line -> line.equals("--before, --shards and --replicas-per-shard go together"))).hasSize(2);
    }

    // ---- switchover, fix

    @Test
    void switchoverWantsToKnowOfWhichShard() throws IOException {
        Agent agent = agent(question -> "200 redis-ha-4 is master of shard 1 now (0.05 s)");
        Path settings = Files.clusterIn(dir, 6379, 8379, agent.port());
        Path password = Files.passwordIn(dir);

        assertThat(run(new Switchover(settings, password), "--shard", "1")).isZero();
        assertThat(run(new Switchover(settings, password), "--to", "redis-ha-4")).isZero();
        assertThat(run(new Switchover(settings, password), "--shard", "1", "--to", "redis-ha-4")).isZero();
        assertThat(run(new Switchover(settings, password))).isEqualTo(2);
        assertThat(err.toString()).startsWith("given neither --shard nor --to, expected one of them: each shard has its own master\n");

        assertThat(out.toString()).startsWith("redis-ha-4 is master of shard 1 now (0.05 s)\n");
        String header = " " + new Token("pw").header();
        assertThat(agent.asked).containsExactly("POST /member/switchover {\"shard\":1}" + header, "POST /member/switchover {\"to\":\"redis-ha-4\"}" + header,
                "POST /member/switchover {\"shard\":1,\"to\":\"redis-ha-4\"}" + header);
    }

    @Test
    void switchoverKnowsNoShardsInAReplication() throws IOException {
        assertThat(run(new Switchover(Files.settingsIn(dir, 1, 2, 3), Files.passwordIn(dir)), "--shard", "0")).isEqualTo(2);
        assertThat(err.toString()).startsWith("--shard: given 0, expected none: architecture replication has one master\n");
    }

    @Test
    void fixOnlyActsWhenItIsTold() throws IOException {
        Agent agent = agent(question -> question.contains("true") ? "200 gave slots 0-99 to redis-ha-0" : "200 would give slots 0-99 to redis-ha-0: their keys are lost");
        Path settings = Files.clusterIn(dir, 6379, 8379, agent.port());

        assertThat(run(new Fix(settings, Files.passwordIn(dir)))).isZero();
        assertThat(run(new Fix(settings, Files.passwordIn(dir)), "--yes")).isZero();

        assertThat(out).hasToString("would give slots 0-99 to redis-ha-0: their keys are lost\ngave slots 0-99 to redis-ha-0\n");
        assertThat(agent.asked).allMatch(asked -> asked.startsWith("POST /member/fix {\"confirmed\":"));
    }

    @Test
    void fixSaysWhyNot() throws IOException {
        Agent agent = agent(question -> "503 no pod leads yet: ask again");

        assertThat(run(new Fix(Files.clusterIn(dir, 6379, 8379, agent.port()), Files.passwordIn(dir)))).isEqualTo(1);
        assertThat(run(new Fix(Files.settingsIn(dir, 6379, 8379, agent.port()), Files.passwordIn(dir)), "--yes")).isEqualTo(1);

        assertThat(err).hasToString("redis-ha: no pod leads yet: ask again\nredis-ha: there is nothing to fix by hand in architecture replication\n");
        assertThat(agent.asked).hasSize(1);
    }

    // ---- selftest

    /** Two masters that share the keys by their last digit, and send each other's clients away. */
    private ServerSocket master(String host, int port, boolean even, Map<String, String> data) throws IOException {
        ServerSocket listener = new ServerSocket(port, 50, InetAddress.getByName(host));
        open.add(listener);
        Thread.ofVirtual().start(() -> {
            while (!listener.isClosed()) {
                try {
                    Socket socket = listener.accept();
                    Thread.ofVirtual().start(() -> serve(socket, even, listener.getLocalPort(), data));
                } catch (IOException e) {
                    // The end.
                }
            }
        });
        return listener;
    }

    private static void serve(Socket socket, boolean even, int port, Map<String, String> data) {
        try (socket) {
            BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            boolean asking = false;
            for (String head = in.readLine(); head != null; head = in.readLine()) {
                String[] word = new String[Integer.parseInt(head.substring(1))];
                for (int i = 0; i < word.length; i++) {
                    in.readLine();
                    word[i] = in.readLine();
                }
                boolean mine = word.length < 2 || word[0].equals("AUTH") || (word[1].charAt(word[1].length() - 1) % 2 == 0) == even;
                boolean onItsWay = word.length > 1 && word[1].endsWith("7");
                String reply;
                if (word[0].equals("AUTH") || word[0].equals("ASKING")) {
                    asking = word[0].equals("ASKING");
                    reply = "+OK";
                } else if (!mine) {
                    reply = (onItsWay ? "-ASK" : "-MOVED") + " 7 127.0.2." + (even ? 2 : 1) + ":" + port;
                } else if (onItsWay && !asking) {
                    reply = "-MOVED 7 127.0.2.1:" + port;
                } else {
                    String old = word[0].equals("SET") ? data.put(word[1], word[2]) : word[0].equals("DEL") ? data.remove(word[1]) : data.get(word[1]);
                    reply = word[0].equals("SET") ? "+OK" : word[0].equals("DEL") ? ":1" : old == null ? "$-1" : "$" + old.length() + "\r\n" + old;
                }
                socket.getOutputStream().write((reply + "\r\n").getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            // The client has gone.
        }
    }

    @Test
    void selftestFollowsTheSlotsAndSwitchesAShardOver() throws IOException {
        Map<String, String> data = new ConcurrentHashMap<>();
        ServerSocket even = master("127.0.2.1", 0, true, data);
        master("127.0.2.2", even.getLocalPort(), false, data);
        Agent agent = agent(question -> "200 redis-ha-3 is master of shard 0 now (0.05 s)");
        Path settings = Files.clusterIn(dir, even.getLocalPort(), 8379, agent.port());
        java.nio.file.Files.writeString(settings, java.nio.file.Files.readString(settings).replace("name: redis-ha\n", "name: 127.0.2.1\n"));

        assertThat(run(new Selftest(settings, Files.passwordIn(dir), (s, pod) -> "localhost"), "--switchover")).as(err::toString).isZero();

        assertThat(out.toString().lines()).containsExactly(
                "wrote \"before\" to 40 keys on 2 masters",
                "read \"before\" from 40 keys",
                "switchover: redis-ha-3 is master of shard 0 now (0.05 s)",
                "read \"before\" from 40 keys",
                "wrote \"after\" to 40 keys on 2 masters",
                "read \"after\" from 40 keys",
                "127.0.2.1 works");
        assertThat(agent.asked).hasSize(1).first().asString().startsWith("POST /member/switchover {\"shard\":0} ");
        assertThat(data).isEmpty();
    }

    @Test
    void selftestChangesNoMasterUnlessItIsTold() throws IOException {
        Map<String, String> data = new ConcurrentHashMap<>();
        ServerSocket even = master("127.0.2.1", 0, true, data);
        master("127.0.2.2", even.getLocalPort(), false, data);
        Agent agent = agent(question -> "200 redis-ha-3 is master of shard 0 now (0.05 s)");
        Path settings = Files.clusterIn(dir, even.getLocalPort(), 8379, agent.port());
        java.nio.file.Files.writeString(settings, java.nio.file.Files.readString(settings).replace("name: redis-ha\n", "name: 127.0.2.1\n"));

        assertThat(run(new Selftest(settings, Files.passwordIn(dir), (s, pod) -> "localhost"))).as(err::toString).isZero();

        assertThat(out.toString().lines()).containsExactly("wrote \"before\" to 40 keys on 2 masters", "read \"before\" from 40 keys", "127.0.2.1 works");
        assertThat(agent.asked).isEmpty();
        assertThat(data).isEmpty();
    }

    @Test
    void selftestFailsWhenTheSwitchoverDoes() throws IOException {
        Map<String, String> data = new ConcurrentHashMap<>();
        ServerSocket even = master("127.0.2.1", 0, true, data);
        master("127.0.2.2", even.getLocalPort(), false, data);
        Agent agent = agent(question -> "409 no replica of shard 0 is in sync");
        Path settings = Files.clusterIn(dir, even.getLocalPort(), 8379, agent.port());
        java.nio.file.Files.writeString(settings, java.nio.file.Files.readString(settings).replace("name: redis-ha\n", "name: 127.0.2.1\n"));

        assertThat(run(new Selftest(settings, Files.passwordIn(dir), (s, pod) -> "localhost"), "--switchover")).isEqualTo(1);

        assertThat(err).hasToString("redis-ha: switchover: no replica of shard 0 is in sync\n");
    }
}
