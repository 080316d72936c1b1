package io.redisha.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Scene.Lease;
import io.redisha.decide.Scene.Pod;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Rules B2, B4, C2, C3, C4 and C5. */
class ElectionTest {

    private final Lease lease = new Lease();
    private final Pod a = new Pod(0);
    private final Pod b = new Pod(2);

    private int compare(boolean byPriority) {
        int ab = Election.compare(a.state(), b.state(), lease.record(), byPriority);
        int ba = Election.compare(b.state(), a.state(), lease.record(), byPriority);
        assertThat(Integer.signum(ab)).as("asked the other way round").isEqualTo(-Integer.signum(ba)).isNotZero();
        return ab;
    }

    private void better(Pod pod) {
        assertThat(compare(false) > 0 ? a : b).isSameAs(pod);
    }

    private boolean fit(Pod pod) {
        return Election.fit(pod.state(), lease.record(), List.of(new Pod(1).state()));
    }

    @TestFactory
    List<DynamicTest> aMemberIsNoCandidate() {
        Map<String, Consumer<Pod>> because = Map.of(
                "whenItsServerIsDown", p -> p.running = false,
                "whenItIsStopping", p -> p.stopping = true,
                "whileItLoads", p -> p.loading = true,
                "whileAFullSyncIsInProgress", p -> p.syncing = true,
                "whenAFullSyncNeverFinished", p -> p.complete = false,
                "withReplicaPriorityZero", p -> p.priority = 0,
                "whenEmptyWhileTheReleaseHasData", p -> {
                    p.empty = true;
                    p.restored = true;
                },
                "withDataOfAnotherRelease", p -> p.dataset = "other");
        return because.entrySet().stream().map(why -> DynamicTest.dynamicTest(why.getKey(), () -> {
            Pod pod = new Pod(0);
            assertThat(fit(pod)).isTrue();
            why.getValue().accept(pod);
            assertThat(fit(pod)).isFalse();
        })).toList();
    }

    @Test
    void aPodThatIsNotOnTheMemberListIsNoCandidate() {
        assertThat(fit(new Pod(3))).isFalse();
    }

    @Test
    void aRecreatedPodOfAListedNameIsACandidate() {
        a.uid = "recreated";
        assertThat(fit(a)).isTrue();
    }

    @Test
    void anEmptyMemberLeadsOnlyWhenNobodyAndNoLeaseKnowsOfData() {
        a.empty = true;
        a.restored = true;
        lease.empty = true;
        assertThat(Election.fit(a.state(), lease.record(), List.of())).isTrue();
        assertThat(Election.fit(a.state(), lease.record(), List.of(b.state()))).as("a sibling holds data").isFalse();
        lease.empty = false;
        assertThat(Election.fit(a.state(), lease.record(), List.of())).as("the Lease knows of data").isFalse();
        assertThat(Election.fit(a.state(), null, List.of())).as("there is no Lease").isTrue();
    }

    /** Rule L3: the Lease is from a backup, and names a dataset that was lost since: what is in memory from a later leader is the release's. */
    @Test
    void anEmptyMemberDoesNotLeadBesideDataOfALaterTermThanALeaseFromABackup() {
        a.blank();
        a.complete = true;
        lease.empty = true;
        b.dataset = "later";
        b.term = Scene.TERM + 4;
        assertThat(Election.fit(a.state(), lease.record(), List.of(b.state()))).isFalse();
        b.restored = true;
        assertThat(Election.fit(a.state(), lease.record(), List.of(b.state()))).as("beside another release's volume").isTrue();
    }

