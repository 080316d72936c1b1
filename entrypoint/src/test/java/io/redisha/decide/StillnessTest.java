package io.redisha.decide;

import static io.redisha.decide.Scene.MS;
import static io.redisha.decide.Scene.S;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Pulse;
import org.junit.jupiter.api.Test;

/** A server that answered at 1000 s, and whose process is looked at every 100 ms, as the loop turns. */
class StillnessTest {

    private static final long PATIENCE = 2 * S;
    private static final long START = 1000 * S;

    private long now = START;
    private long answered = START;
    private char state = 'S';
    private long cpu = 5;
    private long turns = 70;
    private boolean saving;
    private boolean readable = true;
    private Pulse last = pulse(null);
    private Stillness stillness = Stillness.begin(START).sees(START, last);

    private Pulse pulse(Pulse before) {
        return new Pulse(now, now, state, cpu, turns, saving).after(before);
    }

    /** The loop turns and the looker looks, as often as they should. */
    private StillnessTest pass(long duration) {
        return pass(duration, () -> { });
    }

    private StillnessTest pass(long duration, Runnable meanwhile) {
        for (long until = now + duration; now < until; ) {
            now += 100 * MS;
            meanwhile.run();
            look();
        }
        return this;
    }

    private void look() {
        last = readable ? pulse(last) : null;
        stillness = stillness.ticks(now).sees(answered, last);
    }

    private boolean hangs() {
        return stillness.provesAHang(now, PATIENCE);
    }

    /** How long it is silent, with all else as it is, until it counts as hanging. */
    private long patience() {
        long began = now;
        while (!hangs() && now - began < 1000 * S) {
            pass(100 * MS);
        }
        return now - began;
    }

    @Test
    void aServerThatStandsStillAndIsSilentHangs() {
        assertThat(pass(PATIENCE).hangs()).isFalse();
        assertThat(pass(100 * MS).hangs()).isTrue();
    }

    @Test
    void aStoppedOneHangsAtOnceAsWell() {
        state = 'T';
        assertThat(patience()).isEqualTo(PATIENCE + 100 * MS);
    }

    @Test
    void oneThatADiskHoldsUpHasTheTimeItIsGivenForThat() {
        state = 'D';
        pass(PATIENCE + 100 * MS);
        assertThat(stillness.provesAHang(now, PATIENCE, 5 * S)).isFalse();
        pass(5 * S - PATIENCE);
        assertThat(stillness.provesAHang(now, PATIENCE, 5 * S)).isTrue();
        assertThat(hangs()).as("where nothing else is said").isFalse();
    }

    @Test
    void oneThatAnswersDoesNot() {
        pass(60 * S, () -> answered = now);
        assertThat(hangs()).isFalse();
    }

    @Test
    void oneThatComputesDoesNotHoweverLongItIsSilent() {
        pass(600 * S, () -> cpu++);
        assertThat(hangs()).as("a long SORT").isFalse();
    }

    @Test
    void oneThatWakesNowAndThenDoesNot() {
        pass(600 * S, () -> turns += now % S == 0 ? 1 : 0);
        assertThat(hangs()).as("idle: the question did not reach it, or its answer did not reach us").isFalse();
    }

    @Test
    void oneThatWaitsForAProcessorDoesNot() {
        state = 'R';
        assertThat(pass(600 * S).hangs()).isFalse();
    }

    @Test
    void oneThatWorkedUntilAMomentAgoGetsItsTimeFromThen() {
        pass(10 * S, () -> cpu++);
        assertThat(patience()).isEqualTo(PATIENCE + 100 * MS);
    }

    @Test
    void nothingIsProvedWhileTheAgentItselfIsLate() {
        for (int i = 0; i < 100; i++) {
            now += 600 * MS;
            look();
            assertThat(hangs()).isFalse();
        }
        assertThat(patience()).as("on time again").isEqualTo(PATIENCE + 100 * MS);
    }

    @Test
    void aFreezeOfTheAgentAloneProvesNothing() {
        pass(S);
        now += 600 * S;
        look();
        assertThat(hangs()).isFalse();
    }

    @Test
    void nothingIsProvedByALookerThatStandsStillItself() {
        for (int i = 0; i < 600; i++) {
            now += 100 * MS;
            stillness = stillness.ticks(now).sees(answered, last);
            assertThat(hangs()).as("what was seen last is from the beginning").isFalse();
        }
    }

