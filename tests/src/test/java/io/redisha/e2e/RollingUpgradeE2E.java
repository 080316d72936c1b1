package io.redisha.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(OnCluster.class)
class RollingUpgradeE2E {

    /** From pod-0 as master: it goes last, so a master that hands over to one already replaced changes once. */
    @Test
    void replacesAllPodsWithOneChangeOfMaster(@Shared Release release, Path directory) {
        switchTo(release, release.fullname() + "-0", 3);
        Set<String> before = uids(release.pods());
        try (Trial trial = Trial.of(release, directory)) {
            release.roll();
            trial.verdict(3, Duration.ofSeconds(60)).lostNothing().changedMasterAtMost(1).stoppedAtMost(Duration.ofSeconds(1));
        }
        assertThat(uids(release.pods())).as("pods after the upgrade").doesNotContainAnyElementsOf(before);
    }

    static void switchTo(Release release, String pod, int replicas) {
        if (!release.master().getMetadata().getName().equals(pod)) {
            release.exec(pod, "redis-ha", "switchover", "--to", pod).orThrow();
            release.awaitWhole(replicas, Duration.ofSeconds(30));
            assertThat(release.master().getMetadata().getName()).as("master after switchover --to " + pod).isEqualTo(pod);
        }
    }

    private static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }
}
