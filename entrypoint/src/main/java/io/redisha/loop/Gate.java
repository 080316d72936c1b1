package io.redisha.loop;

import io.redisha.decide.Validity;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Whether the own server may accept writes, and until when: all that the loop and the watchdog share (rule M2). No locks.
 *
 * <p>The loop may close the gate at any time, the watchdog when the moment has come. Closed is closed: what the loop was about to open
 * stays shut, because {@link #open} then fails and the loop fences again.
 */
public final class Gate {

    private static final int CLOSED = 0;
    private static final int OPENING = 1;
    private static final int OPEN = 2;

    private final AtomicInteger state = new AtomicInteger(CLOSED);
    private volatile int openings;
    private volatile long until = Validity.NEVER;
    private volatile long bound = Validity.NEVER;

    /** @param others until when the others are bound: a server that does not obey is not killed before they no longer are */
    public void validUntil(long moment, long others) {
        bound = others;
        until = moment;
    }

    public void validUntil(long moment) {
        validUntil(moment, moment);
    }

    /** When a fence may begin to be urgent: what is counted from is the later of this and its beginning. */
    public long bound() {
        return bound;
    }

    /** @return which one of all its openings this is */
    public int opening() {
        openings++;   // by the loop alone
        state.set(OPENING);
        return openings;
    }

    /** The question of whoever carries the promotion out, maybe long after it was ordered: false for ever once it was closed, or its time is over. */
    public boolean isOpening(int opening, long now) {
        return state.get() == OPENING && openings == opening && now < until;
    }

    /** False if it was closed meanwhile. */
    public boolean open(int opening) {
        return openings == opening && state.compareAndSet(OPENING, OPEN);
    }

    public void close() {
        state.set(CLOSED);
    }

    /** The watchdog's whole question: true = fence now (rules V4, M3); asked again it says no. */
    public boolean lapsed(long now) {
        return state.get() != CLOSED && now >= until && state.getAndSet(CLOSED) != CLOSED;
    }
}
