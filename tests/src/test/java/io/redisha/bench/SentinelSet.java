package io.redisha.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Trial;
import io.redisha.lab.Cluster;
import io.redisha.lab.Lab;
import io.redisha.lab.Netns;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** Redis with plain Sentinels on the same cluster, under the same load, from the same node. */
final class SentinelSet {

    private static final int FLOOR = 500;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Lab lab;
    private final Cluster cluster;
    private final String namespace;
    private final Duration downAfter;

    SentinelSet(Lab lab, Cluster cluster, Duration downAfter) {
        this.lab = lab;
        this.cluster = cluster;
        this.downAfter = downAfter;
        this.namespace = "bench-sentinel-" + downAfter.toSeconds();
    }

    void install() {
        cluster.namespace(namespace);
        try {
            cluster.apply(namespace, Files.readString(Shell.repository().resolve("tests/bench/sentinel.yaml"))
                    .replace("DOWN_AFTER", Long.toString(downAfter.toMillis())));
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
        awaitWhole();
    }

    void uninstall() {
        cluster.deleteNamespace(namespace);
    }

    record Outcome(Duration writeStop, Duration replicatedWriteStop, Duration sum, long lost, long floor, boolean whole) {

        /** What a user would say about it; empty if all is well. */
        String remark() {
            String data = floor < FLOOR ? "all data lost" : lost > 0 ? lost + " acknowledged writes lost" : "";
            return whole ? data : (data + " not whole again after " + PATIENCE.toSeconds() + " s").strip();
        }
    }

    Outcome during(Path directory, Consumer<Pod> fault) {
        cluster.settle();
        awaitWhole();
        Pod master = master();
        onMaster(jedis -> {
            for (int n = 0; n < FLOOR; n++) {
                jedis.set("floor:" + n, "x");
            }
            return jedis.waitReplicas(2, 5_000);
        });
        String sentinels = pods("sentinel").stream().map(pod -> pod.getStatus().getPodIP() + ":26379").collect(Collectors.joining(","));
        try (Load load = Load.start(lab, lab.otherThan(master.getSpec().getNodeName()), directory, "", "--sentinels", sentinels)) {
            fault.accept(master);
            Trial.hold(downAfter.plusSeconds(6));
            lab.heal();
            boolean whole = becomesWhole();
            Trial.hold(Duration.ofSeconds(2));
            History history = load.stop();
            Checker.Report report = Checker.check(history, onMaster(load::kept));
            long floor = onMaster(jedis -> jedis.keys("floor:*").size());
            return new Outcome(history.writeStop().longest(), history.replicatedWriteStop().longest(), history.writeStop().sum(), report.lost().size(), floor, whole);
        }
    }

    static void killServer(Pod pod) {
        Processes.server(pod.getMetadata().getUid()).orElseThrow().signal("KILL");
    }

    void delete(Pod pod) {
        cluster.delete(List.of(pod)).orThrow();
    }

    void cutPower(Pod pod) {
        lab.powerCut(pod.getSpec().getNodeName());
    }

    void roll() {
        cluster.kubectl("-n", namespace, "rollout", "restart", "statefulset/redis").orThrow();
        cluster.kubectl("-n", namespace, "rollout", "status", "statefulset/redis", "--timeout=80s").orThrow();
    }

    /**
     * From the start again: a container that was killed five times would wait minutes for its sixth start, and a Sentinel
     * that has just failed over waits before it does so again.
     */
    void refresh() {
        scale(0);
        Awaitility.await("no pods").atMost(PATIENCE).until(() -> pods("redis").isEmpty() && pods("sentinel").isEmpty());
        // The cluster's DNS remembers addresses for 5 s; a Sentinel given an old one takes the master for dead.
        Trial.hold(Duration.ofSeconds(6));
        scale(3);
        awaitWhole();
    }

    private void scale(int replicas) {
        cluster.kubectl("-n", namespace, "scale", "statefulset", "redis", "sentinel", "--replicas=" + replicas).orThrow();
    }

    private List<Pod> pods(String app) {
        return cluster.client().pods().inNamespace(namespace).withLabel("app", app).list().getItems();
    }

    private void awaitWhole() {
        Awaitility.await("Sentinels and replicas").atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).ignoreExceptions().untilAsserted(() -> {
            assertThat(Release.names(pods("sentinel"), Release::ready)).hasSize(3);
            assertThat(Release.names(pods("redis"), Release::ready)).hasSize(3);
            assertThat(pods("sentinel").stream().map(SentinelSet::masterNameAt).distinct()).hasSize(1);
            assertThat(this.<String>onMaster(jedis -> jedis.info("replication"))).contains("role:master").contains("connected_slaves:2");
        });
    }

    private boolean becomesWhole() {
        try {
            awaitWhole();
            return true;
        } catch (ConditionTimeoutException stuck) {
            return false;
        }
    }

    private String masterName() {
        return masterNameAt(pods("sentinel").getFirst());
    }

    private static String masterNameAt(Pod sentinel) {
        return at(sentinel, 26379, jedis -> {
            Object answer = jedis.sendCommand(redis.clients.jedis.Protocol.Command.SENTINEL, "GET-MASTER-ADDR-BY-NAME", "mymaster");
            byte[] host = (byte[]) ((List<?>) answer).getFirst();
            return new String(host, java.nio.charset.StandardCharsets.UTF_8).split("\\.")[0];
        });
    }

    private Pod master() {
        String name = masterName();
        return pods("redis").stream().filter(pod -> pod.getMetadata().getName().equals(name)).findFirst().orElseThrow();
    }

    private <T> T onMaster(Function<Jedis, T> question) {
        return at(master(), 6379, question);
    }

    private static <T> T at(Pod pod, int port, Function<Jedis, T> question) {
        Callable<T> asked = () -> {
            try (Jedis jedis = new Jedis(pod.getStatus().getPodIP(), port, 2_000)) {
                return question.apply(jedis);
            } catch (JedisException down) {
                throw new IllegalStateException(pod.getMetadata().getName(), down);
            }
        };
        return Netns.call(pod.getSpec().getNodeName(), asked);
    }
}
