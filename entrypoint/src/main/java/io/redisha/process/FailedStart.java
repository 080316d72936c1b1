package io.redisha.process;

import io.redisha.process.ServerProcess.Exit;
import java.time.Duration;
import java.util.List;
import java.util.function.LongSupplier;

/** Why the server does not come up, for {@code status}: what its last run ended of, until one answers. For any thread. */
public final class FailedStart {

    private static final Duration EARLY = Duration.ofSeconds(3);
    /** What was seen before it ended may be told after it. */
    private static final long LATE = Duration.ofSeconds(1).toNanos();

    private record Failure(String why, long at) {}

    private final LongSupplier clock;
    private volatile Failure last;

    /** @param clock monotonic ns */
    public FailedStart(LongSupplier clock) {
        this.clock = clock;
    }

    /** A run has ended, or none could begin. */
    public void exited(Exit exit) {
        boolean failed = exit.life().compareTo(EARLY) < 0 && (exit.status() != 0 || !exit.words().isEmpty());
        last = failed ? new Failure(exit.why(), clock.getAsLong()) : null;
    }

    /**
     * @param answers a server was seen to answer at {@code seen}, monotonic ns
     * @return empty if there is nothing to say
     */
    public List<String> problems(boolean answers, long seen) {
        Failure now = last;
        if (now == null) {
            return List.of();
        }
        if (answers && seen - now.at > LATE) {
            last = null;
            return List.of();
        }
        return List.of("its server does not start: " + now.why);
    }
}
