package io.redisha.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A pod's processes as this machine sees them: the nodes' PID namespaces are inside its own. */
public final class Processes {

    /** The kernel's USER_HZ, the same on every architecture we meet. */
    private static final Duration TICK = Duration.ofMillis(10);

    /** @param inContainer its PID in its own container */
    public record Found(long pid, String name, long inContainer) {

        public void signal(String signal) {
            new Shell(java.util.Map.of()).run(Duration.ofSeconds(5), List.of("kill", "-" + signal, Long.toString(pid))).orThrow();
        }

        /** After boot. */
        public Duration started() {
            return TICK.multipliedBy(Long.parseLong(stat()[19]));
        }

        public Duration cpu() {
            return TICK.multipliedBy(Long.parseLong(stat()[11]) + Long.parseLong(stat()[12]));
        }

        public long anonymousKiB() {
            return Long.parseLong(status(Path.of("/proc/" + pid), "RssAnon").orElseThrow().replace(" kB", ""));
        }

        /** From the state on: the name before it may hold blanks and brackets. */
        private String[] stat() {
            String line = read(Path.of("/proc/" + pid + "/stat")).orElseThrow();
            return line.substring(line.lastIndexOf(')') + 2).split(" ");
        }
    }

    private Processes() {}

    public static List<Found> of(String podUid) {
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            return all.filter(path -> path.getFileName().toString().matches("[0-9]+"))
                    .filter(path -> read(path.resolve("cgroup")).filter(groups -> groups.contains("pod" + podUid)).isPresent())
                    .flatMap(path -> found(path).stream())
                    .toList();
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** redis-server or valkey-server. */
    public static Optional<Found> server(String podUid) {
        return of(podUid).stream().filter(found -> found.name().endsWith("-server")).findFirst();
    }

    /** The entrypoint; the pod's pause container has a PID 1 too. */
    public static Optional<Found> entrypoint(String podUid) {
        return of(podUid).stream().filter(found -> found.name().equals("java") && found.inContainer() == 1).findFirst();
    }

    private static Optional<Found> found(Path process) {
        return status(process, "Name").flatMap(name -> status(process, "NSpid").map(pids -> {
            String[] levels = pids.split("\\s+");
            return new Found(Long.parseLong(levels[0]), name, Long.parseLong(levels[levels.length - 1]));
        }));
    }

    private static Optional<String> status(Path process, String key) {
        return read(process.resolve("status")).flatMap(text -> Arrays.stream(text.split("\n"))
                .filter(line -> line.startsWith(key + ":"))
                .map(line -> line.substring(key.length() + 1).strip())
                .findFirst());
    }

    /** Empty if the process ended meanwhile. */
    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file));
        } catch (IOException ended) {
            return Optional.empty();
        }
    }
}
