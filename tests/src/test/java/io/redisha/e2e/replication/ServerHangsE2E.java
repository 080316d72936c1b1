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

/** A server that answers nobody while its agent lives is killed if it hangs. */
@Architecture.Replication
@Level.Full
@Cost.Alone
class ServerHangsE2E {

    /** Faults, row 3. */
    private static final Duration BUDGET = Duration.ofSeconds(3);

    @Test
    void aMasterThatStandsStillIsReplaced(@Shared Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            Pod master = release.master();
            Processes.server(master.getMetadata().getUid()).orElseThrow().signal("STOP");
            Trial.Verdict verdict = trial.verdict().lostNothingReplicated().changedMasterAtMost(1).restartedOnly();
            Awaitility.await("Events").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(release.cluster().events(release.namespace()))
                    .contains("killed its server: the server hangs").contains("signal 9, by this agent"));
            verdict.stoppedAtMost(BUDGET);
        }
    }
}
