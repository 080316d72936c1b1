package io.redisha.e2e;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * A time limit was missed, and nothing else. On a machine that has other guests one run tells little about the time something takes: two
 * more are made, and the median of the three decides ({@link OnCluster}). What is to hold each time is therefore asked before.
 */
public final class TooSlow extends AssertionError {

    /** Of a test. */
    interface Run {
        void run() throws Throwable;
    }

    private static final long serialVersionUID = 1;

    private TooSlow(String message) {
        super(message);
    }

    public static void unless(Duration took, Duration limit, String what) {
        if (took.compareTo(limit) > 0) {
            throw new TooSlow(what + ": " + took.toMillis() + " ms, at most " + limit.toMillis() + " ms");
        }
    }

    /** Once too slow, both others must not be: that is the median of the three. */
    static void median(Run first, Consumer<TooSlow> noted, Run again) throws Throwable {
        try {
            first.run();
        } catch (TooSlow slow) {
            noted.accept(slow);
            again.run();
            again.run();
        }
    }
}
