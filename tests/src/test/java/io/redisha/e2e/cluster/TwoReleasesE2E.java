package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterNode;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Together
class TwoReleasesE2E {

    @Test
    void liveInOneNamespaceWithoutMeeting(Scene scene) {
        ClusterRelease one = scene.cluster("redis-ha");
        ClusterRelease other = scene.cluster("cache");
        CompletableFuture<?> installing = CompletableFuture.runAsync(() -> one.release().install("architecture=cluster", "persistence.enabled=false"), Shell::aside);
        other.release().install("architecture=cluster", "persistence.enabled=false");
        installing.join();
        one.awaitWhole();
        other.awaitWhole();
        assertThat(one.release().password()).isNotEqualTo(other.release().password());
        List<String> ids = ids(other);
        List<Integer> restarts = restarts(other);

        try (ClusterTrial trial = ClusterTrial.of(one, scene.directory())) {
            // New pods get addresses that may have been anybody's.
            one.release().delete(one.master(0)).orThrow();
            one.release().delete(one.replicas(1).getFirst()).orThrow();
            trial.verdict().lostNothing();
        }

        other.awaitWhole();
        assertThat(ids(other)).as("nodes of the one that was left alone").isEqualTo(ids);
        assertThat(restarts(other)).isEqualTo(restarts);
        assertThat(other.onMasters(jedis -> jedis.dbSize()).values()).as("keys of the one that nobody wrote to").allMatch(keys -> keys == 0);
    }

    private static List<String> ids(ClusterRelease cluster) {
        return cluster.view(cluster.master(0)).nodes().stream().map(ClusterNode::id).sorted().toList();
    }

    private static List<Integer> restarts(ClusterRelease cluster) {
        return cluster.release().pods().stream().map(Release::restarts).toList();
    }
}
