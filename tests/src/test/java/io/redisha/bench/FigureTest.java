package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FigureTest {

    private final Figure figure = new Figure("write stop", "s", 0.5);

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
}
