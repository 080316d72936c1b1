package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Shell;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class SwitchoverE2E {

    @Test
    @Level.Smoke
    void movesTheMasterOfTheShardThatIsNamed(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            String replica = cluster.replicas(1).getFirst().getMetadata().getName();
            String other = cluster.master(0).getMetadata().getName();
            cluster.release().exec(other, "redis-ha", "switchover", "--shard", "1").orThrow();
            // At once: what leaves too few masters elsewhere is put right by the leader after some seconds of calm.
            Awaitility.await("labels after the switchover").atMost(Duration.ofSeconds(5)).pollInterval(Duration.ofMillis(100)).ignoreExceptions()
                    .untilAsserted(() -> assertThat(cluster.master(1).getMetadata().getName()).isEqualTo(replica));
            assertThat(cluster.master(0).getMetadata().getName()).isEqualTo(other);
            trial.verdict().lostNothing().restartedOnly().stoppedAtMost(Duration.ofSeconds(1));
        }
    }

    @Test
    void refusesAShardThatIsNotThereAndChangesNothing(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster) {
        Shell.Output output = cluster.release().exec(cluster.master(0).getMetadata().getName(), "redis-ha", "switchover", "--shard", "7");
        assertThat(output.exit()).isNotZero();
        assertThat(output.text()).contains("7");
        cluster.assertWhole();
    }
}
