package io.redisha.loop;

import static io.redisha.decide.Scene.MS;
import static io.redisha.decide.Scene.S;
import static io.redisha.decide.Scene.TERM;
import static io.redisha.decide.Scene.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Policy;
import io.redisha.decide.Scene.Lease;
import io.redisha.decide.Scene.Pod;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseRecord.Kills;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Misconf;
import io.redisha.model.Mode;
import io.redisha.model.Pulse;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerView;
import io.redisha.model.Term;
import io.redisha.model.Timings;
import io.redisha.model.Vote;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.api.Timeout;

/** One member, r-0, among fakes: in which order it acts, and what it makes of answers that are late, unknown or missing. */
class MemberTest {

    private static final long H = TIMINGS.memberTimeout();

    private long now = 1000 * S;
    /** Answers on their way to the loop. */
    private final Deque<Runnable> inbox = new ArrayDeque<>();
    /** What the member did, in order. */
    private final List<String> acts = new ArrayList<>();
    private final List<String> outcomes = new ArrayList<>();
    private final List<String> noted = new ArrayList<>();
    /** To the state file. */
    private final List<Data> saved = new ArrayList<>();
    private Long silentSince;
    private boolean work;
    private final Pod me = new Pod(0).fromDisk(TERM, 1000);
    private final Pod one = new Pod(1).follows(0);
    private final Pod two = new Pod(2).follows(0);
    /** Not in the Lease; not running. */
    private final Pod three = new Pod(3).follows(0);

    {
        three.running = false;
    }

    private LeaseRecord lease = handedToMe();
    private int version = 1;
    private boolean apiDown;
    /** What every write of the Lease is refused with. */
    private String refusal;
    /** Why the Lease can't be used, as somebody has edited it; the next write mends that. */
    private String unusable;
    /** Requests for the Lease. */
    private int asked;
    private boolean pauseFails;
    private boolean promotionIsUnanswered;
    private boolean obeysNot;
    /** Siblings vote. */
    private boolean votes = true;
    /** Answers that are held back: of writes, fences, promotions, heartbeats. */
    private Deque<Runnable> heldWrites;
    private Deque<Runnable> heldFences;
    private Deque<Runnable> heldPromotions;
    /** What the last promotion asks before it is sent. */
    private BooleanSupplier mayBePromoted;
    private Deque<Runnable> heldReplies;
    private Deque<Runnable> heldAnswers;
    /** Questions for a sibling's state. */
    private int questions;
    private Deque<Runnable> heldRemoteFences;
    /** By how much others were still bound when the server was fenced, ns. */
    private long spare;

    private final Gate gate = new Gate();
    private final Member member = new Member(new Member.Self(me.identity(), Pod.address(0), true), new Policy(TIMINGS, 3, true, false, false, 0),
            new Member.Ports(new Leases(), new Siblings(), new Redis(), new Outside(), new Written(), new Disk()), gate, () -> now,
            () -> Instant.ofEpochSecond(0, now));

    private static LeaseRecord handedToMe() {
        Lease released = new Lease();
        released.holder = null;
        released.preferred = "r-0";
        released.lastHolder = "r-0";
        return released.record();
    }

    private void answer(Deque<Runnable> held, Runnable answer) {
        (held != null ? held : inbox).add(answer);
    }

    private void drain() {
        while (!inbox.isEmpty()) {
            inbox.poll().run();
        }
    }

    private void pass(long duration) {
        for (long until = now + duration; now < until; ) {
            now += 100 * MS;
            look();
            member.tick();
            drain();
        }
    }

    private void passUntil(BooleanSupplier seen) {
        for (int i = 0; i < 100 && !seen.getAsBoolean(); i++) {
            pass(100 * MS);
        }
        assertThat(seen.getAsBoolean()).as("within 10 s; so far %s", acts).isTrue();
    }

    private void look() {
        member.onServer(me.running ? new ServerView(true, me.server(), now) : ServerView.DEAD);
    }

    private void leads() {
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(S);
        assertThat(acts).containsSubsequence("take 5", "promote", "publish master");
        assertThat(member.snapshot().self().open()).isTrue();
        acts.clear();
    }

    /** Rule M4: what was right in an earlier term, when no replica could follow, may be wrong now. */
    @Test
    void aServerThatIsPromotedAgainNeedsAReplicaAgain() {
        me.minReplicas = 0;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(S);
        assertThat(acts).containsSubsequence("take 5", "limit 1", "promote", "publish master");
    }

    private Heartbeat beatOf(Pod leader, long term) {
        return new Heartbeat(leader.identity(), Pod.address(leader.ordinal), term, 1, true, "set", null, true);
    }

    private void switchover(String to) {
        member.onSwitchover(to, why -> outcomes.add(why == null ? "done" : why));
        drain();
    }

    private static Identity stranger() {
        return new Identity("r-1", "u1", "another");
    }

    private LeaseRecord heldBy(Identity holder, long term) {
        return new LeaseRecord(holder, term, lease.mode(), lease.members(), lease.datasetId(), lease.replid(), lease.offset(), lease.empty(), lease.inSync(),
                lease.lastHolder(), null, Instant.EPOCH);
    }

    private LeaseRecord openedBy(Pod leader, long term) {
        LeaseRecord held = heldBy(leader.identity(), term);
        return new LeaseRecord(held.holder(), term, held.mode(), held.members(), held.datasetId(), held.replid(), held.offset(), held.empty(), held.inSync(),
                leader.id().pod(), null, Instant.EPOCH);
    }

    // ---- following

    @Test
    void aReplicaThatIsLinkedButNotOnTheLeadersHistoryLinksAnew() {
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        me.master = Pod.address(1);
        me.linkUp = true;
        me.replid = "old";
        for (int i = 0; i < 8; i++) {
            Heartbeat beat = beatOf(one, 6);
            member.onHeartbeat(new Heartbeat(beat.leader(), beat.redis(), 6, i, true, "set", "new", true));
            pass(200 * MS);
            if (i == 3) {
                assertThat(member.snapshot().unready()).contains("not on its history");
                assertThat(acts).doesNotContain("follow " + Address.DEAD);
                acts.clear();
            }
        }
        assertThat(acts).containsSubsequence("follow " + Address.DEAD, "follow " + Pod.address(1));
    }

    /** Simulation seed 1,419: a replica that lacks the deletion led in its place. */
    @Test
    void aReplicaThatHasAppliedTheDeletionOfTheLastKeyHasThatStillWhenItFollowsAnew() {
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        me.master = Pod.address(1);
        me.linkUp = true;
        me.empty = true;
        Heartbeat beat = beatOf(one, 6);
        member.onHeartbeat(new Heartbeat(beat.leader(), beat.redis(), 6, 1, true, "set", me.replid, true));
        pass(300 * MS);
        assertThat(member.snapshot().self().data().complete()).isTrue();
        me.linkUp = false;
        me.master = Address.DEAD;
        member.onHeartbeat(new Heartbeat(two.identity(), Pod.address(2), 7, 2, true, "set", me.replid, true));
        pass(300 * MS);
        assertThat(acts).contains("follow " + Pod.address(2));
        assertThat(member.snapshot().self().data().complete()).isTrue();
        assertThat(member.snapshot().self().data().restored()).isFalse();
    }

    @Test
    void anAnswerThatALaterOneHasOvertakenSaysNothingAnyMore() {
        lease = heldBy(one.identity(), 6);
        one.running = false;
        heldAnswers = new ArrayDeque<>();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        passUntil(() -> !heldAnswers.isEmpty());
        Runnable late = heldAnswers.poll();
        heldAnswers.clear();
        two.offset = 3_000;
        passUntil(() -> !heldAnswers.isEmpty());
        heldAnswers.poll().run();
        two.offset = 2_000;
        late.run();
        pass(100 * MS);
        assertThat(member.snapshot().siblings()).filteredOn(s -> s.state().id().pod().equals("r-2")).singleElement()
                .extracting(s -> s.state().server().offset()).isEqualTo(3_000L);
    }

    /** Finding D: its server was a replica all the time. */
    @Test
    void aLeaderWhoseServerDiesBeforeItHasOpenedIsNotSaidToHaveBeenTheMaster() {
        heldPromotions = new ArrayDeque<>();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        passUntil(() -> !heldPromotions.isEmpty());
        me.running = false;
        pass(S);
        assertThat(acts).contains("release 5").doesNotContain("publish master");
        assertThat(noted).contains("DEPOSED leads no longer").noneMatch(line -> line.startsWith("DEMOTED"));
    }

    // ---- starved (W4)

    /** Heartbeats are further apart then, and so are their replies. */
    @Test
    void aLeaderWhoseMembersPromiseMoreMissesNobodyBetweenTwoHeartbeats() {
        leads();
        for (int i = 0; i < 5; i++) {
            tick(1_200 * MS);
        }
        assertThat(lease.patience()).isEqualTo(10 * S);
        for (int i = 0; i < 100; i++) {
            tick(105 * MS);
            assertThat(lease.mode()).as("tick %d", i).isEqualTo(Mode.MEMBERS);
            assertThat(lease.inSync()).as("tick %d", i).containsExactly("r-0", "r-1", "r-2");
        }
        switchover(null);
        assertThat(acts).contains("pause");
    }

    @Test
    void aPromotionThatEndsAfterItsTimeIsFenced() {
        heldPromotions = new ArrayDeque<>();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        passUntil(() -> !heldPromotions.isEmpty());
        now += 10 * S;
        heldPromotions.poll().run();
        assertThat(acts).contains("fence").doesNotContain("publish master");
    }

