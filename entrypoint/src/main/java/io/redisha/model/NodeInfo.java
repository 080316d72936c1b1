package io.redisha.model;

import io.redisha.model.ServerInfo.Aof;

/**
 * One answer of a cluster node to INFO and CLUSTER INFO.
 *
 * @param runId    changes with every start of the process
 * @param engine   {@code redis} or {@code valkey}
 * @param version  as numbers, {@code 8.0.2}
 * @param offset   replication offset in bytes: what a master wrote, or what a replica has applied
 * @param loading  reads its dataset from disk
 * @param syncing  a full sync is under way: the dataset is not whole
 * @param linkUp   a replica: connected to its master and past the sync
 * @param keys     in all databases (a cluster has one)
 * @param stateOk  cluster_state:ok
 * @param epoch    cluster_current_epoch
 * @param memory   used_memory, bytes
 * @param misconf  what it could not save
 * @param failoverAllowed what cluster-replica-no-failover leaves: false as long as rule K4 holds it back
 * @param full     maxmemory is reached, and nothing is evicted; known of the own server only
 * @param aof      whether its disk has what its memory has; known of the own server only
 * @param snapshot how long its last snapshot took, s; -1 for none; known of the own server only
 */
public record NodeInfo(String runId, String engine, String version, Role role, String replid, long offset, boolean loading, boolean syncing, boolean linkUp,
        long keys, boolean stateOk, long epoch, long memory, Misconf misconf, boolean failoverAllowed, boolean full, Aof aof, long snapshot) {

    public NodeInfo(String runId, String engine, String version, Role role, String replid, long offset, boolean loading, boolean syncing, boolean linkUp,
            long keys, boolean stateOk, long epoch, long memory, Misconf misconf, boolean failoverAllowed, boolean full, Aof aof) {
        this(runId, engine, version, role, replid, offset, loading, syncing, linkUp, keys, stateOk, epoch, memory, misconf, failoverAllowed, full, aof, -1);
    }

    public NodeInfo(String runId, String engine, String version, Role role, String replid, long offset, boolean loading, boolean syncing, boolean linkUp,
            long keys, boolean stateOk, long epoch, long memory, Misconf misconf, boolean failoverAllowed) {
        this(runId, engine, version, role, replid, offset, loading, syncing, linkUp, keys, stateOk, epoch, memory, misconf, failoverAllowed, false, Aof.WHOLE);
    }

    public NodeInfo(String runId, String engine, String version, Role role, String replid, long offset, boolean loading, boolean syncing, boolean linkUp,
            long keys, boolean stateOk, long epoch, long memory, boolean failoverAllowed) {
        this(runId, engine, version, role, replid, offset, loading, syncing, linkUp, keys, stateOk, epoch, memory, Misconf.NONE, failoverAllowed);
    }

    public NodeInfo misconf(Misconf now) {
        return new NodeInfo(runId, engine, version, role, replid, offset, loading, syncing, linkUp, keys, stateOk, epoch, memory, now, failoverAllowed, full, aof, snapshot);
    }
}
