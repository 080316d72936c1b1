package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Validity.Config;
import io.redisha.model.Mode;
import io.redisha.model.Timings;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rule W4: what a leader asks for, and what its Lease says of that. */
class ExtensionTest {

    private static final long S = 1000 * Timings.MS;
    private static final Timings TIMINGS = Timings.defaults();

    private final Extension extension = new Extension(TIMINGS, 0);
    private long now;

    private static Config saying(long patience) {
        return new Config(Mode.MEMBERS, List.of(), patience);
    }

    private void ticks(int times, long apart) {
        for (int i = 0; i < times; i++) {
            now += apart;
            extension.strain().ticks(now);
        }
    }

    @Test
    void asksForNothingAndWritesNothingWithoutStrain() {
        ticks(10, S / 10);
        assertThat(extension.ask(List.of(saying(0)), now)).isZero();
        assertThat(extension.ask(List.of(saying(5 * S)), now)).isZero();
        assertThat(extension.wanted(0, now)).isZero();
        assertThat(extension.heartbeat()).isEqualTo(TIMINGS.heartbeat());
    }

    @Test
    void asksForNoMoreThanTheLeaseSaysWhateverBecameOfAWrite() {
        ticks(3, 3 * S);
        assertThat(extension.wanted(0, now)).isEqualTo(10 * S);
        assertThat(extension.ask(List.of(saying(0)), now)).isZero();
        assertThat(extension.ask(List.of(saying(0), saying(10 * S)), now)).as("not confirmed").isZero();
        assertThat(extension.ask(List.of(saying(10 * S)), now)).isEqualTo(10 * S);
        assertThat(extension.heartbeat()).as("who is starved is asked less").isGreaterThan(TIMINGS.heartbeat());
    }

    @Test
    void takesNothingBackWhileAnAcknowledgementThatWasGivenForItMayStillCount() {
        ticks(3, 3 * S);
        long last = now;
        for (int i = 0; i < 1000 && extension.strain().patience() > 0; i++) {
            last = now;
            extension.ask(List.of(saying(10 * S)), now);
            ticks(1, 100 * Timings.MS);
        }
        assertThat(extension.ask(List.of(saying(10 * S)), now)).as("heartbeats ask for less first").isZero();
        assertThat(extension.wanted(10 * S, last + TIMINGS.promise() + 10 * S - 1)).isEqualTo(10 * S);
        assertThat(extension.wanted(10 * S, last + TIMINGS.promise() + 10 * S)).isZero();
    }
}
