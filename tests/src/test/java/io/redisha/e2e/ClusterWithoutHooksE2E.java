package io.redisha.e2e;

import io.redisha.lab.ClusterRelease;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** As a GitOps tool does it: manifests are applied, pods get healthy, and nobody runs anything. */
@Tag("together")
@ExtendWith(OnCluster.class)
class ClusterWithoutHooksE2E {

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
