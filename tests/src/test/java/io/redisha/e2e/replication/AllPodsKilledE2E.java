package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Smoke
@Cost.Alone
class AllPodsKilledE2E {

    @Test
    @Promise("All pods killed at once, persistence on")
    void comesBackWithTheSameDataFromItsVolumes(@Shared Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            List<Pod> all = release.pods();
            all.parallelStream().forEach(release::killContainer);
            // A process that dies has already handed its log to the kernel: even plain writes are there.
            trial.verdict(3, Duration.ofSeconds(90)).lostNothing().stoppedAtMost(Duration.ofSeconds(40));
        }
    }

    /** As people run it who keep nothing on disk: one instance that is left holds everything. */
    @Test
    void keepsTheDataThatOneIsLeftWithWithoutPersistence(@Shared(Shared.Kind.EPHEMERAL) Release release, Path directory) {
        try (Trial trial = Trial.of(release, directory)) {
            List<Pod> allButOne = release.pods().stream().filter(pod -> !pod.getMetadata().getName().equals(release.replicas().getLast().getMetadata().getName())).toList();
            assertThat(allButOne.size()).isEqualTo(2);
            allButOne.parallelStream().forEach(release::killContainer);
            // Two at once is one more than WAIT 1 promises to survive: what the floor and the prefix say must hold all the same.
            trial.verdict(3, Duration.ofSeconds(90)).stoppedAtMost(Duration.ofSeconds(20));
        }
    }

    /** Nobody is left to copy from: what counts is that it serves again, and that somebody says what has happened. */
    @Test
    @Promise("All pods of a release without persistence gone")
    void startsEmptyAndSaysThatTheDataIsGoneWithoutPersistence(@Shared(Shared.Kind.EPHEMERAL) Release release) {
        release.viaMaster("node1", jedis -> jedis.set("before", "everything"));
        release.cluster().delete(release.pods(), "--force", "--grace-period=0").orThrow();
        release.awaitWhole(3, Duration.ofSeconds(90));
        assertThat(release.<Long>redis(release.master(), jedis -> jedis.dbSize())).as("keys that are left").isZero();
        assertThat(release.<String>viaMaster("node1", jedis -> jedis.set("after", "it"))).isEqualTo("OK");
        Awaitility.await("Event").atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(release.cluster().events(release.namespace())).contains("the data is gone"));
    }
}
