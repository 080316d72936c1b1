package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Pipeline;

/**
 * Finding R6: a planned stop of a release that keeps its data in snapshots, of which the last one takes as long as it takes. 0.3.0 killed the
 * server 2 s into it: 30,000 of 30,000 keys were gone, and then nobody led, three times of three.
 */
@Architecture.Replication
@Level.Full
@Cost.Long
class SlowSaveE2E {

    private static final int KEYS = 30_000;
    /** The server sleeps so long for each key that it saves: it is silent for 30 s, as with some hundred million keys. */
    private static final String MICROSECONDS = "1000";
    private static final Duration SLOW = Duration.ofSeconds(KEYS / 1_000);
    private static final Duration GRACE = Duration.ofSeconds(180);

    @Test
    void hasAllKeysAfterScalingToNothingAndBack(Scene scene) throws Exception {
        Path values = Files.writeString(Files.createDirectories(scene.directory()).resolve("values.yaml"), """
                redis:
                  configuration: |
                    appendonly no
                    save 3600 1
                """);
        Release release = scene.release("redis-ha").with(values).install("persistence.size=1Gi", "terminationGracePeriodSeconds=" + GRACE.toSeconds());
        release.awaitWhole();
        release.redis(release.master(), jedis -> {
            Pipeline pipeline = jedis.pipelined();
            IntStream.range(0, KEYS).forEach(n -> pipeline.set("key:" + n, Integer.toString(n)));
            pipeline.sync();
            assertThat(jedis.waitReplicas(2, 5_000)).isEqualTo(2);
            return null;
        });
        release.pods().forEach(pod -> release.<String>redis(pod, jedis -> jedis.configSet("rdb-key-save-delay", MICROSECONDS)));

        long began = System.nanoTime();
        scale(release, 0);
        Awaitility.await("all pods to be gone").atMost(GRACE.plusSeconds(30)).pollInterval(Duration.ofSeconds(1)).until(() -> release.pods().isEmpty());
        assertThat(Duration.ofNanos(System.nanoTime() - began)).as("how long the last save took").isGreaterThan(SLOW);

        scale(release, 3);
        release.awaitWhole(3, Duration.ofSeconds(120));
        release.pods().forEach(pod -> assertThat(release.<Long>redis(pod, jedis -> jedis.dbSize())).as("keys of " + pod.getMetadata().getName()).isEqualTo(KEYS));
    }

    private static void scale(Release release, int replicas) {
        release.cluster().kubectl("-n", release.namespace(), "scale", "statefulset", release.fullname(), "--replicas=" + replicas).orThrow();
    }
}
