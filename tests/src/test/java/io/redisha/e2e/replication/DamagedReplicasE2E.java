package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Pipeline;

/** Replicas whose servers can't start, while their agents answer, must not stop the writes of all. */
@Architecture.Replication
@Level.Full
@Cost.Long
class DamagedReplicasE2E {

    private static final int KEYS = 2_000;

    @Test
    void theMasterGoesOnWithoutReplicasWhoseFilesCanNotBeLoaded(Scene scene) throws Exception {
        Release release = scene.release("redis-ha").install("persistence.size=1Gi");
        release.awaitWhole();
        Pod master = release.master();
        release.redis(master, jedis -> {
            Pipeline pipeline = jedis.pipelined();
            IntStream.range(0, KEYS).forEach(n -> pipeline.set("key:" + n, Integer.toString(n)));
            pipeline.sync();
            assertThat(jedis.waitReplicas(2, 5_000)).isEqualTo(2);
            return null;
        });
        List<Pod> replicas = release.replicas();
        for (Pod replica : replicas) {
            damage(replica);
            release.killServer(replica);
        }

        String node = master.getSpec().getNodeName();
        Awaitility.await("a write without a replica").atMost(Duration.ofSeconds(10)).pollInterval(Duration.ofMillis(100)).ignoreExceptions()
                .until(() -> release.<String>viaMaster(node, jedis -> jedis.set("alone", "yes")).equals("OK"));
        for (int i = 0; i < 20; i++) {
            int n = i;
            assertThat(release.<String>viaMaster(node, jedis -> jedis.set("alone:" + n, "yes"))).isEqualTo("OK");
            Trial.hold(Duration.ofMillis(200));
        }
        assertThat(release.info(master).text("connected_slaves")).isEqualTo("0");
        assertThat(release.master().getMetadata().getUid()).as("the master, all the time").isEqualTo(master.getMetadata().getUid());

        for (Pod replica : replicas) {
            remove(files(replica));
        }
        release.awaitWhole(3, Duration.ofSeconds(120));
        release.pods().forEach(pod -> assertThat(release.<Long>redis(pod, jedis -> jedis.dbSize())).as("keys of " + pod.getMetadata().getName()).isEqualTo(KEYS + 21));
    }

    private static Path files(Pod pod) {
        return Path.of("/proc/" + Processes.entrypoint(pod.getMetadata().getUid()).orElseThrow().pid() + "/root/data/appendonlydir");
    }

    /** In the middle: what is cut off at the end Redis repairs by itself. */
    private static void damage(Pod pod) throws IOException {
        Path log;
        try (Stream<Path> all = Files.list(files(pod))) {
            log = all.filter(file -> file.toString().endsWith(".incr.aof")).max(Path::compareTo).orElseThrow();
        }
        try (RandomAccessFile file = new RandomAccessFile(log.toFile(), "rw")) {
            assertThat(file.length()).as(log + " holds the last writes").isGreaterThan(1_000);
            file.seek(file.length() / 2);
            file.write("damaged ".repeat(20).getBytes(StandardCharsets.US_ASCII));
        }
    }

    private static void remove(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            for (Path file : all.toList()) {
                Files.delete(file);
            }
        }
    }
}
