package io.redisha.model;

/** How far a pod of a ring is with starting its program. */
public enum PeerPhase {
    /** It looks for others. */
    WAITING,
    /** It has found nobody, says so, and looks once more. */
    FOUNDING,
    /** Its program was started; whether it answers yet is another matter. */
    STARTED,
    /** It was told to stop. */
    ENDING
}
