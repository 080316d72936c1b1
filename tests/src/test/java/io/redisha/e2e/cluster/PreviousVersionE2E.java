package io.redisha.e2e.cluster;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterRelease;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class PreviousVersionE2E {

    @Test
    void isUpgradedUnderLoadWithoutLosingAWrite(Scene scene) {
        ClusterRelease cluster = scene.cluster("redis-ha");
        cluster.release().installPrevious("architecture=cluster", "persistence.size=1Gi");
        cluster.awaitWhole();
        try (ClusterTrial trial = ClusterTrial.of(cluster, scene.directory())) {
            cluster.release().upgrade();
            trial.verdict().lostNothing().stoppedAtMost(Duration.ofSeconds(1));
        }
    }
}
