package io.redisha.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.load.WriterProber.Answer;
import io.redisha.load.WriterProber.Overlap;
import io.redisha.load.WriterProber.Probe;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class WriterProberTest {

    @Test
    void acquitsAHandover() {
        assertThat(WriterProber.overlaps(List.of(taken("a", 0), taken("a", 50), refused("a", 100), taken("b", 100), taken("b", 150), refused("a", 150)))).isEmpty();
    }

    @Test
    void acquitsAHandoverThereAndBack() {
        assertThat(WriterProber.overlaps(List.of(taken("a", 0), refused("a", 50), taken("b", 50), refused("b", 100), refused("a", 75), taken("a", 100), taken("a", 150)))).isEmpty();
    }

    @Test
    void findsTwoPodsThatTakeWritesAtTheSameTime() {
        assertThat(WriterProber.overlaps(List.of(taken("a", 0), taken("a", 50), taken("a", 100), taken("b", 20), taken("b", 70))))
                .containsExactly(new Overlap("a", "b", Duration.ofMillis(48)));
    }

    @Test
    void findsASingleWriteTakenDuringAnothersReign() {
        assertThat(WriterProber.overlaps(List.of(taken("a", 0), taken("a", 100), refused("b", 0), taken("b", 50), refused("b", 100)))).hasSize(1);
    }

    @Test
    void findsThemFromDifferentNodes() {
        assertThat(WriterProber.overlaps(List.of(taken("a", 0), taken("a", 100), at("node2", "b", 50, Answer.TAKEN)))).hasSize(1);
    }

    private static Probe taken(String pod, long atMs) {
        return at("node1", pod, atMs, Answer.TAKEN);
    }

    private static Probe refused(String pod, long atMs) {
        return at("node1", pod, atMs, Answer.REFUSED);
    }

    /** Answered 2 ms after it was asked. */
    private static Probe at(String from, String pod, long atMs, Answer answer) {
        return new Probe(pod, from, atMs * 1_000_000, (atMs + 2) * 1_000_000, answer);
    }
}
