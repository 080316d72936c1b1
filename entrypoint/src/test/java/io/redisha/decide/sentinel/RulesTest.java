package io.redisha.decide.sentinel;

import static io.redisha.decide.sentinel.Case.S;
import static io.redisha.decide.sentinel.Case.known;
import static io.redisha.decide.sentinel.Case.named;
import static io.redisha.decide.sentinel.Case.view;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.sentinel.Forgetting.Wanted;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberState;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import io.redisha.model.ServerInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The smaller rules, each by a few cases. */
class RulesTest {

    private static LeaseRecord lease(String lastHolder, Map<String, String> notes) {
        return new LeaseRecord(null, 1, null, List.of(), null, "", 0, false, List.of(), lastHolder, null, Instant.EPOCH, notes);
    }

    @Nested
    class AFitServer {

        private ServerInfo info(boolean linkUp, boolean syncing) {
            return info(linkUp, syncing, false);
        }

        private ServerInfo info(boolean linkUp, boolean syncing, boolean loading) {
            return new ServerInfo("run", Role.REPLICA, "h", "", 10, -1, loading, syncing, linkUp, false, 0, null, 0, 1);
        }

        @Test
        void hasBeenInSyncWithTheMasterOfThisEpochAndStaysFitWhenThatDies() {
            Fitness fit = Fitness.NONE.see(info(true, false), named(1, 5), true, false);
            assertThat(fit.isFit()).isTrue();
            assertThat(fit.see(info(false, false), named(1, 5), true, false).isFit()).isTrue();
            assertThat(fit.see(info(false, false), null, false, false).isFit()).as("no majority changes nothing").isTrue();
        }

        @Test
        void isNoneBeforeItIsLinkedNorOnceItLoadsAnotherDatasetNorWhenTheMasterGoesOnWithoutIt() {
            assertThat(Fitness.NONE.see(info(false, false), named(1, 5), true, false).isFit()).isFalse();
            assertThat(Fitness.NONE.see(info(true, true), named(1, 5), true, false).isFit()).isFalse();
            Fitness fit = new Fitness("run", 5);
            assertThat(fit.see(info(false, true), named(1, 5), true, false).isFit()).as("a sync that was asked for takes nothing away").isTrue();
            assertThat(fit.see(info(false, true, true), named(1, 5), true, false).isFit()).isFalse();
            assertThat(fit.see(info(false, false), named(1, 5), true, true).isFit()).isFalse();
        }

        @Test
        void hasToBeInSyncAnewWithAnotherMasterAndAfterARestart() {
            assertThat(new Fitness("run", 5).see(info(false, false), named(2, 6), false, false).isFit()).isFalse();
            assertThat(new Fitness("before", 5).see(info(false, false), named(1, 5), true, false).isFit()).isFalse();
        }
    }

    @Nested
    class AskingForAFailover {

        private final List<SentinelView> calm = List.of(view(0, 0, 5), view(1, 0, 5), view(2, 0, 5));

        private String next(Asking asking, List<SentinelView> views, long now) {
            return asking.next(views, named(0, 5), "r-1", Case.REDIS, now);
        }

        @Test
        void beginsWithASentinelThatKnowsTheHeir() {
            SentinelView blind = new SentinelView("r-sentinel-0", 0, true, Case.REDIS.of("r-0"), 5, 2, Set.of(), List.of(known("r-1.h", "s_down")), List.of());
            assertThat(next(Asking.NONE, List.of(blind, view(1, 0, 5)), 0)).isEqualTo("r-sentinel-1");
        }

        @Test
        void asksNobodyWhileOneIsAtIt() {
            assertThat(next(Asking.NONE, List.of(view(0, 0, 5), view(1, 0, 5, "failover_in_progress")), 0)).isNull();
        }

        @Test
        void asksNoOtherWhileTheOneThatHasBegunAnswers() {
            Asking begun = new Asking("r-sentinel-1", 0, false);
            assertThat(next(begun, calm, 4 * S)).isNull();
            assertThat(next(begun, calm, 6 * S)).isEqualTo("r-sentinel-1");
        }

