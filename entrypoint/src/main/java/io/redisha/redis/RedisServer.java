package io.redisha.redis;

import io.redisha.loop.Server;
import io.redisha.model.Address;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
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
    private static final long LOOK_EVERY = 100 * MS;
    /** A server that has just been started: it answers 20-40 ms later, and the role waits for that. */
    private static final long LOOK_EVERY_AT_START = 10 * MS;
    private static final long ANSWER = 500 * MS;
    /** Half of F (rule M1): the other half is for the SIGKILL. */
    private static final long FENCE = 250 * MS;
    private static final long FOR_EVER_SECONDS = 86_400;
    private static final String PING_PERIOD = "repl-ping-replica-period";

    private final Child child;
    private final int maxLag;
    private final Executor loop;
    private final Consumer<ServerView> seen;
    private final Link orders;
    private final Link looks;
    private final ExecutorService orderly;
    private final Thread looker;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private boolean awake;
    private boolean closed;
    private List<Consumer<ServerInfo>> asking = new ArrayList<>();

    /** Newest answer of the process that was started at {@code infoOf}; guarded by {@code lock}. */
    private ServerInfo info;
    private long infoOf;
    private long infoAsked;
    private long answered;
    /** Start of the process that is a master or was ordered to become one, 0 for none; guarded by {@code lock}. */
    private long masterOf;
    private boolean promoting;
    private long promoted;

    /** What the server had before a pause took its pings; of the orders' thread. */
    private String pingPeriod;

    /**
     * @param password null for a server without one
     * @param maxLag   min-replicas-max-lag, seconds
     * @param seen     called by {@code loop} with each look
     */
    public RedisServer(int port, String password, int maxLag, Child child, Executor loop, Consumer<ServerView> seen) {
        this(new Address("127.0.0.1", port), password, maxLag, child, loop, seen);
    }

    RedisServer(Address address, String password, int maxLag, Child child, Executor loop, Consumer<ServerView> seen) {
        this.child = child;
        this.maxLag = maxLag;
        this.loop = loop;
        this.seen = seen;
        orders = new Link(address, password);
        looks = new Link(address, password);
        orderly = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("redis-orders").daemon().factory());
        looker = Thread.ofPlatform().name("redis-looks").daemon().unstarted(this::keepLooking);
    }

    public void start() {
        looker.start();
    }

    /** The process was started or died: look now. */
    public void changed() {
        wake();
    }

    /** Asks the server, and nobody's memory; null if it does not answer. What was seen is handed to the loop first. */
    public void fresh(Consumer<ServerInfo> then) {
        lock.lock();
        try {
            asking.add(then);
        } finally {
            lock.unlock();
        }
        wake();
    }

    @Override
    public void look() {
        wake();
    }

    @Override
    public void follow(Address master) {
        order("follow " + master, () -> {
            orders.call(in(ANSWER), "REPLICAOF", master.host(), Integer.toString(master.port()));
            wake();
        });
    }

    @Override
    public void promote(Consumer<Boolean> then) {
        order("promote", () -> {
            boolean master = false;
            long deadline = in(ANSWER);
            promoting(true);
            try {
                try {
                    orders.call(deadline, "REPLICAOF", "NO", "ONE");
                } finally {
                    promoting(false);
                }
                master = lookNow(deadline).role() == Role.MASTER;
            } catch (JedisDataException e) {
                LOG.warn("the server refuses to be promoted: {}", e.getMessage());
            } catch (JedisConnectionException e) {
                // It may be a master by now, or become one when it wakes up.
                LOG.warn("the server did not answer the promotion, killing it: {}", e.getMessage());
                child.kill();
            }
            answer(then, master);
            restorePings(in(ANSWER));
        });
    }

    /** A look that was under way meanwhile may have seen the replica and be told after: it proves nothing. */
    private void promoting(boolean now) {
        lock.lock();
        try {
            masterOf = child.since();
            promoting = now;
            promoted = System.nanoTime();
        } finally {
            lock.unlock();
        }
    }

    /**
     * A process boots as a replica and stays one until it is told otherwise. One that loads its data or runs a long read may be too slow
     * for the fence, but has nothing to be fenced from: to kill it would only make it load again.
     */
    private boolean mayBeMaster() {
        lock.lock();
        try {
            return child.running() && masterOf == child.since();
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void fence(boolean dropClients, Runnable then) {
        order("fence", () -> {
            long deadline = in(FENCE);
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
                    lookNow(deadline);
                }
            } catch (JedisDataException e) {
                LOG.debug("after the fence: {}", e.getMessage());
            } catch (JedisConnectionException e) {
                if (mayBeMaster() && !Link.refused(e)) {
                    LOG.warn("the server was not fenced within {} ms, killing it: {}", FENCE / MS, e.getMessage());
                    child.kill();
                }
            }
            wake();
            loop.execute(then);
        });
    }

    private boolean readOnly(long deadline) {
        try {
            orders.call(deadline, "REPLICAOF", Address.DEAD.host(), Integer.toString(Address.DEAD.port()));
            return true;
        } catch (JedisDataException e) {
            // -LOADING: it reads its data as the replica it was started as. -BUSY: a script is running, which may write.
            try {
                return orders.info(deadline, maxLag).role() == Role.REPLICA;
            } catch (JedisDataException busy) {
                return false;
            }
        }
    }

    @Override
    public void minReplicas(int count) {
        order("min-replicas-to-write " + count, () -> {
            orders.call(in(ANSWER), "CONFIG", "SET", "min-replicas-to-write", Integer.toString(count));
            wake();
        });
    }

    @Override
    public void pause(long nanos, Consumer<Long> then) {
        order("pause", () -> {
            Long offset = null;
            try {
                long deadline = in(ANSWER);
                stopPings(deadline);
                orders.call(deadline, "CLIENT", "PAUSE", Long.toString(Math.max(1, nanos / MS)), "WRITE");
                ServerInfo now = lookNow(deadline);
                offset = now.role() == Role.MASTER ? (Long) now.offset() : null;
            } catch (JedisDataException | JedisConnectionException e) {
                LOG.warn("the server was not paused: {}", e.getMessage());
            }
            answer(then, offset);
        });
    }

    /**
     * A paused master goes on sending PINGs to its replicas, and a PING moves its offset: one between the read of the offset and the
     * successor's promotion would put the old master ahead of the point where the histories part, and cost it a full sync.
     */
    private void stopPings(long deadline) {
        if (pingPeriod == null && orders.call(deadline, "CONFIG", "GET", PING_PERIOD) instanceof List<?> pair && pair.size() == 2) {
            pingPeriod = Link.text(pair.get(1));
            orders.call(deadline, "CONFIG", "SET", PING_PERIOD, Long.toString(FOR_EVER_SECONDS));
        }
    }

    private void restorePings(long deadline) {
        if (pingPeriod != null) {
            orders.call(deadline, "CONFIG", "SET", PING_PERIOD, pingPeriod);
            pingPeriod = null;
        }
    }

    @Override
    public void unpause() {
        order("unpause", () -> {
            orders.call(in(ANSWER), "CLIENT", "UNPAUSE");
            restorePings(in(ANSWER));
        });
    }

    @Override
    public void dropClients() {
        order("drop clients", () -> drop(in(ANSWER)));
    }

    private void drop(long deadline) {
        orders.calls(deadline, new String[] {"CLIENT", "KILL", "TYPE", "normal"}, new String[] {"CLIENT", "KILL", "TYPE", "pubsub"});
    }

    @Override
    public void kill() {
        order("kill", child::kill);
    }

    private void order(String what, Runnable how) {
        try {
            orderly.execute(() -> {
                try {
                    how.run();
                } catch (JedisDataException | JedisConnectionException e) {
                    LOG.debug("{}: {}", what, e.getMessage());
                } catch (RuntimeException e) {
                    LOG.error("{}", what, e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: too late, closed", what);
        }
    }

    private <T> void answer(Consumer<T> then, T value) {
        wake();
        loop.execute(() -> then.accept(value));
    }

    private void keepLooking() {
        while (true) {
            List<Consumer<ServerInfo>> waiting;
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                awake = false;
                waiting = asking;
                if (!waiting.isEmpty()) {
                    asking = new ArrayList<>();
                }
            } finally {
                lock.unlock();
            }
            ServerInfo now = lookOnce();
            for (Consumer<ServerInfo> one : waiting) {
                loop.execute(() -> one.accept(now));
            }
            rest(now == null && child.running() ? LOOK_EVERY_AT_START : LOOK_EVERY);
        }
    }

    private void rest(long nanos) {
        lock.lock();
        try {
            long left = nanos;
            while (!awake && !closed && left > 0) {
                left = woken.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        lock.lock();
        try {
            awake = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
    }

    /** Looks and tells the loop, whatever there is to see. */
    private ServerInfo lookOnce() {
        if (!child.running()) {
            looks.close();
            publish(null, 0, false, System.nanoTime());
            return null;
        }
        long of = child.since();
        long asked = System.nanoTime();
        try {
            ServerInfo now = looks.info(asked + ANSWER, maxLag);
            publish(now, of, true, asked);
            return now;
        } catch (JedisDataException e) {
            // -BUSY: alive, and what it said last still holds.
            publish(null, of, true, asked);
        } catch (JedisConnectionException e) {
            publish(null, of, false, asked);
        } catch (RuntimeException e) {
            LOG.error("INFO", e);
            publish(null, of, false, asked);
        }
        return null;
    }

    private ServerInfo lookNow(long deadline) {
        long of = child.since();
        long asked = System.nanoTime();
        ServerInfo now = orders.info(deadline, maxLag);
        publish(now, of, true, asked);
        return now;
    }

    /** Under the lock up to the hand-over: two threads look, and the loop must not see the older look last. */
    private void publish(ServerInfo now, long of, boolean answer, long asked) {
        lock.lock();
        try {
            ServerView view = ServerView.DEAD;
            if (!child.running()) {
                info = null;
            } else {
                long started = child.since();
                if (started != infoOf) {
                    info = null;
                    infoOf = started;
                    answered = started;
                }
                // An answer of the process before this one says nothing.
                boolean ours = of == started;
                if (ours && now != null && (info == null || asked - infoAsked >= 0)) {
                    info = now;
                    infoAsked = asked;
                    if (now.role() == Role.MASTER) {
                        masterOf = of;
                    } else if (!promoting && asked - promoted > 0) {
                        masterOf = 0;
                    }
                }
                if (ours && answer) {
                    answered = System.nanoTime();
                }
                view = new ServerView(true, info, answered);
            }
            ServerView handed = view;
            loop.execute(() -> seen.accept(handed));
        } catch (RejectedExecutionException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    private static long in(long nanos) {
        return System.nanoTime() + nanos;
    }

    /** Ends both threads after the orders given so far. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
        orderly.shutdown();
        try {
            orderly.awaitTermination(1, TimeUnit.SECONDS);
            looker.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
