package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class RollingUpgradeE2E {

    /** The goal, for each shard each time, is 0.5 s: the bench measures it on a machine that does nothing else. */
    private static final Duration BUDGET = Duration.ofSeconds(1);

    @Test
    void replacesAllPodsAndNeverTwoOfAShardAtOnce(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        Set<String> before = uids(cluster.release().pods());
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory); Watch watch = new Watch(cluster)) {
            cluster.release().install("podAnnotations.roll=r" + System.nanoTime());
            Set<String> deserted = watch.deserted();
            trial.verdict().lostNothing().stoppedAtMost(BUDGET);
            assertThat(deserted).as("shards that had no ready pod").isEmpty();
        }
        assertThat(uids(cluster.release().pods())).as("pods after the upgrade").doesNotContainAnyElementsOf(before);
    }

    private static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }

    /** Looks at the pods five times a second. */
    private static final class Watch implements AutoCloseable {

        private final ClusterRelease cluster;
        private final Set<String> deserted = new ConcurrentSkipListSet<>();
        private final Thread thread = Thread.ofVirtual().unstarted(this::look);
        private volatile int looks;
        private volatile boolean closed;

        Watch(ClusterRelease cluster) {
            this.cluster = cluster;
            thread.start();
        }

        private void look() {
            while (!closed) {
                try {
                    List<Pod> serving = cluster.release().pods().stream().filter(Release::ready).filter(pod -> pod.getMetadata().getDeletionTimestamp() == null).toList();
                    Set<String> served = serving.stream().map(pod -> pod.getMetadata().getLabels().getOrDefault(ClusterRelease.LABEL, "none")).collect(Collectors.toSet());
                    IntStream.range(0, cluster.shards()).mapToObj(Integer::toString).filter(shard -> !served.contains(shard)).forEach(deserted::add);
                    looks++;
                } catch (RuntimeException busy) {
                    // The API server is busy, or no pod answers just now: the next look may see it.
                }
                Trial.hold(Duration.ofMillis(200));
            }
        }

        /** Shards that had no ready pod, at one look at least. */
        Set<String> deserted() {
            close();
            assertThat(looks).as("looks at the pods").isGreaterThan(20);
            return deserted;
        }

        @Override
        public void close() {
            closed = true;
        }
    }
}
