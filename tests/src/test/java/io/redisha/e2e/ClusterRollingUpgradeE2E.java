package io.redisha.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnCluster.class)
class ClusterRollingUpgradeE2E {

    /** The goal, for each shard each time, is 0.5 s: the bench measures it on a machine that does nothing else. */
    private static final Duration BUDGET = Duration.ofSeconds(1);

    @Test
    void replacesAllPodsAndNeverTwoOfAShardAtOnce(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        Set<String> before = uids(cluster.release().pods());
        Set<String> deserted = new ConcurrentSkipListSet<>();
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory); Watch watch = new Watch(cluster, deserted)) {
            cluster.release().install("podAnnotations.roll=r" + System.nanoTime());
            watch.close();
            trial.verdict().lostNothing().stoppedAtMost(BUDGET);
        }
        assertThat(deserted).as("shards that had no ready pod").isEmpty();
        assertThat(uids(cluster.release().pods())).as("pods after the upgrade").doesNotContainAnyElementsOf(before);
    }

    private static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }

    /** Looks at the pods five times a second. */
    private static final class Watch implements AutoCloseable {

        private volatile boolean closed;

        Watch(ClusterRelease cluster, Set<String> deserted) {
            Thread.ofVirtual().start(() -> {
                while (!closed) {
                    List<Pod> ready = cluster.release().pods().stream().filter(Release::ready).filter(pod -> pod.getMetadata().getDeletionTimestamp() == null).toList();
                    Set<String> served = ready.stream().map(pod -> pod.getMetadata().getLabels().getOrDefault(ClusterRelease.LABEL, "none")).collect(Collectors.toSet());
                    java.util.stream.IntStream.range(0, cluster.shards()).mapToObj(Integer::toString).filter(shard -> !served.contains(shard)).forEach(deserted::add);
                    Trial.hold(Duration.ofMillis(200));
                }
            });
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
