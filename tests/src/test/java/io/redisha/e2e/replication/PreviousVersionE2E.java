package io.redisha.e2e.replication;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Full
@Cost.Alone
class PreviousVersionE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** From pod-0 as master: it goes last, so a master that hands over to one already replaced changes once. */
    @Test
    void isUpgradedAndRolledBackUnderLoadWithOneChangeOfMasterEach(Scene scene) {
        Release release = scene.release("redis-ha").installPrevious("persistence.size=1Gi").awaitWhole();
        release.switchTo(release.fullname() + "-0", 3);
        try (Trial trial = Trial.of(release, scene.directory().resolve("upgrade"))) {
            release.upgrade();
            trial.verdict(3, PATIENCE).lostNothing().changedMasterAtMost(1).stoppedAtMost(Duration.ofSeconds(1));
        }
        release.switchTo(release.fullname() + "-0", 3);
        try (Trial trial = Trial.of(release, scene.directory().resolve("rollback"))) {
            release.rollback();
            trial.verdict(3, PATIENCE).lostNothing().changedMasterAtMost(1).stoppedAtMost(Duration.ofSeconds(1));
        }
    }
}
