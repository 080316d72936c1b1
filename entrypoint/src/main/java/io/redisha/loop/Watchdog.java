package io.redisha.loop;

import io.redisha.model.Timings;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Closes the own server when nobody has confirmed the leader in time, whatever the loop is doing (rules M2, M3): a thread of its own that
 * shares a few numbers with the loop, and a connection with nobody.
 *
 * <p>Without it nothing fences, so it must not end while the process lives: any defect of it is the end of both.
 */
public final class Watchdog {

    private static final long TICK = 100 * Timings.MS;

    private final Gate gate;
    private final Bite bite;
    private final Timings timings;
    private final Consumer<Throwable> died;

    /** What it does to the server. */
    public interface Bite {

        /** In calm moments. Never waits. */
        void prepare();

        /**
         * The server accepts no write any more.
         *
         * @param deadline monotonic ns, at which it gives up
         * @return false: nobody knows
         */
        boolean fence(long deadline);

        /** SIGKILL. */
        void kill();

        /** Told once for each fence or kill. */
        void fenced();
    }

    /** @param died must end the process, and with it the server */
    public Watchdog(Gate gate, Bite bite, Timings timings, Consumer<Throwable> died) {
        this.gate = gate;
        this.bite = bite;
        this.timings = timings;
        this.died = died;
    }

    public void start() {
        Thread.ofPlatform().name("watchdog").daemon().priority(Thread.MAX_PRIORITY).uncaughtExceptionHandler((thread, defect) -> died.accept(defect))
                .start(this::run);
    }

    private void run() {
        while (true) {
            long now = System.nanoTime();
            if (gate.lapsed(now)) {
                if (!bite.fence(timings.killAt(gate.bound(), now))) {
                    bite.kill();
                }
                bite.fenced();
            } else {
                bite.prepare();
            }
            LockSupport.parkNanos(TICK);
        }
    }
}
