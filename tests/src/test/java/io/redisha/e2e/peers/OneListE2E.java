package io.redisha.e2e.peers;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Netns;
import io.redisha.lab.PeersRelease;
import io.redisha.lab.Release;
import java.io.InputStream;
import java.net.URI;
import java.net.URLConnection;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** NATS servers: another kind of program, which takes its peers as one argument and says by HTTP how it is. */
@Architecture.Peers
@Level.Full
@Cost.Together
class OneListE2E {

    @Test
    void isGivenAllPeersInOneArgument(Scene scene) {
        PeersRelease peers = scene.peers("redis-ha", "nats.yaml", 3);
        Release release = peers.release();
        assertThat(release.tryInstall().orThrow().text()).as("notes").contains("nats://" + release.fullname() + "-bootstrap." + release.namespace() + ":6222");
        awaitOneCluster(peers);
        assertThat(routes(peers, 0)).as("what the first pod was given at first").isEmpty();
        assertThat(routes(peers, 1)).containsExactly(route(peers, 0));
        assertThat(routes(peers, 2)).containsExactly(route(peers, 0), route(peers, 1));

        peers.delete(0).awaitReady();
        awaitOneCluster(peers);
        assertThat(routes(peers, 0)).as("what the first pod was given after it had been deleted").containsExactly(route(peers, 1), route(peers, 2));

        scene.cluster().helm("uninstall", release.name(), "-n", scene.namespace(), "--wait").orThrow();
        Awaitility.await("the rest of the release").atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofSeconds(1)).untilAsserted(() -> assertThat(scene.left()).isEmpty());
    }

    private static void awaitOneCluster(PeersRelease peers) {
        Awaitility.await("one cluster").atMost(PeersRelease.ONE_RING).pollInterval(Duration.ofMillis(500)).untilAsserted(() -> {
            List<JsonNode> answers = peers.pods().stream().map(pod -> ask(pod, "/routez")).toList();
            Set<String> all = answers.stream().map(answer -> answer.path("server_id").asText()).collect(Collectors.toSet());
            assertThat(all).as("servers").hasSize(3);
            assertThat(answers).as("what they see of each other").allSatisfy(answer -> assertThat(seen(answer)).isEqualTo(all));
        });
    }

    private static Set<String> seen(JsonNode answer) {
        Set<String> seen = StreamSupport.stream(answer.path("routes").spliterator(), false).map(route -> route.path("remote_id").asText()).collect(Collectors.toSet());
        seen.add(answer.path("server_id").asText());
        return seen;
    }

    /** As the server read them from its command line. */
    private static List<String> routes(PeersRelease peers, int ordinal) {
        return StreamSupport.stream(ask(peers.pod(ordinal), "/varz").path("cluster").path("urls").spliterator(), false).map(JsonNode::asText).toList();
    }

    private static String route(PeersRelease peers, int ordinal) {
        Release release = peers.release();
        return peers.podName(ordinal) + "." + release.fullname() + "-headless." + release.namespace() + ".svc.cluster.local:6222";
    }

    private static JsonNode ask(Pod pod, String page) {
        return Netns.call(pod.getSpec().getNodeName(), () -> {
            URLConnection connection = URI.create("http://" + pod.getStatus().getPodIP() + ":8222" + page).toURL().openConnection();
            connection.setConnectTimeout(2_000);
            connection.setReadTimeout(2_000);
            try (InputStream in = connection.getInputStream()) {
                return new ObjectMapper().readTree(new String(in.readAllBytes(), UTF_8));
            }
        });
    }
}
