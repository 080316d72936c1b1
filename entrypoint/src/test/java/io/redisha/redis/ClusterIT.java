package io.redisha.redis;

import static io.redisha.redis.RealCluster.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.loop.cluster.NodeServer;
import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.model.ClusterNode;
import io.redisha.model.Pulse;
import io.redisha.model.Role;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.images.builder.Transferable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisCluster;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.params.RestoreParams;
import redis.clients.jedis.util.JedisClusterCRC16;

/** What the shape of a cluster rests on, with each engine: three masters, of which the first has a replica, and one that comes and goes. */
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"redis:7.0", "redis:8.0", "valkey/valkey:8.1", "valkey/valkey:9.1"})
@Timeout(60)
class ClusterIT {

    private static final int REPLICA = 3;
    private static final int NEWCOMER = 4;
    /** Files for each engine. */
    private static final int GENERATED = 60;

    private static RealCluster cluster;

    private final String image;

    ClusterIT(String image) {
        this.image = image;
    }

    @BeforeParameterizedClassInvocation
    static void create(String image) throws Exception {
        cluster = new RealCluster(image);
        for (int i = 0; i <= NEWCOMER; i++) {
            cluster.start(i);
        }
        for (int i = 0; i < 3; i++) {
            Slots third = Slots.range(i * 5461, i == 2 ? Slots.COUNT - 1 : i * 5461 + 5460);
            cluster.nodes.epoch(cluster.address(i), i + 1);
            cluster.nodes.own(cluster.address(i), third.first(1000));
            cluster.nodes.own(cluster.address(i), third);
        }
        for (int i = 1; i <= REPLICA; i++) {
            cluster.nodes.meet(cluster.address(0), cluster.address(i), cluster.bus(i));
        }
        cluster.nodes.replicate(cluster.address(REPLICA), cluster.self(0).id());
        for (int i = 0; i <= REPLICA; i++) {
            int node = i;
            await(() -> whole(node));
        }
        await(() -> linked(REPLICA));
    }

    private static boolean whole(int node) {
        try (Jedis client = cluster.client(node)) {
            return client.clusterInfo().contains("cluster_state:ok") && cluster.topology(node).covered().equals(Slots.ALL)
                    && cluster.topology(node).nodes().stream().noneMatch(ClusterNode::isHandshake);
        }
    }

    private static boolean linked(int node) {
        try (Jedis client = cluster.client(node)) {
            return client.info("replication").contains("master_link_status:up");
        }
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        cluster.close();
    }

    /** Of the shard with the replica. */
    private static int first() {
        return cluster.self(0).isMaster() ? 0 : REPLICA;
    }

    private static int second() {
        return first() == 0 ? REPLICA : 0;
    }

    @Test
    void ordersCanBeGivenTwice() throws Exception {
        long epoch = cluster.self(1).epoch();
        cluster.nodes.epoch(cluster.address(1), epoch + 9);
        cluster.nodes.own(cluster.address(1), cluster.self(1).slots());
        cluster.nodes.meet(cluster.address(1), cluster.address(2), cluster.bus(2));
        cluster.nodes.replicate(cluster.address(second()), cluster.self(first()).id());
        cluster.nodes.promote(cluster.address(first()), false);
        cluster.nodes.forget(cluster.address(1), "f".repeat(40));
        assertThat(cluster.self(1).epoch()).isEqualTo(epoch);
    }

    @Test
    void saysWhichNodeRefusesWhat() {
        assertThatThrownBy(() -> cluster.nodes.own(cluster.address(1), Slots.of(0))).isInstanceOf(Failed.class)
                .hasMessage(cluster.address(1) + " refuses CLUSTER ADDSLOTSRANGE 0 0: ERR Slot 0 is already busy");
        assertThatThrownBy(() -> cluster.nodes.promote(cluster.address(REPLICA + 5), true)).isInstanceOf(Failed.class)
                .hasMessageStartingWith(cluster.address(REPLICA + 5) + " does not answer CLUSTER FAILOVER: ");
        try (NodeClient stranger = new NodeClient("wrong")) {
            assertThatThrownBy(() -> stranger.topology(cluster.address(1))).isInstanceOf(Failed.class)
                    .hasMessageStartingWith(cluster.address(1) + " lets nobody in: WRONGPASS");
        }
    }

