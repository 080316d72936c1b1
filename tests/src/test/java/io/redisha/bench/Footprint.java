package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** What the program itself costs beside a server, and how soon it is there: the same for every architecture. */
final class Footprint {

    private static final Duration MINUTE = Duration.ofSeconds(60);

    private final Figures figures;

    Footprint(Figures figures) {
        this.figures = figures;
    }

    void atRest(Release release) {
        Figure memory = figures.atMost(40, "MiB", "entrypoint: anonymous memory");
        Figure cpu = figures.atMost(3, "% of a core", "entrypoint: idle CPU");
        Figure requests = figures.atMost(2, "/s", "API requests of a release");
        Trial.hold(MINUTE);
        Map<Processes.Found, Duration> before = new LinkedHashMap<>();
        for (Pod pod : release.pods()) {
            Processes.Found entrypoint = Processes.entrypoint(pod.getMetadata().getUid()).orElseThrow();
            memory.add(entrypoint.anonymousKiB() / 1024.0);
            before.put(entrypoint, entrypoint.cpu());
        }
        requests.add(release.lab().requestsPerSecond(release.namespace(), MINUTE));
        before.forEach((entrypoint, then) -> cpu.add(100.0 * entrypoint.cpu().minus(then).toMillis() / MINUTE.toMillis()));
    }

    /** Without kubectl: the program itself, in the pod. */
    void status(Release release) {
        Figure figure = figures.atMost(0.1, "s", "`redis-ha status`: its own time");
        for (int run = 0; run < Figures.RUNS; run++) {
            long entrypoint = Processes.entrypoint(release.pods().getFirst().getMetadata().getUid()).orElseThrow().pid();
            long start = System.nanoTime();
            release.lab().shell().run(Duration.ofSeconds(10), List.of("nsenter", "-t", Long.toString(entrypoint), "-m", "-p", "-n", "-i", "-u",
                    "/redis-ha/bin/redis-ha", "status")).orThrow();
            figure.add((System.nanoTime() - start) / 1e9);
        }
    }

    /** Of a pod that was deleted. @param victim of a release that is whole */
    void start(Release release, Supplier<Pod> victim) throws InterruptedException {
        Figure server = figures.atMost(0.3, "s", "container's process to redis-server running");
        Figure label = figures.atMost(1, "s", "container's process to role label");
        for (int run = 0; run < Figures.RUNS; run++) {
            Pod old = victim.get();
            release.delete(old).orThrow();
            Pod labelled = awaitLabel(release, old);
            Duration at = sinceBoot();
            String uid = labelled.getMetadata().getUid();
            Duration began = Processes.entrypoint(uid).orElseThrow().started();
            server.add(Processes.server(uid).orElseThrow().started().minus(began).toMillis() / 1e3);
            label.add(at.minus(began).toMillis() / 1e3);
        }
    }

    /** Polled, every 10 ms: what that adds is counted against us. */
    private static Pod awaitLabel(Release release, Pod old) throws InterruptedException {
        long deadline = System.nanoTime() + MINUTE.toNanos();
        while (System.nanoTime() < deadline) {
            Pod pod = release.pod(old.getMetadata().getName());
            if (pod != null && !pod.getMetadata().getUid().equals(old.getMetadata().getUid()) && pod.getMetadata().getLabels().containsKey("role")) {
                return pod;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no role label on " + old.getMetadata().getName() + " within a minute");
    }

    /** The clock that the kernel starts processes by. */
    private static Duration sinceBoot() {
        try {
            return Duration.ofMillis((long) (Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]) * 1000));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }
}
