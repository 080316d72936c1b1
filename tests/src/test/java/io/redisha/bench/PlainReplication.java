package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Scene;
import io.redisha.lab.Drawn;
import io.redisha.lab.Netns;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import redis.clients.jedis.Jedis;

/** A master and two replicas of the same image with the same settings, in the namespace of the scene: what there is without us. */
final class PlainReplication {

    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final Scene scene;

    PlainReplication(Scene scene) {
        this.scene = scene;
    }

    PlainReplication install() {
        scene.cluster().apply(scene.namespace(), Throughput.manifest("plain.yaml").replace("IMAGE", Drawn.redis()).replace("NAMESPACE", scene.namespace()));
        Awaitility.await("plain servers").atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).ignoreExceptions().untilAsserted(() -> {
            assertThat(Release.names(pods(), Release::ready)).hasSize(3);
            assertThat(replication()).contains("role:master").containsPattern("slave0:.*state=online").containsPattern("slave1:.*state=online");
        });
        return this;
    }

    Throughput.Server server() {
        return new Throughput.Server("plain-master." + scene.namespace() + ".svc.cluster.local", "", this::pods);
    }

    Pod master() {
        return pods().stream().filter(pod -> pod.getMetadata().getName().equals("plain-0")).findFirst().orElseThrow();
    }

    private List<Pod> pods() {
        return scene.cluster().client().pods().inNamespace(scene.namespace()).withLabel("app", "plain").list().getItems();
    }

    private String replication() {
        Pod master = master();
        return Netns.call(master.getSpec().getNodeName(), () -> {
            try (Jedis jedis = new Jedis(master.getStatus().getPodIP(), 6379, 5_000)) {
                return jedis.info("replication");
            }
        });
    }
}
