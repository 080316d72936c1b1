package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Sentinels believe whoever speaks of the same name with a higher epoch: two sets of them that met once are one. */
@Architecture.Sentinel
@Level.Full
@Cost.Together
class ForeignMasterE2E {

    private static final int KEYS = 500;
    /** Longer than sentinels wait before they have their replicas follow whom they take for the master. */
    private static final Duration SENTINELS_WAIT = Duration.ofSeconds(15);

    @Test
    void isRefusedByNameAndWipesNobody(Scene scene) throws Exception {
        SentinelRelease release = scene.sentinel("redis-ha").install("architecture=sentinel", "persistence.enabled=false").awaitWhole();
        try (InputStream manifest = ForeignMasterE2E.class.getResourceAsStream("/plain.yaml")) {
            scene.cluster().apply(scene.namespace(), new String(manifest.readAllBytes(), StandardCharsets.UTF_8));
        }
        Awaitility.await("a server that is none of the release's").atMost(Duration.ofSeconds(60)).ignoreExceptions().until(() -> Release.ready(release.pod("plain-0")));
        String foreign = release.pod("plain-0").getStatus().getPodIP();
        release.redis(release.master(), jedis -> {
            IntStream.range(0, KEYS).forEach(n -> jedis.set("ours:" + n, "x"));
            // A hello as a sentinel of another set says it: address, id, epoch; then the master's name, address, epoch.
            return jedis.publish("__sentinel__:hello", foreign + ",26379," + "f".repeat(40) + ",100," + SentinelRelease.MASTER_NAME + "," + foreign + ",6379,100");
        });
        Awaitility.await("sentinels name the foreign master").atMost(Duration.ofSeconds(15)).ignoreExceptions()
                .untilAsserted(() -> assertThat(release.views()).allSatisfy(view -> assertThat(view.masterHost()).isEqualTo(foreign)));
        Awaitility.await("word about the foreign master").atMost(Duration.ofSeconds(30)).untilAsserted(
                () -> assertThat(scene.cluster().events(scene.namespace())).contains(foreign));
        long until = System.nanoTime() + SENTINELS_WAIT.toNanos();
        do {
            for (Pod pod : release.pods()) {
                assertThat(ours(release, pod)).as("keys on " + pod.getMetadata().getName()).isEqualTo(KEYS);
                assertThat(linkedTo(release, pod)).as("whom " + pod.getMetadata().getName() + " copies").isNotEqualTo(foreign);
            }
            Trial.hold(Duration.ofMillis(500));
        } while (System.nanoTime() < until);
        assertThat(Release.names(release.pods(), Release::ready)).as("pods that are ready").isEmpty();

        release.delete(release.sentinels()).orThrow();
        release.awaitWhole(3, Duration.ofSeconds(60));
        assertThat(ours(release, release.master())).isEqualTo(KEYS);
    }

    private static String linkedTo(SentinelRelease release, Pod pod) {
        Release.Info info = release.info(pod);
        return info.text("master_link_status").equals("up") ? info.text("master_host") : "nobody";
    }

    /** By what a replica without a master still tells. */
    private static int ours(SentinelRelease release, Pod pod) {
        Matcher keys = Pattern.compile("keys=(\\d+),.*").matcher(release.info(pod).text("db0"));
        return keys.matches() ? Integer.parseInt(keys.group(1)) : 0;
    }
}
