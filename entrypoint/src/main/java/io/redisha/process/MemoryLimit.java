package io.redisha.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much memory this container may take before the kernel kills its processes. */
public final class MemoryLimit {

    /** Of the second version of control groups, then of the first. */
    private static final List<String> FILES = List.of("memory.max", "memory/memory.limit_in_bytes");
    /** The first version has no word for "none", but a number that no machine has. */
    private static final long NONE = 1L << 60;

    private MemoryLimit() {}

    /** Bytes; 0 if there is no limit, or nobody says. */
    public static long bytes() {
        return bytes(Path.of("/sys/fs/cgroup"));
    }

    static long bytes(Path groups) {
        for (String file : FILES) {
            try {
                long limit = Long.parseLong(Files.readString(groups.resolve(file)).strip());
                return limit >= NONE ? 0 : limit;
            } catch (IOException | NumberFormatException e) {
                // Not this version, or "max".
            }
        }
        return 0;
    }
}