    @Test
    void aServerThatADiskHoldsUpIsGivenLongerAndNotForEver() {
        state = 'D';
        assertThat(patience()).isEqualTo(Stillness.HELD_UP + 100 * MS);
    }

    @Test
    void soIsOneWhoseSnapshotIsBeingWritten() {
        saving = true;
        assertThat(patience()).isEqualTo(Stillness.HELD_UP + 100 * MS);
    }

    @Test
    void aStoppedOneIsNotExcusedByItsSnapshot() {
        saving = true;
        state = 'T';
        assertThat(patience()).isEqualTo(PATIENCE + 100 * MS);
    }

    @Test
    void aServerOfWhichNothingCanBeReadIsGivenLongerAndNotForEver() {
        readable = false;
        assertThat(patience()).isEqualTo(Stillness.HELD_UP + 100 * MS);
    }

    @Test
    void whatCanBeReadAgainProvesNothingOfTheTimeBefore() {
        readable = false;
        pass(20 * S);
        readable = true;
        assertThat(patience()).isEqualTo(PATIENCE + 200 * MS);
    }

    @Test
    void anotherProcessOfTheSameNumberIsANewOne() {
        pass(S);
        answered = now;
        cpu = 0;
        turns = 1;
        last = null;
        assertThat(patience()).isEqualTo(PATIENCE + 200 * MS);
    }

    // ---- kills

    private long killedAfter() {
        long patience = patience();
        stillness = stillness.kills(now);
        answered = now;
        return patience;
    }

    @Test
    void patienceDoublesWithEachKillUpToAMinute() {
        assertThat(killedAfter() / S).isEqualTo(2);
        assertThat(killedAfter() / S).isEqualTo(4);
        assertThat(killedAfter() / S).isEqualTo(8);
        assertThat(killedAfter() / S).isEqualTo(16);
        assertThat(killedAfter() / S).isEqualTo(32);
        for (int i = 0; i < 20; i++) {
            assertThat(killedAfter() / S).isEqualTo(60);
        }
    }

    @Test
    void aLongerPatienceIsNotMadeShorter() {
        for (int i = 0; i < 20; i++) {
            stillness = stillness.kills(now);
        }
        pass(80 * S);
        assertThat(stillness.provesAHang(now, 90 * S)).isFalse();
    }

    /** Rule L7: who sends a command again that hangs sends it to whoever leads. */
    @Test
    void patienceDoublesWithOthersKillsAsWithItsOwn() {
        stillness = stillness.learns(2, now);
        assertThat(killedAfter() / S).isEqualTo(8);
        assertThat(stillness.isTold()).as("its first").isTrue();
        assertThat(killedAfter() / S).isEqualTo(16);
        stillness = stillness.learns(1, now);
        assertThat(killedAfter() / S).as("what it knows itself is not taken back").isEqualTo(32);
    }

    @Test
    void othersKillsAreForgottenWhenAllIsCalm() {
        stillness = stillness.learns(3, now);
        pass(Stillness.CALM + S, () -> answered = now);
        assertThat(killedAfter() / S).isEqualTo(2);
    }

    @Test
    void killsAreForgottenWhenAllIsCalm() {
        killedAfter();
        killedAfter();
        pass(Stillness.CALM + S, () -> answered = now);
        assertThat(killedAfter() / S).isEqualTo(2);
        assertThat(stillness.kills()).isEqualTo(1);
    }

    @Test
    void ofASpellOfKillsTheFirstIsToldAndThenOnlyThatItGoesOn() {
        StringBuilder told = new StringBuilder();
        for (int i = 1; i <= 100; i++) {
            stillness = stillness.kills(now);
            if (stillness.isTold()) {
                told.append(i).append(' ');
            }
        }
        assertThat(told).hasToString("1 10 100 ");
    }

    @Test
    void itIsSaidWhatWasSeen() {
        state = 'T';
        pass(2100 * MS);
        assertThat(stillness.words(now)).isEqualTo("no answer for 2.1 s, and its process (state T) did nothing else either");
        for (int i = 0; i < 9; i++) {
            stillness = stillness.kills(now);
        }
        readable = false;
        pass(60 * S);
        assertThat(stillness.words(now)).isEqualTo("no answer for 60.0 s, and nothing can be read of its process; 10 times by now");
    }

    @Test
    void whoDoesNotAnswerIsNotReadyHoweverBusy() {
        assertThat(Stillness.problem(now + 10 * S, now)).isNull();
        assertThat(Stillness.problem(now + 12 * S, now)).isEqualTo("the server has not answered for 12 s");
    }
}
