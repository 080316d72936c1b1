package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.bench.Faults.Measured;
import io.redisha.e2e.OnCluster;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.load.History;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The figures that the README gives, measured: medians over RUNS runs, faults side by side with the version before, and with plain Sentinels.
 * Tags are the parts that `make bench PART=...` chooses from. It never fails for a goal that was missed; it says so in the table.
 */
@ExtendWith(OnCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ReplicationBench {

    private static final int RUNS = Figures.RUNS;
    /** Of the version before where each takes most of a minute. */
    private static final int FEWER = Math.min(RUNS, 3);
    private static final Duration OUTAGE = Duration.ofMinutes(2);
    /** Longer than any failover. */
    private static final Duration CUT = Duration.ofSeconds(6);
    private static final int PAIRS = 30;

    private static final String SERVER_KILLED = "SIGKILL of the master's server, no persistence: write stop";
    private static final String DELETED = "master pod deleted: write stop";
    private static final String POWER_CUT = "power cut of the master's node: stop of writes with WAIT 1";
    private static final String STOPPED = "SIGSTOP of the master pod's process 1 for 6 s: ";
    private static final String ROLLED = "all pods replaced: sum of write stops";

    private static final Fault SERVER_KILL = Fault.of(release -> release.killServer(release.master()), verdict -> verdict.lostNothingReplicated().lostOnlyTheLastMoment());

    private final Figures figures = new Figures();
    private final Footprint footprint = new Footprint(figures);

    @Test
    @Order(1)
    @Tag("figures")
    void install(Scene scene) {
        Figure figure = figures.atMost(12, "s", "helm install --wait to a writable master");
        for (int run = 0; run < RUNS; run++) {
            try {
                Release release = scene.release("redis-ha");
                long start = System.nanoTime();
                release.install("persistence.size=1Gi");
                release.viaMaster("node1", jedis -> jedis.set("a", "b"));
                figure.add(Faults.seconds(Duration.ofNanos(System.nanoTime() - start)));
            } catch (AssertionError | RuntimeException failed) {
                figure.remark(Faults.words(failed));
            }
            scene.cluster().namespace(scene.namespace());
        }
    }

    /** Of releases that are gone afterwards: what idles beside a fault takes from it what it measures with. */
    @Test
    @Order(2)
    @Tag("figures")
    void footprint(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.size=1Gi").awaitWhole();
        footprint.atRest(release);
        footprint.status(release);
        Figure refused = figures.atMost(0, "writes", "API server down for 2 minutes: failed writes");
        Faults.once(List.of(new Measured(refused, history -> history.refused().size())), release, scene.directory(), down -> {
            down.lab().stop("apiserver");
            Trial.hold(OUTAGE);
            down.lab().start("apiserver");
        }, verdict -> verdict.lostNothing().changedMasterAtMost(0));
    }

    @Test
    @Order(3)
    @Tag("figures")
    void start(Scene scene) throws Exception {
        Release release = scene.release("redis-ha").install("persistence.enabled=false");
        footprint.start(release, () -> release.awaitWhole().replicas().getFirst());
    }

    @Test
    @Order(10)
    @Tag("faults")
    void faultsWithoutPersistence(Scene scene) {
        try (Versions versions = new Versions(scene, figures, List.of(), "persistence.enabled=false")) {
            versions.measure(writeStop(figures.atMost(0.2, "s", SERVER_KILLED)), RUNS, RUNS, SERVER_KILL);
        }
    }

    @Test
    @Order(11)
    @Tag("faults")
    void faults(Scene scene) {
        try (Versions versions = new Versions(scene, figures, List.of(), "persistence.size=1Gi")) {
            versions.measure(writeStop(figures.atMost(0.2, "s", "SIGKILL of the master's server, persistence: write stop")), RUNS, RUNS, SERVER_KILL);
            versions.measure(writeStop(planned(DELETED)), RUNS, RUNS, Fault.of(release -> release.delete(release.master()).orThrow(), Trial.Verdict::lostNothing));
            versions.measure(writeStop(planned("switchover: write stop")), RUNS, RUNS, Fault.of(
                    release -> release.exec(release.master().getMetadata().getName(), "redis-ha", "switchover").orThrow(), Trial.Verdict::lostNothing));
            versions.measure(writeStop(figures.atMost(3, "s", "SIGKILL of the master's container: write stop")), RUNS, FEWER, Fault.of(
                    release -> release.killContainer(release.master()), Trial.Verdict::lostNothingReplicated));
            // one change from pod-0 as master, as the end-to-end test has it; from another pod two: that one goes first, and pod-0 last
            versions.measure(List.of(new Measured(planned("all pods replaced: longest write stop"), Faults::longest),
                    new Measured(figures.atMost(0.5, "s", ROLLED), history -> Faults.seconds(history.writeStop().sum()))), RUNS, FEWER, Fault.of(
                    Release::roll, verdict -> verdict.lostNothing().changedMasterAtMost(2)));
            versions.measure(List.of(new Measured(figures.atMost(2.6, "s", POWER_CUT), ReplicationBench::replicated)), RUNS, FEWER, Fault.of(release -> {
                release.lab().powerCut(release.master().getSpec().getNodeName());
                Trial.hold(CUT);
                release.lab().heal();
            }, Trial.Verdict::lostNothingReplicated));
        }
    }

    private Figure planned(String name) {
        return figures.atMost(0.2, "s", name).neverOver(0.3);
    }

    private static List<Measured> writeStop(Figure figure) {
        return List.of(new Measured(figure, Faults::longest));
    }

    private static double replicated(History history) {
        return Faults.seconds(history.replicatedWriteStop().longest());
    }

    /** The version before has no failover while its server cannot be killed: once is enough to see that, and so it is with replicas that load. */
    @Test
    @Order(20)
    @Tag("hangs")
    void hangs(Scene scene) {
        try (Versions versions = new Versions(scene, figures, List.of(), "persistence.size=1Gi")) {
            versions.measure(List.of(new Measured(figures.atMost(3, "s", STOPPED + "write stop"), Faults::longest),
                    new Measured(figures.atMost(3, "s", STOPPED + "stop of writes with WAIT 1"), ReplicationBench::replicated)), RUNS, 1, Hangs.STANDS_STILL);
            versions.measure(writeStop(figures.atMost(11.5, "s", "the master's server cannot be killed (`serverTimeout` 10 s): write stop")), RUNS, 1, Hangs.UNKILLABLE);
        }
    }

    @Test
    @Order(21)
    @Tag("hangs")
    void oneLoads(Scene scene) {
        try (Versions versions = new Versions(scene, figures, List.of(Hangs.slowToLoad(scene.directory())), "persistence.size=2Gi")) {
            versions.measure(writeStop(figures.atMost(1, "s", "SIGKILL of the master's server while one replica loads 3,000,000 keys: write stop")), FEWER, 1, Hangs.ONE_LOADS);
        }
    }

    @Test
    @Order(30)
    @Tag("loss")
    void lossWithALimit(Scene scene) {
        new Losses(scene, figures).cuts();
    }

    @Test
    @Order(31)
    @Tag("loss")
    void costOfTheLimit(Scene scene) {
        Losses.cost(scene, figures);
    }

    @Test
    @Order(40)
    @Tag("throughput")
    void throughput(Scene scene) {
        String name = "`redis-benchmark -t set -c 50 -d 100`, through the chart's Service";
        PlainReplication plain = new PlainReplication(scene).install();
        String node = plain.master().getSpec().getNodeName();
        Release release = scene.release("redis-ha").install("persistence.size=1Gi");
        Throughput.meet(release, node);
        Pairs pairs = new Throughput(scene, scene.lab().otherThan(node)).compare(PAIRS, Throughput.Server.of(release), figures.without("requests/s", name),
                plain.server(), figures.beside("plain servers", "requests/s", name));
        figures.without("%", name + ", of plain servers: mean").add(100 * pairs.mean());
        figures.atLeast(95, "%", name + ", of plain servers: lower 95 % bound (one-sided)").add(100 * pairs.lowerBound());
    }

    @Test
    @Order(50)
    @Tag("sentinel")
    void plainSentinelAfterTenSeconds(Scene scene) {
        plainSentinel(scene, 10);
    }

    @Test
    @Order(51)
    @Tag("sentinel")
    void plainSentinelAfterFiveSeconds(Scene scene) {
        plainSentinel(scene, 5);
    }

    private void plainSentinel(Scene scene, int downAfter) {
        SentinelSet set = new SentinelSet(scene.lab(), scene.cluster(), Duration.ofSeconds(downAfter));
        set.install();
        try {
            compare(set, downAfter, SERVER_KILLED, scene, SentinelSet::killServer, outcome -> Faults.seconds(outcome.writeStop()));
            compare(set, downAfter, DELETED, scene, set::delete, outcome -> Faults.seconds(outcome.writeStop()));
            compare(set, downAfter, POWER_CUT, scene, set::cutPower, outcome -> Faults.seconds(outcome.replicatedWriteStop()));
            compare(set, downAfter, ROLLED, scene, pod -> set.roll(), outcome -> Faults.seconds(outcome.sum()));
        } finally {
            set.uninstall();
        }
    }

    private void compare(SentinelSet set, int downAfter, String name, Scene scene, Consumer<Pod> fault, ToDoubleFunction<SentinelSet.Outcome> measured) {
        Figure figure = figures.beside(column(downAfter), "s", name);
        for (int run = 0; run < RUNS; run++) {
            try {
                SentinelSet.Outcome outcome = set.during(scene.directory(), fault);
                figure.add(measured.applyAsDouble(outcome));
                if (!outcome.remark().isEmpty()) {
                    figure.remark(outcome.remark());
                }
                set.refresh();
            } catch (AssertionError | RuntimeException failed) {
                figure.remark(Faults.words(failed));
            }
        }
        figures.print();
    }

    private static String column(int downAfter) {
        return "Sentinel, down-after " + downAfter + " s";
    }

    /** Also of a part that failed, or is the last that there was time for. */
    @AfterEach
    void print() {
        figures.print();
    }
}
