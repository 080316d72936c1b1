package io.redisha.model;

/**
 * Another pod of a ring, as DNS, its program and its agent show it.
 *
 * @param pod     null for an address that no ordinal leads to
 * @param answers its program passes the check, from here
 * @param state   null if no agent answers: it has none, it is gone, or the way to it is cut
 */
public record Sighting(String pod, String ip, boolean answers, PeerState state) {

    /** Large for one that has none, so that it comes last and goes before nobody. */
    public int ordinal() {
        return pod == null ? Integer.MAX_VALUE : MemberId.ordinal(pod);
    }

    public boolean is(PeerPhase phase) {
        return state != null && state.phase() == phase;
    }

    /** For a person. */
    public String name() {
        return pod == null ? ip : pod;
    }
}
