package io.redisha.model;

/**
 * What the agent of a cluster node says of its pod, in every answer to a sibling.
 *
 * @param redis     where the own server is reached inside the cluster's network: pod IP and port
 * @param node      Kubernetes node, "" if unknown
 * @param zone      topology.kubernetes.io/zone of the pod, "" if unknown
 * @param running   its server process exists and answers
 * @param server    newest answer of the server, null before the first
 * @param topology  newest CLUSTER NODES of the server, {@link Topology#NONE} before the first
 * @param nodeId    own id in the cluster, also while the server is down (from nodes.conf); null if there is none yet
 * @param whole     the dataset is good: it is the master's own, or was in sync with the master since the server started, and no full sync has
 *                  begun since
 * @param datasetId the release's dataset that the volume belongs to, null for none yet (rule B6)
 * @param revision  controller-revision-hash of the pod, "" if unknown
 * @param stopping  it was told to stop
 * @param word      of copies of the shard's data
 */
public record NodeState(MemberId id, Address redis, String node, String zone, boolean running, NodeInfo server, Topology topology, String nodeId,
        boolean whole, String datasetId, String revision, boolean stopping, ShardWord word) {

    public NodeState(MemberId id, Address redis, String node, String zone, boolean running, NodeInfo server, Topology topology, String nodeId, boolean whole,
            String datasetId, String revision, boolean stopping) {
        this(id, redis, node, zone, running, server, topology, nodeId, whole, datasetId, revision, stopping, ShardWord.NONE);
    }

    /** Answers, is not loading, and can be given orders. */
    public boolean usable() {
        return running && server != null && !server.loading() && topology.myself() != null;
    }

    /** Follows that master, and has a dataset of its own to go on with, however old: a server empties that only when it loads the next one. */
    public boolean holdsCopyOf(String master) {
        return usable() && topology.myself().isReplica() && master.equals(topology.myself().master()) && server.keys() > 0;
    }

    public boolean empty() {
        return server != null && server.keys() == 0;
    }

    public String pod() {
        return id.pod();
    }
}
