package io.redisha.model;

import java.util.Set;

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
 * @param moving    of who looks after the shape: pods that slots are being moved between, or are about to be (rule K9)
 * @param holds     a pod that is about to hand over by this one's order: no slot is to be opened there; null for none
 */
public record NodeState(MemberId id, Address redis, String node, String zone, boolean running, NodeInfo server, Topology topology, String nodeId,
        boolean whole, String datasetId, String revision, boolean stopping, Set<String> moving, String holds) {

    /** One that has nothing to do with moves. */
    public NodeState(MemberId id, Address redis, String node, String zone, boolean running, NodeInfo server, Topology topology, String nodeId, boolean whole,
            String datasetId, String revision, boolean stopping) {
        this(id, redis, node, zone, running, server, topology, nodeId, whole, datasetId, revision, stopping, Set.of(), null);
    }

    /** Answers, is not loading, and can be given orders. */
    public boolean usable() {
        return running && server != null && !server.loading() && topology.myself() != null;
    }

    public boolean empty() {
        return server != null && server.keys() == 0;
    }

    public String pod() {
        return id.pod();
    }
}
