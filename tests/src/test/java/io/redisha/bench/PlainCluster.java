package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterNode;
import io.redisha.lab.Netns;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import redis.clients.jedis.Jedis;

/** A Redis Cluster of the same servers on the same nodes, made and changed by the redis-cli that comes with them. */
final class PlainCluster {

    private static final String NAMESPACE = "bench-plain";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration REBALANCE = Duration.ofMinutes(10);

    private final Scene scene;
    private final String image;

    PlainCluster(Scene scene, String image) {
        this.scene = scene;
        this.image = image;
    }

    /** Three shards with a replica each; two more servers that belong to nobody yet. */
    void install() {
        scene.cluster().namespace(NAMESPACE);
        try {
            scene.cluster().apply(NAMESPACE, Files.readString(Shell.repository().resolve("tests/bench/cluster.yaml")).replace("IMAGE", image));
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
        Awaitility.await("plain servers").atMost(PATIENCE).until(() -> pods().stream().filter(Release::ready).count() == 8);
        List<String> create = new ArrayList<>(List.of("create"));
        pods().subList(0, 6).forEach(pod -> create.add(address(pod)));
        create.addAll(List.of("--cluster-replicas", "1", "--cluster-yes"));
        redisCli(create).orThrow();
        awaitWhole(6);
    }

    void uninstall() {
        scene.cluster().deleteNamespace(NAMESPACE);
    }

    /** An empty master and its replica. */
    void addShard() {
        List<Pod> pods = pods();
        redisCli(List.of("add-node", address(pods.get(6)), address(pods.get(0)))).orThrow();
        awaitWhole(7);
        redisCli(List.of("add-node", address(pods.get(7)), address(pods.get(0)), "--cluster-slave", "--cluster-master-id", at(pods.get(6), Jedis::clusterMyId))).orThrow();
        awaitWhole(8);
    }

    /** It may give up half way. */
    Shell.Output rebalance() {
        return redisCli(List.of("rebalance", address(pods().getFirst()), "--cluster-use-empty-masters"));
    }

    String host() {
        return "plain." + NAMESPACE + ".svc.cluster.local";
    }

    List<Pod> masters(int expected) {
        List<Pod> masters = pods().stream().filter(pod -> at(pod, jedis -> !slots(jedis).isEmpty())).toList();
        assertThat(Release.names(masters, pod -> true)).hasSize(expected);
        return masters;
    }

    /** The server's own. */
    static BitSet slots(Jedis jedis) {
        return ClusterNode.all(jedis.clusterNodes()).stream().filter(ClusterNode::isMyself).findFirst().orElseThrow().slots();
    }

    <T> T at(Pod pod, Function<Jedis, T> question) {
        return Netns.call(pod.getSpec().getNodeName(), () -> {
            try (Jedis jedis = new Jedis(pod.getStatus().getPodIP(), 6379, 5_000)) {
                return question.apply(jedis);
            }
        });
    }

    private List<Pod> pods() {
        return IntStream.range(0, 8).mapToObj(n -> scene.cluster().client().pods().inNamespace(NAMESPACE).withName("plain-" + n).get()).filter(pod -> pod != null).toList();
    }

    private static String address(Pod pod) {
        return pod.getStatus().getPodIP() + ":6379";
    }

    /** The image's own, in a pod. */
    private Shell.Output redisCli(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(scene.lab().tool("kubectl"), "-n", NAMESPACE, "exec", "plain-0", "--",
                "sh", "-c", "exec $(command -v valkey-cli || command -v redis-cli) --cluster \"$@\"", "cli"));
        command.addAll(arguments);
        return scene.lab().shell().run(REBALANCE, command);
    }

    private void awaitWhole(int nodes) {
        Awaitility.await(nodes + " members of the plain cluster").atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).ignoreExceptions().untilAsserted(() -> {
            for (Pod pod : pods().subList(0, nodes)) {
                List<ClusterNode> known = at(pod, jedis -> ClusterNode.all(jedis.clusterNodes()));
                assertThat(known).hasSize(nodes).allMatch(ClusterNode::isSound);
                String info = at(pod, Jedis::info);
                assertThat(info).doesNotContain("master_link_status:down");
            }
        });
    }
}
