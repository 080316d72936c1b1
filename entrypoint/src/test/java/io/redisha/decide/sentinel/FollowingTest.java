package io.redisha.decide.sentinel;

import static io.redisha.decide.sentinel.Case.S;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import java.util.List;
import org.junit.jupiter.api.Test;

class FollowingTest {

    private final Case c = new Case();

    private static String heir(Step step) {
        return step instanceof Step.AskFailover ask ? ask.heir().id().pod() : step.toString();
    }

    // ---- no belief

    /** Where nothing survives a server, one that does not come up holds nothing. */
    @Test
    void isNotKeptFromBeginningAnewByAServerThatNeverComesUp() {
        Case c = new Case();
        c.newborn = true;
        c.me.emptied();
        c.others.get("r-1").emptied();
        c.others.get("r-2").running = false;
        c.troubled = c.now - 5 * Case.S;
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
        c.troubled = c.now - 11 * Case.S;
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
        c.newborn = false;
        assertThat(c.decide()).as("its disk may hold the data").isInstanceOf(Step.Wait.class);
    }

    @Test
    void waitsForAFailoverSinceItBeganAndNotSinceTheMasterWasLost() {
        Case c = new Case();
        c.me.restarted();
        c.views.set(0, Case.view(0, 0, 6, "failover_in_progress"));
        c.troubled = c.now - 20 * Case.S;
        c.changed = c.now - Case.S;
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
    }

    @Test
    void changesNothingWithoutAMajority() {
        c.belief = null;
        c.me.master();
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
        c.me.role = io.redisha.model.Role.REPLICA;
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
    }

    @Test
    void refusesAMasterThatIsNoPodOfTheRelease() {
        c.belief = new Belief(null, new Address("10.0.0.9", 6379), 7);
        assertThat(c.decide()).isEqualTo(new Step.Refuse(Reason.FOREIGN_MASTER, "10.0.0.9:6379"));
    }

    @Test
    void refusesToHaveAnotherReleasesDataWiped() {
        c.believes(1, 6);
        c.others.get("r-1").master();
        c.datasetId = "d";
        c.me.restarted().datasetId = "another";
        assertThat(c.decide()).isInstanceOf(Step.Refuse.class);
        c.me.empty = true;
        assertThat(c.decide()).as("nothing to lose").isInstanceOf(Step.Follow.class);
    }

    // ---- another pod is the master

    @Test
    void fencesAMasterOfThePastAtOnce() {
        c.believes(1, 6);
        c.me.master();
        c.served = true;
        assertThat(c.decide()).isEqualTo(new Step.Follow("r-1", new Address("ip1", 6379), true, Reason.SENTINELS_NAME_ANOTHER));
    }

    @Test
    void fencesAMasterOfThePastThoughTheSentinelThatLedNamesItYet() {
        c.believes(1, 6);
        c.me.master();
        c.served = true;
        c.views.set(0, Case.view(0, 0, 6, "failover_in_progress"));
        assertThat(c.decide()).as("the new one's last word is from before").isInstanceOfSatisfying(Step.Follow.class, f -> assertThat(f.fence()).isTrue());
    }

    @Test
    void followsByNameWhileNobodyKnowsTheAddress() {
        c.believes(1, 6);
        c.others.remove("r-1");
        c.me.restarted();
        assertThat(c.decide()).isEqualTo(new Step.Follow("r-1", new Address("r-1.h", 6379), false, Reason.LEADER_CHANGED));
    }

    @Test
    void leavesALinkByNameAloneAslongAsItIsUp() {
        c.believes(1, 6);
        c.others.get("r-1").master();
        c.me.master = new Address("r-1.h", 6379);
        assertThat(c.decide()).isEqualTo(Step.Hold.INSTANCE);
        c.me.linkUp = false;
        assertThat(c.decide()).isInstanceOf(Step.Follow.class);
    }

    @Test
    void waitsForTheOneToFollowToBePromoted() {
        c.believes(1, 6);
        assertThat(c.decide()).as("a replica yet").isEqualTo(Step.Hold.INSTANCE);
        c.others.get("r-1").running = false;
        assertThat(c.decide()).as("nobody knows what it is").isInstanceOf(Step.Follow.class);
        c.others.get("r-1").running = true;
        c.others.get("r-1").master();
        assertThat(c.decide()).isInstanceOf(Step.Follow.class);
    }

    @Test
    void takesNoteOfBeingDemotedByASentinel() {
        c.believes(1, 6);
        c.others.get("r-1").master();
        c.me.master = new Address("r-1.h", 6379);
        c.served = true;
        assertThat(c.decide()).isInstanceOf(Step.Follow.class);
    }

