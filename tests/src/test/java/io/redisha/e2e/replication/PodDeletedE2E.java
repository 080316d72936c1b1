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
class PodDeletedE2E {

    @Test
    @Promise("Deletion, drain, upgrade, scale, switchover")
    void handsOverBeforeTheMasterStops(@Shared Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            release.delete(release.master()).orThrow();
            trial.verdict().lostNothing().changedMasterAtMost(1).restartedOnly().stoppedAtMost(Duration.ofSeconds(1));
        }
    }

    /** The old container may still run beside the new pod of the same name: only one of them may write. */
    @Test
    @Promise("Two pods accepting writes at once")
    void keepsOneMasterWhenItIsDeletedByForce(@Shared Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            release.delete(release.master(), "--force", "--grace-period=0").orThrow();
            trial.verdict().lostNothingReplicated().restartedOnly().stoppedAtMost(Duration.ofSeconds(4));
        }
    }
}
