package io.redisha.e2e.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.PeersRelease;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Peers
@Level.Full
@Cost.Together
class WrongValuesE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What is given beside serf.yaml, and what the refusal must name. */
    private static final Map<List<String>, String> WRONG = Map.of(
            List.of("peers.args[2]=-tag=a=b"), "{peer}",
            List.of("peers.args[3]=-tag=zone={zone}"), "{zone}",
            List.of("peers.argPerPeer=-join={name}"), "{name}",
            List.of("peers.port=99999"), "/peers/port",
            List.of("peers.minPeers=5"), "peers.minPeers",
            List.of("peers.check=ping"), "peers.check",
            List.of("sentinel.masterName=mine"), "sentinel",
            List.of("cluster.shards=4"), "cluster",
            List.of("failover.leaseDuration=3s"), "failover");

    @Test
    @Level.Smoke
    void areRefusedByHelmWithTheReason(Scene scene) {
        Release release = scene.peers("redis-ha", "serf.yaml", 5).release();
        SoftAssertions.assertSoftly(softly -> WRONG.forEach((set, reason) -> {
            Shell.Output output = release.installWithoutWaiting(set.toArray(String[]::new));
            softly.assertThat(output.exit()).as("exit with " + set).isNotZero();
            softly.assertThat(output.err()).as(set.toString()).contains(reason);
        }));
        String none = scene.release("redis-ha").installWithoutWaiting("architecture=peers", "peers.image.repository=lab/serf", "peers.command[0]=serf", "peers.args[0]=-join={peer}").err();
        assertThat(none).as("without a port").contains("peers.ports: given none");
        assertThat(release.pods("peer")).isEmpty();
    }

    @Test
    void showTheProgramsOwnWordsAndCodeInAnEvent(Scene scene) {
        PeersRelease peers = scene.peers("redis-ha", "serf.yaml", 5);
        peers.release().installWithoutWaiting("peers.command[0]=sh", "peers.command[1]=-c", "peers.command[2]=echo there is no such ring >&2; exit 42").orThrow();
        Awaitility.await("the exit").atMost(PATIENCE).untilAsserted(() -> {
            assertThat(peers.events()).as("events").containsPattern("42.*there is no such ring");
            assertThat(peers.log(peers.podName(0))).as("log").contains("there is no such ring");
            assertThat(peers.ends(0)).as("ends of the container").isNotEmpty().allSatisfy(end -> {
                assertThat(end.getExitCode()).isEqualTo(42);
                assertThat(end.getMessage()).contains("there is no such ring");
            });
        });
    }

    @Test
    void nameTheWayForAnImageInWhichNothingOfOursRuns(Scene scene) {
        PeersRelease peers = scene.peers("redis-ha", "serf.yaml", 5);
        peers.release().installWithoutWaiting("peers.image.repository=lab/busybox", "peers.image.tag=1.35").orThrow();
        Awaitility.await("word about the image").atMost(PATIENCE).untilAsserted(
                () -> assertThat(peers.log(peers.podName(0))).contains("glibc").contains("peers.mode=init"));
    }
}
