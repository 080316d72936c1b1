package io.redisha.loop;

/** What the probes read of the last observation, whatever the architecture. */
public interface Health {

    /** Monotonic ns at which it was made; liveness is that this is not long ago (rule P1). */
    long at();

    boolean ready();

    /** What is missing to be ready, in words; empty if nothing is. */
    String unready();
}
