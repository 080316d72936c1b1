package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ThroughputTest {

    private static final String HEADER = "\"test\",\"rps\",\"avg_latency_ms\",\"min_latency_ms\",\"p50_latency_ms\",\"p95_latency_ms\",\"p99_latency_ms\",\"max_latency_ms\"\n";

    @Test
    void readsWhatRedisBenchmarkSays() {
        assertThat(Throughput.rate(HEADER + "\"SET\",\"45454.55\",\"0.599\",\"0.176\",\"0.567\",\"0.919\",\"1.327\",\"2.519\"\n")).isEqualTo(45454.55);
    }

    @Test
    void takesRefusalsForNoRate() {
        assertThatThrownBy(() -> Throughput.rate("Error from server: NOREPLICAS Not enough good replicas to write.\n" + HEADER + "\"SET\",\"99999.00\",\"0.1\"\n"))
                .hasMessageContaining("NOREPLICAS");
        assertThatThrownBy(() -> Throughput.rate(HEADER)).hasMessageContaining("redis-benchmark said");
    }

    @Test
    void countsWhatTheOtherTakesInIdlenessAgainstIt() {
        assertThat(new Throughput.Rate(950, 0.05).alone()).isCloseTo(1_000, within(1e-9));
    }

    @Test
    void twoRunsOfAsManyRequestsAreAsFastAsTheirTimeTogetherSays() {
        Throughput.Rate both = new Throughput.Rate(100, 0.1).and(new Throughput.Rate(300, 0.3));
        assertThat(both.raw()).isCloseTo(150, within(1e-9));
        assertThat(both.share()).as("by time").isCloseTo(0.15, within(1e-9));
    }
}
