package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReplicaBufferTest {

    private static final long GB = 1L << 30;

    @Test
    void isAQuarterOfMaxmemoryAsFarAsTheContainerHasRoom() {
        assertThat(ReplicaBuffer.megabytes(8 * GB, 16 * GB)).isEqualTo(2048);
        assertThat(ReplicaBuffer.megabytes(7 * GB, 10 * GB)).isEqualTo(2048 / 3);
        assertThat(ReplicaBuffer.megabytes(8 * GB, 0)).as("nobody says how much there is").isEqualTo(1024);
    }

    @Test
    void isAnEighthOfTheContainersMemoryWithoutMaxmemory() {
        assertThat(ReplicaBuffer.megabytes(0, 16 * GB)).isEqualTo(2048);
    }

    @Test
    void isTheServersOwnWhereThereIsNoMore() {
        assertThat(ReplicaBuffer.megabytes(0, 0)).isZero();
        assertThat(ReplicaBuffer.megabytes(0, GB)).isZero();
        assertThat(ReplicaBuffer.megabytes(100 << 20, GB)).isZero();
        assertThat(ReplicaBuffer.megabytes(8 * GB, 8 * GB)).as("nothing is left").isZero();
        assertThat(ReplicaBuffer.megabytes(Long.MAX_VALUE, GB)).isZero();
    }

    @Test
    void readsSizesAsTheServersDo() {
        assertThat(ReplicaBuffer.bytes("1gb")).isEqualTo(GB);
        assertThat(ReplicaBuffer.bytes("1G")).isEqualTo(1_000_000_000);
        assertThat(ReplicaBuffer.bytes("512MB")).isEqualTo(512L << 20);
        assertThat(ReplicaBuffer.bytes("1048576")).isEqualTo(1 << 20);
        assertThat(ReplicaBuffer.bytes("3b")).isEqualTo(3);
        assertThat(ReplicaBuffer.bytes("75%")).isZero();
        assertThat(ReplicaBuffer.bytes("999999999999999gb")).isEqualTo(Long.MAX_VALUE);
    }
}