        @Test
        void asksAnotherWhenItHasRefusedOrIsGone() {
            assertThat(next(new Asking("r-sentinel-1", 0, true), calm, S / 2)).isNull();
            assertThat(next(new Asking("r-sentinel-1", 0, true), calm, S)).isEqualTo("r-sentinel-2");
            assertThat(next(new Asking("r-sentinel-2", 0, true), calm, S)).isEqualTo("r-sentinel-0");
            List<SentinelView> without = List.of(view(0, 0, 5), view(2, 0, 5));
            assertThat(next(new Asking("r-sentinel-1", 0, false), without, 2 * S)).as("what it began may be told to the others yet").isNull();
            assertThat(next(new Asking("r-sentinel-1", 0, false), without, 3 * S)).isEqualTo("r-sentinel-0");
        }

        @Test
        void asksNobodyThatDisagreesWithTheMajority() {
            assertThat(next(Asking.NONE, List.of(view(0, 1, 4)), 0)).isNull();
        }
    }

    @Nested
    class FoundingTheRelease {

        private final Case c = new Case();
        private final LeaseRecord taken = lease("r-2", Map.of());

        private Founding.Outcome decide(LeaseRecord record, List<SentinelView> views, boolean present) {
            List<MemberState> all = new ArrayList<>(c.others.values().stream().map(Case.Pod::state).toList());
            all.add(c.me.state());
            return Founding.decide(record, views, all, 3, present);
        }

        private Appointment first() {
            return ((Founding.Outcome.Found) decide(taken, List.of(), false)).first();
        }

        private void newRelease() {
            for (int i = 0; i < 3; i++) {
                Case.Pod p = c.pod(i).emptied();
                p.term = 0;
                p.datasetId = null;
                p.complete = false;
            }
        }

        @Test
        void beginsWithTheFirstPodWhenNobodyHasData() {
            newRelease();
            assertThat(first()).isEqualTo(new Appointment("r-0", 1));
        }

        @Test
        void waitsForAllPodsOrUntilNoneThatExistsIsMissing() {
            newRelease();
            c.others.remove("r-2");
            assertThat(decide(taken, List.of(), false)).isInstanceOf(Founding.Outcome.Wait.class);
            assertThat(decide(taken, List.of(), true)).isInstanceOf(Founding.Outcome.Found.class);
            c.others.get("r-1").loading = true;
            assertThat(decide(taken, List.of(), true)).isInstanceOf(Founding.Outcome.Wait.class);
        }

        @Test
        void isNotForAReleaseThatASentinelOrTheLeaseRemembers() {
            newRelease();
            assertThat(decide(lease(null, Map.of("master", "r-1,4")), List.of(), false)).isNull();
            assertThat(decide(taken, List.of(view(1, 1, 4)), false)).isNull();
            assertThat(decide(null, List.of(), false)).as("not holding the Lease").isNull();
        }

        @Test
        void beginsWithTheMasterThatRunsInALaterEpochThanAnybodyHasSeen() {
            c.others.get("r-2").master();
            assertThat(first()).isEqualTo(new Appointment("r-2", 6));
        }

        @Test
        void beginsWithTheNewestDataOtherwise() {
            for (int i = 0; i < 3; i++) {
                c.pod(i).restarted();
            }
            c.others.get("r-1").leads(7);
            assertThat(first()).isEqualTo(new Appointment("r-1", 8));
        }

        @Test
        void refusesVolumesOfDifferentReleases() {
            for (int i = 0; i < 3; i++) {
                c.pod(i).restarted();
            }
            c.others.get("r-1").datasetId = "another";
            assertThat(decide(taken, List.of(), false)).isInstanceOfSatisfying(Founding.Outcome.Refuse.class, r -> assertThat(r.reason()).isEqualTo(Reason.FOREIGN_DATA));
        }
    }

    @Nested
    class ForgettingPods {

        private final Wanted wanted = new Wanted(Case.REDIS, 3, Case.SENTINELS, 3);
        private final List<SentinelView> views = new ArrayList<>(List.of(view(0, 0, 5), view(1, 0, 5), view(2, 0, 5)));

