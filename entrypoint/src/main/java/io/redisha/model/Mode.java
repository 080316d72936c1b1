package io.redisha.model;

/** What a leader's right to accept writes rests on (rule V3); recorded in the Lease, changed only by its holder. */
public enum Mode {
    /** A quorum of the members acknowledges heartbeats; a quorum that stops doing so may elect without waiting for the Lease. */
    MEMBERS,
    /** Too few members answer: only the Lease counts, and a successor waits until it has run out. */
    API
}
