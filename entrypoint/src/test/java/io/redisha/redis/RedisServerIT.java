package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.model.Address;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.containers.Network;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisPubSub;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** What the loop rests on, with each engine: two servers, booted as in a pod, and shared by the tests. */
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"redis:7.0", "redis:8.0", "valkey/valkey:8.1", "valkey/valkey:9.1"})
@Timeout(60)
class RedisServerIT {

    private static final long MS = 1_000_000L;

    private static Network network;
    private static RealServer a;
    private static RealServer b;

    @BeforeParameterizedClassInvocation
    static void start(String image) {
        network = Network.newNetwork();
        a = new RealServer(image, network, "a");
        b = new RealServer(image, network, "b");
        bootedReadOnly();
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        a.close();
        b.close();
        network.close();
    }

    RedisServerIT(String image) {
        assertThat(image).isEqualTo(a.container.getDockerImageName());
    }

    @BeforeEach
    void reset() {
        a.reset();
        b.reset();
    }

    /** Before anything was done to them. */
    private static void bootedReadOnly() {
        for (RealServer one : List.of(a, b)) {
            ServerInfo info = one.await(view -> view.answering());
            assertThat(info.role()).isEqualTo(Role.REPLICA);
            assertThat(info.follows(Address.DEAD)).isTrue();
            assertThat(info.empty()).isTrue();
            assertThat(info.minReplicas()).isEqualTo(1);
            try (Jedis client = one.client()) {
                assertThatThrownBy(() -> client.set("k", "v")).isInstanceOf(JedisDataException.class)
                        .hasMessageMatching("(READONLY|MASTERDOWN).*");
                assertThatThrownBy(() -> client.get("k")).isInstanceOf(JedisDataException.class).hasMessageStartingWith("MASTERDOWN");
            }
        }
    }

    @Test
    void letsNobodyInWithoutThePassword() {
        try (Jedis stranger = new Jedis(a.outside().host(), a.outside().port())) {
            assertThatThrownBy(() -> stranger.get("k")).hasMessageStartingWith("NOAUTH");
        }
    }

    @Test
    void acceptsWritesAfterThePromotionOnceAReplicaBacksThemUp() {
        assertThat(a.promote()).isTrue();
        assertThat(a.seen.info().role()).isEqualTo(Role.MASTER);
        try (Jedis client = a.client()) {
            assertThatThrownBy(() -> client.set("k", "v")).hasMessageStartingWith("NOREPLICAS");

            b.server.follow(a.inside());
            b.awaitLinkTo(a);
            a.await(view -> view.info().goodReplicas() == 1);

            assertThat(client.set("k", "v")).isEqualTo("OK");
            assertThat(client.waitReplicas(1, 1000)).isEqualTo(1);
        }
        try (Jedis reader = b.client()) {
            assertThat(reader.get("k")).isEqualTo("v");
            assertThatThrownBy(() -> reader.set("k", "w")).hasMessageStartingWith("READONLY");
        }
    }

    @Test
    void relaxesTheBackstopOnDemand() {
        a.promote();
        a.server.minReplicas(0);
        a.await(view -> view.info().minReplicas() == 0);
        try (Jedis client = a.client()) {
            assertThat(client.set("k", "v")).isEqualTo("OK");
        }
        a.server.minReplicas(1);
        a.await(view -> view.info().minReplicas() == 1);
    }

    @Test
    void countsTheSameBytesOnBothSidesAndKeepsTheHistoryOverAPromotion() {
        replicate();
        try (Jedis client = a.client()) {
            for (int i = 0; i < 100; i++) {
                client.set("k" + i, "v");
            }
            client.waitReplicas(1, 1000);
        }
        ServerInfo master = a.fresh();
        ServerInfo replica = b.fresh();
        assertThat(replica.replid()).isEqualTo(master.replid());
        assertThat(replica.offset()).isBetween(master.offset(), master.offset() + 50);

        a.fence();
        b.promote();

        ServerInfo promoted = b.fresh();
        assertThat(promoted.replid()).isNotEqualTo(master.replid());
        assertThat(promoted.replid2()).isEqualTo(master.replid());
        assertThat(promoted.secondOffset()).isGreaterThan(master.offset());
        assertThat(promoted.empty()).isFalse();
    }

