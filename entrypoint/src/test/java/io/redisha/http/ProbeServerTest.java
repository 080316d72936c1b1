package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.Snapshot;
import io.redisha.model.Reason;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.yaml.snakeyaml.Yaml;

@Timeout(30)
class ProbeServerTest {

    private final List<HttpThread> threads = new ArrayList<>();
    private final HttpClient client = HttpClient.newHttpClient();
    private volatile Snapshot snapshot;
    private final Metrics metrics = new Metrics("1.2.3", Gauges.ofMember(() -> snapshot));
    private int port;

    @BeforeEach
    void anAgent() throws IOException {
        port = free();
        serve(port, () -> snapshot, metrics);
    }

    private static int free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private void serve(int at, java.util.function.Supplier<Snapshot> seen, Metrics counted) throws IOException {
        HttpThread thread = new HttpThread("http");
        threads.add(thread);
        ProbeServer.ofMember(thread, at, Some.settings(port), seen, counted);
    }

    @AfterEach
    void stop() {
        threads.forEach(HttpThread::close);
        client.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    private String answer(String path) throws Exception {
        HttpResponse<String> response = get(path);
        return response.statusCode() + " " + response.body();
    }

    @Test
    void isAliveButNotReadyWhileItStarts() throws Exception {
        assertThat(answer("/livez")).isEqualTo("200 starting\n");
        assertThat(answer("/readyz")).isEqualTo("503 starting\n");
        assertThat(answer("/status")).startsWith("503 ");
        assertThat(answer("/metrics")).startsWith("200 ");
    }

    @Test
    void isAliveAsLongAsTheLoopTurns() throws Exception {
        snapshot = Some.unready(Some.snapshot(0, List.of(), "a", "b", "c"), "the link to the master is down");
        assertThat(answer("/livez")).isEqualTo("200 ok\n");

        snapshot = Some.at(snapshot, System.nanoTime() - 9_000_000_000L);
        assertThat(answer("/livez")).isEqualTo("200 ok\n");

        snapshot = Some.at(snapshot, System.nanoTime() - 11_000_000_000L);
        assertThat(answer("/livez")).isEqualTo("503 the loop has stood still for 11 s\n");
    }

    @Test
    void saysWhatIsMissingToBeReady() throws Exception {
        snapshot = Some.snapshot(0, List.of(), "a", "b", "c");
        assertThat(answer("/readyz")).isEqualTo("200 ok\n");

        snapshot = Some.unready(snapshot, "the link to the master is down");
        assertThat(answer("/readyz")).isEqualTo("503 the link to the master is down\n");
    }

    @Test
    void onlyLetsRead() throws Exception {
        HttpResponse<String> response = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/status"))
                .POST(HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(get("/secret").statusCode()).isEqualTo(404);
    }

    @Test
    void takesNoBody() throws Exception {
        for (String start : List.of("GET /livez", "POST /status", "PUT /nothing")) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                socket.getOutputStream().write((start + " HTTP/1.1\r\nContent-Length: 262144\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
                assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)).startsWith("HTTP/1.1 413 ");
            }
        }
    }

