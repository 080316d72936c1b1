package io.redisha.e2e.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.PeersRelease;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Five Serf agents that are started in whatever order, and three of another Deployment: whatever is done to the five, all see one ring again. */
@Architecture.Peers
@Level.Full
@Cost.Together
class RingE2E {

    /** By its path: PATH is that of the program's image. */
    private static final String PROGRAM = "/redis-ha/bin/redis-ha";

    private PeersRelease scaled;

    /** The seed of others: it must join those that it once let in. */
    @Test
    @Level.Smoke
    void takesBackItsFirstPod(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        List<String> before = podIds(peers);
        long start = System.nanoTime();
        peers.delete(0);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).as("the time to end, of 30 s that the program may take").isLessThan(Duration.ofSeconds(15));
        peers.awaitOneRing();
        assertThat(podIds(peers).subList(1, 5)).as("pods that were not deleted").isEqualTo(before.subList(1, 5));
        assertThat(peers.events()).as("events").containsPattern("RingJoined .*pod/" + peers.podName(0));
    }

    /** Its container is what ends, with the program's code, and what is started again. */
    @Test
    void takesBackItsFirstPodWhoseProgramWasKilled(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        peers.killProgram(0);
        Awaitility.await("the end of the container").atMost(Duration.ofSeconds(15)).untilAsserted(
                () -> assertThat(peers.ends(0)).extracting(ContainerStateTerminated::getExitCode).contains(128 + 9));
        peers.awaitOneRing();
    }

    @Test
    void takesBackItsFirstTwoPodsAtOnce(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        peers.delete(0, 1).awaitOneRing();
    }

    /** All under new addresses, which those who came from outside have never heard of. */
    @Test
    void isOneAgainAfterAllPodsAreDeletedAtOnce(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        peers.delete(0, 1, 2, 3, 4).awaitOneRing();
    }

    @Test
    void growsToSevenAndShrinksToThree(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        scaled = peers;
        peers.scale(7).awaitOneRing();
        peers.scale(3).awaitOneRing();
    }

    @Test
    @Level.Smoke
    void saysWhoIsInIt(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        String table = peers.exec(peers.podName(3), PROGRAM, "status").orThrow().out();
        List<String> list = peers.exec(peers.podName(3), PROGRAM, "peers").orThrow().out().lines().toList();
        assertThat(table).contains("5 of 5").doesNotContain("problem");
        assertThat(Release.names(peers.pods(), pod -> true)).hasSize(5).allSatisfy(pod -> assertThat(table).contains(pod));
        assertThat(list).as("whom a program that starts now would join").hasSize(4).zipSatisfy(List.of(0, 1, 2, 4), (line, ordinal) -> assertThat(line).startsWith("-join=" + peers.podName(ordinal) + "."));
    }

    @AfterEach
    void backToFive() {
        if (scaled != null) {
            scaled.scale(5).awaitOneRing();
        }
    }

    private static List<String> podIds(PeersRelease peers) {
        return peers.pods().stream().map(pod -> pod.getMetadata().getUid()).toList();
    }
}
