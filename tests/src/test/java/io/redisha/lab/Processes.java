package io.redisha.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A pod's processes as this machine sees them: the nodes' PID namespaces are inside its own. */
public final class Processes {

    /** The kernel's USER_HZ, the same on every architecture we meet. */
    private static final Duration TICK = Duration.ofMillis(10);
    /** In which a group's limit is given: the kernel's default. */
    private static final int PERIOD_US = 100_000;

    /** @param inContainer its PID in its own container */
    public record Found(long pid, String name, long inContainer) {

        public void signal(String signal) {
            new Shell(java.util.Map.of()).run(Duration.ofSeconds(5), List.of("kill", "-" + signal, Long.toString(pid))).orThrow();
        }

        /** Until it is closed the kernel runs nothing of it, and SIGKILL stays pending: as when a disk hangs. Freezer of the first version, which alone does that. */
        public Frozen freeze() {
            return Frozen.of(this);
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

    /** @param group of the one process, inside of the one that it was in. @param before that one */
    public record Frozen(Path group, Path before, long pid) implements AutoCloseable {

        private static Frozen of(Found found) {
            String groups = read(Path.of("/proc/" + found.pid() + "/cgroup")).orElseThrow();
            String at = Arrays.stream(groups.split("\n")).map(line -> line.split(":", 3)).filter(line -> line[1].equals("freezer")).map(line -> line[2]).findFirst()
                    .orElseThrow(() -> new IllegalStateException("this machine has no freezer of control groups of the first version: " + groups));
            Path before = Path.of("/sys/fs/cgroup/freezer" + at);
            Frozen frozen = new Frozen(before.resolve("frozen"), before, found.pid());
            try {
                Files.createDirectories(frozen.group);
                Files.writeString(frozen.group.resolve("cgroup.procs"), Long.toString(found.pid()));
                Files.writeString(frozen.group.resolve("freezer.state"), "FROZEN");
            } catch (IOException refused) {
                throw new IllegalStateException(frozen.group + " could not be frozen", refused);
            }
            return frozen;
        }

        public boolean holds() {
            return Files.exists(Path.of("/proc/" + pid));
        }

        @Override
        public void close() {
            try {
                Files.writeString(group.resolve("freezer.state"), "THAWED");
                for (int i = 0; i < 50 && holds() && !Files.readString(group.resolve("cgroup.procs")).isBlank(); i++) {
                    Files.writeString(before.resolve("cgroup.procs"), Long.toString(pid));
                    Thread.sleep(20);
                }
                Files.delete(group);
            } catch (IOException ended) {
                // with its process, or its container
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
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

    /** The pod's data directory, as this machine reaches it for as long as the entrypoint runs. */
    public static Path data(String podUid) {
        return Path.of("/proc/" + entrypoint(podUid).orElseThrow().pid() + "/root/data");
    }

    /** From now on the pod's containers have this much of a processor each, whatever else is idle. */
    public static void limit(String podUid, double processors) {
        groups(podUid).forEach(group -> group.write(Math.round(processors * PERIOD_US)));
    }

    /** As much as there is, again. */
    public static void unlimit(String podUid) {
        groups(podUid).forEach(group -> group.write(-1));
    }

    private static Set<CpuGroup> groups(String podUid) {
        return of(podUid).stream().map(found -> CpuGroup.of(read(Path.of("/proc/" + found.pid() + "/cgroup")).orElse(""))).collect(Collectors.toSet());
    }

    /** A control group of the first version or of the second. @param file that holds its limit */
    private record CpuGroup(Path file) {

        static CpuGroup of(String groups) {
            for (String line : groups.split("\n")) {
                String[] parts = line.split(":", 3);
                if (parts.length == 3 && List.of(parts[1].split(",")).contains("cpu")) {
                    return new CpuGroup(Path.of("/sys/fs/cgroup/cpu" + parts[2], "cpu.cfs_quota_us"));
                }
            }
            return new CpuGroup(Path.of("/sys/fs/cgroup" + groups.strip().replaceFirst(".*::", ""), "cpu.max"));
        }

        /** @param quota of each {@link #PERIOD_US}, -1 for no limit */
        void write(long quota) {
            try {
                Files.writeString(file, file.endsWith("cpu.max") ? (quota < 0 ? "max" : Long.toString(quota)) + " " + PERIOD_US : Long.toString(quota));
            } catch (IOException refused) {
                throw new IllegalStateException(file + " could not be written", refused);
            }
        }
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
