package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class PodDeletedE2E {

    @Test
    @Level.Smoke
    void handsOverBeforeTheMasterStops(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            cluster.release().delete(cluster.master(1)).orThrow();
            trial.verdict().lostNothing().restartedOnly().stoppedAtMost(Duration.ofSeconds(1));
        }
    }

    /** The old container may still run beside the new pod of the same name. */
    @Test
    void losesNoWriteThatAReplicaHasWhenItIsDeletedByForce(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            cluster.release().delete(cluster.master(2), "--force", "--grace-period=0").orThrow();
            trial.verdict().lostNothingReplicated().restartedOnly().stoppedAtMost(Duration.ofSeconds(5));
        }
    }

    /** Who looks after the shape is a pod like the others. */
    @Test
    void isLedByAnotherPodWhenTheLeaderIsDeleted(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        Pod leader = cluster.leader();
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            cluster.release().delete(leader).orThrow();
            trial.verdict().lostNothing().restartedOnly().stoppedAtMost(Duration.ofSeconds(1));
            assertThat(cluster.leader().getMetadata().getName()).isNotEqualTo(leader.getMetadata().getName());
        }
    }
}
