package io.redisha.decide;

import static io.redisha.decide.Scene.MS;
import static io.redisha.decide.Scene.NOW;
import static io.redisha.decide.Scene.S;
import static io.redisha.decide.Scene.TERM;
import static io.redisha.decide.Scene.TIMINGS;
import static io.redisha.decide.Scene.ids;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Decision.CallBallot;
import io.redisha.decide.Decision.Fence;
import io.redisha.decide.Decision.Follow;
import io.redisha.decide.Decision.HandOver;
import io.redisha.decide.Decision.Hold;
import io.redisha.decide.Decision.KillServer;
import io.redisha.decide.Decision.LimitWrites;
import io.redisha.decide.Decision.Open;
import io.redisha.decide.Decision.ReadLease;
import io.redisha.decide.Decision.Refuse;
import io.redisha.decide.Decision.Release;
import io.redisha.decide.Decision.Renew;
import io.redisha.decide.Decision.Take;
import io.redisha.decide.Decision.Wait;
import io.redisha.decide.Decision.Yield;
import io.redisha.decide.Scene.Pod;
import io.redisha.decide.Tenure.Phase;
import io.redisha.model.Address;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseRecord.Taker;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Misconf;
import io.redisha.model.Mode;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** What r-0 does, by what it sees. */
class FailoverTest {

    private static void holds(Scene s) {
        assertThat(s.decide()).isEqualTo(Hold.INSTANCE);
    }

    private static void waits(Scene s, Reason reason) {
        assertThat(s.decide()).isInstanceOfSatisfying(Wait.class, wait -> assertThat(wait.reason()).isEqualTo(reason));
    }

    private static LeaseRecord takes(Scene s, Reason reason) {
        Decision decision = s.decide();
        assertThat(decision).isInstanceOf(Take.class);
        Take take = (Take) decision;
        assertThat(take.reason()).isEqualTo(reason);
        assertThat(take.version()).as("conditional on what was read").isEqualTo(s.absentLease == null ? "77" : null);
        assertThat(take.next().holder()).isEqualTo(s.me.identity());
        assertThat(take.next().term()).as("later than the last").isGreaterThan(s.absentLease == null ? s.lease.term : 0);
        return take.next();
    }

    private static LeaseRecord releases(Scene s, Reason reason) {
        Decision decision = s.decide();
        assertThat(decision).isInstanceOf(Release.class);
        Release release = (Release) decision;
        assertThat(release.reason()).isEqualTo(reason);
        assertThat(release.version()).isEqualTo("77");
        assertThat(release.next().holder()).isNull();
        assertThat(release.next().term()).as("the term is not given back").isEqualTo(s.lease.term);
        return release.next();
    }

    private static void fences(Scene s, Reason reason) {
        assertThat(s.decide()).isEqualTo(new Fence(reason));
    }

    private static LeaseRecord renews(Scene s) {
        Decision decision = s.decide();
        assertThat(decision).isInstanceOf(Renew.class);
        return ((Renew) decision).next();
    }

    private static void yieldsTo(Scene s, int ordinal) {
        assertThat(s.decide()).isInstanceOfSatisfying(Yield.class, yield -> assertThat(yield.better().id().ordinal()).isEqualTo(ordinal));
    }

    // ---- following (V1, L3, B6)

    @Test
    void keepsFollowingWhileTheHolderRenews() {
        holds(Scene.following());
    }

    @Test
    void isNoCandidateWhileItsPromiseHoldsHoweverOldTheLeaseLooks() {
        Scene s = Scene.following();
        s.unchangedFor = 100 * S;
        s.present = List.of(new Pod(1).view(true, Set.of()));
        holds(s);
    }

    @Test
    void followsANewLeaderOnceItAcceptsWrites() {
        Scene s = Scene.following();
        s.leader = new Heartbeat(new Pod(2).identity(), Pod.address(2), TERM + 1, 1, false, "set", null, true);
        holds(s);
        s.leader = new Heartbeat(new Pod(2).identity(), Pod.address(2), TERM + 1, 2, true, "set", null, true);
        assertThat(s.decide()).isEqualTo(new Follow(Pod.address(2), Reason.LEADER_CHANGED));
    }

    @Test
    void joinsAsAReplicaWhateverIsOnDiskWhenALeaderIsHeard() {
        Scene s = Scene.following();
        s.me.fromDisk(TERM - 1, 99_999).master = Address.DEAD;
        assertThat(s.decide()).isEqualTo(new Follow(Pod.address(1), Reason.LEADER_CHANGED));
    }

    @Test
    void leavesALoadingServerAlone() {
        Scene s = Scene.following();
        s.me.loading = true;
        s.me.master = Address.DEAD;
        holds(s);
    }

    /** Rule L3. */
    @Test
    void refusesToLeadByALeaseThatCannotBeUsed() {
        Scene s = Scene.released();
        s.unusableLease = "the term is too high";
        assertThat(s.decide()).isEqualTo(new Refuse(Reason.LEASE_UNUSABLE, "the term is too high"));
        s.me.stopping = true;
        holds(s);
    }

    /** Rule B5: it has data, and its state file could not be read, or not be believed. */
    private static void forgets(Pod pod) {
        pod.term = 0;
        pod.replid = "";
        pod.offset = 0;
        pod.complete = false;
        pod.restored = true;
    }

