package io.redisha.http;

import java.util.function.Predicate;

/**
 * What one HTTP thread may keep for all its connections together: heads and bodies that are not whole, and answers that
 * nobody takes. Used on that thread only.
 */
final class Budget {

    /**
     * A process has one HTTP thread for each of its two ports, so together this is 1 MiB of a heap of 16. Each has its own
     * half, so that whoever fills the one that is open to everybody takes nothing from the members.
     */
    static final int BYTES = 512 * 1024;

    private final Predicate<Connection> makeRoom;
    private int kept;

    /** @param makeRoom drops a stranger's connection for which bytes are kept, other than the given one; false if there is none */
    Budget(Predicate<Connection> makeRoom) {
        this.makeRoom = makeRoom;
    }

    /** @return false if only those have some who must not lose it */
    boolean take(int bytes, Connection asker) {
        while (bytes > BYTES - kept) {
            if (!makeRoom.test(asker)) {
                return false;
            }
        }
        kept += bytes;
        return true;
    }

    void give(int bytes) {
        kept -= bytes;
    }

    int kept() {
        return kept;
    }
}