    @Test
    void tellsPrometheusWhatWasNotedAndSeen() throws Exception {
        snapshot = Some.snapshot(1, List.of(), "a", "b", "c");
        Journaling journal = new Journaling("redis-ha-1", metrics, (warning, reason, message) -> { });
        journal.note(Act.PROMOTED, Reason.MEMBERS_VOTED, 4, "");
        journal.note(Act.PROMOTED, Reason.BOOTSTRAP, 1, "");
        journal.note(Act.HANDED_OVER, Reason.SWITCHOVER, 5, "to redis-ha-2");
        journal.note(Act.FENCED, Reason.VALIDITY_LAPSED, 5, "");
        journal.note(Act.SERVER_DIED, Reason.SERVER_DIED, 5, "");
        journal.renewed(true, 30_000_000);
        journal.renewed(false, 1_500_000_000);

        assertThat(answer("/metrics").lines()).contains(
                "redis_ha_role{role=\"master\"} 1.0",
                "redis_ha_role{role=\"replica\"} 0.0",
                "redis_ha_leader 1.0",
                "redis_ha_ready 1.0",
                "redis_ha_writable 1.0",
                "redis_ha_term 4.0",
                "redis_ha_offset 1001.0",
                "redis_ha_members 3.0",
                "redis_ha_api_reachable 1.0",
                "redis_ha_replica_lag_bytes{replica=\"redis-ha-0\"} 101.0",
                "redis_ha_failovers_total{reason=\"MembersVoted\"} 1.0",
                "redis_ha_switchovers_total{reason=\"Switchover\"} 1.0",
                "redis_ha_fences_total{reason=\"ValidityLapsed\"} 1.0",
                "redis_ha_server_restarts_total 1.0",
                "redis_ha_lease_renewals_total{outcome=\"success\"} 1.0",
                "redis_ha_lease_renewals_total{outcome=\"failure\"} 1.0",
                "redis_ha_lease_renewal_seconds_bucket{le=\"0.05\"} 1",
                "redis_ha_lease_renewal_seconds_count 2",
                "redis_ha_build_info{version=\"1.2.3\"} 1")
                .anyMatch(line -> line.startsWith("jvm_memory_used_bytes"))
                .anyMatch(line -> line.startsWith("jvm_gc_collection_seconds_count"))
                .anyMatch(line -> line.startsWith("jvm_threads_current"))
                .noneMatch(line -> line.contains("Bootstrap"));
    }

    @Test
    void showsTheReleaseAsATable() throws Exception {
        snapshot = Some.snapshot(0, List.of("redis-ha-2 lags"), "127.0.0.1", "127.0.0.7", "127.0.0.8");

        assertThat(answer("/status").lines()).containsExactly(
                "200 redis-ha: leader redis-ha-1, term 4, mode members, members redis-ha-0 redis-ha-1 redis-ha-2",
                "problem: redis-ha-2 lags",
                "POD         ROLE     READY  OFFSET  LAG  LINK  TERM  NODE    SINCE",
                "redis-ha-0  replica  yes    1000    0    up    4     node-0  65s",
                "redis-ha-1  master   yes    900     -    -     4     node-1  -",
                "redis-ha-2  replica  yes    900     0    up    4     node-2  -");
    }

    @Test
    void showsWhatTheOthersSayIsWrong() throws Exception {
        snapshot = Some.snapshot(1, List.of("both say so", "the API server refuses to write the Lease: quota"), "127.0.0.1", "127.0.0.1", "127.0.0.1");
        Report report = new MemberPage(Some.settings(port), Some.snapshot(0, List.of("both say so"), "127.0.0.1", "127.0.0.1", "127.0.0.1"), System.nanoTime(),
                java.time.Instant.now()).report(Map.of("redis-ha-1", new JsonMapper().readTree(get("/status?self").body())));
        assertThat(report.head()).endsWith("problem: both say so", "problem: the API server refuses to write the Lease: quota");
        assertThat(report.yaml()).contains("problems: [\"both say so\",\"the API server refuses to write the Lease: quota\"]\n");
    }

    @Test
    void asksTheOthersWhatTheyAre() throws Exception {
        snapshot = Some.snapshot(0, List.of(), "127.0.0.1", "127.0.0.1", "127.0.0.1");
        // All three share one address here, so it is always pod 0 that answers: not who was asked.
        assertThat(answer("/status?output=table")).contains("redis-ha-1  master   yes    900");

        Snapshot own = snapshot;
        snapshot = Some.snapshot(1, List.of(), "127.0.0.1", "127.0.0.1", "127.0.0.1");
        Report report = new MemberPage(Some.settings(port), own, System.nanoTime(), java.time.Instant.now())
                .report(Map.of("redis-ha-1", new JsonMapper().readTree(get("/status?self").body())));
        assertThat(report.text().lines()).contains(
                "redis-ha-0  replica  yes    1000    1    up    4     node-0  65s",
                "redis-ha-1  master   yes    1001    -    -     4     node-1  65s");
    }

