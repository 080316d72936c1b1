package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Pipeline;

/** Whole in memory is not whole on disk: after a full sync a server writes its AOF anew, and all pods are killed meanwhile. */
@Architecture.Replication
@Level.Full
@Cost.Long
class RewriteWindowE2E {

    private static final int KEYS = 20_000;
    private static final int MORE = 500;
    /** A server sleeps so long for each key that it sends or rewrites: 10 s, as with some ten million keys. */
    private static final int MICROSECONDS = 500;

    @Test
    @Promise("All pods killed at once, persistence on")
    void losesNothingThoughTheMastersDiskIsOlderThanItsMemory(Scene scene) throws Exception {
        Path values = Files.writeString(Files.createDirectories(scene.directory()).resolve("values.yaml"), """
                redis:
                  configuration: |
                    rdb-key-save-delay %d
                """.formatted(MICROSECONDS));
        Release release = scene.release("redis-ha").with(values).install("persistence.size=1Gi");
        release.awaitWhole();
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

        release.pods().parallelStream().forEach(release::killContainer);
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
