package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

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
class ValkeyE2E {

    private static final Duration BUDGET = Duration.ofMillis(1500);

    @Test
    void runsInTheUnmodifiedValkeyImage(Scene scene) {
        SentinelRelease release = scene.sentinel("redis-ha").install("architecture=sentinel", "image.repository=valkey/valkey", "image.tag=9.1", "persistence.enabled=false").awaitWhole();
        assertThat(release.info(release.master()).text("server_name")).isEqualTo("valkey");
        try (Trial trial = Trial.of(release, scene.directory())) {
            release.killServer(release.master());
            trial.verdict().lostNothingReplicated().restartedOnly().stoppedAtMost(BUDGET);
        }
        try (Trial trial = Trial.of(release, scene.directory())) {
            release.delete(release.master()).orThrow();
            trial.verdict().lostNothing().changedMasterAtMost(1).stoppedAtMost(BUDGET);
        }
    }
}
