package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Findings R16 and R22: a master that refuses all writes, because it cannot save, is no secret, and another takes them. With 0.3.0 a full disk
 * meant MISCONF for ever, without a handover or a word.
 */
@Architecture.Replication
@Level.Full
@Cost.Long
class CannotSaveE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void aMasterThatRefusesWritesBecauseItCannotSaveHandsOverIsToldByStatusAndEventAndHealsWithItsVolume(Scene scene) throws Exception {
        Path values = Files.writeString(Files.createDirectories(scene.directory()).resolve("values.yaml"), """
                redis:
                  configuration: |
                    appendonly no
                    save 3600 1
                """);
        Release release = scene.release("redis-ha").with(values).install("persistence.size=1Gi");
        release.awaitWhole();
        Pod master = release.master();
        String name = master.getMetadata().getName();
        try {
            may(master, "r-xr-xr-x");
            saves(release, master, "err");
            assertThatThrownBy(() -> release.<String>redis(master, jedis -> jedis.set("refused", "yes"))).isInstanceOf(JedisDataException.class).hasMessageStartingWith("MISCONF");
            Awaitility.await("another master").atMost(PATIENCE).ignoreExceptions()
                    .untilAsserted(() -> assertThat(release.master().getMetadata().getUid()).isNotEqualTo(master.getMetadata().getUid()));
            Awaitility.await("a write").atMost(PATIENCE).ignoreExceptions().until(() -> release.<String>redis(release.master(), jedis -> jedis.set("taken", "yes")).equals("OK"));
            Awaitility.await("status").atMost(PATIENCE).untilAsserted(() -> assertThat(release.exec(release.replicas().getFirst().getMetadata().getName(), "redis-ha", "status").out())
                    .contains(name + ": its last snapshot failed"));
            Awaitility.await("Event").atMost(PATIENCE).untilAsserted(() -> assertThat(release.cluster().events(release.namespace())).contains("CannotSave"));
        } finally {
            may(master, "rwxrwxrwx");
        }
        saves(release, master, "ok");
        Awaitility.await("no problem").atMost(PATIENCE).untilAsserted(() -> assertThat(release.status(name).path("problems")).isEmpty());
        assertThat(release.master().getMetadata().getUid()).as("the master does not go back").isNotEqualTo(master.getMetadata().getUid());
    }

    private static void saves(Release release, Pod master, String outcome) {
        release.redis(master, jedis -> jedis.bgsave());
        Awaitility.await("a snapshot that ends with " + outcome).atMost(PATIENCE).until(() -> release.info(master).text("rdb_last_bgsave_status").equals(outcome));
    }

    private static void may(Pod pod, String permissions) throws IOException {
        Files.setPosixFilePermissions(Processes.data(pod.getMetadata().getUid()), PosixFilePermissions.fromString(permissions));
    }
}