    @Test
    void aFenceHasAPartOfWhatMembersPromiseMore() {
        leads();
        for (int i = 0; i < 5; i++) {
            tick(1_200 * MS);
        }
        pass(2 * S);
        assertThat(member.snapshot().self().open()).isTrue();
        isAlone();
        assertThat(spare).isBetween(500 * MS, Timings.FENCE_PART);
    }

    @Test
    void aFenceIsAtOnceWhenAnotherLeadsWhateverMembersPromised() {
        leads();
        for (int i = 0; i < 5; i++) {
            tick(1_200 * MS);
        }
        pass(2 * S);
        member.onHeartbeat(beatOf(one, 6));
        assertThat(acts).contains("fence");
        assertThat(spare).isLessThanOrEqualTo(0);
    }

    @Test
    void aFenceIsAtOnceWhereNobodyPromisedMore() {
        leads();
        isAlone();
        assertThat(spare).isLessThanOrEqualTo(0);
    }

    private void isAlone() {
        apiDown = true;
        one.running = false;
        two.running = false;
        acts.clear();
        passUntil(() -> acts.contains("fence"));
    }

    private void tick(long later) {
        now += later;
        look();
        member.tick();
        drain();
    }

    // ---- what a person should know

    /** Rule V7: it has another UID than the member of its name, and the only one that could vouch for it does not. */
    @Test
    void aWaitForVotesThatLastsIsToldOfAsAnyOther() {
        Lease named = new Lease();
        named.members = List.of(new MemberId("r-0", "before"), one.id(), two.id());
        lease = named.record();
        one.running = false;
        votes = false;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(50 * S);
        assertThat(noted).noneMatch(line -> line.startsWith("NO_MASTER"));
        pass(20 * S);
        assertThat(noted).filteredOn(line -> line.startsWith("NO_MASTER")).containsExactly("NO_MASTER waiting for votes of members that the Lease names");
        assertThat(acts).doesNotContain("promote");
    }

    /** Rule C4: nobody leads all the while, whatever is waited for. */
    @Test
    void aBetterCandidateThatDoesNotLeadIsWaitedForLikeAnythingElse() {
        Lease released = new Lease();
        released.holder = null;
        lease = released.record();
        one.fromDisk(TERM, 3000).loading = true;
        two.fromDisk(TERM, 2000);
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(56 * S);
        assertThat(noted).contains("WAITING waiting for r-1, which loads its data");
        one.running = false;
        pass(7 * S);
        assertThat(acts).doesNotContain("promote");
        assertThat(noted).filteredOn(line -> line.startsWith("NO_MASTER")).containsExactly("NO_MASTER r-2 is the better candidate");
    }

    /** Findings R16, R22: it makes the pod unready for nobody, who may still read. */
    @Test
    void aMasterThatRefusesWritesForAFullDiskIsReadyAndAProblemInWords() {
        leads();
        assertThat(member.snapshot().problems()).isEmpty();
        me.misconf = Misconf.AOF;
        pass(2 * S);
        assertThat(member.snapshot().problems()).singleElement().asString().startsWith("r-0: its AOF can't be written").endsWith("Redis refuses writes until there is room");
        assertThat(member.snapshot().ready()).isTrue();
        assertThat(noted).filteredOn(line -> line.startsWith("CANNOT_SAVE")).hasSize(1);
        me.misconf = Misconf.NONE;
        pass(200 * MS);
        assertThat(member.snapshot().problems()).isEmpty();
    }

    /** Finding R22, rule M4. */
    @Test
    void aMasterThatRefusesWritesForWantOfAReplicaIsAProblemInWords() {
        leads();
        me.goodReplicas = 0;
        pass(4 * S);
        assertThat(member.snapshot().problems()).as("a new master's replicas need a moment").isEmpty();
        pass(2 * S);
        assertThat(member.snapshot().problems()).containsExactly("r-0: writes are refused: no replica is in sync (NOREPLICAS)");
        assertThat(noted).containsOnlyOnce("WRITES_REFUSED no replica is in sync (NOREPLICAS)");
        me.goodReplicas = 1;
        pass(200 * MS);
        assertThat(member.snapshot().problems()).isEmpty();
    }

    /** Rule M8 has its own words for it. */
    @Test
    void withALimitToLossesMissingReplicasAreToldOnce() {
        Member limited = new Member(new Member.Self(me.identity(), Pod.address(0), true), new Policy(TIMINGS, 3, true, false, false, S),
                new Member.Ports(new Leases(), new Siblings(), new Redis(), new Outside(), new Written(), new Disk()), new Gate(), () -> now, () -> Instant.ofEpochSecond(0, now));
        me.role = Role.MASTER;
        me.goodReplicas = 0;
        for (int i = 0; i < 100; i++) {
            now += 100 * MS;
            limited.onServer(new ServerView(true, me.server(), now));
        }
        assertThat(noted).noneMatch(line -> line.contains("NOREPLICAS"));
    }

    /** Finding R22. */
    @Test
    void thatTheServerWasKilledForItsMemoryIsAProblemForTenMinutes() {
        leads();
        member.onServer(new ServerView(false, null, 0, null, "signal 9: the container's memory limit was reached (oom_kill 1)"));
        pass(60 * S);
        assertThat(member.snapshot().problems()).contains("r-0: its last server ended by signal 9: the container's memory limit was reached (oom_kill 1)");
        pass(541 * S);
        assertThat(member.snapshot().problems()).noneMatch(problem -> problem.contains("memory"));
    }

    /** Rules H7 and V9: it would be read-only, and nobody could lead. */
    @Test
    void aMasterThatCannotSaveHandsOverOnceSomebodyCouldTakeTheLease() {
        leads();
        me.misconf = Misconf.AOF;
        apiDown = true;
        pass(30 * S);
        assertThat(acts).doesNotContain("pause", "fence");
        apiDown = false;
        refusal = "no right";
        pass(30 * S);
        assertThat(acts).doesNotContain("pause", "fence");
        refusal = null;
        pass(10 * S);
        assertThat(acts).contains("pause");
    }

    // ---- files that the server can't load (D1)

    /** It follows r-1, and its server is down, as it can't load its files. */
    private void cannotLoad() {
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        me.running = false;
        pass(S);
        member.onHeartbeat(permits(beatOf(one, 6), "r-0"));
        pass(100 * MS);
        saved.clear();
    }

    private static Heartbeat permits(Heartbeat beat, String pod) {
        return new Heartbeat(beat.leader(), beat.redis(), beat.term(), beat.sequence(), beat.open(), beat.datasetId(), beat.replid(), beat.counted(), 0, pod);
    }

    /** Rule D1: one at a time. */
    @Test
    void asksTheLeaderBeforeItBeginsAnewUntilItHasACopy() {
        cannotLoad();
        assertThat(member.onHeartbeat(permits(beatOf(one, 6), "r-2")).anew()).isFalse();
        refusesToBeginAnew();
        assertThat(member.onHeartbeat(permits(beatOf(one, 6), null)).anew()).isTrue();
        refusesToBeginAnew();
        assertThat(member.onHeartbeat(permits(beatOf(one, 6), "r-0")).anew()).isTrue();
        assertThat(member.mayBeginAnew(true)).isTrue();
        me.running = true;
        me.syncing = true;
        look();
        assertThat(member.onHeartbeat(beatOf(one, 6)).anew()).as("its copy is on its way").isTrue();
        me.syncing = false;
        me.follows(1);
        look();
        assertThat(member.onHeartbeat(beatOf(one, 6)).anew()).isFalse();
    }

    @Test
    void beginsAnewWhenALeaderOfItsDataIsHeard() {
        cannotLoad();
        assertThat(member.mayBeginAnew(false)).isTrue();
        assertThat(member.snapshot().self().data().complete()).as("only asked").isTrue();
        assertThat(saved).isEmpty();
        assertThat(member.isWhole()).isTrue();

        assertThat(member.mayBeginAnew(true)).isTrue();

        assertThat(member.isWhole()).isFalse();

        assertThat(saved).singleElement().satisfies(data -> {
            assertThat(data.complete()).isFalse();
            assertThat(data.datasetId()).isEqualTo("set");
            assertThat(data.term()).as("which it has seen").isEqualTo(TERM);
        });
        pass(5 * S);
        assertThat(saved).as("whatever is saved later").allMatch(data -> !data.complete());
    }

    @Test
    void doesNotBeginAnewWithoutALeader() {
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        me.running = false;
        pass(S);
        refusesToBeginAnew();
    }

    @Test
    void doesNotBeginAnewWithALeaderThatIsNoLongerHeard() {
        cannotLoad();
        now += TIMINGS.promise() + S;
        refusesToBeginAnew();
    }

    @Test
    void doesNotBeginAnewWithALeaderThatIsNotOpenYet() {
        cannotLoad();
        Heartbeat beat = beatOf(one, 6);
        member.onHeartbeat(permits(new Heartbeat(beat.leader(), beat.redis(), 6, 2, false, "set", null, true), "r-0"));
        refusesToBeginAnew();
    }

    @Test
    void doesNotBeginAnewWithALeaderOfOtherData() {
        cannotLoad();
        Heartbeat beat = beatOf(one, 6);
        member.onHeartbeat(permits(new Heartbeat(beat.leader(), beat.redis(), 6, 2, true, "other", null, true), "r-0"));
        refusesToBeginAnew();
    }

