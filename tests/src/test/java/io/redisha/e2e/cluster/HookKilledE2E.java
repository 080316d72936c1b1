package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Drawn;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The hook asks and waits, and the pods do the work: whenever it dies, the next run finishes, and no slot is left open. Several
 * releases at once, because most of the time is Kubernetes' pause before it runs a Job again.
 */
@Architecture.Cluster
@Level.Full
@Cost.Together
class HookKilledE2E {

    /** Of each release, in each direction; there are two. */
    private static final int KILLS = 5;
    /** Each has two hooks; one may have ended before its moment has come. */
    private static final int ROUNDS = 8;
    private static final int LATEST_MS = 3_000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @Test
    void isFinishedByTheNextRunWhereverItIsKilled(Scene scene) {
        List<CompletableFuture<Void>> all = IntStream.range(0, 2)
                .mapToObj(replicas -> CompletableFuture.runAsync(() -> outAndIn(scene, replicas, new Killer(Drawn.random("hooks of " + replicas))), Shell::aside)).toList();
        all.forEach(CompletableFuture::join);
    }

    private static void outAndIn(Scene scene, int replicas, Killer killer) {
        ClusterRelease cluster = scene.cluster("redis-ha-" + replicas).want(3, replicas);
        cluster.release().install("architecture=cluster", "persistence.enabled=false", "cluster.replicasPerShard=" + replicas);
        try (ClusterTrial trial = ClusterTrial.patient("node" + (replicas + 1), cluster, 20_000, scene.directory().resolve(cluster.release().name()))) {
            int out = 0;
            int in = 0;
            for (int round = 0; round < ROUNDS && (out < KILLS || in < KILLS); round++) {
                out += scale(cluster, 4, killer);
                in += scale(cluster, 3, killer);
            }
            assertThat(List.of(out, in)).as("hooks killed on the way out, and in").allMatch(kills -> kills >= KILLS);
            trial.verdict().lostNothing().saidOnlyMovedAndAsk().restartedOnly();
        }
    }

    /** @return how many of its two hooks were killed */
    private static int scale(ClusterRelease cluster, int shards, Killer killer) {
        CompletableFuture<Shell.Output> helm = CompletableFuture.supplyAsync(() -> cluster.release().tryInstall("cluster.shards=" + shards), Shell::aside);
        int killed = 0;
        for (String hook : List.of("-form-before", "-form")) {
            killed += killer.strike(cluster.release(), hook, shards, helm::isDone) ? 1 : 0;
        }
        if (helm.join().exit() != 0) {
            System.out.println("helm gave up, as it may: " + helm.join().err().strip());
            cluster.release().install("cluster.shards=" + shards);
        }
        cluster.want(shards, cluster.replicasPerShard()).awaitBalanced(PATIENCE);
        return killed;
    }

    /** At any moment that a hook is known to live to see: on a quick machine it has ended sooner. */
    private static final class Killer {

        private final Random random;
        private final Map<String, Integer> latest = new HashMap<>();

        Killer(Random random) {
            this.random = random;
        }

        /** @return true if the hook was killed, which it can't be after its end */
        boolean strike(Release release, String hook, int shards, BooleanSupplier tooLate) {
            String which = hook + " to " + shards;
            int after = random.nextInt(latest.getOrDefault(which, LATEST_MS));
            boolean byDeletion = random.nextBoolean();
            while (!tooLate.getAsBoolean() && running(release, hook).isEmpty()) {
                Trial.hold(Duration.ofMillis(50));
            }
            Trial.hold(Duration.ofMillis(after));
            Optional<Pod> victim = running(release, hook);
            victim.ifPresentOrElse(pod -> kill(release, pod, byDeletion), () -> latest.put(which, Math.max(after, 1)));
            System.out.println(release.name() + " to " + shards + " shards: " + release.fullname() + hook
                    + (victim.isEmpty() ? " had ended " : byDeletion ? " deleted " : " killed ") + after + " ms after its start");
            return victim.isPresent();
        }
    }

    private static Optional<Pod> running(Release release, String hook) {
        return release.cluster().client().pods().inNamespace(release.namespace()).withLabel("batch.kubernetes.io/job-name", release.fullname() + hook).list().getItems().stream()
                .filter(pod -> Processes.entrypoint(pod.getMetadata().getUid()).isPresent()).findFirst();
    }

    private static void kill(Release release, Pod hook, boolean byDeletion) {
        if (byDeletion) {
            release.delete(hook, "--force", "--grace-period=0");
        } else {
            Processes.entrypoint(hook.getMetadata().getUid()).ifPresent(process -> process.signal("KILL"));
        }
    }
}
