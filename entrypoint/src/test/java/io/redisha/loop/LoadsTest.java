package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Scene.Pod;
import io.redisha.model.Timings;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LoadsTest {

    private static final long S = 1_000 * Timings.MS;

    private final Loads loads = new Loads();
    private final Pod pod = new Pod(1);

    @BeforeEach
    void loads() {
        pod.loading = true;
        loads.hear(pod.state(), S);
    }

    @Test
    void aWordCountsForThreeSeconds() {
        assertThat(loads.of(4 * S)).containsExactly(pod.id());
        assertThat(loads.of(4 * S + 1)).isEmpty();
        loads.hear(pod.state(), 3 * S);
        assertThat(loads.of(6 * S)).as("said again").containsExactly(pod.id());
    }

    @Test
    void itIsTakenBackByWhoHasLoaded() {
        pod.loading = false;
        loads.hear(pod.state(), S + 1);
        assertThat(loads.of(2 * S)).isEmpty();
    }

    /** An answer that was late, or a start after a crash, is no end of the loading. */
    @Test
    void itIsNotTakenBackBySilence() {
        pod.running = false;
        loads.hear(pod.state(), 2 * S);
        assertThat(loads.of(4 * S)).containsExactly(pod.id());
        assertThat(loads.of(4 * S + 1)).as("nor prolonged").isEmpty();
    }
}