    @Test
    void ordersNothingThatALoadingServerWouldRefuse() {
        c.believes(1, 6);
        c.me.restarted().loading = true;
        assertThat(c.decide()).isEqualTo(Step.Hold.INSTANCE);
    }

    @Test
    void leavesAServerAloneThatASentinelIsPromoting() {
        c.believes(1, 6);
        c.others.get("r-1").master();
        c.me.master();
        c.roleSince = c.now - S / 2;
        c.views.set(0, Case.view(0, 1, 6, "failover_in_progress"));
        assertThat(c.decide()).isEqualTo(Step.Hold.INSTANCE);
        c.views.set(0, Case.view(0, 0, 7));
        assertThat(c.decide()).as("the leader names it already").isEqualTo(Step.Hold.INSTANCE);
    }

    @Test
    void fencesAServerThatNobodyButAClientHasPromoted() {
        c.believes(1, 6);
        c.others.get("r-1").master();
        c.me.master();
        c.roleSince = c.now - 3 * S;
        assertThat(c.decide()).isEqualTo(new Step.Follow("r-1", new Address("ip1", 6379), true, Reason.SENTINELS_NAME_ANOTHER));
    }

    @Test
    void servesBeforeAllSentinelsKnowIfTheOldMastersAgentSaysThatItIsNone() {
        c.believes(1, 6);
        c.me.master();
        c.roleSince = c.now - S / 2;
        c.views.set(0, Case.view(0, 1, 6, "failover_in_progress"));
        c.others.get("r-1").running = false;
        assertThat(c.decide()).isEqualTo(new Step.Serve(7));
        c.others.remove("r-1");
        assertThat(c.decide()).as("its agent says nothing").isEqualTo(Step.Hold.INSTANCE);
    }

    /** What the named one has last said may be from before it was promoted. */
    @Test
    void givesWayThoughTheNamedOneHasNotSaidThatItIsTheMaster() {
        c.believes(1, 6);
        c.views.set(0, Case.view(0, 1, 6, "failover_in_progress"));
        c.me.master();
        c.served = true;
        c.since = c.now;
        c.roleSince = c.now - 60 * S;
        assertThat(c.decide()).isEqualTo(new Step.Follow("r-1", new Address("ip1", 6379), true, Reason.SENTINELS_NAME_ANOTHER));
    }

    @Test
    void followsTheNewMasterBeforeAllSentinelsKnowIt() {
        c.believes(1, 6);
        c.views.set(0, Case.view(0, 1, 6, "failover_in_progress"));
        c.others.get("r-1").restarted();
        c.others.get("r-2").master().leads(7);
        c.me.master = new Address("ip1", 6379);
        assertThat(c.decide()).isEqualTo(new Step.Follow("r-2", new Address("ip2", 6379), false, Reason.LEADER_CHANGED));
    }

    // ---- this pod is the master

    @Test
    void servesAsTheMasterThatItIs() {
        c.me.master();
        assertThat(c.decide()).isEqualTo(new Step.Serve(5));
    }

    @Test
    void asksForAFailoverTheMomentItsServerDies() {
        c.me.running = false;
        c.me.restored = true;
        assertThat(heir(c.decide())).isEqualTo("r-1");
        assertThat(((Step.AskFailover) c.decide()).reason()).isEqualTo(Reason.SERVER_DIED);
    }

    @Test
    void asksForTheOneThatHasMost() {
        c.me.running = false;
        c.me.restored = true;
        c.others.get("r-2").offset = 120;
        assertThat(heir(c.decide())).isEqualTo("r-2");
    }

    @Test
    void neverWipesReplicasByAServerThatCameBackEmpty() {
        c.me.emptied();
        c.troubled = c.now - 60 * S;
        assertThat(heir(c.decide())).isEqualTo("r-1");
        c.others.get("r-1").syncing = true;
        c.others.get("r-2").loading = true;
        assertThat(c.decide()).as("their data is not known yet").isInstanceOf(Step.Wait.class);
    }

    /** Valkey 9.1 shows who asks a replica without a master for a copy as one that gets it. */
    @Test
    void asksForOneThatHoldsMoreAlsoWhileThatAsksForACopyInVain() {
        c.me.emptied();
        Case.Pod holds = c.others.get("r-2").restarted();
        holds.asksInVain = true;
        for (Address me : List.of(new Address("ip0", 6379), Case.REDIS.of("r-0"))) {
            holds.master = me;
            c.others.get("r-1").emptied();
            assertThat(heir(c.decide())).as("of " + me).isEqualTo("r-2");
        }
        holds.master = new Address("ip1", 6379);
        c.others.get("r-1").master();
        assertThat(c.decide()).as("it asks a master").isInstanceOf(Step.Wait.class);
    }