    @Test
    void doesNotBeginAnewWhileItsServerAnswers() {
        cannotLoad();
        me.running = true;
        look();
        refusesToBeginAnew();
    }

    @Test
    void doesNotBeginAnewWhileItStops() {
        cannotLoad();
        member.onStop(() -> { });
        refusesToBeginAnew();
    }

    @Test
    void doesNotBeginAnewWhileItLeads() {
        leads();
        saved.clear();
        assertThat(member.mayBeginAnew(true)).isFalse();
        me.running = false;
        look();
        refusesToBeginAnew();
    }

    private void refusesToBeginAnew() {
        saved.clear();
        assertThat(member.mayBeginAnew(false)).isFalse();
        assertThat(member.mayBeginAnew(true)).isFalse();
        assertThat(saved).isEmpty();
        assertThat(member.snapshot().self().data().complete()).isTrue();
    }

    // ---- handover (H2, H3, H4, L8)

    @Test
    void aHandoverPausesThenFencesThenUnpausesThenReleases() {
        leads();
        switchover(null);
        assertThat(acts).containsSubsequence("pause", "fence keeping clients", "unpause", "release 5 to r-1");
        assertThat(outcomes).as("not done before the successor accepts writes").isEmpty();
        member.onHeartbeat(beatOf(one, 6));
        assertThat(outcomes).containsExactly("done");
    }

    /** Rule B2: the last key has gone since the last renewal, and the replicas know it. */
    @Test
    void theReleasedLeaseSaysWhatTheFencedServerHolds() {
        leads();
        pass(S);
        assertThat(lease.empty()).isFalse();
        heldFences = new ArrayDeque<>();
        switchover(null);
        me.empty = true;
        me.offset += 500;
        heldFences.poll().run();
        drain();
        assertThat(lease.holder()).isNull();
        assertThat(lease.empty()).isTrue();
        assertThat(lease.offset()).isEqualTo(me.offset);
        assertThat(lease.inSync()).contains("r-1");
    }

    @Test
    void aLeaderThatStopsWithoutATargetReleasesWithWhatItsServerHolds() {
        leads();
        one.linkUp = false;
        two.linkUp = false;
        pass(300 * MS);
        me.empty = true;
        member.onStop(() -> acts.add("server may stop"));
        pass(TIMINGS.handover() + S);
        assertThat(acts).contains("server may stop");
        assertThat(lease.holder()).isNull();
        assertThat(lease.empty()).isTrue();
    }

    @Test
    void aHandoverReleasesNothingBeforeTheFenceIsDone() {
        leads();
        heldFences = new ArrayDeque<>();
        switchover(null);
        pass(300 * MS);
        assertThat(acts).contains("fence keeping clients").doesNotContain("unpause", "release 5 to r-1");
        heldFences.poll().run();
        drain();
        assertThat(acts).containsSubsequence("fence keeping clients", "unpause", "release 5 to r-1");
    }

    @Test
    void aHandoverWaitsForTheTargetsOffset() {
        leads();
        one.offset = me.offset - 1;
        member.onSwitchover("r-1", why -> { });
        for (int i = 0; i < 20; i++) {
            inbox.poll().run();
        }
        assertThat(acts).containsExactly("pause");
        one.offset = me.offset;
        drain();
        assertThat(acts).contains("release 5 to r-1");
    }

    @Test
    void aHandoverThatFailsUnpausesAndStaysMaster() {
        leads();
        pauseFails = true;
        switchover(null);
        staysMaster();
        assertThat(outcomes).containsExactly("the server did not pause");
    }

    @Test
    void aHandoverWhoseTargetVanishesUnpausesAndStaysMaster() {
        leads();
        one.offset = 0;
        member.onSwitchover("r-1", why -> outcomes.add(why));
        inbox.poll().run();
        one.running = false;   // no answer any more
        drain();
        assertThat(outcomes).isEmpty();
        pass(TIMINGS.handover() + 200 * MS);
        staysMaster();
        assertThat(outcomes).containsExactly("r-1 did not catch up in time");
    }

    private void staysMaster() {
        pass(S);
        assertThat(acts).contains("unpause").doesNotContain("fence", "fence keeping clients");
        assertThat(member.snapshot().self().open()).isTrue();
        assertThat(lease.holder()).isEqualTo(me.identity());
    }

    @Test
    void aSwitchoverGoesToTheNamedPod() {
        leads();
        switchover("r-2");
        assertThat(lease.preferred()).isEqualTo("r-2");
        assertThat(lease.holder()).isNull();
    }

    @Test
    void aSwitchoverThatCannotBeSaysWhy() {
        switchover(null);
        leads();
        switchover("r-9");
        two.linkUp = false;
        pass(300 * MS);
        switchover("r-2");
        assertThat(outcomes).containsExactly("this pod is not the master", "r-9 is not a replica in sync", "r-2 is not a replica in sync");
        assertThat(acts).doesNotContain("pause");
    }

    /** Finding R10: 4,800 questions a second went to a target that was behind. */
    @Test
    void aHandoverAsksItsTargetOneQuestionAtATime() {
        leads();
        heldAnswers = new ArrayDeque<>();
        questions = 0;
        switchover("r-1");
        pass(500 * MS);
        assertThat(questions).as("the first is not answered yet").isEqualTo(1);
        pass(300 * MS);
        assertThat(questions).as("nor will it be").isEqualTo(2);
        one.offset = me.offset - 1;
        heldAnswers.poll().run();
        assertThat(questions).as("the answer to the first does not end the wait for that to the second").isEqualTo(2);
        heldAnswers.poll().run();
        assertThat(questions).isEqualTo(3);
    }

    @Test
    void aHandoverAsksATargetThatStaysBehindTenTimesASecond() {
        leads();
        questions = 0;
        one.offset = me.offset - 1;
        switchover("r-1");
        int eager = questions;
        pass(S);
        assertThat(eager).as("while it may be a matter of milliseconds").isBetween(100, 300);
        assertThat(questions - eager).isBetween(8, 12);
    }

    /** Finding R10. */
    @Test
    void anAnswerThatComesAfterTheDeadlineOfAHandoverCountsForNothing() {
        leads();
        heldAnswers = new ArrayDeque<>();
        switchover("r-1");
        pass(TIMINGS.handover() - 100 * MS);
        now += 150 * MS;
        heldAnswers.forEach(Runnable::run);
        drain();
        assertThat(acts).doesNotContain("fence keeping clients");
        pass(200 * MS);
        assertThat(outcomes).containsExactly("r-1 did not catch up in time");
        assertThat(member.snapshot().self().open()).as("still the master").isTrue();
    }

    @Test
    void aStoppingLeaderHandsOverBeforeItsServerMayStop() {
        leads();
        member.onStop(() -> acts.add("server may stop"));
        pass(S);
        assertThat(acts).containsSubsequence("pause", "fence keeping clients", "release 5 to r-1", "server may stop");
    }

    @Test
    void aStoppingLeaderWithoutATargetFencesAndReleasesWithinItsBudget() {
        leads();
        one.linkUp = false;
        two.linkUp = false;
        pass(300 * MS);
        member.onStop(() -> acts.add("server may stop"));
        pass(S);
        assertThat(acts).as("somebody may still get in sync").doesNotContain("stop writes");
        pass(TIMINGS.handover());
        assertThat(acts).containsSubsequence("stop writes", "server may stop").contains("release 5").doesNotContain("fence");
    }

    @Test
    void aStoppingLeaderThatIsAloneReleasesBeforeItsServerMayStop() {
        leads();
        one.running = false;
        two.running = false;
        pass(S);
        member.onStop(() -> acts.add("server may stop"));
        pass(S);
        assertThat(acts).containsSubsequence("stop writes", "release 5", "server may stop").doesNotContain("fence");
    }

    /** A kill would cost the last save, and its disk, older than the replicas', would win when the release starts again. */
    @Test
    void aStoppingLeaderIsNotKilledForBeingTooSlowToStopItsWrites() {
        leads();
        stopsSlowlyAndAlone();
        pass(TIMINGS.handover() - 200 * MS);
        assertThat(acts).contains("stop writes").doesNotContain("server may stop");
        pass(500 * MS);
        assertThat(acts).as("it saves when it is told to end").contains("server may stop");
        one.running = false;
        two.running = false;
        pass(60 * S);
        assertThat(acts).doesNotContain("fence", "kill", "release 5");
        assertThat(gate.lapsed(now)).as("the API alone confirms it").isFalse();
        assertThat(lease.holder()).as("it may accept writes still").isEqualTo(me.identity());
        me.running = false;
        look();
        assertThat(acts).contains("release 5");
    }

    @Test
    void aStoppingLeaderWhoseServerObeysAtLastReleasesBeforeItsServerMayStop() {
        leads();
        stopsSlowlyAndAlone();
        pass(2 * S);
        assertThat(acts).doesNotContain("release 5", "server may stop");
        obeysNot = false;
        pass(S);
        assertThat(acts).containsSubsequence("stop writes", "release 5", "server may stop").doesNotContain("fence");
    }

    @Test
    void aStoppingLeaderThatNobodyConfirmsIsFencedAllTheSame() {
        leads();
        stopsSlowlyAndAlone();
        apiDown = true;
        one.running = false;
        two.running = false;
        pass(H + 200 * MS);
        assertThat(acts).contains("fence");
    }

    private void stopsSlowlyAndAlone() {
        one.stopping = true;
        two.stopping = true;
        pass(300 * MS);
        obeysNot = true;
        member.onStop(() -> acts.add("server may stop"));
        pass(100 * MS);
    }

