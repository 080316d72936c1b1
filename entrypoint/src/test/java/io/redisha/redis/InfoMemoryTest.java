package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Finding R22. */
class InfoMemoryTest {

    private static String info(long used, long notCounted, long limit, String policy) {
        return "# Memory\r\nused_memory:" + used + "\r\nused_memory_human:1.00M\r\nmaxmemory:" + limit + "\r\nmaxmemory_human:1.00M\r\nmaxmemory_policy:" + policy
                + "\r\nmem_not_counted_for_evict:" + notCounted + "\r\n";
    }

    @Test
    void isFullWhenTheLimitIsReachedAndNothingIsEvicted() {
        assertThat(InfoMemory.full(info(1001, 0, 1000, "noeviction"))).isTrue();
        assertThat(InfoMemory.full(info(1000, 0, 1000, "noeviction"))).isFalse();
        assertThat(InfoMemory.full(info(1001, 0, 1000, "allkeys-lru"))).isFalse();
    }

    @Test
    void isNeverFullWithoutALimit() {
        assertThat(InfoMemory.full(info(1 << 30, 0, 0, "noeviction"))).isFalse();
    }

    /** Buffers of replicas and of the AOF, as the server leaves them out. */
    @Test
    void leavesOutWhatTheServerDoes() {
        assertThat(InfoMemory.full(info(1100, 100, 1000, "noeviction"))).isFalse();
    }
}
