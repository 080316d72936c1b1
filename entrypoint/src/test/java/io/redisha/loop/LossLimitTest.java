package io.redisha.loop;

import static io.redisha.decide.Scene.MS;
import static io.redisha.decide.Scene.S;
import static io.redisha.decide.Scene.TIMINGS;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Policy;
import io.redisha.decide.Scene.Pod;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerView;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class LossLimitTest {

    private final List<String> told = new ArrayList<>();
    private final Pod me = new Pod(0);
    private final Pod one = new Pod(1).follows(0);
    private long now = 1_000 * S;
    private LossLimit loss = limit(S);

    private LossLimit limit(long maxLoss) {
        return new LossLimit(new Policy(TIMINGS, 3, true, false, false, maxLoss), Pod.address(0), new Journal() {
            @Override
            public void note(Act act, Reason reason, long term, String detail) {
                told.add(act + " " + detail);
            }

            @Override
            public void renewed(boolean success, long nanos) {}
        });
    }

    /** Promoted at offset 1000 on a history of its own, and looked at once. */
    private void opens() {
        loss.opens(me.server(), now);
        me.role = Role.MASTER;
        me.master = null;
        me.replid = "B";
        looks();
    }

    private void looks() {
        now += 100 * MS;
        loss.looks(new ServerView(true, me.server(), now));
        loss.tells(true, 5, now);
    }

    private void looks(long duration) {
        for (long until = now + duration; now < until; ) {
            looks();
        }
    }

    private void writes() {
        me.offset += 10;
        looks();
    }

    private void hears() {
        loss.hears(one.state(), true, now);
    }

    @Test
    void aReplicaInSyncAcknowledgesWhatItHasApplied() {
        opens();
        writes();
        one.replid = "B";
        hears();
        assertThat(loss.age(now)).as("it is at 1000").isEqualTo(100 * MS);
        one.offset = me.offset;
        hears();
        assertThat(loss.age(now)).isZero();
    }

    @Test
    void nobodyElseAcknowledgesAnything() {
        List<Consumer<Pod>> wrong = List.of(p -> p.replid = "A", p -> p.linkUp = false, p -> p.syncing = true, p -> p.running = false, p -> p.follows(2));
        opens();
        writes();
        for (Consumer<Pod> what : wrong) {
            Pod other = new Pod(1).follows(0);
            other.replid = "B";
            other.offset = me.offset;
            what.accept(other);
            loss.hears(other.state(), true, now);
            assertThat(loss.age(now)).isPositive();
        }
        one.replid = "B";
        one.offset = me.offset;
        loss.hears(one.state(), false, now);
        assertThat(loss.age(now)).as("who is not on the member list").isPositive();
        hears();
        assertThat(loss.age(now)).isZero();
    }

    /** It may still be linked as to this server's last term. */
    @Test
    void nobodyAcknowledgesBeforeTheServerWasSeenAsTheMaster() {
        loss.opens(me.server(), now);
        one.offset = 9_000;
        hears();
        me.role = Role.MASTER;
        me.replid = "B";
        looks();
        writes();
        assertThat(loss.age(now)).isEqualTo(100 * MS);
    }

    @Test
    void whatItHeldWhenItOpenedIsNotItsToLose() {
        opens();
        looks(4 * S);
        assertThat(loss.age(now)).isZero();
        assertThat(loss.problem()).isNull();
    }

    @Test
    void tellsAPersonOnceForAsLongAsWritesAreRefused() {
        opens();
        writes();
        one.replid = "B";
        hears();
        looks(400 * MS);
        assertThat(loss.problem()).isNull();
        looks(200 * MS);
        assertThat(loss.problem()).isEqualTo("writes are refused: no replica has acknowledged for 1 s (failover.maxLoss)");
        looks(3_600 * S);
        assertThat(told).containsExactly("WRITES_REFUSED no replica has acknowledged for 1 s (failover.maxLoss)");
        one.offset = me.offset;
        hears();
        looks();
        assertThat(loss.problem()).isNull();
    }

    @Test
    void tellsOfAReplicaThatFallsBehindAgainAndAgainOnceAndAnotherTimeOfAnotherDay() {
        opens();
        one.replid = "B";
        for (int i = 0; i < 10; i++) {
            writes();
            looks(S);
            assertThat(loss.problem()).isNotNull();
            one.offset = me.offset;
            hears();
            looks(S);
            hears();
            assertThat(loss.problem()).isNull();
        }
        assertThat(told).hasSize(1);
        for (int i = 0; i < 61; i++) {
            looks(S);
            hears();
        }
        writes();
        looks(S);
        assertThat(told).hasSize(2);
    }

    /** Nothing grows old, as its server takes no writes: a person should know all the same. */
    @Test
    void aLeaderWithoutAnyReplicaIsAProblemOnceItsReplicasHaveHadTheirTimeToLink() {
        opens();
        looks(5_800 * MS);
        assertThat(loss.problem()).isNull();
        looks(400 * MS);
        assertThat(loss.problem()).isNotNull();
        assertThat(told).hasSize(1);
        loss.tells(false, 5, now);
        assertThat(loss.problem()).as("it leads no more").isNull();
    }

    /** Rule W4 has a leader that is short of processor send as few as a third of its heartbeats, and only by them it hears what its replicas have. */
    @Test
    void asksItsReplicasThreeTimesBeforeTheLimitAlsoWhereProcessorIsShort() {
        long rare = TIMINGS.heartbeat(10 * S);
        assertThat(rare).isEqualTo(600 * MS);
        assertThat(loss.heartbeat(rare)).isEqualTo(TIMINGS.heartbeat());
        assertThat(loss.heartbeat(TIMINGS.heartbeat())).isEqualTo(TIMINGS.heartbeat());
        assertThat(limit(1_600 * MS).heartbeat(rare)).isEqualTo(400 * MS);
        assertThat(limit(10 * S).heartbeat(rare)).as("no more often than it would anyway").isEqualTo(rare);
        assertThat(limit(0).heartbeat(rare)).as("without a limit").isEqualTo(rare);
    }

    @Test
    void namesALimitThatIsNotInWholeSeconds() {
        loss = limit(1_500 * MS);
        opens();
        writes();
        looks(2 * S);
        assertThat(loss.problem()).endsWith("for 1500 ms (failover.maxLoss)");
    }

    @Test
    void withoutALimitNothingIsCounted() {
        loss = limit(0);
        opens();
        writes();
        looks(60 * S);
        assertThat(loss.age(now)).isZero();
        assertThat(loss.problem()).isNull();
        assertThat(told).isEmpty();
    }
}
