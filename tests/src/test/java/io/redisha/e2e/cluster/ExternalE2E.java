package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Service;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterNode;
import io.redisha.lab.ClusterRelease;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Clients that see nothing of the pods' network: this machine reaches the nodes' addresses only. */
@Architecture.Cluster
@Level.Full
@Cost.Together
class ExternalE2E {

    private static final String NODE1 = "172.30.0.11";

    @Test
    void servesClientsOutsideByNodePortsThatNobodyTyped(Scene scene) {
        ClusterRelease cluster = scene.cluster("redis-ha");
        cluster.release().install("architecture=cluster", "persistence.enabled=false", "cluster.external.enabled=true", "cluster.external.type=NodePort");
        cluster.awaitWhole();
        List<ClusterNode> nodes = cluster.view(cluster.master(0)).nodes();
        assertThat(nodes).extracting(ClusterNode::hostname).as("what clients are told to connect to").allMatch(host -> host.startsWith("172.30.0.1"));

        Service first = scene.cluster().client().services().inNamespace(scene.namespace()).withName(cluster.release().fullname() + "-0").get();
        try (ClusterTrial trial = ClusterTrial.fromOutside(cluster, scene.directory(), NODE1, first.getSpec().getPorts().getFirst().getNodePort())) {
            cluster.release().killServer(cluster.master(0));
            cluster.awaitWhole();
            cluster.release().delete(cluster.master(1)).orThrow();
            trial.verdict().lostNothingReplicated().lostOnlyTheLastMoment().stoppedAtMost(Duration.ofMillis(2500));
        }
    }
}
