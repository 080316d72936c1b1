package io.redisha.e2e.peers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Netns;
import io.redisha.lab.PeersRelease;
import java.io.InputStream;
import java.net.URI;
import org.junit.jupiter.api.Test;

/** Where the image's own program is process 1, and our part is to write down for it whom to join. */
@Architecture.Peers
@Level.Full
@Cost.Together
class InitE2E {

    /** Its program serves the directory that it was given, so that it can be asked what it saw. */
    @Test
    @Level.Smoke
    void worksInAnImageInWhichNothingOfOursRuns(Scene scene) {
        PeersRelease peers = scene.peers("redis-ha", "serf-init.yaml", 2)
                .install("replicas=2", "peers.image.repository=lab/busybox", "peers.image.tag=1.35", "peers.command[2]=exec httpd -f -p 7946 -h /peers").awaitReady();
        Pod last = peers.pod(1);
        String args = Netns.call(last.getSpec().getNodeName(), () -> {
            try (InputStream in = URI.create("http://" + last.getStatus().getPodIP() + ":7946/args").toURL().openStream()) {
                return new String(in.readAllBytes(), UTF_8);
            }
        });
        assertThat(args.lines()).containsExactly("-node=" + peers.podName(1) + "." + last.getStatus().getPodIP(), "-bind=0.0.0.0:7946", join(peers, 0));
    }

    @Test
    void givesTheArgumentsInAFileAndTakesBackItsFirstPod(Scene scene) {
        PeersRelease peers = scene.peers("redis-ha", "serf-init.yaml", 3).install();
        peers.awaitOneRing();
        assertThat(peers.exec(peers.podName(0), "cat", "/proc/1/comm").orThrow().out().strip()).isEqualTo("serf");
        assertThat(peers.exec(peers.podName(2), "cat", "/peers/env").orThrow().out()).contains(join(peers, 0)).contains(join(peers, 1)).contains(peers.podName(2));
        peers.delete(0);
        peers.awaitOneRing();
        assertThat(peers.exec(peers.podName(0), "cat", "/peers/args").orThrow().out().lines()).contains(join(peers, 1), join(peers, 2));
    }

    private static String join(PeersRelease peers, int ordinal) {
        return "-join=" + peers.pod(ordinal).getStatus().getPodIP() + ":7946";
    }
}
