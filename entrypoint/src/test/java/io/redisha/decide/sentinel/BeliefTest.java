package io.redisha.decide.sentinel;

import static io.redisha.decide.sentinel.Case.named;
import static io.redisha.decide.sentinel.Case.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BeliefTest {

    private static Belief of(int wanted, Belief before, SentinelView... views) {
        return Belief.of(List.of(views), wanted, before, Case.REDIS);
    }

    @Test
    void needsAMajorityOfThoseThatAreWantedNotOfThoseThatAnswer() {
        assertThat(of(3, null, view(0, 1, 4), view(1, 1, 4))).isEqualTo(named(1, 4));
        assertThat(of(3, null, view(0, 1, 4))).isNull();
        assertThat(of(5, null, view(0, 1, 4), view(1, 1, 4))).isNull();
    }

    @Test
    void countsOnlyThoseThatAgreeInTheEpochToo() {
        assertThat(of(3, null, view(0, 1, 4), view(1, 1, 5), view(2, 0, 4))).isNull();
        assertThat(of(3, null, view(0, 1, 4), view(1, 0, 5), view(2, 0, 5))).isEqualTo(named(0, 5));
    }

    @Test
    void hearsNothingFromASentinelThatMonitorsNoMasterOrDoesNotAnswer() {
        SentinelView none = new SentinelView("r-sentinel-1", 0, true, null, 0, 0, Set.of(), List.of(), List.of());
        assertThat(of(3, null, view(0, 1, 4), none, SentinelView.silent("r-sentinel-2", 0))).isNull();
    }

    @Test
    void neverGoesBackToALowerEpochUnlessAllHaveLostTheirMemory() {
        Belief before = named(0, 9);
        assertThat(of(3, before, view(0, 1, 4), view(1, 1, 4))).isNull();
        assertThat(of(3, before, view(0, 1, 4), view(1, 1, 4), view(2, 1, 4))).isEqualTo(named(1, 4));
    }

    @Test
    void knowsAHostThatIsNoPodOfTheRelease() {
        SentinelView stranger = new SentinelView("r-sentinel-1", 0, true, new Address("10.1.1.1", 6379), 8, 2, Set.of(), List.of(), List.of());
        Belief belief = of(3, null, stranger, stranger);
        assertThat(belief.pod()).isNull();
        assertThat(belief.master().host()).isEqualTo("10.1.1.1");
    }

    @Test
    void asksForNoMoreSentinelsThanThereAre() {
        assertThat(Belief.quorum(0, 5)).isEqualTo(3);
        assertThat(Belief.quorum(2, 5)).isEqualTo(2);
        assertThat(Belief.quorum(4, 3)).isEqualTo(3);
    }

    @Test
    void readsAPodsNameOnlyFromItsOwnHost() {
        assertThat(Case.REDIS.podOf("r-12.h")).isEqualTo("r-12");
        assertThat(Case.REDIS.podOf("r-1.other")).isNull();
        assertThat(Case.REDIS.podOf("x-1.h")).isNull();
        assertThat(Case.REDIS.podOf("r-sentinel-1.h")).isNull();
        assertThat(Case.REDIS.podOf("r-01.h")).isNull();
        assertThat(Case.REDIS.podOf("r-1.h.h")).isNull();
    }
}
