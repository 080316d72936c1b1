package io.redisha.loop;

import io.redisha.model.Timings;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one thread on which a {@link Member} lives: a tick every 100 ms, and whatever others hand it, in order. */
public final class LoopThread implements Executor {

    private static final Logger LOG = LoggerFactory.getLogger(LoopThread.class);
    private static final long TICK = 100 * Timings.MS;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

    /** What was handed over before runs first. */
    public void start(Runnable tick) {
        Thread.ofPlatform().name("loop").daemon().start(() -> {
            long next = System.nanoTime();
            while (true) {
                long now = System.nanoTime();
                if (now - next >= 0) {
                    guarded(tick);
                    next = now + TICK;
                }
                try {
                    Runnable task = tasks.poll(Math.max(1, next - System.nanoTime()), TimeUnit.NANOSECONDS);
                    if (task != null) {
                        guarded(task);
                    }
                } catch (InterruptedException e) {
                    return;
                }
            }
        });
    }

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    /** A defect must not end the loop: what it guards goes on, and the watchdog fences if nothing renews any more. */
    private static void guarded(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException e) {
            LOG.error("defect", e);
        }
    }
}
