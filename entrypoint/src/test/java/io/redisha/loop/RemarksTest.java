package io.redisha.loop;

import static io.redisha.decide.Scene.MS;
import static io.redisha.decide.Scene.S;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.Journal.Act;
import io.redisha.model.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RemarksTest {

    private final List<String> noted = new ArrayList<>();
    private final Remarks remarks = new Remarks(new Journal() {
        @Override
        public void note(Act act, Reason reason, long term, String detail) {
            noted.add(act + " " + detail);
        }

        @Override
        public void renewed(boolean success, long nanos) {}
    });
    private long now = 1000 * S;

    private void waits(String detail, long duration) {
        for (long until = now + duration; now < until; now += 100 * MS) {
            remarks.say(Act.WAITING, Reason.NO_CANDIDATE, 3, detail, now);
            remarks.withoutMaster(Reason.NO_CANDIDATE, 3, detail, now);
        }
    }

    @Test
    void aWaitIsSaidOnceAndNotIfItIsOverInAMoment() {
        waits("for r-1", S);
        assertThat(noted).isEmpty();
        waits("for r-1", 30 * S);
        assertThat(noted).containsExactly("WAITING for r-1");
    }

    /** Rule W1: the states in which a person decides are said as an Event. */
    @Test
    void aWaitOfAMinuteIsToldToAPersonOnceWhateverWasWaitedForMeanwhile() {
        waits("for r-1", 30 * S);
        waits("for data", 29 * S);
        assertThat(noted).containsExactly("WAITING for r-1", "WAITING for data");
        waits("for data", 600 * S);
        assertThat(noted).containsExactly("WAITING for r-1", "WAITING for data", "NO_MASTER for data");
    }

    @Test
    void aLaterWaitIsAnotherOne() {
        waits("for r-1", 50 * S);
        now += 6 * S;
        waits("for r-1", 59 * S);
        assertThat(noted).doesNotContain("NO_MASTER for r-1");
        waits("for r-1", 2 * S);
        assertThat(noted).contains("NO_MASTER for r-1");
    }

    @Test
    void whatIsWaitedForIsKnownWhileItIs() {
        assertThat(remarks.awaited(now)).isEmpty();
        waits("for r-1", S);
        assertThat(remarks.awaited(now)).isEqualTo("for r-1");
        assertThat(remarks.awaited(now + 2 * S)).isEmpty();
    }
}
