package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.World.Broken;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rule B2: the last key of a release goes (a queue is popped empty, a lock is freed, FLUSHALL), and then its master. */
class PoppedQueueSimulationTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000) / 50;

    /** Nobody has a key any more, the replicas have applied that, and it may be too late for a renewal to say so. */
    private static World popped(long seed, boolean persistent, boolean tracing) {
        World w = new World(seed, Broken.NOTHING, 3, persistent, tracing);
        w.promise(false);
        w.settle(40 * S);
        w.simulation.pass(w.simulation.random.nextLong(1500 * MS));
        w.clients.deletes = write -> true;
        w.simulation.pass(25 * MS);
        w.clients.silent = true;
        w.simulation.pass(200 * MS);
        assertThat(w.pods).allMatch(p -> p.redis.log().empty() && p.redis.log().size() > 0);
        return w;
    }

    private static void isLedAgain(boolean persistent, Consumer<MemberPod> end) {
        LongStream.range(0, SEEDS).parallel().forEach(seed -> {
            World w = popped(seed, persistent, false);
            MemberPod was = w.master();
            end.accept(was);
            w.simulation.pass(8 * S);
            assertThat(w.master()).as("master of seed %d", seed).isNotNull();
            w.settle(60 * S);
        });
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isLedAgainWhenTheMastersPodIsDeleted(boolean persistent) {
        isLedAgain(persistent, master -> master.delete(true));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isLedAgainWhenTheMastersServerIsKilled(boolean persistent) {
        isLedAgain(persistent, master -> master.redis.kill());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isLedAgainWhenTheMastersContainerIsKilled(boolean persistent) {
        isLedAgain(persistent, MemberPod::restart);
    }

    /** Half of the time there is a job in it. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aQueueThatIsOftenEmptyHasTenMastersAfterTenDeletions(boolean persistent) {
        LongStream.range(0, SEEDS).parallel().forEach(seed -> {
            World w = new World(seed, Broken.NOTHING, 3, persistent, false);
            w.clients.deletes = write -> write % 2 == 1;
            w.promise(true);
            w.settle(40 * S);
            for (int i = 0; i < 10; i++) {
                MemberPod was = w.master();
                w.simulation.pass(w.simulation.random.nextLong(2 * S));
                was.delete(true);
                w.simulation.pass(3 * S);
                assertThat(w.master()).as("master after deletion %d of seed %d", i + 1, seed).isNotNull().isNotSameAs(was);
                w.settle(60 * S);
            }
        });
    }

    /** All keys were sessions, say: servers keep what has expired when they start as replicas, so there is somebody who may lead. */
    @Test
    void aReleaseWhoseKeysAllExpireWhileItIsDownIsLedAgainAndHasNone() {
        LongStream.range(0, SEEDS / 4).parallel().forEach(seed -> {
            World w = new World(seed, Broken.NOTHING, 3, true, false);
            w.clients.ttl = 5 * S;
            w.promise(false);
            w.settle(40 * S);
            w.simulation.pass(S + w.simulation.random.nextLong(3 * S));
            w.clients.silent = true;
            for (int i = 0; i < 2; i++) {
                w.pods.forEach(p -> p.crash(false));
                w.simulation.pass(10 * S);
                w.pods.forEach(MemberPod::start);
                w.settle(60 * S);
                w.simulation.pass(2 * w.timings.renew());
                assertThat(w.pods).as("seed %d", seed).allMatch(p -> p.redis.log().empty() && p.redis.log().size() > 0);
                assertThat(w.api.lease().empty()).as("seed %d", seed).isTrue();
            }
        });
    }

    /** The Lease's word on it is advice, and not worth a write each time. */
    @Test
    void aQueueThatIsOftenEmptyDoesNotMakeAStormOfRenewals() {
        World w = new World(1, Broken.NOTHING, 3, true, false);
        w.clients.deletes = write -> write % 20 < 10;
        w.settle(40 * S);
        long before = Long.parseLong(w.api.version());
        w.simulation.pass(30 * S);
        assertThat(Long.parseLong(w.api.version()) - before).isLessThanOrEqualTo(2 * 30 * S / w.timings.renew());
    }
}
