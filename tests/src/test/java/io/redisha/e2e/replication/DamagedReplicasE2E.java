package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Pipeline;

/**
 * Finding R5: replicas whose servers can't load their files, while their agents answer, must not stop the writes of all, and heal by themselves
 * (rule D1). With 0.3.0 the healthy master took no write.
 */
@Architecture.Replication
@Level.Full
@Cost.Long
class DamagedReplicasE2E {

    private static final int KEYS = 2_000;
    /** Of writes: both are gone within a moment, and nobody need wait for them. */
    private static final Duration STOP = Duration.ofSeconds(10);

    @Test
    void theMasterGoesOnWithoutReplicasWhoseFilesCanNotBeLoadedAndTheyGetACopy(Scene scene) throws Exception {
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
        Map<String, Instant> written = new LinkedHashMap<>();
        Instant begun = Instant.now();
        Awaitility.await("both replicas ready again, with what they can't load set aside").atMost(Duration.ofSeconds(120)).pollInterval(Duration.ofMillis(200))
                .ignoreExceptions().until(() -> {
                    String key = "meanwhile:" + written.size();
                    if (release.<String>viaMaster(node, jedis -> jedis.set(key, "yes")).equals("OK")) {
                        written.put(key, Instant.now());
                    }
                    return written.size() > 20 && replicas.stream().allMatch(DamagedReplicasE2E::hasSetAside) && release.pods().stream().allMatch(Release::ready);
                });
        assertThat(longestWithout(written, begun)).as("without a write that was taken").isLessThan(STOP);
        release.awaitWhole(3, Duration.ofSeconds(120));
        assertThat(release.master().getMetadata().getUid()).as("the master, all the time").isEqualTo(master.getMetadata().getUid());

        long keys = release.<Long>redis(master, jedis -> jedis.dbSize());
        assertThat(keys).isGreaterThanOrEqualTo(KEYS + written.size());
        release.pods().forEach(pod -> {
            String name = pod.getMetadata().getName();
            assertThat(release.<Long>redis(pod, jedis -> jedis.dbSize())).as("keys of " + name).isEqualTo(keys);
            assertThat(release.<Long>redis(pod, jedis -> jedis.exists(written.keySet().toArray(String[]::new)))).as("writes on " + name).isEqualTo(written.size());
        });
        for (Pod replica : replicas) {
            isTold(release, replica.getMetadata().getName());
        }
    }

    /** In an Event, and in status for as long as the files are kept, which any pod shows. */
    private static void isTold(Release release, String replica) {
        Awaitility.await("the Event of " + replica).atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(500)).untilAsserted(
                () -> assertThat(release.cluster().events(release.namespace())).containsPattern("SetAside .*pod/" + replica + " .*aside-1: .*append only file"));
        Awaitility.await("status of " + replica).atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> assertThat(release.status().path("problems"))
                .anySatisfy(problem -> assertThat(problem.asText()).startsWith(replica + ": ").contains("/data/.redis-ha/aside-1").contains("remove it")));
    }

    private static Duration longestWithout(Map<String, Instant> written, Instant begun) {
        Duration longest = Duration.ZERO;
        Instant before = begun;
        for (Instant at : written.values()) {
            Duration without = Duration.between(before, at);
            longest = without.compareTo(longest) > 0 ? without : longest;
            before = at;
        }
        return longest;
    }

    private static boolean hasSetAside(Pod pod) {
        return Files.isDirectory(data(pod).resolve(".redis-ha/aside-1/appendonlydir"));
    }

    private static Path data(Pod pod) {
        return Processes.data(pod.getMetadata().getUid());
    }

    private static Path files(Pod pod) {
        return data(pod).resolve("appendonlydir");
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
}
