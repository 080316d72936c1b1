package io.redisha.decide.sentinel;

import io.redisha.model.Address;
import io.redisha.model.MemberState;
import io.redisha.model.Reason;

/** What the agent of a redis pod does next. */
public sealed interface Step {

    /** Nothing, the calm case. */
    record Hold() implements Step {
        public static final Hold INSTANCE = new Hold();
    }

    /** Nothing yet; {@code detail} says what is waited for. */
    record Wait(Reason reason, String detail) implements Step {}

    /** Something only a person can mend: unready, with an Event. */
    record Refuse(Reason reason, String detail) implements Step {}

    /** The server is the master, and may be told to everybody as such. @param term that fences who was it before */
    record Serve(long term) implements Step {}

    /** REPLICAOF. @param fence the server accepts writes, and must not any more before anything else is done */
    record Follow(String pod, Address master, boolean fence, Reason reason) implements Step {}

    /** REPLICAOF NO ONE: the sentinels have named this pod, and nobody holds more than its server. */
    record Promote(Reason reason) implements Step {}

    /** SENTINEL FAILOVER. @param heir who is expected to be chosen; one that is not fit by itself is told to be */
    record AskFailover(MemberState heir, Reason reason) implements Step {}

    /** SIGKILL of the own server. */
    record KillServer(Reason reason) implements Step {}
}
