package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class AllPodsKilledE2E {

    /** After Kubernetes has started the last of the new pods, which may take it long. The goal is 15 s in all, which the bench measures. */
    private static final Duration BUDGET = Duration.ofSeconds(12);

    /** What each node remembers of the others' addresses is wrong then, and no human nor hook tells it better. */
    @Test
    void healsWithNewAddressesAndTheSameData(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        List<Pod> all = cluster.release().pods();
        Set<String> before = addresses(all);
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            Instant killed = Instant.now();
            all.parallelStream().forEach(cluster.release()::killContainer);
            cluster.release().cluster().kubectl("-n", cluster.release().namespace(), "delete", "pods", "-l", "app.kubernetes.io/component=redis", "--force", "--grace-period=0").orThrow();
            // A process that dies has already handed its log to the kernel; but where the master's pod comes back later than a node timeout, the masters
            // elect its replica, which was killed a moment before it.
            ClusterVerdict verdict = trial.verdict().lostNothingReplicated().lostOnlyTheLastMoment();
            verdict.stoppedAtMost(Duration.between(killed, lastStart(cluster.release().pods())).plus(BUDGET));
        }
        assertThat(addresses(cluster.release().pods())).doesNotContainAnyElementsOf(before);
    }

    private static Instant lastStart(List<Pod> pods) {
        return pods.stream().map(pod -> Instant.parse(pod.getStatus().getContainerStatuses().getFirst().getState().getRunning().getStartedAt()))
                .max(Comparator.naturalOrder()).orElseThrow();
    }

    private static Set<String> addresses(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getStatus().getPodIP()).collect(Collectors.toSet());
    }
}
