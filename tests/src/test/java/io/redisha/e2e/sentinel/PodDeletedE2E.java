package io.redisha.e2e.sentinel;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.SentinelRelease;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Smoke
@Cost.Alone
class PodDeletedE2E {

    private static final Duration BUDGET = Duration.ofMillis(1500);

    @Test
    void handsOverBeforeTheMasterStops(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        deleteTheMaster(release, directory);
    }

    @Test
    void handsOverBeforeTheMasterStopsWithoutPersistence(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease release, Path directory) {
        deleteTheMaster(release, directory);
    }

    private static void deleteTheMaster(SentinelRelease release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            release.delete(release.master()).orThrow();
            trial.verdict().lostNothing().changedMasterAtMost(1).restartedOnly().stoppedAtMost(BUDGET);
        }
    }

    /** Nobody is left who knows the master: the release itself must. */
    @Test
    void isNotNoticedWhenAllSentinelsGo(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        try (Trial trial = Trial.patient(release, directory)) {
            release.delete(release.sentinels()).orThrow();
            trial.verdict().lostNothing().refusedNothing().changedMasterAtMost(0).restartedOnly().stoppedAtMost(Trial.UNNOTICED);
        }
    }
}