    /** Rule B2: it was cut off since, and what was written after the deletion is on this disk alone. */
    @Test
    void asksForNobodyWhoIsEmptyAndWhoseOffsetProvesThatItIsBehind() {
        c.me.restarted().offset = 1_000;
        c.others.get("r-1").empty = true;
        c.others.get("r-2").running = false;
        c.troubled = c.now - 60 * S;
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
        c.others.get("r-1").offset = 1_000;
        c.troubled = c.now - 5 * S;
        assertThat(heir(c.decide())).as("it has seen all that this disk has").isEqualTo("r-1");
    }

    /** Rule B2: another pod of the master's name has loaded a disk from before, and is asked for a copy in vain. */
    @Test
    void asksForOneThatHasSeenTheLastKeyDeletedInPlaceOfADiskThatHoldsItStill() {
        c.me.restarted().offset = 90;
        for (Case.Pod p : c.others.values()) {
            p.empty = true;
            p.linkUp = false;
            p.asksInVain = true;
        }
        assertThat(heir(c.decide())).isEqualTo("r-1");
        c.others.get("r-1").priority = 0;
        assertThat(heir(c.decide())).as("it was not in sync with the master of this epoch").isEqualTo("r-2");
        c.others.get("r-2").restored = true;
        assertThat(c.decide()).as("it may have lost what it had").isInstanceOf(Step.Promote.class);
    }

    @Test
    void isPromotedWithoutAKeyIfItHasSeenTheLastOneDeletedAndNobodyHoldsMore() {
        c.me.empty = true;
        c.others.get("r-1").restarted().offset = 90;
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
        c.others.get("r-2").offset = 110;
        assertThat(heir(c.decide())).isEqualTo("r-2");
    }

    @Test
    void isPromotedAlsoWhileItAsksForACopyInVain() {
        c.me.restarted().master = new Address("ip1", 6379);
        c.me.asksInVain = true;
        c.others.get("r-1").emptied();
        c.others.get("r-2").emptied();
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
    }

    @Test
    void asksForOneThatHoldsAPartOfTheDataWhenNobodyHasMore() {
        c.me.emptied();
        c.others.get("r-1").emptied();
        c.others.get("r-2").restarted().complete = false;
        c.troubled = c.now - 5 * S;
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
        c.troubled = c.now - 11 * S;
        assertThat(heir(c.decide())).isEqualTo("r-2");
        assertThat(((Step.AskFailover) c.decide()).reason()).isEqualTo(Reason.LAST_RESORT);
        c.others.get("r-1").loading = true;
        assertThat(c.decide()).as("another loads").isInstanceOf(Step.Wait.class);
        c.others.remove("r-1");
        assertThat(c.decide()).as("another is silent").isInstanceOf(Step.Wait.class);
    }

    /** Finding R1's kind: else nobody ever leads, who is empty because of it, and it because nobody knows whose it is. */
    @Test
    void asksForOneWhoseStateFileSaysNothingWhenNobodyElseHoldsAKey() {
        c.me.emptied();
        c.others.get("r-1").emptied();
        c.others.get("r-2").restarted().complete = false;
        c.datasetId = "d";
        c.others.get("r-2").datasetId = null;
        c.troubled = c.now - 11 * S;
        assertThat(heir(c.decide())).isEqualTo("r-2");
        c.others.get("r-2").datasetId = "another";
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
    }

    /** Rule B6: it would refuse, and be asked again for ever, though another holds what is left. */
    @Test
    void asksNobodyWhoseVolumeIsAnotherReleasesAsALastResort() {
        c.datasetId = "d";
        c.me.emptied();
        c.others.get("r-1").restarted().leads(9).datasetId = "another";
        c.others.get("r-1").complete = false;
        c.others.get("r-2").restarted().complete = false;
        c.troubled = c.now - 11 * S;
        assertThat(heir(c.decide())).isEqualTo("r-2");
        c.others.get("r-2").datasetId = null;
        assertThat(heir(c.decide())).as("its state file can't be read").isEqualTo("r-2");
        c.others.get("r-2").emptied();
        assertThat(c.decide()).as("a stranger's data is nobody's heritage").isNotInstanceOf(Step.AskFailover.class);
    }

