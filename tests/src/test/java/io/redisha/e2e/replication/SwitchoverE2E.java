package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Full
@Cost.Alone
class SwitchoverE2E {

    private static final Duration BUDGET = Duration.ofSeconds(1);

    @Test
    @Level.Smoke
    @Promise("Deletion, drain, upgrade, scale, switchover")
    void movesTheMasterToThePodThatIsNamed(@Shared Release release, Path directory) {
        String to = release.replicas().getFirst().getMetadata().getName();
        try (Trial trial = Trial.of(release, directory)) {
            release.exec(to, "redis-ha", "switchover", "--to", to).orThrow();
            trial.verdict().lostNothing().changedMasterAtMost(1).restartedOnly().stoppedAtMost(BUDGET);
        }
        assertThat(release.master().getMetadata().getName()).isEqualTo(to);
    }

    @Test
    void choosesTheTargetItselfWhenNoneIsNamed(@Shared Release release, Path directory) {
        String from = release.master().getMetadata().getName();
        try (Trial trial = Trial.of(release, directory)) {
            release.exec(from, "redis-ha", "switchover").orThrow();
            trial.verdict().lostNothing().changedMasterAtMost(1).restartedOnly().stoppedAtMost(BUDGET);
        }
        assertThat(release.master().getMetadata().getName()).isNotEqualTo(from);
    }

    @Test
    void refusesATargetThatIsNotThereAndChangesNothing(@Shared Release release) {
        int term = release.term();
        String master = release.master().getMetadata().getName();
        Shell.Output output = release.exec(master, "redis-ha", "switchover", "--to", "redis-ha-9");
        assertThat(output.exit()).isNotZero();
        assertThat(output.text()).contains("redis-ha-9");
        release.awaitWhole();
        assertThat(release.term()).isEqualTo(term);
        assertThat(release.master().getMetadata().getName()).isEqualTo(master);
    }
}
