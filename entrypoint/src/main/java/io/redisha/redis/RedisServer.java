package io.redisha.redis;

import io.redisha.decide.Validity;
import io.redisha.loop.Server;
import io.redisha.model.Address;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The own server over its port: one thread gives the orders, in order; another looks, ten times a second, and hands what it sees to the
 * loop. It never decides: an order that fails shows in what is seen next.
 */
public final class RedisServer implements Server, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(RedisServer.class);
    private static final long MS = 1_000_000L;
    private static final long ANSWER = 500 * MS;
    /** A server that waits for its turn may take so long to become a master. */
    private static final long PROMOTION = 2_000 * MS;
    private static final long FOR_EVER_SECONDS = 86_400;
    private static final String PING_PERIOD = "repl-ping-replica-period";

    private final Child child;
    private final int maxLag;
    private final Timings timings;
    private final Executor loop;
    private final Link link;
    private final Orders orders = new Orders();
    private final Looks<ServerInfo> looks;

    /** Start of the process that is a master or was ordered to become one, 0 for none; guarded by {@code mastership}, as the next two. */
    private long masterOf;
    private boolean promoting;
    private long promoted;
    private final Object mastership = new Object();

    /** What the server had before a pause took its pings; of the orders' thread. */
    private String pingPeriod;

    /**
     * @param password null for a server without one
     * @param maxLag   min-replicas-max-lag, seconds
     * @param seen     called by {@code loop} with each look
     */
    public RedisServer(int port, String password, int maxLag, Timings timings, Child child, Executor loop, Consumer<ServerView> seen) {
        this(new Address("127.0.0.1", port), password, maxLag, timings, child, loop, seen);
    }

    RedisServer(Address address, String password, int maxLag, Timings timings, Child child, Executor loop, Consumer<ServerView> seen) {
        this.child = child;
        this.maxLag = maxLag;
        this.timings = timings;
        this.loop = loop;
        link = new Link(address, password);
        looks = new Looks<>(new Link(address, password), child, (with, deadline) -> with.info(deadline, maxLag), this::witness, loop,
                now -> seen.accept(new ServerView(now.running(), now.answer(), now.answered(), now.pulse(), now.end(), now.asked())));
    }

    public void start() {
        looks.start();
    }

    /** The process was started: look now. */
    public void started() {
        looks.look();
    }

    /** @param how for a person */
    public void died(String how) {
        looks.ended(how);
    }

    /** Asks the server, and nobody's memory; null if it does not answer. What was seen is handed to the loop first. */
    public void fresh(Consumer<ServerInfo> then) {
        looks.fresh(then);
    }

    @Override
    public void look() {
        looks.look();
    }

    @Override
    public void follow(Address master) {
        orders.give("follow " + master, () -> {
            link.call(in(ANSWER), "REPLICAOF", master.host(), Integer.toString(master.port()));
            looks.look();
        });
    }

    @Override
    public void detach(Consumer<Boolean> then) {
        orders.give("detach", () -> {
            boolean detached = false;
            long deadline = in(ANSWER);
            try {
                detached = letGo(deadline) && copiesNobody(looks.now(link, deadline));
            } catch (JedisDataException e) {
                LOG.debug("not detached: {}", e.getMessage());
            } catch (JedisConnectionException e) {
                detached = !child.running() || Link.refused(e);   // the next one begins as a replica of nobody (B1)
                LOG.debug("not detached: {}", e.getMessage());
            } finally {
                answer(then, detached);
            }
        });
    }

    private boolean letGo(long deadline) {
        for (int refusals = 0; ; refusals++) {
            try {
                link.call(deadline, "REPLICAOF", Address.DEAD.host(), Integer.toString(Address.DEAD.port()));
                return true;
            } catch (JedisDataException e) {
                if (e.getMessage().startsWith("LOADING")) {
                    if (!copiesNobody(looks.now(link, deadline))) {
                        LOG.warn("the server is loading a copy of a leader that has fallen silent, killing it");
                        child.kill();
                    }
                    return true;
                }
                if (!e.getMessage().startsWith("BUSY") || refusals == 3) {
                    throw e;
                }
                // in a round trip of their own: what stands behind them in one pipeline would still be refused
                link.calls(deadline, new String[] {"SCRIPT", "KILL"}, new String[] {"FUNCTION", "KILL"});
            }
        }
    }

    private static boolean copiesNobody(ServerInfo now) {
        return now.follows(Address.DEAD);
    }

    @Override
    public void promote(long valid, BooleanSupplier may, Consumer<Boolean> then) {
        long process = child.since();
        orders.give("promote", () -> {
            Boolean master = null;   // whatever else goes wrong: it may be one
            long deadline = Math.max(in(ANSWER), Math.min(valid, in(PROMOTION)));
            try {
                master = promoted(deadline, () -> child.since() == process && (valid == Validity.NEVER || System.nanoTime() - valid < 0) && may.getAsBoolean()) && isMaster(deadline);
            } catch (JedisDataException e) {
                LOG.warn("the server refuses to be promoted: {}", e.getMessage());
                master = false;
            } catch (JedisConnectionException e) {
                LOG.warn("the server did not answer the promotion: {}", e.getMessage());
            } finally {
                answer(then, master);
            }
            if (Boolean.TRUE.equals(master)) {
                restorePings(in(ANSWER));
            }
        });
    }

    /**
     * @param may false when the server is another by now, or a fence has come, or may have, that did not wait for this order's turn
     * @return false if it was not sent: it may not be, or the server does not answer
     */
    private boolean promoted(long deadline, BooleanSupplier may) {
        boolean[] sent = {false};
        try {
            return link.once(deadline, () -> {
                sent[0] = begins(may);
                return sent[0];
            }, "REPLICAOF", "NO", "ONE");
        } catch (JedisConnectionException e) {
            if (!sent[0]) {
                LOG.warn("the server does not answer, and was not told to be a master: {}", e.getMessage());
                return false;
            }
            if (!Link.closed(e)) {
                throw e;
            }
            LOG.debug("the promotion's connection was closed, by a fence as a rule: {}", e.getMessage());
            return true;   // or not: it is asked
        } finally {
            if (sent[0]) {
                promoting(false);
            }
        }
    }

    private boolean isMaster(long deadline) {
        return looks.now(link, Math.max(deadline, in(ANSWER))).role() == Role.MASTER;
    }

    /** Watched before it is asked: a watchdog that closes the gate right after that, and is not obeyed, is to know that there may be a master to kill. */
    private boolean begins(BooleanSupplier may) {
        synchronized (mastership) {
            promoting = true;
        }
        boolean begins = false;
        try {
            begins = may.getAsBoolean();
        } finally {
            if (begins) {
                promoting(true);
            } else {
                synchronized (mastership) {
                    promoting = false;
                }
            }
        }
        return begins;
    }

    /** A look that was under way meanwhile may have seen the replica and be told after: it proves nothing. */
    private void promoting(boolean now) {
        synchronized (mastership) {
            masterOf = child.since();
            promoting = now;
            promoted = System.nanoTime();
        }
    }

    private void witness(ServerInfo now, long of, long asked) {
        synchronized (mastership) {
            if (now.role() == Role.MASTER) {
                masterOf = of;
            } else {
                obeyed(asked);
            }
        }
    }

    /**
     * By whichever connection it was ordered to be a replica: it accepts no more writes, and is not killed for being slow in whatever else it is asked.
     *
     * @param ordered when, monotonic ns; what it obeyed before it was promoted is nothing
     */
    public void obeyed(long ordered) {
        synchronized (mastership) {
            if (!promoting && ordered - promoted > 0) {
                masterOf = 0;
            }
        }
    }

    /**
     * A process boots as a replica and stays one until it is told otherwise. One that loads its data or runs a long read may be too slow
     * for the fence, but has nothing to be fenced from: to kill it would only make it load again.
     */
    public boolean mayBeMaster() {
        synchronized (mastership) {
            return child.running() && (promoting || masterOf == child.since());
        }
    }

    @Override
    public void fence(boolean dropClients, long bound, Runnable then) {
        orders.give("fence", () -> {
            long began = System.nanoTime();
            long deadline = timings.killAt(bound, began);
            try {
                if (!readOnly(deadline)) {
                    if (mayBeMaster()) {
                        LOG.warn("the server refuses to be fenced, killing it");
                        child.kill();
                    }
                } else {
                    if (dropClients) {
                        drop(deadline);
                    }
                    looks.now(link, deadline);
                }
            } catch (JedisDataException e) {
                LOG.debug("after the fence: {}", e.getMessage());
            } catch (JedisConnectionException e) {
                if (mayBeMaster() && !Link.refused(e)) {
                    LOG.warn("the server was not fenced within {} ms, killing it: {}", (System.nanoTime() - began) / MS, e.getMessage());
                    child.kill();
                }
            } catch (RuntimeException e) {
                LOG.error("the fence", e);
                if (mayBeMaster()) {
                    child.kill();
                }
            }
            looks.look();
            loop.execute(then);
        });
    }

    @Override
    public void stopWrites(Consumer<Boolean> then) {
        orders.give("stop writes", () -> {
            boolean stopped = false;
            long deadline = timings.killAt(Validity.NEVER, System.nanoTime());
            try {
                stopped = readOnly(deadline);
                if (stopped) {
                    drop(deadline);
                    looks.now(link, deadline);
                }
            } catch (JedisDataException | JedisConnectionException e) {
                LOG.debug("writes are {}: {}", stopped ? "stopped" : "not stopped yet", e.getMessage());
            } finally {
                answer(then, stopped || !mayBeMaster());
            }
        });
    }

    private boolean readOnly(long deadline) {
        long ordered = System.nanoTime();
        try {
            link.call(deadline, "REPLICAOF", Address.DEAD.host(), Integer.toString(Address.DEAD.port()));
            obeyed(ordered);
            return true;
        } catch (JedisDataException e) {
            // -LOADING: it reads its data as the replica it was started as. -BUSY: a script is running, which may write.
            try {
                return link.info(deadline, maxLag).role() == Role.REPLICA;
            } catch (JedisDataException busy) {
                return false;
            }
        }
    }

    @Override
    public void minReplicas(int count) {
        orders.give("min-replicas-to-write " + count, () -> {
            link.call(in(ANSWER), "CONFIG", "SET", "min-replicas-to-write", Integer.toString(count));
            looks.look();
        });
    }

    @Override
    public void priority(int priority) {
        orders.give("replica-priority " + priority, () -> {
            link.call(in(ANSWER), "CONFIG", "SET", "replica-priority", Integer.toString(priority));
            looks.look();
        });
    }

    @Override
    public void pause(long nanos, Consumer<Long> then) {
        orders.give("pause", () -> {
            Long offset = null;
            try {
                long deadline = in(ANSWER);
                stopPings(deadline);
                link.call(deadline, "CLIENT", "PAUSE", Long.toString(Math.max(1, nanos / MS)), "WRITE");
                ServerInfo now = looks.now(link, deadline);
                offset = now.role() == Role.MASTER ? (Long) now.offset() : null;
            } catch (JedisDataException | JedisConnectionException e) {
                LOG.warn("the server was not paused: {}", e.getMessage());
            } finally {
                answer(then, offset);
            }
        });
    }

    /**
     * A paused master goes on sending PINGs to its replicas, and a PING moves its offset: one between the read of the offset and the
     * successor's promotion would put the old master ahead of the point where the histories part, and cost it a full sync.
     */
    private void stopPings(long deadline) {
        if (pingPeriod == null && link.call(deadline, "CONFIG", "GET", PING_PERIOD) instanceof List<?> pair && pair.size() == 2) {
            pingPeriod = Link.text(pair.get(1));
            link.call(deadline, "CONFIG", "SET", PING_PERIOD, Long.toString(FOR_EVER_SECONDS));
        }
    }

    private void restorePings(long deadline) {
        if (pingPeriod != null) {
            link.call(deadline, "CONFIG", "SET", PING_PERIOD, pingPeriod);
            pingPeriod = null;
        }
    }

    @Override
    public void unpause() {
        orders.give("unpause", () -> {
            link.call(in(ANSWER), "CLIENT", "UNPAUSE");
            restorePings(in(ANSWER));
        });
    }

    @Override
    public void dropClients() {
        orders.give("drop clients", () -> drop(in(ANSWER)));
    }

    private void drop(long deadline) {
        link.calls(deadline, new String[] {"CLIENT", "KILL", "TYPE", "normal"}, new String[] {"CLIENT", "KILL", "TYPE", "pubsub"});
    }

    @Override
    public void kill() {
        orders.give("kill", looks.kill());
    }

    private <T> void answer(Consumer<T> then, T value) {
        looks.look();
        loop.execute(() -> then.accept(value));
    }

    private static long in(long nanos) {
        return System.nanoTime() + nanos;
    }

    /** Ends both threads after the orders given so far. */
    @Override
    public void close() {
        looks.close();
        orders.close();
    }
}
