package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rules M2, M3 and V4. */
class GateTest {

    private final Gate gate = new Gate();

    private void openUntil(long moment) {
        gate.validUntil(moment);
        gate.opening();
        assertThat(gate.open()).isTrue();
    }

    @Test
    void lapsesAtTheVeryMomentItsValidityEnds() {
        openUntil(1000);
        assertThat(gate.lapsed(999)).isFalse();
        assertThat(gate.lapsed(1000)).isTrue();
    }

    @Test
    void lapsesOnceHoweverOftenItIsAsked() {
        openUntil(1000);
        assertThat(gate.lapsed(5000)).isTrue();
        assertThat(gate.lapsed(5001)).isFalse();
    }

    @Test
    void lapsesAlsoWhileThePromotionIsUnderWayWhichThenDoesNotOpenIt() {
        gate.validUntil(1000);
        gate.opening();
        assertThat(gate.lapsed(1000)).isTrue();
        assertThat(gate.open()).isFalse();
    }

    @Test
    void aClosedGateNeitherLapsesNorOpens() {
        assertThat(gate.lapsed(Long.MAX_VALUE)).as("never opened").isFalse();
        openUntil(1000);
        gate.close();
        assertThat(gate.lapsed(5000)).isFalse();
        assertThat(gate.open()).isFalse();
    }

    @Test
    void isNotValidBeforeAnybodySaidUntilWhen() {
        gate.opening();
        assertThat(gate.lapsed(0)).isTrue();
    }

    @Test
    void goesOnWhenItsValidityIsProlongedInTime() {
        openUntil(1000);
        gate.validUntil(2000);
        assertThat(gate.lapsed(1500)).isFalse();
        gate.validUntil(1200);
        assertThat(gate.lapsed(1500)).as("and ends early when it is cut").isTrue();
    }

    @Test
    void opensAgainOnlyByANewPromotion() {
        openUntil(1000);
        gate.lapsed(1000);
        gate.validUntil(9000);
        assertThat(gate.open()).isFalse();
        openUntil(9000);
        assertThat(gate.lapsed(8999)).isFalse();
    }
}
