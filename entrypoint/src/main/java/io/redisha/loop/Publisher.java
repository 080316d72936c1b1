package io.redisha.loop;

import io.redisha.model.MemberState;

/** What the outside is told: pod labels and the master Service's address. No call blocks, and a newer one replaces an older. */
public interface Publisher {

    /** This pod leads and accepts writes: its address into the EndpointSlice first, then the labels of all pods (rule M6). Repeated on each renewal. */
    void master(MemberState self);

    /** This pod is a replica, or not known to be anything else. */
    void replica(MemberState self);
}
