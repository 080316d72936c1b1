package io.redisha.model;

/**
 * One answer of the server to INFO.
 *
 * @param runId        changes with every start of the process
 * @param offset       replication offset in bytes: what a master wrote, or what a replica has applied
 * @param secondOffset first offset that is no longer of {@code replid2}'s history; -1 if there is none
 * @param loading      reads its dataset from disk
 * @param syncing      a full sync is asked for or under way
 * @param linkUp       a replica: connected to its master and past the sync
 * @param empty        holds no key in any database
 * @param priority     replica-priority; 0 = never to be promoted
 * @param master       whom a replica follows, null for a master
 * @param goodReplicas replicas that are online and not lagging more than min-replicas-max-lag
 * @param minReplicas  min-replicas-to-write as the server has it now
 * @param aof          what is to be said of its append only file
 * @param misconf      what it could not save
 * @param receiving    of a full sync something has arrived: what it holds may be replaced at any moment. Until then it is what it was, and a server that
 *                     asks one that has no copy to give asks on and on (Valkey 9.1 shows that as a sync under way nearly all of the time)
 * @param full         maxmemory is reached, and nothing is evicted; known of the own server only
 */
public record ServerInfo(String runId, Role role, String replid, String replid2, long offset, long secondOffset, boolean loading,
        boolean syncing, boolean linkUp, boolean empty, int priority, Address master, int goodReplicas, int minReplicas, Aof aof, Misconf misconf, boolean receiving,
        boolean full) {

    /** Whether the AOF on disk is the one that is written to. */
    public enum Aof {
        /** None is written: by configuration, or while a full sync replaces the dataset. */
        OFF,
        /** A new one is being written, or about to be. */
        REWRITING,
        /** The last attempt to write a new one has failed. */
        FAILED,
        WHOLE
    }

    public ServerInfo(String runId, Role role, String replid, String replid2, long offset, long secondOffset, boolean loading,
            boolean syncing, boolean linkUp, boolean empty, int priority, Address master, int goodReplicas, int minReplicas, Aof aof, Misconf misconf, boolean receiving) {
        this(runId, role, replid, replid2, offset, secondOffset, loading, syncing, linkUp, empty, priority, master, goodReplicas, minReplicas, aof, misconf, receiving, false);
    }

    public ServerInfo(String runId, Role role, String replid, String replid2, long offset, long secondOffset, boolean loading,
            boolean syncing, boolean linkUp, boolean empty, int priority, Address master, int goodReplicas, int minReplicas, Aof aof) {
        this(runId, role, replid, replid2, offset, secondOffset, loading, syncing, linkUp, empty, priority, master, goodReplicas, minReplicas, aof, Misconf.NONE, syncing);
    }

    public ServerInfo(String runId, Role role, String replid, String replid2, long offset, long secondOffset, boolean loading,
            boolean syncing, boolean linkUp, boolean empty, int priority, Address master, int goodReplicas, int minReplicas) {
        this(runId, role, replid, replid2, offset, secondOffset, loading, syncing, linkUp, empty, priority, master, goodReplicas, minReplicas, Aof.OFF);
    }

    public ServerInfo misconf(Misconf now) {
        return new ServerInfo(runId, role, replid, replid2, offset, secondOffset, loading, syncing, linkUp, empty, priority, master, goodReplicas, minReplicas, aof, now, receiving, full);
    }

    public ServerInfo receiving(boolean now) {
        return new ServerInfo(runId, role, replid, replid2, offset, secondOffset, loading, syncing, linkUp, empty, priority, master, goodReplicas, minReplicas, aof, misconf, now, full);
    }

    public ServerInfo full(boolean now) {
        return new ServerInfo(runId, role, replid, replid2, offset, secondOffset, loading, syncing, linkUp, empty, priority, master, goodReplicas, minReplicas, aof, misconf, receiving, now);
    }

    /** But for a copy that it asks for. */
    public ServerInfo unsynced() {
        return new ServerInfo(runId, role, replid, replid2, offset, secondOffset, loading, false, linkUp, empty, priority, master, goodReplicas, minReplicas, aof, misconf, false);
    }

    public boolean follows(Address address) {
        return role == Role.REPLICA && address.equals(master);
    }
}
