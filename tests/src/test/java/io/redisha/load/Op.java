package io.redisha.load;

/** One append from question to answer; what never got an answer is {@code INFO} like any other unknown. */
public record Op(String client, String side, String key, long value, long invoked, long ended, Event.Phase phase, int acks, String error) {

    public boolean acknowledged() {
        return phase == Event.Phase.OK;
    }

    /** Rule D1: written, and then WAIT counted a replica. */
    public boolean replicated() {
        return acknowledged() && acks >= 1;
    }
}