    @Test
    void aStoppingReplicaWaitsForNothing() {
        member.onHeartbeat(beatOf(one, 5));
        member.onStop(() -> acts.add("server may stop"));
        assertThat(acts).contains("server may stop");
    }

    // ---- losing the term (M5, V6, V8, L2, L10)

    @Test
    void theDeathOfItsServerReleasesTheLeaseAtOnce() {
        leads();
        me.running = false;
        look();
        assertThat(acts).contains("release 5").doesNotContain("fence");
        assertThat(gate.lapsed(Long.MAX_VALUE)).as("nothing left to fence").isFalse();
    }

    @Test
    void aHeartbeatOfAHigherTermFencesBeforeItIsAcknowledged() {
        leads();
        heldFences = new ArrayDeque<>();
        assertThat(member.onHeartbeat(beatOf(one, 6)).accepted()).isFalse();
        assertThat(acts).contains("fence");
        assertThat(member.onHeartbeat(beatOf(one, 6)).accepted()).as("the fence is not done").isFalse();
        heldFences.poll().run();
        assertThat(member.onHeartbeat(beatOf(one, 6)).accepted()).isTrue();
    }

    @Test
    void lateAcknowledgementsDoNotTakeAFenceUnderWayBack() {
        leads();
        heldReplies = new ArrayDeque<>();
        pass(300 * MS);
        heldFences = new ArrayDeque<>();
        member.onHeartbeat(beatOf(one, 6));
        assertThat(acts).endsWith("fence");
        assertThat(heldReplies).isNotEmpty();
        heldReplies.forEach(Runnable::run);
        assertThat(gate.lapsed(now)).as("the watchdog fences, should the loop's own fence be stuck").isTrue();
    }

    @Test
    void aRenewalThatIsAnsweredLateDoesNotTakeAFenceUnderWayBack() {
        leads();
        heldWrites = new ArrayDeque<>();
        passUntil(() -> !heldWrites.isEmpty());
        heldFences = new ArrayDeque<>();
        member.onHeartbeat(beatOf(one, 6));
        assertThat(acts).endsWith("fence");
        heldWrites.poll().run();
        assertThat(gate.lapsed(now)).isTrue();
    }

    @Test
    void aHeartbeatOfALowerTermIsRefused() {
        leads();
        assertThat(member.onHeartbeat(beatOf(one, 4)).accepted()).isFalse();
        assertThat(acts).doesNotContain("fence");
    }

    @Test
    void aLeaderVotesOnlyAfterItHasFenced() {
        leads();
        assertThat(member.onVote(new Vote(one.identity(), 9)).granted()).isFalse();
        heldFences = new ArrayDeque<>();
        member.onFenced();
        assertThat(member.onVote(new Vote(one.identity(), 9)).granted()).isFalse();
        heldFences.poll().run();
        assertThat(member.onVote(new Vote(one.identity(), 9)).granted()).isTrue();
    }

    /** Rule V8: it was deleted by force, and does not know it. */
    @Test
    void aMemberGivesNoVoteToAPodWhoseNameAnotherHas() {
        readsALease(0);
        now += TIMINGS.promise();
        Pod another = new Pod(1);
        another.uid = "another";
        member.onPods(List.of(me.view(false, Set.of()), another.view(false, Set.of()), two.view(false, Set.of())));
        assertThat(member.onVote(new Vote(one.identity(), 6)).granted()).isFalse();
        assertThat(member.onVote(new Vote(another.identity(), 6)).granted()).isTrue();
    }

    /** Of another's, and {@code patience} is by how many ns longer it may have promises be. */
    private void readsALease(long patience) {
        lease = heldBy(one.identity(), 5).patience(patience);
        member.tick();
        drain();
    }

    @Test
    void aMemberThatAcceptedAHeartbeatVotesAgainOnlyWhenItsPromiseHasRunOut() {
        readsALease(0);
        member.onHeartbeat(beatOf(one, 5));
        now += TIMINGS.promise() - 1;
        assertThat(member.onVote(new Vote(two.identity(), 6)).granted()).isFalse();
        now += 1;
        assertThat(member.onVote(new Vote(two.identity(), 6)).granted()).isTrue();
        assertThat(member.onHeartbeat(beatOf(one, 5)).accepted()).as("having voted it answers the old leader no more").isFalse();
    }

    // ---- detaching (V6)

    private void followsOneUntilItFallsSilent() {
        readsALease(0);
        pass(TIMINGS.promise());
        member.onHeartbeat(beatOf(one, 5));
        pass(100 * MS);
        assertThat(acts).contains("follow " + Pod.address(1));
        now += TIMINGS.promise();
    }

    private boolean acknowledges(Pod leader, long term) {
        boolean accepted = member.onHeartbeat(new Heartbeat(leader.identity(), Pod.address(leader.ordinal), term, 1, false, "set", null, true)).accepted();
        drain();
        return accepted;
    }

    /** That one's server may go on without its agent, and have its writes confirmed by this replica. */
    @Test
    void aVoterLetsItsServerGoOfTheSilentLeaderAndAcknowledgesTheNextOnlyThen() {
        followsOneUntilItFallsSilent();
        heldFences = new ArrayDeque<>();
        assertThat(member.onVote(new Vote(two.identity(), 6)).granted()).isTrue();
        assertThat(acknowledges(two, 6)).isFalse();
        heldFences.poll().run();
        assertThat(acknowledges(two, 6)).isTrue();
        assertThat(acts).containsOnlyOnce("detach");
    }

    @Test
    void aMemberThatDidNotVoteDetachesBeforeItAcknowledgesANewLeader() {
        followsOneUntilItFallsSilent();
        assertThat(acknowledges(two, 6)).isFalse();
        assertThat(acknowledges(two, 6)).isTrue();
    }

    @Test
    void aServerThatDoesNotLetGoIsToldAgainAndIsNotCountedMeanwhile() {
        followsOneUntilItFallsSilent();
        obeysNot = true;
        assertThat(acknowledges(two, 6)).isFalse();
        assertThat(acknowledges(two, 6)).isFalse();
        obeysNot = false;
        assertThat(acknowledges(two, 6)).isFalse();
        assertThat(acknowledges(two, 6)).isTrue();
    }

    @Test
    void whatWasSaidOfAServerBeforeItWasToldToFollowAgainDoesNotCount() {
        followsOneUntilItFallsSilent();
        heldFences = new ArrayDeque<>();
        assertThat(acknowledges(two, 6)).isFalse();
        me.master = Address.DEAD;
        look();
        member.onHeartbeat(beatOf(two, 6));
        pass(600 * MS);
        assertThat(acts).contains("follow " + Pod.address(2));
        heldFences.poll().run();
        assertThat(acknowledges(one, 7)).as("its server follows the leader of term 6").isFalse();
    }

    /** It has fenced its server, or that is dead (L8). */
    @Test
    void whoHasReadThatTheLeaderLetGoOfTheLeaseNeedNotDetach() {
        followsOneUntilItFallsSilent();
        member.onTold(new LeaseView.Present(heldBy(null, 5), "9"));
        assertThat(acknowledges(two, 6)).isTrue();
        assertThat(acts).doesNotContain("detach");
    }

    /** Rule B6: a pod of another release may get it, and a server connects again by itself. */
    @Test
    void aServerLetsGoOfASilentLeadersAddressWhenNoPodOfTheReleaseHasIt() {
        followsOneUntilItFallsSilent();
        member.tick();
        drain();
        assertThat(acts).doesNotContain("detach");
        member.onPods(List.of(me.view(false, Set.of()), two.view(false, Set.of())));
        member.tick();
        drain();
        assertThat(acts).containsOnlyOnce("detach");
        look();
        member.tick();
        drain();
        assertThat(acts).as("it has").containsOnlyOnce("detach");
    }

    /** That one may never have opened, and this server still copy the one before it. */
    @Test
    void aReleaseByALaterLeaderDoesNotFreeAServerThatCopiesTheOneBeforeIt() {
        followsOneUntilItFallsSilent();
        member.onTold(new LeaseView.Present(heldBy(null, 6), "9"));
        assertThat(acknowledges(two, 7)).isFalse();
        assertThat(acts).contains("detach");
    }

    /** Rule C6: nobody may have detached. */
    @Test
    void afterALeaseThatRanOutTheFenceOfTheLastLeaderIsWaitedFor() {
        heldRemoteFences = new ArrayDeque<>();
        lease = openedBy(one, 5);
        one.running = false;
        votes = false;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        passUntil(() -> acts.contains("fence 10.0.0.1:6379"));
        assertThat(acts).doesNotContain("promote");
        heldRemoteFences.poll().run();
        drain();
        assertThat(acts).contains("promote");
    }

    @Test
    void aFenceThatIsNotAnsweredIsNotWaitedForLong() {
        heldRemoteFences = new ArrayDeque<>();
        lease = openedBy(one, 5);
        one.running = false;
        votes = false;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        passUntil(() -> acts.contains("fence 10.0.0.1:6379"));
        pass(400 * MS);
        assertThat(acts).contains("promote");
    }

    /** Its own promise may run for longer, and the container that let go of its predecessor's Lease had nobody to tell yet (single 5,100,064). */
    @Test
    void theBetterCandidateIsToldThatTheLeaseIsFree() {
        lease = heldBy(null, 5);
        two.offset = me.offset + 1;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        one.running = false;
        passUntil(() -> noted.stream().anyMatch(note -> note.contains("r-2 is the better candidate")));
        pass(S);
        assertThat(acts).containsOnlyOnce("tell r-2 that it is free").doesNotContain("tell r-1 that it is free");
    }

