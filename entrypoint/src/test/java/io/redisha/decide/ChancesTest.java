package io.redisha.decide;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ChancesTest {

    @Test
    void eachIsWaitedForFromWhenItWasFirstLeftTheGo() {
        Chances chances = Chances.NONE.yields("r-1", 100).yields("r-2", 150).yields("r-1", 190);
        assertThat(chances.over("r-1", 199, 100)).isFalse();
        assertThat(chances.over("r-1", 200, 100)).isTrue();
        assertThat(chances.over("r-2", 200, 100)).isFalse();
        assertThat(chances.over("r-0", 1_000, 100)).isFalse();
        assertThat(chances.first()).isEqualTo(100);
        assertThat(Chances.NONE.first()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void whoDidNotComeInItsTimeIsRememberedUntilALeaderIsOpen() {
        Chances chances = Chances.NONE.yields("r-1", 100).yields("r-2", 150).takes(200, 100).again();
        assertThat(chances.had()).containsExactly("r-1");
        assertThat(chances.over("r-1", 1_000, 100)).as("waited for anew").isFalse();
        assertThat(chances.handsOn("r-2").again().handedOn()).containsExactly("r-2");
        assertThat(chances.handsOn("r-2").led().handedOn()).isEmpty();
        assertThat(chances.led().had()).isEmpty();
    }
}
