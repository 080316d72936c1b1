package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Misconf;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.Timings;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WriteBlockersTest {

    private static final long S = 1_000 * Timings.MS;

    private final List<String> told = new ArrayList<>();
    private final WriteBlockers blockers = new WriteBlockers(new Journal() {
        @Override
        public void note(Act act, Reason reason, long term, String detail) {
            told.add(act + " " + detail);
        }

        @Override
        public void renewed(boolean success, long nanos) {}
    });
    private long now;

    private void sees(Misconf misconf, Role role, long duration) {
        for (long end = now + duration; now < end; now += S / 10) {
            blockers.sees(new WriteBlockers.Seen(role, misconf, false, false), 4, now);
        }
    }

    @Test
    void saysNothingOfAServerThatSaves() {
        sees(Misconf.NONE, Role.MASTER, S);
        assertThat(blockers.problems(now)).isEmpty();
        assertThat(told).isEmpty();
    }

    @Test
    void namesWhatAMasterCannotSaveAndUntilWhen() {
        sees(Misconf.AOF, Role.MASTER, S);
        assertThat(blockers.problems(now)).containsExactly("its AOF can't be written (aof_last_write_status:err): is the volume full? Redis refuses writes until there is room");
        sees(Misconf.SNAPSHOT, Role.MASTER, S);
        assertThat(blockers.problems(now)).singleElement().asString().startsWith("its last snapshot failed (rdb_last_bgsave_status:err): is the volume full").endsWith("Redis refuses writes until one succeeds");
        assertThat(told).hasSize(2).allMatch(line -> line.startsWith("CANNOT_SAVE "));
    }

    @Test
    void saysOfAReplicaWhatItWouldDoAsTheMasterAndTellsAgainWhenItIs() {
        sees(Misconf.AOF, Role.REPLICA, S);
        assertThat(blockers.problems(now)).singleElement().asString().endsWith("As the master it would refuse writes");
        sees(Misconf.AOF, Role.MASTER, S);
        assertThat(told).hasSize(2);
    }

    @Test
    void isToldOnceHoweverLongItLastsAndWhateverHasRoomInBetween() {
        sees(Misconf.AOF, Role.MASTER, 3600 * S);
        sees(Misconf.NONE, Role.MASTER, S);
        assertThat(blockers.problems(now)).as("no problem while there is room").isEmpty();
        sees(Misconf.AOF, Role.MASTER, S);
        assertThat(blockers.problems(now)).hasSize(1);
        assertThat(told).hasSize(1);
        sees(Misconf.NONE, Role.MASTER, 61 * S);
        sees(Misconf.AOF, Role.MASTER, S);
        assertThat(told).as("another time").hasSize(2);
    }

    @Test
    void saysForHowLongAMasterHasRefusedWritesAndForHalfAMinuteAfterAHandoverNothing() {
        sees(Misconf.AOF, Role.REPLICA, 5 * S);
        assertThat(blockers.refusedFor(now)).as("a replica has none to refuse").isZero();
        sees(Misconf.AOF, Role.MASTER, 5 * S);
        assertThat(blockers.refusedFor(now)).isEqualTo(5 * S);
        blockers.handsOver(now);
        sees(Misconf.AOF, Role.MASTER, 29 * S);
        assertThat(blockers.refusedFor(now)).isZero();
        sees(Misconf.AOF, Role.MASTER, S);
        assertThat(blockers.refusedFor(now)).isEqualTo(35 * S);
        sees(Misconf.NONE, Role.MASTER, S);
        assertThat(blockers.refusedFor(now)).isZero();
    }

    /** Rule H7: a target that can't take over would be asked for ever, and each time clients wait. */
    @Test
    void aHandoverThatComesToNothingIsTriedAgainAfterTwiceAsLongEachTimeUpToTenMinutes() {
        List<Long> rests = new ArrayList<>();
        sees(Misconf.AOF, Role.MASTER, 5 * S);
        for (int i = 0; i < 7; i++) {
            rests.add(restsFor() / S);
        }
        assertThat(rests).containsExactly(30L, 60L, 120L, 240L, 480L, 600L, 600L);

        sees(Misconf.NONE, Role.REPLICA, 10 * S);   // fenced, and the master again
        sees(Misconf.AOF, Role.MASTER, S);
        assertThat(restsFor()).isEqualTo(600 * S);
        sees(Misconf.NONE, Role.REPLICA, 61 * S);
        sees(Misconf.AOF, Role.MASTER, S);
        assertThat(restsFor()).as("another time").isEqualTo(30 * S);
    }

    private long restsFor() {
        long start = now;
        blockers.handsOver(now);
        while (blockers.refusedFor(now) == 0) {
            sees(Misconf.AOF, Role.MASTER, S);
        }
        return now - start;
    }

    @Test
    void aServerThatHasDiedRefusesNothing() {
        sees(Misconf.AOF, Role.MASTER, S);
        blockers.gone("signal 9, by this agent", now);
        assertThat(blockers.problems(now)).isEmpty();
        assertThat(blockers.refusedFor(now)).isZero();
    }

    private void sees(boolean unreplicated, boolean full, Role role, long duration) {
        for (long end = now + duration; now < end; now += S / 10) {
            blockers.sees(new WriteBlockers.Seen(role, Misconf.NONE, unreplicated, full), 4, now);
        }
    }

    @Test
    void aMasterWithoutAReplicaThatNeedsOneIsToldWhenItsReplicasHadTimeToLink() {
        sees(true, false, Role.MASTER, 5 * S);
        assertThat(blockers.problems(now)).isEmpty();
        sees(true, false, Role.MASTER, S);
        assertThat(blockers.problems(now)).containsExactly("writes are refused: no replica is in sync (NOREPLICAS)");
        assertThat(told).containsExactly("WRITES_REFUSED no replica is in sync (NOREPLICAS)");
        assertThat(blockers.refusedFor(now)).as("another has no replicas either").isZero();
        sees(false, false, Role.MASTER, S);
        assertThat(blockers.problems(now)).isEmpty();
    }

    @Test
    void aReplicaNeedsNoReplicaNorIsItsMemoryAnybodysProblem() {
        sees(true, true, Role.REPLICA, 60 * S);
        assertThat(blockers.problems(now)).isEmpty();
        assertThat(told).isEmpty();
    }

    @Test
    void aNewMastersTimeBeginsWhenItIsOne() {
        sees(true, false, Role.REPLICA, 60 * S);
        sees(true, false, Role.MASTER, 4 * S);
        assertThat(told).isEmpty();
    }

    @Test
    void aMasterThatIsFullIsToldAtOnceAndOnce() {
        sees(false, true, Role.MASTER, S);
        assertThat(blockers.problems(now)).containsExactly("writes are refused: maxmemory is reached, and maxmemory-policy is noeviction (OOM)");
        sees(false, false, Role.MASTER, S);
        assertThat(blockers.problems(now)).isEmpty();
        sees(false, true, Role.MASTER, 3600 * S);
        assertThat(told).hasSize(1);
    }

    @Test
    void anEndForWantOfMemoryIsAProblemForTenMinutesOrUntilAnotherEnd() {
        String killed = "signal 9: the container's memory limit was reached (oom_kill 1)";
        blockers.gone(killed, now);
        now += S;
        blockers.gone("", now);
        sees(Misconf.NONE, Role.REPLICA, 590 * S);
        assertThat(blockers.problems(now)).containsExactly("its last server ended by " + killed);
        sees(Misconf.NONE, Role.REPLICA, 10 * S);
        assertThat(blockers.problems(now)).isEmpty();
        blockers.gone(killed, now);
        blockers.gone("exit status 1", now);
        assertThat(blockers.problems(now)).isEmpty();
    }
}
