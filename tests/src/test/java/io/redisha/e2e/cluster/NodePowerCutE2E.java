package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Smoke
@Cost.Alone
class NodePowerCutE2E {

    @Test
    void isServedByTheReplicasAndTakesTheLostOnesBack(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        awaitAMasterOnEachNode(cluster);
        Pod lost = cluster.master(0);
        String node = lost.getSpec().getNodeName();
        List<String> hit = Release.names(cluster.release().pods(), pod -> pod.getSpec().getNodeName().equals(node));
        try (ClusterTrial trial = ClusterTrial.from(cluster.lab().otherThan(node), cluster, 500, directory)) {
            cluster.lab().powerCut(node);
            Awaitility.await("another master, and its label").atMost(Duration.ofSeconds(15)).ignoreExceptions().untilAsserted(
                    () -> assertThat(cluster.master(0).getMetadata().getName()).isNotEqualTo(lost.getMetadata().getName()));
            cluster.release().awaitRenewal();
            cluster.lab().powerOn(node);
            trial.verdict(Duration.ofSeconds(120)).lostNothingReplicated().restartedOnly(hit.toArray(String[]::new)).stoppedAtMost(Duration.ofSeconds(6));
        }
    }

    /**
     * What tests before this one failed over may have left two of three masters on one node, and with the majority of masters
     * nobody is left to elect anybody. The leader puts that right when all has been calm for 15 s.
     */
    private static void awaitAMasterOnEachNode(ClusterRelease cluster) {
        Awaitility.await("a master on each node").atMost(Duration.ofSeconds(60)).ignoreExceptions().untilAsserted(
                () -> assertThat(ClusterRelease.nodes(cluster.masters())).hasSize(3));
        cluster.awaitWhole();
    }
}
