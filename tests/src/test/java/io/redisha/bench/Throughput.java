package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Drawn;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;

/**
 * redis-benchmark, in a pod of its own, against two servers by turns: a pair is one, the other twice, and the one again, so that a machine that becomes slower
 * or quicker meanwhile does so for both; which one is first is drawn for each pair. Both are there all the time, so each slows the other down by what its processes cost while they have nothing to do: that is counted against whose processes they are.
 */
final class Throughput {

    private static final Duration ONE_RUN = Duration.ofSeconds(4);
    private static final int WARM = 20_000;
    private static final Pattern RATE = Pattern.compile("^\"SET\",\"([0-9.]+)\"", Pattern.MULTILINE);

    private final Scene scene;

    /** @param host Service of its master */
    record Server(String host, String password, Supplier<List<Pod>> pods) {

        static Server of(Release release) {
            return new Server(release.masterHost(), release.password(), release::pods);
        }
    }

    /** @param node on which the clients are */
    Throughput(Scene scene, String node) {
        this.scene = scene;
        scene.cluster().apply(scene.namespace(), manifest("client.yaml").replace("IMAGE", Drawn.redis()).replace("NODE", node));
        Awaitility.await("the pod of the clients").atMost(Duration.ofSeconds(60)).until(() -> {
            Pod client = scene.cluster().client().pods().inNamespace(scene.namespace()).withName("client").get();
            return client != null && client.getStatus() != null && client.getStatus().getConditions() != null && Release.ready(client);
        });
    }

    static String manifest(String name) {
        try {
            return Files.readString(Shell.repository().resolve("tests/bench").resolve(name));
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }

    /** A pair that comes to nothing is a remark of ours. */
    Pairs compare(int pairs, Server one, Figure ours, Server other, Figure theirs) {
        Pairs result = new Pairs();
        Random random = Drawn.random(ours.name());
        int requests = enough(one, other);
        for (int pair = 0; pair < pairs; pair++) {
            try {
                Rate first;
                Rate second;
                if (random.nextBoolean()) {
                    Rate before = run(one, other, requests);
                    second = run(other, one, requests).and(run(other, one, requests));
                    first = before.and(run(one, other, requests));
                } else {
                    Rate before = run(other, one, requests);
                    first = run(one, other, requests).and(run(one, other, requests));
                    second = before.and(run(other, one, requests));
                }
                ours.add(first.raw());
                theirs.add(second.raw());
                result.add(first.alone(), second.alone());
                System.out.printf(Locale.ROOT, "pair %d: %.3f; so far %.3f, at least %.3f%n", pair + 1, first.alone() / second.alone(), result.mean(), result.lowerBound());
            } catch (AssertionError | RuntimeException failed) {
                ours.remark("pair " + (pair + 1) + ": " + Faults.words(failed));
            }
        }
        return result;
    }

    /** For one run, by how fast the slower one is when it is warm. */
    private int enough(Server one, Server other) {
        double rate = 0;
        try {
            rate = Math.min(run(one, other, WARM).raw(), run(other, one, WARM).raw());
        } catch (AssertionError | RuntimeException failed) {
            System.out.println("runs are short, since the first one failed: " + Faults.words(failed));
        }
        return Math.max(WARM, (int) (rate * ONE_RUN.toSeconds() / 1_000) * 1_000);
    }

    /** Requests a second. @param share of the machine that the other's processes took meanwhile */
    record Rate(double raw, double share) {

        double alone() {
            return raw / (1 - share);
        }

        /** Of two runs of as many requests. */
        Rate and(Rate next) {
            return new Rate(2 / (1 / raw + 1 / next.raw), (share / raw + next.share / next.raw) / (1 / raw + 1 / next.raw));
        }
    }

    private Rate run(Server server, Server idle, int requests) {
        List<String> command = new ArrayList<>(List.of("-n", scene.namespace(), "exec", "client", "--", "timeout", "60", "redis-benchmark", "-h", server.host(), "-t", "set",
                "-n", Integer.toString(requests), "-c", "50", "-d", "100", "--csv"));
        if (!server.password().isEmpty()) {
            command.addAll(List.of("-a", server.password()));
        }
        Map<Processes.Found, Duration> before = spent(idle);
        long began = System.nanoTime();
        Shell.Output said = scene.cluster().kubectl(command.toArray(String[]::new));
        long took = System.nanoTime() - began;
        Map<Processes.Found, Duration> after = spent(idle);
        after.keySet().retainAll(before.keySet());
        long spent = after.entrySet().stream().mapToLong(process -> process.getValue().minus(before.get(process.getKey())).toNanos()).sum();
        return new Rate(rate(said.exit() == 0 ? said.out() : said.text()), (double) spent / took / Runtime.getRuntime().availableProcessors());
    }

    /** By process; none on a machine that is not the nodes'. */
    private static Map<Processes.Found, Duration> spent(Server server) {
        Map<Processes.Found, Duration> spent = new HashMap<>();
        for (Pod pod : server.pods().get()) {
            for (Processes.Found process : Processes.of(pod.getMetadata().getUid())) {
                try {
                    spent.put(process, process.cpu());
                } catch (NoSuchElementException ended) {
                    // a probe's
                }
            }
        }
        return spent;
    }

    /** Of redis-benchmark --csv. A server that refuses is no fast one: where that is told, there is no rate. */
    static double rate(String said) {
        Matcher rate = RATE.matcher(said);
        if (said.contains("Error") || !rate.find()) {
            throw new IllegalArgumentException("redis-benchmark said " + said.strip());
        }
        return Double.parseDouble(rate.group(1));
    }

    /** Both masters on one node, if the nodes allow it. */
    static void meet(Release release, String node) {
        if (!release.awaitWhole().master().getSpec().getNodeName().equals(node)) {
            release.replicas().stream().filter(pod -> pod.getSpec().getNodeName().equals(node)).findFirst().ifPresentOrElse(
                    pod -> release.switchTo(pod.getMetadata().getName(), 3), () -> System.out.println("no replica on " + node + ": the masters are on two nodes"));
        }
        Trial.hold(Duration.ofSeconds(2));
    }
}
