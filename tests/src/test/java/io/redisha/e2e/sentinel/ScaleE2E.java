package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.SentinelRelease;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Full
@Cost.Alone
class ScaleE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private SentinelRelease scaled;

    /** Who went away by then must be forgotten by all, one sentinel after the other. */
    @Test
    void growsAndShrinksByHelm(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        scaled = release;
        try (Trial trial = Trial.of(release, directory)) {
            release.install("replicas=5", "sentinel.replicas=5");
            release.wantSentinels(5).awaitWhole(5, PATIENCE);
            release.install("replicas=3", "sentinel.replicas=3");
            release.wantSentinels(3);
            trial.verdict(3, PATIENCE).lostNothing().changedMasterAtMost(1).restartedOnly();
        }
    }

    /** Each by itself; the master is among those that go. */
    @Test
    void growsAndShrinksByKubectl(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        scaled = release;
        try (Trial trial = Trial.of(release, directory)) {
            scale(release, release.fullname(), 5);
            release.awaitWhole(5, PATIENCE);
            release.switchTo(release.fullname() + "-4", 5);
            scale(release, release.sentinelName(), 5);
            release.wantSentinels(5).awaitWhole(5, PATIENCE);
            scale(release, release.fullname(), 3);
            release.awaitWhole(3, PATIENCE);
            scale(release, release.sentinelName(), 3);
            release.wantSentinels(3);
            trial.verdict(3, PATIENCE).lostNothing().restartedOnly().stoppedAtMost(RollingUpgradeE2E.BUDGET);
            assertThat(release.master().getMetadata().getName()).isIn(release.fullname() + "-0", release.fullname() + "-1", release.fullname() + "-2");
        }
    }

    @AfterEach
    void backToThree() {
        if (scaled != null) {
            scale(scaled, scaled.fullname(), 3);
            scale(scaled, scaled.sentinelName(), 3);
            scaled.wantSentinels(3).awaitWhole(3, PATIENCE);
        }
    }

    private static void scale(SentinelRelease release, String set, int replicas) {
        release.cluster().kubectl("-n", release.namespace(), "scale", "statefulset", set, "--replicas=" + replicas).orThrow();
    }
}
