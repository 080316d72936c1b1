package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Timings;
import org.junit.jupiter.api.Test;

/** Rule W4. */
class StrainTest {

    private static final long MS = Timings.MS;
    private static final long S = 1000 * MS;

    private final Strain strain = new Strain(0);
    private long now;

    private StrainTest ticks(int times, long apart) {
        for (int i = 0; i < times; i++) {
            now += apart;
            strain.ticks(now);
        }
        return this;
    }

    private void replies(long after) {
        now += after;
        strain.replied(now - after, now);
    }

    @Test
    void isNoneWhileAllComesInTime() {
        ticks(1000, 480 * MS);
        replies(390 * MS);
        replies(390 * MS);
        assertThat(strain.patience()).isZero();
    }

    @Test
    void oneDelayAloneIsNoShortage() {
        ticks(1, 5 * S);
        assertThat(strain.patience()).isZero();
    }

    /** After a freeze the tick is late, and so is the reply to what was sent before it. */
    @Test
    void whatOnePauseDelaysIsOneDelay() {
        ticks(10, 100 * MS);
        long sent = now;
        ticks(1, 8 * S);
        strain.replied(sent, now);
        assertThat(strain.patience()).isZero();
        ticks(1, 8 * S);
        assertThat(strain.patience()).isPositive();
    }

    @Test
    void asksForMoreTheLaterTicksComeAndForNoMoreThanTheMost() {
        assertThat(ticks(2, 510 * MS).strain.patience()).isEqualTo(2_500 * MS);
        assertThat(ticks(2, 900 * MS).strain.patience()).isEqualTo(5 * S);
        assertThat(ticks(2, 1_700 * MS).strain.patience()).isEqualTo(10 * S);
        assertThat(ticks(2, 9 * S).strain.patience()).isEqualTo(Timings.MOST_PATIENCE);
    }

    @Test
    void lateRepliesCountAsLateTicksDo() {
        now = S;
        replies(600 * MS);
        replies(700 * MS);
        assertThat(strain.patience()).isEqualTo(5 * S);
    }

    @Test
    void aMemberThatAnswersLateSaysNothingWhenAnotherHasAnsweredTheSameHeartbeatInTime() {
        for (int i = 0; i < 20; i++) {
            now += 200 * MS;
            strain.replied(now - 5 * MS, now);
            strain.replied(now - 3 * S, now);
        }
        assertThat(strain.patience()).isZero();
    }

    @Test
    void isOverNoSoonerThanHalfAMinuteAfterTheLastDelayAndAMinuteAfterItAtTheLatest() {
        ticks(2, S);
        ticks(280, 100 * MS);
        assertThat(strain.patience()).isPositive();
        ticks(20, 100 * MS);
        assertThat(strain.patience()).as("30 s after").isPositive();
        ticks(320, 100 * MS);
        assertThat(strain.patience()).isZero();
    }
}
