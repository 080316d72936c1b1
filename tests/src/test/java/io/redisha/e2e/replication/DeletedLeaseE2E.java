package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Finding R21: somebody deletes the Lease of a release that has no leader, and the pods with the data are away. With 0.3.0 an empty pod led at
 * once, and no Event said that data was lost.
 */
@Architecture.Replication
@Level.Full
@Cost.Long
class DeletedLeaseE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Test
    void isNotMadeAgainByAnEmptyPodWhoseSiblingsHaveTheData(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.size=1Gi");
        release.redis(release.master(), jedis -> {
            jedis.set("kept", "it");
            return jedis.waitReplicas(2, 5_000);
        });
        List<String> away = release.pods().stream().skip(1).map(pod -> pod.getSpec().getNodeName()).distinct().toList();
        assertThat(away).as("nodes of the other two").doesNotContain(release.pods().getFirst().getSpec().getNodeName());
        String set = "statefulset/" + release.fullname();
        String first = release.fullname() + "-0";
        kubectl(scene, "scale", set, "--replicas=0");
        Awaitility.await("no pod").atMost(PATIENCE).until(() -> release.pods().isEmpty());
        kubectl(scene, "delete", "lease", release.fullname());
        kubectl(scene, "delete", "pvc", "data-" + first);
        try {
            away.forEach(node -> kubectl(scene, "cordon", node));
            kubectl(scene, "scale", set, "--replicas=3");
            Awaitility.await(first + " to say what it waits for").atMost(PATIENCE).ignoreExceptions()
                    .untilAsserted(() -> assertThat(release.exec(first, "redis-ha", "status").out()).contains("the Lease is gone, and nobody leads empty before"));
            Trial.hold(Duration.ofSeconds(10));
            assertThat(release.labelled("master")).as("an empty master").isEmpty();
            assertThatThrownBy(() -> release.<String>redis(release.pods().getFirst(), jedis -> jedis.get("kept"))).as("a read while nobody leads").hasMessageStartingWith("MASTERDOWN");
        } finally {
            away.forEach(node -> kubectl(scene, "uncordon", node));
        }
        release.awaitWhole(3, PATIENCE);
        release.pods().forEach(pod -> assertThat(release.<String>redis(pod, jedis -> jedis.get("kept"))).as(pod.getMetadata().getName()).isEqualTo("it"));
    }

    private static void kubectl(Scene scene, String... words) {
        String[] all = new String[words.length + 2];
        all[0] = "-n";
        all[1] = scene.namespace();
        System.arraycopy(words, 0, all, 2, words.length);
        scene.cluster().kubectl(all).orThrow();
    }
}
