package io.redisha.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The hook asks and waits, and the pods do the work: whenever it dies, the next run finishes, and no slot is left open. Several
 * releases at once, because most of the time is Kubernetes' pause before it runs a Job again.
 */
@Tag("together")
@ExtendWith(OnCluster.class)
class ClusterHookKilledE2E {

    private static final int[] ROUNDS = {5, 5};
    private static final int SPREAD_MS = 6_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final AtomicInteger killed = new AtomicInteger();

    @Test
    void isFinishedByTheNextRunWhereverItIsKilled(Scene scene) {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println("-Dseed=" + seed);
        List<CompletableFuture<Void>> all = new ArrayList<>();
        for (int one = 0; one < ROUNDS.length; one++) {
            int ordinal = one;
            all.add(CompletableFuture.runAsync(() -> outAndIn(scene, "redis-ha-" + ordinal, ordinal, new Random(seed + ordinal)), command -> Thread.ofPlatform().start(command)));
        }
        all.forEach(CompletableFuture::join);
        assertThat(killed.get()).as("hooks that were killed").isGreaterThanOrEqualTo(18);
    }

    /** Without replicas, and with one. */
    private void outAndIn(Scene scene, String name, int ordinal, Random random) {
        int replicas = ordinal == 0 ? 1 : 0;
        ClusterRelease cluster = scene.cluster(name).want(3, replicas);
        cluster.release().install("architecture=cluster", "persistence.enabled=false", "cluster.replicasPerShard=" + replicas);
        try (ClusterTrial trial = ClusterTrial.patient("node" + (ordinal + 1), cluster, 20_000, scene.directory().resolve(name))) {
            for (int round = 0; round < ROUNDS[ordinal]; round++) {
                scale(cluster, 4, random);
                scale(cluster, 3, random);
            }
            trial.verdict().lostNothing().saidOnlyMovedAndAsk().restartedOnly();
        }
    }

    private void scale(ClusterRelease cluster, int shards, Random random) {
        CompletableFuture<Shell.Output> helm = CompletableFuture.supplyAsync(() -> cluster.release().tryInstall("cluster.shards=" + shards), command -> Thread.ofPlatform().start(command));
        Trial.hold(Duration.ofMillis(random.nextInt(SPREAD_MS)));
        boolean byDeletion = random.nextBoolean();
        while (!helm.isDone() && !kill(cluster.release(), byDeletion)) {
            Trial.hold(Duration.ofMillis(20));
        }
        if (helm.join().exit() != 0) {
            System.out.println("the killed one failed, as it may: " + helm.join().err().strip());
            cluster.release().install("cluster.shards=" + shards);
        }
        cluster.want(shards, cluster.replicasPerShard()).awaitBalanced(PATIENCE);
    }

    private boolean kill(Release release, boolean byDeletion) {
        for (Pod hook : release.cluster().client().pods().inNamespace(release.namespace()).withLabelIn("batch.kubernetes.io/job-name", release.fullname() + "-form", release.fullname() + "-form-before").list().getItems()) {
            Optional<Processes.Found> process = Processes.entrypoint(hook.getMetadata().getUid());
            if (process.isPresent()) {
                if (byDeletion) {
                    release.delete(hook, "--force", "--grace-period=0");
                } else {
                    process.get().signal("KILL");
                }
                killed.incrementAndGet();
                return true;
            }
        }
        return false;
    }
}
