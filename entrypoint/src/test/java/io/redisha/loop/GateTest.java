package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rules M2, M3 and V4. */
class GateTest {

    private final Gate gate = new Gate();

    private int openUntil(long moment) {
        gate.validUntil(moment);
        int opening = gate.opening();
        assertThat(gate.open(opening)).isTrue();
        return opening;
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
        int opening = gate.opening();
        assertThat(gate.lapsed(1000)).isTrue();
        assertThat(gate.open(opening)).isFalse();
    }

    @Test
    void aClosedGateNeitherLapsesNorOpens() {
        assertThat(gate.lapsed(Long.MAX_VALUE)).as("never opened").isFalse();
        int opening = openUntil(1000);
        gate.close();
        assertThat(gate.lapsed(5000)).isFalse();
        assertThat(gate.open(opening)).isFalse();
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
        int opening = openUntil(1000);
        gate.lapsed(1000);
        gate.validUntil(9000);
        assertThat(gate.open(opening)).isFalse();
        openUntil(9000);
        assertThat(gate.lapsed(8999)).isFalse();
    }

    @Test
    void aPromotionMayBeSentUntilItsTimeIsOverOrItIsDone() {
        gate.validUntil(1000);
        int opening = gate.opening();
        assertThat(gate.isOpening(opening, 999)).isTrue();
        assertThat(gate.isOpening(opening, 1000)).as("before the watchdog has noticed").isFalse();
        gate.validUntil(900);
        assertThat(gate.isOpening(opening, 950)).as("by what was known when it was ordered").isFalse();
        gate.open(opening);
        assertThat(gate.isOpening(opening, 800)).isFalse();
    }

    @Test
    void aPromotionThatWaitedWhileTheGateWasClosedIsNotSentInAnotherTerm() {
        gate.validUntil(1000);
        int first = gate.opening();
        gate.lapsed(1000);
        gate.validUntil(9000);
        assertThat(gate.isOpening(first, 2000)).isFalse();
        int second = gate.opening();
        assertThat(gate.isOpening(first, 2000)).isFalse();
        assertThat(gate.open(first)).as("by its late answer").isFalse();
        assertThat(gate.isOpening(second, 2000)).isTrue();
        assertThat(gate.open(second)).isTrue();
    }
}
