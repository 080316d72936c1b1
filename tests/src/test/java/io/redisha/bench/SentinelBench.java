package io.redisha.bench;

import io.redisha.e2e.OnCluster;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import io.redisha.load.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.BiConsumer;
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
 * What sentinels cost and what they bring, side by side with architecture replication in the same run, under faults with nothing
 * on disk. It never fails for a goal that was missed; it says so in the table.
 */
@ExtendWith(OnCluster.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SentinelBench {

    private static final String REPLICATION = "`replication`";

    private final Figures figures = new Figures();

    @Test
    @Order(1)
    void install(Scene scene) {
        String name = "helm install --wait to a writable master";
        for (int run = 0; run < Figures.RUNS; run++) {
            figures.atMost(15, "s", name).add(installing(scene, scene.sentinel("redis-ha"), "sentinel"));
            figures.beside(REPLICATION, "s", name).add(installing(scene, scene.release("redis-ha"), "replication"));
        }
    }

    private static double installing(Scene scene, Release release, String architecture) {
        long start = System.nanoTime();
        release.install("architecture=" + architecture, "persistence.size=1Gi");
        release.viaMaster("node1", jedis -> jedis.set("a", "b"));
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        scene.cluster().namespace(scene.namespace());
        return Faults.seconds(took);
    }

    @Test
    @Order(10)
    void serverKilled(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease ours, @Shared(Shared.Kind.EPHEMERAL) Release other, Path directory) {
        both(1.5, "SIGKILL of the master's server: write stop", ours, other, directory, Faults::longest, release -> release.killServer(release.master()), Trial.Verdict::lostNothingReplicated);
    }

    @Test
    @Order(11)
    void podDeleted(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease ours, @Shared(Shared.Kind.EPHEMERAL) Release other, Path directory) {
        both(1.5, "master pod deleted: write stop", ours, other, directory, Faults::longest, release -> release.delete(release.master()).orThrow(), Trial.Verdict::lostNothing);
    }

    @Test
    @Order(12)
    void switchover(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease ours, @Shared(Shared.Kind.EPHEMERAL) Release other, Path directory) {
        both(1.5, "switchover: write stop", ours, other, directory, Faults::longest,
                release -> release.exec(release.master().getMetadata().getName(), "redis-ha", "switchover").orThrow(), Trial.Verdict::lostNothing);
    }

    /** downAfter's default and 4 s. */
    @Test
    @Order(13)
    void powerCut(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease ours, @Shared(Shared.Kind.EPHEMERAL) Release other, Path directory) {
        both(7, "power cut of the master's node: stop of writes with WAIT 1", ours, other, directory, history -> Faults.seconds(history.replicatedWriteStop().longest()), release -> {
            release.lab().powerCut(release.master().getSpec().getNodeName());
            Trial.hold(Duration.ofSeconds(12));
            release.lab().heal();
        }, Trial.Verdict::lostNothingReplicated);
    }

    /** Sentinels too, one at a time. */
    @Test
    @Order(14)
    void rolled(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease ours, @Shared(Shared.Kind.EPHEMERAL) Release other, Path directory) {
        both(3, "all pods replaced: sum of write stops", ours, other, directory, history -> Faults.seconds(history.writeStop().sum()),
                Release::roll, verdict -> verdict.lostNothing().changedMasterAtMost(2));
    }

    private void both(double goal, String name, Release ours, Release other, Path directory, ToDoubleFunction<History> measured, Consumer<Release> fault,
            Consumer<Trial.Verdict> promise) {
        BiConsumer<Figure, Release> measure = (figure, release) -> Faults.measure(figure, release, directory, measured, fault, promise);
        measure.accept(figures.atMost(goal, "s", name), ours);
        measure.accept(figures.beside(REPLICATION, "s", name), other);
    }

    @AfterAll
    void print() {
        figures.print();
    }
}
