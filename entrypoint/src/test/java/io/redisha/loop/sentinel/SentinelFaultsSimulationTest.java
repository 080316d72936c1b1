package io.redisha.loop.sentinel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.loop.sentinel.SentinelWorld.Broken;
import io.redisha.simulation.Violation;
import java.util.function.LongConsumer;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults at random, by seeds; {@code make simulate KINDS=sentinel,...} has more of them. */
class SentinelFaultsSimulationTest {

    private static final int SEEDS = Integer.getInteger("simulation.seeds", 10_000) / 100;

    private static void each(long seeds, LongConsumer run) {
        LongStream.range(0, seeds).parallel().forEach(run);
    }

    @Test
    void noWriteThatAReplicaAcknowledgedIsLostWhileOneThingFailsAtATime() {
        each(SEEDS / 3, seed -> SentinelFaults.single(seed, false));
    }

    @Test
    void noWriteAtAllIsLostByPlannedChanges() {
        each(SEEDS / 8, seed -> SentinelFaults.planned(seed, false));
    }

    /** Seed 9 is the popped queue whose last key is left on one disk only, behind a server that asks the master to be for a copy, in vain. */
    @Test
    void nobodyIsWipedAndOneIsTheMasterInTheEndWhateverFails() {
        each(SEEDS * 2 / 3, seed -> SentinelFaults.chaos(seed, false));
    }

    /** Rule D1: its state file names the dataset by then, so that it may copy the one that leads in its place. */
    @Test
    void aMasterWhoseFilesAreDamagedAMomentAfterTheFirstStartSetsThemAside() {
        SentinelFaults.single(285, false);
        SentinelFaults.chaos(138, false);
    }

    @ParameterizedTest
    @EnumSource(value = Broken.class, names = {"BOOT_READ_ONLY", "DEMOTION"})
    void noticesARuleThatIsLeftOut(Broken broken) {
        assertThatThrownBy(() -> LongStream.range(0, SEEDS).forEach(seed -> SentinelFaults.single(seed, broken, false))).isInstanceOf(Violation.class)
                .satisfies(e -> System.out.println(broken + ": " + e.getMessage().lines().findFirst().orElse("")));
    }
}
