package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Netns;
import io.redisha.lab.SentinelRelease;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The life of a release with sentinels, under restricted Pod Security. */
@Architecture.Sentinel
@Level.Smoke
@Cost.Together
class InstallE2E {

    @Test
    void installsServesTestsAndLeavesOnlyDataAndPasswordBehind(Scene scene) {
        SentinelRelease release = scene.sentinel("redis-ha");
        long start = System.nanoTime();
        String notes = release.tryInstall("architecture=sentinel", "persistence.size=1Gi", "selftest.switchover=true").orThrow().out();
        // --wait says that it works: no polling here.
        release.viaMaster("node1", jedis -> jedis.set("first", "write"));
        System.out.println("helm install --wait to a writable master: " + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms");
        assertThat(notes).as("notes").contains(release.sentinelName()).contains(SentinelRelease.MASTER_NAME).contains(release.fullname() + "-master").contains("redis-ha status");

        release.awaitWhole(3, Duration.ofSeconds(5));
        assertThat(scene.cluster().events(scene.namespace())).as("what the first promotion is called").contains("is master (was replica): first start of the release");
        assertThat(release.<String>viaReplicas("node2", jedis -> jedis.get("first"))).isEqualTo("write");
        showsWhatEachSentinelSays(release);
        tellsASentinelsFigures(release);
        refusesWhoeverHasNoPassword(release);

        String tested = scene.cluster().helm("test", release.name(), "-n", scene.namespace()).orThrow().text();
        assertThat(tested).as("helm test").contains("Succeeded").contains("switchover: ");
        release.awaitWhole();

        scene.cluster().helm("uninstall", release.name(), "-n", scene.namespace(), "--wait").orThrow();
        Awaitility.await("the rest of the release").atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofSeconds(1)).untilAsserted(
                () -> assertThat(scene.left()).allMatch(name -> name.startsWith("persistentvolumeclaim/") || name.equals("secret/" + release.fullname())));
        assertThat(scene.left()).as("what uninstall leaves").hasSize(4).contains("secret/" + release.fullname());

        release.install().awaitWhole();
        assertThat(release.<String>viaMaster("node1", jedis -> jedis.get("first"))).as("found again").isEqualTo("write");
    }

    /** At every pod, a sentinel's too, both for people and for programs. */
    private static void showsWhatEachSentinelSays(SentinelRelease release) {
        String master = release.master().getMetadata().getName();
        for (Pod pod : release.pods()) {
            List<String> lines = release.exec(pod.getMetadata().getName(), "redis-ha", "status").orThrow().out().lines().toList();
            release.pods().forEach(each -> assertThat(lines).anyMatch(line -> line.contains(each.getMetadata().getName()) && line.contains(each.getMetadata().getLabels().get("role"))));
            release.sentinels().forEach(each -> assertThat(lines).anyMatch(line -> line.contains(each.getMetadata().getName()) && line.replace(each.getMetadata().getName(), "").contains(master)));
        }
        JsonNode status = release.status();
        assertThat(status.get("master").asText()).isEqualTo(master);
        assertThat(status.get("problems")).as("problems").isEmpty();
        assertThat(StreamSupport.stream(status.get("sentinels").spliterator(), false).map(sentinel -> sentinel.get("names").asText())).as("who is master by each sentinel")
                .containsExactly(master, master, master);
    }

    private static void tellsASentinelsFigures(SentinelRelease release) {
        Pod sentinel = release.sentinels().getFirst();
        int port = sentinel.getSpec().getContainers().getFirst().getPorts().stream().filter(each -> each.getName().equals("http")).findFirst().orElseThrow().getContainerPort();
        String page = Netns.call(sentinel.getSpec().getNodeName(), () -> {
            try (InputStream metrics = URI.create("http://" + sentinel.getStatus().getPodIP() + ":" + port + "/metrics").toURL().openStream()) {
                return new String(metrics.readAllBytes(), StandardCharsets.UTF_8);
            }
        });
        assertThat(page).as("metrics of a sentinel").contains("redis_ha_sentinel_");
    }

    private static void refusesWhoeverHasNoPassword(SentinelRelease release) {
        for (Pod pod : List.of(release.master(), release.sentinels().getFirst())) {
            int port = pod.getMetadata().getName().startsWith(release.sentinelName()) ? SentinelRelease.PORT : 6379;
            assertThatThrownBy(() -> Netns.call(pod.getSpec().getNodeName(), () -> {
                try (Jedis jedis = new Jedis(pod.getStatus().getPodIP(), port)) {
                    return jedis.info();
                }
            })).hasMessageContaining("NOAUTH");
        }
    }
}
