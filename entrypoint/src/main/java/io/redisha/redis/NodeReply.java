package io.redisha.redis;

import io.redisha.model.Misconf;
import io.redisha.model.NodeInfo;
import io.redisha.model.Role;
import io.redisha.model.Topology;
import java.util.List;
import redis.clients.jedis.exceptions.JedisDataException;

/** The answers of a cluster node to all that the loop asks ten times a second, in one go. */
record NodeReply(NodeInfo info, Topology topology) {

    private static final String[] INFO = {"INFO", "server", "memory", "replication", "persistence", "keyspace"};
    private static final String[] CLUSTER_INFO = {"CLUSTER", "INFO"};
    private static final String[] CLUSTER_NODES = {"CLUSTER", "NODES"};
    private static final String[] NO_FAILOVER = {"CONFIG", "GET", "cluster-replica-no-failover"};

    /** @param deadline monotonic ns */
    static NodeReply ask(Link link, long deadline) {
        List<Object> replies = link.calls(deadline, INFO, CLUSTER_INFO, CLUSTER_NODES, NO_FAILOVER);
        if (replies.getFirst() instanceof JedisDataException error) {
            throw error;
        }
        String info = Link.text(replies.getFirst());
        // A server that is loading answers INFO and nothing of the cluster.
        String cluster = replies.get(1) instanceof JedisDataException ? "" : Link.text(replies.get(1));
        Topology topology = replies.get(2) instanceof JedisDataException ? Topology.NONE : NodesConf.nodes(Link.text(replies.get(2)));
        boolean failoverAllowed = replies.get(3) instanceof List<?> pair && pair.size() == 2 && Link.text(pair.get(1)).equals("no");
        NodeInfo node = parse(info, cluster, failoverAllowed);
        return new NodeReply(node.misconf() == Misconf.SNAPSHOT && !link.stopsWithoutSnapshot(deadline) ? node.misconf(Misconf.NONE) : node, topology);
    }

    static NodeInfo parse(String info, String cluster, boolean failoverAllowed) {
        String runId = "";
        String engine = "redis";
        String redisVersion = "";
        String valkeyVersion = null;
        String role = null;
        String replid = "";
        long masterOffset = 0;
        long replicaOffset = -1;
        boolean loading = false;
        boolean syncing = false;
        boolean linkUp = false;
        long keys = 0;
        long memory = 0;
        InfoSaving saving = new InfoSaving();
        InfoMemory used = new InfoMemory();
        for (InfoFields field = new InfoFields(info); field.next(); ) {
            saving.read(field);
            used.read(field);
            switch (field.key()) {
                case "run_id" -> runId = field.value();
                case "server_name" -> engine = field.value();
                case "redis_version" -> redisVersion = field.value();
                // It calls itself 7.2.4 under the other name, for clients that look there.
                case "valkey_version" -> valkeyVersion = field.value();
                case "role" -> role = field.value();
                case "master_replid" -> replid = field.value();
                case "master_repl_offset" -> masterOffset = field.number();
                case "slave_repl_offset" -> replicaOffset = field.number();
                case "loading", "async_loading" -> loading |= field.yes();
                case "master_sync_in_progress" -> syncing = field.yes();
                case "master_link_status" -> linkUp = field.value().equals("up");
                case "used_memory" -> memory = field.number();
                default -> {
                    if (field.isNumbered("db")) {
                        keys += Long.parseLong(field.value().substring("keys=".length(), field.value().indexOf(',')));
                    }
                }
            }
        }
        if (role == null) {
            throw new IllegalArgumentException("INFO without a role: " + info);
        }
        boolean stateOk = false;
        long epoch = 0;
        for (InfoFields field = new InfoFields(cluster); field.next(); ) {
            switch (field.key()) {
                case "cluster_state" -> stateOk = field.value().equals("ok");
                case "cluster_current_epoch" -> epoch = field.number();
                default -> { }
            }
        }
        boolean master = role.equals("master");
        return new NodeInfo(runId, engine, valkeyVersion == null ? redisVersion : valkeyVersion, master ? Role.MASTER : Role.REPLICA, replid,
                InfoReply.offset(master, masterOffset, replicaOffset), loading, syncing, linkUp, keys, stateOk, epoch, memory, saving.misconf(), failoverAllowed, used.full(), saving.aof(),
                saving.snapshotTook());
    }
}
