package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RunTest {

    @Test
    void givesALastSaveWhatTheHandoverLeavesOfTheGracePeriod() {
        assertThat(Run.left(Duration.ofSeconds(180), Duration.ofSeconds(3))).isEqualTo(Duration.ofSeconds(173));
    }

    @Test
    void givesTheServerAMomentAlsoWhenNothingIsLeft() {
        assertThat(Run.left(Duration.ofSeconds(30), Duration.ofSeconds(29))).isEqualTo(Duration.ofSeconds(5));
    }
}
