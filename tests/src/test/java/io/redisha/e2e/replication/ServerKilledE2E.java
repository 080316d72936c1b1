package io.redisha.e2e.replication;

import io.fabric8.kubernetes.api.model.Pod;
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
class ServerKilledE2E {

    /** Faults, row 1. */
    private static final Duration BUDGET = Duration.ofSeconds(1);

    @Test
    @Promise("A write for which WAIT 1 returned 1")
    @Promise("A plain write, and the master dies")
    void losesNotOneKeyWithPersistence(@Shared Release release, Path directory) {
        killTheMastersServer(release, directory);
    }

    /** The case that wipes others: the empty master comes back first and its replicas copy the emptiness. */
    @Test
    @Promise("A master that restarts empty (persistence off)")
    void losesNotOneKeyWithoutPersistence(@Shared(Shared.Kind.EPHEMERAL) Release release, Path directory) {
        killTheMastersServer(release, directory);
    }

    private static void killTheMastersServer(Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            release.killServer(release.master());
            trial.verdict().lostNothingReplicated().lostOnlyTheLastMoment().changedMasterAtMost(1).restartedOnly().stoppedAtMost(BUDGET);
        }
    }

    @Test
    void goesOnWritingWhenAReplicasServerIsKilled(@Shared Release release, Path directory) {
        Pod replica = release.replicas().getFirst();
        try (Trial trial = Trial.patient(release, directory)) {
            release.killServer(replica);
            trial.verdict().lostNothing().refusedNothing().changedMasterAtMost(0).restartedOnly().stoppedAtMost(Trial.UNNOTICED);
        }
    }
}
