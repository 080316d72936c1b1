package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Drawn;
import io.redisha.lab.Release;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A pod brings what isn't this release's: it is neither met nor wiped, and a person is told. */
@Architecture.Cluster
@Level.Full
@Cost.Together
class ForeignDataE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private ClusterRelease grown;

    @Test
    void isRefusedByNameAndLeftAsItWas(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) throws IOException {
        grown = cluster;
        Release release = cluster.release();
        String pod = release.fullname() + "-6";
        leaveAVolumeBehind(release);
        try (ClusterTrial trial = ClusterTrial.patient("node1", cluster, 500, directory)) {
            // With --wait, helm would wait for a pod that will never be ready.
            release.installWithoutWaiting("cluster.shards=4").orThrow();
            Awaitility.await("Event").atMost(PATIENCE).untilAsserted(() -> assertThat(
                    release.cluster().events(release.namespace())).contains("another release").contains("somebody-elses"));
            Awaitility.await("status").atMost(PATIENCE).untilAsserted(() -> assertThat(
                    release.exec(release.fullname() + "-0", "redis-ha", "status").text()).contains(pod + ": ").contains("another release"));
            assertThat(Release.ready(release.pod(pod))).as("readiness of " + pod).isFalse();
            Set<String> keys = release.redis(release.pod(pod), jedis -> jedis.keys("*"));
            assertThat(keys).as("what is on it").containsExactly("theirs");
            assertThat(cluster.view(cluster.master(0)).nodes()).as("nodes that the cluster knows").noneMatch(node -> node.host().equals(release.pod(pod).getStatus().getPodIP()));

            // What a person does then.
            release.cluster().kubectl("-n", release.namespace(), "delete", "pvc", "data-" + pod, "--wait=false").orThrow();
            release.delete(release.pod(pod)).orThrow();
            cluster.scale(4, 1);
            trial.verdict().lostNothing().saidOnlyMovedAndAsk();
        }
    }

    private static void leaveAVolumeBehind(Release release) throws IOException {
        // Our own one, of a time when there were more pods.
        release.cluster().kubectl("-n", release.namespace(), "delete", "pvc", "data-" + release.fullname() + "-6", "--ignore-not-found").orThrow();
        try (InputStream manifest = ForeignDataE2E.class.getResourceAsStream("/foreign.yaml")) {
            release.cluster().apply(release.namespace(), new String(manifest.readAllBytes(), StandardCharsets.UTF_8).replace("redis:8.0", Drawn.redis()));
        }
        Awaitility.await("foreign data").atMost(PATIENCE).until(() -> "Succeeded".equals(release.pod("foreign").getStatus().getPhase()));
        release.delete(release.pod("foreign")).orThrow();
    }

    @AfterEach
    void backToThree() {
        if (grown != null) {
            grown.release().cluster().kubectl("-n", grown.release().namespace(), "delete", "pod", "foreign", "--ignore-not-found");
            grown.scale(3, 1).awaitWhole(PATIENCE);
            // The claims of pods that are gone stay, as they do for a user.
            grown.release().cluster().kubectl("-n", grown.release().namespace(), "delete", "pvc", "data-" + grown.release().fullname() + "-6", "data-" + grown.release().fullname() + "-7", "--ignore-not-found");
        }
    }
}
