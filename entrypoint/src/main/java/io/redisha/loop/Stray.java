package io.redisha.loop;

import io.redisha.model.Address;
import io.redisha.model.ServerInfo;
import io.redisha.model.Timings;

/**
 * A replica that is linked to its master, yet not on its history. A server that is asked for PSYNC while it cannot answer it, and promoted
 * before the next try, gives the replica a full sync of the old kind, without history or offset: the data is right, and cannot be compared.
 */
public final class Stray {

    /** What is known of the master may be that old. */
    private static final long LATE = 1_000 * Timings.MS;

    private boolean astray;
    private long since;

    /**
     * Of a replica that follows the master.
     *
     * @param replid the master's history; null if not known
     */
    public static boolean is(ServerInfo replica, String replid) {
        return replid != null && replica.linkUp() && !replica.replid().equals(replid);
    }

    /** Whether it has been so for long enough that it must be linked anew; then it counts from the beginning. */
    public boolean isLasting(boolean now, long at) {
        if (!now || !astray) {
            astray = now;
            since = at;
        }
        boolean lasting = astray && at - since > LATE;
        astray &= !lasting;
        return lasting;
    }

    /** To REPLICAOF where it is already, Redis does nothing. */
    public static void linkAnew(Server server, Address master) {
        server.follow(Address.DEAD);
        server.follow(master);
    }
}
