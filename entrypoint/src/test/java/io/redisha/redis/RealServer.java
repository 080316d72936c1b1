package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.Pulse;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;

/**
 * A server of the wanted engine with our configuration, the agent's view of it, and a loop that only remembers. Its process is not ours,
 * so that a kill is counted, and carried out by what the test gives.
 */
final class RealServer implements Child, AutoCloseable {

    /** As a client has it. */
    static final String TEXT = "pass \"word\" \\ #1 \u00e9";
    /** As it is read from its file: a character a byte. */
    static final String PASSWORD = new String(TEXT.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);

    final String name;
    final GenericContainer<?> container;
    final ExecutorService loop = Executors.newSingleThreadExecutor();
    final AtomicInteger kills = new AtomicInteger();
    final RedisServer server;
    volatile ServerView seen = ServerView.DEAD;
    volatile Runnable killer = () -> {};
    private final long since = System.nanoTime();

    RealServer(String image, Network network, String name, String... user) {
        this.name = name;
        String conf = new RedisConf(List.of(user), 6379, name, PASSWORD, false, "/data", new RedisConf.Replication(3, 3)).render();
        container = new GenericContainer<>(image).withNetwork(network).withNetworkAliases(name).withExposedPorts(6379)
                .withCopyToContainer(Transferable.of(conf, 0444), "/redis-ha.conf")
                .withCommand((image.startsWith("valkey") ? "valkey" : "redis") + "-server", "/redis-ha.conf")
                .waitingFor(Wait.forLogMessage(".*Ready to accept connections.*", 1).withStartupTimeout(Duration.ofSeconds(20)));
        container.start();
        server = new RedisServer(outside(), PASSWORD, 3, Timings.defaults(), this, loop, view -> seen = view);
        server.start();
    }

    /** Where the test reaches it. */
    Address outside() {
        return new Address(container.getHost(), container.getMappedPort(6379));
    }

    /** Where its siblings reach it. */
    Address inside() {
        return new Address(name, 6379);
    }

    Jedis client() {
        return new Jedis(container.getHost(), container.getMappedPort(6379), DefaultJedisClientConfig.builder().password(TEXT).build());
    }

    /** Back to how it booted: follows nobody, holds nothing. */
    void reset() {
        await(view -> view.answering());
        killer = () -> {};
        fence();
        promote();
        try (Jedis client = client()) {
            client.configSet("min-replicas-to-write", "0");
            client.configSet("key-load-delay", "0");
            client.flushAll();
            client.configSet("min-replicas-to-write", "1");
        }
        fence();
        kills.set(0);
    }

    /** Null: it did not answer. */
    Boolean promote() {
        return answer(server::promote);
    }

    boolean detach() {
        return answer(server::detach);
    }

    void fence() {
        answer(then -> server.fence(true, () -> then.accept(true)));
    }

    ServerInfo fresh() {
        return answer(server::fresh);
    }

    <T> T answer(Consumer<Consumer<T>> question) {
        CompletableFuture<T> answer = new CompletableFuture<>();
        question.accept(answer::complete);
        return answer.orTimeout(5, TimeUnit.SECONDS).join();
    }

    ServerInfo await(Predicate<ServerView> what) {
        Awaitility.await().pollInterval(Duration.ofMillis(5)).atMost(Duration.ofSeconds(15)).until(() -> what.test(seen));
        return seen.info();
    }

    void awaitLinkTo(RealServer master) {
        await(view -> view.answering() && view.info().follows(master.inside()) && view.info().linkUp());
    }

    @Override
    public boolean running() {
        return true;
    }

    @Override
    public long since() {
        return since;
    }

    @Override
    public Pulse pulse() {
        return null;
    }

    @Override
    public void kill() {
        kills.incrementAndGet();
        killer.run();
    }

    @Override
    public void close() {
        server.close();
        loop.shutdown();
        container.stop();
    }
}