    /**
     * Rules K6 and K5: by hand one way, and by force back when that master is dead; it returns as the replica that asReplicaOf makes of it.
     * In one test, as with Redis a voter votes for the replicas of the same master only once in two node timeouts.
     */
    @Test
    void aReplicaTakesOverFromALivingMasterAndFromADeadOne() throws Exception {
        try (JedisCluster client = cluster.clusterClient()) {
            client.set(keyOf(7), "kept");
        }
        int successor = first();
        int dead = second();
        await(() -> linked(dead));
        long start = System.nanoTime();
        cluster.nodes.promote(cluster.address(dead), false);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        await(() -> cluster.self(successor).isReplica() && linked(successor));
        // A voter that has not heard yet that it is a replica has no vote for it.
        for (int voter : List.of(1, 2)) {
            await(() -> cluster.topology(voter).node(cluster.self(successor).id()).map(ClusterNode::isReplica).orElse(false));
        }

        cluster.kill(dead);
        start = System.nanoTime();
        cluster.nodes.promote(cluster.address(successor), true);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(1));
        String successorId = cluster.self(successor).id();

        cluster.nodesConf(dead, NodesConf.parse(cluster.nodesConf(dead)).asReplicaOf(successorId).text());
        cluster.start(dead);

        ClusterNode back = cluster.self(dead);
        assertThat(back.isReplica()).isTrue();
        assertThat(back.master()).isEqualTo(successorId);
        await(() -> linked(dead));
        try (Jedis replica = cluster.client(dead)) {
            assertThat(replica.dbSize()).isEqualTo(1);
        }
        try (JedisCluster client = cluster.clusterClient()) {
            assertThat(client.get(keyOf(7))).isEqualTo("kept");
            client.del(keyOf(7));
        }
        await(() -> whole(dead));
    }

    /** Rule K3, of a master: the slots are in the file of a sibling. */
    @Test
    void aNodeStartsFromWhatASiblingKnows() throws Exception {
        ClusterNode was = cluster.self(2);
        cluster.kill(2);
        NodesConf rebuilt = NodesConf.ofSibling(cluster.topology(1), was.id());
        cluster.nodesConf(2, rebuilt.withOwnAddress(was.redis().host(), was.redis().port(), was.busPort()).text());

        cluster.start(2);

        ClusterNode is = cluster.self(2);
        assertThat(is.id()).isEqualTo(was.id());
        assertThat(is.slots()).isEqualTo(was.slots());
        for (int i = 0; i <= REPLICA; i++) {
            int node = i;
            await(() -> whole(node));
        }
    }

    @Test
    void looksAtItsOwnServer() throws Exception {
        AtomicReference<NodeServer.View> seen = new AtomicReference<>();
        ExecutorService loop = Executors.newSingleThreadExecutor();
        Child child = new Child() {
            private final long since = System.nanoTime();

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
                throw new AssertionError("nobody asked for it");
            }
        };
        int replica = second();
        await(() -> linked(replica) && whole(replica));
        try (ClusterServer server = new ClusterServer(cluster.address(replica), RealCluster.PASSWORD, child, loop, seen::set)) {
            server.start();
            await(() -> seen.get() != null && seen.get().info() != null);
            NodeServer.View view = seen.get();
            assertThat(view.info().role()).isEqualTo(Role.REPLICA);
            assertThat(view.info().linkUp()).isTrue();
            assertThat(view.info().stateOk()).isTrue();
            assertThat(view.info().failoverAllowed()).as("rule K4: not before it was seen in sync").isFalse();
            assertThat(image).contains(view.info().engine()).contains(view.info().version().substring(0, 3));
            assertThat(view.info().epoch()).isGreaterThanOrEqualTo(3);
            assertThat(view.topology().myself().redis()).isEqualTo(cluster.address(replica));
            assertThat(view.topology().myself().hostname()).isEqualTo("pod-" + replica + ".example");
            assertThat(view.topology().owners()).hasSize(3);

            server.allowFailover(true);
            await(() -> seen.get().info().failoverAllowed());
            server.allowFailover(false);
            await(() -> !seen.get().info().failoverAllowed());
            server.meet(cluster.address(1), cluster.bus(1));
            await(() -> {
                // Shown as one more, until it turns out to be one that is known.
                AtomicReference<NodeServer.View> fresh = new AtomicReference<>();
                server.fresh(fresh::set);
                await(() -> fresh.get() != null);
                return fresh.get().topology().nodes().size() == view.topology().nodes().size();
            });
        } finally {
            loop.shutdown();
        }
    }

    @Test
    void movesSlotsThereAndBackUnderWrites() throws Exception {
        join();
        AtomicBoolean stop = new AtomicBoolean();
        Map<String, Integer> written = new ConcurrentHashMap<>();
        AtomicReference<Exception> failure = new AtomicReference<>();
        List<Thread> writers = new ArrayList<>();
        try (JedisCluster client = cluster.clusterClient()) {
            for (int i = 0; i < 6_000; i++) {
                client.set("still:" + i, Integer.toString(i));
            }
            client.expire("still:1", 1000);
            client.rpush("{still:2}huge", "x".repeat(8_000_000));
            for (int w = 0; w < 3; w++) {
                int writer = w;
                writers.add(Thread.ofPlatform().start(() -> {
                    for (int i = 0; !stop.get(); i++) {
                        String key = "w" + writer + ":" + i % 500;
                        try {
                            client.incr(key);
                            written.merge(key, 1, Integer::sum);
                        } catch (RuntimeException e) {
                            failure.compareAndSet(null, e);
                        }
                    }
                }));
            }
            Slots moving = Slots.NONE;
            for (int i : List.of(first(), 1, 2)) {
                Slots some = cluster.self(i).slots().last(1365);
                moving = moving.plus(some);
                move(i, NEWCOMER, some, () -> true);
            }
            Slots all = moving;
            assertThat(cluster.self(NEWCOMER).slots()).isEqualTo(all);
            for (int i : List.of(0, 1, 2, REPLICA)) {
                await(() -> cluster.topology(i).node(cluster.self(NEWCOMER).id()).map(n -> n.slots().equals(all)).orElse(false) && whole(i));
            }

            // Back, and stopped and gone on with in between.
            AtomicInteger batches = new AtomicInteger();
            move(NEWCOMER, 1, cluster.self(NEWCOMER).slots().first(1000), () -> batches.incrementAndGet() < 3);
            assertThat(cluster.self(NEWCOMER).slots().size()).isLessThanOrEqualTo(all.size());
            move(NEWCOMER, 1, all.first(1365), () -> true);
            move(NEWCOMER, 2, all.minus(all.first(1365)), () -> true);
            stop.set(true);
            for (Thread writer : writers) {
                writer.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(cluster.self(NEWCOMER).slots()).isEqualTo(Slots.NONE);

            written.forEach((key, count) -> assertThat(client.get(key)).as(key).isEqualTo(count.toString()));
            for (int i = 0; i < 6_000; i++) {
                assertThat(client.get("still:" + i)).isEqualTo(Integer.toString(i));
            }
            assertThat(client.ttl("still:1")).isBetween(900L, 1000L);
            assertThat(client.lindex("{still:2}huge", 0)).hasSize(8_000_000);
            assertThat(keys(first()) + keys(1) + keys(2)).as("none is there twice").isEqualTo(6_001 + written.size());
        } finally {
            stop.set(true);
        }
        leave();
        flush();
    }

    @Test
    void finishesAnyMoveThatWasCutOff() throws Exception {
        join();
        int source = 1;
        int target = NEWCOMER;
        String sourceId = cluster.self(source).id();
        String targetId = cluster.self(target).id();
        Slots slots = Slots.range(6000, 6005);
        try (Jedis from = cluster.client(source); Jedis to = cluster.client(target)) {
            for (int slot : slots.toArray()) {
                from.set(keyOf(slot), "right");
            }
            setSlot(to, 6001, "IMPORTING", sourceId);
            setSlot(to, 6002, "IMPORTING", sourceId);
            setSlot(from, 6002, "MIGRATING", targetId);
            // A MIGRATE whose outcome the source never heard: the key is on both sides.
            setSlot(to, 6003, "IMPORTING", sourceId);
            setSlot(from, 6003, "MIGRATING", targetId);
            byte[] old = from.dump(keyOf(6003));
            from.set(keyOf(6003), "newer");
            to.sendCommand(Protocol.Command.ASKING);
            to.restore(keyOf(6003), 0, old, new RestoreParams());
            // All told but the source.
            setSlot(to, 6004, "IMPORTING", sourceId);
            setSlot(from, 6004, "MIGRATING", targetId);
            from.del(keyOf(6004));
            setSlot(to, 6004, "NODE", targetId);
            setSlot(from, 6005, "MIGRATING", targetId);
        }

        move(source, target, slots, () -> true);
        move(source, target, slots, () -> true);

        assertThat(cluster.self(target).slots()).isEqualTo(slots);
        assertThat(cluster.self(target).importing()).isEmpty();
        assertThat(cluster.self(source).migrating()).isEmpty();
        assertThat(cluster.self(source).slots().and(slots)).isEqualTo(Slots.NONE);
        try (Jedis to = cluster.client(target)) {
            for (int slot : slots.toArray()) {
                assertThat(to.get(keyOf(slot))).as("slot %d", slot).isEqualTo(slot == 6003 ? "newer" : slot == 6004 ? null : "right");
            }
        }
        assertThat(keys(source)).isZero();
        assertThatThrownBy(() -> move(2, target, slots.plus(Slots.of(0)), () -> true)).isInstanceOf(Failed.class)
                .hasMessageContaining("slots 0 are neither pod-2");
        move(target, source, slots, () -> true);
        leave();
        flush();
    }

    /** They came there while the slot was open, and it was closed without them. */
    @Test
    void gathersKeysThatLieWhereNobodyAsksForThem() throws Exception {
        int slot = 6010;
        String key = keyOf(slot);
        String both = "{" + key + "}both";
        long before = cluster.nodes.migrations(cluster.address(2));
        try (Jedis owner = cluster.client(1); Jedis stray = cluster.client(2)) {
            owner.set(both, "the owner's");
            setSlot(stray, slot, "IMPORTING", cluster.self(1).id());
            for (String one : List.of(key, both)) {
                stray.sendCommand(Protocol.Command.ASKING);
                stray.set(one, "strayed");
            }
            stray.sendCommand(Protocol.Command.CLUSTER, "SETSLOT", Integer.toString(slot), "STABLE");
            assertThat(cluster.nodes.keys(cluster.address(2), Slots.ALL.minus(cluster.self(2).slots()))).isEqualTo(Map.of(slot, 2L));

            cluster.nodes.gather(cluster.node(2), cluster.node(1), Slots.of(slot));

            assertThat(owner.get(key)).isEqualTo("strayed");
            assertThat(owner.get(both)).isEqualTo("the owner's");
        }
        assertThat(cluster.nodes.keys(cluster.address(2), Slots.of(slot))).isEmpty();
        assertThat(cluster.self(2).importing()).isEmpty();
        assertThat(cluster.nodes.migrations(cluster.address(2))).isEqualTo(before + 2);
        flush();
    }

    /** Each of two masters says that it is the other's, so neither tells the rest of it: that does not end by itself. */
    @Test
    void givesASlotThatNobodyClaimsToWhomeverIsToHaveIt() throws Exception {
        int slot = 6020;
        String key = keyOf(slot);
        try (Jedis one = cluster.client(1); Jedis two = cluster.client(2)) {
            one.set(key, "kept");
            setSlot(two, slot, "NODE", cluster.self(1).id());
            one.del(key);
            setSlot(one, slot, "NODE", cluster.self(2).id());
            assertThat(cluster.self(1).slots().contains(slot) || cluster.self(2).slots().contains(slot)).isFalse();
            setSlot(one, slot, "IMPORTING", cluster.self(2).id());
            one.sendCommand(Protocol.Command.ASKING);
            one.set(key, "kept");
            one.sendCommand(Protocol.Command.CLUSTER, "SETSLOT", Integer.toString(slot), "STABLE");
            assertThat(cluster.nodes.keys(cluster.address(1), Slots.of(slot))).containsOnlyKeys(slot);

            for (int master : List.of(1, first(), 2)) {
                cluster.nodes.seize(cluster.address(master), Slots.of(slot), cluster.self(1).id());
            }

            for (int i = 0; i <= REPLICA; i++) {
                int node = i;
                await(() -> whole(node) && cluster.topology(node).ownerOf(slot).map(ClusterNode::id).filter(cluster.self(1).id()::equals).isPresent());
            }
            assertThat(one.get(key)).isEqualTo("kept");
        }
        flush();
    }

    @Test
    void isPatientWithATargetThatTakesLong() throws Exception {
        join();
        Slots slots = Slots.range(7000, 7003);
        try (Jedis from = cluster.client(1); Jedis to = cluster.client(NEWCOMER)) {
            for (int slot : slots.toArray()) {
                from.set(keyOf(slot), "v");
            }
            to.sendCommand(Protocol.Command.CLIENT, "PAUSE", "1500", "WRITE");

            move(1, NEWCOMER, slots, () -> true);

            for (int slot : slots.toArray()) {
                assertThat(to.get(keyOf(slot))).isEqualTo("v");
            }
        }
        move(NEWCOMER, 1, slots, () -> true);
        leave();
        flush();
    }

    /** Hundreds of them, over the four engines: the server shows what was written. */
    @Test
    void theServerAcceptsWhateverIsWritten() {
        StringBuilder files = new StringBuilder();
        for (int seed = 0; seed < GENERATED; seed++) {
            files.append("mkdir -p /gen/").append(seed).append(" && cat >/gen/").append(seed).append("/nodes.conf <<'END'\n").append(generated(seed).text())
                    .append("END\n");
        }
        String engine = image.startsWith("valkey") ? "valkey" : "redis";
        files.append("""
                for i in $(seq 0 %d); do
                  cd /gen/$i
                  %s-server --port 7900 --cluster-enabled yes --cluster-node-timeout 600000 --save '' --dir /gen/$i >log 2>&1 &
                  pid=$!
                  until %s-cli -p 7900 cluster nodes >seen 2>/dev/null && grep -q myself seen; do kill -0 $pid 2>/dev/null || { cat log; break; }; done
                  echo "== $i"; cat seen
                  kill -9 $pid; wait $pid 2>/dev/null
                done
                exit 0
                """.formatted(GENERATED - 1, engine, engine));
        cluster.container.copyFileToContainer(Transferable.of(files.toString().getBytes(StandardCharsets.UTF_8)), "/generated.sh");

        String[] seen = cluster.sh("sh /generated.sh").split("== \\d+\n");

        assertThat(seen).hasSize(GENERATED + 1);
        for (int seed = 0; seed < GENERATED; seed++) {
            assertThat(comparable(NodesConf.nodes(seen[seed + 1]))).as("seed %d: %s", seed, generated(seed).text())
                    .isEqualTo(comparable(generated(seed).topology()));
        }
    }

    private NodesConf generated(int seed) {
        return GeneratedNodes.of(seed, !image.equals("redis:7.0"));
    }

    /** Without what the server has of its own configuration, does not show, or finds out by itself. */
    private static Map<String, List<Object>> comparable(Topology topology) {
        Map<String, List<Object>> all = new TreeMap<>();
        for (ClusterNode node : topology.nodes()) {
            Set<String> flags = new HashSet<>(node.flags());
            if (!node.hasAddress()) {
                flags.remove("fail");   // Valkey takes one without an address for failed
            }
            all.put(node.id(), List.of(flags, String.valueOf(node.master()), node.isMyself() ? node.redis().host() : node.redis(),
                    node.isMyself() ? "" : node.hostname(), node.epoch(), node.slots(), node.migrating(), node.importing()));
        }
        return all;
    }

    private static void join() throws Exception {
        cluster.nodes.meet(cluster.address(0), cluster.address(NEWCOMER), cluster.bus(NEWCOMER));
        for (int i = 0; i <= NEWCOMER; i++) {
            int node = i;
            await(() -> whole(node) && cluster.topology(node).nodes().size() == 5);
        }
    }

    private static void leave() throws Exception {
        String id = cluster.self(NEWCOMER).id();
        for (int i = 0; i <= REPLICA; i++) {
            cluster.nodes.forget(cluster.address(i), id);
        }
        cluster.nodes.reset(cluster.address(NEWCOMER), true);
        assertThat(cluster.self(NEWCOMER).id()).isNotEqualTo(id);
        assertThat(cluster.topology(NEWCOMER).isAlone()).isTrue();
    }

    private static void flush() {
        for (int i : List.of(first(), 1, 2)) {
            try (Jedis client = cluster.client(i)) {
                client.flushAll();
            }
        }
    }

    private static void move(int from, int to, Slots slots, java.util.function.BooleanSupplier goOn) throws Exception {
        List<io.redisha.loop.cluster.Nodes.Node> others = new ArrayList<>();
        for (int i : List.of(first(), 1, 2)) {
            if (i != from && i != to) {
                others.add(cluster.node(i));
            }
        }
        AtomicInteger moved = new AtomicInteger();
        cluster.nodes.move(cluster.node(from), cluster.node(to), slots, others, (count, keys) -> moved.addAndGet(count), goOn);
        assertThat(moved.get()).isLessThanOrEqualTo(slots.size());
    }

    private static long keys(int node) {
        try (Jedis client = cluster.client(node)) {
            return client.dbSize();
        }
    }

    private static void setSlot(Jedis at, int slot, String state, String id) {
        at.sendCommand(Protocol.Command.CLUSTER, "SETSLOT", Integer.toString(slot), state, id);
    }

    private static String keyOf(int slot) {
        for (int i = 0;; i++) {
            String key = "k" + i;
            if (JedisClusterCRC16.getSlot(key) == slot) {
                return key;
            }
        }
    }
}
