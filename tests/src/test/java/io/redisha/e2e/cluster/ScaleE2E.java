package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Together
class ScaleE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    /** Helm returns when the hook says that it is done; looking at all of it takes a moment. */
    private static final Duration AT_ONCE = Duration.ofSeconds(10);
    private static final int MANY = 100_000;
    /** Pods of three shards with a replica each. */
    private static final int FEW = 6;
    private ClusterRelease scaled;

    @Test
    @Level.Smoke
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
            List<Pod> newcomers = cluster.release().pods().stream().filter(pod -> ClusterRelease.ordinal(pod) >= FEW).toList();
            assertThat(apart(cluster)).as("nodes of all shards, of as many as Kubernetes' choice of nodes for the newcomers allows").isEqualTo(FEW + most(cluster, newcomers));
            cluster.scale(3, 1);
            trial.verdict().lostNothing().restartedOnly();
        }
    }

    /** Of all shards, the nodes that each of them is on. */
    private static int apart(ClusterRelease cluster) {
        return IntStream.range(0, 3).map(shard -> ClusterRelease.nodes(cluster.shard(shard)).size()).sum();
    }

    /** How many of the newcomers could be given to a shard that has nobody on their node, each shard getting one of them. */
    private static int most(ClusterRelease cluster, List<Pod> newcomers) {
        List<Set<String>> taken = IntStream.range(0, 3).mapToObj(shard -> cluster.shard(shard).stream().filter(pod -> ClusterRelease.ordinal(pod) < FEW).toList())
                .map(old -> Set.copyOf(ClusterRelease.nodes(old))).toList();
        int most = 0;
        for (List<Integer> order : List.of(List.of(0, 1, 2), List.of(0, 2, 1), List.of(1, 0, 2), List.of(1, 2, 0), List.of(2, 0, 1), List.of(2, 1, 0))) {
            most = Math.max(most, (int) IntStream.range(0, 3).filter(i -> !taken.get(order.get(i)).contains(newcomers.get(i).getSpec().getNodeName())).count());
        }
        return most;
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
