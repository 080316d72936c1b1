package io.redisha.load;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class HistoryTest {

    private static Op acknowledged(String side, long value, long millis) {
        return new Op("d0-0", side, "k", value, 0, millis * 1_000_000L, Event.Phase.OK, 0, "");
    }

    @Test
    void knowsWhatAServerHadAcknowledgedWellBeforeTheLastThatItDid() {
        History history = new History(List.of(acknowledged("a", 1, 1_000), acknowledged("a", 2, 1_899), acknowledged("a", 3, 1_950),
                acknowledged("a", 4, 2_000), acknowledged("b", 5, 2_500), acknowledged("b", 6, 3_000)));
        assertThat(history.settled(List.of(1L, 2L, 3L, 4L))).containsExactly(1L, 2L);
        assertThat(history.settled(List.of(3L, 4L, 6L))).isEmpty();
        assertThat(history.settled(List.of(5L))).containsExactly(5L);
    }

    @Test
    void knowsHowOldWasWhatIsLost() {
        History history = new History(List.of(acknowledged("a", 1, 1_000), acknowledged("a", 2, 1_400), acknowledged("a", 3, 1_900), acknowledged("b", 4, 2_500)));
        assertThat(history.age(List.of(2L, 3L), 2_000_000_000L)).isEqualTo(Duration.ofMillis(600));
        assertThat(history.age(List.of(), 2_000_000_000L)).isZero();
        assertThat(history.age(List.of(4L), 2_000_000_000L)).isZero();
        assertThat(history.after(List.of(3L, 4L), 2_000_000_000L)).containsExactly(4L);
    }
}