    /** Finding R9. */
    @Test
    void votesThatWereGivenBeforeTheLeaseChangedDoNotCount() {
        readsALease(0);
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        one.running = false;
        two.offset = me.offset + 1;
        passUntil(() -> noted.stream().anyMatch(note -> note.contains("r-2 is the better candidate")));
        votes = false;
        version++;   // the leader is alive after all
        lease = lease.stamped(Instant.ofEpochSecond(0, now));
        pass(3 * S);
        assertThat(acts).doesNotContain("take 6", "take 7");
    }

    /** Finding R9: it may have voted against that leader before it was started, for one that is about to lead. */
    @Test
    void aMemberThatHasJustStartedAcknowledgesNoLeaderThatIsNotOpenYetUntilItsVoteIsWorthNothing() {
        long started = now;
        readsALease(0);
        assertThat(acknowledges(one, 5)).isFalse();
        now = started + TIMINGS.promise() - 1;
        assertThat(acknowledges(one, 5)).isFalse();
        now += 1;
        assertThat(acknowledges(one, 5)).isTrue();
    }

    /** Else each first installation would take as long as a promise. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void thePodsFirstContainerHasVotedForNobody(boolean restarted) {
        Member started = new Member(new Member.Self(me.identity(), Pod.address(0), restarted), new Policy(TIMINGS, 3, true, false, false, 0),
                new Member.Ports(new Leases(), new Siblings(), new Redis(), new Outside(), new Written(), new Disk()), new Gate(), () -> now, () -> Instant.ofEpochSecond(0, now));
        Heartbeat closed = new Heartbeat(one.identity(), Pod.address(1), 5, 1, false, "set", null, true);
        started.onHeartbeat(closed);
        drain();
        assertThat(started.onHeartbeat(closed).accepted()).isEqualTo(!restarted);
    }

    /** As after the master's own container was restarted: it lets go of its predecessor's Lease, and another takes that. */
    @Test
    void aMemberThatHasJustStartedAcknowledgesWhoeverTookTheLeaseSinceItHasReadIt() {
        readsALease(0);
        assertThat(acknowledges(one, 5)).as("it may have voted against that one").isFalse();
        assertThat(acknowledges(one, 6)).as("no vote for a Lease of before counts any more").isTrue();
    }

    @Test
    void aMemberThatHasJustStartedAcknowledgesALeaderThatOthersHaveLetOpen() {
        readsALease(0);
        assertThat(member.onHeartbeat(beatOf(one, 5)).accepted()).isTrue();
    }

    @Test
    void aMemberThatCanNotReadTheLeaseAcknowledgesANewLeaderAfterTheLongestPromise() {
        apiDown = true;
        now += TIMINGS.promise() + Timings.MOST_PATIENCE - 1;
        assertThat(acknowledges(one, 5)).isFalse();
        now += 1;
        assertThat(acknowledges(one, 5)).isTrue();
    }

    @Test
    void aReleaseThatASiblingTellsOfEndsThePromise() {
        member.onHeartbeat(beatOf(one, 5));
        lease = heldBy(null, 5);
        version = 9;
        member.onTold(new LeaseView.Present(lease, "9"));
        pass(S);
        assertThat(acts).contains("take 6");
    }

    @Test
    void theReleasedPromiseIsNoLongerInTheWayOfAVote() {
        readsALease(0);
        now += TIMINGS.promise();
        member.onHeartbeat(beatOf(one, 5));
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isFalse();
        member.onTold(new LeaseView.Present(heldBy(null, 5), "9"));
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isTrue();
    }

    /** Rule W4. */
    @Test
    void aMemberThatHasJustStartedGivesNoVoteBeforeItKnowsWhatItMayHavePromised() {
        now += 100 * S;
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isFalse();
    }

    @Test
    void aMemberThatHasJustStartedWaitsForAsLongAsTheLeaseLetItPromise() {
        readsALease(10 * S);
        now += TIMINGS.promise() + 10 * S - 1;
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isFalse();
        now += 1;
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isTrue();
    }

    @Test
    void aMemberKeepsALongerPromiseAndSaysHowMuchLonger() {
        readsALease(0);
        Heartbeat beat = beatOf(one, 5);
        assertThat(member.onHeartbeat(beat).patience()).isZero();
        assertThat(member.onHeartbeat(new Heartbeat(beat.leader(), beat.redis(), 5, 2, true, "set", null, true, 10 * S, null)).patience()).isEqualTo(10 * S);
        member.onHeartbeat(beat);
        now += TIMINGS.promise() + 10 * S - 1;
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isFalse();
        now += 1;
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isTrue();
    }

    @Test
    void aMemberThatHasJustStartedGivesNoVoteUntilAnyPromiseItForgotHasRunOut() {
        readsALease(0);
        now += TIMINGS.promise() - 1;
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isFalse();
        now += 1;
        assertThat(member.onVote(new Vote(two.identity(), 9)).granted()).isTrue();
    }

    @Test
    void aMemberThatHasJustStartedRemembersTheTermOfItsStateFile() {
        assertThat(member.onHeartbeat(beatOf(one, TERM - 1)).accepted()).isFalse();
        assertThat(member.onHeartbeat(beatOf(one, TERM)).accepted()).isTrue();
    }

    @Test
    void whileItTakesTheLeaseItAnswersNoLeaderOfALowerTerm() {
        heldWrites = new ArrayDeque<>();
        pass(100 * MS);
        assertThat(acts).containsExactly("take 5");
        assertThat(member.onHeartbeat(beatOf(one, TERM)).accepted()).isFalse();
    }

    @Test
    void aTakeThatSucceedsAfterALaterVoteIsVoid() {
        heldWrites = new ArrayDeque<>();
        member.onPods(List.of(one.view(false, Set.of()), two.view(false, Set.of())));
        pass(TIMINGS.promise() + 200 * MS);
        assertThat(acts).contains("take 5");
        assertThat(member.onVote(new Vote(one.identity(), 7)).granted()).isTrue();
        Runnable late = heldWrites.poll();
        heldWrites = null;
        late.run();
        assertThat(acts).containsExactly("take 5", "release 5");
    }

    /** It has promised to answer no leader of the first any more. So terms may leave one out, and do not count changes of leader. */
    @Test
    void aLeaseThatIsNotHadAtTheFirstTryIsTakenInTheNextTerm() {
        heldWrites = new ArrayDeque<>();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(300 * MS);
        assertThat(acts).containsExactly("take 5");
        version++;   // somebody has written into the Lease meanwhile
        Runnable late = heldWrites.poll();
        heldWrites = null;
        late.run();
        pass(S);
        assertThat(acts).containsSubsequence("take 5", "take 6", "promote", "publish master").doesNotContain("fence");
        assertThat(lease.term()).isEqualTo(6);
    }

    @Test
    void aConflictThatNamesAnotherHolderFencesAtOnce() {
        leads();
        lease = heldBy(stranger(), 6);
        version++;
        pass(TIMINGS.renew());
        assertThat(acts).contains("fence");
        assertThat(member.snapshot().self().open()).isFalse();
    }

    @Test
    void aLeaseDeletedByHandIsCreatedAgainInTheSameTermWithoutAFence() {
        leads();
        lease = null;
        pass(TIMINGS.renew() + 500 * MS);
        assertThat(acts).contains("create 5").doesNotContain("fence", "promote");
        assertThat(lease.holder()).isEqualTo(me.identity());
        assertThat(member.snapshot().self().open()).isTrue();
    }

    @Test
    void aFencedLeaderOpensAgainOnlyAfterANewWriteOfTheLease() {
        leads();
        member.onFenced();
        pass(2 * S);
        assertThat(acts).containsSubsequence("fence", "take 6", "promote");
    }

    @Test
    void aPromotionThatEndsAfterTheWatchdogFencedIsFencedAgain() {
        heldPromotions = new ArrayDeque<>();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(300 * MS);
        assertThat(acts).contains("promote").doesNotContain("fence");
        gate.close();
        heldPromotions.poll().run();
        assertThat(acts).contains("fence").doesNotContain("publish master");
        assertThat(member.onAsk().open()).isFalse();
    }

    /** It waits behind an order that hangs, and so does the loop's own fence. */
    @Test
    void aPromotionThatIsStillToBeSentWhenItsTermEndsIsNot() {
        heldPromotions = new ArrayDeque<>();
        heldFences = new ArrayDeque<>();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        passUntil(() -> !heldPromotions.isEmpty());
        assertThat(mayBePromoted.getAsBoolean()).isTrue();
        member.onHeartbeat(beatOf(one, 9));
        assertThat(mayBePromoted.getAsBoolean()).as("before anybody has fenced").isFalse();
        assertThat(gate.lapsed(now)).as("the watchdog does, at its next turn").isTrue();
        assertThat(mayBePromoted.getAsBoolean()).isFalse();
    }

    /** When it reads the command at last, another may have been leading for long. */
    @Test
    void aServerThatDoesNotAnswerItsPromotionIsKilled() {
        promotionIsUnanswered = true;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(500 * MS);
        assertThat(acts).containsSubsequence("promote", "kill").doesNotContain("publish master");
        assertThat(member.onAsk().open()).isFalse();
    }

