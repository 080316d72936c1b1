package io.redisha.decide.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.FakeCluster.Failed;
import io.redisha.decide.cluster.FakeCluster.Pod;
import io.redisha.decide.cluster.FakeCluster.Server;
import io.redisha.decide.cluster.FakeCluster.Violation;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Clusters of any shape that are created, changed, broken and interrupted at any moment get the shape that is wanted, and lose nothing. */
class ShapingSimulationTest {

    private static final int SEEDS = Integer.getInteger("shaping.seeds", 130);
    private static final int ENOUGH = 600;

    @Test
    void anyClusterGetsItsShapeAndLosesNothing() {
        LongStream.range(0, SEEDS).parallel().forEach(seed -> run(seed, false));
    }

    static FakeCluster run(long seed, boolean tracing) {
        Random r = new Random(seed);
        FakeCluster c = new FakeCluster(r, r.nextBoolean(), r.nextInt(3) > 0, 2 + r.nextInt(4), 1 + r.nextInt(3), r.nextBoolean(), shape(r, null));
        c.tracing = tracing;
        try {
            if (r.nextInt(4) > 0) {
                converge(c);   // else faults from the very beginning
            }
            for (int change = 0; change < 4; change++) {
                change(c, r);
                for (int i = r.nextInt(30); i > 0; i--) {
                    c.round(() -> strike(c, r));
                    for (int t = r.nextInt(3); t > 0; t--) {
                        c.tick();
                    }
                    if (c.person != null && r.nextInt(20) == 0) {
                        goes(c);
                    }
                    c.letGo(false);
                    if (r.nextInt(10) == 0) {
                        fault(c, r);
                    }
                    c.check();
                }
                if (r.nextBoolean()) {
                    converge(c);
                }
            }
            converge(c);
        } catch (AssertionError v) {
            throw new AssertionError("seed " + seed + " at " + c.tick + ": " + v.getMessage() + (tracing ? "\n" + c.trace : ""), v);
        }
        return c;
    }

    private static Shape shape(Random r, Shape was) {
        if (was != null && r.nextInt(3) == 0) {
            return was.scaled(Math.max(3, was.pods() + r.nextInt(7) - 3));   // kubectl scale
        }
        return Shape.of(3 + r.nextInt(3), r.nextInt(3));
    }

    private static void change(FakeCluster c, Random r) {
        if (r.nextInt(4) == 0) {
            comes(c, r);
            return;
        }
        Shape next = shape(r, c.shape);
        c.say("shape " + next);
        boolean kubectl = r.nextBoolean();
        c.shape = next;
        for (int i = 0; i < next.pods(); i++) {
            if (!c.pods.containsKey(i)) {
                c.add(i);
            }
        }
        c.pods.values().forEach(p -> {
            p.stopping = kubectl && !next.keeps(p.name);
            p.backAt = next.keeps(p.name) ? Math.min(p.backAt, c.tick + 1) : p.backAt;   // on another Kubernetes node, with its volume
            if (r.nextInt(3) == 0) {
                c.snapshots.put(p.ordinal, p.server.copy());
            }
        });
        if (r.nextInt(3) == 0) {
            dieWhileLeaving(c, r);
        }
        if (r.nextInt(3) == 0) {
            comes(c, r);
        }
    }

    /** With their Kubernetes node: the pod objects stay. */
    private static void dieWhileLeaving(FakeCluster c, Random r) {
        c.pods.values().stream().filter(q -> !c.shape.keeps(q.name)).forEach(q -> {
            if (r.nextBoolean() && c.spare(q, true)) {
                c.crash(q, FakeCluster.FOR_GOOD);
            }
        });
    }

    /** A person begins to move slots by hand, where redis-cli would let them: not while any is open. */
    private static void comes(FakeCluster c, Random r) {
        List<Pod> masters = c.up().stream().filter(p -> p.server.master && (p.owns() || c.shape.keeps(p.name))).toList();
        Pod from = masters.isEmpty() ? null : masters.get(r.nextInt(masters.size()));
        Pod to = masters.isEmpty() ? null : masters.get(r.nextInt(masters.size()));
        if (!c.written || !c.settled() || from == to || !from.owns() || c.person != null
                || c.up().stream().anyMatch(p -> !p.server.migrating.isEmpty() || !p.server.importing.isEmpty())) {
            return;
        }
        c.say("a person comes");
        c.person = c.new Person(from, to, FakeCluster.slots(from.server.own()).last(1 + r.nextInt(600)));
    }

    /** Ctrl-C. */
    private static void goes(FakeCluster c) {
        c.say("the person goes");
        c.person = null;
    }

