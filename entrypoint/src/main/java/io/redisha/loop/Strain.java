package io.redisha.loop;

import io.redisha.model.Timings;

/**
 * How short of processor this member is, by how late comes what should come at once (rule W4): its own ticks, and the replies to its heartbeats.
 * Of the last 30 to 60 s the second longest delay counts: one alone is a pause of a machine or a lost packet, and no shortage.
 */
final class Strain {

    /** Between two ticks, in nanoseconds, as it should be. */
    static final long TICK = 100 * Timings.MS;
    private static final long WINDOW = 30_000 * Timings.MS;
    /** A delay below this is not worth waiting for. */
    private static final long SHORT = 400 * Timings.MS;
    private static final int TIMES = 6;

    private long ticked;
    /** When the newest heartbeat was sent that somebody has answered: later replies to it tell of that member alone. */
    private long answered;
    private long begun;
    /** The newest delay of this window, and its end: what had begun by then is the same one. */
    private long newest;
    private long ended;
    private long longest;
    private long second;
    /** What came of the window before. */
    private long before;

    Strain(long now) {
        ticked = now;
        begun = now;
        answered = now;
        ended = now;
    }

    void ticks(long now) {
        late(now - ticked - TICK, now);
        ticked = now;
        if (now - begun >= WINDOW) {
            count();
            before = second;
            begun = now;
            longest = 0;
            second = 0;
        }
    }

    /** @param sent when the heartbeat was, ns of the own clock */
    void replied(long sent, long now) {
        if (sent > answered) {
            answered = sent;
            late(now - sent, now);
        }
    }

    private void late(long delay, long now) {
        if (delay < SHORT) {
            return;
        }
        if (now - delay < ended) {
            newest = Math.max(newest, delay);
        } else {
            count();
            newest = delay;
            ended = now;
        }
    }

    private void count() {
        second = Math.max(second, Math.min(longest, newest));
        longest = Math.max(longest, newest);
        newest = 0;
    }

    /** How much longer than by rule V1 members should promise, ns: in few steps, so that the Lease is not written for each delay. */
    long patience() {
        long delay = Math.max(before, Math.max(second, Math.min(longest, newest)));
        if (delay == 0) {
            return 0;
        }
        long wanted = TIMES * delay;
        long most = Timings.MOST_PATIENCE;
        return wanted <= most / 4 ? most / 4 : wanted <= most / 2 ? most / 2 : most;
    }
}
