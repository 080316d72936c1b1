package io.redisha.e2e.cluster;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterRelease;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** As a GitOps tool does it: manifests are applied, pods get healthy, and nobody runs anything. */
@Architecture.Cluster
@Level.Full
@Cost.Together
class WithoutHooksE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Test
    void formsGrowsAndShrinksByItsPodsAlone(Scene scene) {
        ClusterRelease cluster = scene.cluster("redis-ha");
        cluster.release().install("architecture=cluster", "persistence.enabled=false", "hooks.enabled=false");
        cluster.awaitBalanced(PATIENCE);
        try (ClusterTrial trial = ClusterTrial.patient("node3", cluster, 10_000, scene.directory())) {
            cluster.scale(4, 1).awaitBalanced(PATIENCE);
            cluster.scale(3, 1).awaitBalanced(PATIENCE);
            trial.verdict().lostNothing().saidOnlyMovedAndAsk().restartedOnly();
        }
    }
}
