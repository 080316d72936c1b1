package io.redisha.loop.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Rule K11 among real agents: who is elected, and with what (finding K5'). */
class InSyncSimulationTest {

    private static final int SEEDS = Integer.getInteger("redisha.shard.seeds", 60);

    @Test
    void aReplicaThatWasAwayIsNotElectedFromItsDiskAndItsMastersNewerDataStays() {
        ShardWorld world = new ShardWorld(1, true, true);
        world.pass(20);
        world.pod("x-2").kill();
        world.pod("x-1").kill();
        world.pass(60);
        world.pod("x-0").kill();
        world.pass(5);
        world.pod("x-1").start();
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isNull();

        world.pod("x-0").start();
        world.pass(20);
        assertThat(world.master()).isSameAs(world.pod("x-0"));
        assertThat(world.pod("x-0").memory.size()).isEqualTo(world.writtenAt.size());
        assertThat(world.pod("x-1").memory.size()).isEqualTo(world.writtenAt.size());
    }

    @Test
    void aReplicaThatIsCutOffFromItsLivingMasterIsNotElected() {
        ShardWorld world = new ShardWorld(2, true, true);
        world.pod("x-2").kill();
        world.pass(20);
        world.dataCuts.add("x-0x-1");
        world.pass(60);
        world.pod("x-0").kill();
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isNull();
        world.elect("x-1");
        world.pass(2);
        assertThat(world.master()).as("by a person's order").isSameAs(world.pod("x-1"));
    }

    @Test
    void aReplicaThatOneOfTheOthersCannotAskIsElectedAllTheSame() {
        ShardWorld world = new ShardWorld(6, true, true);
        world.pass(20);
        world.pod("x-2").kill();
        world.unasked.add("x-3x-1");
        world.pass(20);
        world.pod("x-0").kill();
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isSameAs(world.pod("x-1"));
    }

    /** Its own word that it is whole is as old as its last majority. */
    @Test
    void aMasterThatWasCutOffAndIsDemotedIsNotElectedBeforeItHasCopiedWhatItMissed() {
        ShardWorld world = new ShardWorld(5, true, true);
        world.pass(20);
        world.pod("x-2").kill();
        world.pass(10);
        List.of("x-1", "x-3", "x-4").forEach(other -> world.cut("x-0", other));
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isSameAs(world.pod("x-1"));
        world.dataCuts.add("x-0x-1");
        world.cuts.clear();
        for (int i = 0; i < 50 && world.pod("x-0").owns(); i++) {
            world.pass(0.1);
        }
        world.pod("x-1").kill();
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isNull();
    }

    /** Its server takes the connection for up all the time. */
    @Test
    void aReplicaThatWasCutOffForLessThanItsServerNoticesDoesNotCountAsInSync() {
        ShardWorld world = new ShardWorld(8, true, true);
        world.pass(20);
        world.pod("x-2").kill();
        world.pass(10);
        List.of("x-0", "x-3", "x-4").forEach(other -> world.cut("x-1", other));
        world.pass(9);
        world.dataCuts.add("x-0x-1");
        world.cuts.clear();
        world.pass(0.3);
        List.copyOf(world.pods.values()).forEach(ShardWorld.Pod::kill);
        List.of("x-1", "x-3", "x-4").forEach(pod -> world.pod(pod).start());
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isNull();
    }

    /** One rack is cut off, with one replica; then the other dies, which went on meanwhile, and what comes back of it remembers nothing but the Lease. */
    @Test
    void aReplicaThatWasCutOffWithSomeOfTheOthersIsNotElectedWhenTheRestIsGone() {
        ShardWorld world = new ShardWorld(7, true, true);
        world.pass(20);
        world.pod("x-2").kill();
        world.pass(10);
        for (String here : List.of("x-1", "x-3")) {
            List.of("x-0", "x-4").forEach(there -> world.cut(here, there));
            world.noApi.add(here);
        }
        world.pass(60);
        world.pod("x-0").kill();
        world.pod("x-4").kill();
        world.cuts.clear();
        world.noApi.clear();
        world.pass(3);
        world.pod("x-4").start();
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isNull();
    }

    /** So the note stays as it was while its master goes on, heard by the majority. */
    @Test
    void aReplicaThatHoldsTheLeaseAndIsCutOffIsNotElectedFromItsDisk() {
        ShardWorld world = new ShardWorld(9, true, true);
        world.pass(20);
        world.noApi.addAll(List.of("x-0", "x-2", "x-3", "x-4"));
        world.pass(30);
        world.noApi.clear();
        world.pod("x-2").kill();
        world.pass(10);
        assertThat(world.lease.holder().pod()).as(world.simulation.story()).isEqualTo("x-1");
        List.of("x-0", "x-3", "x-4").forEach(other -> world.cut("x-1", other));
        world.pass(60);
        List.copyOf(world.pods.values()).forEach(ShardWorld.Pod::kill);
        world.cuts.clear();
        List.of("x-1", "x-3", "x-4").forEach(pod -> world.pod(pod).start());
        world.pass(60);
        assertThat(world.master()).as(world.simulation.story()).isNull();
    }

    @Test
    void afterAllWereKilledAtOnceAReplicaThatWasInSyncIsElectedIfTheMasterDoesNotReturn() {
        ShardWorld world = new ShardWorld(3, true, true);
        world.pass(20);
        List.copyOf(world.pods.values()).forEach(ShardWorld.Pod::kill);
        world.pass(5);
        List.of("x-1", "x-2", "x-3", "x-4").forEach(pod -> world.pod(pod).start());
        world.pass(40);
        assertThat(world.master()).as(world.simulation.story()).isIn(world.pod("x-1"), world.pod("x-2"));
        assertThat(world.fromDisk).isEqualTo(1);
    }

    /**
     * Deaths, restarts, links that are cut, and the API server away, in any order: nobody is elected who lacks more than a moment, and in the end there is a master.
     * Where the one that had the newest data never comes back, a person may have to order it.
     */
    @Test
    void whateverFailsNobodyIsElectedWithOlderDataAndSomebodyServesInTheEnd() {
        int persons = 0;
        int fromDisk = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            ShardFaults run = new ShardFaults(seed);
            run.play();
            persons += run.person ? 1 : 0;
            fromDisk += run.world.fromDisk;
        }
        assertThat(fromDisk).as("elected with what the disk had").isGreaterThan(SEEDS / 50);
        assertThat(persons).as("left to a person").isBetween(1, SEEDS / 8);
    }

    @Test
    void afterAllWereKilledAtOnceTheMasterGoesOnWithTheApiServerDown() {
        ShardWorld world = new ShardWorld(4, true, true);
        world.pass(20);
        world.apiDown = true;
        world.pass(10);
        List.copyOf(world.pods.values()).forEach(ShardWorld.Pod::kill);
        world.pass(5);
        List.copyOf(world.pods.values()).forEach(ShardWorld.Pod::start);
        world.pass(20);
        assertThat(world.master()).as(world.simulation.story()).isSameAs(world.pod("x-0"));
    }
}
