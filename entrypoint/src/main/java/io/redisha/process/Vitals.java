package io.redisha.process;

import io.redisha.model.Pulse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Feels the pulse of one process, by what the kernel shows of it in memory: no read waits for the process, or for a disk. For one thread. */
final class Vitals {

    /** Fields of {@code /proc/<pid>/stat} after the name: the state is the first. */
    private static final int USER_TIME = 11;
    private static final int SYSTEM_TIME = 12;
    private static final String VOLUNTARY = "\nvoluntary_ctxt_switches:";
    private static final String INVOLUNTARY = "\nnonvoluntary_ctxt_switches:";

    private final Path proc;
    private Pulse last;

    Vitals(long pid) {
        this(Path.of("/proc", Long.toString(pid)));
    }

    /** @param proc its directory in {@code /proc} */
    Vitals(Path proc) {
        this.proc = proc;
    }

    /** Null if there is no such process, or it cannot be read. */
    Pulse read() {
        try {
            last = now();
        } catch (IOException | RuntimeException e) {
            last = null;
        }
        return last;
    }

    private Pulse now() throws IOException {
        long before = System.nanoTime();
        String[] stat = stat(proc);
        String status = text(proc.resolve("status"));
        long cpu = Long.parseLong(stat[USER_TIME]) + Long.parseLong(stat[SYSTEM_TIME]);
        long turns = number(status, VOLUNTARY) + number(status, INVOLUNTARY);
        char state = stat[0].charAt(0);
        // What it did until it was read counts as done; from then on it may have stood still.
        Pulse now = new Pulse(before, System.nanoTime(), state, cpu, turns, false).after(last);
        if (now.moved()) {
            return now;
        }
        // Rare, and only now worth some more files.
        return new Pulse(before, System.nanoTime(), anotherRuns() ? Pulse.RUNNABLE : state, cpu, turns, hasChild()).after(last);
    }

    private boolean anotherRuns() throws IOException {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(proc.resolve("task"))) {
            for (Path thread : threads) {
                try {
                    if (stat(thread)[0].charAt(0) == Pulse.RUNNABLE) {
                        return true;
                    }
                } catch (IOException e) {
                    // It has ended meanwhile.
                }
            }
        }
        return false;
    }

    /** Not every kernel is built to say so. */
    private boolean hasChild() {
        try {
            return !text(proc.resolve("task").resolve(proc.getFileName()).resolve("children")).isBlank();
        } catch (IOException e) {
            return false;
        }
    }

    /** The name may hold anything, also spaces and brackets: "42 (a) b) S 1 ...". */
    static String[] stat(Path of) throws IOException {
        String stat = text(of.resolve("stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    }

    private static long number(String status, String key) {
        return Long.parseLong(line(status, key));
    }

    /** What {@code /proc/<pid>/status} says behind a key. @param key with the end of the line before it */
    static String line(String status, String key) {
        int from = status.indexOf(key) + key.length();
        int end = status.indexOf('\n', from);
        return status.substring(from, end < 0 ? status.length() : end).strip();
    }

    static String text(Path file) throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }
}
