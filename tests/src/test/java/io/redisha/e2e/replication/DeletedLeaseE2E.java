package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Finding R21: somebody deletes the Lease of a release that has no leader. */
@Architecture.Replication
@Level.Full
@Cost.Long
class DeletedLeaseE2E {

    @Test
    void isMadeAgainByAPodThatHasTheData(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.size=1Gi");
        release.redis(release.master(), jedis -> {
            jedis.set("kept", "it");
            return jedis.waitReplicas(2, 5_000);
        });
        String set = "statefulset/" + release.fullname();
        scene.cluster().kubectl("-n", scene.namespace(), "scale", set, "--replicas=0").orThrow();
        Awaitility.await("no pod").atMost(Duration.ofSeconds(90)).until(() -> release.pods().isEmpty());
        scene.cluster().kubectl("-n", scene.namespace(), "delete", "lease", release.fullname()).orThrow();
        scene.cluster().kubectl("-n", scene.namespace(), "scale", set, "--replicas=3").orThrow();
        release.awaitWhole(3, Duration.ofSeconds(90));
        release.pods().forEach(pod -> assertThat(release.<String>redis(pod, jedis -> jedis.get("kept"))).as(pod.getMetadata().getName()).isEqualTo("it"));
    }
}
