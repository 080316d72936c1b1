package io.redisha.load;

import io.redisha.lab.Lab;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.stream.Collectors;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;

/** Clients that write during a test, in a JVM of their own on one node; {@link #stop} brings what they were told. */
public final class Load implements AutoCloseable {

    private final Process process;
    private final Path file;
    private final String prefix;

    private Load(Process process, Path file, String prefix) {
        this.process = process;
        this.file = file;
        this.prefix = prefix;
    }

    /** As the release's users find their master, and already writing when this returns. */
    public static Load on(Release release, String node, Path directory, String... options) {
        List<String> all = new ArrayList<>(release.clients());
        all.addAll(List.of(options));
        return start(release.lab(), node, directory, release.password(), all.toArray(String[]::new));
    }

    /** By a program that is no Java: it is told the same and answers in the same words. */
    public static Load by(List<String> program, Release release, String node, Path directory, String... options) {
        return start(command -> release.lab().net(node, command), program, directory, release.password(), options);
    }

    /** Through the Service that a cluster's clients start at, spread over all slots. */
    public static Load onShards(Release release, String node, Path directory, String... options) {
        List<String> all = new ArrayList<>(List.of("--host", release.host()));
        all.addAll(List.of(options));
        return start(command -> release.lab().net(node, command), ClusterLoadClient.class, directory, release.password(), all.toArray(String[]::new));
    }

    /** The same of servers that ask for no password. */
    public static Load onShards(Lab lab, String node, Path directory, String host) {
        return start(command -> lab.net(node, command), ClusterLoadClient.class, directory, "", "--host", host);
    }

    /** From this machine, which sees nothing of a cluster but its nodes. */
    public static Load fromOutside(Lab lab, Path directory, String password, String... options) {
        return start(lab.shell()::start, ClusterLoadClient.class, directory, password, options);
    }

    public static Load start(Lab lab, String node, Path directory, String password, String... options) {
        return start(command -> lab.net(node, command), LoadClient.class, directory, password, options);
    }

    private static Load start(Function<List<String>, Process> run, Class<?> client, Path directory, String password, String... options) {
        // Each run of a bench counts, also the first writes: little memory, and compiled at once.
        return start(run, List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
                "-cp", System.getProperty("java.class.path"), client.getName()), directory, password, options);
    }

    private static Load start(Function<List<String>, Process> run, List<String> program, Path directory, String password, String... options) {
        try {
            Files.createDirectories(directory);
            Path file = Files.createTempFile(directory, "history-", ".jsonl");
            // Several loads meet in one release: each has keys of its own.
            String prefix = "load:" + Long.toString(System.nanoTime(), 36);
            List<String> command = new ArrayList<>(List.of("env", "REDIS_PASSWORD=" + password));
            command.addAll(program);
            command.addAll(List.of("--out", file.toString(), "--prefix", prefix));
            command.addAll(List.of(options));
            Load load = new Load(run.apply(command), file, prefix);
            load.awaitFlowing();
            return load;
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    private void awaitFlowing() throws IOException {
        BufferedReader out = process.inputReader();
        try {
            String said = CompletableFuture.supplyAsync(() -> {
                try {
                    return out.readLine();
                } catch (IOException closed) {
                    return null;
                }
            }, Shell::aside).get(60, TimeUnit.SECONDS);
            if (!"flowing".equals(said)) {
                throw new IllegalStateException("load ended at once: " + process.errorReader().readLine());
            }
        } catch (TimeoutException | java.util.concurrent.ExecutionException never) {
            close();
            throw new IllegalStateException("no write was acknowledged in 60 s: see " + file, never);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    public History stop() {
        close();
        if (process.exitValue() != 0) {
            throw new IllegalStateException("load ended with " + process.exitValue() + ": " + process.errorReader().lines().collect(Collectors.joining("\n")) + ": see " + file);
        }
        return History.read(file);
    }

    /** What a pod's server holds of this load. */
    public Checker.Kept kept(Jedis jedis) {
        Map<String, List<Long>> lists = new HashMap<>();
        Map<String, Set<Long>> sets = new HashMap<>();
        for (String key : jedis.keys(prefix + ":*")) {
            if (key.endsWith(":set")) {
                Set<Long> set = new HashSet<>();
                jedis.smembers(key).forEach(value -> set.add(Long.valueOf(value)));
                sets.put(key.substring(0, key.length() - ":set".length()), set);
            } else {
                lists.put(key, jedis.lrange(key, 0, -1).stream().map(Long::valueOf).toList());
            }
        }
        return new Checker.Kept(lists, sets);
    }

    /** The same of one node of a cluster; of a replica if it was told that reading is all we want. */
    public Map<String, List<Long>> keptLists(Jedis jedis) {
        List<String> keys = List.copyOf(jedis.keys(prefix + ":*"));
        Pipeline pipeline = jedis.pipelined();
        List<Response<List<String>>> lists = keys.stream().map(key -> pipeline.lrange(key, 0, -1)).toList();
        pipeline.sync();
        Map<String, List<Long>> kept = new HashMap<>();
        for (int i = 0; i < keys.size(); i++) {
            kept.put(keys.get(i), lists.get(i).get().stream().map(Long::valueOf).toList());
        }
        return kept;
    }

    @Override
    public void close() {
        try {
            process.outputWriter().close();
        } catch (IOException gone) {
            // It is to end anyhow.
        }
        try {
            if (!process.waitFor(15, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
