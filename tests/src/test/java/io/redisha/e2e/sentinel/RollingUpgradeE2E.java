package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Full
@Cost.Alone
class RollingUpgradeE2E {

    /** A second of it is kube-proxy's: it looks once a second, and sentinels' readiness, which changes meanwhile, makes it look too early. */
    static final Duration BUDGET = Duration.ofMillis(2500);

    /** From pod-0 as master: it goes last, so it changes once. */
    @Test
    void replacesAllPodsWithOneChangeOfMasterAndAMajorityOfSentinels(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        release.switchTo(release.fullname() + "-0", 3);
        Set<String> before = uids(release);
        AtomicInteger fewest = new AtomicInteger(3);
        try (Trial trial = Trial.of(release, directory)) {
            CompletableFuture<Void> upgraded = CompletableFuture.runAsync(release::roll, Thread::startVirtualThread);
            while (!upgraded.isDone()) {
                fewest.accumulateAndGet(Release.names(release.sentinels(), RollingUpgradeE2E::watches).size(), Math::min);
                Trial.hold(Duration.ofMillis(200));
            }
            upgraded.join();
            trial.verdict(3, Duration.ofSeconds(60)).lostNothing().changedMasterAtMost(1).stoppedAtMost(BUDGET);
        }
        assertThat(uids(release)).as("pods after the upgrade").doesNotContainAnyElementsOf(before);
        assertThat(fewest.get()).as("sentinels that were ready at the same time").isGreaterThanOrEqualTo(2);
    }

    private static boolean watches(io.fabric8.kubernetes.api.model.Pod sentinel) {
        return Release.ready(sentinel) && sentinel.getMetadata().getDeletionTimestamp() == null;
    }

    private static Set<String> uids(SentinelRelease release) {
        return release.everybody().stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }
}
