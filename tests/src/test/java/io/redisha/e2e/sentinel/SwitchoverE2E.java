package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.SentinelRelease;
import io.redisha.lab.Shell;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Full
@Cost.Alone
class SwitchoverE2E {

    @Test
    @Level.Smoke
    void movesTheMasterToThePodThatIsNamed(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        String to = release.replicas().getFirst().getMetadata().getName();
        try (Trial trial = Trial.of(release, directory)) {
            release.exec(to, "redis-ha", "switchover", "--to", to).orThrow();
            trial.verdict().lostNothing().changedMasterAtMost(1).restartedOnly().stoppedAtMost(Duration.ofMillis(1500));
        }
        assertThat(release.master().getMetadata().getName()).isEqualTo(to);
    }

    @Test
    void refusesATargetThatIsNotThereAndChangesNothing(@Shared(Shared.Kind.SENTINEL) SentinelRelease release) {
        int epoch = release.term();
        String master = release.master().getMetadata().getName();
        Shell.Output output = release.exec(master, "redis-ha", "switchover", "--to", release.sentinelName() + "-0");
        assertThat(output.exit()).isNotZero();
        assertThat(output.text()).contains(release.sentinelName() + "-0");
        release.awaitWhole();
        assertThat(release.term()).isEqualTo(epoch);
        assertThat(release.master().getMetadata().getName()).isEqualTo(master);
    }
}
