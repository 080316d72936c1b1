package io.redisha.model;

import java.util.Map;

/**
 * What the agent of a ring's pod says of it.
 *
 * @param run     names one run of the program; "" before the first
 * @param answers the program passes its check
 * @param ring    which founding its program goes back to: the moment and the founder, so that of two the older is the lesser; "" before the
 *                program has been started
 * @param given   the pods that its program was given and that answered then, each with its run
 */
public record PeerState(String pod, String run, PeerPhase phase, boolean answers, String ring, Map<String, String> given) {

    public PeerState {
        given = Map.copyOf(given);
    }

    /** Its program was given the other's, as it runs now: they are of one ring. */
    public boolean joined(PeerState other) {
        return !other.run.isEmpty() && other.run.equals(given.get(other.pod));
    }
}
