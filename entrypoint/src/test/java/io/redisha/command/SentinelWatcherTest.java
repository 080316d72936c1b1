package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.model.Address;
import io.redisha.redis.SentinelConf.Memory;
import org.junit.jupiter.api.Test;

/** What a sentinel is started with. */
class SentinelWatcherTest {

    private static final Address ZERO = new Address("redis-ha-0.headless", 6379);
    private static final Address ONE = new Address("redis-ha-1.headless", 6379);

    @Test
    void goesOnFromItsOwnFile() {
        Memory own = new Memory(ZERO, 4, 6, 5);
        Appointment same = new Appointment("redis-ha-0", 4);

        assertThat(SentinelWatcher.memory(own, same, same, ZERO, 9)).isSameAs(own);
    }

    @Test
    void takesALaterMasterAndForgetsNoVote() {
        Memory own = new Memory(ZERO, 4, 6, 5);

        assertThat(SentinelWatcher.memory(own, new Appointment("redis-ha-0", 4), new Appointment("redis-ha-1", 5), ONE, 0)).isEqualTo(new Memory(ONE, 5, 6, 5));
        assertThat(SentinelWatcher.memory(own, new Appointment("redis-ha-0", 4), new Appointment("redis-ha-1", 9), ONE, 0)).isEqualTo(new Memory(ONE, 9, 9, 5));
        assertThat(SentinelWatcher.memory(own, null, new Appointment("redis-ha-1", 5), ONE, 0)).as("its file named a stranger").isEqualTo(new Memory(ONE, 5, 6, 5));
    }

    @Test
    void withoutAFileItVotesInNoEpochInWhichItMayHaveVoted() {
        assertThat(SentinelWatcher.memory(null, null, new Appointment("redis-ha-1", 4), ONE, 0)).isEqualTo(new Memory(ONE, 4, 5, 5));
        assertThat(SentinelWatcher.memory(null, null, new Appointment("redis-ha-1", 4), ONE, 7)).isEqualTo(new Memory(ONE, 4, 7, 7));
    }
}
