package io.redisha.decide;

import static io.redisha.decide.Scene.TIMINGS;
import static io.redisha.decide.Scene.ids;
import static io.redisha.decide.Validity.ALWAYS;
import static io.redisha.decide.Validity.NEVER;
import static io.redisha.model.Mode.API;
import static io.redisha.model.Mode.MEMBERS;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Validity.Config;
import io.redisha.model.MemberId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rules V2, V3 and V5: r-0 leads. */
class ValidityTest {

    private static final long H = TIMINGS.memberTimeout();
    private static final long D = TIMINGS.renewDeadline();
    private static final Config THREE = new Config(MEMBERS, ids(0, 1, 2));
    private static final Config THREE_BY_API = new Config(API, ids(0, 1, 2));

    private final Map<MemberId, Long> acked = new HashMap<>();

    private ValidityTest heard(int ordinal, long sent) {
        acked.put(ids(ordinal).getFirst(), sent);
        return this;
    }

    private long until(long renewed, Config... configs) {
        return Validity.until(List.of(configs), ids(0).getFirst(), acked, renewed, TIMINGS);
    }

    @Test
    void aQuorumAndTheApiAreEnough() {
        assertThat(heard(1, 10_000).until(10_000, THREE)).isEqualTo(10_000 + H);
    }

    @Test
    void aQuorumThatFallsSilentEndsItHoweverFreshTheRenewal() {
        assertThat(heard(1, 10_000).until(10_000 + 10 * H, THREE)).isEqualTo(10_000 + H);
    }

    @Test
    void aRenewalThatGrowsOldEndsItWhileOneMemberIsSilent() {
        assertThat(heard(1, 20 * D).until(10_000, THREE)).isEqualTo(10_000 + D);
    }

    @Test
    void allMembersStandInForTheApi() {
        assertThat(heard(1, 20 * D).heard(2, 20 * D + 5).until(NEVER, THREE)).isEqualTo(20 * D + H);
        assertThat(until(NEVER, THREE_BY_API)).isEqualTo(20 * D + H);
    }

    /** Rule W4: who takes the place of a member that promised more, by rule V7, may be of 0.3.0 and know nothing of it. */
    @Test
    void allMembersStandInForTheApiNoLongerThanUntilASuccessorMaySeeTheLeaseUnchangedHoweverMuchMoreTheyPromised() {
        long patience = 10 * H;
        Config extended = new Config(API, ids(0, 1, 2), patience);
        heard(1, 20 * D + patience).heard(2, 20 * D + patience);
        assertThat(until(NEVER, extended) + TIMINGS.fence() + TIMINGS.margin()).isEqualTo(20 * D + TIMINGS.lease());
        assertThat(until(20 * D + patience, new Config(MEMBERS, ids(0, 1, 2), patience))).as("beside the API a quorum counts for as long as it promised")
                .isEqualTo(20 * D + patience + H);
    }

    @Test
    void neitherApiNorAllMembersIsNever() {
        assertThat(heard(1, 10_000).until(NEVER, THREE)).isEqualTo(NEVER);
        assertThat(until(NEVER, THREE_BY_API)).isEqualTo(NEVER);
    }

    @Test
    void nothingIsValidInModeMembersBeforeTheFirstAcknowledgement() {
        assertThat(until(10_000, THREE)).isEqualTo(NEVER);
    }

    @Test
    void inModeApiTheApiAloneIsEnough() {
        assertThat(until(10_000, THREE_BY_API)).isEqualTo(10_000 + D);
    }

    @Test
    void theQuorumCountsTheLeader() {
        Config five = new Config(MEMBERS, ids(0, 1, 2, 3, 4));
        assertThat(heard(1, 10_000).until(10_000, five)).isEqualTo(NEVER);
        assertThat(heard(2, 9_000).until(10_000, five)).isEqualTo(9_000 + H);
        assertThat(heard(3, 11_000).until(10_000, five)).isEqualTo(10_000 + H);
    }

    @Test
    void twoMembersNeedEachOther() {
        Config two = new Config(MEMBERS, ids(0, 1));
        assertThat(until(10_000, two)).isEqualTo(NEVER);
        assertThat(heard(1, 10_000).until(NEVER, two)).isEqualTo(10_000 + H);
    }

    @Test
    void aStrangersAnswerDoesNotCount() {
        assertThat(heard(3, 10_000).until(10_000, THREE)).isEqualTo(NEVER);
        acked.put(new MemberId("r-1", "recreated"), 10_000L);
        assertThat(until(10_000, THREE)).isEqualTo(NEVER);
    }

    @Test
    void theOnlyMemberIsAlwaysValid() {
        assertThat(until(NEVER, new Config(MEMBERS, ids(0)))).isEqualTo(ALWAYS);
        assertThat(until(NEVER, new Config(API, ids(0)))).isEqualTo(ALWAYS);
        assertThat(until(NEVER, new Config(API, ids(1)))).isEqualTo(NEVER);
    }

    @Test
    void aChangeOfUnknownOutcomeDemandsAlreadyAndPermitsNotYet() {
        heard(1, 10_000).heard(2, 12_000);
        assertThat(until(30_000, THREE, THREE_BY_API)).as("to api: the quorum is still demanded").isEqualTo(until(30_000, THREE));
        assertThat(until(30_000, THREE_BY_API, THREE)).as("to members: the quorum is demanded already").isEqualTo(until(30_000, THREE));
        Config grown = new Config(MEMBERS, ids(0, 1, 2, 3));
        assertThat(until(30_000, THREE, grown)).as("a fourth member raises the quorum").isEqualTo(10_000 + H);
        Config shrunk = new Config(MEMBERS, ids(0));
        assertThat(until(30_000, THREE, shrunk)).as("a member list of one permits nothing yet").isEqualTo(12_000 + H);
    }

    @Test
    void withoutATermThereIsNoValidity() {
        assertThat(heard(1, 10_000).heard(2, 10_000).until(10_000)).isEqualTo(NEVER);
    }
}