    @Test
    void givesAFreshOffsetAtOnceAndHandsItToTheLoopFirst() {
        a.promote();
        a.server.minReplicas(0);
        try (Jedis client = a.client()) {
            a.await(view -> view.info().minReplicas() == 0);
            for (int i = 0; i < 20; i++) {
                client.incr("n");
                long written = client.info("replication").lines().filter(line -> line.startsWith("master_repl_offset:"))
                        .map(line -> Long.parseLong(line.substring(19))).findFirst().orElseThrow();
                long start = System.nanoTime();
                ServerInfo now = a.fresh();

                assertThat(System.nanoTime() - start).isLessThan(90 * MS);
                assertThat(now.offset()).isGreaterThanOrEqualTo(written);
                assertThat(a.seen.info()).isEqualTo(now);
            }
        }
    }

    @Test
    void handsOverUnderLoadWithoutLosingAWriteOrAFullSync() throws InterruptedException {
        replicate();
        Set<String> acknowledged = ConcurrentHashMap.newKeySet();
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger master = new AtomicInteger(0);
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < 3; w++) {
            String writer = "w" + w + "-";
            writers.add(Thread.ofPlatform().start(() -> write(writer, master, acknowledged, stop)));
        }
        Awaitility.await().until(() -> acknowledged.size() > 300);
        long fullSyncs = stat(b, "sync_full");
        long partial = stat(b, "sync_partial_ok");

