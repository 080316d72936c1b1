package io.redisha.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnCluster.class)
class ClusterScaleE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    /** Helm returns when the hook says that it is done; looking at all of it takes a moment. */
    private static final Duration AT_ONCE = Duration.ofSeconds(10);
    private static final int MANY = 100_000;
    private ClusterRelease scaled;

    @Test
    void growsToFiveShardsAndBackByHelmWithoutLosingOrDoublingAKey(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        scaled = cluster;
        try (ClusterTrial trial = ClusterTrial.patient("node1", cluster, MANY, directory)) {
            cluster.scale(5, 1).awaitWhole(AT_ONCE);
            cluster.assertBalanced();
            cluster.scale(3, 1);
            cluster.awaitWhole(AT_ONCE);
            cluster.assertBalanced();
            trial.verdict().lostNothing().saidOnlyMovedAndAsk().restartedOnly();
        }
    }

    /** No hook is run: the pods to go give away what they own when they are told to stop. */
    @Test
    void growsAndShrinksByKubectl(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        scaled = cluster;
        try (ClusterTrial trial = ClusterTrial.patient("node1", cluster, 10_000, directory)) {
            replicas(cluster, 8);
            cluster.want(4, 1).awaitBalanced(PATIENCE);
            replicas(cluster, 6);
            cluster.want(3, 1).awaitBalanced(PATIENCE);
            trial.verdict().lostNothing().saidOnlyMovedAndAsk().restartedOnly();
        }
    }

    /** It remembers nothing that the next one can't see: the move goes on where it was. */
    @Test
    void goesOnUnderAnotherLeaderWhenItsPodDies(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        scaled = cluster;
        try (ClusterTrial trial = ClusterTrial.patient("node1", cluster, MANY, directory)) {
            CompletableFuture<ClusterRelease> growing = CompletableFuture.supplyAsync(() -> cluster.scale(4, 1), Shell::aside);
            Awaitility.await("the first slots to have moved").atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).ignoreExceptions().until(
                    () -> cluster.view(cluster.release().pod(cluster.release().fullname() + "-6")).self().slots().cardinality() > 0
                            || cluster.view(cluster.release().pod(cluster.release().fullname() + "-7")).self().slots().cardinality() > 0);
            Pod leader = cluster.leader();
            cluster.release().killContainer(leader);
            growing.join();
            cluster.awaitBalanced(PATIENCE);
            trial.verdict().lostNothingReplicated().restartedOnly(leader.getMetadata().getName());
        }
    }

    @Test
    void givesEachShardAnotherReplicaAndTakesItBack(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        scaled = cluster;
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            cluster.scale(3, 2).awaitWhole(AT_ONCE);
            for (int shard = 0; shard < 3; shard++) {
                assertThat(ClusterRelease.nodes(cluster.shard(shard))).as("nodes of shard %d", shard).hasSize(3);
            }
            cluster.scale(3, 1);
            trial.verdict().lostNothing().restartedOnly();
        }
    }

    /** As in a cluster that is left alone after it, for the next one. */
    @AfterEach
    void backToThree() {
        if (scaled != null) {
            scaled.scale(3, 1).awaitWhole(PATIENCE);
            scaled.onMasters(jedis -> jedis.flushAll());
        }
    }

    private static void replicas(ClusterRelease cluster, int pods) {
        cluster.release().cluster().kubectl("-n", cluster.release().namespace(), "scale", "statefulset", cluster.release().fullname(), "--replicas=" + pods).orThrow();
    }
}
