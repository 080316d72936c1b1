package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisException;

/** Nothing is on a disk, and a replica has only a part of it when the master is deleted. */
@Architecture.Replication
@Level.Full
@Cost.Long
class FullSyncE2E {

    private static final int VALUES = 100;
    private static final int LENGTH = 10 << 20;

    @Test
    void losesNothingWhenTheMasterIsDeletedWhileAReplicaGetsAFullCopyOfAGigabyte(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.enabled=false");
        release.awaitWhole();
        Pod master = release.master();
        release.redis(master, jedis -> {
            byte[] value = new byte[LENGTH];
            new Random(VALUES).nextBytes(value);   // what can be compressed is, and then it is no gigabyte
            for (int i = 0; i < VALUES; i++) {
                jedis.set(("large:" + i).getBytes(), value);
            }
            assertThat(jedis.waitReplicas(2, 60_000)).isEqualTo(2);
            return null;
        });
        release.awaitWhole();
        Pod copying = release.replicas().getFirst();
        try (Trial trial = Trial.patient(release, scene.directory())) {
            release.killServer(copying);
            Awaitility.await("a full copy").atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(20)).until(() -> copies(release, copying));
            release.delete(master, "--wait=false").orThrow();
            trial.verdict(3, Duration.ofSeconds(240)).lostNothing().changedMasterAtMost(2).restartedOnly();
        }
        release.pods().forEach(pod -> assertThat(release.<Long>redis(pod, jedis -> jedis.strlen("large:" + (VALUES - 1)))).as(pod.getMetadata().getName()).isEqualTo(LENGTH));
    }

    private static boolean copies(Release release, Pod pod) {
        try {
            return release.info(pod).text("master_sync_in_progress").equals("1");
        } catch (AssertionError | JedisException down) {
            return false;
        }
    }
}
