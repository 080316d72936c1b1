package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.TooSlow;
import io.redisha.lab.SentinelRelease;
import java.time.Duration;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Full
@Cost.Alone
class LabelsE2E {

    /** Whoever told the sentinels to: their word is what counts, and it is heard, not asked for. */
    @Test
    void followTheMasterThatSentinelsChooseWithinASecond(@Shared(Shared.Kind.SENTINEL) SentinelRelease release) {
        Pod before = release.master();
        Pod sentinel = release.sentinels().getFirst();
        int majority = release.sentinels().size() / 2 + 1;
        assertThat(release.sentinel(sentinel, "FAILOVER", SentinelRelease.MASTER_NAME)).isEqualTo("OK");
        Awaitility.await("a majority of sentinels names another").atMost(Duration.ofSeconds(15)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20))
                .until(() -> named(release, before) >= majority);
        long switched = System.nanoTime();
        Awaitility.await("the label of another").atMost(Duration.ofSeconds(5)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20)).until(() -> {
            Optional<Pod> labelled = release.labelled("master").stream().findFirst();
            return labelled.isPresent() && !labelled.get().getMetadata().getName().equals(before.getMetadata().getName());
        });
        Duration late = Duration.ofNanos(System.nanoTime() - switched);
        System.out.println("labels followed the sentinels' majority after " + late.toMillis() + " ms");
        release.awaitWhole();
        TooSlow.unless(late, Duration.ofSeconds(1), "time from the majority to the label");
    }

    /** By the command that clients use: SENTINEL MASTER names the old one for a while. */
    private static long named(SentinelRelease release, Pod before) {
        return release.sentinels().stream().filter(sentinel -> release.sentinel(sentinel, "GET-MASTER-ADDR-BY-NAME", SentinelRelease.MASTER_NAME) instanceof java.util.List<?> address
                && !address.getFirst().equals(release.announced(before.getMetadata().getName()))).count();
    }

    @Test
    void areCorrectedWhenAHandHasChangedThem(@Shared(Shared.Kind.SENTINEL) SentinelRelease release) {
        label(release, release.replicas().getFirst(), "role=master");
        label(release, release.replicas().getFirst(), "role-");
        release.awaitWhole(3, Duration.ofSeconds(6));
    }

    private static void label(SentinelRelease release, Pod pod, String label) {
        release.cluster().kubectl("-n", release.namespace(), "label", "pod", pod.getMetadata().getName(), "--overwrite", label).orThrow();
    }
}