    @Test
    void asksNobodyWhoseVolumeIsAnotherReleasesInPlaceOfItself() {
        c.datasetId = "d";
        c.me.emptied();
        c.others.get("r-1").restarted().leads(9).datasetId = "another";
        c.others.get("r-2").restarted();
        c.troubled = c.now - 11 * S;
        assertThat(heir(c.decide())).as("what is whole").isEqualTo("r-2");
        c.me.running = false;
        c.me.restored = true;
        assertThat(heir(c.decide())).as("of a server that does not come up").isEqualTo("r-2");
    }

    // ---- what its server can't load (rule D1)

    @Test
    void givesUpWhatItCanNotLoadOnlyForACopyOfAMasterOfTheSameDataThatIsHeard() {
        c.believes(1, 6);
        c.datasetId = "d";
        c.me.running = false;
        c.me.restored = true;
        assertThat(Following.mayBeginAnew(c.sight())).as("not promoted yet").isFalse();
        Case.Pod master = c.others.get("r-1").master();
        assertThat(Following.mayBeginAnew(c.sight())).isTrue();
        master.open = false;
        assertThat(Following.mayBeginAnew(c.sight())).as("by its own agent it is not the master").isFalse();
        master.open = true;
        master.datasetId = "another";
        assertThat(Following.mayBeginAnew(c.sight())).isFalse();
        master.datasetId = "d";
        c.me.datasetId = null;
        assertThat(Following.mayBeginAnew(c.sight())).as("nothing says whose it is").isFalse();
        c.me.datasetId = "d";
        c.views.set(0, Case.view(0, 2, 7));
        assertThat(Following.mayBeginAnew(c.sight())).as("the sentinels are making another the master").isFalse();
        c.believes(1, 6);
        c.others.remove("r-1");
        assertThat(Following.mayBeginAnew(c.sight())).as("it is not heard").isFalse();
        c.believes(0, 6);
        assertThat(Following.mayBeginAnew(c.sight())).as("it is the master itself, for the sentinels").isFalse();
        c.belief = null;
        assertThat(Following.mayBeginAnew(c.sight())).isFalse();
    }

    @Test
    void isNotPromotedEmptyWhileAPodThatMayHoldDataIsSilent() {
        c.me.emptied();
        c.others.get("r-1").emptied();
        c.others.remove("r-2");
        c.troubled = c.now - 60 * S;
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
        c.newborn = true;
        assertThat(c.decide()).as("it exists").isInstanceOf(Step.Wait.class);
        c.present.remove("r-2");
        assertThat(c.decide()).as("nobody else has ever had data").isInstanceOf(Step.Promote.class);
    }

    @Test
    void isPromotedEmptyWhenAllSayThatTheyHoldNothing() {
        c.me.emptied();
        c.others.values().forEach(Case.Pod::emptied);
        assertThat(c.decide()).isEqualTo(new Step.Promote(Reason.DATA_LOST));
        c.me.term = 0;
        assertThat(c.decide()).isEqualTo(new Step.Promote(Reason.BOOTSTRAP));
    }

    @Test
    void leadsAgainAfterAFullRestartBecauseItWasTheLastMaster() {
        c.me.restarted();
        c.others.values().forEach(Case.Pod::restarted);
        c.others.get("r-1").offset = 120;   // what a state file last said is a lower bound only
        assertThat(c.decide()).isEqualTo(new Step.Promote(Reason.SENTINELS_AGREE));
    }

    @Test
    void leavesItToOneThatWasMasterLaterThanTheSentinelsRemember() {
        c.me.restarted();
        c.others.values().forEach(Case.Pod::restarted);
        c.others.get("r-2").leads(6);
        assertThat(heir(c.decide())).isEqualTo("r-2");
    }

    @Test
    void leadsAgainWhenAClientHasMadeItAReplica() {
        assertThat(c.decide()).as("the others have what it has").isEqualTo(new Step.Promote(Reason.SENTINELS_AGREE));
        c.others.get("r-2").offset = 120;
        assertThat(heir(c.decide())).isEqualTo("r-2");
    }

    @Test
    void waitsForPodsThatMayHoldMoreButNotForEver() {
        c.me.restarted();
        c.others.get("r-1").restarted();
        c.others.remove("r-2");
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
        c.troubled = c.now - 10 * S;
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
    }

    @Test
    void prefersToAReplicaThatHasLaggedItsOwnDisk() {
        c.me.restarted().offset = 500;
        c.others.remove("r-1");
        c.others.get("r-2").priority = 0;   // its own agent says that it was not in sync
        c.troubled = c.now - 10 * S;
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
    }