    /** Between any two acts of the leader. */
    private static void strike(FakeCluster c, Random r) throws Failed {
        int dice = r.nextInt(400);
        if (dice == 0) {
            c.newLeader();
            throw new Failed("the leader is killed");
        }
        if (dice == 1) {
            fault(c, r);
        }
        if (dice < 8) {
            c.tick();
        }
        if (c.person != null && r.nextInt(5) == 0) {
            c.personActs();
        }
        if (c.person != null && r.nextInt(500) == 0) {
            goes(c);
        }
    }

    private static void fault(FakeCluster c, Random r) {
        List<Pod> pods = List.copyOf(c.pods.values());
        Pod p = pods.get(r.nextInt(pods.size()));
        switch (r.nextInt(11)) {
            case 0, 1 -> {
                if (c.spare(p, false)) {
                    c.crash(p, 1 + r.nextInt(12));
                }
            }
            case 2 -> {
                if (c.spare(p, true)) {
                    c.loseVolume(p, 1 + r.nextInt(12));
                }
            }
            case 3, 4 -> p.answers = false;
            case 5 -> c.roll(p);
            case 6 -> c.newLeader();
            case 7 -> dieWhileLeaving(c, r);
            case 8 -> {
                Server old = c.snapshots.get(p.ordinal);
                if (c.persistent && old != null && c.spare(p, true) && !p.owns()) {
                    c.restoreVolume(p, old, 1 + r.nextInt(12));
                }
            }
            case 9 -> comes(c, r);
            default -> {
                if (c.persistent && c.settled() && r.nextInt(4) == 0) {
                    pods.forEach(q -> c.crash(q, 1 + r.nextInt(8)));
                }
            }
        }
        if (r.nextInt(3) == 0) {
            pods.forEach(q -> q.answers = true);
        }
    }

    /** Without further faults all that is wanted is there soon, and stays. */
    private static void converge(FakeCluster c) {
        c.say("converge");
        c.person = null;
        c.pods.values().forEach(p -> p.answers = true);
        Plan plan = null;
        for (int round = 0; round < ENOUGH; round++) {
            plan = c.round(() -> { });
            c.check();
            c.tick();
            c.letGo(false);
            if (plan instanceof Plan.Done && !(c.settled() && c.fix())) {
                break;
            }
            if (plan instanceof Plan.Refuse refuse && refuse.why().stream().anyMatch(w -> w.contains("nobody knows who had them"))) {
                c.fix();
            }
        }
        if (!(plan instanceof Plan.Done)) {
            throw new Violation("no end: " + plan);
        }
        c.letGo(true);
        for (int i = 0; i < 60 && (i < 5 || !forgotten(c) || !c.written || !c.settled()); i++) {
            c.tick();
            plan = c.round(() -> { });
            boolean still = plan instanceof Plan.Done || plan instanceof Plan.Go g && g.steps().stream().allMatch(s -> s instanceof Step.Forget);
            if (!still) {
                throw new Violation("was done, and is not any more: " + plan);
            }
        }
        whole(c);
    }

    private static boolean forgotten(FakeCluster c) {
        return c.pods.values().stream().allMatch(p -> p.server.known.size() == c.pods.size() - 1);
    }

    private static void whole(FakeCluster c) {
        List<Pod> masters = c.masters();
        assertThat(masters.size()).as("masters").isEqualTo(c.shape.shards());
        assertThat(c.written).as("written").isTrue();
        assertThat(c.creating).as("creating").isFalse();
        BitSet all = new BitSet();
        int spare = c.shape.pods() - c.shape.shards();
        for (Pod m : masters) {
            BitSet slots = m.server.own();
            assertThat(all.intersects(slots)).isFalse();
            all.or(slots);
            BitSet without = (BitSet) slots.clone();
            without.andNot(m.server.keys);
            assertThat(FakeCluster.slots(without)).as("slots of " + m.name + " without their key").isEqualTo(Slots.NONE);
            assertThat(m.server.migrating).isEmpty();
            assertThat(m.server.importing).isEmpty();
            assertThat((double) slots.cardinality()).isBetween(Slots.COUNT / 1.0201 / c.shape.shards() - 1, Slots.COUNT * 1.0201 / c.shape.shards() + 1);
            List<Pod> replicas = c.replicasOf(m);
            assertThat(replicas.size()).as("replicas of " + m.name).isGreaterThanOrEqualTo(spare / c.shape.shards());
            replicas.forEach(p -> assertThat(p.server.keys.equals(m.server.keys)).as(p.name + " has what " + m.name + " has").isTrue());
        }
        assertThat(all.cardinality()).isEqualTo(Slots.COUNT);
        for (Pod p : c.pods.values()) {
            assertThat(p.owns() || !p.server.master).as(p.name + " has a duty").isTrue();
            assertThat(p.server.known.size()).as("known to " + p.name).isEqualTo(c.pods.size() - 1);
        }
    }
}
