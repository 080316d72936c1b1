package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.loop.sentinel.WatcherSnapshot;
import io.redisha.model.Reason;
import io.redisha.model.SentinelView;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** What servers and sentinels show of a release, and tell Prometheus. */
class SentinelPageTest {

    private static final String IP = "10.0.0.1";
    /** Of all pods, at which each has just looked. */
    private static final Instant CLOCK = Instant.parse("2026-11-21T03:05:10Z");

    private final DataSnapshot zero = SomeSentinels.data(0, IP, SomeSentinels.views());

    private static Page page(DataSnapshot seen) {
        return new SentinelPage(SomeSentinels.settings(1), seen, seen.at(), CLOCK);
    }

    private static Page page(WatcherSnapshot seen) {
        return new SentinelPage(SomeSentinels.settings(1), seen, SomeSentinels.pods(IP), seen.at(), CLOCK);
    }

    /** What somebody shows when these answer. */
    private static Report report(Page asked, JsonNode... rows) {
        Map<String, JsonNode> fresh = new HashMap<>();
        for (JsonNode row : rows) {
            fresh.put(row.path("pod").asText(), row);
        }
        return asked.report(fresh);
    }

    @Test
    void hasNothingToShowUntilTheLoopRuns() {
        assertThat(SentinelPage.ofData(SomeSentinels.settings(1), () -> null).get()).isNull();
        assertThat(SentinelPage.ofWatcher(SomeSentinels.settings(1), () -> null, List::of).get()).isNull();
        assertThat(SentinelPage.ofData(SomeSentinels.settings(1), () -> zero).get().self().path("pod").asText()).isEqualTo("redis-ha-0");
    }

    @Test
    void showsServersAndBelowThemWhatEachSentinelSays() {
        assertThat(report(page(zero)).text().lines()).containsExactly(
                "redis-ha: master redis-ha-1, epoch 4, named by 3 of 3 sentinels, leader redis-ha-2",
                "POD         ROLE     READY  OFFSET  LAG  LINK  TERM  NODE    SINCE",
                "redis-ha-0  replica  yes    1000    0    up    4     node-0  65s",
                "redis-ha-1  master   yes    900     -    -     4     node-1  -",
                "redis-ha-2  replica  yes    900     0    up    4     node-2  -",
                "",
                "SENTINEL             READY  MASTER      EPOCH  QUORUM  FLAGS   REPLICAS  SENTINELS   NODE",
                "redis-ha-sentinel-0  yes    redis-ha-1  4      2       master  2         2 (1 down)  node-0",
                "redis-ha-sentinel-1  yes    redis-ha-1  4      2       master  2         2 (1 down)  node-1",
                "redis-ha-sentinel-2  yes    redis-ha-1  4      2       master  2         2 (1 down)  node-2");
    }

    @Test
    void aSentinelShowsTheSame() {
        Page sentinel = page(SomeSentinels.watcher(1));

        Report alone = report(sentinel);
        assertThat(alone.head()).containsExactly("redis-ha: master redis-ha-1, epoch 4, named by 3 of 3 sentinels, leader none");
        assertThat(alone.table()).extracting(line -> line[0] + " " + line[5]).contains("redis-ha-0 no answer");

        Report asked = report(sentinel, page(zero).self(), page(SomeSentinels.data(1, IP, SomeSentinels.views())).self(),
                page(SomeSentinels.data(2, IP, SomeSentinels.views())).self());
        assertThat(asked.text().lines()).contains(
                "redis-ha: master redis-ha-1, epoch 4, named by 3 of 3 sentinels, leader redis-ha-2",
                "redis-ha-0  replica  yes    1000    1    up    4     node-0  65s",
                "redis-ha-sentinel-1  yes    redis-ha-1  4      2       master  2         2 (1 down)  node-1");
    }

    @Test
    void asksEveryPodButItself() {
        assertThat(page(zero).others()).containsOnlyKeys("redis-ha-1", "redis-ha-2", "redis-ha-sentinel-0", "redis-ha-sentinel-1", "redis-ha-sentinel-2");
        assertThat(page(SomeSentinels.watcher(2)).others()).containsOnlyKeys("redis-ha-0", "redis-ha-1", "redis-ha-2", "redis-ha-sentinel-0", "redis-ha-sentinel-1");
    }

    @Test
    void showsWhereViewsDiffer() {
        List<SentinelView> views = List.of(SomeSentinels.view(0, "redis-ha-1", 4, "master"), SomeSentinels.view(1, "redis-ha-0", 5, "master", "s_down", "o_down"),
                SentinelView.silent(SomeSentinels.sentinel(2), System.nanoTime()));

        Report report = report(page(SomeSentinels.data(0, IP, views, "redis-ha-sentinel-2 does not answer")));

        assertThat(report.head()).containsExactly("redis-ha: master redis-ha-1, epoch 4, named by 1 of 3 sentinels, leader redis-ha-2",
                "problem: redis-ha-sentinel-2 does not answer");
        assertThat(report.text().lines()).contains(
                "redis-ha-sentinel-1  yes    redis-ha-0  5      2       master,o_down,s_down  2         2 (1 down)  node-1",
                "redis-ha-sentinel-2  yes    no answer   -      -       -                     -         -           node-2");
    }

    @Test
    void gathersTheProblemsOfAllAndSaysThatServersGoByDifferentMasters() {
        Report report = report(page(SomeSentinels.data(0, IP, SomeSentinels.views(), "both say so")),
                page(SomeSentinels.ledBy(SomeSentinels.data(2, IP, SomeSentinels.views(), "both say so"), "redis-ha-2")).self(),
                page(SomeSentinels.watcher(0, "redis-ha-sentinel-0: the sentinel does not answer")).self());

        assertThat(report.head()).endsWith("problem: both say so", "problem: redis-ha-sentinel-0: the sentinel does not answer",
                "problem: the servers go by different masters: redis-ha-1 (redis-ha-0), redis-ha-2 (redis-ha-2)");
    }

