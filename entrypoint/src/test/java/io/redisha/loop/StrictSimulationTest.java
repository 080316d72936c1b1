package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.World.Broken;
import io.redisha.model.LeaseRecord;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rule C5: with {@code durability: strict} no write is lost that one replica acknowledged, also when two of three pods fail at once. */
class StrictSimulationTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000);
    private static final List<Integer> KINDS = List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, SimulationTest.BUSY, SimulationTest.STANDS_STILL, SimulationTest.ASLEEP, SimulationTest.HELD);

    /** Two things fail at a time; or two pods lose their power, and one is back later, or much later. */
    static World strict(long seed, Broken broken, boolean tracing) {
        Random r = new Random(seed);
        World w = World.strict(seed, broken, tracing);
        try {
            w.settle(40 * S);
            w.promiseConfirmed();
            for (int i = 0; i < 3; i++) {
                w.simulation.pass(r.nextLong(2 * S));
                if (r.nextBoolean()) {
                    twoLost(w, r);
                } else {
                    for (int n = 0; n < 2; n++) {
                        int kind = KINDS.get(r.nextInt(KINDS.size()));
                        SimulationTest.fault(w, r, kind, 200 * MS + r.nextLong(9 * S));
                        w.simulation.pass(r.nextLong(3 * S));
                    }
                    w.simulation.pass(10 * S);
                }
                SimulationTest.heal(w);
                w.settle(60 * S);
            }
        } catch (Violation v) {
            throw new Violation("seed " + seed + " at " + w.simulation.now() / MS + " ms: " + v.getMessage() + (tracing ? "\n" + w.simulation.story() : ""));
        }
        return w;
    }

    /** A replica is late, or a pod is cut off, when the two fail that confirm writes. */
    private static void twoLost(World w, Random r) {
        List<MemberPod> pods = new ArrayList<>(w.pods);
        MemberPod late = pods.remove(r.nextInt(3));
        if (r.nextBoolean()) {
            late.redis.stall(5 * S);
        } else {
            pods.forEach(p -> SimulationTest.isolate(w, late, p.name));
        }
        w.simulation.pass(S + r.nextLong(3 * S));
        pods.forEach(p -> w.simulation.after(r.nextLong(500 * MS), () -> p.crash(false)));
        w.simulation.pass(S);
        w.network.heal();
        w.simulation.pass(r.nextLong(20 * S));
        MemberPod back = pods.get(r.nextInt(2));
        back.start();
        w.simulation.pass(30 * S);
        if (leads(w)) {
            return;
        }
        LeaseRecord lease = w.api.lease();
        if (lease.takers().isEmpty() && (late.name.equals(lease.lastHolder()) || back.name.equals(lease.lastHolder()))) {
            throw new Violation("not whole again: who led last is back for 30 s, and none takes writes: " + w.unsettled());
        }
        if (Stream.of(late, back).noneMatch(p -> p.member.snapshot().unready().contains("redis-ha/last-holder=POD redis-ha/takers-"))) {
            throw new Violation("not whole again: nobody leads, and nobody says what a person can do: " + w.unsettled());
        }
        decide(w, Stream.of(late, back));
    }

    /** A person has found out who has all that was confirmed, if anybody has, and runs the command that they are told. */
    private static void decide(World w, Stream<MemberPod> there) {
        there.filter(p -> p.redis.keeps(w.clients.acked)).findFirst().ifPresent(p -> {
            w.simulation.say("a person has " + p.name + " lead");
            w.api.edit(l -> new LeaseRecord(l.holder(), l.term(), l.mode(), l.members(), l.datasetId(), l.replid(), l.offset(), l.empty(), l.inSync(), p.name, l.preferred(), l.renewed())
                    .patience(l.patience()));
            w.simulation.pass(30 * S);
            if (!leads(w) || w.master() != p) {
                throw new Violation("not whole again: a person has had " + p.name + " lead for 30 s, and it does not: " + w.unsettled());
            }
        });
    }

    private static boolean leads(World w) {
        return w.master() != null && w.master().redis.acceptsWrites();
    }

    @Test
    void noWriteThatAReplicaAcknowledgedIsLostWhenTwoOfThreePodsFail() {
        LongStream.range(0, SEEDS / 20).parallel().forEach(seed -> strict(seed, Broken.NOTHING, false));
    }

    /** It has as much as the other then, and no word of it reaches that one any more. */
    @Test
    void whatAMemberSaidBeforeItConfirmedMoreLetsNobodyLead() {
        for (long seed = 0; seed < Math.max(10, SEEDS / 500); seed++) {
            World w = World.strict(seed, Broken.NOTHING, false);
            w.settle(40 * S);
            w.promiseConfirmed();
            w.clients.silent = true;
            w.simulation.pass(S);
            List<MemberPod> pods = new ArrayList<>(w.pods);
            pods.remove(w.master());
            MemberPod late = pods.removeFirst();
            SimulationTest.isolate(w, late, w.master().name);
            w.simulation.pass(S);
            SimulationTest.isolate(w, late, pods.getFirst().name);
            w.clients.silent = false;
            w.simulation.pass(2 * S);
            w.pods.stream().filter(p -> p != late).forEach(p -> p.crash(false));
            w.simulation.pass(30 * S);
            assertThat(w.master()).as("seed %d", seed).isNull();
            SimulationTest.heal(w);
            w.settle(60 * S);
        }
    }
}
