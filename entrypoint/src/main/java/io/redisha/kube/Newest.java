package io.redisha.kube;

import io.redisha.kube.KubeClient.Answer;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BiPredicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that works on the newest order only: a call that hangs is left to itself as soon as the orders change, so that it cannot
 * delay the write that matters now. It starts with the first order.
 */
final class Newest<O> implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Newest.class);

    private final String name;
    private final BiPredicate<O, O> same;
    private final Ticker ticker;
    private final Supplier<Duration> pause;
    private final Work<O> work;

    private final Object monitor = new Object();
    private O order;
    private O done;
    private Thread thread;

    /** What is to be done about an order. */
    interface Work<O> {

        /** @param again nobody has given an order since */
        void on(O order, boolean again) throws InterruptedException;
    }

    /**
     * @param same  whether the second replaces the first without making its calls worthless
     * @param pause after which an order is looked at again, asked before each pause
     */
    Newest(String name, Ticker ticker, BiPredicate<O, O> same, Supplier<Duration> pause, Work<O> work) {
        this.name = name;
        this.ticker = ticker;
        this.same = same;
        this.pause = pause;
        this.work = work;
    }

    void give(O next) {
        synchronized (monitor) {
            order = next;
            if (thread == null) {
                thread = Thread.ofPlatform().daemon().name(name).start(this::run);
            }
            monitor.notifyAll();
        }
    }

    /** Null before the first. */
    O newest() {
        synchronized (monitor) {
            return order;
        }
    }

    @Override
    public void close() {
        synchronized (monitor) {
            if (thread != null) {
                thread.interrupt();
            }
        }
    }

    private void run() {
        try {
            while (true) {
                O next;
                boolean again;
                synchronized (monitor) {
                    if (order == done) {
                        pause();
                    }
                    next = order;
                    again = next == done;
                    done = next;
                }
                try {
                    work.on(next, again);
                } catch (RuntimeException e) {
                    LOG.warn("the {} cannot go on with this order", name, e);
                }
            }
        } catch (InterruptedException e) {
            // Closed.
        }
    }

    /** Until the pause is over or another order is given. */
    private void pause() throws InterruptedException {
        CompletableFuture<Void> over = ticker.after(pause.get());
        over.thenRun(this::wake);
        try {
            while (order == done && !over.isDone()) {
                monitor.wait();
            }
        } finally {
            over.cancel(false);
        }
    }

    private void wake() {
        synchronized (monitor) {
            monitor.notifyAll();
        }
    }

    /** In the thread: null if there is no answer, or nobody wants it any more. */
    Answer await(CompletableFuture<Answer> sent, O forThis) throws InterruptedException {
        sent.whenComplete((answer, problem) -> wake());
        synchronized (monitor) {
            while (!sent.isDone() && same.test(forThis, order)) {
                monitor.wait();
            }
        }
        if (!sent.isDone()) {
            return null;
        }
        try {
            return sent.join();
        } catch (CompletionException | CancellationException e) {
            // The API server's absence is told by whoever renews the Lease.
            LOG.debug("not published: {}", KubeClient.why(e));
            return null;
        }
    }
}
