package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.cluster.ClusterTrial;
import io.redisha.e2e.cluster.ClusterVerdict;
import io.redisha.e2e.OnCluster;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.load.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The figures that the README gives for a cluster of three shards with a replica each: medians over RUNS runs. It never
 * fails for a goal that was missed; it says so in the table.
 */
@ExtendWith(OnCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClusterBench {

    /** Each takes minutes. */
    private static final int RESHARDINGS = Math.max(1, Figures.RUNS / 3);
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String REDIS_CLI = "`redis-cli --cluster rebalance`";

    private final Figures figures = new Figures();
    private final Footprint footprint = new Footprint(figures);

    @Test
    @Order(1)
    void install(Scene scene) {
        Figure figure = figures.atMost(20, "s", "helm install --wait to all slots covered, 6 pods");
        for (int run = 0; run < Figures.RUNS; run++) {
            ClusterRelease cluster = scene.cluster("redis-ha");
            long start = System.nanoTime();
            cluster.release().install("architecture=cluster", "persistence.size=1Gi");
            figure.add((System.nanoTime() - start) / 1e9);
            try {
                cluster.assertWhole();
            } catch (AssertionError notYet) {
                figure.remark(Faults.words(notYet));
            }
            scene.cluster().namespace(scene.namespace());
        }
    }

    /** Before the releases that the others share: they would take part of the machine. */
    @Test
    @Order(2)
    void moreShardsOfRedis(Scene scene) {
        compare(scene, "redis", "8.0");
    }

    @Test
    @Order(3)
    void moreShardsOfValkey(Scene scene) {
        compare(scene, "valkey/valkey", "9.1");
    }

    private void compare(Scene scene, String repository, String tag) {
        String what = ", 3 -> 4 shards, 1,000,000 keys, " + repository + ":" + tag;
        Figure ratio = figures.atLeast(3, "times", "as fast as redis-cli" + what);
        figures.atMost(50, "ms", "writes meanwhile, 99 %" + what);
        figures.atMost(0, "errors", "errors that clients see" + what);
        Resharding resharding = new Resharding(scene, repository, tag);
        for (int run = 0; run < RESHARDINGS; run++) {
            try {
                Resharding.Outcome ours = resharding.byHelm();
                Resharding.Outcome theirs = resharding.byRedisCli();
                ratio.add((double) theirs.moving().toNanos() / ours.moving().toNanos());
                both("slots move" + what, "s", ours, theirs, outcome -> Faults.seconds(outcome.moving()));
                both("speed" + what, "keys/s", ours, theirs, outcome -> Math.rint(Resharding.MOVED / Faults.seconds(outcome.moving())));
                both("`helm upgrade --wait`, against `add-node` and `rebalance`" + what, "s", ours, theirs, outcome -> Faults.seconds(outcome.whole()));
                both("writes meanwhile, median" + what, "ms", ours, theirs, outcome -> Faults.seconds(outcome.latency().p50()) * 1e3);
                both("writes meanwhile, 99 %" + what, "ms", ours, theirs, outcome -> Faults.seconds(outcome.latency().p99()) * 1e3);
                both("writes meanwhile, longest" + what, "ms", ours, theirs, outcome -> Faults.seconds(outcome.latency().max()) * 1e3);
                both("errors that clients see" + what, "errors", ours, theirs, Resharding.Outcome::errors);
            } catch (AssertionError | RuntimeException broken) {
                ratio.remark(Faults.words(broken));
            }
        }
    }

    private void both(String name, String unit, Resharding.Outcome ours, Resharding.Outcome theirs, ToDoubleFunction<Resharding.Outcome> measured) {
        remark(figures.without(unit, name).add(measured.applyAsDouble(ours)), ours);
        remark(figures.beside(REDIS_CLI, unit, name).add(measured.applyAsDouble(theirs)), theirs);
    }

    private static void remark(Figure figure, Resharding.Outcome outcome) {
        if (!outcome.wrong().isEmpty()) {
            figure.remark(String.join("; ", outcome.wrong()));
        }
    }

    @Test
    @Order(10)
    void footprint(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster) throws Exception {
        footprint.atRest(cluster.release());
        footprint.status(cluster.release());
        footprint.start(cluster.release(), () -> cluster.awaitWhole(PATIENCE).replicas(0).getFirst());
    }

    @Test
    @Order(20)
    void serverKilledWithPersistence(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        measure(figures.atMost(1, "s", "SIGKILL of a master's server, persistence: write stop"), cluster, directory,
                master -> cluster.release().killServer(master), ClusterVerdict::lostNothing);
    }

    @Test
    @Order(21)
    void serverKilledWithoutPersistence(@Shared(Shared.Kind.CLUSTER_EPHEMERAL) ClusterRelease cluster, Path directory) {
        measure(figures.atMost(1, "s", "SIGKILL of a master's server, no persistence: write stop"), cluster, directory,
                master -> cluster.release().killServer(master), ClusterVerdict::lostNothing);
    }

    @Test
    @Order(22)
    void podDeleted(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        measure(figures.atMost(0.5, "s", "master pod deleted: write stop"), cluster, directory,
                master -> cluster.release().delete(master).orThrow(), ClusterVerdict::lostNothing);
    }

    @Test
    @Order(23)
    void switchover(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        measure(figures.atMost(0.5, "s", "`switchover --shard 0`: write stop"), cluster, directory,
                master -> switchOver(cluster, 0), ClusterVerdict::lostNothing);
    }

    /** Of a node that has one of the masters: with two of three nobody is left to vote. */
    @Test
    @Order(24)
    void powerCut(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        measure(figures.atMost(4.5, "s", "power cut of a master's node: write stop"), cluster, directory, ClusterBench::aloneOnItsNode, Faults::longest, master -> {
            cluster.lab().powerCut(master.getSpec().getNodeName());
            Trial.hold(Duration.ofSeconds(10));
            cluster.lab().heal();
        }, ClusterVerdict::lostNothingReplicated);
    }

    @Test
    @Order(25)
    void rolled(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        measure(figures.atMost(0.5, "s", "all pods replaced: longest write stop of a shard"), cluster, directory,
                master -> cluster.release().install("podAnnotations.roll=r" + System.nanoTime()), ClusterVerdict::lostNothing);
    }

    @Test
    @Order(26)
    void restartedWithNewAddresses(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        measure(figures.atMost(15, "s", "all pods killed at once, back with new addresses: write stop"), cluster, directory, master -> {
            cluster.release().pods().parallelStream().forEach(cluster.release()::killContainer);
            cluster.release().cluster().kubectl("-n", cluster.release().namespace(), "delete", "pods", "-l", "app.kubernetes.io/component=redis", "--force", "--grace-period=0").orThrow();
        }, ClusterVerdict::lostNothing);
    }

    /** Without kubectl and kubelet, which take their time to pass the signal on. */
    @Test
    @Order(27)
    void handsOver(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster) {
        Figure figure = figures.without("s", "SIGTERM to another master");
        for (int run = 0; run < Figures.RUNS; run++) {
            cluster.awaitWhole(PATIENCE);
            Processes.Found entrypoint = Processes.entrypoint(cluster.master(0).getMetadata().getUid()).orElseThrow();
            figure.add(cluster.release().redis(cluster.replicas(0).getFirst(), heir -> {
                long start = System.nanoTime();
                entrypoint.signal("TERM");
                while (!heir.role().getFirst().equals("master")) {
                    assertThat(System.nanoTime() - start).as("ns without another master").isLessThan(PATIENCE.toNanos());
                }
                return (System.nanoTime() - start) / 1e9;
            }));
            refresh(cluster);
        }
    }

    private static void measure(Figure figure, ClusterRelease cluster, Path directory, Consumer<Pod> fault, Consumer<ClusterVerdict> promise) {
        measure(figure, cluster, directory, release -> release.master(0), Faults::longest, fault, promise);
    }

    private static void measure(Figure figure, ClusterRelease cluster, Path directory, Function<ClusterRelease, Pod> victim, ToDoubleFunction<History> measured,
            Consumer<Pod> fault, Consumer<ClusterVerdict> promise) {
        for (int run = 0; run < Figures.RUNS; run++) {
            Pod master = victim.apply(cluster.awaitWhole(PATIENCE));
            try (ClusterTrial trial = ClusterTrial.from(cluster.lab().otherThan(master.getSpec().getNodeName()), cluster, 500, directory)) {
                try {
                    fault.accept(master);
                    promise.accept(trial.verdict(PATIENCE));
                } catch (AssertionError | RuntimeException broken) {
                    figure.remark(Faults.words(broken));
                } finally {
                    cluster.lab().heal();
                }
                figure.add(measured.applyAsDouble(trial.history()));
            }
            refresh(cluster);
        }
    }

    /** Crash loops wait longer each time; what is measured here is the first crash. */
    private static void refresh(ClusterRelease cluster) {
        for (Pod pod : cluster.release().pods()) {
            if (Release.restarts(pod) > 1) {
                cluster.awaitWhole(PATIENCE).release().delete(pod);
            }
        }
    }

    private static Pod aloneOnItsNode(ClusterRelease cluster) {
        List<Pod> masters = cluster.masters();
        return masters.stream().filter(one -> masters.stream().filter(other -> other.getSpec().getNodeName().equals(one.getSpec().getNodeName())).count() == 1).findFirst()
                .orElseGet(() -> {
                    switchOver(cluster, 0);
                    return cluster.awaitWhole(PATIENCE).master(0);
                });
    }

    private static void switchOver(ClusterRelease cluster, int shard) {
        cluster.release().exec(cluster.master(shard).getMetadata().getName(), "redis-ha", "switchover", "--shard", Integer.toString(shard)).orThrow();
    }

    @AfterAll
    void print() {
        figures.print();
    }
}