    @Test
    void aPromotedLeaderFencesServersOfSilentAgentsBeforeItOpens() {
        one.running = false;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(S);
        assertThat(acts).containsSubsequence("take 5", "fence 10.0.0.1:6379", "promote").doesNotContain("fence 10.0.0.2:6379");
    }

    @Test
    void aDemotedMasterFollowsItsSuccessorAndDropsItsClients() {
        leads();
        switchover(null);
        member.onHeartbeat(beatOf(one, 6));
        assertThat(acts).containsSubsequence("release 5 to r-1", "follow 10.0.0.1:6379", "drop clients");
    }

    // ---- how long it may go on (L5, V5, V9)

    @Test
    void whenTooFewMembersAnswerItGoesOnByTheApiOnceThatIsWritten() {
        leads();
        one.running = false;
        two.running = false;
        pass(3 * H);
        assertThat(lease.mode()).isEqualTo(Mode.API);
        assertThat(gate.lapsed(now)).isFalse();
    }

    @Test
    void whileItIsUnknownWhetherThatIsWrittenTheMembersAreDemandedStill() {
        leads();
        heldWrites = new ArrayDeque<>();
        one.running = false;
        two.running = false;
        pass(H + 200 * MS);
        assertThat(acts).containsSubsequence("renew 5 api", "fence");
    }

    @Test
    void whileItIsUnknownWhetherTheWayBackIsWrittenTheMembersAreDemandedAlready() {
        leads();
        one.running = false;
        two.running = false;
        pass(3 * H);
        one.running = true;
        heldWrites = new ArrayDeque<>();
        pass(600 * MS);
        assertThat(acts).contains("renew 5 members");
        one.running = false;
        pass(H + 200 * MS);
        assertThat(acts).endsWith("fence");
    }

    @Test
    void aRenewalCountsFromWhenItWasSentNotFromItsAnswer() {
        leads();
        one.running = false;
        two.running = false;
        pass(3 * H);
        acts.clear();
        heldWrites = new ArrayDeque<>();
        passUntil(() -> !acts.isEmpty());
        long sent = now;
        pass(S);
        Runnable late = heldWrites.poll();
        late.run();
        assertThat(gate.lapsed(sent + TIMINGS.renewDeadline() - 1)).isFalse();
        assertThat(gate.lapsed(sent + TIMINGS.renewDeadline())).isTrue();
    }

    @Test
    void anAcknowledgementCountsFromWhenItsHeartbeatWasSent() {
        leads();
        two.running = false;
        heldReplies = new ArrayDeque<>();
        heldWrites = new ArrayDeque<>();   // stays in mode members
        passUntil(() -> !heldReplies.isEmpty());
        long sent = now;
        pass(S);
        heldReplies.poll().run();
        assertThat(gate.lapsed(sent + H - 1)).isFalse();
        assertThat(gate.lapsed(sent + H)).isTrue();
    }

    @Test
    void anAcknowledgementOfAnEarlierTenureOpensNothing() {
        leads();
        heldReplies = new ArrayDeque<>();
        pass(300 * MS);
        List<Runnable> late = List.copyOf(heldReplies);
        member.onFenced();
        passUntil(() -> acts.contains("take 6"));
        late.forEach(Runnable::run);
        drain();
        assertThat(acts).doesNotContain("promote");
    }

    @Test
    void anUnansweredRenewalThatWasWrittenAfterAllIsFoundByReading() {
        leads();
        heldWrites = new ArrayDeque<>();
        pass(TIMINGS.renew());
        version++;
        lease = lease.stamped(Instant.ofEpochSecond(0, now));
        heldWrites = null;
        inbox.add(() -> { });
        pass(S);
        assertThat(member.snapshot().self().open()).isTrue();
        assertThat(acts).doesNotContain("fence");
    }

    @Test
    void anOutageOfTheApiOfAnyLengthEndsNothingWhileAllMembersAnswer() {
        leads();
        apiDown = true;
        pass(120 * S);
        assertThat(gate.lapsed(now)).isFalse();
        assertThat(member.snapshot().self().open()).isTrue();
        switchover(null);
        assertThat(outcomes).containsExactly("the API server cannot be used: no route");
        assertThat(member.snapshot().problems()).as("finding R22: a missing right is one of its reasons").contains("the API server cannot be used: no route");
        assertThat(acts).doesNotContain("fence", "pause", "limit 0");
        two.running = false;
        pass(H + 200 * MS);
        assertThat(acts).as("a member is lost meanwhile").contains("fence");
    }

