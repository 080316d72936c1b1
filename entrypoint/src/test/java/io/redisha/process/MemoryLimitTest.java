package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitTest {

    @TempDir
    Path groups;

    @Test
    void isThatOfTheSecondVersionOfControlGroups() throws IOException {
        Files.writeString(groups.resolve("memory.max"), "2147483648\n");
        assertThat(MemoryLimit.bytes(groups)).isEqualTo(2147483648L);
        Files.writeString(groups.resolve("memory.max"), "max\n");
        assertThat(MemoryLimit.bytes(groups)).isZero();
    }

    @Test
    void isThatOfTheFirst() throws IOException {
        Path file = Files.createDirectory(groups.resolve("memory")).resolve("memory.limit_in_bytes");
        Files.writeString(file, "536870912\n");
        assertThat(MemoryLimit.bytes(groups)).isEqualTo(536870912L);
        Files.writeString(file, "9223372036854771712\n");
        assertThat(MemoryLimit.bytes(groups)).isZero();
    }

    @Test
    void isNoneWhereNobodySays() {
        assertThat(MemoryLimit.bytes(groups)).isZero();
    }
}
