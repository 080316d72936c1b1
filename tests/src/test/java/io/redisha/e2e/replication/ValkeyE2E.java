package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

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
class ValkeyE2E {

    @Test
    void runsInTheUnmodifiedValkeyImage(Scene scene) {
        Release release = scene.release("redis-ha").install("image.repository=valkey/valkey", "image.tag=9.1", "persistence.size=1Gi").awaitWhole();
        assertThat(release.info(release.master()).text("server_name")).isEqualTo("valkey");
        try (Trial trial = Trial.of(release, scene.directory())) {
            release.killServer(release.master());
            trial.verdict().lostNothingReplicated().lostOnlyTheLastMoment().restartedOnly().stoppedAtMost(Duration.ofSeconds(1));
        }
        try (Trial trial = Trial.of(release, scene.directory())) {
            release.delete(release.master()).orThrow();
            trial.verdict().lostNothing().changedMasterAtMost(1).stoppedAtMost(Duration.ofSeconds(1));
        }
    }
}
