package io.redisha.e2e.replication;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Full
@Cost.Long
class RollbackE2E {

    @Test
    @Promise("Deletion, drain, upgrade, scale, switchover")
    void losesNothingAndChangesTheMasterTwiceAtMost(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.size=1Gi");
        release.roll();
        try (Trial trial = Trial.of(release, scene.directory())) {
            release.rollback();
            trial.verdict(3, Duration.ofSeconds(90)).lostNothing().changedMasterAtMost(2).restartedOnly().stoppedAtMost(Duration.ofSeconds(1));
        }
    }
}
