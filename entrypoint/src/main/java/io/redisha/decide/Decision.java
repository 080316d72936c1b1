package io.redisha.decide;

import io.redisha.model.Address;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberState;
import io.redisha.model.Reason;

/** What to do next. Each carries its reason where it changes a role. */
public sealed interface Decision {

    /** Nothing, the calm case. */
    record Hold() implements Decision {
        public static final Hold INSTANCE = new Hold();
    }

    /** Nothing yet; {@code detail} says what is waited for. */
    record Wait(Reason reason, String detail) implements Decision {}

    /** As {@link Wait}, because another candidate is better and gets the first go (rule C4). */
    record Yield(MemberState better) implements Decision {}

    /** Something only a person can mend: unready, with an Event. */
    record Refuse(Reason reason, String detail) implements Decision {}

    record ReadLease() implements Decision {}

    /** Asks the members for votes (rule V6). */
    record CallBallot(long term) implements Decision {}

    /** Conditional write that makes this member the leader; {@code version} null creates the Lease. */
    record Take(LeaseRecord next, String version, Reason reason) implements Decision {}

    /** Conditional write of the leader that keeps it so, with whatever changed. */
    record Renew(LeaseRecord next) implements Decision {}

    /** Conditional write that empties the holder; the server is read-only or dead (rule L8). */
    record Release(LeaseRecord next, String version, Reason reason) implements Decision {}

    /** Releases the Lease before it has opened, for a member that has more of the last leader's data (rule V6). */
    record PassOn(MemberState further, LeaseRecord next, String version) implements Decision {}

    /** Promote the own server. */
    record Open(Reason reason) implements Decision {}

    /** Make the own server read-only, then give up the term. */
    record Fence(Reason reason) implements Decision {}

    /** SIGKILL of the own server. */
    record KillServer(Reason reason) implements Decision {}

    record Follow(Address master, Reason reason) implements Decision {}

    /** Rules M4 and M8. */
    record LimitWrites(int minReplicas) implements Decision {}

    /** Planned change of master (rules H1-H3). */
    record HandOver(MemberState target, Reason reason) implements Decision {}
}
