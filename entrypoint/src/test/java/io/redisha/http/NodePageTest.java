package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.yaml.snakeyaml.Yaml;

/** What a cluster's {@link ProbeServer} shows. */
@Timeout(30)
class NodePageTest {

    private final HttpClient client = HttpClient.newHttpClient();
    private volatile ClusterSnapshot snapshot;
    private final Metrics metrics = new Metrics("1.2.3", Gauges.ofNode(() -> snapshot));
    private HttpThread thread;
    private int port;

    @BeforeEach
    void anAgent() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        thread = new HttpThread("http");
        ProbeServer.ofNode(thread, port, SomeCluster.settings(port), () -> snapshot, metrics);
    }

    @AfterEach
    void stop() {
        thread.close();
        client.close();
    }

    private String get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private static JsonNode row(ClusterSnapshot seen) {
        return new NodePage(SomeCluster.settings(1), seen, System.nanoTime(), Instant.now()).self();
    }

    /** What redis-ha-0 shows when these answer. */
    private static Report report(ClusterSnapshot seen, JsonNode... rows) {
        Map<String, JsonNode> fresh = new HashMap<>();
        for (JsonNode row : rows) {
            fresh.put(row.path("pod").asText(), row);
        }
        return new NodePage(SomeCluster.settings(1), seen, System.nanoTime(), Instant.now()).report(fresh);
    }

    private static ClusterSnapshot zero(String... problems) {
        return SomeCluster.snapshot(0, "127.0.0.1", List.of(problems));
    }

    @Test
    void startsAndBecomesReadyAsEveryAgentDoes() throws Exception {
        assertThat(get("/livez")).isEqualTo("starting\n");
        assertThat(get("/status")).isEqualTo("this pod is starting: it does not know the release yet\n");

        snapshot = zero();
        assertThat(get("/livez")).isEqualTo("ok\n");
        assertThat(get("/readyz")).isEqualTo("ok\n");
    }

    @Test
    void showsShardsWithTheirMastersFirst() {
        assertThat(report(zero("redis-ha-0: not ready"), row(SomeCluster.snapshot(1, "127.0.0.1", List.of("one node is missing")))).text().lines()).containsExactly(
                "redis-ha: state ok, 16384 of 16384 slots covered, 3 shards, leader redis-ha-1, shape 3 shards with 1 replica each on 6 pods",
                "problem: one node is missing",
                "problem: redis-ha-0: not ready",
                "SHARD  POD         ROLE     READY  SLOTS        KEYS  OFFSET  LAG  LINK  NODE    SINCE",
                "0      redis-ha-0  master   yes    0-5460       1000  500     -    -     node-0  65s",
                "0      redis-ha-3  replica  yes    -            1000  480     20   up    node-0  -",
                "1      redis-ha-1  master   yes    5461-10922   1000  501     -    -     node-1  65s",
                "1      redis-ha-4  replica  yes    -            1000  480     21   up    node-1  -",
                "2      redis-ha-2  master   yes    10923-16383  1000  500     -    -     node-2  -",
                "2      redis-ha-5  replica  yes    -            1000  480     20   up    node-2  -");
    }

    @Test
    void showsHowFarTheLeaderIsWithMovingSlots() {
        Report report = report(zero(), row(SomeCluster.moving(SomeCluster.snapshot(1, "127.0.0.1", List.of()))));

        assertThat(report.text().lines()).contains("moving slots: 1200/4096 (29 %), 31000 keys/s, 40 s left (redis-ha-0 to redis-ha-6)");
        assertThat(report.tree().at("/progress/slotsDone").asInt()).isEqualTo(1200);
        assertThat(report.tree().at("/settled").asBoolean()).isFalse();
    }

    private static NodeState with(NodeState state, ClusterNode self) {
        return SomeCluster.state(state.id().ordinal(), "127.0.0.1", state.server(), new Topology(List.of(self)));
    }

    private static ClusterNode self(int ordinal, Slots slots) {
        ClusterNode is = SomeCluster.topology(ordinal).myself();
        return new ClusterNode(is.id(), is.redis(), is.busPort(), is.hostname(), is.aux(), is.flags(), is.master(), 0, 0, 1, true, slots, Map.of(), Map.of());
    }

    @Test
    void doesNotShowASilentPodAsTheMasterThatItWas() {
        ClusterSnapshot seen = zero();
        ClusterSnapshot later = new ClusterSnapshot(seen.at(), seen.self(), true, "", null, 0, seen.since(), seen.shards(), true, null,
                seen.siblings().stream().map(s -> new ClusterSnapshot.Sibling(s.state(), s.at() - 60_000_000_000L)).toList(), seen.pods(), null, false, List.of());

        Report report = report(later);

        assertThat(report.text().lines()).contains("1      redis-ha-1  -       yes    -       -     -       -    silent 61s  node-1  -");
        assertThat(report.text()).contains("5461 of 16384 slots covered, 1 shard, leader none");
    }

    @Test
    void callsASilentMasterByItsHostName() {
        ClusterSnapshot seen = SomeCluster.snapshot(3, "127.0.0.1", List.of());
        ClusterSnapshot alone = new ClusterSnapshot(seen.at(), seen.self(), true, "", null, 0, seen.since(), seen.shards(), true, null, List.of(), List.of(), null, false,
                List.of());

        assertThat(row(alone).path("master").asText()).isEqualTo("redis-ha-0");
    }

    @Test
    void countsRangesThatWouldFillTheLine() {
        Slots torn = Slots.parse("0-99 200-299 400 500-600");
        ClusterSnapshot seen = zero();
        Report report = report(SomeCluster.self(seen, with(seen.self(), self(0, torn))));

        assertThat(report.text().lines()).anyMatch(line -> line.contains("302 in 4 ranges"));
        assertThat(report.text()).contains(302 + 5462 + 5461 + " of 16384 slots covered");
        assertThat(report.tree().at("/pods/0/slots").asText()).isEqualTo("0-99 200-299 400 500-600");
    }

    @Test
    void tellsAnEmptyNodeFromAMaster() {
        ClusterSnapshot seen = zero();
        Report alone = report(SomeCluster.self(seen, with(seen.self(), self(0, Slots.NONE))));

        assertThat(alone.text().lines()).contains("0      redis-ha-0  -        yes    -            1000  500     -    alone  node-0  65s");
        assertThat(alone.text()).contains(" 2 shards, ");
    }

    @Test
    void saysWhoSaysThatTheClusterIsDown() {
        ClusterSnapshot seen = zero();
        NodeState fails = SomeCluster.state(0, "127.0.0.1", SomeCluster.server(Role.MASTER, 1, false), SomeCluster.topology(0));

        Report one = report(SomeCluster.self(seen, fails));
        assertThat(one.tree().path("state").asText()).isEqualTo("fail");
        assertThat(one.head()).contains("problem: redis-ha-0 says that the cluster is down (cluster_state:fail)");

        ClusterSnapshot alone = new ClusterSnapshot(seen.at(), fails, true, "", null, 0, seen.since(), seen.shards(), true, null, List.of(), seen.pods(), null, false, List.of());
        Report all = report(alone);
        assertThat(all.head()).contains("problem: every node says that the cluster is down (cluster_state:fail)");
        assertThat(all.head().getFirst()).startsWith("redis-ha: state fail, 5461 of 16384 slots covered, 1 shard, leader none");
        assertThat(all.text()).contains("redis-ha-5  -       yes    -       -     -       -    no answer  node-2");
    }

    @Test
    void tellsTheSameAsJsonAndAsYaml() throws Exception {
        snapshot = SomeCluster.moving(SomeCluster.snapshot(1, "127.0.0.1", List.of("it's \"odd\": yes")));

        JsonNode json = new JsonMapper().readTree(get("/status?output=json"));
        assertThat(json.properties().stream().map(Map.Entry::getKey)).containsExactly("name", "state", "slotsCovered", "shards", "leader", "term", "shape", "settled",
                "progress", "problems", "pods");
        assertThat(json.at("/pods/0").properties().stream().map(Map.Entry::getKey)).containsExactly("shard", "pod", "id", "role", "master", "ready", "slots",
                "slotCount", "keys", "offset", "lagBytes", "link", "stateOk", "moving", "knows", "node", "zone", "since", "label", "shardLabel", "engine",
                "answeredMillisAgo");
        assertThat(json.at("/pods/1/master").asText()).isEqualTo("redis-ha-0");
        assertThat(json.at("/shape/pods").asInt()).isEqualTo(6);

        Map<String, Object> yaml = new Yaml().load(get("/status?output=yaml"));
        assertThat(yaml).containsEntry("leader", "redis-ha-1").containsEntry("problems", List.of("it's \"odd\": yes"))
                .containsEntry("shape", Map.of("shards", 3, "replicasPerShard", 1, "pods", 6));
        assertThat(yaml.get("pods")).asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST).hasSize(6);
    }

    @Test
    void tellsOfItselfWhatAHookWantsToKnow() throws Exception {
        snapshot = SomeCluster.snapshot(1, "127.0.0.1", List.of("a", "b"));

        JsonNode self = new JsonMapper().readTree(get("/status?self"));

        assertThat(self.path("pod").asText()).isEqualTo("redis-ha-1");
        assertThat(self.path("knows").asInt()).isEqualTo(6);
        assertThat(self.path("release")).isEqualTo(new JsonMapper().readTree("""
                {"leader":"redis-ha-1","term":4,"pods":6,"shape":{"shards":3,"replicasPerShard":1,"pods":6},"settled":true,"problems":["a","b"],"foreign":false}"""));
    }

    @Test
    void showsWhatAnOlderProgramDoesNotSayAsUnknown() {
        ObjectNode old = new JsonMapper().createObjectNode().put("pod", "redis-ha-1").put("since", "yesterday").put("slots", "all of them");

        assertThat(report(zero(), old).text()).contains("redis-ha-1  -");
    }

    @Test
    void tellsPrometheusWhatWasNotedAndSeen() throws Exception {
        snapshot = SomeCluster.moving(SomeCluster.snapshot(1, "127.0.0.1", List.of("a")));
        Journaling journal = new Journaling("redis-ha-1", metrics, (warning, reason, message) -> { });
        journal.note(Act.PROMOTED, Reason.CLUSTER_ELECTED, -1, "");
        journal.note(Act.PROMOTED, Reason.HANDED_OVER, -1, "");
        journal.note(Act.HANDED_OVER, Reason.POD_STOPS, -1, "to redis-ha-4");
        journal.note(Act.HANDED_OVER, Reason.SERVER_DIED, -1, "to redis-ha-4");
        journal.moved(12, 3456);
        journal.moved(1, 4);

        assertThat(get("/metrics").lines()).contains(
                "redis_ha_role{role=\"master\"} 1.0",
                "redis_ha_role{role=\"replica\"} 0.0",
                "redis_ha_leader 1.0",
                "redis_ha_ready 1.0",
                "redis_ha_term 4.0",
                "redis_ha_offset 501.0",
                "redis_ha_shard 1.0",
                "redis_ha_slots 5462.0",
                "redis_ha_keys 1000.0",
                "redis_ha_cluster_state_ok 1.0",
                "redis_ha_cluster_slots_covered 16384.0",
                "redis_ha_slots_moving 2896.0",
                "redis_ha_slots_moving_keys_per_second 31000.0",
                "redis_ha_problems 1.0",
                "redis_ha_api_reachable 1.0",
                "redis_ha_failovers_total{reason=\"ClusterElected\"} 1.0",
                "redis_ha_switchovers_total{reason=\"PodStops\"} 1.0",
                "redis_ha_takeovers_total{reason=\"ServerDied\"} 1.0",
                "redis_ha_slots_moved_total 13.0",
                "redis_ha_keys_moved_total 3460.0",
                "redis_ha_build_info{version=\"1.2.3\"} 1")
                .noneMatch(line -> line.contains("HandedOver"));
    }

    @Test
    void knowsNoRoleOfAServerThatIsDown() throws Exception {
        ClusterSnapshot seen = zero();
        snapshot = SomeCluster.self(seen, SomeCluster.state(0, "127.0.0.1", null, Topology.NONE));

        assertThat(get("/metrics").lines()).contains("redis_ha_role{role=\"master\"} 0.0", "redis_ha_slots NaN", "redis_ha_keys NaN");
        assertThat(Set.of(row(snapshot).path("link").asText())).containsExactly("no server");
    }
}
