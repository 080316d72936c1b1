package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PairsTest {

    private final Pairs pairs = new Pairs();

    /** Logarithms 0.1, 0.2, 0.3, 0.4, 0.5: mean 0.3, deviation 0.15811, and 2.13185 of the table. */
    @Test
    void boundsTheMeanFromBelowByStudentsT() {
        for (int n = 1; n <= 5; n++) {
            pairs.add(1_000 * Math.exp(n / 10.0), 1_000);
        }
        assertThat(pairs.mean()).isCloseTo(Math.exp(0.3), within(1e-9));
        assertThat(pairs.lowerBound()).isCloseTo(Math.exp(0.3 - 2.13185 * 0.158114 / Math.sqrt(5)), within(2e-4));
    }

    @Test
    void knowsTheTableOfStudentsT() {
        assertThat(Pairs.quantile(4)).isCloseTo(2.1318, within(2e-3));
        assertThat(Pairs.quantile(9)).isCloseTo(1.8331, within(1e-4));
        assertThat(Pairs.quantile(29)).isCloseTo(1.6991, within(1e-4));
    }

    @Test
    void comparesWithinAPairAndNotAcross() {
        for (int n = 1; n <= 10; n++) {
            pairs.add(950.0 * n, 1_000.0 * n);
        }
        assertThat(pairs.mean()).isCloseTo(0.95, within(1e-9));
        assertThat(pairs.lowerBound()).isCloseTo(0.95, within(1e-9));
    }

    @Test
    void takesTwiceAndHalfForTheSame() {
        pairs.add(2, 1);
        pairs.add(1, 2);
        assertThat(pairs.mean()).isCloseTo(1, within(1e-9));
    }

    @Test
    void boundsNothingByFourPairs() {
        for (int n = 0; n < 4; n++) {
            pairs.add(1, 1);
        }
        assertThat(pairs.lowerBound()).isZero();
    }
}
