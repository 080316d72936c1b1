package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.TooSlow;
import io.redisha.e2e.Trial;
import io.redisha.lab.ClusterRelease;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class ServerKilledE2E {

    /** Less than a node timeout: the master's own entrypoint asks for the failover. How much less is the bench's to say. */
    private static final Duration BUDGET = Duration.ofMillis(1500);
    private static final Duration LABELS = Duration.ofSeconds(2);

    @Test
    void losesNotOneKeyWithPersistence(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        killAMastersServer(cluster, directory);
    }

    /** The case that wipes others: the empty master comes back first, owns its slots, and its replica copies the emptiness. */
    @Test
    @Level.Smoke
    void losesNotOneKeyWithoutPersistence(@Shared(Shared.Kind.CLUSTER_EPHEMERAL) ClusterRelease cluster, Path directory) {
        killAMastersServer(cluster, directory);
    }

    private static void killAMastersServer(ClusterRelease cluster, Path directory) {
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            Pod master = cluster.master(0);
            Pod replica = cluster.replicas(0).getFirst();
            long killed = System.nanoTime();
            cluster.release().killServer(master);
            Awaitility.await("labels after the failover").atMost(Duration.ofSeconds(15)).pollInterval(Duration.ofMillis(100)).ignoreExceptions()
                    .untilAsserted(() -> assertThat(cluster.master(0).getMetadata().getName()).isEqualTo(replica.getMetadata().getName()));
            Duration labelled = Duration.ofNanos(System.nanoTime() - killed);
            trial.verdict().lostNothingReplicated().lostOnlyTheLastMoment().restartedOnly().stoppedAtMost(BUDGET);
            TooSlow.unless(labelled, BUDGET.plus(LABELS), "time from the kill to the labels");
        }
    }

    @Test
    void goesOnWritingWhenAReplicasServerIsKilled(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        try (ClusterTrial trial = ClusterTrial.patient("node1", cluster, 500, directory)) {
            cluster.release().killServer(cluster.replicas(1).getFirst());
            trial.verdict().lostNothing().saidOnlyMovedAndAsk().restartedOnly().stoppedAtMost(Trial.UNNOTICED);
        }
    }
}
