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
@Level.Full
@Cost.Alone
class ContainerKilledE2E {

    private static final Duration BUDGET = Duration.ofSeconds(4);

    @Test
    void isLedByAnotherWhenTheMastersContainerDies(@Shared Release release, Path directory) {
        killTheMastersContainer(release, directory);
    }

    @Test
    @Level.Smoke
    @Promise("A master that restarts empty (persistence off)")
    void isNotWipedByAMasterThatRestartsEmpty(@Shared(Shared.Kind.EPHEMERAL) Release release, Path directory) {
        killTheMastersContainer(release, directory);
    }

    private static void killTheMastersContainer(Release release, Path directory) {
        String hit = release.master().getMetadata().getName();
        try (Trial trial = Trial.of(release, directory)) {
            release.killContainer(release.master());
            trial.verdict().lostNothingReplicated().restartedOnly(hit).stoppedAtMost(BUDGET);
        }
    }
}