        long start = System.nanoTime();
        Long end = a.<Long>answer(then -> a.server.pause(3_000 * MS, then));
        assertThat(end).isNotNull();
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> b.fresh().offset() >= end);
        a.<Boolean>answer(then -> a.server.fence(false, () -> then.accept(true)));
        assertThat(b.promote()).isTrue();
        a.server.follow(b.inside());
        a.server.unpause();
        master.set(1);
        a.server.dropClients();
        long took = System.nanoTime() - start;
        a.awaitLinkTo(b);
        int before = acknowledged.size();
        Awaitility.await().until(() -> acknowledged.size() > before + 300);
        stop.set(true);
        for (Thread writer : writers) {
            writer.join();
        }

        try (Jedis client = b.client(); Jedis replica = a.client()) {
            assertThat(client.smembers("written")).containsAll(acknowledged);
            client.waitReplicas(1, 1000);
            assertThat(replica.smembers("written")).containsAll(acknowledged);
        }
        assertThat(stat(b, "sync_full")).as("full syncs").isEqualTo(fullSyncs);
        assertThat(stat(b, "sync_partial_ok")).as("partial syncs").isEqualTo(partial + 1);
        assertThat(Duration.ofNanos(took)).isLessThan(Duration.ofSeconds(1));
        assertThat(a.kills).hasValue(0);
        try (Jedis client = a.client()) {
            assertThat(client.configGet("repl-ping-replica-period")).containsValue("1");
        }
    }

    private static void write(String prefix, AtomicInteger master, Set<String> acknowledged, AtomicBoolean stop) {
        Jedis client = null;
        for (int i = 0; !stop.get(); i++) {
            try {
                if (client == null) {
                    client = (master.get() == 0 ? a : b).client();
                }
                client.sadd("written", prefix + i);
                acknowledged.add(prefix + i);
            } catch (JedisException e) {
                if (client != null) {
                    client.close();
                    client = null;
                }
            }
        }
        if (client != null) {
            client.close();
        }
    }

    @Test
    void fencesAMasterAndDropsItsClientsInTime() throws InterruptedException {
        a.promote();
        a.server.minReplicas(0);
        a.await(view -> view.info().minReplicas() == 0);
        AtomicInteger dropped = new AtomicInteger();
        List<Thread> clients = new ArrayList<>();
        clients.add(Thread.ofPlatform().start(() -> untilDropped(dropped, client -> client.blpop(30, "nothing"))));
        clients.add(Thread.ofPlatform().start(() -> untilDropped(dropped, client -> client.subscribe(new JedisPubSub() {}, "news"))));
        try (Jedis writer = a.client(); Jedis admin = a.client()) {
            writer.set("k", "v");
            Awaitility.await().until(() -> admin.info("clients").contains("blocked_clients:1")
                    && admin.pubsubNumSub("news").get("news") == 1);
            long start = System.nanoTime();

            a.fence();

            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(250));
            assertThatThrownBy(() -> writer.set("k", "w")).isInstanceOf(JedisConnectionException.class);
        }
        for (Thread client : clients) {
            client.join(5000);
        }
        assertThat(dropped).hasValue(2);
        assertThat(a.kills).hasValue(0);
        assertThat(a.fresh().follows(Address.DEAD)).isTrue();
        try (Jedis client = a.client()) {
            assertThatThrownBy(() -> client.set("k", "w")).hasMessageMatching("(READONLY|MASTERDOWN).*");
        }
    }

    @Test
    void fencesOverTheWatchdogsConnectionInTime() {
        try (Fence fence = new Fence(a.outside(), RealServer.PASSWORD)) {
            fence.prepare();
            for (int i = 0; i < 3; i++) {
                a.promote();
                a.server.minReplicas(0);
                a.await(view -> view.info().minReplicas() == 0);
                fence.prepare();
                try (Jedis writer = a.client()) {
                    writer.set("k", "v");
                    long start = System.nanoTime();

                    assertThat(fence.fence(start + 250 * MS)).isTrue();

                    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(250));
                    assertThatThrownBy(() -> writer.set("k", "w")).isInstanceOf(JedisConnectionException.class);
                }
                assertThat(a.fresh().follows(Address.DEAD)).isTrue();
                // This drops the fence's own connection too.
                a.server.dropClients();
            }
        }
    }

    @Test
    void killsAServerWhoseScriptKeepsItFromBeingFenced() throws InterruptedException {
        a.promote();
        a.server.minReplicas(0);
        a.await(view -> view.info().minReplicas() == 0);
        a.killer = RedisServerIT::endScript;
        try (Jedis admin = a.client()) {
            admin.configSet("busy-reply-threshold", "20");
            Thread script = Thread.ofPlatform().start(() -> {
                try (Jedis client = a.client()) {
                    client.eval("while true do end");
                } catch (JedisException e) {
                    // Ended from outside.
                }
            });
            Awaitility.await().until(() -> busy(admin));
            long start = System.nanoTime();
            a.await(view -> view.at() - start > 0);
            assertThat(a.seen.answering()).as("a busy server answers").isTrue();

            try (Fence fence = new Fence(a.outside(), RealServer.PASSWORD)) {
                assertThat(fence.fence(System.nanoTime() + 250 * MS)).isFalse();
            }
            a.fence();

            assertThat(a.kills).hasValue(1);
            script.join(5000);
            assertThat(script.isAlive()).isFalse();
        }
    }

    private static void endScript() {
        try (Jedis client = a.client()) {
            client.scriptKill();
            Awaitility.await().until(() -> !busy(client));
        }
    }

    private static boolean busy(Jedis client) {
        try {
            client.get("k");
            return false;
        } catch (JedisDataException e) {
            return e.getMessage().startsWith("BUSY");
        }
    }

    @Test
    void killsAFrozenMasterThatIsToBeFenced() {
        long before = a.seen.at();
        assertThat(a.promote()).isTrue();
        frozen(() -> {
            long start = System.nanoTime();
            a.fence();
            assertThat(a.kills).hasValue(1);
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
        });
        a.await(view -> view.at() - before > 500 * MS);
    }

    /** Not told, it does not become one when it goes on. */
    @Test
    void tellsNoFrozenServerToBeAMasterAndKillsNoneForThat() {
        long before = a.seen.at();
        frozen(() -> {
            assertThat(a.promote()).isFalse();
            a.fence();
            assertThat(a.kills).hasValue(0);
        });
        a.await(view -> view.at() - before > 500 * MS && view.answering());
        assertThat(a.fresh().role()).isEqualTo(Role.REPLICA);
    }

    private void frozen(Runnable meanwhile) {
        var docker = a.container.getDockerClient();
        docker.pauseContainerCmd(a.container.getContainerId()).exec();
        try {
            meanwhile.run();
        } finally {
            docker.unpauseContainerCmd(a.container.getContainerId()).exec();
        }
    }

    @Test
    void seesThatAServerIsLoadingAndNotYetWhole() {
        a.promote();
        a.server.minReplicas(0);
        a.await(view -> view.info().minReplicas() == 0);
        try (Jedis client = a.client(); Jedis slow = b.client()) {
            for (int i = 0; i < 500; i++) {
                client.set("k" + i, "v".repeat(2000));
            }
            slow.configSet("key-load-delay", "4000");
            slow.configSet("loading-process-events-interval-bytes", "1024");
        }
        b.server.follow(a.inside());

        ServerInfo loading = b.await(view -> view.answering() && view.info().loading());

        assertThat(loading.role()).isEqualTo(Role.REPLICA);
        assertThat(loading.linkUp()).isFalse();
        assertThat(loading.syncing()).isTrue();
        long start = System.nanoTime();
        b.await(view -> view.at() - start > 0);
        assertThat(b.promote()).as("promotion of a server that loads").isFalse();
        b.await(view -> view.at() - start > 500 * MS);
        b.fence();
        assertThat(b.kills).hasValue(0);
        try (Jedis client = b.client()) {
            client.configSet("key-load-delay", "0");
        }
        b.await(view -> view.info().linkUp() || !view.info().loading());
    }

    /** Rule V6: from then on the master can confirm nothing by it, and it has kept what it had. */
    @Test
    void aDetachedReplicaIsNoReplicaOfItsMasterAnyMoreAndGoesOnWhereItWas() {
        replicate();
        long syncs = stat(a, "sync_full");
        assertThat(b.detach()).isTrue();
        assertThat(b.fresh().follows(Address.DEAD)).isTrue();
        a.await(view -> view.info().goodReplicas() == 0);
        assertThat(b.detach()).as("again").isTrue();
        b.server.follow(a.inside());
        b.awaitLinkTo(a);
        assertThat(stat(a, "sync_full")).as("full syncs").isEqualTo(syncs);
    }

    @Test
    void aReplicaThatRunsAScriptDetachesAfterThatWasKilled() throws InterruptedException {
        replicate();
        try (Jedis admin = b.client()) {
            admin.configSet("busy-reply-threshold", "20");
            Thread script = Thread.ofPlatform().start(() -> {
                try (Jedis client = b.client()) {
                    client.eval("while true do end");
                } catch (JedisException e) {
                    // Ended from outside.
                }
            });
            Awaitility.await().until(() -> busy(admin));
            assertThat(b.detach()).isTrue();
            assertThat(b.fresh().follows(Address.DEAD)).isTrue();
            script.join(5000);
            assertThat(script.isAlive()).isFalse();
            assertThat(b.kills).hasValue(0);
        }
    }

    /** It holds nothing whole, and would be the silent leader's replica as soon as it does. */
    @Test
    void aReplicaThatLoadsACopyOfTheSilentLeaderIsKilled() {
        a.promote();
        a.server.minReplicas(0);
        a.await(view -> view.info().minReplicas() == 0);
        try (Jedis client = a.client(); Jedis slow = b.client()) {
            for (int i = 0; i < 500; i++) {
                client.set("k" + i, "v".repeat(2000));
            }
            slow.configSet("key-load-delay", "4000");
            slow.configSet("loading-process-events-interval-bytes", "1024");
        }
        b.server.follow(a.inside());
        b.await(view -> view.answering() && view.info().loading());
        b.detach();
        assertThat(b.kills).hasValue(1);
        try (Jedis client = b.client()) {
            client.configSet("key-load-delay", "0");
        }
        b.await(view -> view.info().linkUp() || !view.info().loading());
    }

    @Test
    void fencesAMasterOverTheNetworkAndLeavesReplicasAlone() {
        replicate();
        RemoteFence fence = new RemoteFence(RealServer.PASSWORD);

        assertThat(fence.fence(b.outside())).isFalse();
        assertThat(b.fresh().follows(a.inside())).isTrue();

        assertThat(fence.fence(a.outside())).isTrue();
        assertThat(a.fresh().follows(Address.DEAD)).isTrue();

        assertThat(fence.fence(new Address("127.0.0.1", 1))).isFalse();
        assertThat(new RemoteFence("wrong").fence(b.outside())).isFalse();
    }

    private static void untilDropped(AtomicInteger dropped, java.util.function.Consumer<Jedis> what) {
        try (Jedis client = a.client()) {
            what.accept(client);
        } catch (JedisException e) {
            dropped.incrementAndGet();
        }
    }

    private static void replicate() {
        a.promote();
        b.server.follow(a.inside());
        b.awaitLinkTo(a);
        a.await(view -> view.info().goodReplicas() == 1);
    }

    private static long stat(RealServer one, String name) {
        try (Jedis client = one.client()) {
            return client.info("stats").lines().filter(line -> line.startsWith(name + ":"))
                    .map(line -> Long.parseLong(line.substring(name.length() + 1))).findFirst().orElseThrow();
        }
    }
}
