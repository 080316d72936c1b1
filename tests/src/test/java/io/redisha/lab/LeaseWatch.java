package io.redisha.lab;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;

/**
 * Who held a release's Lease, one after the other, and in which terms. Terms alone do not tell changes of leader: one that was asked for in
 * vain is left out.
 */
public final class LeaseWatch implements AutoCloseable {

    private static final String FORMAT = "jsonpath={.spec.leaseTransitions} {.spec.holderIdentity}{'\\n'}";
    private final String namespace;
    private final String name;
    private final Cluster cluster;
    private final List<String> said = new ArrayList<>();
    private volatile Process kubectl;
    private volatile boolean closed;

    LeaseWatch(Cluster cluster, String namespace, String name) {
        this.cluster = cluster;
        this.namespace = namespace;
        this.name = name;
        Shell.aside(this::read);
        Awaitility.await("the Lease").atMost(Duration.ofSeconds(20)).until(() -> !said().isEmpty());
    }

    /** Again and again: an API server that is gone takes its watches with it. */
    private void read() {
        while (!closed) {
            Process one = cluster.start("kubectl", List.of("-n", namespace, "get", "lease", name, "--watch", "--output", FORMAT));
            kubectl = one;
            if (closed) {
                one.destroy();
            }
            try (BufferedReader lines = one.inputReader()) {
                lines.lines().forEach(this::see);
            } catch (IOException | UncheckedIOException ended) {
                // the next one begins with what is
            }
            one.destroy();
            if (!closed) {
                pause();
            }
        }
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void see(String line) {
        if (said.isEmpty() || !said.getLast().equals(line)) {
            said.add(line);
        }
    }

    private synchronized List<String> said() {
        return List.copyOf(said);
    }

    /** Times that it was taken since the watch began, also by who had just let go of it. */
    public int changes() {
        Awaitility.await("the watch of the Lease to have seen what it says now").atMost(Duration.ofSeconds(20)).until(() -> said().getLast().equals(now()));
        int taken = -1;
        String before = "";
        for (String line : said()) {
            String holder = holder(line);
            if (!holder.isEmpty() && !holder.equals(before)) {
                taken++;
            }
            before = holder;
        }
        return taken;
    }

    private String now() {
        return cluster.kubectl("-n", namespace, "get", "lease", name, "--output", FORMAT).out().replace("\n", "");
    }

    /** The identity: another life of the same pod is somebody else. */
    private static String holder(String line) {
        return line.substring(line.indexOf(' ') + 1);
    }

    /** As said to a person: "2 redis-ha-0, 2 nobody, 3 redis-ha-1". */
    @Override
    public String toString() {
        return String.join(", ", said().stream().map(line -> holder(line).isEmpty() ? line + "nobody" : line.replaceFirst("/.*", "")).toList());
    }

    @Override
    public void close() {
        closed = true;
        Process last = kubectl;
        if (last != null) {
            last.destroy();
        }
    }
}
