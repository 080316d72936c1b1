package io.redisha.loop;

import io.redisha.decide.Validity;
import io.redisha.model.Timings;
import java.util.Collection;

/**
 * By how much longer than rule V1 says the members of a starved release promise (rule W4). The leader asks for no more than what the Lease says
 * whatever became of its writes, and takes nothing back there while an acknowledgement that was given for more may still count: so a member that
 * has forgotten its promise in a restart learns from the Lease how long to wait.
 */
final class Extension {

    private final Timings timings;
    private final Strain strain;
    /** Until when an acknowledgement of what was asked for may count; {@link Validity#NEVER} before the first. */
    private long owed = Validity.NEVER;
    private long asked;
    /** Newest that was more than nothing. */
    private long widened;

    Extension(Timings timings, long now) {
        this.timings = timings;
        strain = new Strain(now);
    }

    Strain strain() {
        return strain;
    }

    /**
     * What a heartbeat that is sent now asks for, ns.
     *
     * @param configs what the Lease may say (rule V5)
     */
    long ask(Collection<Validity.Config> configs, long now) {
        long permitted = configs.stream().mapToLong(Validity.Config::patience).min().orElse(0);
        asked = strain.patience() == 0 ? 0 : permitted;
        if (asked > 0) {
            widened = asked;
            owed = Math.max(owed, now + timings.promise() + asked);
        }
        return asked;
    }

    /** Between two heartbeats, ns. */
    long heartbeat() {
        return timings.heartbeat(asked);
    }

    /** How old the newest word of a member may be that is still there, ns: three heartbeats, and what its reply may take where processor is short. */
    long recent(long now) {
        long longer = now < owed ? widened : 0;
        return 3 * timings.heartbeat(longer) + longer / 4;
    }

    /** What the Lease should say, ns. @param written what it says */
    long wanted(long written, long now) {
        long wanted = strain.patience();
        boolean kept = wanted > 0 || now < owed;
        return kept ? Math.max(wanted, written) : 0;
    }
}
