package io.redisha.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

class TooSlowTest {

    private static final Duration LIMIT = Duration.ofSeconds(1);

    private final List<TooSlow> noted = new ArrayList<>();
    private final Deque<Integer> times = new ArrayDeque<>();

    private void runs(Integer... milliseconds) throws Throwable {
        times.addAll(List.of(milliseconds));
        TooSlow.median(this::one, noted::add, this::one);
    }

    private void one() {
        int took = times.removeFirst();
        assertThat(took).as("what must hold each time").isPositive();
        TooSlow.unless(Duration.ofMillis(took), LIMIT, "time");
    }

    @Test
    void oneRunInTimeIsEnough() throws Throwable {
        runs(1_000);
        assertThat(noted).isEmpty();
    }

    @Test
    void oneSlowRunOfThreeIsTheMachines() throws Throwable {
        runs(1_001, 1_000, 10);
        assertThat(times).as("runs not made").isEmpty();
        assertThat(noted).singleElement().satisfies(slow -> assertThat(slow).hasMessageContaining("1001 ms, at most 1000 ms"));
    }

    @Test
    void twoSlowRunsOfThreeAreOurs() {
        assertThatThrownBy(() -> runs(1_001, 1_002)).isInstanceOf(TooSlow.class).hasMessageContaining("1002 ms");
        assertThatThrownBy(() -> runs(1_001, 10, 1_003)).isInstanceOf(TooSlow.class).hasMessageContaining("1003 ms");
    }

    @Test
    void whatMustHoldEachTimeIsNotTriedAgain() {
        assertThatThrownBy(() -> runs(-1, 10, 10)).isInstanceOf(AssertionError.class).hasMessageContaining("each time");
        assertThat(times).as("runs not made").hasSize(2);
        times.clear();
        assertThatThrownBy(() -> runs(1_001, 10, -1)).isInstanceOf(AssertionError.class).hasMessageContaining("each time");
        assertThatCode(() -> runs(10)).doesNotThrowAnyException();
    }
}
