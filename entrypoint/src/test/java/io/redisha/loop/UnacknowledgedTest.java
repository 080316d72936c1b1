package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Timings;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UnacknowledgedTest {

    private static final long MS = Timings.MS;
    private static final long S = 1_000 * MS;
    /** Monotonic clocks begin anywhere. */
    private static final long START = -5 * S;

    private final Unacknowledged writes = new Unacknowledged(S);

    UnacknowledgedTest() {
        writes.begins(1_000, START);
    }

    /** A server that does not answer this program may serve others. */
    @Test
    void countsFromTheLastLookWhenNothingNewWasSeen() {
        writes.looks(1_000, START + 100 * MS);
        assertThat(writes.age(START + 100 * MS)).isZero();
        assertThat(writes.age(START + 10 * S)).isEqualTo(9_900 * MS);
    }

    @Test
    void countsAWriteFromTheLookBeforeTheOneThatShowsIt() {
        writes.looks(1_000, START + 100 * MS);
        writes.looks(1_000, START + 200 * MS);
        writes.looks(1_010, START + 300 * MS);
        writes.looks(1_010, START + 400 * MS);
        assertThat(writes.age(START + 450 * MS)).isEqualTo(250 * MS);
    }

    @Test
    void countsTheFirstFromTheOpening() {
        writes.looks(1_010, START + 300 * MS);
        assertThat(writes.age(START + 300 * MS)).isEqualTo(300 * MS);
    }

    @Test
    void isAsOldAsTheOldestThatIsLeft() {
        writes.looks(1_010, START + 100 * MS);
        writes.looks(1_020, START + 200 * MS);
        writes.looks(1_030, START + 300 * MS);
        writes.acknowledges(1_015);
        assertThat(writes.age(START + 400 * MS)).as("half of the second look's is no more than the first's").isEqualTo(300 * MS);
        writes.acknowledges(1_020);
        assertThat(writes.age(START + 400 * MS)).isEqualTo(200 * MS);
        writes.acknowledges(1_030);
        assertThat(writes.age(START + 400 * MS)).as("since the last look").isEqualTo(100 * MS);
    }

    @Test
    void forgetsNoAcknowledgementForAnOlderOneThatComesLater() {
        writes.acknowledges(1_010);
        writes.acknowledges(1_005);
        writes.looks(1_010, START + 100 * MS);
        assertThat(writes.age(START + 100 * MS)).isZero();
    }

    /** A replica's agent may have looked later than the leader's own. */
    @Test
    void addsNothingThatWasAcknowledgedBeforeItWasSeen() {
        writes.acknowledges(1_010);
        writes.looks(1_010, START + 100 * MS);
        assertThat(writes.age(START + 100 * MS)).isZero();
        writes.looks(1_011, START + 200 * MS);
        assertThat(writes.age(START + S)).isEqualTo(900 * MS);
    }

    /** Two threads look. */
    @Test
    void believesTheLaterOfTwoLooksAboutWhenAndTheFurtherAboutWhat() {
        writes.looks(1_010, START + 100 * MS);
        writes.looks(1_005, START + 120 * MS);
        writes.acknowledges(1_010);
        writes.looks(1_020, START + 200 * MS);
        assertThat(writes.age(START + 220 * MS)).isEqualTo(100 * MS);
    }

    @Test
    void beginsAnewWithEachTerm() {
        writes.looks(1_010, START + 100 * MS);
        writes.begins(500, START + 10 * S);
        assertThat(writes.age(START + 10 * S)).isZero();
        writes.looks(510, START + 10 * S + 100 * MS);
        assertThat(writes.age(START + 11 * S)).isEqualTo(S);
    }

    /** What expires goes on moving the offset of a server that refuses writes. */
    @Test
    void staysSmallForHoursWithoutAReplicaAndIsEmptyAfterOneAcknowledgementOfWhatWasSeenLately() {
        long offset = 1_000;
        long now = START;
        for (int i = 0; i < 100_000; i++) {
            now += 100 * MS;
            writes.looks(++offset, now);
            assertThat(writes.size()).isLessThanOrEqualTo(Unacknowledged.MOST);
        }
        assertThat(writes.age(now)).isEqualTo(now - START);
        writes.acknowledges(offset - 3);
        assertThat(writes.age(now)).isEqualTo(300 * MS);
    }

    @Test
    void staysSmallForALimitOfAnHour() {
        Unacknowledged hour = new Unacknowledged(3_600 * S);
        hour.begins(0, START);
        for (int i = 1; i <= 36_000; i++) {
            hour.looks(i, START + i * 100 * MS);
        }
        assertThat(hour.size()).isLessThanOrEqualTo(Unacknowledged.MOST);
        hour.acknowledges(18_000);
        assertThat(hour.age(START + 3_600 * S)).as("half of it is acknowledged, but for a part in 256").isBetween(1_800 * S, 1_815 * S);
    }

    /** Compared with what is known of each single write. */
    @Test
    void isNeverYoungerThanInTruth() {
        for (int seed = 0; seed < 200; seed++) {
            Random r = new Random(seed);
            Unacknowledged some = new Unacknowledged(S);
            some.begins(0, START);
            long[] writtenAt = new long[2_000];
            int written = 0;
            int acknowledged = 0;
            long now = START;
            while (written < writtenAt.length - 20) {
                now += r.nextLong(300 * MS);
                for (int i = r.nextInt(10); i > 0; i--) {
                    writtenAt[written++] = now;
                }
                if (r.nextInt(3) > 0) {
                    some.looks(written, now);
                }
                if (r.nextInt(4) == 0) {
                    acknowledged += r.nextInt(written - acknowledged + 1);
                    some.acknowledges(acknowledged);
                }
                if (r.nextInt(3) > 0) {
                    some.looks(written, now);
                    long truth = acknowledged == written ? 0 : now - writtenAt[acknowledged];
                    assertThat(some.age(now)).as("seed %d", seed).isGreaterThanOrEqualTo(truth);
                }
            }
        }
    }
}
