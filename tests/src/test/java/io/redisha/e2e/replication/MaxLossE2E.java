package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisDataException;

/** {@code failover.maxLoss}: what only the master has is never older, and nobody notices as long as a replica keeps up. */
@Architecture.Replication
@Level.Full
@Cost.Long
class MaxLossE2E {

    private static final Duration LIMIT = Duration.ofSeconds(1);
    /** In which Redis itself does not notice that its replicas stand still: min-replicas-max-lag is 3 s. */
    private static final Duration STILL = Duration.ofMillis(2_500);

    @Test
    void writesAreRefusedBeforeTheOldestThatNoReplicaHasIsOlderAndGoOnWithTheReplicas(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.enabled=false", "failover.maxLoss=" + LIMIT.toSeconds() + "s");
        release.awaitWhole();
        try (Trial trial = Trial.patient(release, scene.directory())) {
            Trial.hold(Duration.ofSeconds(10));
            trial.verdict().lostNothing().refusedNothing().changedMasterAtMost(0).restartedOnly().stoppedAtMost(Trial.UNNOTICED);
        }

        Pod master = release.master();
        List<Processes.Found> replicas = release.replicas().stream().map(pod -> Processes.server(pod.getMetadata().getUid()).orElseThrow()).toList();
        replicas.forEach(server -> server.signal("STOP"));
        long began = System.nanoTime();
        try {
            long last = began;
            int refused = 0;
            for (int n = 0; System.nanoTime() - began < STILL.toNanos(); n++) {
                if (isTaken(release, master, n)) {
                    last = System.nanoTime();
                } else {
                    refused++;
                }
                Trial.hold(Duration.ofMillis(10));
            }
            assertThat(Duration.ofNanos(last - began)).as("from when no replica acknowledged anything until the last write").isLessThan(LIMIT);
            assertThat(refused).isPositive();
        } finally {
            replicas.forEach(server -> server.signal("CONT"));
        }
        Awaitility.await("a write").atMost(Duration.ofSeconds(5)).pollInterval(Duration.ofMillis(50)).until(() -> isTaken(release, master, -1));
        assertThat(release.master().getMetadata().getUid()).as("the master, all the time").isEqualTo(master.getMetadata().getUid());
        Awaitility.await("Event").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(release.cluster().events(release.namespace())).contains("WritesRefused"));
    }

    private static boolean isTaken(Release release, Pod master, int n) {
        try {
            return release.<String>redis(master, jedis -> jedis.set("plain:" + n, "yes")).equals("OK");
        } catch (JedisDataException refused) {
            assertThat(refused).hasMessageStartingWith("NOREPLICAS");
            return false;
        }
    }
}