        private String next(String... existing) {
            return Forgetting.next(views, named(0, 5), wanted, Set.of(existing), 0);
        }

        private void remembers(int sentinel, Known... more) {
            SentinelView v = views.get(sentinel);
            List<Known> replicas = new ArrayList<>(v.replicas());
            replicas.addAll(List.of(more));
            views.set(sentinel, new SentinelView(v.pod(), v.at(), true, v.master(), v.epoch(), v.quorum(), v.flags(), replicas, v.sentinels()));
        }

        @Test
        void resetsNobodyWhoKnowsJustThoseThatAreWanted() {
            assertThat(next()).isNull();
        }

        @Test
        void resetsOneSentinelAfterTheOther() {
            remembers(1, known("r-3.h", "s_down"));
            remembers(2, known("r-3.h", "s_down"));
            assertThat(next()).isEqualTo("r-sentinel-1");
            views.set(1, view(1, 0, 5));
            assertThat(next()).isEqualTo("r-sentinel-2");
        }

        @Test
        void waitsUntilTheLastOneKnowsAllAgain() {
            remembers(2, known("r-3.h", "s_down"));
            SentinelView v = views.get(1);
            views.set(1, new SentinelView(v.pod(), v.at(), true, v.master(), v.epoch(), 2, Set.of(), v.replicas(), List.of()));
            assertThat(next()).isNull();
        }

        @Test
        void neverDuringAFailoverNorWhileOneIsSilentOrTheMasterIsDown() {
            remembers(2, known("r-3.h", "s_down"));
            views.set(0, view(0, 0, 5, "failover_in_progress"));
            assertThat(next()).isNull();
            views.set(0, view(0, 0, 5, "s_down"));
            assertThat(next()).isNull();
            views.remove(0);
            assertThat(next()).isNull();
        }

        @Test
        void leavesAPodAloneThatIsStillLeavingAndAStrangerThatLives() {
            remembers(0, known("r-3.h", "s_down"));
            assertThat(next("r-3")).isNull();
            assertThat(next()).isEqualTo("r-sentinel-0");
            views.set(0, view(0, 0, 5));
            remembers(0, known("10.9.9.9"));
            assertThat(next()).isNull();
        }

        @Test
        void countsOnlyWhatWasSeenAfterTheLastReset() {
            remembers(0, known("r-3.h", "s_down"));
            assertThat(Forgetting.next(views, named(0, 5), wanted, Set.of(), 1000 * S)).isNull();
        }
    }

    @Nested
    class ASentinelBegins {

        private Appointment begin(Appointment own, boolean asked, Appointment noted, SentinelView... others) {
            return Beginning.of(own, asked, noted, List.of(others), 3, Case.REDIS);
        }

        @Test
        void withNothingAsLongAsNobodyRemembers() {
            assertThat(begin(null, false, null)).isNull();
            assertThat(begin(null, true, null)).isNull();
            assertThat(begin(null, false, null, view(1, 1, 4))).as("one alone may be behind").isNull();
        }

        @Test
        void withTheLatestOfWhatTheLeaseAndTheOthersSay() {
            assertThat(begin(null, true, new Appointment("r-0", 3))).isEqualTo(new Appointment("r-0", 3));
            assertThat(begin(null, true, new Appointment("r-0", 3), view(1, 1, 4))).isEqualTo(new Appointment("r-1", 4));
            assertThat(begin(null, true, new Appointment("r-0", 6), view(1, 1, 4))).isEqualTo(new Appointment("r-0", 6));
        }

        @Test
        void withWhatAMajorityNamesThoughTheApiServerIsAway() {
            assertThat(begin(null, false, null, view(1, 1, 4), view(2, 1, 4))).isEqualTo(new Appointment("r-1", 4));
        }

        @Test
        void withItsOwnMemoryAtOnceUnlessAnotherIsLater() {
            Appointment own = new Appointment("r-2", 5);
            assertThat(begin(own, false, null)).isEqualTo(own);
            assertThat(begin(own, false, null, view(1, 1, 4))).isEqualTo(own);
            assertThat(begin(own, false, null, view(1, 1, 6))).isEqualTo(new Appointment("r-1", 6));
        }

