package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Release;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Together
class WrongPasswordE2E {

    /** A Secret was changed, and one pod has read the new one: it is kept out, says why, and nothing else happens. */
    @Test
    void ofOnePodKeepsThatPodOut(Scene scene) {
        secret(scene, "first");
        ClusterRelease cluster = new ClusterRelease(scene.release("redis-ha").withSecret("mine"), 3, 1);
        Release release = cluster.release();
        release.install("architecture=cluster", "persistence.enabled=false", "auth.existingSecret=mine");
        cluster.awaitWhole();
        try (ClusterTrial trial = ClusterTrial.patient("node1", cluster, 500, scene.directory())) {
            Pod odd = cluster.replicas(0).getFirst();
            String name = odd.getMetadata().getName();
            secret(scene, "other");
            release.delete(odd).orThrow();
            Awaitility.await("word about the password").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(
                    scene.cluster().kubectl("-n", scene.namespace(), "get", "events", "--field-selector=involvedObject.name=" + name).out()).containsIgnoringCase("password"));
            assertThat(Release.ready(release.pod(name))).as("readiness of " + name).isFalse();

            secret(scene, "first");
            release.delete(release.pod(name)).orThrow();
            trial.verdict().lostNothing().saidOnlyMovedAndAsk();
        }
    }

    private static void secret(Scene scene, String password) {
        scene.cluster().kubectl("-n", scene.namespace(), "delete", "secret", "mine", "--ignore-not-found").orThrow();
        scene.cluster().kubectl("-n", scene.namespace(), "create", "secret", "generic", "mine", "--from-literal=redis-password=" + password).orThrow();
    }
}
