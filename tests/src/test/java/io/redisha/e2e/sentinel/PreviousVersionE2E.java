package io.redisha.e2e.sentinel;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.SentinelRelease;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Full
@Cost.Alone
class PreviousVersionE2E {

    /** From pod-0 as master: it goes last, so it changes once. */
    @Test
    void isUpgradedUnderLoadWithOneChangeOfMaster(Scene scene) {
        SentinelRelease release = scene.sentinel("redis-ha");
        release.installPrevious("architecture=sentinel", "persistence.size=1Gi").awaitWhole();
        release.switchTo(release.fullname() + "-0", 3);
        try (Trial trial = Trial.of(release, scene.directory())) {
            release.upgrade();
            trial.verdict(3, Duration.ofSeconds(60)).lostNothing().changedMasterAtMost(1).stoppedAtMost(RollingUpgradeE2E.BUDGET);
        }
    }
}
