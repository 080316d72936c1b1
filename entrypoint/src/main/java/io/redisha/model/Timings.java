package io.redisha.model;

import java.util.ArrayList;
import java.util.List;

/**
 * Every duration that safety or speed rests on, in nanoseconds of the own monotonic clock.
 *
 * @param heartbeat     h, between two heartbeats of the leader
 * @param memberTimeout H, how long an acknowledged heartbeat lets the leader go on (rule V2)
 * @param fence         F, within which a fence is done (rule M1)
 * @param margin        what clocks and schedulers may differ by over one such duration
 * @param renew         R, between two renewals of the Lease, and the time-out of one API request
 * @param renewDeadline D, how long a successful renewal lets the leader go on
 * @param lease         L, how long a candidate must see the Lease unchanged before it takes it without votes
 * @param handover      budget of a planned handover, from the pause to the moved Lease
 * @param lastHolderWait how long a full restart waits for the last holder's data (rule B4)
 * @param serverTimeout how long something outside of it, a disk as a rule, may hold a silent master up while another could lead (rule L7)
 */
public record Timings(long heartbeat, long memberTimeout, long fence, long margin, long renew, long renewDeadline, long lease,
        long handover, long lastHolderWait, long serverTimeout) {

    public static final long MS = 1_000_000L;
    /** A server that stands still for less may only have waited for its turn. */
    private static final long LEAST_SERVER_TIMEOUT = 2_000 * MS;
    /** What SIGKILL takes, and a tick until a fence that is due is noticed. */
    private static final long KILL = 50 * MS;
    private static final long TICK = 100 * MS;
    private static final long LEAST_FENCE = 300 * MS;
    /** A server is given at least so long to obey, if the whole fence may take as long. */
    private static final long OBEY = 250 * MS;
    /** Of a longer promise (rule W4) at most so much is the fence's. */
    public static final long FENCE_PART = 900 * MS;
    /** The longest that a promise is extended by (rule W4). */
    public static final long MOST_PATIENCE = 10_000 * MS;

    /** @return what another says of an extension, as far as it is believed */
    public static long patience(long told) {
        return Math.clamp(told, 0, MOST_PATIENCE);
    }

    public static Timings defaults() {
        return new Timings(200 * MS, 1500 * MS, 500 * MS, 250 * MS, 1500 * MS, 4000 * MS, 6000 * MS, 3000 * MS, 10_000 * MS, 10_000 * MS);
    }

    /** P: what a member promises when it accepts a heartbeat (rule V1). */
    public long promise() {
        return memberTimeout + fence + margin;
    }

    /**
     * When a server that is told to stop its writes is killed, if it has not (rule M1).
     *
     * @param bound until when the members are bound, long past if others may lead at once
     */
    public long killAt(long bound, long now) {
        return Math.max(Math.min(bound, now + FENCE_PART) + fence - KILL, now + Math.min(OBEY, fence - KILL - TICK));
    }

    /** Between two heartbeats while promises are that much longer: who is starved is asked less. */
    public long heartbeat(long patience) {
        return heartbeat + patience / 25;
    }

    /** Rule L6 as complaints, one per broken relation; empty when all hold. */
    public List<String> problems() {
        List<String> found = new ArrayList<>();
        if (renewDeadline + fence + margin >= lease) {
            found.add("failover.leaseDuration: given " + lease / MS + "ms, expected more than renewDeadline + fenceTimeout + 250ms = "
                    + (renewDeadline + fence + margin) / MS + "ms");
        }
        if (heartbeat * 3 > memberTimeout) {
            found.add("failover.memberTimeout: given " + memberTimeout / MS + "ms, expected at least 3 x heartbeatInterval = "
                    + heartbeat * 3 / MS + "ms");
        }
        if (renew >= renewDeadline) {
            found.add("failover.renewInterval: given " + renew / MS + "ms, expected less than renewDeadline = " + renewDeadline / MS + "ms");
        }
        if (fence < LEAST_FENCE) {
            found.add("failover.fenceTimeout: given " + fence / MS + "ms, expected at least " + LEAST_FENCE / MS + "ms");
        }
        if (serverTimeout < LEAST_SERVER_TIMEOUT) {
            found.add("failover.serverTimeout: given " + serverTimeout / MS + "ms, expected at least " + LEAST_SERVER_TIMEOUT / MS + "ms");
        }
        return found;
    }
}
