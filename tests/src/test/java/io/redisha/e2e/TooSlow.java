package io.redisha.e2e;

import java.time.Duration;

/**
 * A time limit was missed, and nothing else. On a machine that has other guests one run tells little about the time something takes: two
 * more are made, and the median of the three decides ({@link OnCluster}). What is to hold each time is therefore asked before.
 */
final class TooSlow extends AssertionError {

    private static final long serialVersionUID = 1;

    private TooSlow(String message) {
        super(message);
    }

    static void unless(Duration took, Duration limit, String what) {
        if (took.compareTo(limit) > 0) {
            throw new TooSlow(what + ": " + took.toMillis() + " ms, at most " + limit.toMillis() + " ms");
        }
    }
}