    /** Rule B2: what is empty because its clients emptied it, and knows all that the last leader did. */
    @Test
    void aMemberThatWasEmptiedInSyncLeadsWithWhatNobodyElseCanHaveMissed() {
        a.empty = true;
        assertThat(emptied()).isTrue();
        assertThat(emptied(new Pod(1).fromDisk(Scene.TERM, 900))).as("on disk there is what it had before").isTrue();
        lease.inSync = List.of("r-1", "r-2");
        assertThat(emptied()).as("nobody has more").isTrue();
        assertThat(emptied(new Pod(1).fromDisk(Scene.TERM, 900))).as("that disk may have gone further, for all that the Lease knows").isFalse();
        lease.inSync = List.of("r-0", "r-1", "r-2");
        assertThat(emptied(new Pod(1).fromDisk(Scene.TERM, 1100))).as("that disk has gone further").isFalse();
        assertThat(emptied(new Pod(1).fromDisk(Scene.TERM + 1, 900))).as("of a later term").isFalse();
        b.offset = a.offset + 1;
        assertThat(emptied(b)).as("somebody has gone further").isFalse();
        b.replid = "B";
        assertThat(emptied(b)).as("on a history of its own").isTrue();
        b.term = Scene.TERM + 1;
        assertThat(emptied(b)).as("of a later term").isFalse();
        b.dataset = "another release's";
        b.restored = true;
        assertThat(emptied(b)).as("with a volume that is not this release's").isTrue();
    }

    @Test
    void whoHasSeenDeletedWhatAnotherWouldLeadWithLeadsInItsPlace() {
        a.empty = true;
        lease.offset = a.offset + 10;   // a tail that no replica has got
        b.offset = a.offset - 1;
        assertThat(emptied(b)).isTrue();
        Pod dead = new Pod(2).fromDisk(Scene.TERM, 1);
        dead.replid = "what its state file knows";
        assertThat(emptied(b, dead)).as("beside the disk of the leader that died with that tail").isTrue();
        b.offset = a.offset + 1;
        assertThat(emptied(b)).isFalse();
    }

    /** Or it would take the Lease and give it back for ever. */
    @Test
    void whoHasTakenTheLeaseForHavingSeenThatDeletedIsFitAlsoBeforeTheOthersHaveAnsweredAgain() {
        a.empty = true;
        lease.offset = a.offset + 10;
        assertThat(Election.stillFit(a.state(), lease.record(), List.of())).isTrue();
        a.restored = true;
        assertThat(Election.stillFit(a.state(), lease.record(), List.of())).as("its server was started anew").isFalse();
    }

    private boolean emptied(Pod... others) {
        return Election.fit(a.state(), lease.record(), java.util.Arrays.stream(others).map(Pod::state).toList());
    }

    @TestFactory
    List<DynamicTest> anEmptyMemberIsNoCandidate() {
        Map<String, Runnable> because = Map.of(
                "whenItsServerWasRestarted", () -> a.restored = true,
                "whenAFullSyncNeverFinished", () -> a.complete = false,
                "whenTheLeaseKnowsOfWhatItHasNotApplied", () -> lease.offset = a.offset + 1,
                "afterAFullSyncThatFailed", () -> a.offset = 1,
                "whenItDoesNotKnowTheLastTerm", () -> {
                    a.term = Scene.TERM - 1;
                    a.replid = "older";
                },
                "withDataOfAnotherRelease", () -> a.dataset = "other");
        return because.entrySet().stream().map(why -> DynamicTest.dynamicTest(why.getKey(), () -> {
            Pod before = new Pod(0);
            a.empty = true;
            a.restored = before.restored;
            a.complete = before.complete;
            a.term = before.term;
            a.replid = before.replid;
            a.dataset = before.dataset;
            a.offset = before.offset;
            lease.inSync = new Lease().inSync;
            lease.offset = new Lease().offset;
            assertThat(emptied()).isTrue();
            why.getValue().run();
            assertThat(emptied()).isFalse();
        })).toList();
    }

    @Test
    void onOneHistoryTheFurtherOneWinsAlsoIfItsClientsHaveEmptiedIt() {
        b.offset = a.offset + 1;
        b.empty = true;
        better(b);
        b.offset = a.offset;
        better(a);
        b.offset = a.offset + 1;
        b.restored = true;
        better(a);
    }

