package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterRelease;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** It moves slots in another way: all of a batch at once, and the source deletes them afterwards. */
@Architecture.Cluster
@Level.Full
@Cost.Together
class ValkeyE2E {

    @Test
    void runsInTheUnmodifiedValkeyImage(Scene scene) {
        ClusterRelease cluster = scene.cluster("redis-ha");
        cluster.release().install("architecture=cluster", "image.repository=valkey/valkey", "image.tag=9.1", "persistence.size=1Gi");
        cluster.assertWhole();
        assertThat(cluster.view(cluster.master(0)).info().text("server_name")).isEqualTo("valkey");
        try (ClusterTrial trial = ClusterTrial.of(cluster, scene.directory())) {
            cluster.release().killServer(cluster.master(0));
            trial.verdict().lostNothingReplicated().lostOnlyTheLastMoment().restartedOnly().stoppedAtMost(Duration.ofMillis(2500));
        }
        try (ClusterTrial trial = ClusterTrial.patient("node2", cluster, 100_000, scene.directory())) {
            cluster.scale(4, 1).awaitWhole(Duration.ofSeconds(3));
            cluster.assertBalanced();
            cluster.scale(3, 1).awaitWhole(Duration.ofSeconds(3));
            cluster.assertBalanced();
            trial.verdict().lostNothing().saidOnlyMovedAndAsk().restartedOnly();
        }
    }
}
