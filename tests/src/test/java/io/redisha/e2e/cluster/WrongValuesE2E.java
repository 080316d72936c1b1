package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Together
class WrongValuesE2E {

    /** What is given, and what the refusal must say. */
    private static final Map<String, String> WRONG = Map.of(
            "cluster.shards=1", "cluster.shards: given 1, expected at least 3",
            "cluster.shards=2", "cluster.shards: given 2, expected at least 3",
            "cluster.shards=many", "shards",
            "cluster.replicasPerShard=-1", "replicasPerShard",
            "cluster.nodeTimeout=500ms", "cluster.nodeTimeout: given 500ms",
            "cluster.nodes=6", "cluster.shards and cluster.replicasPerShard",
            "replicas=6", "cluster.shards x (1 + cluster.replicasPerShard)",
            "redis.configuration=cluster-enabled no", "cluster-enabled",
            "redis.configuration=cluster-announce-ip 1.2.3.4", "cluster-announce-ip");

    @Test
    @Level.Smoke
    void areRefusedByHelmWithTheReason(Scene scene) {
        Release release = scene.release("redis-ha");
        SoftAssertions.assertSoftly(softly -> WRONG.forEach((set, reason) -> {
            Shell.Output output = release.installWithoutWaiting("architecture=cluster", set);
            softly.assertThat(output.exit()).as("exit with " + set).isNotZero();
            softly.assertThat(output.err()).as(set).contains(reason);
        }));
        assertThat(Release.names(release.pods(), pod -> true)).isEmpty();
    }

    /** Three of six pods find no node: nothing is created by halves, and status names them. */
    @Test
    void sayWhichPodsFindNoNode(Scene scene) {
        Release release = scene.release("redis-ha");
        String rule = "affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].";
        release.installWithoutWaiting("architecture=cluster", "persistence.enabled=false", "auth.password=given", rule + "topologyKey=kubernetes.io/hostname",
                rule + "labelSelector.matchLabels.app\\.kubernetes\\.io/instance=redis-ha").orThrow();
        Awaitility.await("status").atMost(Duration.ofSeconds(40)).ignoreExceptions().untilAsserted(() -> {
            List<String> homeless = Release.names(release.pods(), pod -> pod.getSpec().getNodeName() == null);
            assertThat(homeless).hasSize(3);
            Pod running = release.pods().stream().filter(pod -> pod.getSpec().getNodeName() != null).findFirst().orElseThrow();
            assertThat(release.exec(running.getMetadata().getName(), "redis-ha", "status").text()).contains(homeless).containsIgnoringCase("pending");
        });
    }
}
