package io.redisha.decide;

import io.redisha.model.Heartbeat;

/** Rule D1: whether a member may give up what its server can't load for a copy of the leader's data. Pure. */
public final class Anew {

    private Anew() {}

    /**
     * @param leader    heard last, null for none
     * @param runOut    what was promised to it; it may be gone, and this member's files be what is left
     * @param datasetId whose data this member's disk holds, null if it does not say: then nothing proves that the leader has the same
     */
    public static boolean isAllowed(Heartbeat leader, boolean runOut, String datasetId) {
        return leader != null && !runOut && leader.open() && datasetId != null && datasetId.equals(leader.datasetId());
    }
}
