package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutOfMemoryTest {

    @TempDir
    Path groups;

    @Test
    void countsByTheSecondVersionOfControlGroups() throws IOException {
        Files.writeString(groups.resolve("memory.events"), "low 0\nhigh 0\nmax 12\noom 4\noom_kill 3\noom_group_kill 1\n");
        assertThat(new OutOfMemory(groups).kills()).isEqualTo(3);
    }

    @Test
    void countsByTheFirst() throws IOException {
        Files.writeString(Files.createDirectory(groups.resolve("memory")).resolve("memory.oom_control"), "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        assertThat(new OutOfMemory(groups).kills()).isEqualTo(2);
    }

    @Test
    void countsNoneWhereNobodyCounts() {
        assertThat(new OutOfMemory(groups).kills()).isZero();
    }
}
