package io.redisha.decide;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Rules V1 and V6. */
class PromiseTest {

    private static final long P = 2250;
    private static final Promise GIVEN = new Promise(0, 4, 0).heard(4, 1000, P);

    @Test
    void aMemberThatHasJustStartedBehavesAsIfItHadPromisedThatMoment() {
        Promise started = Promise.atStart(1000, P, 0).learns(1000, P);
        assertThat(started.grants(1, 1000 + P - 1)).isFalse();
        assertThat(started.grants(1, 1000 + P)).isTrue();
    }

    @Test
    void isKeptForItsWholeDurationFromReceipt() {
        assertThat(GIVEN.runOut(1000 + P - 1)).isFalse();
        assertThat(GIVEN.runOut(1000 + P)).isTrue();
    }

    @Test
    void givesNoVoteBeforeItHasRunOut() {
        assertThat(GIVEN.grants(5, 1000 + P - 1)).isFalse();
        assertThat(GIVEN.grants(5, 1000 + P)).isTrue();
    }

    @Test
    void votesOnlyForALaterTermThanTheLeadersOwn() {
        assertThat(GIVEN.grants(4, 1000 + P)).isFalse();
        assertThat(GIVEN.grants(3, 1000 + P)).isFalse();
    }

    @Test
    void severalCandidatesOfOneTermMayHaveTheVoteButNoneOfAnEarlierOne() {
        Promise voted = GIVEN.votes(6);
        assertThat(voted.grants(6, 1000 + P)).isTrue();
        assertThat(voted.grants(5, 1000 + P)).isFalse();
        assertThat(voted.votes(5)).isEqualTo(voted);
    }

    @Test
    void answersNoLeaderOfALowerTerm() {
        assertThat(GIVEN.accepts(3)).isFalse();
        assertThat(GIVEN.accepts(4)).isTrue();
        assertThat(GIVEN.accepts(5)).isTrue();
    }

    @Test
    void whoeverHasVotedAnswersNoLeaderOfALowerTermThanThat() {
        Promise voted = GIVEN.votes(6);
        assertThat(voted.accepts(5)).isFalse();
        assertThat(voted.accepts(6)).isTrue();
    }

    @Test
    void neverForgetsATermThatItHeard() {
        assertThat(GIVEN.heard(6, 1100, P).heard(6, 1200, P).accepts(5)).isFalse();
        assertThat(GIVEN.votes(7).highest()).isEqualTo(7);
    }

    @Test
    void isEndedEarlyOnlyByTheReleaseOfItsOwnTermOrALaterOne() {
        assertThat(GIVEN.released(3, 1100).runOut(1100)).isFalse();
        assertThat(GIVEN.released(4, 1100).runOut(1100)).isTrue();
        assertThat(GIVEN.released(5, 1100).runOut(1100)).isTrue();
    }

    @Test
    void isNotProlongedByALateRelease() {
        assertThat(GIVEN.released(4, 9000)).isEqualTo(GIVEN);
    }

    @Test
    void isNotEndedByAVote() {
        assertThat(GIVEN.votes(5).runOut(1100)).isFalse();
    }

    /** Rule W4: its last one may have been longer than V1 says, and only the Lease knows. */
    @Test
    void aMemberThatHasJustStartedGivesNoVoteBeforeItHasReadTheLeaseNorBeforeWhatThatAllowed() {
        Promise started = Promise.atStart(1000, P, 3);
        assertThat(started.grants(4, 1_000_000)).isFalse();
        assertThat(started.heard(4, 2000, P).grants(5, 1_000_000)).isFalse();
        Promise told = started.learns(1000, P + 500);
        assertThat(told.grants(4, 1000 + P + 499)).isFalse();
        assertThat(told.grants(4, 1000 + P + 500)).isTrue();
        assertThat(told.learns(1000, 9000)).as("later words are of later promises").isEqualTo(told);
    }

    @Test
    void aShorterOneTakesNothingBack() {
        Promise extended = GIVEN.heard(4, 1100, P + 5000).heard(4, 1200, P);
        assertThat(extended.runOut(1100 + P + 5000 - 1)).isFalse();
        assertThat(extended.runOut(1100 + P + 5000)).isTrue();
        assertThat(extended.released(4, 1300).runOut(1300)).isTrue();
    }
}