    @Test
    void namesAForeignMasterByItsHost() {
        Report report = report(page(SomeSentinels.data(0, IP, List.of(SomeSentinels.view(0, "other-redis-0", 9, "master")))));

        assertThat(report.text()).contains("other-redis-0.redis-ha-headless.ns.svc");
    }

    @Test
    void aSentinelThatWasNotHeardOfForLongIsSilentAndCountsForNothing() {
        ObjectNode old = page(SomeSentinels.watcher(2)).self();
        old.put("answeredMillisAgo", 12_000);

        Report report = report(page(zero), old);

        assertThat(report.head().getFirst()).contains("named by 2 of 3 sentinels");
        assertThat(report.text().lines()).anyMatch(line -> line.startsWith("redis-ha-sentinel-2  yes    silent 12s  4"));
    }

    @Test
    void tellsProgramsTheSame() throws Exception {
        Report report = report(page(zero));

        JsonNode json = new JsonMapper().readTree(report.json());
        assertThat(json.properties().stream().map(Map.Entry::getKey)).containsExactly("name", "master", "epoch", "leader", "term", "problems", "pods", "sentinels");
        assertThat(json.at("/pods/0/names").asText()).isEqualTo("redis-ha-1");
        assertThat(json.at("/sentinels/2").properties().stream().map(Map.Entry::getKey)).containsExactly("pod", "ready", "names", "epoch", "quorum", "flags",
                "replicas", "replicasDown", "sentinels", "sentinelsDown", "node", "answeredMillisAgo");
        assertThat(json.at("/sentinels/2/flags/0").asText()).isEqualTo("master");
        Map<String, Object> yaml = new Yaml().load(report.yaml());
        assertThat(yaml.get("sentinels")).asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST).hasSize(3);
    }

    @Test
    void tellsPrometheusOfEverySentinel() {
        List<SentinelView> views = List.of(SomeSentinels.view(0, "redis-ha-1", 4, "master"), SomeSentinels.view(1, "redis-ha-1", 3, "master", "s_down"),
                SentinelView.silent(SomeSentinels.sentinel(2), 0));
        assertThat(metrics(Gauges.ofData(() -> SomeSentinels.data(1, IP, views)))).contains(
                "redis_ha_role{role=\"master\"} 1.0", "redis_ha_leader 0.0", "redis_ha_writable 1.0", "redis_ha_epoch 4.0", "redis_ha_term 7.0",
                "redis_ha_replica_lag_bytes{replica=\"redis-ha-0\"} 101.0",
                "redis_ha_sentinel_up{sentinel=\"redis-ha-sentinel-0\"} 1.0",
                "redis_ha_sentinel_up{sentinel=\"redis-ha-sentinel-2\"} 0.0",
                "redis_ha_sentinel_epoch{sentinel=\"redis-ha-sentinel-1\"} 3.0",
                "redis_ha_sentinel_quorum{sentinel=\"redis-ha-sentinel-0\"} 2.0",
                "redis_ha_sentinel_master_down{sentinel=\"redis-ha-sentinel-0\"} 0.0",
                "redis_ha_sentinel_master_down{sentinel=\"redis-ha-sentinel-1\"} 1.0",
                "redis_ha_sentinel_failover_in_progress{sentinel=\"redis-ha-sentinel-0\"} 0.0",
                "redis_ha_sentinel_replicas{sentinel=\"redis-ha-sentinel-0\"} 2.0",
                "redis_ha_sentinel_sentinels{sentinel=\"redis-ha-sentinel-0\"} 2.0")
                .doesNotContain("redis_ha_sentinel_epoch{sentinel=\"redis-ha-sentinel-2\"} 0.0");
        assertThat(metrics(Gauges.ofWatcher(() -> SomeSentinels.watcher(1)))).contains("redis_ha_ready 1.0", "redis_ha_sentinel_up{sentinel=\"redis-ha-sentinel-1\"} 1.0")
                .noneMatch(line -> line.contains("redis-ha-sentinel-0"));
        assertThat(metrics(Gauges.ofData(() -> null))).isNotEmpty();
    }

    @Test
    void countsAsFailoversOnlyWhatNobodyHasPlanned() {
        Metrics metrics = new Metrics("1", Gauges.ofData(() -> null));
        Journaling journal = new Journaling("redis-ha-1", metrics, (warning, reason, message) -> { });

        journal.note(Act.PROMOTED, Reason.SENTINELS_AGREE, 1, "");
        journal.note(Act.PROMOTED, Reason.HANDED_OVER, 2, "");
        journal.note(Act.PROMOTED, Reason.SENTINELS_SWITCHED, 3, "");
        journal.note(Act.HANDED_OVER, Reason.SERVER_DIED, 3, "to redis-ha-2");

        assertThat(lines(metrics)).contains("redis_ha_failovers_total{reason=\"SentinelsSwitched\"} 1.0", "redis_ha_takeovers_total{reason=\"ServerDied\"} 1.0")
                .noneMatch(line -> line.contains("SentinelsAgree") || line.startsWith("redis_ha_failovers_total{reason=\"HandedOver"));
    }

    private static List<String> metrics(Gauges gauges) {
        return lines(new Metrics("1", gauges));
    }

    private static List<String> lines(Metrics metrics) {
        return new String(metrics.render(), StandardCharsets.UTF_8).lines().toList();
    }
}
