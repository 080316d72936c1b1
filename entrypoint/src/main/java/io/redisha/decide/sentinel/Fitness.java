package io.redisha.decide.sentinel;

import io.redisha.model.ServerInfo;

/**
 * Whether a sentinel may promote the own server: it must have been in sync with the master of this epoch since it was started. Immutable.
 *
 * <p>Sentinels compare nothing but priority and offset. A server that has just loaded its disk, or was the master of the epoch before, has an
 * offset that says nothing; so it is not theirs to choose before it is known to hold what the others hold.
 *
 * @param runId of the server that was in sync, null for none
 * @param epoch of the master with which it was
 */
public record Fitness(String runId, long epoch) {

    public static final Fitness NONE = new Fitness(null, -1);

    /**
     * @param belief   null: none now, and what was so remains so
     * @param follows  the server follows the believed master
     * @param left     the master goes on, and this one has had no link to it for too long
     */
    public Fitness see(ServerInfo info, Belief belief, boolean follows, boolean left) {
        // a sync that a master refuses, or does not finish, takes nothing away before it is loaded
        boolean same = !left && info != null && info.runId().equals(runId) && !info.loading();
        if (belief == null) {
            return same ? this : NONE;
        }
        if (info != null && follows && info.linkUp() && !info.syncing() && !info.loading()) {
            return new Fitness(info.runId(), belief.epoch());
        }
        return same && epoch == belief.epoch() ? this : NONE;
    }

    public boolean isFit() {
        return runId != null;
    }
}