    @Test
    void aPodWhoseStateFileIsUnreadableLeadsOverNobodyWhoKnowsWhatItHas() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 900));
        forgets(s.me);
        for (long spell : new long[] {NOW - S, NOW - 3600 * S}) {
            s.spell = spell;
            assertThat(s.decide()).isEqualTo(new Wait(Reason.NO_CANDIDATE, "this member is not fit to lead: it has only a part of the data"));
        }
        s.absentLease = new LeaseView.Absent(true);
        s.unchangedFor = 3600 * S;
        assertThat(s.decide()).as("without a Lease").isInstanceOf(Yield.class);
    }

    @Test
    void aPodThatKnowsWhatItHasLeadsOverOneWhoseStateFileIsUnreadable() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 900));
        forgets(s.sibling(1));
        forgets(s.sibling(2));
        s.spell = NOW - 3600 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** The way out of a release that has led by a Lease which was edited, before its version knew of that. */
    @Test
    void wherePodsOnlyHaveStateFilesThatNobodyBelievesOneOfThemLeads() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 900));
        forgets(s.me);
        forgets(s.sibling(1));
        forgets(s.sibling(2));
        s.spell = NOW - 3600 * S;
        takes(s, Reason.LAST_RESORT);
    }

    @Test
    void neitherJoinsNorWipesDataOfAnotherRelease() {
        Scene s = Scene.following();
        s.me.dataset = "other";
        s.me.master = Address.DEAD;
        assertThat(s.decide()).isInstanceOfSatisfying(Refuse.class, refuse -> assertThat(refuse.reason()).isEqualTo(Reason.FOREIGN_DATA));
        s.me.empty = true;
        assertThat(s.decide()).as("an empty volume is nobody's").isInstanceOf(Follow.class);
    }

    @Test
    void doesNotLeadWithDataOfAnotherRelease() {
        Scene s = Scene.released();
        s.me.dataset = "other";
        assertThat(s.decide()).isInstanceOf(Refuse.class);
    }

    @Test
    void anUnexpectedMasterIsFencedWhetherOrNotALeaderIsHeard() {
        for (Scene s : List.of(Scene.following(), Scene.leaderSilent(), Scene.released(), Scene.firstStart())) {
            s.me.role = Role.MASTER;
            s.me.master = null;
            if (s.leader != null) {
                s.leader = new Heartbeat(s.leader.leader(), s.leader.redis(), TERM, 8, false, "set", null, true);
            }
            fences(s, Reason.UNEXPECTED_MASTER);
        }
    }

    @Test
    void aMasterThatHangsForTwoSecondsIsKilled() {
        Scene s = Scene.leading();
        s.hangsFor(2 * S);
        assertThat(s.decide()).isNotInstanceOf(KillServer.class);
        s.hangsFor(2 * S + 1);
        assertThat(s.decide()).isEqualTo(new KillServer(Reason.SERVER_SILENT));
    }

    /** Finding R2. */
    @Test
    void aMasterThatItsDiskHoldsUpIsKilledAfterServerTimeoutIfAnotherCouldLead() {
        Scene s = Scene.leading();
        s.heldUpFor(TIMINGS.serverTimeout());
        assertThat(s.decide()).isNotInstanceOf(KillServer.class);
        s.heldUpFor(TIMINGS.serverTimeout() + 1);
        assertThat(s.decide()).isEqualTo(new KillServer(Reason.SERVER_SILENT));
        s.siblings.forEach(p -> p.linkUp = false);
        assertThat(s.decide()).as("they have lost their links to it by now").isEqualTo(new KillServer(Reason.SERVER_SILENT));
        s.lease.inSync = List.of("r-0");
        s.heldUpFor(600 * S);
        assertThat(s.decide()).as("nobody was in sync: it would end the only copy in memory").isNotInstanceOf(KillServer.class);
    }

    /** Rule L7. */
    @Test
    void aMasterThatItsDiskHoldsUpIsGivenTwiceTheTimeForEachThatWasKilledBeforeIt() {
        for (int kills = 1; kills < 10; kills++) {
            Scene s = Scene.leading();
            long patience = Math.min(60 * S, TIMINGS.serverTimeout() << kills);
            s.heldUpFor(patience);
            s.stillness = s.stillness.learns(kills, NOW - S);
            assertThat(s.decide()).as("%d kills", kills).isNotInstanceOf(KillServer.class);
            s.heldUpFor(patience + 1);
            s.stillness = s.stillness.learns(kills, NOW - S);
            assertThat(s.decide()).as("%d kills", kills).isEqualTo(new KillServer(Reason.SERVER_SILENT));
        }
    }

    @Test
    void aMasterThatItsDiskHoldsUpIsNotKilledIfNobodyMayTakeTheLease() {
        Scene s = Scene.leading();
        s.heldUpFor(600 * S);
        s.writing = true;
        assertThat(s.decide()).as("the API server does not answer").isNotInstanceOf(KillServer.class);
        s.writing = false;
        s.strict = true;
        assertThat(s.decide()).as("strict, and two of three can tell").isEqualTo(new KillServer(Reason.SERVER_SILENT));
        s.sibling(2).running = false;
        assertThat(s.decide()).as("strict, and one could not tell that it lacks nothing").isNotInstanceOf(KillServer.class);
    }

    /** Else a pod that is deleted because its disk hangs keeps the Lease for as long as its grace lasts. */
    @Test
    void aStoppingMasterThatItsDiskHoldsUpIsKilledAfterServerTimeoutToo() {
        Scene s = Scene.leading();
        s.me.stopping = true;
        s.heldUpFor(TIMINGS.serverTimeout());
        assertThat(s.decide()).isNotInstanceOf(KillServer.class);
        s.heldUpFor(TIMINGS.serverTimeout() + 1);
        assertThat(s.decide()).isEqualTo(new KillServer(Reason.SERVER_SILENT));
    }

    /** Else nobody would lead in its place before its disk is back. */
    @Test
    void whoWasInSyncWithAServerBeforeItFellSilentIsSoStill() {
        Scene s = Scene.leading();
        s.lease.inSync = List.of("r-0", "r-1", "r-2");
        s.siblings.forEach(p -> p.linkUp = false);
        s.attempted = NOW - TIMINGS.renew();
        s.heldUpFor(501 * MS);
        assertThat(renews(s).inSync()).containsExactly("r-0", "r-1", "r-2");
        s.heldUpFor(500 * MS);
        assertThat(renews(s).inSync()).containsExactly("r-0");
    }

    @Test
    void aMasterThatIsOnlySilentIsNot() {
        Scene s = Scene.leading();
        s.serverAt = NOW - 600 * S;
        assertThat(s.decide()).isNotInstanceOf(KillServer.class);
    }

    @Test
    void noOtherServerIsKilledForHanging() {
        Scene stopping = Scene.leading();
        stopping.me.stopping = true;
        stopping.lease.inSync = List.of("r-0");
        for (Scene s : List.of(Scene.following(), Scene.leaderSilent(), Scene.elected(), stopping)) {
            s.hangsFor(600 * S);
            assertThat(s.decide()).isNotInstanceOf(KillServer.class);
        }
    }

    // ---- the ways to the Lease (L1, L8, L9, V6, V7)

    @Test
    void readsTheLeaseBeforeAnythingElse() {
        Scene s = Scene.leaderSilent();
        s.leaseUnread = true;
        assertThat(s.decide()).isInstanceOf(ReadLease.class);
    }

    @Test
    void doesNothingWhileAWriteOfTheLeaseIsNotAnswered() {
        Scene s = Scene.released();
        s.writing = true;
        holds(s);
    }

    @Test
    void promotesTheMostAdvancedReplicaWhenTheLeaseIsFree() {
        Scene s = Scene.released();
        s.me.offset++;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void aReleasedLeaseIsTakenAtOnceWhateverWasPromised() {
        Scene s = Scene.released();
        s.promise = new Promise(NOW + S, TERM, 0);
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void theTargetOfAHandoverTakesTheLeaseWithoutAsking() {
        Scene s = Scene.released();
        s.lease.preferred = "r-0";
        s.siblings.clear();
        s.spell = NOW;
        s.serverAt = NOW;
        takes(s, Reason.HANDED_OVER);
    }

    @Test
    void theOthersLeaveTheTargetOfAHandoverTheFirstGoForOneRenewInterval() {
        Scene s = Scene.released();
        s.lease.preferred = "r-2";
        s.spell = NOW - TIMINGS.renew() + 1;
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - TIMINGS.renew();
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void aNewRunOfTheHoldersContainerReleasesItsPredecessorsLeaseAtOnce() {
        Scene s = Scene.leaderSilent();
        s.lease.holder = new Identity("r-0", "u0", "an earlier run");
        s.promise = Promise.atStart(NOW, TIMINGS.promise(), 0);
        releases(s, Reason.PREDECESSOR_DIED);
    }

    @Test
    void aNewPodOfTheHoldersNameReleasesNothing() {
        Scene s = Scene.leaderSilent();
        s.lease.holder = new Identity("r-0", "force-deleted", "may still run");
        s.lease.mode = Mode.API;
        waits(s, Reason.LEASE_EXPIRED);
    }

    @Test
    void aHolderWhoseContainerIsTerminatedIsReplacedAtOnce() {
        Scene s = Scene.leaderSilent();
        s.promise = new Promise(NOW + S, TERM, 0);
        s.present = List.of(new Pod(1).view(false, Set.of("i1")));
        takes(s, Reason.LEADER_TERMINATED);
    }

    @Test
    void aMissingPodOrTheDeathOfAnotherRunIsNoProofOfDeath() {
        Pod recreated = new Pod(1);
        recreated.uid = "recreated";
        List<List<PodView>> noProof = List.of(List.of(), List.of(new Pod(1).view(true, Set.of())), List.of(new Pod(1).view(false, Set.of("i0"))),
                List.of(recreated.view(false, Set.of("i1"))));
        for (List<PodView> present : noProof) {
            Scene s = Scene.leaderSilent();
            s.lease.mode = Mode.API;
            s.present = present;
            waits(s, Reason.LEASE_EXPIRED);
        }
    }

    @Test
    void aMemberThatHasJustStartedCallsNoBallotAndTakesNoExpiredLease() {
        Scene s = Scene.leaderSilent();
        s.promise = Promise.atStart(NOW - TIMINGS.promise() + 1, TIMINGS.promise(), 0);
        s.unchangedFor = 100 * S;
        waits(s, Reason.LEASE_EXPIRED);
    }

    @Test
    void aLeaseSeenUnchangedForItsWholeDurationIsTakenWithoutVotes() {
        for (Mode mode : Mode.values()) {
            Scene s = Scene.leaderSilent();
            s.lease.mode = mode;
            s.unchangedFor = TIMINGS.lease() - 1;
            assertThat(s.decide()).isNotInstanceOf(Take.class);
            s.unchangedFor = TIMINGS.lease();
            takes(s, Reason.LEASE_EXPIRED);
        }
    }

    /** Finding R8: the member of its name may still run, and lead as long as the others acknowledge it. */
    @Test
    void aPodThatOnlyHasAMembersNameTakesAnExpiredLeaseWithTheVoteOfAMember() {
        for (Mode mode : Mode.values()) {
            Scene s = Scene.leaderSilent();
            s.lease.mode = mode;
            s.me.uid = "another";
            s.unchangedFor = 100 * S;
            assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 1));
            s.ballot = TERM + 1;
            s.votes.add(new MemberId("r-2", "another"));
            assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 1));
            s.votes.add(s.sibling(2).id());
            assertThat(takes(s, Reason.LEASE_EXPIRED).counts(s.me.id())).isTrue();
        }
    }

    @Test
    void aPodThatOnlyHasAMembersNameWaitsForAMemberAsLongAsThereIsOne() {
        Scene s = Scene.leaderSilent();
        s.me.uid = "another";
        s.sibling(2).uid = "another";
        s.unchangedFor = 100 * S;
        waits(s, Reason.LEASE_EXPIRED);
        s.present = List.of(s.me.view(false, Set.of()), new Pod(1).view(false, Set.of()), s.sibling(2).view(false, Set.of()));
        waits(s, Reason.LEASE_EXPIRED);
    }

    @Test
    void aPodThatOnlyHasAMembersNameTakesAReleasedLeaseWithTheVoteOfAMemberOrWhenNoneIsLeft() {
        Scene s = Scene.released();
        s.me.uid = "another";
        assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 1));
        s.ballot = TERM + 1;
        s.votes.add(s.sibling(2).id());
        takes(s, Reason.LEASE_RELEASED);
        s.votes.clear();
        s.sibling(2).uid = "another";
        waits(s, Reason.LEASE_RELEASED);
        s.present = List.of(s.me.view(false, Set.of()), new Pod(1).view(true, Set.of()), s.sibling(2).view(false, Set.of()));
        takes(s, Reason.LEASE_RELEASED);
        s.present = null;
        s.spell = NOW - TIMINGS.lastHolderWait();
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void whoeverHasTheNameOfAMemberTakesTheLeaseAfterAllMembersWereDeletedByForce() {
        Scene s = Scene.leaderSilent();
        s.me.uid = "another";
        s.sibling(2).uid = "another";
        s.present = List.of(s.me.view(false, Set.of()), s.sibling(2).view(false, Set.of()));
        s.unchangedFor = TIMINGS.lease() + TIMINGS.promise() - 1;
        waits(s, Reason.LEASE_EXPIRED);
        s.unchangedFor = TIMINGS.lease() + TIMINGS.promise();
        takes(s, Reason.MEMBERS_REPLACED);
    }

    /** It answered, and was deleted then: nobody will ever vote. */
    @Test
    void aPodThatOnlyHasAMembersNameWaitsForNoVoteOfAMemberThatIsGoneByNow() {
        Scene s = Scene.released();
        s.me.uid = "another";
        s.present = List.of(s.me.view(false, Set.of()), s.sibling(2).view(false, Set.of()));
        assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 1));
        s.present = List.of(s.me.view(false, Set.of()));
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void theOnlyMemberThatCanVoteIsAskedForATermThatItCanVoteFor() {
        Scene s = Scene.leaderSilent();
        s.me.uid = "another";
        s.unchangedFor = 100 * S;
        s.sibling(2).heard = TERM + 5;
        assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 6));
    }

    @Test
    void aPodInWhosePlaceThereIsAnotherOneNeverLeads() {
        Pod next = new Pod(0);
        next.uid = "another";
        Scene s = Scene.leaderSilent();
        s.present = List.of(next.view(false, Set.of()), new Pod(1).view(false, Set.of("i1")), s.sibling(2).view(false, Set.of()));
        waits(s, Reason.NO_CANDIDATE);
        s.absentLease = new LeaseView.Absent(true);
        s.unchangedFor = 100 * S;
        waits(s, Reason.NO_CANDIDATE);
        s.present = List.of(s.me.view(false, Set.of()), new Pod(1).view(false, Set.of("i1")), s.sibling(2).view(false, Set.of()));
        s.absentLease = null;
        takes(s, Reason.LEADER_TERMINATED);
    }

    @Test
    void collectsVotesForTheNextTermWhenTheLeaderIsSilent() {
        assertThat(Scene.leaderSilent().decide()).isEqualTo(new CallBallot(TERM + 1));
    }

    @Test
    void takesTheLeaseWithTheVotesOfAQuorumItsOwnIncluded() {
        Scene s = Scene.leaderSilent();
        s.ballot = TERM + 1;
        s.votes.addAll(ids(2));
        LeaseRecord next = takes(s, Reason.MEMBERS_VOTED);
        assertThat(next.term()).isEqualTo(TERM + 1);
        assertThat(next.mode()).isEqualTo(Mode.MEMBERS);
        assertThat(next.members()).isEqualTo(s.lease.members);
    }

    @Test
    void itsOwnVoteAStrangersOrOneForAnotherTermMakesNoQuorum() {
        Scene s = Scene.leaderSilent();
        s.ballot = TERM + 1;
        s.votes.addAll(ids(0, 7));
        assertThat(s.decide()).isInstanceOf(CallBallot.class);
        s.votes.addAll(ids(2));
        s.ballot = TERM;
        assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 1));
    }

    @Test
    void twoOfFiveVotesAreNoQuorum() {
        Scene s = Scene.leaderSilent();
        s.lease.members = ids(0, 1, 2, 3, 4);
        s.ballot = TERM + 1;
        s.votes.addAll(ids(2));
        assertThat(s.decide()).isInstanceOf(CallBallot.class);
        s.votes.addAll(ids(3));
        takes(s, Reason.MEMBERS_VOTED);
    }

    @Test
    void theBallotIsForNoTermBelowOneItVotedForOrHeardOf() {
        Scene s = Scene.leaderSilent();
        s.promise = new Promise(NOW, TERM, TERM + 3);
        assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 3));
        s.sibling(2).heard = TERM + 5;
        assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 5));
        s.promise = new Promise(NOW, TERM, TERM + 6);
        assertThat(s.decide()).isEqualTo(new CallBallot(TERM + 6));
    }

    @Test
    void inModeApiVotesAreWorthNothing() {
        Scene s = Scene.leaderSilent();
        s.lease.mode = Mode.API;
        s.ballot = TERM + 1;
        s.votes.addAll(ids(1, 2));
        waits(s, Reason.LEASE_EXPIRED);
    }

    @Test
    void aPodThatIsNotAMemberIsNeverPromoted() {
        Scene s = Scene.released();
        s.lease.members = ids(1, 2);
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aRecreatedPodHasNoVoteUntilTheLeaderAdmitsIt() {
        Scene s = Scene.leaderSilent();
        s.me.uid = "recreated";
        waits(s, Reason.LEASE_EXPIRED);
    }

    @Test
    void aNewLeaderGetsAsLongToBeHeardOfAsOneThatFellSilent() {
        Scene s = Scene.leaderSilent();
        s.promise = new Promise(NOW, TERM - 1, 0);
        s.heldFor = TIMINGS.promise() - 1;
        waits(s, Reason.LEASE_EXPIRED);
        s.heldFor = TIMINGS.promise();
        assertThat(s.decide()).isInstanceOf(CallBallot.class);
    }

    @Test
    void theNewTermIsAboveEveryTermThatAnybodyHasHeardOf() {
        Scene s = Scene.released();
        s.sibling(2).heard = TERM + 5;
        assertThat(takes(s, Reason.LEASE_RELEASED).term()).isEqualTo(TERM + 6);
    }

    @Test
    void takesInModeApiWhenTooFewMembersAnswer() {
        Scene s = Scene.leaderSilent();
        s.drop(2);
        s.unchangedFor = TIMINGS.lease();
        assertThat(takes(s, Reason.LEASE_EXPIRED).mode()).isEqualTo(Mode.API);
    }

    /** Rule L3: it has heard of a later leader, which may not have read this one yet. */
    @Test
    void aLeaseFromABackupIsTakenOnlyWhenNobodyHasWrittenItForAWholeDuration() {
        List<Consumer<Scene>> soon = List.of(s -> s.lease.holder = null, s -> s.lease.holder = s.me.identity(), s -> s.lease.holder = new Identity("r-0", "u0", "before"),
                s -> s.lease.preferred = "r-0");
        soon.forEach(way -> {
            Scene s = Scene.released();
            way.accept(s);
            s.siblings.add(new Pod(1));
            s.promise = new Promise(NOW, TERM + 2, 0);
            s.unchangedFor = TIMINGS.lease() - 1;
            waits(s, Reason.LEASE_EXPIRED);
            s.unchangedFor = TIMINGS.lease();
            assertThat(takes(s, Reason.LEASE_EXPIRED).term()).isEqualTo(TERM + 3);
        });
    }

    /** Rule L3: it was down when the others had another leader, and would take from them what they wait for. */
    @Test
    void aLeaseFromABackupIsOneAlsoForWhoeverOnlyHearsOfALaterLeaderFromTheOthers() {
        Scene s = Scene.released();
        s.me.fromDisk(TERM, 1000);
        s.siblings.add(new Pod(1));
        s.siblings.forEach(p -> p.term = TERM + 1);
        s.siblings.forEach(p -> p.offset = 2000);
        s.lease.holder = new Identity("r-0", "u0", "before");
        waits(s, Reason.LEASE_EXPIRED);
        s.lease.holder = null;
        s.lease.preferred = "r-0";
        waits(s, Reason.LEASE_EXPIRED);
        s.unchangedFor = TIMINGS.lease();
        assertThat(s.decide()).as("theirs is newer").isInstanceOf(Yield.class);
    }

    /** Rules L3, B4: after a restart of all their state files are of one term, and it would come before them as the last holder. */
    @Test
    void aLeaseFromABackupSaysNothingOfWhoLedLast() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM + 2, 2000));
        s.sibling(2).fromDisk(TERM + 2, 2000);
        s.me.fromDisk(TERM + 2, 1000);
        s.promise = new Promise(NOW, TERM + 2, 0);
        s.lease.lastHolder = "r-0";
        s.lease.takers = List.of(new Taker("r-0", TERM));
        s.unchangedFor = TIMINGS.lease();
        assertThat(s.decide()).isInstanceOf(Yield.class);
    }

    @Test
    void aLeaseFromABackupHasAnybodyWaitedForWhoMayHaveLedSince() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM + 2, 2000));
        s.siblings.forEach(p -> p.fromDisk(TERM + 2, 2000));
        s.siblings.forEach(p -> p.loading = true);
        s.unchangedFor = TIMINGS.lease();
        s.spell = NOW - 60 * S;
        assertThat(((Wait) s.decide()).detail()).isEqualTo("waiting for r-1, which loads its data");
        s.drop(2);
        s.sibling(1).running = false;
        s.sibling(1).loading = false;
        s.promise = new Promise(NOW, TERM + 2, 0);
        s.spell = NOW - 9 * S;
        assertThat(((Wait) s.decide()).detail()).startsWith("waiting for the data of r-");
        s.spell = NOW - 10 * S;
        takes(s, Reason.LEASE_EXPIRED);
    }

    /** Rules L3, C5: else the word that it asks for would be believed as little as the rest of that Lease. */
    @Test
    void strictSaysHowALeaseFromABackupIsToBeBelievedAgain() {
        Scene s = Scene.fullRestart();
        s.strict = true;
        s.promise = new Promise(NOW, TERM + 2, 0);
        s.unchangedFor = TIMINGS.lease();
        s.spell = NOW - 3600 * S;
        assertThat(((Wait) s.decide()).detail()).contains("kubectl patch lease r --type merge -p '{\"spec\":{\"leaseTransitions\":6},"
                + "\"metadata\":{\"annotations\":{\"redis-ha/last-holder\":\"POD\",\"redis-ha/takers\":null,\"redis-ha/preferred\":null}}}' has POD lead");
    }

    /** Finding of a review: of two commands, one after the other, the first had the backup's last leader lead, without all that was confirmed since. */
    @Test
    void strictLeavesALeaseFromABackupToWhomAPersonNamesAndNotToWhomTheBackupNames() {
        Scene s = Scene.fullRestart();
        s.strict = true;
        s.lease.lastHolder = "r-0";
        s.sibling(2).fromDisk(TERM + 2, 2000);
        s.sibling(2).heard = TERM + 2;
        s.sibling(2).replid = "B";
        s.unchangedFor = TIMINGS.lease();
        s.spell = NOW - 3600 * S;
        assertThat(((Wait) s.decide()).detail()).contains("\"leaseTransitions\":6},").contains("\"redis-ha/last-holder\":\"POD\"");
        s.lease.term = TERM + 2;
        s.lease.lastHolder = "r-2";
        assertThat(((Wait) s.decide()).detail()).contains("leaves it to r-2");
    }

    @Test
    void whoIsToLeadNextHasItsTimeFromWhenItIsSeenThatTheLastLeaderLetGo() {
        Scene s = Scene.released();
        s.lease.preferred = "r-1";
        s.spell = NOW - 20 * S;
        s.heldFor = TIMINGS.renew() - 1;
        waits(s, Reason.NO_CANDIDATE);
        s.heldFor = TIMINGS.renew();
        takes(s, Reason.LEASE_RELEASED);
    }

    /** Rules L3, B6: what it named then may have been declared lost since. */
    @Test
    void dataOfALaterTermThanALeaseFromABackupIsTheReleasesUnlessItComesFromADisk() {
        Scene s = Scene.released();
        s.siblings.add(new Pod(1));
        s.promise = new Promise(NOW, TERM + 2, 0);
        s.unchangedFor = TIMINGS.lease();
        s.siblings.forEach(p -> p.dataset = "later");
        s.siblings.forEach(p -> p.term = TERM + 2);
        s.me.dataset = "later";
        s.me.term = TERM + 2;
        assertThat(takes(s, Reason.LEASE_EXPIRED).datasetId()).isEqualTo("later");
        s.me.restored = true;
        assertThat(s.decide()).isInstanceOf(Decision.Refuse.class);
    }

    @Test
    void aPodThatIsStoppingTakesNothingAndLetsGoOfWhatItHas() {
        Scene s = Scene.released();
        s.me.stopping = true;
        holds(s);
        s.lease.holder = s.me.identity();
        releases(s, Reason.POD_STOPS);
    }

    // ---- who it should be (B2, B3, B4, C1-C5)

    @Test
    void asksItsSiblingsForHalfASecondBeforeItDecidesWithoutThem() {
        Scene s = Scene.released();
        s.spell = NOW - 500 * MS + 1;
        waits(s, Reason.LEASE_IS_OURS);
        s.spell = NOW - 500 * MS;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void decidesAtOnceWhenEverybodyHasAnswered() {
        Scene s = Scene.released();
        s.siblings.add(new Pod(1));
        s.spell = NOW - 50 * MS;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void itsOwnOffsetMustBeFromAfterTheLeaderWasLost() {
        Scene s = Scene.released();
        s.serverAt = s.spell - 1;
        waits(s, Reason.LEASE_IS_OURS);
    }

    @Test
    void stepsBackOneRenewIntervalForABetterCandidateAndNoLonger() {
        Scene s = Scene.released();
        s.sibling(2).offset++;
        yieldsTo(s, 2);
        s.yielded = NOW - TIMINGS.renew() + 1;
        yieldsTo(s, 2);
        s.yielded = NOW - TIMINGS.renew();
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void stepsBackForTheNextBestWhenTheBestDoesNotCome() {
        Scene s = Scene.released();
        s.siblings.add(new Pod(1));
        s.sibling(1).offset = s.me.offset + 2;
        s.sibling(2).offset = s.me.offset + 1;
        yieldsTo(s, 1);
        s.waitedFor = Set.of("r-1");
        s.yielded = NOW - TIMINGS.renew();
        yieldsTo(s, 2);
        s.waitedFor = null;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** After a full restart: its disk may be the only one with the newest writes, and it may only be slow to read the Lease. */
    @Test
    void stepsBackForABetterDiskForAsLongAsForTheLastHolders() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 10));
        s.yielded = NOW - TIMINGS.lastHolderWait() + 1;
        yieldsTo(s, 1);
        s.yielded = NOW - TIMINGS.lastHolderWait();
        takes(s, Reason.LEASE_RELEASED);
    }

    /** Whoever is slow to begin has begun by then. */
    @Test
    void theLongWaitIsForAllBetterDisksTogether() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 10));
        s.sibling(2).offset = s.me.offset + 1;
        s.waitedFor = Set.of("r-1");
        s.yielded = NOW - TIMINGS.lastHolderWait();
        yieldsTo(s, 2);
        s.waitedFor = null;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void doesNotStepBackForLongForADiskThatHasHadItsChance() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 10));
        s.had = Set.of("r-1");
        s.yielded = NOW - TIMINGS.renew() + 1;
        yieldsTo(s, 1);
        s.yielded = NOW - TIMINGS.renew();
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void doesNotStepBackForSomebodyWhoMayNotLead() {
        Scene s = Scene.released();
        s.sibling(2).offset++;
        s.sibling(2).priority = 0;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void neverLeadsEmptyWhileTheReleaseHasData() {
        Scene s = Scene.released();
        s.me.empty = true;
        s.me.restored = true;
        s.yielded = NOW - 100 * S;
        s.spell = NOW - 100 * S;
        waits(s, Reason.NO_CANDIDATE);
        s.siblings.clear();
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void anEmptyMemberWaitsForASiblingWithDataThoughTheLeaseKnowsOfNone() {
        Scene s = Scene.released();
        s.me.empty = true;
        s.lease.empty = true;
        s.yielded = NOW - 100 * S;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aReplicaThatTheLastLeadersClientsEmptiedLeadsThoughTheLeaseKnowsOfData() {
        Scene s = Scene.released();
        s.me.empty = true;
        s.sibling(2).empty = true;
        assertThat(takes(s, Reason.LEASE_RELEASED).empty()).as("before it has led, a server that was restarted must not take this for a release without data").isFalse();
        s.me.restored = true;
        s.sibling(2).restored = true;
        s.yielded = NOW - 100 * S;
        s.spell = NOW - 100 * S;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aReplicaThatItsClientsEmptiedOpensInTheTermThatItHasTaken() {
        Scene s = Scene.elected();
        s.me.empty = true;
        s.me.term = s.me.term - 1;
        s.me.replid = "A2";
        s.siblings.forEach(p -> p.empty = true);
        assertThat(s.decide()).isInstanceOf(Decision.Open.class);
        s.me.restored = true;
        releases(s, Reason.NO_CANDIDATE);
    }

    @Test
    void whatASiblingHoldsYetOfAQueueThatWasPoppedEmptyIsNoData() {
        Scene s = Scene.released();
        s.me.empty = true;
        s.sibling(2).offset = s.me.offset - 1;
        takes(s, Reason.LEASE_RELEASED);
        s.sibling(2).offset = s.me.offset + 1;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void thatTheLastKeyHasGoneIsToldAtOnceButOnlyOnceInARenewInterval() {
        Scene s = Scene.leading();
        s.me.empty = true;
        assertThat(renews(s).empty()).isTrue();
        s.turned = NOW - TIMINGS.renew() + MS;
        holds(s);
        s.me.empty = false;
        s.lease.empty = true;
        assertThat(renews(s).empty()).as("that there is data is told at once").isFalse();
    }

    /** Rules B2, L10: it has applied that deletion, as whoever was to confirm it. */
    @Test
    void aPodThatHasSeenDeletedWhatTheOthersHoldMakesTheLeaseAgain() {
        Scene s = Scene.leaderSilent();
        s.siblings.add(new Pod(1));
        s.absentLease = new LeaseView.Absent(true);
        s.unchangedFor = TIMINGS.lease();
        s.me.empty = true;
        waits(s, Reason.NO_CANDIDATE);
        s.me.offset++;
        takes(s, Reason.LEASE_MISSING);
        s.me.restored = true;
        waits(s, Reason.NO_CANDIDATE);
        s.me.empty = false;
        s.me.restored = false;
        s.sibling(2).empty = true;
        s.sibling(2).offset += 2;
        assertThat(s.decide()).isInstanceOf(Yield.class);
    }

    /** Rule C4: the best has not come, and the next best has hardly had the time to (it may have restarted, and still wait for the one that it heard last). */
    @Test
    void whoMakesTheLeaseAgainLeavesTheNextBestTheFirstGoToo() {
        Scene s = Scene.leaderSilent();
        s.siblings.add(new Pod(1));
        s.absentLease = new LeaseView.Absent(true);
        s.unchangedFor = TIMINGS.lease();
        s.sibling(1).fromDisk(TERM, 1002);
        s.sibling(2).offset = 1001;
        yieldsTo(s, 1);
        s.yielded = NOW - TIMINGS.renew();
        s.waitedFor = Set.of("r-1");
        yieldsTo(s, 2);
        s.waitedFor = null;
        takes(s, Reason.LEASE_MISSING);
    }

    @Test
    void aPodThatItsClientsEmptiedMakesTheLeaseAgainForTheSameRelease() {
        Scene s = Scene.leaderSilent();
        s.siblings.add(new Pod(1));
        s.siblings.forEach(p -> p.empty = true);
        s.me.empty = true;
        s.absentLease = new LeaseView.Absent(true);
        s.unchangedFor = TIMINGS.lease();
        assertThat(takes(s, Reason.LEASE_MISSING).datasetId()).isEqualTo("set");
    }

    @Test
    void anEmptyReleaseGetsAnEmptyLeader() {
        Scene s = Scene.released();
        s.me.empty = true;
        s.sibling(2).empty = true;
        s.lease.empty = true;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void aHolderThatComesBackWithoutItsDataReleasesTheLease() {
        Scene s = Scene.leaderSilent();
        s.lease.holder = s.me.identity();
        s.me.empty = true;
        s.me.restored = true;
        releases(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aHolderThatComesBackWithOlderDataThanASiblingReleasesTheLeaseToIt() {
        Scene s = Scene.leaderSilent();
        s.lease.holder = s.me.identity();
        s.sibling(2).offset++;
        assertThat(releases(s, Reason.NO_CANDIDATE).preferred()).isEqualTo("r-2");
    }

    @Test
    void aHolderThatIsStillTheBestTakesItsOwnLeaseInANewTerm() {
        Scene s = Scene.leaderSilent();
        s.lease.holder = s.me.identity();
        assertThat(takes(s, Reason.LEASE_IS_OURS).term()).isEqualTo(TERM + 1);
    }

    @Test
    void aFullRestartWaitsTenSecondsForTheLastHoldersDisk() {
        Scene s = Scene.fullRestart();
        s.spell = NOW - 10 * S + 1;
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - 10 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** Finding R4: it takes as long as it takes, and tells that it does. */
    @Test
    void aFullRestartWaitsForTheLastHolderAsLongAsItLoads() {
        Scene s = Scene.fullRestart();
        Pod last = new Pod(1).fromDisk(TERM, 900);
        last.loading = true;
        s.siblings.add(last);
        s.spell = NOW - 500 * S;
        assertThat(((Decision.Wait) Failover.decide(s.observe())).detail()).isEqualTo("waiting for r-1, which loads its data");
        last.running = false;
        takes(s, Reason.LEASE_RELEASED);
        last.running = true;
        s.spell = NOW - 600 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void aFullRestartWaitsForWhoeverLoadsMoreThanTheOwnDiskHas() {
        Scene s = Scene.fullRestart();
        s.spell = NOW - 10 * S;
        Pod other = s.sibling(2);
        other.loading = true;
        other.restored = true;
        other.offset = s.me.offset + 1;
        waits(s, Reason.NO_CANDIDATE);
        other.offset = s.me.offset;
        takes(s, Reason.LEASE_RELEASED);
        other.offset = s.me.offset + 1;
        other.complete = false;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** The new term is known to it alone, and the Lease does not name who led it: it had not been renewed yet. */
    @Test
    void theLastHolderWaitsForWhoeverLoadsALaterTerm() {
        Scene s = Scene.fullRestart();
        s.lease.lastHolder = "r-0";
        s.lease.term = TERM + 1;
        s.sibling(2).loading = true;
        s.sibling(2).term = TERM + 1;
        waits(s, Reason.NO_CANDIDATE);
        s.sibling(2).term = TERM;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** Finding R4: r-2 took it after r-1, and everything stopped before it could write that it accepts writes. */
    @Test
    void whoTookTheLeaseLastIsWaitedForLikeTheLastHolderUntilItsDiskSaysThatItNeverOpened() {
        Scene s = Scene.fullRestart();
        s.lease.term = TERM + 1;
        s.lease.takers = List.of(new Taker("r-2", TERM + 1));
        s.drop(2);
        s.siblings.add(new Pod(1).fromDisk(TERM, 2000));
        assertThat(((Wait) s.decide()).detail()).isEqualTo("waiting for the data of r-2, which may have led last");
        Pod opened = new Pod(2).fromDisk(TERM + 1, 10);
        s.siblings.add(opened);
        yieldsTo(s, 2);
        opened.term = TERM;
        yieldsTo(s, 1);
        s.drop(2);
        s.spell = NOW - 10 * S;
        yieldsTo(s, 1);
    }

    @Test
    void theLastHolderItselfWaitsForWhoTookTheLeaseAfterIt() {
        Scene s = Scene.fullRestart();
        s.lease.lastHolder = "r-0";
        s.lease.term = TERM + 1;
        s.lease.takers = List.of(new Taker("r-2", TERM + 1));
        Pod opened = s.sibling(2);
        opened.term = TERM + 1;
        yieldsTo(s, 2);
        s.drop(2);
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - 10 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** Its volume is lost, or it never comes; who followed it has what it confirmed. */
    @Test
    void theLastHoldersDiskDoesNotGoBeforeOneOfALaterTerm() {
        Scene s = Scene.fullRestart();
        s.lease.term = TERM + 1;
        s.lease.takers = List.of(new Taker("r-2", TERM + 1));
        s.me.term = TERM + 1;
        s.me.replid = "B";
        s.siblings.add(new Pod(1).fromDisk(TERM, 2000));
        s.sibling(2).blank();
        takes(s, Reason.LEASE_RELEASED);
        s.drop(2);
        s.spell = NOW - 10 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void aTakerThatOpenedAndHasNotAllOnItsDiskLeavesThePlaceToTheLastHolder() {
        Scene s = Scene.fullRestart();
        s.lease.term = TERM + 1;
        s.lease.takers = List.of(new Taker("r-2", TERM + 1));
        s.sibling(2).term = TERM + 1;
        s.sibling(2).complete = false;
        s.siblings.add(new Pod(1).fromDisk(TERM, 10));
        yieldsTo(s, 1);
    }

    @Test
    void aTakerThatFollowedALaterOneHasNotOpenedByThat() {
        Scene s = Scene.fullRestart();
        s.lease.term = TERM + 2;
        s.lease.takers = List.of(new Taker("r-2", TERM + 1), new Taker("r-1", TERM + 2));
        s.me.term = TERM + 2;
        s.sibling(2).term = TERM + 2;
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - 10 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void strictCountsNoLastHolderAsBackWhileATakersDiskDeniesThatItOpened() {
        Scene s = Scene.fullRestart();
        s.strict = true;
        s.lease.lastHolder = "r-0";
        s.lease.term = TERM + 1;
        s.lease.takers = List.of(new Taker("r-2", TERM + 1));
        waits(s, Reason.NO_CANDIDATE);
        s.siblings.add(new Pod(1).fromDisk(TERM, 900));
        takes(s, Reason.LEASE_RELEASED);
    }

    /** An agent that knows nothing of the note has led since. */
    @Test
    void aNoteOfWhoTookTheLeaseInAnotherTermIsNone() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 10));
        s.lease.takers = List.of(new Taker("r-2", TERM - 1));
        yieldsTo(s, 1);
    }

    @Test
    void whoTakesTheLeaseIsNotedUntilItHasWrittenThatItIsOpen() {
        Scene s = Scene.released();
        s.lease.takers = List.of(new Taker("r-2", TERM));
        assertThat(takes(s, Reason.LEASE_RELEASED).takers()).containsExactly(new Taker("r-2", TERM), new Taker("r-0", TERM + 1));

        Scene taken = Scene.elected();
        taken.lease.takers = List.of(new Taker("r-2", TERM - 1), new Taker("r-0", TERM));
        taken.highest = TERM + 1;
        taken.rival = true;
        assertThat(((Decision.Renew) taken.decide()).next().takers()).containsExactly(new Taker("r-2", TERM - 1), new Taker("r-0", TERM), new Taker("r-0", TERM + 2));

        Scene open = Scene.leading();
        open.lease.takers = List.of(new Taker("r-0", TERM));
        open.attempted = NOW - 2 * S;
        LeaseRecord next = ((Decision.Renew) open.decide()).next();
        assertThat(next.takers()).isEmpty();
        assertThat(next.lastHolder()).isEqualTo("r-0");
    }

    @Test
    void whoLetsGoOfTheLeaseBeforeItHasWrittenThatItIsOpenStaysNoted() {
        Scene s = Scene.leading();
        s.lease.takers = List.of(new Taker("r-0", TERM));
        assertThat(Failover.handedOver(s.lease.record(), "r-1").takers()).containsExactly(new Taker("r-0", TERM));
    }

    @Test
    void nobodyAsksWhoDoesNotExist() {
        Scene s = Scene.released();
        s.lease.members = ids(0, 1, 2, 3);
        s.drop(1);
        s.spell = NOW - 100 * MS;
        s.siblings.add(new Pod(1));
        s.sibling(1).restored = false;
        waits(s, Reason.LEASE_IS_OURS);
        s.present = List.of(new Pod(0).view(false, Set.of()), new Pod(1).view(false, Set.of()), new Pod(2).view(false, Set.of()));
        assertThat(s.decide()).isNotInstanceOf(Wait.class);
    }

    /** Finding R3: what it confirmed was in its memory, and one of these has it. */
    @Test
    void whenTheLastHoldersDiskIsBehindTheOthersThatWereInSyncAreWaitedFor() {
        Scene s = Scene.fullRestart();
        s.drop(2);
        Pod last = new Pod(1).fromDisk(TERM, 2000);
        s.siblings.add(last);
        yieldsTo(s, 1);
        last.complete = false;
        assertThat(((Wait) s.decide()).detail()).isEqualTo("waiting for the data of whoever was in sync with r-1");
        s.siblings.add(new Pod(2).fromDisk(TERM, 900));
        takes(s, Reason.LEASE_RELEASED);
        s.drop(2);
        s.spell = NOW - 10 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** Its AOF was cut, and nobody knows by how much. What was confirmed of that, one of these has. */
    @Test
    void aLastHolderWhoseFilesLackTheirEndWaitsForWhoeverWasInSyncAndYieldsToThem() {
        Scene s = Scene.fullRestart();
        s.lease.lastHolder = "r-0";
        s.me.torn = true;
        assertThat(((Wait) s.decide()).detail()).isEqualTo("waiting for the data of whoever was in sync with this pod");
        Pod late = new Pod(1).fromDisk(TERM, 10);
        late.running = false;
        s.siblings.add(late);
        waits(s, Reason.NO_CANDIDATE);
        late.running = true;
        late.loading = true;
        s.spell = NOW - 20 * S;
        assertThat(((Wait) s.decide()).detail()).isEqualTo("waiting for r-1, which loads its data");
        late.loading = false;
        yieldsTo(s, 2);
        s.sibling(2).torn = true;
        yieldsTo(s, 1);
        late.torn = true;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void aLastHolderWhoseFilesLackTheirEndLeadsWhenNobodyWhoWasInSyncHasComeInTenSeconds() {
        Scene s = Scene.fullRestart();
        s.lease.lastHolder = "r-0";
        s.me.torn = true;
        s.drop(2);
        s.spell = NOW - 10 * S + 1;
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - 10 * S;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void aLastHolderWhoseFilesLackTheirEndLeadsAtOnceWhereNobodyElseWasInSync() {
        Scene s = Scene.fullRestart();
        s.lease.lastHolder = "r-0";
        s.me.torn = true;
        s.lease.inSync = List.of("r-0");
        s.sibling(2).offset = 2000;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void whoeverWasInSyncLeadsInsteadOfALastHolderWhoseFilesLackTheirEnd() {
        Scene s = Scene.fullRestart();
        Pod last = new Pod(1).fromDisk(TERM, 2000);
        last.torn = true;
        s.siblings.add(last);
        takes(s, Reason.LEASE_RELEASED);
        s.lease.inSync = List.of("r-1");
        yieldsTo(s, 1);
        s.lease.inSync = List.of("r-0", "r-1", "r-2");
        s.me.restored = false;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void whenTheLastHoldersFilesLackTheirEndTheOthersThatWereInSyncAreWaitedFor() {
        Scene s = Scene.fullRestart();
        s.drop(2);
        Pod last = new Pod(1).fromDisk(TERM, 2000);
        last.torn = true;
        s.siblings.add(last);
        assertThat(((Wait) s.decide()).detail()).isEqualTo("waiting for the data of whoever was in sync with r-1");
        s.siblings.add(new Pod(2).fromDisk(TERM, 900));
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void whoWasInSyncIsWaitedForAlsoWhileItLoadsAndByThoseThatWereNot() {
        Scene s = Scene.fullRestart();
        Pod last = new Pod(1).fromDisk(TERM, 2000);
        last.torn = true;
        s.siblings.add(last);
        s.sibling(2).loading = true;
        s.lease.inSync = List.of("r-1", "r-2");
        s.spell = NOW - 20 * S;
        assertThat(((Wait) s.decide()).detail()).isEqualTo("waiting for r-2, which loads its data");
    }

    /** By what state files say each of the three is further than another one. */
    @Test
    void whoWasInSyncTakesThePlaceOfALastHolderWhoseFilesLackTheirEndWhateverStateFilesSayOfTheThird() {
        Scene s = Scene.fullRestart();
        Pod last = new Pod(1).fromDisk(TERM, 1100);
        last.torn = true;
        s.siblings.add(last);
        s.lease.inSync = List.of("r-1", "r-2");
        s.sibling(2).offset = 900;
        yieldsTo(s, 2);
        s.lease.inSync = List.of("r-0", "r-1");
        s.me.offset = 900;
        s.sibling(2).offset = 1000;
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void strictCountsNobodyWhoseFilesLackTheirEndBeforeAllHaveLoadedTheirs() {
        Scene s = Scene.fullRestart();
        s.strict = true;
        s.lease.lastHolder = "r-0";
        s.spell = NOW - 20 * S;
        takes(s, Reason.LEASE_RELEASED);
        s.me.torn = true;
        s.sibling(2).torn = true;
        assertThat(((Wait) s.decide()).detail()).startsWith("durability: strict waits for r-1: nobody who answers ");
        Pod late = new Pod(1).fromDisk(TERM, 10);
        late.torn = true;
        s.siblings.add(late);
        takes(s, Reason.LEASE_RELEASED);
    }

    /** It may be back on its way out only, and come again with what it has. */
    @Test
    void aLastHolderThatStopsIsNotBack() {
        Scene s = Scene.fullRestart();
        Pod last = new Pod(1).fromDisk(TERM, 900);
        last.stopping = true;
        s.siblings.add(last);
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aFullRestartPrefersTheLastHoldersDiskWhenItIsBack() {
        Scene s = Scene.fullRestart();
        s.siblings.add(new Pod(1).fromDisk(TERM, 10));
        yieldsTo(s, 1);
        s.lease.lastHolder = "r-0";
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void whoeverWasNotInSyncPrefersTheLastHoldersDiskThoughItsStateFileIsBehind() {
        Scene s = Scene.released();
        s.lease.inSync = List.of("r-1");
        s.siblings.add(new Pod(1).fromDisk(TERM, 900));
        yieldsTo(s, 1);
    }

    @Test
    void nobodyWaitsForADiskWhenSomebodyInSyncKeptItsMemory() {
        Scene s = Scene.fullRestart();
        s.me.restored = false;
        takes(s, Reason.LEASE_RELEASED);
        Scene t = Scene.fullRestart();
        t.sibling(2).restored = false;
        t.sibling(2).offset = 2000;
        yieldsTo(t, 2);
    }

    @Test
    void strictWaitsUntilTheCandidatesAndWhoAcknowledgedAWriteMustHaveOneInCommon() {
        Scene s = Scene.released();
        s.strict = true;
        takes(s, Reason.LEASE_RELEASED);
        s.drop(2);
        waits(s, Reason.NO_CANDIDATE);
        s.siblings.add(new Pod(1));
        takes(s, Reason.LEASE_RELEASED);
    }

    @Test
    void strictNeverLeadsWithoutWhatAnotherHoldsHoweverLongThatOneIsWaitedFor() {
        Scene s = Scene.released();
        s.strict = true;
        s.sibling(2).offset++;
        s.yielded = NOW - 3600 * S;
        s.spell = NOW - 3600 * S;
        waits(s, Reason.NO_CANDIDATE);
        s.strict = false;
        takes(s, Reason.LEASE_RELEASED);
    }

    /** What its state file says of it is up to 3 s old. */
    @Test
    void strictTakesWhatCameFromADiskForAtLeastWhatItsStateFileSays() {
        Scene s = Scene.released();
        s.strict = true;
        s.sibling(2).fromDisk(TERM, 10);
        waits(s, Reason.NO_CANDIDATE);
        assertThat(((Wait) s.decide()).detail()).isEqualTo("durability: strict waits for r-1, the last leader: nobody who answers has every write for sure that a replica confirmed. "
                + "If nobody else comes: kubectl annotate lease r redis-ha/last-holder=POD redis-ha/takers- --overwrite has POD lead with what it has");
        s.strict = false;
        takes(s, Reason.LEASE_RELEASED);
        s.strict = true;
        s.spell = NOW - 3600 * S;
        s.me.fromDisk(TERM, 1000);
        s.sibling(2).restored = false;
        s.sibling(2).offset = 1000;
        takes(s, Reason.LEASE_RELEASED);
        s.sibling(2).offset = 1001;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void strictHasTheLastLeaderLeadWithItsDiskWhateverItsStateFileSays() {
        Scene s = Scene.released();
        s.strict = true;
        s.lease.lastHolder = "r-0";
        s.me.fromDisk(TERM, 10);
        takes(s, Reason.LEASE_RELEASED);
        s.strict = false;
        yieldsTo(s, 2);
        Scene t = Scene.released();
        t.strict = true;
        t.siblings.add(new Pod(1).fromDisk(TERM, 10));
        takes(t, Reason.LEASE_RELEASED);
        t.sibling(2).fromDisk(TERM, 900);
        assertThat(((Wait) t.decide()).detail()).isEqualTo("durability: strict leaves it to r-1, which has every write that a replica confirmed");
        t.drop(2);
        t.sibling(1).torn = true;
        waits(t, Reason.NO_CANDIDATE);
    }

    /** Rule B4: r-2 took the Lease after r-1, and may have opened. */
    @Test
    void strictHasSomebodyLeadOnlyWhoLacksNothingWhoeverLedLast() {
        Scene s = Scene.released();
        s.strict = true;
        s.lease.term = TERM + 1;
        s.lease.takers = List.of(new Taker("r-2", TERM + 1));
        takes(s, Reason.LEASE_RELEASED);
        s.sibling(2).restored = true;
        waits(s, Reason.NO_CANDIDATE);
        s.siblings.add(new Pod(1));
        takes(s, Reason.LEASE_RELEASED);
        s.sibling(1).offset++;
        waits(s, Reason.NO_CANDIDATE);
        s.me.restored = true;
        s.sibling(1).term++;
        assertThat(((Wait) s.decide()).detail()).as("r-1 has followed it").isEqualTo("durability: strict leaves it to r-2, which has every write that a replica confirmed");
    }

    /** Rule L10: who led last only the Lease knew. */
    @Test
    void strictMakesTheLeaseAgainOnlyWithAllThatAnyOtherHolds() {
        Scene s = Scene.leaderSilent();
        s.strict = true;
        s.siblings.add(new Pod(1));
        s.absentLease = new LeaseView.Absent(true);
        s.unchangedFor = 3600 * S;
        s.yielded = NOW - 3600 * S;
        LeaseRecord next = takes(s, Reason.LEASE_MISSING);
        assertThat(next.lastHolder()).isNull();
        assertThat(next.takers()).containsExactly(new Taker("r-0", next.term()));
        s.sibling(2).offset++;
        waits(s, Reason.NO_CANDIDATE);
        s.strict = false;
        assertThat(takes(s, Reason.LEASE_MISSING).lastHolder()).as("whoever has more may have led last").isNull();
        s.strict = true;
        s.siblings.forEach(p -> p.restored = true);
        s.me.restored = true;
        s.me.offset = 2000;
        takes(s, Reason.LEASE_MISSING);
    }

    /** Rule H2. */
    @Test
    void strictAsksNobodyWhetherItLacksAnythingToWhomTheLastLeaderHasHandedOver() {
        Scene s = Scene.released();
        s.strict = true;
        s.drop(2);
        s.lease.preferred = "r-0";
        takes(s, Reason.HANDED_OVER);
        s.me.fromDisk(TERM, 10);
        s.spell = NOW - 20 * S;
        takes(s, Reason.HANDED_OVER);
        s.me.torn = true;
        waits(s, Reason.NO_CANDIDATE);
    }

    /** Nothing has been handed over: it would be believed to have all without being asked. */
    @Test
    void strictLetsGoOfTheLeaseForABetterMemberWithoutNamingIt() {
        Scene s = Scene.released();
        s.strict = true;
        s.lease.holder = s.me.identity();
        s.lease.lastHolder = "r-0";
        s.sibling(2).offset++;
        assertThat(releases(s, Reason.NO_CANDIDATE).preferred()).isNull();
        s.strict = false;
        assertThat(releases(s, Reason.NO_CANDIDATE).preferred()).isEqualTo("r-2");
    }

    /** Since they were asked before the Lease was taken they may have confirmed more. */
    @Test
    void strictOpensOnlyWithAllThatThoseHaveThatHaveDetached() {
        Scene s = Scene.elected();
        s.strict = true;
        s.lease.lastHolder = "r-1";
        s.lease.takers = List.of(new Taker("r-0", TERM));
        s.me.term--;
        s.siblings.forEach(p -> p.term--);
        s.drop(1);
        assertThat(s.decide()).isInstanceOf(Decision.Open.class);
        s.sibling(2).restored = true;
        holds(s);
        s.siblings.clear();
        holds(s);
        s.ledSince = NOW - TIMINGS.renew() - 1;
        releases(s, Reason.NO_CANDIDATE);
        s.strict = false;
        assertThat(s.decide()).isInstanceOf(Decision.Open.class);
    }

    @Test
    void strictDoesNotCountAPodThatHasNotGotItsCopyYet() {
        Scene s = Scene.released();
        s.strict = true;
        hasSetItsFilesAside(s.sibling(2));
        waits(s, Reason.NO_CANDIDATE);
        s.lease.empty = true;
        waits(s, Reason.NO_CANDIDATE);
    }

    /** Rules D1 and B2: it waits for a copy, and its master is gone. */
    @Test
    void aPodThatHasSetItsFilesAsideDoesNotLead() {
        Scene s = Scene.released();
        hasSetItsFilesAside(s.me);
        waits(s, Reason.NO_CANDIDATE);
        s.drop(2);
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - 3600 * S;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void nobodyYieldsToAPodThatHasSetItsFilesAside() {
        Scene s = Scene.released();
        hasSetItsFilesAside(s.sibling(2));
        s.sibling(2).offset = 2000;
        takes(s, Reason.LEASE_RELEASED);
    }

    private static void hasSetItsFilesAside(Pod pod) {
        pod.empty = true;
        pod.complete = false;
        pod.restored = true;
    }

    @Test
    void strictDoesNotCountPodsThatAreNotMembers() {
        Scene s = Scene.released();
        s.strict = true;
        s.drop(2);
        s.siblings.add(new Pod(7));
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void withoutPersistenceAReleaseThatIsEmptyAllOverStartsAnew() {
        Scene s = Scene.released();
        s.siblings.add(new Pod(1).blank());
        s.sibling(2).blank();
        s.me.blank();
        s.persistent = false;
        LeaseRecord next = takes(s, Reason.DATA_LOST);
        assertThat(next.empty()).isTrue();
        assertThat(next.datasetId()).as("what comes back with the old data is foreign").isNotEqualTo("set");
        s.sibling(2).empty = false;
        waits(s, Reason.NO_CANDIDATE);
        s.sibling(2).empty = true;
        s.drop(1);
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void withPersistenceAReleaseThatLooksEmptyWaitsForItsData() {
        Scene s = Scene.released();
        s.siblings.add(new Pod(1).blank());
        s.sibling(2).blank();
        s.me.blank();
        s.spell = NOW - 100 * S;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void whenNobodyIsKnownToHoldEverythingTheBestOfAllLeadsAfterAWhile() {
        Scene s = Scene.released();
        s.siblings.add(new Pod(1));
        s.siblings.forEach(p -> p.complete = false);
        s.me.complete = false;
        s.spell = NOW - TIMINGS.lastHolderWait() + 1;
        waits(s, Reason.NO_CANDIDATE);
        s.spell--;
        takes(s, Reason.LAST_RESORT);
        s.sibling(2).offset++;
        waits(s, Reason.NO_CANDIDATE);
        s.sibling(2).offset--;
        s.strict = true;
        waits(s, Reason.NO_CANDIDATE);
        s.strict = false;
        s.drop(1);
        waits(s, Reason.NO_CANDIDATE);
    }

    // ---- there is no Lease (B2, L10)

    @Test
    void theFirstStartWaitsUntilEveryPodHasSaidThatItIsEmpty() {
        Scene s = Scene.firstStart();
        s.drop(2);
        waits(s, Reason.NO_CANDIDATE);
        s.siblings.add(new Pod(2).blank());
        s.sibling(2).loading = true;
        waits(s, Reason.NO_CANDIDATE);
        s.sibling(2).loading = false;
        LeaseRecord first = takes(s, Reason.BOOTSTRAP);
        assertThat(first.term()).isEqualTo(1);
        assertThat(first.empty()).isTrue();
        assertThat(first.datasetId()).isNotBlank();
        assertThat(first.members()).isEqualTo(ids(0, 1, 2));
        assertThat(first.mode()).isEqualTo(Mode.MEMBERS);
    }

    @Test
    void theFirstLeaderIsTheLowestOrdinal() {
        Scene s = Scene.firstStart();
        s.lease.lastHolder = null;
        assertThat(takes(s, Reason.BOOTSTRAP).lastHolder()).isEqualTo("r-0");
        s.sibling(1).empty = false;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aFirstStartOnOneVolumeWithDataIsLedFromIt() {
        Scene s = Scene.firstStart();
        s.me.empty = false;
        s.me.offset = 10;
        assertThat(takes(s, Reason.BOOTSTRAP).empty()).isFalse();
    }

    @Test
    void aFirstStartOnSeveralVolumesWithDataIsAPersonsToSettle() {
        Scene s = Scene.firstStart();
        s.me.empty = false;
        s.sibling(1).empty = false;
        assertThat(s.decide()).isInstanceOf(Refuse.class);
    }

    @Test
    void aDeletedLeaseIsNotAFirstStartAndItsHolderHasAWholeLeaseDurationToMakeItAgain() {
        List<Scene> known = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            known.add(Scene.firstStart());
        }
        known.get(0).absentLease = new LeaseView.Absent(true);
        known.get(1).me.term = 3;
        known.get(1).me.complete = true;
        known.get(2).promise = new Promise(NOW, 3, 0);
        for (Scene s : known) {
            s.unchangedFor = TIMINGS.lease() - 1;
            waits(s, Reason.LEASE_MISSING);
            s.unchangedFor = TIMINGS.lease();
            takes(s, s.me.complete ? Reason.LEASE_MISSING : Reason.DATA_LOST);
            s.promise = new Promise(NOW + 1, s.promise.term(), 0);
            waits(s, Reason.LEASE_MISSING);
        }
    }

    /** A release whose Lease was deleted, all of it empty, r-2 without a node: waited for as long as for anybody. */
    private static Scene deletedLease() {
        Scene s = Scene.firstStart();
        s.absentLease = new LeaseView.Absent(true, 3);
        s.unchangedFor = TIMINGS.lease();
        s.spell = NOW - 60 * S;
        s.drop(2);
        s.present = List.of(s.me.view(false, Set.of()), s.sibling(1).view(false, Set.of()), pending(2));
        return s;
    }

    /** Seed 45261: the master of a popped queue restarted empty, and led before its siblings had said that they held a write that came after. */
    @Test
    void whoHasLostWhatItHadAsksAllBeforeItBelievesTheLeaseThatThereIsNothing() {
        Scene s = Scene.released();
        s.lease.empty = true;
        s.me.empty = true;
        s.me.restored = true;
        s.siblings.clear();
        s.present = null;
        s.spell = NOW - S;
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - TIMINGS.lastHolderWait();
        takes(s, Reason.LEASE_RELEASED);
    }

    /** Finding R13. */
    @Test
    void aNewReleaseDoesNotWaitForAPodWhoseImageIsNotToBeHad() {
        Scene s = Scene.firstStart();
        s.drop(2);
        PodView pulling = new PodView(new Pod(2).id(), "10.0.0.2", "node-2", false, false, "new", Map.of(), Set.of(), false, "");
        s.present = List.of(s.me.view(false, Set.of()), s.sibling(1).view(false, Set.of()), pulling);
        s.spell = NOW - TIMINGS.lastHolderWait() + 1;
        waits(s, Reason.NO_CANDIDATE);
        s.spell = NOW - TIMINGS.lastHolderWait();
        takes(s, Reason.BOOTSTRAP);
        s.absentLease = new LeaseView.Absent(true, 3);
        s.unchangedFor = TIMINGS.lease();
        waits(s, Reason.NO_CANDIDATE);
    }

    private static PodView pending(int ordinal) {
        return new PodView(new Pod(ordinal).id(), null, "", false, false, "", Map.of(), Set.of());
    }

    /** Finding R21. */
    @Test
    void anEmptyPodMakesTheLeaseAgainOnlyWhenEveryPodHasSaidThatItHoldsNothing() {
        Scene s = deletedLease();
        assertThat(s.decide()).isInstanceOfSatisfying(Wait.class, wait -> assertThat(wait.detail()).endsWith("not yet r-2"));
        s.present = s.present.subList(0, 2);
        waits(s, Reason.NO_CANDIDATE);
        s.siblings.add(new Pod(2).blank());
        takes(s, Reason.DATA_LOST);
        s.sibling(2).empty = false;
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aPodWithDataMakesTheLeaseAgainThoughOneIsMissing() {
        Scene s = deletedLease();
        s.me.empty = false;
        s.me.dataset = "set";
        s.me.term = TERM;
        takes(s, Reason.LEASE_MISSING);
    }

    @Test
    void howManyPodsTheReleaseHasIsKubernetesToSay() {
        Scene s = deletedLease();
        s.absentLease = new LeaseView.Absent(true, 2);
        takes(s, Reason.DATA_LOST);
        s.siblings.add(new Pod(2).blank());
        s.absentLease = new LeaseView.Absent(true, 4);
        waits(s, Reason.NO_CANDIDATE);
        s.absentLease = new LeaseView.Absent(true);
        takes(s, Reason.DATA_LOST);
        s.present = List.of(s.me.view(false, Set.of()), s.sibling(1).view(false, Set.of()), s.sibling(2).view(false, Set.of()), pending(3));
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void thatThereWasALeaseIsKnownWithoutTheMarkToo() {
        Scene seen = deletedLease();
        seen.known = true;
        Scene heard = deletedLease();
        heard.promise = new Promise(NOW, 3, 0);
        Scene remembered = deletedLease();
        remembered.sibling(1).dataset = "set";
        Scene led = deletedLease();
        led.sibling(1).term = 3;
        for (Scene s : List.of(seen, heard, remembered, led)) {
            s.absentLease = new LeaseView.Absent(false, 3);
            s.unchangedFor = TIMINGS.lease() - 1;
            waits(s, Reason.LEASE_MISSING);
            s.unchangedFor = TIMINGS.lease();
            waits(s, Reason.NO_CANDIDATE);
        }
    }

    @Test
    void aFirstCreateThatWasRefusedIsNoDeletedLease() {
        Scene s = deletedLease();
        s.absentLease = new LeaseView.Absent(false, 3);
        s.promise = new Promise(NOW, 0, 1);
        s.sibling(1).heard = 2;
        assertThat(takes(s, Reason.BOOTSTRAP).term()).isEqualTo(3);
        s.unchangedFor = 0;
        assertThat(s.decide()).as("not ten times a second").isInstanceOf(Wait.class);
    }

    /** What its processes held, nobody has any more. */
    @Test
    void withoutPersistenceAReleaseWithoutItsLeaseStartsAnewAndSaysSo() {
        Scene s = deletedLease();
        s.persistent = false;
        takes(s, Reason.DATA_LOST);
        s.me.term = TERM;
        s.me.complete = true;
        takes(s, Reason.DATA_LOST);
        s.me.restored = false;
        takes(s, Reason.LEASE_MISSING);
    }

    @Test
    void aLeaseMadeAgainGoesToTheDataAndGoesOnAfterTheHighestTerm() {
        Scene s = Scene.firstStart();
        s.absentLease = new LeaseView.Absent(true);
        s.unchangedFor = TIMINGS.lease();
        s.sibling(2).empty = false;
        s.sibling(2).dataset = "set";
        s.sibling(2).heard = TERM;
        waits(s, Reason.NO_CANDIDATE);
        s.me.empty = false;
        s.me.dataset = "set";
        s.me.offset = 10;
        LeaseRecord again = takes(s, Reason.LEASE_MISSING);
        assertThat(again.term()).isEqualTo(TERM + 1);
        assertThat(again.datasetId()).isEqualTo("set");
        s.sibling(2).dataset = "other";
        assertThat(s.decide()).isInstanceOf(Refuse.class);
    }

    // ---- leading: opening (V4, C6, C7)

    @Test
    void opensOnceItsFirstRoundOfHeartbeatsIsAcknowledged() {
        Scene s = Scene.elected();
        assertThat(s.decide()).isEqualTo(new Open(Reason.LEASE_EXPIRED));
        s.validUntil = Validity.NEVER;
        assertThat(s.decide()).isNotInstanceOf(Open.class);
    }

    @Test
    void doesNotOpenWhileASiblingStillAcceptsWrites() {
        Scene s = Scene.elected();
        s.rival = true;
        assertThat(s.decide()).isNotInstanceOf(Open.class);
    }

    @Test
    void doesNotOpenALoadingServer() {
        Scene s = Scene.elected();
        s.me.loading = true;
        assertThat(s.decide()).isNotInstanceOf(Open.class);
    }

    /** Rules V6 and C6. */
    @Test
    void doesNotOpenBeforeTheLeaderThatFellSilentCanAcceptNoMoreWrites() {
        Scene s = Scene.elected();
        s.cleared = false;
        assertThat(s.decide()).isNotInstanceOf(Open.class);
    }

    @Test
    void aMemberThatFindsAnotherFurtherWhenBothHaveDetachedLetsThatOneLead() {
        Scene s = Scene.elected();
        s.sibling(1).offset = s.me.offset + 1;
        assertThat(s.decide()).isInstanceOfSatisfying(Decision.PassOn.class, on -> {
            assertThat(on.further().id().pod()).isEqualTo("r-1");
            assertThat(on.next().released()).isTrue();
        });
        s.sibling(1).priority = 0;
        assertThat(s.decide()).as("one that may not lead").isInstanceOf(Open.class);
        s.sibling(1).priority = 100;
        s.sibling(1).restored = true;
        assertThat(s.decide()).as("a dead leader's tail, from its disk").isInstanceOf(Open.class);
        s.sibling(1).restored = false;
        s.me.restored = true;
        assertThat(s.decide()).as("its own offset is what a state file says").isInstanceOf(Open.class);
    }

    /** The other may not be able to take it. */
    @Test
    void aMemberThatHasLetGoOfTheLeaseForTheFurtherOneLeads() {
        Scene s = Scene.elected();
        s.sibling(1).offset = s.me.offset + 1;
        s.handedOn = Set.of("r-1");
        assertThat(s.decide()).isInstanceOf(Open.class);
    }

    /** It may have had to wait for its own promise, which a Lease that is let go of ends. */
    @Test
    void aMemberThatWasOnlyWaitedForIsHandedTheLeaseFirst() {
        Scene s = Scene.elected();
        s.sibling(1).offset = s.me.offset + 1;
        s.had = Set.of("r-1");
        assertThat(s.decide()).isInstanceOf(Decision.PassOn.class);
    }

    @Test
    void whoHasJustTakenTheLeaseLeavesTheOthersTheTimeToAcknowledgeIt() {
        Scene s = Scene.elected();
        s.siblings.clear();
        s.cleared = false;
        s.attempted = NOW - S;
        long early = Math.min(TIMINGS.memberTimeout(), TIMINGS.lease() / 4);   // it has to have opened within a lease duration
        s.ledSince = NOW - early + 1;
        holds(s);
        s.ledSince = NOW - early;
        assertThat(renews(s).mode()).isEqualTo(Mode.API);
    }

    @Test
    void aPromotionThatIsNotFinishedWithinTheLeaseDurationIsAbandoned() {
        Scene s = Scene.elected();
        s.rival = true;
        s.ledSince = NOW - TIMINGS.lease() - 1;
        releases(s, Reason.NOT_OPENED);
    }

    @Test
    void doesNotOpenAServerThatLostItsDataWhileTheLeaseWasWritten() {
        Scene s = Scene.elected();
        s.me.empty = true;
        s.me.restored = true;
        releases(s, Reason.NO_CANDIDATE);
    }

    // ---- leading: validity, fence, renewal (V4, V5, V8, L3, L7)

    @Test
    void aCalmLeaderHolds() {
        holds(Scene.leading());
    }

    @Test
    void fencesTheMomentItsValidityEnds() {
        for (Phase phase : List.of(Phase.OPENING, Phase.OPEN)) {
            Scene s = Scene.leading();
            s.phase = phase;
            s.validUntil = NOW;
            fences(s, Reason.VALIDITY_LAPSED);
        }
    }

    @Test
    void aFenceIsFinal() {
        Scene s = Scene.leading();
        s.phase = Phase.CLOSING;
        s.attempted = NOW - 100 * S;
        holds(s);
    }

    @Test
    void renewsEveryRenewIntervalAndNotWhileAWriteIsUnanswered() {
        Scene s = Scene.leading();
        s.attempted = NOW - TIMINGS.renew();
        LeaseRecord next = renews(s);
        assertThat(next.term()).isEqualTo(TERM);
        assertThat(next.holder()).isEqualTo(s.me.identity());
        s.writing = true;
        holds(s);
    }

    @Test
    void aServerThatIsNotTheOneThisTermBeganWithCostsTheLease() {
        Scene s = Scene.leading();
        s.promotedRunId = "an earlier process";
        releases(s, Reason.SERVER_RESTARTED);
    }

    @Test
    void aServerThatSomebodyElseMadeAReplicaIsFenced() {
        Scene s = Scene.leading();
        s.me.role = Role.REPLICA;
        fences(s, Reason.ROLE_LOST);
    }

    @Test
    void aDeadServerCostsTheLeaseAtOnce() {
        Scene s = Scene.leading();
        s.me.running = false;
        releases(s, Reason.SERVER_DIED);
        s.writing = true;
        holds(s);
    }

    @Test
    void goesToModeApiWhenTooFewMembersAcknowledgeAndBack() {
        Scene s = Scene.leading();
        s.drop(1);
        assertThat(renews(s).mode()).as("a quorum is left").isEqualTo(Mode.MEMBERS);
        s.drop(2);
        assertThat(renews(s).mode()).isEqualTo(Mode.API);
        s.lease.mode = Mode.API;
        s.lease.inSync = List.of("r-0");
        s.siblings.add(new Pod(1).follows(0));
        assertThat(renews(s).mode()).isEqualTo(Mode.MEMBERS);
    }

    @Test
    void theAnswerOfAPodThatIsNotAMemberDoesNotKeepModeMembers() {
        Scene s = Scene.leading();
        s.siblings.clear();
        s.siblings.add(new Pod(7).follows(0));
        assertThat(renews(s).mode()).isEqualTo(Mode.API);
    }

    @Test
    void goesPastATermThatAMemberHasVotedForSoThatItAnswersAgain() {
        Scene s = Scene.leading();
        s.highest = TERM + 2;
        assertThat(renews(s).term()).isEqualTo(TERM + 3);
    }

    @Test
    void admitsOneSyncedMemberAtATime() {
        Scene s = Scene.leading();
        s.lease.members = ids(0);
        assertThat(renews(s).members()).isEqualTo(ids(0, 1));
        s.sibling(1).syncing = true;
        assertThat(renews(s).members()).isEqualTo(ids(0, 2));
        s.sibling(2).linkUp = false;
        assertThat(renews(s).members()).isEqualTo(ids(0));
    }

    @Test
    void aRecreatedPodTakesThePlaceOfItsPredecessor() {
        Scene s = Scene.leading();
        s.sibling(1).uid = "recreated";
        assertThat(renews(s).members()).containsExactlyInAnyOrder(s.me.id(), s.sibling(1).id(), s.sibling(2).id());
    }

    @Test
    void takesMembersWithoutAPodOffTheListOneAtATimeButNeverItself() {
        Scene s = Scene.leading();
        s.siblings.clear();
        s.gone.addAll(ids(0, 1, 2));
        assertThat(renews(s).members()).isEqualTo(ids(0, 2));
    }

    @Test
    void takesAReplicaThatIsLinkedButOnAnotherHistoryForOutOfSync() {
        Scene s = Scene.leading();
        s.sibling(1).replid = "another";
        assertThat(renews(s).inSync()).containsExactly("r-0", "r-2");
    }

    @Test
    void recordsWhoIsInSyncAndWhatTheDataIs() {
        Scene s = Scene.leading();
        s.sibling(2).linkUp = false;
        s.me.offset = 5000;
        s.me.replid = "B";
        s.sibling(1).replid = "B";
        LeaseRecord next = renews(s);
        assertThat(next.inSync()).containsExactly("r-0", "r-1");
        assertThat(next.offset()).isEqualTo(5000);
        assertThat(next.replid()).isEqualTo("B");
        assertThat(next.lastHolder()).isEqualTo("r-0");
    }

    @Test
    void saysNothingOfItsDataBeforeItAcceptsWrites() {
        Scene s = Scene.elected();
        s.lease.lastHolder = "r-1";
        s.rival = true;
        s.attempted = NOW - TIMINGS.renew();
        LeaseRecord next = renews(s);
        assertThat(next.inSync()).isEqualTo(s.lease.inSync);
        assertThat(next.lastHolder()).isEqualTo("r-1");
    }

    // ---- the backstop inside Redis (M4)

    @Test
    void writesNeedAReplicaUntilTheLeaseRecordsThatNoneIsLeft() {
        Scene s = Scene.leading();
        s.siblings.clear();
        assertThat(s.decide()).as("not yet recorded").isInstanceOf(Renew.class);
        s.writing = true;
        holds(s);
        s.writing = false;
        s.attempted = NOW;
        s.lease.mode = Mode.API;
        holds(s);
        s.lease.mode = Mode.MEMBERS;
        s.lease.inSync = List.of("r-0");
        holds(s);
        s.lease.mode = Mode.API;
        assertThat(s.decide()).isEqualTo(new LimitWrites(0));
        s.strict = true;
        holds(s);
    }

    private static Scene alone() {
        Scene s = Scene.leading();
        s.lease.inSync = List.of("r-0");
        s.attempted = NOW;
        for (Pod p : s.siblings) {
            p.linkUp = false;
        }
        return s;
    }

    /** Findings R5 and R14: their agents answer, so the mode stays as it is. */
    @Test
    void writesNeedNoReplicaWhileNoServerOfAReplicaCanFollow() {
        Scene s = alone();
        s.sibling(1).running = false;
        s.writing = true;
        holds(s);
        s.sibling(2).loading = true;
        assertThat(s.decide()).isEqualTo(new LimitWrites(0));
        s.sibling(2).loading = false;
        holds(s);
        s.sibling(2).syncing = true;
        assertThat(s.decide()).isEqualTo(new LimitWrites(0));
        s.strict = true;
        holds(s);
        s.strict = false;
        s.lease.inSync = List.of("r-0", "r-2");
        holds(s);
    }

    @Test
    void writesNeedAReplicaWhileOneIsOnlyNotHeard() {
        Scene s = alone();
        s.drop(1);
        s.sibling(2).loading = true;
        holds(s);
        s.gone.add(ids(1).getFirst());
        s.lease.members = ids(0, 1, 2);
        s.writing = true;
        assertThat(s.decide()).as("its pod is gone").isEqualTo(new LimitWrites(0));
    }

    @Test
    void writesNeedNoReplicaWhenNobodyHasAcknowledgedAnythingForALeaseAndWhoIsNotHeardIsAllThatIsLeft() {
        Scene s = alone();
        s.attempted = NOW;
        s.drop(1);
        s.sibling(2).running = false;
        s.unreplicated = TIMINGS.lease() - 1;
        holds(s);
        s.unreplicated = TIMINGS.lease();
        assertThat(s.decide()).isEqualTo(new LimitWrites(0));
        s.writing = true;
        assertThat(s.decide()).as("the API server does not answer").isEqualTo(Hold.INSTANCE);
        s.writing = false;
        s.sibling(2).running = true;
        holds(s);
        s.lease.inSync = List.of("r-0", "r-1");
        s.sibling(2).running = false;
        holds(s);
    }

    /** What else would stop this master if its agent stood still? */
    @Test
    void writesNeedAReplicaForAsLongAsARunningOneIsOnlyNotLinked() {
        Scene s = alone();
        s.attempted = NOW;
        s.unreplicated = 600 * S;
        holds(s);
        s.drop(1);
        holds(s);
    }

    /** It is not linked for a moment before it asks for a full sync; and it must not be named in sync before writes need it. */
    @Test
    void writesNeedAReplicaAgainWhenOneIsInSyncAndNotBefore() {
        Scene s = alone();
        s.me.minReplicas = 0;
        holds(s);
        s.sibling(1).linkUp = true;
        s.writing = true;
        assertThat(s.decide()).isEqualTo(new LimitWrites(1));
    }

    /** Its agent may stand still right after: who is named may be elected, and then nothing else stops the writes of the one before. */
    @Test
    void noReplicaIsNamedInSyncBeforeTheServerRefusesWritesWithoutOne() {
        Scene s = alone();
        s.me.minReplicas = 0;
        s.sibling(1).linkUp = true;
        s.attempted = NOW - 500 * MS;
        assertThat(s.decide()).isEqualTo(new LimitWrites(1));
        s.ordered = 1;
        assertThat(s.decide()).as("it does not show yet").isEqualTo(new LimitWrites(1));
        s.attempted = NOW - TIMINGS.renew();
        assertThat(((Renew) s.decide()).next().inSync()).containsExactly("r-0");
        s.me.minReplicas = 1;
        assertThat(((Renew) s.decide()).next().inSync()).containsExactly("r-0", "r-1");
        s.ordered = 0;
        assertThat(((Renew) s.decide()).next().inSync()).as("it is about to be relaxed").containsExactly("r-0");
    }

    @Test
    void writesNeedAReplicaThatIsInSyncAlsoInModeApi() {
        Scene s = alone();
        s.lease.mode = Mode.API;
        s.me.minReplicas = 0;
        s.sibling(1).linkUp = true;
        s.writing = true;
        assertThat(s.decide()).isEqualTo(new LimitWrites(1));
        s.me.minReplicas = 1;
        holds(s);
    }

    @Test
    void writesNeedAReplicaAgainAsSoonAsOneIsRecorded() {
        Scene s = Scene.leading();
        s.me.minReplicas = 0;
        assertThat(s.decide()).isEqualTo(new LimitWrites(1));
    }

    @Test
    void aReleaseOfTwoPodsNeverLimitsWrites() {
        Scene s = Scene.leading();
        s.replicas = 2;
        s.lease.members = ids(0, 1);
        s.lease.inSync = List.of("r-0", "r-1");
        s.drop(2);
        assertThat(s.decide()).isEqualTo(new LimitWrites(0));
    }

    // ---- the limit to what may be lost (M8)

    private static Scene limited() {
        Scene s = Scene.leading();
        s.maxLoss = S;
        s.attempted = NOW;
        return s;
    }

    @Test
    void writesAreRefusedBeforeTheOldestThatNobodyAcknowledgedIsAtTheLimit() {
        Scene s = limited();
        s.unacknowledged = 599 * MS;
        holds(s);
        s.unacknowledged = 600 * MS;
        assertThat(s.decide()).isEqualTo(new LimitWrites(Failover.NO_WRITES));
        s.me.minReplicas = Failover.NO_WRITES;
        holds(s);
        s.unacknowledged = 599 * MS;
        assertThat(s.decide()).isEqualTo(new LimitWrites(1));
    }

    @Test
    void withoutSuchALimitNothingIsTooOld() {
        Scene s = limited();
        s.maxLoss = 0;
        s.unacknowledged = 3_600 * S;
        holds(s);
    }

    /** An API server that refuses writes, or a handover, has a renewal wait that is due. */
    @Test
    void thatWritesAreRefusedWaitsForNoRenewal() {
        Scene s = limited();
        s.unacknowledged = S;
        s.attempted = NOW - TIMINGS.renew();
        assertThat(s.decide()).isEqualTo(new LimitWrites(Failover.NO_WRITES));
        s.ordered = Failover.NO_WRITES;
        assertThat(s.decide()).as("it is ordered, and need not show yet").isInstanceOf(Renew.class);
    }

    @Test
    void aLimitThatIsAboutToBeTakenBackIsOrderedAnew() {
        Scene s = limited();
        s.unacknowledged = S;
        s.me.minReplicas = Failover.NO_WRITES;
        s.ordered = 1;
        assertThat(s.decide()).isEqualTo(new LimitWrites(Failover.NO_WRITES));
    }

    @Test
    void aLeaderThatStopsRefusesWritesAtTheLimitAllTheSame() {
        Scene s = limited();
        s.me.stopping = true;
        s.unacknowledged = S;
        assertThat(s.decide()).isEqualTo(new LimitWrites(Failover.NO_WRITES));
        s.ordered = Failover.NO_WRITES;
        assertThat(s.decide()).isInstanceOf(HandOver.class);
    }

    /** Rule M4 lets it go on alone otherwise. */
    @Test
    void aLeaderWhoseReplicasAreDamagedRefusesWritesIfThereIsALimit() {
        Scene s = alone();
        s.sibling(1).running = false;
        s.sibling(2).loading = true;
        assertThat(s.decide()).isEqualTo(new LimitWrites(0));
        s.maxLoss = S;
        holds(s);
        s.lease.mode = Mode.API;
        holds(s);
    }

    /** Of a server that never had a replica nobody sees what it wrote. */
    @Test
    void withALimitAlsoOneOfTwoPodsNeedsAReplica() {
        Scene s = limited();
        s.replicas = 2;
        s.lease.members = ids(0, 1);
        s.lease.inSync = List.of("r-0", "r-1");
        s.drop(2);
        s.me.minReplicas = 0;
        assertThat(s.decide()).isEqualTo(new LimitWrites(1));
        assertThat(Failover.minReplicas(s.observe().policy(), s.lease.record())).isEqualTo(1);
    }

    @Test
    void aServerThatIsNotOpenIsNotLimited() {
        Scene s = Scene.elected();
        s.maxLoss = S;
        s.unacknowledged = S;
        assertThat(s.decide()).isInstanceOf(Open.class);
        s.phase = Phase.CLOSING;
        holds(s);
    }

    // ---- planned changes (H1, H4)

    private static MemberState target(Scene s, String wanted) {
        return Failover.target(s.observe(), wanted).orElse(null);
    }

    @Test
    void aLeaderThatIsStoppedHandsOverToAReplicaInSync() {
        Scene s = Scene.leading();
        s.me.stopping = true;
        assertThat(s.decide()).isInstanceOfSatisfying(HandOver.class, over -> {
            assertThat(over.target().id().pod()).isEqualTo("r-1");
            assertThat(over.reason()).isEqualTo(Reason.POD_STOPS);
        });
        s.siblings.forEach(p -> p.linkUp = false);
        waits(s, Reason.NO_CANDIDATE);
    }

    @Test
    void aMasterThatCannotSaveHandsOverToAReplicaThatCan() {
        Scene s = Scene.leading();
        s.refusing = Failover.REFUSED - MS;
        assertThat(s.decide()).as("it may pass").isNotInstanceOf(HandOver.class);
        s.refusing = Failover.REFUSED;
        s.sibling(1).misconf = Misconf.SNAPSHOT;
        assertThat(s.decide()).isInstanceOfSatisfying(HandOver.class, over -> {
            assertThat(over.target().id().pod()).isEqualTo("r-2");
            assertThat(over.reason()).isEqualTo(Reason.CANNOT_SAVE);
        });
    }

    @Test
    void aMasterThatCannotSaveLeadsOnWhereNobodyInSyncCould() {
        Scene s = Scene.leading();
        s.refusing = 60 * S;
        s.sibling(1).misconf = Misconf.AOF;
        s.sibling(2).misconf = Misconf.SNAPSHOT;
        assertThat(s.decide()).isEqualTo(Hold.INSTANCE);
    }

    @Test
    void aMasterThatCannotSaveHandsOverToNobodyWhoWritesNoAofThoughHeShould() {
        Scene s = Scene.leading();
        s.refusing = 60 * S;
        s.sibling(1).aof = ServerInfo.Aof.FAILED;
        s.sibling(2).aof = ServerInfo.Aof.REWRITING;
        assertThat(s.decide()).isEqualTo(Hold.INSTANCE);
    }

    /** Rule V9: nobody may be able to take what it lets go of. */
    @Test
    void aMasterThatCannotSaveLeadsOnWhileItIsNotKnownWhetherTheLeaseCanBeWritten() {
        Scene s = Scene.leading();
        s.refusing = 60 * S;
        s.writing = true;
        assertThat(s.decide()).isEqualTo(Hold.INSTANCE);
    }

    /** Its AOF is rewritten after the full sync with which it came back: no reason to choose one that is to be replaced yet. */
    @Test
    void aRollHandsOverToAPodThatIsAlreadyReplacedAlsoWhileItRewritesItsAof() {
        Scene s = Scene.leading();
        s.me.revision = "old";
        s.sibling(1).revision = "old";
        s.sibling(2).aof = ServerInfo.Aof.REWRITING;
        assertThat(target(s, null).id().pod()).isEqualTo("r-2");
    }

    @Test
    void aPlannedChangeGoesToAReplicaThatSavesIfThereIsOne() {
        Scene s = Scene.leading();
        assertThat(target(s, null).id().pod()).isEqualTo("r-1");
        s.sibling(1).misconf = Misconf.AOF;
        assertThat(target(s, null).id().pod()).isEqualTo("r-2");
        s.sibling(2).misconf = Misconf.AOF;
        assertThat(target(s, null).id().pod()).isEqualTo("r-1");
    }

    /** Its last save may take long, and all the others may be stopping too: they come back with what they have now. */
    @Test
    void aLeaderThatIsStoppedRenewsTheLeaseAndNotesNobodyAsGone() {
        Scene s = Scene.leading();
        s.me.stopping = true;
        List<String> inSync = s.lease.record().inSync();
        s.siblings.clear();
        s.gone.addAll(List.of(new Pod(1).id(), new Pod(2).id()));
        LeaseRecord next = renews(s);
        assertThat(next.mode()).as("the API alone confirms it").isEqualTo(Mode.API);
        assertThat(next.members()).hasSize(3);
        assertThat(next.inSync()).isEqualTo(inSync);
    }

    @Test
    void aLeaderThatIsStoppedBeforeItOpenedJustLetsGo() {
        Scene s = Scene.elected();
        s.me.stopping = true;
        releases(s, Reason.POD_STOPS);
    }

    @Test
    void aRollHandsOverToAPodThatIsAlreadyReplaced() {
        Scene s = Scene.leading();
        s.me.revision = "old";
        s.sibling(1).revision = "old";
        assertThat(target(s, null).id().pod()).isEqualTo("r-2");
    }

    @Test
    void amongEqualsTheLowestOrdinalIsReplacedLastAndSoIsTheTarget() {
        assertThat(target(Scene.leading(), null).id().pod()).isEqualTo("r-1");
    }

    @Test
    void aReplicaFarBehindIsTheLastChoice() {
        Scene s = Scene.leading();
        s.me.offset = 10_000_000;
        s.sibling(2).offset = 10_000_000 - 1000;
        assertThat(target(s, null).id().pod()).isEqualTo("r-2");
    }

    @Test
    void aSwitchoverGoesToTheWantedPodOrNowhere() {
        Scene s = Scene.leading();
        assertThat(target(s, "r-2").id().pod()).isEqualTo("r-2");
        s.sibling(2).linkUp = false;
        assertThat(target(s, "r-2")).isNull();
    }

    @Test
    void nobodyWhoIsStoppingTerminatingUnlistedOrNeverToLeadIsATarget() {
        Scene s = Scene.leading();
        s.present = List.of(new Pod(0).view(false, Set.of()), new Pod(1).view(true, Set.of()), new Pod(2).view(false, Set.of()));
        assertThat(target(s, null).id().pod()).isEqualTo("r-2");
        s.present = List.of(new Pod(0).view(false, Set.of()), new Pod(2).view(false, Set.of()));
        assertThat(target(s, "r-1")).as("its pod is gone").isNull();
        s.present = null;
        s.sibling(1).stopping = true;
        assertThat(target(s, "r-1")).isNull();
        s.sibling(1).stopping = false;
        s.sibling(1).priority = 0;
        assertThat(target(s, "r-1")).isNull();
        s.sibling(1).priority = 100;
        s.lease.members = ids(0, 2);
        assertThat(target(s, "r-1")).isNull();
    }

    // ---- starved (W4)

    @Test
    void aLeaderThatIsStarvedHasPromisesExtendedWithAnEarlyWrite() {
        Scene s = Scene.leading();
        s.patience = 5 * S;
        assertThat(s.decide()).isInstanceOfSatisfying(Decision.Renew.class, renew -> assertThat(renew.next().patience()).isEqualTo(5 * S));
        s.attempted = NOW - Failover.PACE + 1;
        assertThat(s.decide()).isNotInstanceOf(Decision.Renew.class);
    }

    @Test
    void aCandidateThatIsStarvedExtendsPromisesWithItsTake() {
        Scene s = Scene.released();
        s.patience = 10 * S;
        assertThat(s.decide()).isInstanceOfSatisfying(Take.class, take -> assertThat(take.next().patience()).isEqualTo(10 * S));
    }
}
