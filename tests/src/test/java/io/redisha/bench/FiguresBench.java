package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.OnCluster;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.load.History;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The figures that the README gives, measured: medians over RUNS runs, side by side with plain Sentinels. It never fails for
 * a goal that was missed; it says so in the table.
 */
@ExtendWith(OnCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class FiguresBench {

    private static final int RUNS = Integer.parseInt(System.getProperty("runs", Optional.ofNullable(System.getenv("RUNS")).orElse("5")));
    private static final Duration MINUTE = Duration.ofSeconds(60);
    private static final Duration OUTAGE = Duration.ofMinutes(2);

    private static final String SERVER_KILLED = "SIGKILL of the master's server, no persistence: write stop";
    private static final String DELETED = "master pod deleted: write stop";
    private static final String POWER_CUT = "power cut of the master's node: stop of writes with WAIT 1";
    private static final String ROLLED = "all pods replaced: sum of write stops";

    private final Map<String, Figure> figures = new LinkedHashMap<>();
    private final Map<Integer, Map<String, Figure>> sentinel = new LinkedHashMap<>();

    @Test
    @Order(1)
    void install(Scene scene) {
        Figure figure = figure("helm install --wait to a writable master", "s", 12);
        for (int run = 0; run < RUNS; run++) {
            Release release = scene.release("redis-ha");
            long start = System.nanoTime();
            release.install("persistence.size=1Gi");
            release.viaMaster("node1", jedis -> jedis.set("a", "b"));
            figure.add(seconds(Duration.ofNanos(System.nanoTime() - start)));
            scene.cluster().namespace(scene.namespace());
        }
    }

    @Test
    @Order(2)
    void footprint(@Shared Release release) {
        Figure memory = figure("entrypoint: anonymous memory", "MiB", 40);
        Figure cpu = figure("entrypoint: idle CPU", "% of a core", 3);
        Figure requests = figure("API requests of a release", "/s", 2);
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
    @Test
    @Order(3)
    void status(@Shared Release release) {
        Figure figure = figure("`redis-ha status`: its own time", "s", 0.1);
        for (int run = 0; run < RUNS; run++) {
            long entrypoint = Processes.entrypoint(release.master().getMetadata().getUid()).orElseThrow().pid();
            long start = System.nanoTime();
            release.lab().shell().run(Duration.ofSeconds(10), List.of("nsenter", "-t", Long.toString(entrypoint), "-m", "-p", "-n", "-i", "-u",
                    "/redis-ha/bin/redis-ha", "status")).orThrow();
            figure.add(seconds(Duration.ofNanos(System.nanoTime() - start)));
        }
    }

    @Test
    @Order(4)
    void start(@Shared(Shared.Kind.EPHEMERAL) Release release) throws Exception {
        Figure server = figure("container's process to redis-server running", "s", 0.3);
        Figure label = figure("container's process to role label", "s", 1);
        for (int run = 0; run < RUNS; run++) {
            release.awaitWhole();
            Pod old = release.replicas().getFirst();
            release.delete(old).orThrow();
            Pod labelled = awaitLabel(release, old);
            Duration at = sinceBoot();
            String uid = labelled.getMetadata().getUid();
            Duration began = Processes.entrypoint(uid).orElseThrow().started();
            server.add(seconds(Processes.server(uid).orElseThrow().started().minus(began)));
            label.add(seconds(at.minus(began)));
        }
    }

    /** Polled, every 10 ms: what that adds is counted against us. */
    private static Pod awaitLabel(Release release, Pod old) throws InterruptedException {
        long deadline = System.nanoTime() + MINUTE.toNanos();
        while (System.nanoTime() < deadline) {
            Pod pod = release.cluster().client().pods().inNamespace(release.namespace()).withName(old.getMetadata().getName()).get();
            if (pod != null && !pod.getMetadata().getUid().equals(old.getMetadata().getUid()) && pod.getMetadata().getLabels().containsKey("role")) {
                return pod;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no role label on " + old.getMetadata().getName() + " within a minute");
    }

    @Test
    @Order(10)
    void serverKilledWithPersistence(@Shared Release release, Path directory) {
        measure(figure("SIGKILL of the master's server, persistence: write stop", "s", 0.5), release, directory, FiguresBench::longest,
                trial -> release.killServer(release.master()), Trial.Verdict::lostNothing);
    }

    @Test
    @Order(11)
    void serverKilledWithoutPersistence(@Shared(Shared.Kind.EPHEMERAL) Release release, Path directory) {
        measure(figure(SERVER_KILLED, "s", 0.5), release, directory, FiguresBench::longest,
                trial -> release.killServer(release.master()), Trial.Verdict::lostNothing);
    }

    @Test
    @Order(12)
    void podDeleted(@Shared Release release, Path directory) {
        measure(figure(DELETED, "s", 0.3), release, directory, FiguresBench::longest,
                trial -> release.delete(release.master()).orThrow(), Trial.Verdict::lostNothing);
    }

    @Test
    @Order(13)
    void switchover(@Shared Release release, Path directory) {
        measure(figure("switchover: write stop", "s", 0.3), release, directory, FiguresBench::longest,
                trial -> release.exec(release.master().getMetadata().getName(), "redis-ha", "switchover").orThrow(), Trial.Verdict::lostNothing);
    }

    @Test
    @Order(14)
    void containerKilled(@Shared Release release, Path directory) {
        measure(figure("SIGKILL of the master's container: write stop", "s", 3), release, directory, FiguresBench::longest,
                trial -> release.killContainer(release.master()), Trial.Verdict::lostNothingReplicated);
    }

    @Test
    @Order(15)
    void powerCut(@Shared Release release, Path directory) {
        measure(figure(POWER_CUT, "s", 3), release, directory, history -> seconds(history.replicatedWriteStop().longest()), trial -> {
            release.lab().powerCut(release.master().getSpec().getNodeName());
            Trial.hold(Duration.ofSeconds(8));
            release.lab().heal();
        }, Trial.Verdict::lostNothingReplicated);
    }

    @Test
    @Order(16)
    void rolled(@Shared Release release, Path directory) {
        measure(figure(ROLLED, "s", 0.5), release, directory, history -> seconds(history.writeStop().sum()),
                trial -> release.install("podAnnotations.roll=r" + System.nanoTime()), // one from pod-0 as master, as the end-to-end test has it; from another pod two: that one goes first, and pod-0 last
                verdict -> verdict.lostNothing().changedMasterAtMost(2));
    }

    @Test
    @Order(17)
    void apiServerDown(@Shared Release release, Path directory) {
        measure(figure("API server down for 2 minutes: failed writes", "writes", 0), release, directory, history -> history.refused().size(), trial -> {
            release.lab().stop("apiserver");
            Trial.hold(OUTAGE);
            release.lab().start("apiserver");
        }, verdict -> verdict.lostNothing().changedMasterAtMost(0));
    }

    @Test
    @Order(20)
    void plainSentinelAfterTenSeconds(Scene scene) {
        plainSentinel(scene, 10);
    }

    @Test
    @Order(21)
    void plainSentinelAfterFiveSeconds(Scene scene) {
        plainSentinel(scene, 5);
    }

    private void plainSentinel(Scene scene, int downAfter) {
        SentinelSet set = new SentinelSet(scene.lab(), scene.cluster(), Duration.ofSeconds(downAfter));
        set.install();
        try {
            compare(set, downAfter, SERVER_KILLED, scene, SentinelSet::killServer, outcome -> seconds(outcome.writeStop()));
            compare(set, downAfter, DELETED, scene, set::delete, outcome -> seconds(outcome.writeStop()));
            compare(set, downAfter, POWER_CUT, scene, set::cutPower, outcome -> seconds(outcome.replicatedWriteStop()));
            compare(set, downAfter, ROLLED, scene, pod -> set.roll(), outcome -> seconds(outcome.sum()));
        } finally {
            set.uninstall();
        }
    }

    private void compare(SentinelSet set, int downAfter, String name, Scene scene, Consumer<Pod> fault, ToDoubleFunction<SentinelSet.Outcome> measured) {
        Figure figure = sentinel.computeIfAbsent(downAfter, seconds -> new LinkedHashMap<>())
                .computeIfAbsent(name, asked -> new Figure("Sentinel, " + downAfter + " s: " + name, "s", Double.MAX_VALUE));
        for (int run = 0; run < RUNS; run++) {
            SentinelSet.Outcome outcome = set.during(scene.directory(), fault);
            figure.add(measured.applyAsDouble(outcome));
            if (!outcome.remark().isEmpty()) {
                figure.remark(outcome.remark());
            }
            set.refresh();
        }
    }

    private static void measure(Figure figure, Release release, Path directory, ToDoubleFunction<History> measured, Consumer<Trial> fault,
            Consumer<Trial.Verdict> promise) {
        for (int run = 0; run < RUNS; run++) {
            release.awaitWhole(3, Duration.ofSeconds(120));
            try (Trial trial = Trial.of(release, directory)) {
                try {
                    fault.accept(trial);
                    promise.accept(trial.verdict(3, Duration.ofSeconds(120)));
                } catch (AssertionError | RuntimeException broken) {
                    figure.remark(String.valueOf(broken.getMessage()).strip().replaceAll("\\s+", " "));
                } finally {
                    release.lab().heal();
                }
                figure.add(measured.applyAsDouble(trial.history()));
            }
            // Crash loops wait longer each time; what is measured here is the first crash.
            refresh(release);
        }
    }

    private static void refresh(Release release) {
        for (Pod pod : release.pods()) {
            if (Release.restarts(pod) > 1) {
                release.awaitWhole(3, Duration.ofSeconds(120));
                release.delete(pod);
            }
        }
    }

    private static double longest(History history) {
        return seconds(history.writeStop().longest());
    }

    private Figure figure(String name, String unit, double goal) {
        return figures.computeIfAbsent(name, asked -> new Figure(asked, unit, goal));
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    /** The clock that the kernel starts processes by. */
    private static Duration sinceBoot() {
        try {
            return Duration.ofMillis((long) (Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]) * 1000));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @AfterAll
    void print() throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                "| figure | goal | median | min .. max (runs) | reached? | Sentinel, down-after 10 s | 5 s |",
                "|---|---|---|---|---|---|---|"));
        figures.values().forEach(figure -> lines.add("| " + String.join(" | ", figure.name(), figure.goalText(), figure.medianText(), figure.rangeText(),
                figure.reached() ? "yes" : "**no**", beside(10, figure.name()), beside(5, figure.name())) + " |"));
        figures.values().forEach(figure -> figure.remarks().forEach(remark -> lines.add("\n- " + figure.name() + ": " + remark)));
        Path file = Path.of("target", "bench.md");
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.write(file, lines);
        System.out.println(String.join("\n", lines));
    }

    private String beside(int downAfter, String name) {
        Figure figure = sentinel.getOrDefault(downAfter, Map.of()).get(name);
        return figure == null ? "" : figure.medianText() + figure.remarks().stream().findFirst().map(remark -> ", " + remark).orElse("");
    }
}
