package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Smoke
@Cost.Alone
class RollingUpgradeE2E {

    /** From pod-0 as master: it goes last, so a master that hands over to one already replaced changes once. */
    @Test
    @Promise("Deletion, drain, upgrade, scale, switchover")
    void replacesAllPodsWithOneChangeOfMaster(@Shared Release release, Path directory) {
        release.switchTo(release.fullname() + "-0", 3);
        Set<String> before = uids(release.pods());
        try (Trial trial = Trial.of(release, directory)) {
            release.roll();
            trial.verdict(3, Duration.ofSeconds(60)).lostNothing().changedMasterAtMost(1).stoppedAtMost(Duration.ofSeconds(1));
        }
        assertThat(uids(release.pods())).as("pods after the upgrade").doesNotContainAnyElementsOf(before);
    }

    private static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }
}
