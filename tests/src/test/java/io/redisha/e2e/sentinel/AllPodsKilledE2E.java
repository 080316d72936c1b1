package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.SentinelRelease;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Full
@Cost.Alone
class AllPodsKilledE2E {

    /** No sentinel has a memory, no address is what it was. */
    @Test
    void comesBackWithNewAddressesAndTheNewestData(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            List<Pod> all = release.everybody();
            List<String> addresses = all.stream().map(pod -> pod.getStatus().getPodIP()).toList();
            all.parallelStream().forEach(release::killContainer);
            release.delete(all, "--force", "--grace-period=0").orThrow();
            // A process that dies has already handed its log to the kernel: even plain writes are there.
            trial.verdict(3, Duration.ofSeconds(90)).lostNothing().stoppedAtMost(Duration.ofSeconds(40));
            assertThat(release.everybody().stream().map(pod -> pod.getStatus().getPodIP())).doesNotContainAnyElementsOf(addresses);
        }
    }

    /** As people run it who keep nothing on disk: one that is left holds everything, and nobody wipes it. */
    @Test
    void keepsTheDataThatOneIsLeftWithWithoutPersistence(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            String left = release.replicas().getLast().getMetadata().getName();
            List<Pod> others = release.pods().stream().filter(pod -> !pod.getMetadata().getName().equals(left)).toList();
            assertThat(others.size()).isEqualTo(2);
            others.parallelStream().forEach(release::killContainer);
            // Two at once is one more than WAIT 1 promises to survive: what the floor and the prefix say must hold all the same.
            trial.verdict(3, Duration.ofSeconds(90)).stoppedAtMost(Duration.ofSeconds(20));
        }
    }
}
