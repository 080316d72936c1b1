package io.redisha.decide.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.PeerPhase;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import io.redisha.model.Timings;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class GatheringTest {

    private static final long SECOND = 1000 * Timings.MS;
    private static final long LIFE = 30 * SECOND;
    private static final Gathering GATHERING = new Gathering(true, 0, false, Gathering.SILENCE, LIFE);

    private static Sighting pod(int ordinal, boolean answers, PeerPhase phase) {
        String name = "x-" + ordinal;
        return new Sighting(name, "10.0.0." + ordinal, answers, phase == null ? null : new PeerState(name, "", phase, answers, "", Map.of()));
    }

    private static Sighting alive(int ordinal) {
        return pod(ordinal, true, PeerPhase.STARTED);
    }

    private static Sighting starting(int ordinal) {
        return pod(ordinal, false, PeerPhase.STARTED);
    }

    private static Sighting waiting(int ordinal) {
        return pod(ordinal, false, PeerPhase.WAITING);
    }

    private static Sighting silent(int ordinal) {
        return pod(ordinal, false, null);
    }

    private static Sighting ending(int ordinal) {
        return pod(ordinal, true, PeerPhase.ENDING);
    }

    private static Start decide(Gathering gathering, int ordinal, long waited, Sighting... others) {
        return gathering.decide(new Sight(ordinal, true, List.of(others), waited));
    }

    private static Start decide(int ordinal, Sighting... others) {
        return decide(GATHERING, ordinal, 0, others);
    }

    private static Start join(Sighting... peers) {
        return new Start.Join(List.of(peers));
    }

    @Test
    void letsTheFirstPodEverStartAlone() {
        assertThat(decide(0)).isEqualTo(new Start.Found());
    }

    @Test
    void givesEachFurtherPodThoseBeforeIt() {
        assertThat(decide(1, alive(0))).isEqualTo(join(alive(0)));
        assertThat(decide(2, alive(1), alive(0))).isEqualTo(join(alive(0), alive(1)));
    }

    @Test
    void givesTheFirstPodAllTheOthersWhenItIsBack() {
        assertThat(decide(0, alive(4), alive(1), alive(3), alive(2))).isEqualTo(join(alive(1), alive(2), alive(3), alive(4)));
    }

    @Test
    void givesPod0AndPod1TheOthersWhenBothAreBackAtOnce() {
        assertThat(decide(0, waiting(1), alive(2), alive(3))).isEqualTo(join(alive(2), alive(3)));
        assertThat(decide(1, waiting(0), alive(2), alive(3))).isEqualTo(join(waiting(0), alive(2), alive(3)));
    }

    @Test
    void letsOnlyTheFirstPodFoundWhenAllAreBackAtOnce() {
        assertThat(decide(0, waiting(1), waiting(2))).isEqualTo(new Start.Found());
        assertThat(decide(1, waiting(0), waiting(2))).isEqualTo(new Start.Wait("x-0 to go first"));
        assertThat(decide(2, waiting(0), waiting(1))).isEqualTo(new Start.Wait("x-0, x-1 to go first"));
        assertThat(decide(1, starting(0), waiting(2))).isEqualTo(new Start.Wait("x-0, started and not answering yet"));
        assertThat(decide(2, alive(0), waiting(1))).isEqualTo(join(alive(0), waiting(1)));
    }

    @Test
    void foundsNothingWhileSomebodyBehindItHasStarted() {
        assertThat(decide(0, starting(1))).isEqualTo(new Start.Wait("x-1, started and not answering yet"));
    }

    @Test
    void givesTwoThatWouldFoundAtTheSameMomentToTheFirst() {
        assertThat(decide(0, pod(1, false, PeerPhase.FOUNDING))).isEqualTo(new Start.Found());
        assertThat(decide(1, pod(0, false, PeerPhase.FOUNDING))).isEqualTo(new Start.Wait("x-0 to go first"));
    }

    @Test
    void foundsNothingWhileDnsKnowsPodsThatDoNotAnswer() {
        assertThat(decide(0, silent(1), silent(3))).isEqualTo(new Start.Wait("x-1, x-3, which DNS knows and which do not answer"));
        assertThat(decide(GATHERING, 0, Gathering.SILENCE, silent(1), silent(3))).isEqualTo(new Start.Found());
    }

    @Test
    void takesNobodyForNotThereUntilDnsKnowsThePodItself() {
        assertThat(GATHERING.decide(new Sight(0, false, List.of(), 0))).isEqualTo(new Start.Wait("DNS to know this pod, and with it all the others"));
        assertThat(GATHERING.decide(new Sight(0, false, List.of(), Gathering.SILENCE))).isInstanceOf(Start.Wait.class);
        assertThat(GATHERING.decide(new Sight(0, false, List.of(), LIFE))).isEqualTo(new Start.Found());
    }

    @Test
    void joinsWhoAnswersWhateverDnsSaysOfItself() {
        assertThat(GATHERING.decide(new Sight(0, false, List.of(alive(2)), 0))).isEqualTo(join(alive(2)));
    }

    @Test
    void joinsNobodyWhoIsStopping() {
        assertThat(decide(0, ending(1), ending(2))).isEqualTo(new Start.Found());
        assertThat(decide(0, ending(1), alive(2))).isEqualTo(join(alive(2)));
    }

    @Test
    void doesNotWaitForEverForOneThatStartsAndNeverAnswers() {
        assertThat(decide(GATHERING, 1, LIFE, starting(0), waiting(2))).isEqualTo(new Start.Found());
    }

    @Test
    void leavesOutTheDeadWhoseAddressesAreStillKnown() {
        assertThat(decide(0, silent(1), alive(2))).isEqualTo(join(alive(2)));
    }

    @Test
    void putsAddressesWithoutAPodLast() {
        Sighting stranger = new Sighting(null, "10.0.0.99", true, null);

        assertThat(decide(0, stranger, alive(7))).isEqualTo(join(alive(7), stranger));
    }

    @Test
    void waitsForAsManyAsTheProgramNeeds() {
        Gathering ordered = new Gathering(true, 2, false, Gathering.SILENCE, LIFE);
        assertThat(decide(ordered, 0, 0)).isEqualTo(new Start.Found());
        assertThat(decide(ordered, 1, 0, alive(0))).isEqualTo(join(alive(0)));
        assertThat(decide(ordered, 3, SECOND, alive(0))).isEqualTo(new Start.Wait("at least 2 other pods (only x-0 so far)"));

        Gathering parallel = new Gathering(true, 2, true, Gathering.SILENCE, LIFE);
        assertThat(decide(parallel, 0, 0)).isEqualTo(new Start.Wait("at least 2 other pods (none so far)"));
        assertThat(decide(parallel, 0, 3600 * SECOND, waiting(1))).isEqualTo(new Start.Wait("at least 2 other pods (only x-1 so far)"));
    }

    @Test
    void givesEverybodyAllAddressesAtOnceWhenNoProgramCanStartWithoutThem() {
        Gathering parallel = new Gathering(true, 2, true, Gathering.SILENCE, LIFE);

        assertThat(decide(parallel, 0, 0, waiting(1), silent(2))).isEqualTo(join(waiting(1), silent(2)));
        assertThat(decide(parallel, 2, 0, waiting(0), starting(1))).isEqualTo(join(waiting(0), starting(1)));
        assertThat(decide(parallel, 0, 0, alive(1), silent(2))).isEqualTo(join(alive(1), silent(2)));
    }

    @Test
    void alwaysComesToAnEndWhateverItSees() {
        for (int ordinal = 0; ordinal < 3; ordinal++) {
            for (int seen = 0; seen < 6 * 6; seen++) {
                int own = ordinal;
                List<Sighting> others = Stream.of(some((own + 1) % 3, seen % 6), some((own + 2) % 3, seen / 6)).filter(s -> s != null).toList();

                assertThat(GATHERING.decide(new Sight(own, false, others, LIFE))).isNotInstanceOf(Start.Wait.class);
            }
        }
    }

    private static Sighting some(int ordinal, int kind) {
        return switch (kind) {
            case 0 -> null;
            case 1 -> silent(ordinal);
            case 2 -> waiting(ordinal);
            case 3 -> starting(ordinal);
            case 4 -> alive(ordinal);
            default -> ending(ordinal);
        };
    }

    @Test
    void withoutTheRuleGivesAPodThoseBeforeItForEver() {
        Gathering off = new Gathering(false, 0, false, Gathering.SILENCE, LIFE);

        assertThat(decide(off, 0, 0, alive(1), alive(2))).isEqualTo(new Start.Found());
        assertThat(decide(off, 2, 0, alive(0), alive(1), alive(3))).isEqualTo(join(alive(0), alive(1)));
    }
}
