package io.redisha.e2e.replication;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Smoke
@Cost.Alone
class ApiServerDownE2E {

    /**
     * Five times what a Lease lasts, and less than the 50 s after which Kubernetes takes its nodes for lost and their pods
     * for unready; the bench stops it for two minutes.
     */
    private static final Duration OUTAGE = Duration.ofSeconds(30);

    @Test
    @Promise("API server down")
    void refusesNoWriteWhileTheApiServerIsDown(@Shared Release release, Path directory) {
        try (Trial trial = Trial.patient(release, directory)) {
            release.lab().stop("apiserver");
            Trial.hold(OUTAGE);
            release.lab().start("apiserver");
            trial.verdict().lostNothing().refusedNothing().changedMasterAtMost(0).restartedOnly().stoppedAtMost(Trial.UNNOTICED);
        }
    }
}
