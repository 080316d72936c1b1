package io.redisha.e2e.peers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.PeersRelease;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Test;

/** Without rule G1 a first pod that comes back is given nobody. What sees one ring elsewhere must see two here. */
@Architecture.Peers
@Level.Full
@Cost.Together
class GuiltyE2E {

    @Test
    void findsTheIslandThatARestartedFirstPodFounds(Scene scene) {
        PeersRelease peers = scene.peers("redis-ha", "serf.yaml", 3).install("replicas=3", "extraEnv[0].name=REDIS_HA_G1", "extraEnv[0].value=off");
        peers.awaitOneRing();
        peers.delete(0).awaitReady();
        assertThatThrownBy(() -> peers.awaitOneRing(List.of(), Duration.ofSeconds(15))).isInstanceOf(ConditionTimeoutException.class);
        String first = peers.pod(0).getStatus().getPodIP();
        Map<String, Set<String>> seen = peers.alive(peers.pods());
        assertThat(seen.remove(peers.podName(0))).as("who is alive to the first pod").containsExactly(first);
        assertThat(seen.values()).as("who is alive to the others").hasSize(2).allSatisfy(alive -> assertThat(alive).hasSize(2).doesNotContain(first));
    }
}
