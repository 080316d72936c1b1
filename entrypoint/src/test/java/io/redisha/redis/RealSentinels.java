package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import io.redisha.redis.SentinelConf.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.images.builder.Transferable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Three servers and three sentinels of one engine with our configuration, all in one container: each has a name and an address of its own
 * there, which the container's hosts file tells, and a port of its own, at which the test reaches it.
 */
final class RealSentinels implements AutoCloseable {

    static final int COUNT = 3;
    static final String PASSWORD = RealServer.PASSWORD;
    static final String MASTER = "mymaster";
    static final Duration DOWN_AFTER = Duration.ofSeconds(3);

    final GenericContainer<?> container;
    final ExecutorService loop = Executors.newSingleThreadExecutor();
    final SentinelClient client;
    /** Why orders were not carried out. */
    final List<String> failed = new CopyOnWriteArrayList<>();
    private final Map<String, SentinelView> seen = new ConcurrentHashMap<>();
    private final Map<String, String> hosts = new LinkedHashMap<>();
    private final String engine;
    private final String ip;

    RealSentinels(String image) {
        engine = image.startsWith("valkey") ? "valkey" : "redis";
        container = new GenericContainer<>(image).withCommand("sleep", "infinity");
        container.start();
        ip = container.getContainerInfo().getNetworkSettings().getNetworks().values().iterator().next().getIpAddress();
        for (int i = 0; i < COUNT; i++) {
            hosts.put(server(i).host(), "127.0.1." + (i + 1));
            hosts.put(sentinel(i).host(), "127.0.2." + (i + 1));
        }
        // A name that is not in the file is unknown, and at once: no resolver is asked, which may answer after seconds.
        sh("echo 'hosts: files' >/etc/nsswitch.conf");
        writeHosts();
        client = new SentinelClient(MASTER, 0, PASSWORD, PASSWORD, this::outside, loop, views -> views.forEach(view -> seen.put(view.pod(), view)));
    }

    /** As the sentinels and the servers know each other. */
    static Address server(int number) {
        return new Address("x-" + number + ".x-headless.example", 7000 + number);
    }

    static Address sentinel(int number) {
        return new Address("x-sentinel-" + number + ".x-sentinel-headless.example", 7100 + number);
    }

    static String pod(int number) {
        return "x-sentinel-" + number;
    }

    static String id(int number) {
        return SentinelConf.id("example/x", pod(number));
    }

    String ipOf(Address name) {
        return hosts.get(name.host());
    }

    /** Where the test finds it. */
    Address outside(Address name) {
        return new Address(ip, name.port());
    }

    /** From the next start on; null: the name is not known any more. */
    void move(Address name, String to) {
        if (to == null) {
            hosts.remove(name.host());
        } else {
            hosts.put(name.host(), to);
        }
        writeHosts();
    }

    private void writeHosts() {
        StringBuilder text = new StringBuilder("127.0.0.1 localhost\n");
        hosts.forEach((name, address) -> text.append(address).append(' ').append(name).append('\n'));
        container.copyFileToContainer(Transferable.of(text.toString(), 0444), "/hosts");
        sh("cat /hosts >/etc/hosts");
    }

    void startServer(int number, String... user) {
        Address address = server(number);
        String conf = new RedisConf(List.of(user), address.port(), ip, PASSWORD, false, "/data",
                new RedisConf.Sentinel(address.host(), COUNT, 3)).render();
        start("x-" + number, conf, "--bind " + ipOf(address) + " " + ip);
        await(() -> ask(address, "INFO") != null);
    }

    void startSentinel(int number, Memory memory) {
        startSentinel(number, memory, IntStream.range(0, COUNT).mapToObj(RealSentinels::server).toList());
    }

    void startSentinel(int number, Memory memory, List<Address> servers) {
        Map<String, Address> sentinels = new LinkedHashMap<>();
        IntStream.range(0, COUNT).forEach(i -> sentinels.put(id(i), sentinel(i)));
        Address address = sentinel(number);
        String conf = new SentinelConf(id(number), address.host(), address.port(), "/data", MASTER, PASSWORD, true, 2, DOWN_AFTER,
                Duration.ofSeconds(10), sentinels, servers, memory).render();
        start(pod(number), conf, "--sentinel --bind " + ipOf(address) + " " + ip);
        await(() -> ask(address, "INFO") != null);
        ask(address, SentinelPace.CALM);
    }

    private void start(String name, String conf, String options) {
        container.copyFileToContainer(Transferable.of(conf, 0644), "/" + name + ".conf");
        sh("(" + engine + "-server /" + name + ".conf " + options + " >>/" + name + ".log 2>&1 & echo $! >/" + name + ".pid)");
    }

    /** @return when it was done, monotonic ns, a millisecond or so late */
    long kill(String name) {
        sh("kill -9 $(cat /" + name + ".pid)");
        return System.nanoTime();
    }

    void answered(String why) {
        if (why != null) {
            failed.add(why);
        }
    }

    void watch() {
        Map<String, Address> addresses = new HashMap<>();
        IntStream.range(0, COUNT).forEach(i -> addresses.put(pod(i), outside(sentinel(i))));
        client.watch(addresses);
    }

    SentinelView view(int number) {
        return seen.getOrDefault(pod(number), SentinelView.silent(pod(number), 0));
    }

    boolean knows(int number, int replicas, int sentinels) {
        SentinelView view = view(number);
        return view.answering() && up(view.replicas().stream()) == replicas && up(view.sentinels().stream()) == sentinels;
    }

    private static long up(Stream<Known> known) {
        return known.filter(one -> !one.isDown()).count();
    }

    /** With one epoch. */
    boolean majorityNames(Address master) {
        return views().filter(view -> master.equals(view.master())).map(SentinelView::epoch).distinct()
                .anyMatch(epoch -> views().filter(view -> master.equals(view.master()) && view.epoch() == epoch).count() > COUNT / 2);
    }

    Stream<SentinelView> views() {
        return seen.values().stream().filter(SentinelView::answering);
    }

    /** Null if it does not answer. */
    Object ask(Address of, String... command) {
        try (Link link = new Link(outside(of), PASSWORD)) {
            return link.call(System.nanoTime() + 1_000_000_000L, command);
        } catch (JedisConnectionException e) {
            return null;
        }
    }

    Jedis jedis(Address of) {
        Address address = outside(of);
        return new Jedis(new HostAndPort(address.host(), address.port()),
                DefaultJedisClientConfig.builder().resp2().autoNegotiateProtocol(false).password(RealServer.TEXT).build());
    }

    String info(Address of, String field) {
        String info = Link.text(ask(of, "INFO"));
        return info.lines().filter(line -> line.startsWith(field + ":")).map(line -> line.substring(field.length() + 1)).findFirst().orElse("");
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
        Awaitility.await().pollInterval(Duration.ofMillis(2)).ignoreExceptions().atMost(Duration.ofSeconds(30)).until(what);
    }

    @Override
    public void close() {
        client.close();
        loop.shutdown();
        container.stop();
    }
}
