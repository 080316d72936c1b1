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

    /** Its files are such that it never ends: it crashes, and begins anew. */
    @Test
    void loadingThatHasFailedThreeTimesCountsAsSilence() {
        for (int failed = 1; failed < 3; failed++) {
            fails(failed);
            assertThat(loads.of(S)).as("failed %d times", failed).containsExactly(pod.id());
        }
        fails(3);
        assertThat(loads.of(S)).isEmpty();
        pod.runId = "run 1";
        loads.hear(pod.state(), S);
        assertThat(loads.of(S)).as("an answer that was late is no new start").isEmpty();
        pod.loading = false;
        loads.hear(pod.state(), S);
        fails(4);
        assertThat(loads.of(S)).as("it could load them once").containsExactly(pod.id());
    }

    @Test
    void whatFailedBeforeALeaderWasThereIsForgotten() {
        for (int failed = 1; failed <= 3; failed++) {
            fails(failed);
        }
        loads.forget();
        fails(4);
        assertThat(loads.of(S)).containsExactly(pod.id());
    }

    private void fails(int times) {
        pod.loading = true;
        pod.runId = "run " + times;
        loads.hear(pod.state(), S);
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
