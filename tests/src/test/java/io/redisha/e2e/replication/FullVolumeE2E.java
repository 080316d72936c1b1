package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.PersistentVolume;
import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Finding R16: the master's volume has no room left, to the last block, while clients write: the AOF, which is on, can't be written. With 0.3.0
 * writes were refused (MISCONF) for ever, without a handover or a word.
 */
@Architecture.Replication
@Level.Full
@Cost.Alone
class FullVolumeE2E {

    /** More than a test writes, and quick to fill: below auto-aof-rewrite-min-size, so that nothing else asks for room. */
    private static final long ROOM = 32L << 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** It refuses them for three seconds first: that may pass. */
    @Test
    void handsOverToOneThatHasRoomSaysWhyAndIsInSyncAgainWhenItHasRoomItself(Scene scene) throws IOException {
        Release release = withLittleRoomForTheMaster(scene);
        Pod master = release.master();
        String name = master.getMetadata().getName();
        Path filler = filler(master);
        try (Trial trial = Trial.of(release, scene.directory())) {
            fill(filler);
            awaitRefusal(release, master);
            Awaitility.await("another master").atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).ignoreExceptions()
                    .until(() -> !release.master().getMetadata().getName().equals(name));
            Awaitility.await("a write").atMost(PATIENCE).ignoreExceptions().until(() -> isTaken(release, release.master()));
            String other = release.master().getMetadata().getName();
            Awaitility.await("status").atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(release.status(other).path("problems"))
                    .anySatisfy(problem -> assertThat(problem.asText()).startsWith(name + ": ")));
            Awaitility.await("Event").atMost(PATIENCE).untilAsserted(() -> assertThat(release.cluster().events(release.namespace()))
                    .containsPattern("CannotSave .*pod/" + name + " .*its AOF can't be written .*: is the volume full\\?"));

            Files.delete(filler);
            Trial.Verdict verdict = trial.verdict(3, Duration.ofSeconds(90)).lostNothing().changedMasterAtMost(1).restartedOnly();
            Awaitility.await("no problem").atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(release.status(other).path("problems")).isEmpty());
            assertThat(verdict.history().errors().keySet()).as("what clients were told").anyMatch(error -> error.startsWith("MISCONF"));
        }
    }

    /** What its AOF lacks, though it was confirmed, the replicas have; and it needs room for what it then copies from one of them. */
    @Test
    @Promise("A write for which WAIT 1 returned 1")
    void isLedByOneThatHasRoomWhenItsServerDiesAndIsInSyncAgainWhenItHasRoomItself(Scene scene) throws IOException {
        Release release = withLittleRoomForTheMaster(scene);
        Pod master = release.master();
        String name = master.getMetadata().getName();
        Path filler = filler(master);
        try (Trial trial = Trial.of(release, scene.directory())) {
            fill(filler);
            awaitRefusal(release, master);
            release.killServer(master);
            Awaitility.await("another master").atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).ignoreExceptions()
                    .until(() -> !release.master().getMetadata().getName().equals(name));
            Awaitility.await("a write").atMost(PATIENCE).ignoreExceptions().until(() -> isTaken(release, release.master()));
            String leader = release.master().getMetadata().getName();
            Awaitility.await("status").atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> assertThat(release.status(leader).path("problems"))
                    .anySatisfy(problem -> assertThat(problem.asText()).startsWith(name + ": ")));

            Files.delete(filler);
            trial.verdict(3, Duration.ofSeconds(90)).lostNothingReplicated().lostOnlyTheLastMoment().changedMasterAtMost(1).restartedOnly();
        }
    }

    /** The master is pod-0: its claim is there before it, bound to a volume that is small until the pod has it. */
    private static Release withLittleRoomForTheMaster(Scene scene) {
        Release release = scene.release("redis-ha");
        String name = release.fullname() + "-0";
        String node = scene.lab().nodes().getFirst();
        PersistentVolume volume = scene.cluster().freeVolume(node);
        Path directory = Path.of(volume.getSpec().getLocal().getPath());
        scene.cluster().apply(scene.namespace(), """
                apiVersion: v1
                kind: PersistentVolumeClaim
                metadata: {name: data-%s}
                spec: {volumeName: %s, storageClassName: %s, accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
                """.formatted(name, volume.getMetadata().getName(), volume.getSpec().getStorageClassName()));
        scene.lab().cover(node, directory, ROOM);
        try {
            release.install("persistence.size=1Gi").awaitWhole();
        } finally {
            scene.lab().uncover(node, directory);
        }
        // asked before anything is filled, or it would be this machine's disk
        assertThat(Processes.data(release.pod(name).getMetadata().getUid()).toFile().getTotalSpace()).as("bytes of the volume of " + name).isEqualTo(ROOM);
        release.switchTo(name, 3);
        return release;
    }

    private static Path filler(Pod pod) {
        return Processes.data(pod.getMetadata().getUid()).resolve("filler");
    }

    /** Until nothing more is taken. The AOF may still end in a block that it has already. */
    private static void fill(Path file) {
        byte[] zeros = new byte[64 << 10];
        assertThatThrownBy(() -> {
            try (OutputStream out = Files.newOutputStream(file)) {
                for (long written = 0; written <= ROOM; written += zeros.length) {
                    out.write(zeros);
                }
            }
        }).isInstanceOf(IOException.class).hasMessageContaining("No space left on device");
    }

    private static void awaitRefusal(Release release, Pod master) {
        Awaitility.await("a write that is refused").atMost(PATIENCE).pollInterval(Duration.ofMillis(100)).untilAsserted(
                () -> assertThatThrownBy(() -> isTaken(release, master)).isInstanceOf(JedisDataException.class).hasMessageStartingWith("MISCONF"));
    }

    private static boolean isTaken(Release release, Pod master) {
        return release.<String>redis(master, jedis -> jedis.set("plain", "yes")).equals("OK");
    }
}