    @Test
    void takesItsOwnDiskWhenNoSentinelCarriesOutTheFailover() {
        c.me.restarted();
        c.me.offset = 500;
        assertThat(c.decide()).isInstanceOf(Step.AskFailover.class);
        c.troubled = c.now - 11 * S;
        c.others.values().forEach(p -> p.priority = 0);
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
    }

    @Test
    void waitsWhileTheSentinelsAreMakingAnotherTheMaster() {
        c.me.restarted();
        c.views.set(1, Case.view(1, 0, 5, "failover_in_progress"));
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
    }

    @Test
    void doesNotActUponWhatIsOlderThanItsAppointment() {
        c.since = c.now - S / 10;
        assertThat(c.decide()).isEqualTo(Step.Hold.INSTANCE);
    }

    @Test
    void killsAMasterThatHangsAndLetsOneLoadOrStop() {
        c.me.master();
        c.hangsFor(11 * S);
        assertThat(c.decide()).isInstanceOf(Step.KillServer.class);
        c.me.loading = true;
        assertThat(c.decide()).isNotInstanceOf(Step.KillServer.class);
        c.me.loading = false;
        c.me.stopping = true;
        assertThat(c.decide()).isNotInstanceOf(Step.KillServer.class);
    }

    @Test
    void killsNoMasterThatIsOnlySilentAndNoReplica() {
        c.me.master().at = c.now - 600 * S;
        assertThat(c.decide()).isNotInstanceOf(Step.KillServer.class);
        c.me.role = Role.REPLICA;
        c.hangsFor(600 * S);
        assertThat(c.decide()).isNotInstanceOf(Step.KillServer.class);
    }

    // ---- of the office

    private Step rescue() {
        return Following.rescue(c.sight());
    }

    private void fullRestartWithoutTheMaster() {
        c.believes(1, 6);
        for (int i = 0; i < 3; i++) {
            c.views.set(i, Case.view(i, 1, 6, "s_down"));
        }
        c.others.remove("r-1");
        c.me.restarted();
        c.others.get("r-2").restarted();
        c.silence = 10 * S;
    }

    @Test
    void leavesFailoversToTheSentinelsWhereTheyCan() {
        fullRestartWithoutTheMaster();
        c.others.get("r-2").priority = 100;
        assertThat(rescue()).isNull();
        c.others.get("r-2").restored = false;
        c.others.get("r-2").empty = true;
        assertThat(rescue()).as("it has seen the last key deleted").isNull();
    }

    @Test
    void hasTheBestOfTheRestTakeOverFromAMasterThatDoesNotComeBack() {
        fullRestartWithoutTheMaster();
        c.others.get("r-2").leads(6);
        assertThat(heir(rescue())).isEqualTo("r-2");
        c.silence = 9 * S;
        assertThat(rescue()).as("it may come back").isNull();
    }

    @Test
    void doesNotTakeTheWordOfOneAgentForThatOfTheSentinels() {
        fullRestartWithoutTheMaster();
        c.views.set(0, Case.view(0, 1, 6));
        c.views.set(1, Case.view(1, 1, 6));
        assertThat(rescue()).isNull();
    }

    /** All have crashed a moment after the first write, of which the Lease does not tell yet, and the server that has it is busy by now. */
    @Test
    void neverHasAnEmptyOneTakeOverFromOneThatHasSaidThatItHoldsData() {
        fullRestartWithoutTheMaster();
        c.newborn = true;
        c.me.emptied();
        c.others.get("r-2").emptied();
        c.others.put("r-1", c.new Pod(1).restarted());
        c.others.get("r-1").silent = true;
        assertThat(rescue()).isInstanceOf(Step.Wait.class);
        c.others.get("r-1").empty = true;
        assertThat(heir(rescue())).isEqualTo("r-0");
    }

    @Test
    void isNotPromotedEmptyWhileOneThatHasSaidThatItHoldsDataIsSilent() {
        c.newborn = true;
        c.me.emptied();
        c.others.get("r-1").emptied();
        c.others.get("r-2").restarted().silent = true;
        c.troubled = c.now - 11 * S;
        assertThat(c.decide()).isInstanceOf(Step.Wait.class);
        c.others.get("r-2").empty = true;
        assertThat(c.decide()).isInstanceOf(Step.Promote.class);
    }

    @Test
    void neverHasAnEmptyOneTakeOverFromOneThatHeldData() {
        fullRestartWithoutTheMaster();
        c.me.emptied();
        c.others.get("r-2").emptied();
        assertThat(rescue()).isInstanceOf(Step.Wait.class);
    }
}