    @Test
    void theHighestOffsetOfOneHistoryWins() {
        b.offset = a.offset + 1;
        better(b);
        b.offset = a.offset - 1;
        better(a);
    }

    @Test
    void whoeverContinuedTheOthersHistoryIsAheadThoughItsOffsetIsLower() {
        a.replid = "B";
        a.replid2 = "A";
        a.second = 1001;
        a.offset = 1000;
        b.offset = 1000;
        better(a);
    }

    @Test
    void whoeverWentFurtherOnAnOldHistoryThanItsSuccessorHasDiverged() {
        b.replid = "B";
        b.replid2 = "A";
        b.second = 1001;
        b.offset = 1100;
        a.offset = 5000;
        lease.replid = "B";
        better(b);
        lease.replid = "A";
        better(a);
    }

    @Test
    void aLaterTermBeatsAnyOffsetOfAnotherHistory() {
        a.replid = "B";
        a.offset = 9999;
        b.term = a.term + 1;
        better(b);
    }

    @Test
    void amongHistoriesThatDivergedTheLeasesOwnIsPreferredToMoreBytes() {
        b.replid = "B";
        b.offset = 9999;
        better(a);
    }

    @Test
    void whatIsInMemoryBeatsWhatAStateFileSaysOfAnotherHistory() {
        lease.replid = "gone";
        a.fromDisk(a.term, 9999);
        a.replid = "random";
        better(b);
    }

    @Test
    void theLastHoldersDiskBeatsOtherDisksThoughItsStateFileIsBehind() {
        lease.lastHolder = "r-2";
        a.fromDisk(4, 2000);
        b.fromDisk(4, 900);
        better(b);
        b.fromDisk(3, 900);
        better(a);
    }

    @Test
    void theLastHoldersDiskDoesNotBeatWhatIsInMemory() {
        lease.lastHolder = "r-2";
        b.fromDisk(4, 900);
        better(a);
    }

    @Test
    void dataBeatsNoData() {
        a.empty = true;
        a.restored = true;
        a.offset = 9999;
        better(b);
    }

    @Test
    void atOneOffsetTheLowestPriorityValueWinsThenTheLowestOrdinal() {
        better(a);
        b.priority = 50;
        better(b);
    }

    @Test
    void candidateOrderPriorityComparesThePriorityBeforeTheOffset() {
        b.priority = 50;
        b.offset = 10;
        better(a);
        assertThat(compare(true)).isNegative();
    }

    @Test
    void onlyWhoWasInSyncAndKeptItsMemoryIsCurrent() {
        assertThat(Election.current(a.state(), lease.record())).isTrue();
        a.restored = true;
        assertThat(Election.current(a.state(), lease.record())).isFalse();
        lease.inSync = List.of("r-1");
        assertThat(Election.current(b.state(), lease.record())).isFalse();
    }

    /** Rule C5. */
    @Test
    void whatSomebodyCanHaveConfirmedIsKnownOnlyOfWhatItHasInMemory() {
        assertThat(covers()).isTrue();
        b.offset++;
        assertThat(covers()).as("it has more").isFalse();
        b.offset = 10;
        a.restored = true;
        assertThat(covers()).as("the own state file says too little, if anything").isTrue();
        a.torn = true;
        assertThat(covers()).as("unless an end was cut off").isFalse();
        a.torn = false;
        b.restored = true;
        assertThat(covers()).as("the other's may, too").isFalse();
        b.blank();
        assertThat(covers()).as("the Lease says that it had something").isFalse();
        lease.inSync = List.of("r-0", "r-1");
        assertThat(covers()).as("it never had anything").isTrue();
    }

    @Test
    void whoeverCameToALaterLeaderHasAllThatWasConfirmedBeforeThatOneLed() {
        b.replid = "B";
        assertThat(covers()).isFalse();
        b.term--;
        b.offset = 99_999;
        assertThat(covers()).isTrue();
    }

    private boolean covers() {
        return Election.covers(a.state(), b.state(), lease.record());
    }
}
