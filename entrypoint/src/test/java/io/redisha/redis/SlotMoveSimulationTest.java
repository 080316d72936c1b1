package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Slots;
import io.redisha.redis.SlotMoves.Fault;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Slots move while clients append and delete, and anything befalls anybody before any command of the mover: nothing is lost, and each slot has one owner. */
class SlotMoveSimulationTest {

    private static final int SEEDS = Integer.getInteger("moves.seeds", 200);
    /** Runs that are struck before each of their commands. */
    private static final int EVERYWHERE = Integer.getInteger("moves.everywhere", 1);
    private static final int FIRST = Integer.getInteger("moves.first", 0);

    @Test
    void aCalmMoveLosesNothing() {
        LongStream.range(0, 50).parallel().forEach(seed -> passes(seed, Map.of()));
    }

    /** The planned ones: everything that was acknowledged is in its key. */
    @Test
    void aPlannedChangeOfRoleAtAnyCommandLosesNothing() {
        everywhere(Fault.SOURCE_STOPS);
        everywhere(Fault.TARGET_STOPS);
    }

    @Test
    void aMoverThatDiesOrFreezesAtAnyCommandLosesNothing() {
        everywhere(Fault.MOVER_DIES);
        everywhere(Fault.MOVER_FREEZES);
    }

    @Test
    void aMigrateWhoseOutcomeIsNotHeardLosesNothing() {
        everywhere(Fault.MIGRATE_NOT_SENT);
        everywhere(Fault.MIGRATE_NOT_HEARD);
    }

    @Test
    void aServerThatDiesAtAnyCommandLosesNothingMore() {
        everywhere(Fault.SOURCE_DIES);
        everywhere(Fault.TARGET_DIES);
        everywhere(Fault.SOURCE_AND_MOVER_DIE);
        everywhere(Fault.TARGET_AND_MOVER_DIE);
    }

    /** Several of them, one after the other. */
    @Test
    void severalFaultsLoseNothingMore() {
        LongStream.range(FIRST, FIRST + SEEDS).parallel().forEach(seed -> {
            Random random = new Random(seed);
            Map<Integer, Fault> faults = new TreeMap<>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                faults.put(random.nextInt(300), Fault.values()[random.nextInt(Fault.values().length)]);
            }
            passes(seed, faults);
        });
    }

    /** Finding K2: the masters would take one for dead that is busy with it. */
    @Test
    void aLargeValueMovesWhileAllMastersArePatient() {
        for (long seed = 0; seed < 20; seed++) {
            SlotMoves run = new SlotMoves(seed, seed % 2 == 1, 1, Map.of(), false);
            run.cluster.sizes.put(run.cluster.names.get((int) seed % run.cluster.names.size()), 200L << 20);

            assertThat(run.run()).isEmpty();
            assertThat(run.cluster.patience).as("ms, for what takes 10 s at worst").isBetween(20_000L, 60_000L);
            assertThat(run.cluster.nodes).allSatisfy(node -> assertThat(node.nodeTimeout).isEqualTo(2_000));
        }
    }

    @Test
    void aSlotWithAValueThatNoServerTakesIsNotOpenedAndNamed() {
        SlotMoves run = new SlotMoves(1, false, 1, Map.of(), false);
        String key = run.cluster.names.getFirst();
        int slot = SimulatedNode.slot(key);
        run.cluster.sizes.put(key, 600L << 20);

        run.run();

        SimulatedNode target = run.cluster.master(SimulatedCluster.TARGET);
        assertThat(run.cluster.owned(target, target).and(run.cluster.moving)).isEqualTo(run.cluster.moving.minus(Slots.of(slot)));
        assertThat(run.commands).doesNotContain("SETSLOT STABLE at source");
        assertThat(run.trouble()).contains("keeps slots " + slot).contains("more than 512 MB");
        assertThat(run.cluster.patience).as("nobody tried").isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void everyStepOfAMoveIsStruck() {
        Set<String> steps = new TreeSet<>();
        for (int seed = 0; seed < 20; seed++) {
            SlotMoves run = new SlotMoves(seed, false, 1, Map.of(), false);
            run.run();
            steps.addAll(run.commands);
        }
        assertThat(steps).contains("SETSLOT IMPORTING at target", "SETSLOT MIGRATING at source", "GETKEYSINSLOT at source", "MIGRATE at source", "SETSLOT NODE at target",
                "SETSLOT NODE at source", "SETSLOT NODE at another");
    }

    private static void everywhere(Fault fault) {
        for (boolean valkey : new boolean[] {false, true}) {
            for (int seed = FIRST; seed < FIRST + EVERYWHERE; seed++) {
                int of = seed;
                int commands = calm(of, valkey);
                Set<Integer> failing = new ConcurrentSkipListSet<>();
                IntStream.range(0, commands).parallel().forEach(command -> {
                    if (!wrong(of, valkey, Map.of(command, fault)).isEmpty()) {
                        failing.add(command);
                    }
                });
                if (!failing.isEmpty()) {
                    throw new AssertionError(fault + " before " + failing.size() + " of " + commands + " commands, first before number " + failing.iterator().next() + ":\n"
                            + told(of, valkey, Map.of(failing.iterator().next(), fault)));
                }
            }
        }
    }

    private static int calm(long seed, boolean valkey) {
        SlotMoves run = new SlotMoves(seed, valkey, 1, Map.of(), false);
        run.run();
        return run.commands.size();
    }

    private static void passes(long seed, Map<Integer, Fault> faults) {
        boolean valkey = seed % 2 == 1;
        if (!wrong(seed, valkey, faults).isEmpty()) {
            throw new AssertionError("seed " + seed + ": " + told(seed, valkey, faults));
        }
    }

    private static List<String> wrong(long seed, boolean valkey, Map<Integer, Fault> faults) {
        SlotMoves run = new SlotMoves(seed, valkey, 1, faults, false);
        List<String> wrong = run.run();
        if (faults.values().stream().noneMatch(Fault::isDeath)) {
            assertThat(run.cluster.keptBeside()).as("kept beside, though no server died").isEmpty();
        }
        assertThat(run.cluster.ledger.acknowledged()).isGreaterThan(SimulatedCluster.MOVING);
        return wrong;
    }

    private static String told(long seed, boolean valkey, Map<Integer, Fault> faults) {
        SlotMoves run = new SlotMoves(seed, valkey, 1, faults, true);
        List<String> wrong = run.run();
        return String.join("\n", wrong) + (Boolean.getBoolean("moves.story") ? "\n" + run.story() : "");
    }
}
