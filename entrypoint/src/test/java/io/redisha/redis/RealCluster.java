package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Topology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.JedisClientConfig;

/** Servers of one engine with our configuration, all in one container: so each is reached at one address by the test and by the others. */
final class RealCluster implements AutoCloseable {

    static final String PASSWORD = RealServer.PASSWORD;
    static final Duration NODE_TIMEOUT = Duration.ofSeconds(2);

    final GenericContainer<?> container;
    final NodeClient nodes = new NodeClient(PASSWORD, NODE_TIMEOUT);
    private final String engine;
    private final String ip;

    RealCluster(String image) {
        engine = image.startsWith("valkey") ? "valkey" : "redis";
        container = new GenericContainer<>(image).withCommand("sleep", "infinity");
        container.start();
        ip = container.getContainerInfo().getNetworkSettings().getNetworks().values().iterator().next().getIpAddress();
    }

    Address address(int number) {
        return new Address(ip, 7000 + number);
    }

    int bus(int number) {
        return 17000 + number;
    }

    private String directory(int number) {
        return "/data/pod-" + number;
    }

    /** As a pod would: with its own directory, and whatever is left in it. */
    void start(int number) {
        String conf = new RedisConf(List.of(), 7000 + number, ip, PASSWORD, false, directory(number),
                new RedisConf.ClusterNode(bus(number), 7000 + number, "pod-" + number + ".example", false, NODE_TIMEOUT, true)).render();
        container.copyFileToContainer(Transferable.of(conf, 0444), "/pod-" + number + ".conf");
        sh("mkdir -p " + directory(number) + " && cd " + directory(number) + " && (" + engine + "-server /pod-" + number + ".conf >>/pod-" + number
                + ".log 2>&1 & echo $! >/pod-" + number + ".pid)");
        await(() -> nodes.topology(address(number)).myself() != null);
    }

    void kill(int number) {
        sh("kill -9 $(cat /pod-" + number + ".pid)");
    }

    String nodesConf(int number) {
        return sh("cat " + directory(number) + "/nodes.conf");
    }

    void nodesConf(int number, String text) {
        container.copyFileToContainer(Transferable.of(text), directory(number) + "/nodes.conf");
    }

    Topology topology(int number) {
        try {
            return nodes.topology(address(number));
        } catch (io.redisha.loop.cluster.Nodes.Failed e) {
            return Topology.NONE;
        }
    }

    ClusterNode self(int number) {
        return topology(number).myself();
    }

    Node node(int number) {
        return new Node(self(number).id(), "pod-" + number, address(number));
    }

    Jedis client(int number) {
        return new Jedis(new HostAndPort(ip, 7000 + number), config());
    }

    JedisCluster clusterClient() {
        ConnectionPoolConfig pool = new ConnectionPoolConfig();
        pool.setTimeBetweenEvictionRuns(Duration.ofMillis(-1));   // it would print the end of each server that a test kills
        return new JedisCluster(Set.of(new HostAndPort(ip, 7001)), config(), 20, Duration.ofSeconds(20), pool);
    }

    private static JedisClientConfig config() {
        return DefaultJedisClientConfig.builder().resp2().autoNegotiateProtocol(false).password(RealServer.TEXT).socketTimeoutMillis(10_000).build();
    }

    String sh(String script) {
        try {
            ExecResult result = container.execInContainer(StandardCharsets.UTF_8, "sh", "-c", script);
            if (result.getExitCode() != 0) {
                throw new IllegalStateException(script + ": " + result.getStdout() + result.getStderr());
            }
            return result.getStdout();
        } catch (IOException e) {
            throw new IllegalStateException(script, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(script, e);
        }
    }

    static void await(Callable<Boolean> what) {
        Awaitility.await().pollInterval(Duration.ofMillis(10)).ignoreExceptions().atMost(Duration.ofSeconds(30)).until(what);
    }

    @Override
    public void close() {
        nodes.close();
        container.stop();
    }
}
