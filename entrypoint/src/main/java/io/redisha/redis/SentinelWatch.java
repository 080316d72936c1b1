package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.Connection;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One sentinel, looked at once a second and at once on whatever it has to tell: one thread looks, another listens. What it tells is not
 * read: all that counts is in what it then answers, whether or not something was missed before.
 */
final class SentinelWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SentinelWatch.class);
    private static final long MS = 1_000_000L;
    private static final long EVERY = 1_000 * MS;
    private static final long ANSWER = 500 * MS;
    private static final long AGAIN = 200 * MS;

    private final String pod;
    private final Address address;
    private final String password;
    private final String masterName;
    private final Consumer<SentinelView> seen;
    private final Thread looker;
    private final Thread listener;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private boolean awake;
    private boolean closed;
    private boolean answering;
    private volatile long highest;
    /** Of the looker: what it was refused with last. */
    private String refused;
    /** What the listener reads from, null while it does not. */
    private Connection heard;

    /**
     * @param password null for a sentinel without one
     * @param seen     called with each look by a thread of this object
     */
    SentinelWatch(String pod, Address address, String password, String masterName, Consumer<SentinelView> seen) {
        this.pod = pod;
        this.address = address;
        this.password = password;
        this.masterName = masterName;
        this.seen = seen;
        looker = Thread.ofPlatform().name("look-at-" + pod).daemon().unstarted(this::keepLooking);
        listener = Thread.ofPlatform().name("listen-to-" + pod).daemon().unstarted(this::keepListening);
    }

    void start() {
        looker.start();
        listener.start();
    }

    Address address() {
        return address;
    }

    /** Last epoch that it has told of. */
    long highest() {
        return highest;
    }

    /** At once instead of at the next turn. */
    void look() {
        lock.lock();
        try {
            awake = true;
            woken.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void keepLooking() {
        try (Link link = new Link(address, password)) {
            boolean goOn = true;
            while (goOn) {
                SentinelView view = once(link);
                goOn = note(view.answering());
                if (goOn) {
                    seen.accept(view);
                    goOn = rest();
                }
            }
        }
    }

    private SentinelView once(Link link) {
        long asked = System.nanoTime();
        try {
            SentinelReply reply = SentinelReply.ask(link, asked + ANSWER, masterName);
            highest = Math.max(highest, reply.highest());
            refused = null;
            return reply.view(pod, asked);
        } catch (JedisDataException e) {
            if (!e.getMessage().equals(refused)) {
                refused = e.getMessage();
                LOG.warn("{} refuses to say whom it monitors: {}", pod, refused);
            }
        } catch (JedisConnectionException e) {
            LOG.debug("{} does not answer: {}", pod, e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("the answer of {}", pod, e);
        }
        link.close();
        return SentinelView.silent(pod, asked);
    }

    /** A connection on which nobody sends anything may be dead and not know it: it is the looks that find out. */
    private boolean note(boolean answers) {
        lock.lock();
        try {
            answering = answers;
            if (answers) {
                woken.signalAll();
            } else {
                hangUp();
            }
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    boolean isAnswering() {
        lock.lock();
        try {
            return answering;
        } finally {
            lock.unlock();
        }
    }

    private boolean rest() {
        lock.lock();
        try {
            long left = EVERY;
            while (!awake && !closed && left > 0) {
                left = woken.awaitNanos(left);
            }
            awake = false;
            return !closed;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void keepListening() {
        while (isThere()) {
            try (Connection connection = Link.open(new HostAndPort(address.host(), address.port()), password, (int) (ANSWER / MS))) {
                connection.sendCommand(new Link.Word("PSUBSCRIBE".getBytes(StandardCharsets.US_ASCII)), "*");
                connection.getOne();
                connection.setTimeoutInfinite();
                if (listening(connection)) {
                    while (true) {
                        // Something may have happened before it listened.
                        look();
                        connection.getUnflushedObject();
                    }
                }
            } catch (JedisDataException | JedisConnectionException e) {
                LOG.debug("{} is not heard: {}", pod, e.getMessage());
            } catch (RuntimeException e) {
                LOG.error("{} is not heard", pod, e);
            }
            listening(null);
            pause();
        }
    }

    /** Waits until there is somebody to listen to; false when nobody is to listen any more. */
    private boolean isThere() {
        lock.lock();
        try {
            while (!answering && !closed) {
                woken.await();
            }
            return !closed;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    private boolean listening(Connection to) {
        lock.lock();
        try {
            heard = to;
            return !closed;
        } finally {
            lock.unlock();
        }
    }

    private void pause() {
        lock.lock();
        try {
            long left = AGAIN;
            while (!closed && left > 0) {
                left = woken.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            closed = true;
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock. Ends the read that the listener is in. */
    private void hangUp() {
        if (heard != null) {
            try {
                heard.forceDisconnect();
            } catch (IOException | JedisConnectionException e) {
                LOG.debug("{}: {}", pod, e.getMessage());
            }
            heard = null;
        }
    }

    /** Does not wait for the threads: each ends with what it is at. */
    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            hangUp();
            woken.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
