package io.redisha.loop.peers;

import static io.redisha.loop.peers.RingWorld.SECOND;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rule G1: whatever happens to the pods, their programs are one ring in the end; and without the rule they are not. */
@Timeout(120)
class RingSimulationTest {

    private static final int PODS = 5;
    private static final int SEEDS = 200;

    private interface Fault {
        void happens(RingWorld world);
    }

    private static RingWorld whole(boolean joinAll, long seed) {
        RingWorld world = new RingWorld(PODS, joinAll, seed);
        for (int i = 0; i < PODS; i++) {
            world.start(i);
            world.simulation.pass(8 * SECOND);
        }
        isOneRing(world, "start one by one, seed " + seed);
        return world;
    }

    private static void isOneRing(RingWorld world, String when) {
        assertThat(world.rings).as("rings after %s", when).hasSize(1);
        assertThat(world.rings.getFirst()).as("members after %s", when).containsExactlyInAnyOrderElementsOf(world.pods.values());
    }

    /** And at no time were there two. */
    private static void neverIsTwoRings(String name, long within, Fault fault) {
        staysOneRing(name, within, world -> {
            fault.happens(world);
            world.simulation.pass(within);
            assertThat(world.rejoins).as("islands after %s", name).isZero();
        });
    }

    private static void staysOneRing(String name, long within, Fault fault) {
        for (long seed = 0; seed < SEEDS; seed++) {
            RingWorld world = whole(true, seed);
            fault.happens(world);
            world.simulation.pass(within);
            isOneRing(world, name + ", seed " + seed);
        }
    }

    private static void restart(RingWorld world, int... pods) {
        for (int pod : pods) {
            world.kill(pod);
            world.start(pod);
        }
    }

    @Test
    void isOneRingAfterPod0IsDeleted() {
        neverIsTwoRings("pod-0", 20 * SECOND, world -> restart(world, 0));
    }

    @Test
    void isOneRingAfterPod0AndPod1AreDeletedAtOnce() {
        neverIsTwoRings("pod-0 and pod-1", 20 * SECOND, world -> restart(world, 0, 1));
    }

    @Test
    void isOneRingAfterAllAreDeletedAtOnceInWhateverOrderTheyComeBack() {
        neverIsTwoRings("all at once", 40 * SECOND, world -> {
            List<Integer> order = new ArrayList<>(IntStream.range(0, PODS).boxed().toList());
            Collections.shuffle(order, world.simulation.random);
            order.forEach(world::kill);
            for (int pod : order) {
                world.simulation.pass(world.simulation.random.nextLong(3 * SECOND));
                world.start(pod);
            }
        });
    }

    @Test
    void isOneRingWhenAllContainersStartAgainInTheirPods() {
        neverIsTwoRings("all containers", 20 * SECOND, world -> IntStream.range(0, PODS).forEach(world::restartContainer));
    }

    @Test
    void isOneRingWhenAllAreStartedForTheFirstTimeInAnyOrder() {
        for (long seed = 0; seed < SEEDS; seed++) {
            RingWorld world = new RingWorld(PODS, true, seed);
            List<Integer> order = new ArrayList<>(IntStream.range(0, PODS).boxed().toList());
            Collections.shuffle(order, world.simulation.random);
            for (int pod : order) {
                world.start(pod);
                world.simulation.pass(world.simulation.random.nextLong(5 * SECOND));
            }
            world.simulation.pass(40 * SECOND);
            isOneRing(world, "start in any order, seed " + seed);
            assertThat(world.rejoins).as("islands, seed %s", seed).isZero();
        }
    }

    @Test
    void isOneRingAgainWhenAPartitionHidTheOthersFromOneThatStarted() {
        staysOneRing("a start behind a partition", 40 * SECOND, world -> {
            world.partition(1, 0, 0, 0, 0);
            restart(world, 0);
            world.simulation.pass(30 * SECOND);
            assertThat(world.rings).hasSize(2);
            world.partition(0, 0, 0, 0, 0);
        });
    }

    @Test
    void isOneRingAgainWhenBothSidesOfAPartitionStartedAnew() {
        staysOneRing("two new rings", 60 * SECOND, world -> {
            world.partition(1, 1, 0, 0, 0);
            restart(world, 0, 1, 2, 3, 4);
            world.simulation.pass(60 * SECOND);
            assertThat(world.rings).hasSize(2);
            world.partition(0, 0, 0, 0, 0);
        });
    }

    @Test
    void startsNobodyAgainWhenAPartitionOnlyCameAndWent() {
        staysOneRing("a partition", 40 * SECOND, world -> {
            world.partition(1, 1, 0, 0, 0);
            world.simulation.pass(60 * SECOND);
            world.partition(0, 0, 0, 0, 0);
            world.simulation.pass(30 * SECOND);
            assertThat(world.pods.values()).allMatch(pod -> pod.ends == 0);
        });
    }

    @Test
    void isOneRingAfterAnyRowOfFaults() {
        for (long seed = 0; seed < SEEDS; seed++) {
            Random random = new Random(seed);
            RingWorld world = whole(true, seed);
            StringBuilder story = new StringBuilder("seed " + seed);
            for (int fault = 0; fault < 8; fault++) {
                int pod = random.nextInt(PODS);
                switch (random.nextInt(4)) {
                    case 0 -> {
                        restart(world, pod);
                        story.append(" delete ").append(pod);
                    }
                    case 1 -> {
                        world.restartContainer(pod);
                        story.append(" container ").append(pod);
                    }
                    case 2 -> {
                        int[] sides = random.ints(PODS, 0, 2).toArray();
                        world.partition(sides);
                        story.append(" sides ").append(List.of(Arrays.stream(sides).boxed().toArray()));
                    }
                    default -> {
                        world.partition(new int[PODS]);
                        story.append(" heal");
                    }
                }
                world.simulation.pass(random.nextLong(25 * SECOND));
            }
            world.partition(new int[PODS]);
            world.simulation.pass(90 * SECOND);
            isOneRing(world, story.toString());
        }
    }

    @Test
    void withoutTheRuleAPod0ThatIsBackIsAnIsland() {
        for (long seed = 0; seed < 20; seed++) {
            RingWorld world = whole(false, seed);
            restart(world, 0);
            world.simulation.pass(60 * SECOND);

            assertThat(world.rings).as("seed %s", seed).hasSize(2).anyMatch(ring -> ring.equals(Set.of(world.pod(0))));
        }
    }
}
