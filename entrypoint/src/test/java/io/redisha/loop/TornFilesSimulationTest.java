package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.World.Broken;
import io.redisha.simulation.Violation;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Rules B4, B5: files lack their end, which their server cuts off when it starts the next time (aof-load-truncated). */
class TornFilesSimulationTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000);

    /** One pod's files each time, the master's as a rule, which then fails alone, or with all others once they have what it confirmed. */
    static World torn(long seed, Broken broken, boolean tracing) {
        Random r = new Random(seed);
        World w = new World(seed, broken, new int[] {3, 3, 2, 5}[r.nextInt(4)], true, tracing);
        try {
            w.promise(false);
            w.settle(40 * S);
            for (int i = 0; i < 4; i++) {
                w.simulation.pass(r.nextLong(4 * S));
                MemberPod torn = w.master() != null && r.nextInt(4) > 0 ? w.master() : w.pods.get(r.nextInt(w.pods.size()));
                boolean all = r.nextBoolean();
                if (all) {
                    w.clients.silent = true;
                    w.simulation.pass(500 * MS);
                }
                torn.redis.tearFiles(1 + r.nextInt(200));
                if (all) {
                    w.servers.loading = r.nextBoolean() ? null : () -> r.nextLong(8 * S);
                    cutPower(w, r);
                } else if (r.nextBoolean()) {
                    torn.redis.kill();
                } else {
                    torn.crash(r.nextBoolean());
                    w.simulation.after(300 * MS + r.nextLong(5 * S), torn::start);
                }
                w.simulation.pass(r.nextLong(10 * S));
                w.clients.silent = false;
                w.settle(90 * S);
                w.servers.loading = null;
            }
        } catch (Violation v) {
            throw new Violation("seed " + seed + " at " + w.simulation.now() / MS + " ms: " + v.getMessage() + (tracing ? "\n" + w.simulation.story() : ""));
        }
        return w;
    }

    /** Of all, and it is back within some seconds. */
    private static void cutPower(World w, Random r) {
        w.pods.forEach(p -> p.crash(false));
        w.pods.forEach(p -> w.simulation.after(S + r.nextLong(5 * S), p::start));
    }

    @Test
    void noWriteThatAReplicaAcknowledgedIsLostWhenAMastersFilesLackTheirEnd() {
        LongStream.range(0, SEEDS / 20).parallel().forEach(seed -> torn(seed, Broken.NOTHING, false));
    }

    private static World calm(long seed, int replicas) {
        World w = new World(seed, Broken.NOTHING, replicas, true, false);
        w.settle(40 * S);
        w.simulation.pass(S + w.simulation.random.nextLong(5 * S));
        return w;
    }

    /** What the power cut left half-written is nobody's to wait for. */
    @Test
    void thePodOfAReleaseOfOneLeadsAtOnceWithWhatItsFilesHave() {
        for (long seed = 0; seed < Math.max(10, SEEDS / 500); seed++) {
            World w = calm(seed, 1);
            MemberPod only = w.master();
            only.redis.tearFiles(10);
            only.crash(false);
            w.simulation.after(S, only::start);
            w.simulation.pass(5 * S);
            assertThat(only.redis.acceptsWrites()).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void whoeverIsLeftLeadsWithWhatItsFilesHaveOnceTheOthersWereWaitedFor() {
        for (long seed = 0; seed < Math.max(10, SEEDS / 200); seed++) {
            World w = calm(seed, 3);
            MemberPod left = seed % 3 == 0 ? w.pods.get((int) (seed % 2)) : w.master();
            left.redis.tearFiles(10);
            w.pods.forEach(p -> p.crash(false));
            w.simulation.after(S, left::start);
            w.simulation.pass(S + w.timings.lastHolderWait() + 12 * S);
            assertThat(w.master()).as("seed %d", seed).isSameAs(left);
        }
    }

    @Test
    void aReleaseWhoseFilesAllLackTheirEndsComesBackByItself() {
        LongStream.range(0, SEEDS / 50).parallel().forEach(seed -> {
            Random r = new Random(seed);
            World w = calm(seed, new int[] {3, 2, 5}[r.nextInt(3)]);
            List<MemberPod> pods = w.pods;
            pods.forEach(p -> p.redis.tearFiles(1 + r.nextInt(20)));
            MemberPod last = w.master();
            cutPower(w, r);
            w.settle(40 * S);
            assertThat(w.master()).as("seed %d, its disk was the last leader's", seed).isSameAs(last);
        });
    }
}
