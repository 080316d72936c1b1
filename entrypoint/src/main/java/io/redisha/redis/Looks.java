package io.redisha.redis;

import io.redisha.model.Pulse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The looks at the own server: ten a second, if nothing else is said, by a thread of their own, more by whoever gives orders. What is seen
 * is handed to the loop, and never an older look after a newer, nor one at a process that has died.
 *
 * @param <T> what an answer says
 */
final class Looks<T> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Looks.class);
    private static final long MS = 1_000_000L;
    private static final long EVERY = 100 * MS;
    /** A server that has just been started: it answers 20-40 ms later, and the role waits for that. */
    private static final long EVERY_AT_START = 10 * MS;
    private static final long ANSWER = 500 * MS;
    /** No process is started at this moment. */
    private static final long NONE = Long.MIN_VALUE;

    /** How to ask. An error for an answer is that of a server that is alive and busy. */
    @FunctionalInterface
    interface Question<T> {
        T ask(Link link, long deadline);
    }

    /**
     * Told of an answer before the loop is, by whichever thread it came to.
     *
     * @param <T> what an answer says
     */
    @FunctionalInterface
    interface Witness<T> {
        /**
         * @param of    start of the process that answered
         * @param asked monotonic ns
         */
        void saw(T answer, long of, long asked);
    }

    /**
     * @param answer   newest of this process, null before the first
     * @param answered monotonic ns of the newest answer, also of a busy one; the start of the process before the first
     * @param pulse    newest of this process, null if it cannot be read
     * @param end      how it ended, for a person; empty while it runs, and if that was told before
     * @param asked    monotonic ns at which {@code answer} was asked for, 0 while there is none
     */
    record Seen<T>(boolean running, T answer, long answered, Pulse pulse, String end, long asked) {

        /** Without an answer. */
        Seen(boolean running, T answer, long answered, Pulse pulse, String end) {
            this(running, answer, answered, pulse, end, 0);
        }
    }

    private final Link link;
    private final long every;
    private final Child child;
    private final Question<T> question;
    private final Witness<T> witness;
    private final Executor loop;
    private final Consumer<Seen<T>> seen;
    private final Thread looker;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition woken = lock.newCondition();
    private boolean awake;
    private boolean closed;
    private List<Consumer<T>> asking = new ArrayList<>();

    /** Newest answer of the process that was started at {@code newestOf}; guarded by {@code lock}. */
    private T newest;
    private long newestOf;
    private long newestAsked;
    private long answered;
    private Pulse pulse;
    private long pulseOf;
    /** Start of the process whose end was told. */
    private long ended = NONE;
    /** Start of the process of which the loop was told last. */
    private volatile long told = NONE;

    /** @param link of the looks alone */
    Looks(Link link, Child child, Question<T> question, Witness<T> witness, Executor loop, Consumer<Seen<T>> seen) {
        this(link, EVERY, child, question, witness, loop, seen);
    }

    /** @param every ns between two looks, once it has answered */
    Looks(Link link, long every, Child child, Question<T> question, Witness<T> witness, Executor loop, Consumer<Seen<T>> seen) {
        this.link = link;
        this.every = every;
        this.child = child;
        this.question = question;
        this.witness = witness;
        this.loop = loop;
        this.seen = seen;
        looker = Thread.ofPlatform().name("redis-looks").daemon().unstarted(this::keepLooking);
    }

    void start() {
        looker.start();
    }

    /** At once instead of at the next turn. */
    void look() {
        lock.lock();
        try {
            awake = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
    }

    /** The process has died: the loop hears of it before it hears anything of the next one. @param how for a person */
    void ended(String how) {
        lock.lock();
        try {
            ended = child.since();
            newest = null;
            tell(NONE, new Seen<>(false, null, 0, null, how));
        } finally {
            lock.unlock();
        }
    }

    /** Asks the server, and nobody's memory; null if it does not answer. What was seen is handed to the loop first. */
    void fresh(Consumer<T> then) {
        lock.lock();
        try {
            asking.add(then);
            awake = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
    }

    /** SIGKILL for the process that the loop judges by what it has seen; for none that was started since. To be called on the loop. */
    Runnable kill() {
        long judged = told;
        return () -> {
            if (child.since() == judged) {
                child.kill();
            }
        };
    }

    /** Looks on the caller's thread and link. */
    T now(Link with, long deadline) {
        long of = child.since();
        long asked = System.nanoTime();
        T now = question.ask(with, deadline);
        publish(now, of, true, asked);
        return now;
    }

    private void keepLooking() {
        while (true) {
            List<Consumer<T>> waiting;
            lock.lock();
            try {
                if (closed) {
                    return;
                }
                awake = false;
                // Who asks from now on is not answered by this look, also if nobody has asked yet.
                waiting = asking.isEmpty() ? List.of() : asking;
                if (!waiting.isEmpty()) {
                    asking = new ArrayList<>();
                }
            } finally {
                lock.unlock();
            }
            T now = once();
            for (Consumer<T> one : waiting) {
                loop.execute(() -> one.accept(now));
            }
            rest(child.running() && !hasAnswered() ? EVERY_AT_START : every);
        }
    }

    /** The process that runs; with an error too, as one that is busy. */
    private boolean hasAnswered() {
        lock.lock();
        try {
            return newestOf == child.since() && answered - newestOf > 0;
        } finally {
            lock.unlock();
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

    /** Looks and tells the loop, whatever there is to see. */
    private T once() {
        if (!child.running()) {
            link.close();
            publish(null, 0, false, System.nanoTime());
            return null;
        }
        long of = child.since();
        // Before the question too: what stood still all through a look is known to have stood still since it began.
        feel(of);
        long asked = System.nanoTime();
        try {
            T now = question.ask(link, asked + ANSWER);
            publish(now, of, true, asked);
            return now;
        } catch (JedisDataException e) {
            // -BUSY: alive, and what it said last still holds.
            publish(null, of, true, asked);
        } catch (JedisConnectionException e) {
            feel(of);
            publish(null, of, false, asked);
        } catch (RuntimeException e) {
            LOG.error("the server's answer", e);
            publish(null, of, false, asked);
        }
        return null;
    }

    /** Of a server that has not answered yet nobody asks whether it hangs. */
    private void feel(long of) {
        lock.lock();
        try {
            if (newest == null || newestOf != of) {
                return;
            }
        } finally {
            lock.unlock();
        }
        Pulse now = child.pulse();   // not under the lock: files are read
        lock.lock();
        try {
            pulse = now;
            pulseOf = of;
        } finally {
            lock.unlock();
        }
    }

    /** Under the lock up to the hand-over: two threads look, and the loop must not see the older look last. */
    private void publish(T now, long of, boolean answer, long asked) {
        lock.lock();
        try {
            Seen<T> view;
            long started = child.since();
            boolean dead = !child.running() || started == ended;
            if (dead) {
                newest = null;
                view = new Seen<>(false, null, 0, null, "");
            } else {
                if (started != newestOf) {
                    newest = null;
                    newestOf = started;
                    answered = started;
                }
                // An answer of the process before this one says nothing.
                boolean ours = of == started;
                if (ours && now != null && (newest == null || asked - newestAsked >= 0)) {
                    newest = now;
                    newestAsked = asked;
                    witness.saw(now, of, asked);
                }
                if (ours && answer) {
                    answered = System.nanoTime();
                }
                view = new Seen<>(true, newest, answered, pulseOf == started ? pulse : null, "", newest == null ? 0 : newestAsked);
            }
            tell(dead ? NONE : started, view);
        } finally {
            lock.unlock();
        }
    }

    private void tell(long of, Seen<T> view) {
        try {
            loop.execute(() -> {
                told = of;
                seen.accept(view);
            });
        } catch (RejectedExecutionException e) {
            closed = true;
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            woken.signal();
        } finally {
            lock.unlock();
        }
        try {
            looker.join(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