    @Test
    void noMemberIsAdmittedInAnOutageOfTheApiSoThatNobodyMoreIsDemanded() {
        leads();
        apiDown = true;
        pass(TIMINGS.renew() + S);
        acts.clear();
        three.running = true;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of()), three.view(false, Set.of())));
        pass(30 * S);
        assertThat(member.snapshot().siblings()).as("it is in sync and answers").hasSize(3);
        assertThat(acts).noneMatch(act -> act.startsWith("renew"));
        three.running = false;
        pass(2 * H);
        assertThat(gate.lapsed(now)).isFalse();
        assertThat(member.snapshot().self().open()).isTrue();
        three.running = true;
        apiDown = false;
        passUntil(() -> lease.members().contains(three.id()));
    }

    @Test
    void noMemberIsGivenUpForHavingHadNoPodInAnOutageOfTheApi() {
        leads();
        apiDown = true;
        pass(TIMINGS.renew() + S);
        two.running = false;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of())));
        pass(60 * S);
        assertThat(acts).as("a member is lost").contains("fence");
        apiDown = false;
        pass(15 * S);
        assertThat(member.snapshot().self().open()).isTrue();
        assertThat(lease.members()).as("what was seen in the outage is worth nothing").contains(two.id());
        pass(10 * S);
        assertThat(lease.members()).as("missing still").containsExactly(me.id(), one.id());
    }

    @Test
    void oneFailedRequestIsNoOutage() {
        leads();
        apiDown = true;
        pass(TIMINGS.renew());
        apiDown = false;
        switchover(null);
        assertThat(outcomes).noneMatch(outcome -> outcome != null && outcome.startsWith("the API server"));
    }

    // ---- an API server that refuses (finding R22)

    @Test
    void aLeaseThatIsNotWrittenIsAProblemAndToldOnceUntilItIs() {
        leads();
        noted.clear();
        refusal = "leases \"r\" is forbidden:\n exceeded quota";
        pass(20 * S);
        assertThat(member.snapshot().problems()).containsExactly("the API server refuses to write the Lease: leases \"r\" is forbidden: exceeded quota");
        assertThat(noted).containsExactly("LEASE_REFUSED leases \"r\" is forbidden: exceeded quota");
        assertThat(member.snapshot().self().open()).as("all members answer").isTrue();
        refusal = null;
        pass(2 * S);
        assertThat(member.snapshot().problems()).isEmpty();
        assertThat(noted).hasSize(2).last().asString().startsWith("LEASE_BACK after ");
    }

    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aRefusedWriteIsTriedAgainOnceInARenewInterval() {
        refusal = "quota";
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(30 * S);
        assertThat(acts.stream().filter(act -> act.startsWith("take"))).hasSizeBetween(15, 21);
        asked = 0;
        pass(60 * S);
        assertThat(asked).as("requests in a minute (I10)").isLessThanOrEqualTo(120);
        refusal = null;
        pass(4 * S);
        assertThat(member.snapshot().self().open()).isTrue();
    }

    @Test
    @Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void aLeaseThatMayNotBeMadeAgainIsAskedForAtThePaceOfRenewals() {
        leads();
        lease = null;
        refusal = "quota";
        asked = 0;
        pass(60 * S);
        assertThat(acts).contains("create 5");
        assertThat(asked).as("requests in a minute (I10)").isLessThanOrEqualTo(100);
        assertThat(member.snapshot().self().open()).as("all members answer").isTrue();
        refusal = null;
        pass(2 * S);
        assertThat(lease.holder()).isEqualTo(me.identity());
    }

    @Test
    void aMemberWhoseAdmissionWasRefusedIsNotDemanded() {
        leads();
        refusal = "quota";
        three.running = true;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of()), three.view(false, Set.of())));
        pass(10 * S);
        assertThat(acts).anyMatch(act -> act.startsWith("renew"));
        three.running = false;
        pass(30 * S);
        assertThat(gate.lapsed(now)).isFalse();
        assertThat(member.snapshot().self().open()).isTrue();
    }

    @Test
    void nobodyHandsOverALeaseThatNobodyCanTake() {
        leads();
        refusal = "quota";
        pass(2 * S);
        switchover(null);
        assertThat(outcomes).containsExactly("the API server refuses to write the Lease: quota");
        assertThat(acts).doesNotContain("pause");
    }

    @Test
    void aRefusalIsNoProblemWhenAnotherHasWrittenTheLease() {
        refusal = "quota";
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(2 * S);
        assertThat(member.snapshot().problems()).contains("the API server refuses to write the Lease: quota");
        refusal = null;
        lease = heldBy(one.identity(), 6);
        version++;
        member.onTold(new LeaseView.Present(lease, "" + version));
        pass(100 * MS);
        assertThat(member.snapshot().problems()).doesNotContain("the API server refuses to write the Lease: quota");
    }

    // ---- a Lease whose term is none (L3)

    private void isEdited() {
        unusable = "leaseTransitions is too high";
        version++;
    }

    @Test
    void aLeaderWritesItsTermAgainIntoALeaseThatWasEditedToOneWhichIsNone() {
        leads();
        isEdited();
        passUntil(() -> unusable == null);
        pass(S);
        assertThat(lease.term()).isEqualTo(5);
        assertThat(lease.holder()).isEqualTo(me.identity());
        assertThat(acts).noneMatch(act -> act.startsWith("take") || act.equals("fence"));
        assertThat(member.snapshot().self().open()).isTrue();
        assertThat(member.snapshot().problems()).isEmpty();
    }

    @Test
    void aPodThatIsNamedByALeaseWhoseTermIsNoneAndDoesNotLeadTakesItInALaterTermThanItsOwn() {
        leads();
        isAlone();
        isEdited();
        one.running = true;
        two.running = true;
        apiDown = false;
        pass(20 * S);
        assertThat(unusable).isNull();
        assertThat(lease.term()).isGreaterThan(5);
        assertThat(member.snapshot().self().open()).isTrue();
    }

    @Test
    void aLeaseWhoseTermIsNoneAndThatNamesAnotherFencesAtOnce() {
        leads();
        lease = heldBy(stranger(), 6);
        isEdited();
        passUntil(() -> acts.contains("fence"));
        acts.clear();   // its last renewal came too late
        pass(20 * S);
        assertThat(acts).noneMatch(act -> act.startsWith("take"));
    }

    @Test
    void nobodyTakesALeaseWhoseTermIsNoneUntilItIsMended() {
        isEdited();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(20 * S);
        asked = 0;
        pass(60 * S);
        assertThat(acts).noneMatch(act -> act.startsWith("take") || act.startsWith("create") || act.startsWith("release"));
        assertThat(member.snapshot().problems()).containsExactly("r-0: leaseTransitions is too high");
        assertThat(noted).containsOnlyOnce("REFUSED leaseTransitions is too high");
        assertThat(asked).as("requests in a minute (I10)").isLessThanOrEqualTo(62);
        unusable = null;
        version++;
        pass(4 * S);
        assertThat(member.snapshot().self().open()).isTrue();
        assertThat(member.snapshot().problems()).isEmpty();
    }

    @Test
    void aDeletedLeaseWhoseTermWasNoneIsMadeInTheTermAfterTheOneThatIsKnown() {
        isEdited();
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        pass(20 * S);
        lease = null;
        pass(20 * S);
        assertThat(acts).contains("create 5");
    }

    // ---- a state file whose term is none (L3, B5, B6)

    private Member startsWith(Data remembered) {
        StateStore disk = new StateStore() {
            @Override
            public Data load() {
                return remembered;
            }

            @Override
            public void save(Data data) {
                saved.add(data);
            }
        };
        return new Member(new Member.Self(me.identity(), Pod.address(0), true), new Policy(TIMINGS, 3, true, false, false, 0),
                new Member.Ports(new Leases(), new Siblings(), new Redis(), new Outside(), new Written(), disk), new Gate(), () -> now, () -> Instant.ofEpochSecond(0, now));
    }

    private static Data remembers(String dataset, long term) {
        return new Data(dataset, term, "A", "", -1, 1000, true, true);
    }

    private List<String> disbelieved() {
        return noted.stream().filter(note -> note.startsWith("DISBELIEVED")).toList();
    }

    @Test
    void aStateFileOfATermThatLeavesNoNextOneIsUnknownAndItsPodFollowsWhoeverLeads() {
        Member started = startsWith(remembers("set", Integer.MAX_VALUE));
        assertThat(started.snapshot().self().data()).isEqualTo(new Data("set", 0, "", "", -1, 0, false, true));
        assertThat(started.snapshot().self().term()).isZero();
        assertThat(disbelieved()).containsExactly("DISBELIEVED its state file, of term 2147483647: its data counts as the oldest");
        starts(started);
        assertThat(started.onHeartbeat(beatOf(one, 5)).accepted()).isTrue();
        starts(started);
        assertThat(acts).contains("follow " + Pod.address(1));
        assertThat(saved).as("left for a person until it has the leader's data").isEmpty();
    }

    /** Rule B6: forgotten, it would be wiped by the release that it was given to by mistake. */
    @Test
    void dataOfAnotherReleaseIsRefusedWhateverItsTerm() {
        Member started = startsWith(remembers("another", Integer.MAX_VALUE));
        starts(started);
        started.onHeartbeat(beatOf(one, 5));
        starts(started);
        assertThat(started.snapshot().unready()).startsWith("the volume holds dataset another, the release has set");
        assertThat(acts).noneMatch(act -> act.startsWith("follow"));
    }

    /** A Lease that was restored, or made again, may be behind by any number. */
    @Test
    void aStateFileOfATermFarAboveTheLeasesIsBelieved() {
        Member started = startsWith(remembers("set", Term.MOST));
        lease = heldBy(one.identity(), 5);
        starts(started);
        assertThat(started.snapshot().self().data().term()).isEqualTo(Term.MOST);
        assertThat(started.onHeartbeat(beatOf(one, 5)).accepted()).isFalse();
        assertThat(disbelieved()).isEmpty();
    }

    private void starts(Member started) {
        now += 100 * MS;
        started.onServer(new ServerView(true, me.server(), now));
        started.tick();
        drain();
    }

    /** Weeks of refused writes: voters have gone on by far more than a leader ever did, and hear each other all the same. */
    @Test
    void whoHasVotedForTermsFarAboveTheLeasesIsHeardAndGonePast() {
        lease = heldBy(null, TERM);
        one.heard = 2_000_000;
        two.heard = 2_000_000;
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        passUntil(() -> member.snapshot().self().open());
        assertThat(acts).contains("take 2000001");
        assertThat(lease.mode()).isEqualTo(Mode.MEMBERS);
    }

    // ---- frozen, then thawed (M3)

    @Test
    void aServerIsNotKilledForTheTimeInWhichTheAgentItselfStoodStill() {
        pass(S);
        acts.clear();
        now += 60 * S;
        member.tick();
        drain();
        assertThat(acts).doesNotContain("kill");
    }

    // ---- a server that does not answer (L7, W4)

    @Test
    void aMasterThatHangsIsKilledOnceHoweverLateItDies() {
        leads();
        silent(2_100 * MS);
        assertThat(acts).containsOnlyOnce("kill").doesNotContain("fence");
        assertThat(noted).containsOnlyOnce("SERVER_KILLED no answer for 2.1 s, and its process (state T) did nothing else either");
        silent(1_500 * MS);
        assertThat(acts).as("it has not died yet").containsOnlyOnce("kill");
    }

    @Test
    void aLeaderThatHasKilledItsServerSaysSoInTheLeaseThatItLetsGoOf() {
        leads();
        silent(2_100 * MS);
        assertThat(acts).contains("kill");
        me.running = false;
        pass(S);
        assertThat(lease.holder()).isNull();
        assertThat(lease.kills()).isEqualTo(new Kills(1, 5));
    }

    @Test
    void aLeaderThatHasKilledItsServerSaysSoWithItsNextWriteIfTheReleaseWasNone() {
        leads();
        silent(2_100 * MS);
        me.running = false;
        apiDown = true;
        pass(S);
        assertThat(lease.kills()).isNull();
        apiDown = false;
        me.running = true;
        passUntil(() -> lease.term() > 5);
        assertThat(lease.kills()).isEqualTo(new Kills(1, 5));
    }

    @Test
    void aMasterIsGivenTwiceTheTimeForEachThatWasKilledOnTheWayToIt() {
        lease = lease.kills(new Kills(2, 4));
        leads();
        silent(7_900 * MS);
        assertThat(acts).doesNotContain("kill");
        silent(200 * MS);
        assertThat(acts).contains("kill");
        me.running = false;
        pass(S);
        assertThat(lease.kills()).isEqualTo(new Kills(3, 5));
    }

    @Test
    void thatMastersWereKilledIsNotedForTenMinutesOfWhoeverLeads() {
        lease = lease.kills(new Kills(2, 4));
        leads();
        pass(590 * S);
        assertThat(lease.kills()).isEqualTo(new Kills(2, 4));
        pass(15 * S);
        assertThat(lease.kills()).isNull();
    }

    /** By a leader whose ten minutes have begun later, or by hand. */
    @Test
    void whatWasForgottenOfKillsIsNoNewsWhenItIsNotedAgain() {
        lease = lease.kills(new Kills(2, 4));
        leads();
        pass(605 * S);
        lease = lease.kills(new Kills(2, 4));
        version++;
        pass(5 * S);
        assertThat(lease.kills()).isNull();
        silent(2_100 * MS);
        assertThat(acts).contains("kill");
    }

    /** Nobody notes it any more: an agent of an earlier version led meanwhile. */
    @Test
    void aMemberRemembersKillsThatTheLeaseDoesNotSayAnyMore() {
        LeaseRecord toMe = lease;
        lease = heldBy(one.identity(), 4).kills(new Kills(1, 3));
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        member.tick();
        drain();
        lease = toMe;
        version++;
        leads();
        silent(3_900 * MS);
        assertThat(acts).doesNotContain("kill");
        assertThat(lease.kills()).isEqualTo(new Kills(1, 3));
    }

    @Test
    void aMasterThatIsBusyIsNotKilledAndNotReady() {
        leads();
        work = true;
        silent(60 * S);
        assertThat(acts).doesNotContain("kill", "fence");
        assertThat(member.snapshot().ready()).isFalse();
        assertThat(member.snapshot().problems()).contains("r-0: the server has not answered for 60 s");
    }

    @Test
    void aReplicaIsNeverKilledForSilence() {
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        me.follows(1);
        for (int i = 0; i < 600; i++) {
            member.onHeartbeat(beatOf(one, 6));
            silent(100 * MS);
        }
        assertThat(acts).doesNotContain("kill");
    }

    @Test
    void thatAMasterIsSilentAndLeftAliveIsToldOnce() {
        leads();
        work = true;
        silent(9_900 * MS);
        assertThat(noted).noneMatch(told -> told.startsWith("SERVER_SILENT"));
        silent(60 * S);
        assertThat(noted).containsOnlyOnce("SERVER_SILENT `kubectl exec r-0 -c redis -- redis-ha status` shows the release; `kubectl delete pod r-0` ends it");
        silentSince = null;
        pass(S);
        noted.clear();
        silent(11 * S);
        assertThat(noted).as("another time").anyMatch(told -> told.startsWith("SERVER_SILENT"));
    }

    @Test
    void aServerIsNotKilledForTheTimeInWhichTheWholePodStoodStill() {
        leads();
        ServerView before = new ServerView(true, me.server(), now, new Pulse(now, now, 'S', 5, 70, false), "");
        now += 3 * S;
        member.tick();
        // the first look after the thaw came too late for an answer
        member.onServer(new ServerView(true, me.server(), before.at(), new Pulse(now, before.at(), 'S', 5, 70, false), ""));
        drain();
        assertThat(acts).doesNotContain("kill");
    }

    /** It may have synced, or lost, anything since. */
    @Test
    void whatASilentReplicaSaidLastIsNotToldForLong() {
        member.onPods(List.of(me.view(false, Set.of()), one.view(false, Set.of()), two.view(false, Set.of())));
        me.follows(1);
        member.onHeartbeat(beatOf(one, 6));
        pass(100 * MS);
        for (int i = 0; i < 20; i++) {
            assertThat(member.onHeartbeat(beatOf(one, 6)).state().running()).isTrue();
            assertThat(member.onAsk().running()).as("whoever asks wants to know it as it is now").isEqualTo(i <= 6);
            silent(100 * MS);
        }
        silent(100 * MS);
        assertThat(member.onHeartbeat(beatOf(one, 6)).state().running()).isFalse();
    }

    @Test
    void aServerThatSavesForTheLastTimeIsNotKilledForIt() {
        leads();
        member.onStop(() -> acts.add("stops"));
        passUntil(() -> acts.contains("stops"));
        silent(60 * S);
        assertThat(acts).doesNotContain("kill");
    }

    @Test
    void whatHasEndedTheServerIsTold() {
        leads();
        member.onServer(new ServerView(false, null, 0, null, "signal 9: the container's memory limit was reached (oom_kill 1)"));
        member.onServer(ServerView.DEAD);
        drain();
        assertThat(noted).containsOnlyOnce("SERVER_DIED signal 9: the container's memory limit was reached (oom_kill 1)");
        assertThat(acts).contains("release 5");
    }

    /** The agent is on time and looks, and the siblings answer it; its server says nothing, and works or not. */
    private void silent(long duration) {
        if (silentSince == null) {
            silentSince = now;
        }
        for (long until = now + duration; now < until; ) {
            now += 100 * MS;
            Pulse pulse = new Pulse(now, work ? now : silentSince, 'T', 5, 70, false);
            member.onServer(new ServerView(true, me.server(), silentSince, pulse, ""));
            member.tick();
            drain();
        }
    }

    @Test
    void aFrozenLeaderHasLapsedWhenItThaws() {
        leads();
        now += 60 * S;
        assertThat(gate.lapsed(now)).isTrue();
        member.onFenced();
        assertThat(acts).contains("fence");
    }

    // ---- fakes

    private final class Leases implements LeaseStore {
        @Override
        public void read(Consumer<Read> then) {
            asked++;
            LeaseView view = lease == null ? new LeaseView.Absent(true)
                    : unusable != null ? new LeaseView.Unusable(lease.in(0), "" + version, unusable) : new LeaseView.Present(lease, "" + version);
            Read answer = apiDown ? new Read.Unreachable("no route") : new Read.Seen(view);
            inbox.add(() -> then.accept(answer));
        }

        @Override
        public void write(LeaseRecord next, String ifVersion, Consumer<Write> then) {
            asked++;
            acts.add(told(next, ifVersion));
            answer(heldWrites, () -> then.accept(written(next, ifVersion)));
        }

        private String told(LeaseRecord next, String ifVersion) {
            if (next.released()) {
                return "release " + next.term() + (next.preferred() == null ? "" : " to " + next.preferred());
            }
            if (ifVersion == null) {
                return "create " + next.term();
            }
            boolean renewal = lease != null && next.holder().equals(lease.holder()) && next.term() == lease.term();
            return renewal ? "renew " + next.term() + " " + next.mode().name().toLowerCase(java.util.Locale.ROOT) : "take " + next.term();
        }

        private Write written(LeaseRecord next, String ifVersion) {
            if (apiDown) {
                return new Write.Unknown("no route");
            }
            if (refusal != null) {
                return new Write.Refused(refusal);
            }
            if (lease == null ? ifVersion != null : !("" + version).equals(ifVersion)) {
                return new Write.Conflict();
            }
            lease = next;
            unusable = null;
            return new Write.Done("" + ++version);
        }
    }

    private final class Siblings implements Peers {
        private void reach(Peer to, Consumer<Pod> there) {
            Pod pod = List.of(one, two, three).stream().filter(known -> known.id().pod().equals(to.pod())).findFirst().orElseThrow();
            if (pod.running) {
                inbox.add(() -> there.accept(pod));
            }
        }

        @Override
        public void heartbeat(Peer to, Heartbeat heartbeat, Consumer<Heartbeat.Reply> then) {
            reach(to, pod -> answer(heldReplies, () -> then.accept(new Heartbeat.Reply(true, heartbeat.sequence(), pod.state(), heartbeat.patience(), false))));
        }

        @Override
        public void vote(Peer to, Vote vote, Consumer<Vote.Reply> then) {
            reach(to, pod -> then.accept(new Vote.Reply(votes, vote.term(), pod.state())));
        }

        @Override
        public void ask(Peer to, Consumer<MemberState> then) {
            questions++;
            reach(to, pod -> {
                Runnable answer = () -> {
                    now += MS;
                    then.accept(pod.state());
                };
                if (heldAnswers != null) {
                    heldAnswers.add(answer);
                } else {
                    answer.run();
                }
            });
        }

        @Override
        public void tell(Peer to, LeaseView.Present told) {
            if (told.record().released()) {
                acts.add("tell " + to.pod() + " that it is free");
            }
        }

        @Override
        public void fence(Address redis, Runnable then) {
            acts.add("fence " + redis);
            answer(heldRemoteFences, then);
        }
    }

    private final class Redis implements Server {
        private void becomes(Role role, Address master) {
            me.role = role;
            me.master = master;
        }

        @Override
        public void look() {
            inbox.add(MemberTest.this::look);
        }

        @Override
        public void follow(Address master) {
            acts.add("follow " + master);
            becomes(Role.REPLICA, master);
        }

        @Override
        public void detach(Consumer<Boolean> then) {
            acts.add("detach");
            boolean obeys = !obeysNot;
            answer(heldFences, () -> {
                if (obeys) {
                    becomes(Role.REPLICA, Address.DEAD);
                }
                MemberTest.this.look();
                then.accept(obeys);
            });
        }

        @Override
        public void promote(long valid, BooleanSupplier may, Consumer<Boolean> then) {
            acts.add("promote");
            mayBePromoted = may;
            answer(heldPromotions, () -> {
                if (promotionIsUnanswered) {
                    then.accept(null);
                    return;
                }
                becomes(Role.MASTER, null);
                then.accept(true);
            });
        }

        @Override
        public void fence(boolean dropClients, long bound, Runnable then) {
            spare = bound - now;
            acts.add(dropClients ? "fence" : "fence keeping clients");
            answer(heldFences, () -> {
                becomes(Role.REPLICA, Address.DEAD);
                MemberTest.this.look();
                then.run();
            });
        }

        @Override
        public void stopWrites(Consumer<Boolean> then) {
            acts.add("stop writes");
            boolean obeys = !obeysNot;
            inbox.add(() -> {
                if (obeys) {
                    becomes(Role.REPLICA, Address.DEAD);
                }
                then.accept(obeys);
            });
        }

        @Override
        public void priority(int priority) {}

        @Override
        public void minReplicas(int count) {
            acts.add("limit " + count);
            me.minReplicas = count;
        }

        @Override
        public void pause(long nanos, Consumer<Long> then) {
            acts.add("pause");
            inbox.add(() -> then.accept(pauseFails ? null : me.offset));
        }

        @Override
        public void unpause() {
            acts.add("unpause");
        }

        @Override
        public void dropClients() {
            acts.add("drop clients");
        }

        @Override
        public void kill() {
            acts.add("kill");
        }
    }

    private final class Outside implements Publisher {
        @Override
        public void master(MemberState self) {
            acts.add("publish master");
        }

        @Override
        public void replica(MemberState self) {}
    }

    private final class Written implements Journal {
        @Override
        public void note(Act act, Reason reason, long term, String detail) {
            noted.add(act + " " + detail);
        }

        @Override
        public void renewed(boolean success, long nanos) {}
    }

    private final class Disk implements StateStore {
        @Override
        public Data load() {
            return me.data();
        }

        @Override
        public void save(Data data) {
            saved.add(data);
        }
    }
}
