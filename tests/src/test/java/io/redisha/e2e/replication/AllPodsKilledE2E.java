package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Smoke
@Cost.Alone
class AllPodsKilledE2E {

    @Test
    void comesBackWithTheSameDataFromItsVolumes(@Shared Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            List<Pod> all = release.pods();
            all.parallelStream().forEach(release::killContainer);
            // A process that dies has already handed its log to the kernel: even plain writes are there.
            trial.verdict(3, Duration.ofSeconds(90)).lostNothing().stoppedAtMost(Duration.ofSeconds(40));
        }
    }

    /** As people run it who keep nothing on disk: one instance that is left holds everything. */
    @Test
    void keepsTheDataThatOneIsLeftWithWithoutPersistence(@Shared(Shared.Kind.EPHEMERAL) Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            List<Pod> allButOne = release.pods().stream().filter(pod -> !pod.getMetadata().getName().equals(release.replicas().getLast().getMetadata().getName())).toList();
            assertThat(allButOne.size()).isEqualTo(2);
            allButOne.parallelStream().forEach(release::killContainer);
            // Two at once is one more than WAIT 1 promises to survive: what the floor and the prefix say must hold all the same.
            trial.verdict(3, Duration.ofSeconds(90)).stoppedAtMost(Duration.ofSeconds(20));
        }
    }
}
