package io.redisha.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnCluster.class)
class ClusterNodePowerCutE2E {

    @Test
    void isServedByTheReplicasAndTakesTheLostOnesBack(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        giveEachNodeAMaster(cluster);
        Pod lost = cluster.master(0);
        String node = lost.getSpec().getNodeName();
        List<String> hit = Release.names(cluster.release().pods(), pod -> pod.getSpec().getNodeName().equals(node));
        try (ClusterTrial trial = ClusterTrial.from(cluster.lab().otherThan(node), cluster, 500, directory)) {
            cluster.lab().powerCut(node);
            Awaitility.await("another master, and its label").atMost(Duration.ofSeconds(15)).ignoreExceptions().untilAsserted(
                    () -> assertThat(cluster.master(0).getMetadata().getName()).isNotEqualTo(lost.getMetadata().getName()));
            Trial.hold(Duration.ofSeconds(5));
            cluster.lab().powerOn(node);
            trial.verdict(Duration.ofSeconds(120)).lostNothingReplicated().stoppedAtMost(Duration.ofSeconds(6)).restartedOnly(hit.toArray(String[]::new));
        }
    }

    /**
     * What tests before this one failed over may have left two of three masters on one node, and with the majority of masters
     * nobody is left to elect anybody: README, what it does not promise.
     */
    private static void giveEachNodeAMaster(ClusterRelease cluster) {
        for (int round = 0; round < 3 && ClusterRelease.nodes(cluster.masters()).size() < 3; round++) {
            List<String> taken = cluster.masters().stream().map(pod -> pod.getSpec().getNodeName()).toList();
            int shard = IntStream.range(0, 3)
                    .filter(n -> Collections.frequency(taken, taken.get(n)) > 1 && !taken.contains(cluster.replicas(n).getFirst().getSpec().getNodeName())).findFirst().orElseThrow();
            cluster.release().exec(cluster.master(0).getMetadata().getName(), "redis-ha", "switchover", "--shard", Integer.toString(shard)).orThrow();
            cluster.awaitWhole();
        }
        assertThat(ClusterRelease.nodes(cluster.masters())).as("nodes that have a master").hasSize(3);
    }
}