        @Test
        void anewWhereItNamesAnotherThanTheMajorityInTheSameEpoch() {
            List<SentinelView> others = List.of(view(1, 1, 5), view(2, 1, 5));
            assertThat(Beginning.isAstray(view(0, 2, 5), others, 3, Case.REDIS)).isTrue();
            assertThat(begin(new Appointment("r-2", 5), false, null, others.get(0), others.get(1))).isEqualTo(new Appointment("r-1", 5));
            assertThat(Beginning.isAstray(view(0, 2, 6), others, 3, Case.REDIS)).as("it is ahead").isFalse();
            assertThat(Beginning.isAstray(view(0, 2, 4), others, 3, Case.REDIS)).as("the next hello tells it").isFalse();
            assertThat(Beginning.isAstray(view(0, 1, 5), others, 3, Case.REDIS)).isFalse();
        }

        /** Only its master could tell it of others, and is down. */
        @Test
        void anewWhereItHasForgottenWhomItCouldPromoteOrWaitsForVotesOfTheGone() {
            Set<String> there = Set.of("r-sentinel-0", "r-sentinel-1", "r-sentinel-2");
            assertThat(Beginning.isIncomplete(view(0, 1, 5, "s_down"), new Wanted(Case.REDIS, 3, Case.SENTINELS, 3))).isFalse();
            assertThat(Beginning.isIncomplete(view(0, 1, 5, "s_down"), new Wanted(Case.REDIS, 4, Case.SENTINELS, 3))).as("it does not know r-3").isTrue();
            assertThat(Beginning.isIncomplete(view(0, 1, 5), new Wanted(Case.REDIS, 4, Case.SENTINELS, 3))).as("its master will tell it").isFalse();
            SentinelView all = view(0, 1, 5, "s_down");
            SentinelView gone = new SentinelView(all.pod(), all.at(), true, all.master(), 5, 2, all.flags(), all.replicas(),
                    List.of(Case.known("r-sentinel-1.sh"), Case.known("r-sentinel-2.sh", "s_down")));
            assertThat(Beginning.isIncomplete(gone, new Wanted(Case.REDIS, 3, Case.SENTINELS, 1))).isTrue();
            assertThat(Beginning.scaledAway(there, 1)).as("those may be cut off, and vote with whoever counts them").containsExactly("r-sentinel-1", "r-sentinel-2");
            assertThat(Beginning.isIncomplete(gone, new Wanted(Case.REDIS, 3, Case.SENTINELS, 3))).as("it may come back").isFalse();
        }

        @Test
        void readsANoteThatWasEditedByHandAsNone() {
            assertThat(Appointment.noted(lease(null, Map.of("master", "r-1,x")))).isNull();
            assertThat(Appointment.noted(lease(null, Map.of("master", "")))).isNull();
            assertThat(Appointment.noted(new Appointment("r-1", 4).in(lease(null, Map.of("other", "kept"))))).isEqualTo(new Appointment("r-1", 4));
        }
    }

    @Test
    void saysWhereViewsDiffer() {
        SentinelView stale = view(1, 1, 4);
        List<String> found = Differences.of(List.of(view(0, 0, 5), stale, SentinelView.silent("r-sentinel-2", 0)), named(0, 5),
                new Wanted(Case.REDIS, 3, Case.SENTINELS, 3), 2);
        assertThat(found).containsExactly("r-sentinel-1 names r-1 (epoch 4), the majority r-0 (epoch 5)", "r-sentinel-2 does not answer");
        assertThat(Differences.of(List.of(view(0, 0, 5)), named(0, 5), new Wanted(Case.REDIS, 4, Case.SENTINELS, 5), 3))
                .containsExactly("r-sentinel-0 has the quorum 2, wanted 3", "r-sentinel-0 sees 2 of 3 replicas", "r-sentinel-0 sees 2 of 4 sentinels");
    }
}
