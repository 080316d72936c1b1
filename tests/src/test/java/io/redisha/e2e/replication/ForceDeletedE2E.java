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

/** Hardly a pod has a chance to hand over, and each comes back under its name as another pod, with its volume. */
@Architecture.Replication
@Level.Full
@Cost.Alone
class ForceDeletedE2E {

    @Test
    @Promise("All pods killed at once, persistence on")
    void comesBackWithTheSameData(@Shared Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            release.cluster().delete(release.pods(), "--force", "--grace-period=0").orThrow();
            trial.verdict(3, Duration.ofSeconds(120)).lostNothing().stoppedAtMost(Duration.ofSeconds(60));
        }
    }
}
