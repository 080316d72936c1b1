package io.redisha.e2e.sentinel;

import io.fabric8.kubernetes.api.model.Pod;
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
@Level.Full
@Cost.Alone
class ServerKilledE2E {

    /** Less than the sentinels need to notice: they are told. */
    private static final Duration BUDGET = Duration.ofMillis(1500);

    @Test
    void losesNotOneKeyWithPersistence(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        killTheMastersServer(release, directory);
    }

    /** The case that wipes others: the empty master is back before any sentinel has missed it. */
    @Test
    @Level.Smoke
    void losesNotOneKeyWithoutPersistence(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease release, Path directory) {
        killTheMastersServer(release, directory);
    }

    private static void killTheMastersServer(SentinelRelease release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            release.killServer(release.master());
            trial.verdict().lostNothingReplicated().lostOnlyTheLastMoment().changedMasterAtMost(1).restartedOnly().stoppedAtMost(BUDGET);
        }
    }

    @Test
    void goesOnWritingWhenAReplicasServerIsKilled(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        Pod replica = release.replicas().getFirst();
        try (Trial trial = Trial.patient(release, directory)) {
            release.killServer(replica);
            trial.verdict().lostNothing().refusedNothing().changedMasterAtMost(0).restartedOnly().stoppedAtMost(Trial.UNNOTICED);
        }
    }
}
