package io.redisha.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How often the kernel has killed a process of this container because its memory limit was reached. */
final class OutOfMemory {

    /** Of the second version of control groups, then of the first. */
    private static final List<String> FILES = List.of("memory.events", "memory/memory.oom_control");
    private static final String KILLS = "oom_kill ";

    private final Path groups;

    OutOfMemory() {
        this(Path.of("/sys/fs/cgroup"));
    }

    OutOfMemory(Path groups) {
        this.groups = groups;
    }

    /** 0 also if nobody counts. */
    long kills() {
        for (String file : FILES) {
            try {
                for (String line : Files.readAllLines(groups.resolve(file))) {
                    if (line.startsWith(KILLS)) {
                        return Long.parseLong(line.substring(KILLS.length()).strip());
                    }
                }
            } catch (IOException | NumberFormatException e) {
                // Not this version, or not counted.
            }
        }
        return 0;
    }
}
