package io.redisha.loop;

import io.redisha.model.Reason;

/** Changes of this member, for log, Kubernetes Events and metrics. */
public interface Journal {

    /** What happened. */
    enum Act { PROMOTED, DEMOTED, FENCED, HANDOVER_STARTED, HANDED_OVER, HANDOVER_FAILED, FOLLOWING, REFUSED, WAITING, ELECTED, DEPOSED, MEMBERS_CHANGED,
        MODE_CHANGED, API_LOST, API_BACK, LEASE_REFUSED, LEASE_BACK, SERVER_DIED, SERVER_KILLED, SERVER_SILENT, CANNOT_SAVE, WRITES_REFUSED, SET_ASIDE, NO_MASTER, DISBELIEVED,
        // of a Redis Cluster
        CREATED, SERVES, JOINED, MET, FORGOT, RETIRED, SLOTS_MOVING, SLOTS_MOVED, SHAPE_CHANGED, MENDED,
        // of a release that sentinels watch over
        FOUNDED }

    /**
     * @param term   negative where there is none to tell
     * @param detail for a person: pods, offsets; never a secret
     */
    void note(Act act, Reason reason, long term, String detail);

    /** A renewal of the Lease was answered. */
    void renewed(boolean success, long nanos);

    /** Slots of a cluster have changed their master, by this pod's order, with this many keys. */
    default void moved(int slots, long keys) {}
}
