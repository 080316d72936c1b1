package io.redisha.loop.sentinel;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.loop.sentinel.SentinelWorld.Broken;
import io.redisha.model.Misconf;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Faults beyond those of {@link SentinelFaultsSimulationTest}; {@code make simulate KINDS=sentinel-twins,...} has more seeds of them. */
class FurtherSentinelFaultsSimulationTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000) / 1_000;

    /** As in every run: two masters for no longer than Sentinel can promise, nobody leads empty beside data, nobody is wiped, and there is one master in the end. */
    private static void holds(String... kinds) {
        for (String name : kinds) {
            LongStream.range(0, SEEDS).parallel().forEach(seed -> FurtherSentinelFaults.KINDS.get(name).run(seed, false));
        }
    }

    @Test
    void requestsThatAreCarriedOutTwiceLateOrUnheardOrAreRefusedLoseNothing() {
        holds("sentinel-answers", "sentinel-answersAlone");
    }

    @Test
    void messagesAndOrdersThatAreLateLoseNothing() {
        holds("sentinel-late", "sentinel-lateAlone");
    }

    @Test
    void aPodThatWasDeletedByForceAndRunsOnIsNoSecondMaster() {
        holds("sentinel-twins", "sentinel-twinsAlone");
    }

    /** The new pod's disk holds what the replicas have seen deleted since it was copied, and they ask it for a copy in vain. */
    @Test
    void aPodWithTheNameOfAMasterThatRunsOnBringsNothingBackThatWasDeletedMeanwhile() {
        LongStream.of(2, 10, 31).parallel().forEach(seed -> FurtherSentinelFaults.twinsAlone(seed, Broken.NOTHING, false));
        assertThatThrownBy(() -> LongStream.range(0, 100).forEach(seed -> FurtherSentinelFaults.twinsAlone(seed, Broken.EMPTIED, false)))
                .isInstanceOf(Violation.class).hasMessageContaining("acknowledged writes");
    }

    @Test
    void aReleaseHasOneMasterWhosePodsGetTheAddressesOfAnother() {
        holds("sentinel-strangers");
    }

    /** The last key has gone by what the named one and another have on their disks; the third has data of which its state file says nothing (finding R1's kind). */
    @Test
    void dataOfWhichNobodyKnowsWhoseItIsEndsNoReleaseThatHoldsNoneOtherwise() {
        FurtherSentinelFaults.KINDS.get("sentinel-strangers").run(136, false);   // the Lease tells of data
        FurtherSentinelFaults.KINDS.get("sentinel-strangers").run(505, false);   // the Lease tells of none
    }

    @Test
    void aReleaseThatIsScaledBetweenOneAndFourServersAndOneAndFiveSentinelsLosesNothingByIt() {
        holds("sentinel-scaled", "sentinel-scaledAlone");
    }

    /** A sentinel that was reset learns of others from its master only, and waits for the votes of all whom it has known. */
    @Test
    void sentinelsThatHaveForgottenTheHeirOrRememberOnesThatAreGoneReplaceALostMasterAllTheSame() {
        SentinelWorld w = new SentinelWorld(0, Broken.NOTHING, 2, 1, true, false);
        w.promised = false;
        w.await(40 * S, w::unsettled);
        w.watch.values().forEach(p -> p.sentinel.reset());
        DataPod lost = w.master();
        lost.pend(600 * S);
        w.await(90 * S, () -> w.master() == null ? "nobody leads" : null);
        assertThat(w.master()).isNotSameAs(lost);
    }

    /** Rule H7: a sentinel takes the order, and nothing comes of it. From the fence on nobody can read from this pod either. */
    @Test
    void aHandoverOfAFullMasterThatAlwaysComesToNothingIsTriedMoreAndMoreSeldom() {
        SentinelWorld w = new SentinelWorld(0, Broken.NOTHING, 3, 3, true, false);
        w.await(40 * S, w::unsettled);
        DataPod full = w.master();
        w.watch.values().forEach(p -> p.sentinel.unheard = true);
        full.redis.misconf = Misconf.AOF;
        List<Long> stops = new ArrayList<>();
        long since = 0;
        for (int i = 0; i < 20 * 600; i++) {
            w.simulation.pass(50 * MS);
            if (!full.redis.isMaster() && since == 0) {
                since = w.simulation.now();
            } else if (full.redis.isMaster() && since > 0) {
                stops.add((w.simulation.now() - since) / MS);
                since = 0;
            }
        }
        assertThat(stops).as("ms for which it was no master, in ten minutes").hasSizeBetween(3, 5).allMatch(ms -> ms < 12_000);
        w.watch.values().forEach(p -> p.sentinel.unheard = false);
        full.redis.misconf = Misconf.NONE;
        w.await(90 * S, w::unsettled);
    }

    /** Rule B6: both know the same password, and while no sentinel is there nobody has the replicas follow another. */
    @Test
    void aReplicaCopiesNoOtherReleaseThatHasGotTheAddressOfItsMaster() {
        inheritance(Broken.NOTHING);
        assertThatThrownBy(() -> inheritance(Broken.LETTING_GO)).isInstanceOf(Violation.class).hasMessageContaining("of another release");
    }

    private static void inheritance(Broken broken) {
        SentinelWorld w = new SentinelWorld(0, broken, 3, 3, true, false);
        SentinelWorld stranger = w.stranger();
        w.await(40 * S, w::unsettled);
        stranger.await(40 * S, stranger::unsettled);
        w.promised = false;
        stranger.promised = false;
        DataPod lost = w.master();
        DataPod heir = stranger.data.values().stream().filter(p -> p != stranger.master()).findFirst().orElseThrow();
        w.watch.values().forEach(p -> p.pend(60 * S));
        w.simulation.pass(4 * S);
        String address = lost.ip();
        lost.pend(60 * S);
        w.simulation.pass(2 * S);
        heir.pend(100 * MS);
        heir.readdress(address);
        w.simulation.pass(10 * S);
        stranger.await(40 * S, stranger::unsettled);
        stranger.master().member.onSwitchover(heir.name, outcome -> { });
        w.simulation.pass(20 * S);
        assertThat(stranger.master()).isSameAs(heir);
        w.await(120 * S, w::unsettled);
        stranger.await(60 * S, stranger::unsettled);
    }
}
