package io.redisha.e2e.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.PeersRelease;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What becomes of a ring when its pods can't reach each other, or are lost with their node. */
@Architecture.Peers
@Level.Full
@Cost.Alone
class PartitionE2E {

    @Test
    void isOneOnTheOtherNodesDuringAPowerCutAndOnAllAfterIt(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        String lost = peers.pod(0).getSpec().getNodeName();
        Map<String, Integer> before = restarts(peers, lost);
        peers.lab().powerCut(lost);
        peers.awaitOneRing(List.of(lost), PeersRelease.ONE_RING);
        peers.lab().powerOn(lost);
        // dead, they still count as ready with an API server that has not missed them yet
        Awaitility.await("pods of " + lost + " restarted").atMost(Duration.ofSeconds(90)).pollInterval(Duration.ofMillis(500)).untilAsserted(
                () -> assertThat(restarts(peers, lost)).allSatisfy((pod, restarts) -> assertThat(restarts).as(pod).isGreaterThan(before.getOrDefault(pod, -1))));
        peers.awaitOneRing();
    }

    /** Long enough for both sides to take each other for dead. */
    @Test
    void isOneAgainWhenAPartitionIsMended(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        String alone = peers.pod(0).getSpec().getNodeName();
        cutOff(peers, alone);
        peers.awaitOneRing(List.of(alone), PeersRelease.ONE_RING);
        joinAgain(peers, alone);
        peers.awaitOneRing();
    }

    /** What is started where nobody can be reached founds a ring, sooner or later. Nothing but our own agents knows of both then. */
    @Test
    void isOneAgainAlthoughAPodWasStartedAlone(@Shared(Shared.Kind.PEERS) PeersRelease peers) {
        peers.leftByOthers();
        String alone = loneliest(peers);
        Pod lonely = peers.pods().stream().filter(pod -> alone.equals(pod.getSpec().getNodeName())).findFirst().orElseThrow();
        String name = lonely.getMetadata().getName();
        try {
            others(peers, alone).forEach(other -> peers.release().cluster().kubectl("cordon", other).orThrow());
            cutOff(peers, alone);
            peers.release().delete(lonely).orThrow();
            Awaitility.await("an island").atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofSeconds(1)).ignoreExceptions().untilAsserted(() -> {
                Pod anew = peers.release().pod(name);
                assertThat(anew.getMetadata().getUid()).isNotEqualTo(lonely.getMetadata().getUid());
                assertThat(peers.alive(List.of(anew)).get(name)).containsExactly(anew.getStatus().getPodIP());
            });
        } finally {
            others(peers, alone).forEach(other -> peers.release().cluster().kubectl("uncordon", other).orThrow());
        }
        joinAgain(peers, alone);
        peers.awaitOneRing();
    }

    private static Map<String, Integer> restarts(PeersRelease peers, String node) {
        return peers.pods().stream().filter(pod -> node.equals(pod.getSpec().getNodeName()))
                .collect(Collectors.toMap(pod -> pod.getMetadata().getUid(), pod -> pod.getStatus().getContainerStatuses().getFirst().getRestartCount()));
    }

    private static String loneliest(PeersRelease peers) {
        return peers.pods().stream().collect(Collectors.groupingBy(pod -> pod.getSpec().getNodeName(), Collectors.counting()))
                .entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey();
    }

    private static void cutOff(PeersRelease peers, String node) {
        others(peers, node).forEach(other -> peers.lab().cut(node, other));
    }

    private static void joinAgain(PeersRelease peers, String node) {
        others(peers, node).forEach(other -> peers.lab().join(node, other));
    }

    private static List<String> others(PeersRelease peers, String node) {
        return peers.lab().nodes().stream().filter(other -> !other.equals(node)).toList();
    }
}
