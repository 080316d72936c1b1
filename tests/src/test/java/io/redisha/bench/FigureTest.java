package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FigureTest {

    private final Figure figure = Figure.atMost(0.5, "s", "write stop");

    @Test
    void isReachedByItsMedian() {
        figure.add(0.2);
        figure.add(0.9);
        figure.add(0.4);
        assertThat(figure.reached()).isTrue();
        assertThat(figure.medianText()).isEqualTo("0.40 s");
        assertThat(figure.rangeText()).isEqualTo("0.20 .. 0.90 (3)");
    }

    @Test
    void isNotReachedByTimeAloneWhenSomethingWasLost() {
        figure.add(0.2);
        figure.remark("3 writes lost");
        assertThat(figure.reached()).isFalse();
    }

    @Test
    void isNotReachedWhenItWasNotMeasured() {
        assertThat(figure.reached()).isFalse();
        assertThat(figure.medianText()).isEqualTo("-");
    }

    @Test
    void mayHaveToBeMoreThanItsGoal() {
        Figure ratio = Figure.atLeast(3, "x", "as fast as the other");
        assertThat(ratio.add(2.9).reached()).isFalse();
        assertThat(ratio.add(3.4).reached()).isTrue();
        assertThat(ratio.goalText()).isEqualTo(">= 3 x");
    }

    @Test
    void isNotJudgedWithoutAGoalUnlessItEndedBadly() {
        Figure told = Figure.without("s", "helm upgrade").add(20);
        assertThat(told.reachedText()).isEmpty();
        told.remark("3 writes lost");
        assertThat(told.reachedText()).isEqualTo("**no**");
    }

    @Test
    void isNotReachedIfOneRunWasOverWhatNoneMayBe() {
        figure.neverOver(0.8).add(0.2);
        figure.add(0.3);
        assertThat(figure.reached()).isTrue();
        assertThat(figure.goalText()).isEqualTo("<= 0.50 s, never > 0.80 s");
        figure.add(0.81);
        assertThat(figure.medianText()).isEqualTo("0.30 s");
        assertThat(figure.reachedText()).isEqualTo("**no**");
    }
}
