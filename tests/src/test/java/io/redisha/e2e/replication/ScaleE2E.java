package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Full
@Cost.Alone
class ScaleE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private Release scaled;

    @Test
    void growsAndShrinksByHelm(@Shared Release release, Path directory) {
        scaled = release;
        try (Trial trial = Trial.of(release, directory)) {
            release.install("replicas=5");
            release.awaitWhole(5, PATIENCE);
            release.install("replicas=3");
            trial.verdict(3, PATIENCE).lostNothing().changedMasterAtMost(1).restartedOnly();
        }
    }

    /** The master is among those that go: it must hand over to one that stays. */
    @Test
    @Level.Smoke
    @Promise("Deletion, drain, upgrade, scale, switchover")
    void growsAndShrinksByKubectl(@Shared Release release, Path directory) {
        scaled = release;
        try (Trial trial = Trial.of(release, directory)) {
            scale(release, 5);
            release.awaitWhole(5, PATIENCE);
            release.switchTo(release.fullname() + "-4", 5);
            scale(release, 3);
            trial.verdict(3, PATIENCE).lostNothing().restartedOnly().stoppedAtMost(Duration.ofSeconds(2));
            assertThat(release.master().getMetadata().getName()).isIn(release.fullname() + "-0", release.fullname() + "-1", release.fullname() + "-2");
        }
    }

    @AfterEach
    void backToThree() {
        if (scaled != null) {
            scale(scaled, 3);
            scaled.awaitWhole(3, PATIENCE);
        }
    }

    private static void scale(Release release, int replicas) {
        release.cluster().kubectl("-n", release.namespace(), "scale", "statefulset", release.fullname(), "--replicas=" + replicas).orThrow();
    }
}
