package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * Finding R2: storage hangs, the server is in the kernel, and SIGKILL stays pending. 0.3.0 renewed its Lease all the while: in 60 s none of 60
 * writes was taken, and `status` named no problem.
 */
@Architecture.Replication
@Level.Full
@Cost.Alone
class UnkillableServerE2E {

    /** `failover.serverTimeout` and 1.5 s. */
    private static final Duration BUDGET = Duration.ofMillis(11_500);

    @Test
    void isReplacedAndComesBackWhenTheKernelLetsGoOfIt(@Shared Release release, Path directory) {
        Pod master = release.master();
        String name = master.getMetadata().getName();
        try (Trial trial = Trial.of(release, directory)) {
            try (Processes.Frozen frozen = Processes.server(master.getMetadata().getUid()).orElseThrow().freeze()) {
                Awaitility.await("another master").atMost(Duration.ofSeconds(20)).ignoreExceptions().until(() -> !release.master().getMetadata().getName().equals(name));
                Awaitility.await("Event").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(release.cluster().events(release.namespace()))
                        .contains("the kernel has not let go of the process yet"));
                assertThat(frozen.holds()).as("SIGKILL is pending").isTrue();
                assertThat(release.exec(name, "redis-ha", "status").out()).as("the problem is named").contains(name + ": the server");
            }
            trial.verdict(3, Duration.ofSeconds(90)).lostNothingReplicated().changedMasterAtMost(1).restartedOnly().stoppedAtMost(BUDGET);
        }
    }
}
