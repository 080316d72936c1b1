package io.redisha.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A command of this machine, run to its end or to a deadline: nothing that a test calls may hang it. */
public final class Shell {

    public record Output(List<String> command, int exit, String out, String err) {

        public Output orThrow() {
            if (exit != 0) {
                throw new IllegalStateException(String.join(" ", command) + ": exit " + exit + "\n" + out + err);
            }
            return this;
        }

        /** What a person at the terminal would have read. */
        public String text() {
            return out + err;
        }
    }

    private final Map<String, String> environment;

    public Shell(Map<String, String> environment) {
        this.environment = environment;
    }

    public Output run(Duration deadline, List<String> command) {
        return run(deadline, command, "");
    }

    public Output run(Duration deadline, List<String> command, String input) {
        try {
            Process process = start(command);
            CompletableFuture<String> out = CompletableFuture.supplyAsync(() -> drain(process.inputReader()), Shell::aside);
            CompletableFuture<String> err = CompletableFuture.supplyAsync(() -> drain(process.errorReader()), Shell::aside);
            try (var stdin = process.outputWriter()) {
                stdin.write(input);
            } catch (IOException closed) {
                // It ended without reading: its exit code says why.
            }
            if (!process.waitFor(deadline.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new IllegalStateException(String.join(" ", command) + ": not done after " + deadline);
            }
            return new Output(command, process.exitValue(), out.join(), err.join());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted during " + String.join(" ", command), stopped);
        }
    }

    public Process start(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        environment.forEach((key, value) -> {
            if (value == null) {
                builder.environment().remove(key);
            } else {
                builder.environment().put(key, value);
            }
        });
        try {
            return builder.start();
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }

    /** On a machine with two cores the common pool has one thread, which others need while we wait for a program's last word. */
    public static void aside(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    private static String drain(java.io.BufferedReader reader) {
        StringBuilder all = new StringBuilder();
        char[] buffer = new char[8192];
        try {
            for (int n; (n = reader.read(buffer)) >= 0; ) {
                all.append(buffer, 0, n);
            }
        } catch (IOException closed) {
            all.append("\n[").append(closed.getMessage()).append("]");
        }
        return all.toString();
    }

    /** The checkout that this test was compiled in. */
    public static Path repository() {
        for (Path here = Path.of("").toAbsolutePath(); here != null; here = here.getParent()) {
            if (here.resolve("tests/lab/lab").toFile().exists()) {
                return here;
            }
        }
        throw new IllegalStateException("not inside a checkout of redis-ha: " + Path.of("").toAbsolutePath());
    }
}