    /** Any pod answers for all. */
    @Test
    void showsTheProblemsOfTheOthersToo() throws Exception {
        Snapshot own = Some.snapshot(0, List.of("redis-ha-0: lags", "the API server cannot be reached"), "127.0.0.1", "127.0.0.1", "127.0.0.1");
        snapshot = Some.snapshot(1, List.of("redis-ha-1: its AOF can't be written", "the API server cannot be reached"), "127.0.0.1", "127.0.0.1", "127.0.0.1");
        Report report = new MemberPage(Some.settings(port), own, System.nanoTime(), java.time.Instant.now())
                .report(Map.of("redis-ha-1", new JsonMapper().readTree(get("/status?self").body())));
        assertThat(report.text().lines().filter(line -> line.startsWith("problem: "))).containsExactly("problem: redis-ha-0: lags",
                "problem: the API server cannot be reached", "problem: redis-ha-1: its AOF can't be written");
    }

    /** A stranger that asks a hundred times must not have every pod asked as often, and all that they say kept. */
    @Test
    void asksTheOthersOnceForAllWhoWantToKnow() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        HttpThread silent = new HttpThread("sibling");
        threads.add(silent);
        int siblings = silent.listen(0, (request, reply) -> asked.incrementAndGet());
        HttpThread thread = new HttpThread("http");
        threads.add(thread);
        snapshot = Some.snapshot(0, List.of(), "127.0.0.1", "127.0.0.1", "127.0.0.1");
        int at = ProbeServer.ofMember(thread, 0, Some.settings(siblings), () -> snapshot, metrics).port();

        CountDownLatch bothAreThere = new CountDownLatch(1);
        thread.post(() -> {
            try {
                bothAreThere.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (Socket socket = new Socket("127.0.0.1", at); Socket other = new Socket("127.0.0.1", at)) {
            for (Socket one : List.of(socket, other)) {
                one.getOutputStream().write("GET /status HTTP/1.1\r\nConnection: close\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            }
            bothAreThere.countDown();
            for (Socket one : List.of(socket, other)) {
                assertThat(new String(one.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).startsWith("HTTP/1.1 200 ").contains("redis-ha-2  replica");
            }
        }
        assertThat(asked).as("both others, once").hasValue(2);
    }

    @Test
    void tellsTheSameAsJsonAndAsYaml() throws Exception {
        snapshot = Some.snapshot(0, List.of("it's \"odd\": yes"), "127.0.0.1", "127.0.0.7", "127.0.0.8");

        JsonNode json = new JsonMapper().readTree(get("/status?output=json").body());
        assertThat(json.properties().stream().map(Map.Entry::getKey))
                .containsExactly("name", "leader", "term", "mode", "members", "problems", "pods");
        assertThat(json.get("pods").get(0).properties().stream().map(Map.Entry::getKey)).containsExactly("pod", "role", "ready", "offset",
                "lagBytes", "link", "term", "node", "since", "label", "writable", "answeredMillisAgo");
        assertThat(json.at("/pods/1/label").asText()).isEqualTo("master");
        assertThat(json.at("/pods/1/answeredMillisAgo").asLong()).isBetween(4000L, 6000L);

        Map<String, Object> yaml = new Yaml().load(get("/status?output=yaml").body());
        assertThat(yaml).containsEntry("leader", "redis-ha-1").containsEntry("problems", List.of("it's \"odd\": yes"));
        assertThat(yaml.get("pods")).asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST).hasSize(3);
        assertThat(answer("/status?output=xml")).isEqualTo("400 output: given xml, expected table, json or yaml\n");
    }

    @Test
    void writesAgesAsPeopleDo() {
        assertThat(List.of(5, 119, 120, 7199, 7200, 90_061, 172_800, 1_000_000)).extracting(s -> Report.age(java.time.Duration.ofSeconds(s)))
                .containsExactly("5s", "119s", "2m", "119m59s", "2h", "25h1m", "2d", "11d13h");
    }
}
