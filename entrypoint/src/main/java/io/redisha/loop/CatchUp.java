package io.redisha.loop;

import io.redisha.model.Timings;

/** When the target of a handover is asked how far it is (rule H3b): one question at a time, and seldom once it has had its time. */
final class CatchUp {

    /** An answer takes a round trip of the network and one of the server; without any in this time another is asked for. */
    private static final long ANSWER = 600 * Timings.MS;
    /** So many are asked each as soon as the one before is answered, because writes wait; the others ten times a second. */
    private static final int EAGER = 200;

    private boolean waiting;
    private long askedAt;
    private int asked;

    /** Whether to ask now, which counts as done. @param tick it is not the answer before that makes it ask */
    boolean asks(boolean tick, long now) {
        boolean due = waiting ? now - askedAt >= ANSWER : tick || asked < EAGER;
        if (due) {
            waiting = true;
            askedAt = now;
            asked++;
        }
        return due;
    }

    /** The number of the question that was asked last. */
    int asked() {
        return asked;
    }

    /** A late answer to an earlier question does not end the wait for that of the newest. */
    void answered(int question) {
        waiting &= question != asked;
    }
}
