package io.redisha.loop.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.peers.Gathering;
import io.redisha.model.PeerPhase;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RingMemberTest {

    private static final long SECOND = 1000 * Timings.MS;
    private static final PeerState OLD = new PeerState("x-1", "r1", PeerPhase.STARTED, true, "2026-01-01T00:00:00Z x-1", Map.of());

    private final List<Sighting> others = new ArrayList<>();
    private final List<String> events = new ArrayList<>();
    private boolean answers;
    private int startedAgain;
    /** Times that the others' programs were connected to. */
    private int checks;
    private long now = 1000 * SECOND;

    private final RingMember member = member(new Gathering(true, 0, false, Gathering.SILENCE, 30 * SECOND));

    private RingMember member(Gathering gathering) {
        return new RingMember("x-0", gathering, new Surroundings() {
            @Override
            public Seen look(boolean programs) {
                checks += programs ? 1 : 0;
                return new Seen(true, others);
            }

            @Override
            public boolean answers() {
                return answers;
            }
        }, (warning, reason, message) -> events.add((warning ? "! " : "") + reason + ": " + message), () -> startedAgain++, () -> now,
                () -> Instant.parse("2026-11-21T10:00:00Z"));
    }

    private static Sighting other(PeerState state) {
        return new Sighting(state.pod(), "10.0.0.1", state.answers(), state);
    }

    private void turnFor(long time) throws InterruptedException {
        for (long end = now + time; now < end; now += 100 * Timings.MS) {
            member.turn();
        }
    }

    @Test
    void saysThatItFoundsBeforeItDoes() throws Exception {
        member.begin();

        assertThat(member.step()).isNull();
        assertThat(member.snapshot().self().phase()).isEqualTo(PeerPhase.FOUNDING);
        assertThat(member.snapshot().unready()).isEqualTo("looks once more before it founds a ring");

        assertThat(member.step()).isEmpty();
        assertThat(member.snapshot().self().phase()).isEqualTo(PeerPhase.STARTED);
        assertThat(member.snapshot().self().ring()).isEqualTo("2026-11-21T10:00:00Z x-0");
        assertThat(events).containsExactly("RingFounded: starts the program alone: there is nobody to join");
    }

    @Test
    void stepsBackFromFoundingForOneThatHasStarted() throws Exception {
        member.begin();
        member.step();
        others.add(other(new PeerState("x-1", "r1", PeerPhase.STARTED, false, "g", Map.of())));

        assertThat(member.step()).isNull();
        assertThat(member.snapshot().unready()).isEqualTo("waits for x-1, started and not answering yet");
    }

    @Test
    void saysWhyItsProgramIsNotStartedYet() throws Exception {
        others.add(other(new PeerState("x-1", "r1", PeerPhase.STARTED, false, "g", Map.of())));
        member.begin();
        member.step();
        assertThat(events).isEmpty();

        now += 10 * SECOND;
        member.step();

        assertThat(events).containsExactly("! WaitingForPeers: the program is not started yet: this pod waits for x-1, started and not answering yet");
    }

    @Test
    void belongsToTheRingOfThoseItWasGiven() throws Exception {
        others.add(other(OLD));

        assertThat(member.gather()).containsExactly(other(OLD));

        assertThat(member.snapshot().self().ring()).isEqualTo(OLD.ring());
        assertThat(member.snapshot().self().given()).containsExactly(Map.entry("x-1", "r1"));
        assertThat(events).containsExactly("RingJoined: starts the program, to join x-1");
    }

    @Test
    void isReadyWhileTheProgramAnswers() throws Exception {
        member.gather();
        turnFor(SECOND);
        assertThat(member.snapshot().unready()).isEqualTo("the program does not answer");

        answers = true;
        turnFor(SECOND);
        assertThat(member.snapshot().ready()).isTrue();

        answers = false;
        turnFor(4 * SECOND);
        assertThat(member.snapshot().ready()).isFalse();
    }

    @Test
    void startsItsProgramAgainWhenThereIsAnOlderRing() throws Exception {
        member.gather();
        answers = true;
        turnFor(SECOND);
        others.add(other(OLD));

        turnFor(4 * SECOND);
        assertThat(startedAgain).isZero();
        assertThat(member.snapshot().problems()).containsExactly("x-1 of another ring: founded at 2026-01-01T00:00:00Z by x-1, this pod's at 2026-11-21T10:00:00Z by x-0");

        turnFor(5 * SECOND);
        assertThat(startedAgain).isEqualTo(1);
        assertThat(events).contains("! RingsApart: two rings: this pod's program starts again, to join x-1 and all others");
    }

    @Test
    void isOneRingWithWhoeverHasJoinedItMeanwhile() throws Exception {
        member.gather();
        answers = true;
        turnFor(SECOND);
        others.add(other(new PeerState("x-1", "r1", PeerPhase.STARTED, true, OLD.ring(), Map.of("x-0", member.snapshot().self().run()))));

        turnFor(30 * SECOND);

        assertThat(startedAgain).isZero();
        assertThat(member.snapshot().self().ring()).isEqualTo(OLD.ring());
        assertThat(member.snapshot().problems()).isEmpty();
    }

    @Test
    void leavesIslandsAloneWithoutTheRule() throws Exception {
        RingMember off = member(new Gathering(false, 0, false, Gathering.SILENCE, 30 * SECOND));
        off.gather();
        answers = true;
        others.add(other(OLD));
        for (long end = now + 60 * SECOND; now < end; now += SECOND) {
            off.turn();
        }

        assertThat(startedAgain).isZero();
    }

    @Test
    void staysEndingWhateverItSees() throws Exception {
        member.begin();
        member.ending();
        member.step();
        member.step();

        assertThat(member.snapshot().self().phase()).isEqualTo(PeerPhase.ENDING);
        assertThat(member.snapshot().unready()).isEqualTo("ends");
    }

    @Test
    void checksProgramsOnlyWhenSomethingHasChanged() throws Exception {
        member.startedElsewhere();
        others.add(other(OLD));
        turnFor(3 * SECOND);
        assertThat(member.news()).containsExactly(other(OLD));

        for (int i = 0; i < 30; i++) {
            turnFor(2 * SECOND);
            assertThat(member.news()).isNull();
        }
        assertThat(checks).isEqualTo(1);

        PeerState starting = new PeerState("x-2", "", PeerPhase.STARTED, false, "", Map.of());
        others.add(new Sighting("x-2", "10.0.0.2", false, starting));
        turnFor(3 * SECOND);
        assertThat(member.news()).containsExactly(other(OLD));
        assertThat(member.news()).isNull();

        Sighting answering = new Sighting("x-2", "10.0.0.2", true, new PeerState("x-2", "", PeerPhase.STARTED, true, "", Map.of()));
        others.set(1, answering);
        turnFor(3 * SECOND);
        assertThat(member.news()).containsExactly(other(OLD), answering);
        assertThat(checks).isEqualTo(3);
    }

    @Test
    void asksAgainWhileItIsNotClear() throws Exception {
        member.startedElsewhere();
        PeerState answers = new PeerState("x-2", "", PeerPhase.STARTED, true, "", Map.of());
        others.add(other(OLD));
        others.add(new Sighting("x-2", "10.0.0.2", false, answers));   // as its agent says, but it was not reached
        turnFor(3 * SECOND);

        assertThat(member.news()).containsExactly(other(OLD));
        assertThat(member.news()).containsExactly(other(OLD));
        assertThat(checks).isEqualTo(2);

        others.clear();
        others.add(new Sighting("x-2", "10.0.0.2", false, null));
        turnFor(3 * SECOND);
        member.news();
        member.news();
        assertThat(checks).isEqualTo(4);
    }

    @Test
    void looksWithoutStartingAnythingWhenSomebodyOnlyAsks() throws Exception {
        others.add(other(OLD));

        assertThat(member.now()).containsExactly(other(OLD));
        assertThat(member.snapshot().self().phase()).isEqualTo(PeerPhase.WAITING);
        assertThat(events).isEmpty();
    }
}
