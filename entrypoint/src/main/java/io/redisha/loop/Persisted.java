package io.redisha.loop;

import io.redisha.model.Misconf;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerInfo.Aof;

/**
 * Whether the own server's disk has what its memory has (rule B5). A full sync replaces what is in memory; on the disk is what was there before, until
 * the AOF was rewritten once.
 */
final class Persisted {

    private boolean behind;
    /** This process has written an AOF: if it writes none, it will write one again. */
    private boolean aof;
    /** What it said last. */
    private ServerInfo newest;

    /** Another process: what it has comes from the disk. */
    void starts() {
        behind = false;
        aof = false;
        newest = null;
    }

    void sees(ServerInfo info) {
        boolean loads = info.syncing() && info.loading();   // while the transfer runs nothing has changed yet
        boolean synced = !info.syncing() && newest != null && (newest.syncing() || replaced(newest, info));
        newest = info;
        aof |= info.aof() != Aof.OFF;
        if (loads || synced && !isWritten()) {
            behind = true;
        } else if (info.misconf() == Misconf.AOF && info.role() == Role.REPLICA) {
            behind = true;   // what it applies meanwhile is in its memory alone, until there is room; a master applies nothing
        } else if (!info.loading() && !info.syncing() && isWritten()) {
            behind = false;
        }
    }

    /** By a full sync between two looks: it is on another history, and has not come there by going on. */
    private static boolean replaced(ServerInfo before, ServerInfo now) {
        return !now.replid().equals(before.replid()) && !now.replid2().equals(before.replid());
    }

    private boolean isWritten() {
        return newest.aof() == Aof.WHOLE || newest.aof() == Aof.OFF && !aof;
    }

    boolean isBehind() {
        return behind;
    }

    String problem() {
        return behind && newest.aof() == Aof.FAILED ? "the disk has what was there before the last full sync: the AOF could not be rewritten since" : null;
    }
}
