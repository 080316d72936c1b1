package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterNode;
import io.redisha.lab.Netns;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;

/** The same load and checker must find fault with a plain cluster: else their silence about ours proves nothing. */
@Architecture.Cluster
@Level.Full
@Cost.Together
class GuiltyE2E {

    @Test
    void findsThatAMasterCameBackEmptyAndItsReplicaCopiedTheEmptiness(Scene scene) throws Exception {
        try (InputStream manifest = GuiltyE2E.class.getResourceAsStream("/plain-cluster.yaml")) {
            scene.cluster().apply(scene.namespace(), new String(manifest.readAllBytes(), StandardCharsets.UTF_8));
        }
        Awaitility.await("plain pods").atMost(Duration.ofSeconds(60)).until(() -> pods(scene).stream().filter(Release::ready).count() == 6);
        create(scene);
        Pod first = pods(scene).getFirst();
        try (Load load = Load.onShards(scene.lab(), "node1", scene.directory(), "plain." + scene.namespace() + ".svc.cluster.local")) {
            awaitWrites(load, first);
            Processes.server(first.getMetadata().getUid()).orElseThrow().signal("KILL");
            Awaitility.await("restart").atMost(Duration.ofSeconds(30)).until(() -> Release.restarts(pods(scene).getFirst()) == 1 && Release.ready(pods(scene).getFirst()));
            awaitWrites(load, first);
            History history = load.stop();
            Map<String, List<Long>> kept = new TreeMap<>();
            pods(scene).subList(0, 3).forEach(pod -> kept.putAll(at(pod, load::keptLists)));
            Checker.Report report = Checker.checkShards(history, kept);
            System.out.println(report + "; " + history.writeStops() + "; " + history.errors());
            assertThat(report.lost()).isNotEmpty();
            assertThat(report.lostReplicated()).isNotEmpty();
            assertThat(report.duplicates()).isEmpty();
            assertThat(history.writeStop().longest()).isPositive();
            assertThat(history.writeStops().values()).as("who wrote to the other shards").anyMatch(stop -> stop.longest().multipliedBy(3).compareTo(history.writeStop().longest()) < 0);
        }
    }

    private static void awaitWrites(Load load, Pod pod) {
        Awaitility.await("writes to " + pod.getMetadata().getName()).atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> at(pod, load::keptLists).values().stream().anyMatch(list -> list.size() > 3));
    }

    private static void create(Scene scene) {
        List<String> command = new ArrayList<>(List.of("-n", scene.namespace(), "exec", "plain-0", "--", "redis-cli", "--cluster", "create"));
        pods(scene).forEach(pod -> command.add(pod.getStatus().getPodIP() + ":6379"));
        command.addAll(List.of("--cluster-replicas", "1", "--cluster-yes"));
        scene.cluster().kubectl(command.toArray(String[]::new)).orThrow();
        Awaitility.await("replicas in sync").atMost(Duration.ofSeconds(30))
                .until(() -> pods(scene).stream().filter(pod -> at(pod, Jedis::info).contains("master_link_status:up")).count() == 3);
        List<ClusterNode> nodes = at(pods(scene).getFirst(), jedis -> ClusterNode.all(jedis.clusterNodes()));
        assertThat(nodes).hasSize(6).allMatch(ClusterNode::isSound);
    }

    private static <T> T at(Pod pod, Function<Jedis, T> question) {
        return Netns.call(pod.getSpec().getNodeName(), () -> {
            try (Jedis jedis = new Jedis(new HostAndPort(pod.getStatus().getPodIP(), 6379))) {
                return question.apply(jedis);
            }
        });
    }

    private static List<Pod> pods(Scene scene) {
        return scene.cluster().client().pods().inNamespace(scene.namespace()).withLabel("app", "plain").list().getItems();
    }
}
