package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Pipeline;

/**
 * Whole in memory is not whole on disk: after a full sync a server writes its AOF again, and is ended meanwhile. With 0.3.0 and real servers
 * the older disk led after all had been killed, the newer data of the others was wiped, and a server that was told to end was killed after 15 s.
 */
@Architecture.Replication
@Level.Full
@Cost.Long
class RewriteWindowE2E {

    private static final int KEYS = 20_000;
    private static final int MORE = 500;
    /** A server sleeps so long for each key that it sends or rewrites: 10 s, as with some ten million keys. */
    private static final int MICROSECONDS = 500;
    private static final Duration GRACE = Duration.ofSeconds(75);

    @Test
    @Promise("All pods killed at once, persistence on")
    void losesNothingThoughTheMastersDiskIsOlderThanItsMemory(Scene scene) throws Exception {
        Release release = installed(scene, MICROSECONDS);
        masterThatRewrites(release);

        release.pods().parallelStream().forEach(release::killContainer);
        holdsEverything(release);
    }

    /** A server that is told to end then refuses, and forgets that it was told (finding R3). */
    @Test
    @Promise("Deletion, drain, upgrade, scale, switchover")
    void losesNothingAndEndsByItselfWhenItsPodIsDeleted(Scene scene) throws Exception {
        Release release = installed(scene, 2 * MICROSECONDS);
        String next = masterThatRewrites(release);
        Pod pod = release.pod(next);
        Process log = release.lab().shell().start(List.of(release.lab().tool("kubectl"), "-n", release.namespace(), "logs", "-f", next, "-c", "redis", "--since=1s"));
        try {
            CompletableFuture<List<String>> words = CompletableFuture.supplyAsync(() -> log.inputReader().lines().toList(), Shell::aside);
            long deleted = System.nanoTime();
            release.cluster().delete(List.of(pod)).orThrow();
            assertThat(Duration.ofNanos(System.nanoTime() - deleted)).as("how long " + next + " took to stop").isLessThan(GRACE.minusSeconds(15));
            assertThat(words.get(10, TimeUnit.SECONDS)).as("what " + next + " said")
                    .anyMatch(line -> line.contains("Writing initial AOF, can't exit")).noneMatch(line -> line.contains("did not end within"));
        } finally {
            log.destroyForcibly();
        }
        holdsEverything(release);
    }

    private static Release installed(Scene scene, int microseconds) throws IOException {
        Path values = Files.writeString(Files.createDirectories(scene.directory()).resolve("values.yaml"), """
                redis:
                  configuration: |
                    rdb-key-save-delay %d
                """.formatted(microseconds));
        Release release = scene.release("redis-ha").with(values).install("persistence.size=1Gi", "terminationGracePeriodSeconds=" + GRACE.toSeconds());
        return release.awaitWhole();
    }

    /** And has more than what its AOF had before the sync. */
    private static String masterThatRewrites(Release release) {
        write(release, "key", KEYS, 2);
        String next = release.replicas().getFirst().getMetadata().getName();

        release.killServer(release.pod(next));
        Awaitility.await("a rewrite after a full sync").atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(200)).ignoreExceptions()
                .until(() -> release.info(release.pod(next)).text("master_link_status").equals("up") && isRewriting(release, next));
        Awaitility.await(next + " to be the master").atMost(Duration.ofSeconds(8)).pollInterval(Duration.ofMillis(100)).ignoreExceptions().until(() -> {
            release.exec(next, "redis-ha", "switchover", "--to", next);
            return release.master().getMetadata().getName().equals(next);
        });
        write(release, "more", MORE, 2);
        assertThat(isRewriting(release, next)).as("the master's AOF is the one from before the sync").isTrue();
        return next;
    }

    private static void holdsEverything(Release release) {
        release.awaitWhole(3, Duration.ofSeconds(120));
        release.pods().forEach(pod -> assertThat(release.<Long>redis(pod, jedis -> jedis.dbSize())).as("keys of " + pod.getMetadata().getName()).isEqualTo(KEYS + MORE));
    }

    private static boolean isRewriting(Release release, String pod) {
        return release.info(release.pod(pod)).text("aof_rewrite_in_progress").equals("1");
    }

    private static void write(Release release, String name, int keys, int replicas) {
        Pod master = release.master();
        release.redis(master, jedis -> {
            Pipeline pipeline = jedis.pipelined();
            IntStream.range(0, keys).forEach(n -> pipeline.set(name + ":" + n, Integer.toString(n)));
            pipeline.sync();
            assertThat(jedis.waitReplicas(replicas, 5_000)).as("replicas that have all of " + name).isGreaterThanOrEqualTo(replicas);
            return null;
        });
    }
}
