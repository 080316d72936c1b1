package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.loop.peers.RingSnapshot;
import io.redisha.model.PeerPhase;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a peer's {@link ProbeServer} shows. */
@Timeout(30)
class RingPageTest {

    private static final String RING = "2026-11-21T10:00:00Z x-0";
    private static final PeerState ZERO = new PeerState("x-0", "r0", PeerPhase.STARTED, true, RING, Map.of());
    private static final PeerState ONE = new PeerState("x-1", "r1", PeerPhase.STARTED, true, RING, Map.of("x-0", "r0"));

    private final HttpClient client = HttpClient.newHttpClient();
    private volatile RingSnapshot snapshot = seen(ONE, "", List.of(), new Sighting("x-0", "127.0.0.1", false, ZERO), new Sighting("x-2", "127.0.0.1", false, null));
    private HttpThread thread;
    private int port;

    private static RingSnapshot seen(PeerState self, String unready, List<String> problems, Sighting... others) {
        return new RingSnapshot(System.nanoTime(), self, System.nanoTime() - 65_000_000_000L, unready, List.of(others), problems);
    }

    private static Settings settings(int http) throws Exception {
        return SettingsReader.parse("""
                architecture: peers
                name: x
                replicas: 3
                services: {headless: x-headless}
                ports: {http: %d}
                labels: {selector: {app: x}}
                peers: {command: [ring], args: ["{peer}"], port: 7946, hostSuffix: x-headless.ns.svc}
                """.formatted(http));
    }

    @BeforeEach
    void anAgent() throws Exception {
        thread = new HttpThread("http");
        // the siblings' addresses are this one's, where nobody says that he is one of them
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        ProbeServer.ofRing(thread, port, settings(port), () -> snapshot, new Metrics("1", RingGauges.of(() -> snapshot, true)), "node1");
    }

    @AfterEach
    void close() {
        thread.close();
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void isReadyWhenTheProgramAnswers() throws Exception {
        assertThat(get("/readyz").statusCode()).isEqualTo(200);
        assertThat(get("/livez").statusCode()).isEqualTo(200);

        snapshot = seen(ONE, "waits for x-0 to go first", List.of());

        assertThat(get("/readyz")).matches(reply -> reply.statusCode() == 503 && reply.body().equals("waits for x-0 to go first\n"));
        assertThat(get("/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void tellsSiblingsWhatTheyReadOfIt() throws Exception {
        assertThat(RingPage.state(get("/status?self").body())).isEqualTo(ONE);
    }

    @Test
    void takesNothingElseForAPeersState() {
        assertThatThrownBy(() -> RingPage.state("{\"pod\":\"x-0\",\"role\":\"master\"}")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> RingPage.state("{\"pod\":\"x-0\",\"phase\":\"asleep\"}")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> RingPage.state("<html>")).isInstanceOf(IOException.class);
    }

    @Test
    void showsAllPodsInATable() throws Exception {
        assertThat(get("/status").body()).isEqualTo("""
                x: 1 of 3 pods answer
                POD  READY  PHASE      JOINED  RING                  NODE   SINCE
                x-0  -      no answer  -       -                     -      -
                x-1  yes    started    x-0     2026-11-21T10:00:00Z  node1  65s
                x-2  -      no answer  -       -                     -      -
                """);
    }

    @Test
    void showsTwoRingsAsAProblem() throws Exception {
        snapshot = seen(ONE, "", List.of("x-0 of another ring: founded at B, this pod's at A"));
        RingPage page = new RingPage(settings(port), snapshot, "node1", System.nanoTime(), Instant.now());
        PeerState other = new PeerState("x-0", "r9", PeerPhase.STARTED, true, "2026-11-21T11:00:00Z x-0", Map.of());
        RingPage theirs = new RingPage(settings(port), seen(other, "", List.of()), "node2", System.nanoTime(), Instant.now());

        Report report = page.report(Map.of("x-0", theirs.self()));

        assertThat(report.head()).containsExactly("x: 2 of 2 pods answer, 2 rings", "problem: x-1: x-0 of another ring: founded at B, this pod's at A");
        assertThat(report.tree().path("rings").asInt()).isEqualTo(2);
        assertThat(report.yaml()).contains("rings: 2\n", "problems: [\"x-1: x-0 of another ring");
    }

    @Test
    void countsPeersForPrometheus() throws Exception {
        assertThat(get("/metrics").body()).contains("redis_ha_ready 1.0\n", "redis_ha_peers 2.0\n", "redis_ha_peers_answering 1.0\n", "redis_ha_peers_joined 1.0\n",
                "redis_ha_peers_apart 0.0\n");
    }

    @Test
    void countsNoRingsWhereNobodyKnowsOfWhichHeIs() {
        Metrics metrics = new Metrics("1", RingGauges.of(() -> snapshot, false));

        assertThat(new String(metrics.render())).contains("redis_ha_peers 2.0\n").doesNotContain("redis_ha_peers_apart");
    }
}
