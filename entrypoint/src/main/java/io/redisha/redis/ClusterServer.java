package io.redisha.redis;

import io.redisha.loop.cluster.NodeServer;
import io.redisha.model.Address;
import io.redisha.model.NodeInfo;
import io.redisha.model.Role;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** The own server of a cluster node over its port. */
public final class ClusterServer implements NodeServer {

    private static final Logger LOG = LoggerFactory.getLogger(ClusterServer.class);
    private static final long MS = 1_000_000L;

    private final Child child;
    private final Executor loop;
    private final Consumer<View> seen;
    private final Link looks;
    private final Link orders;
    private final ExecutorService orderly = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("redis-orders").daemon().factory());
    private final Semaphore wake = new Semaphore(0);
    private final List<Consumer<View>> asking = new ArrayList<>();
    private NodeInfo info;
    private Topology topology = Topology.NONE;
    private long infoOf;
    private long answered;

    public ClusterServer(int port, String password, Child child, Executor loop, Consumer<View> seen) {
        this.child = child;
        this.loop = loop;
        this.seen = seen;
        looks = new Link(new Address("127.0.0.1", port), password);
        orders = new Link(new Address("127.0.0.1", port), password);
    }

    public void start() {
        Thread.ofPlatform().name("redis-looks").daemon().start(this::keepLooking);
    }

    public void changed() {
        wake.release();
    }

    public void fresh(Consumer<View> then) {
        synchronized (asking) {
            asking.add(then);
        }
        wake.release();
    }

    @Override
    public void look() {
        wake.release();
    }

    @Override
    public void meet(Address redis, int busPort) {
        order("CLUSTER", "MEET", redis.host(), Integer.toString(redis.port()), Integer.toString(busPort));
    }

    @Override
    public void allowFailover(boolean allowed) {
        order("CONFIG", "SET", "cluster-replica-no-failover", allowed ? "no" : "yes");
    }

    @Override
    public void kill() {
        orderly.execute(child::kill);
    }

    private void order(String... command) {
        orderly.execute(() -> {
            try {
                orders.call(System.nanoTime() + 500 * MS, command);
            } catch (JedisDataException | JedisConnectionException e) {
                LOG.debug("{}: {}", command, e.getMessage());
            }
            wake.release();
        });
    }

    private void keepLooking() {
        while (true) {
            List<Consumer<View>> waiting;
            synchronized (asking) {
                waiting = List.copyOf(asking);
                asking.clear();
            }
            wake.drainPermits();
            boolean ok = lookOnce(waiting);
            try {
                wake.tryAcquire(!ok && child.running() ? 10 : 100, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private boolean lookOnce(List<Consumer<View>> waiting) {
        boolean ok = false;
        if (!child.running()) {
            looks.close();
            info = null;
        } else {
            if (child.since() != infoOf) {
                infoOf = child.since();
                info = null;
                topology = Topology.NONE;
                answered = infoOf;
            }
            long of = infoOf;
            try {
                List<Object> replies = looks.calls(System.nanoTime() + 500 * MS, new String[] {"INFO", "server", "replication", "persistence", "keyspace", "memory"}, new String[] {"CLUSTER", "INFO"},
                        new String[] {"CLUSTER", "NODES"}, new String[] {"CONFIG", "GET", "cluster-replica-no-failover"});
                for (Object reply : replies) {
                    if (reply instanceof JedisDataException e) {
                        throw e;
                    }
                }
                if (child.running() && child.since() == of) {
                    Map<String, String> kv = new HashMap<>();
                    read(Link.text(replies.get(0)), kv);
                    read(Link.text(replies.get(1)), kv);
                    List<?> noFailover = (List<?>) replies.get(3);
                    info = info(kv, noFailover.size() < 2 || Link.text(noFailover.get(1)).equals("no"));
                    topology = NodesConf.nodes(Link.text(replies.get(2)));
                    answered = System.nanoTime();
                    ok = true;
                }
            } catch (JedisDataException e) {
                answered = System.nanoTime();
            } catch (JedisConnectionException e) {
                LOG.trace("{}", e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("CLUSTER NODES", e);
            }
        }
        View view = new View(child.running(), info, info == null ? Topology.NONE : topology, answered);
        loop.execute(() -> seen.accept(view));
        waiting.forEach(w -> loop.execute(() -> w.accept(view)));
        return ok;
    }

    private static void read(String text, Map<String, String> into) {
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                into.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
    }

    private static NodeInfo info(Map<String, String> kv, boolean failoverAllowed) {
        boolean master = "master".equals(kv.get("role"));
        boolean valkey = kv.containsKey("valkey_version");
        long offset = Long.parseLong(kv.getOrDefault(master || !kv.containsKey("slave_repl_offset") ? "master_repl_offset" : "slave_repl_offset", "0"));
        String db = kv.getOrDefault("db0", "keys=0,");
        return new NodeInfo(kv.getOrDefault("run_id", ""), valkey ? "valkey" : "redis", kv.getOrDefault(valkey ? "valkey_version" : "redis_version", ""), master ? Role.MASTER : Role.REPLICA,
                kv.getOrDefault("master_replid", ""), offset, "1".equals(kv.get("loading")) || "1".equals(kv.get("async_loading")), "1".equals(kv.get("master_sync_in_progress")),
                "up".equals(kv.get("master_link_status")), Long.parseLong(db.substring(5, db.indexOf(','))), "ok".equals(kv.get("cluster_state")),
                Long.parseLong(kv.getOrDefault("cluster_current_epoch", "0")), Long.parseLong(kv.getOrDefault("used_memory", "0")), failoverAllowed);
    }
}
