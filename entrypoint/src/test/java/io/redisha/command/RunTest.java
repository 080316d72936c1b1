package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RunTest {

    @Test
    void givesALastSaveWhatTheHandoverLeavesOfTheGracePeriod() {
        assertThat(Run.left(Duration.ofSeconds(180), Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(173));
    }

    /** K6: who waits for a replica longer than that takes it from the last save. */
    @Test
    void leavesTheServersEndAndALastSaveTheirTimeWhenAHandoverIsWaitedFor() {
        long s = 1_000_000_000L;
        assertThat(Run.patience(300 * s, 5 * s, 10 * s)).isEqualTo(269 * s);
        assertThat(Run.patience(300 * s, 5 * s, 60 * s)).isEqualTo(219 * s);
        assertThat(Run.patience(30 * s, 5 * s, 20 * s)).isZero();
    }

    @Test
    void givesTheServerAMomentAlsoWhenNothingIsLeft() {
        assertThat(Run.left(Duration.ofSeconds(30), Duration.ofSeconds(29))).isEqualTo(Duration.ofSeconds(5));
    }
}
