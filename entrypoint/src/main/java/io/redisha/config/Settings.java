package io.redisha.config;

import io.redisha.model.Timings;
import java.util.List;
import java.util.Map;

/**
 * What the chart was told: its ConfigMap, read and found free of contradictions.
 *
 * @param name        full name of the release: its StatefulSet and its Lease
 * @param replicas    pods: the master and its replicas, or those of all shards
 * @param engineImage for messages only
 * @param persistence /data outlives the pod
 * @param publish     null in a cluster, whose clients find the masters by themselves
 * @param failover    the usual ones in a cluster: its Lease lives by them, its masters by {@code cluster.nodeTimeout}
 * @param cluster     null in replication
 */
public record Settings(Architecture architecture, String name, int replicas, String engineImage, Services services, Ports ports, Auth auth,
        boolean persistence, Labels labels, Publish publish, Failover failover, Cluster cluster, Log log) {

    public enum Architecture { REPLICATION, CLUSTER }

    /** How the master Service finds its pod: the leader writes the EndpointSlice, or a selector on the role label does. */
    public enum Publish { ENDPOINTSLICE, SELECTOR }

    /** Whether the offset or the priority of a candidate is compared first (rule C4). */
    public enum CandidateOrder { OFFSET, PRIORITY }

    /** Whether a leader is wanted at any price, or only one that can prove it has all (rule C5). */
    public enum Durability { RELAXED, STRICT }

    /** What a cluster node is called towards clients: by its pod's IP, or by a name that outlives it. */
    public enum EndpointType { IP, HOSTNAME }

    /** How clients outside the pod network reach each pod. */
    public enum ServiceType { NODE_PORT, LOAD_BALANCER }

    /** @param master as {@code replicas} null in a cluster, which has many masters */
    public record Services(String master, String replicas, String headless) {}

    /** @param bus 0 in replication */
    public record Ports(int redis, int http, int member, int bus) {}

    /** @param enabled clients must give the password; siblings must always */
    public record Auth(boolean enabled, String secretName, String passwordKey) {}

    /**
     * @param selector what finds the pods of this release
     * @param shard    key of the pod label with the shard's number, null in replication
     * @param common   for the objects that the program makes
     */
    public record Labels(Map<String, String> selector, RoleLabel role, String shard, Map<String, String> common) {}

    public record RoleLabel(String key, String master, String replica) {}

    /** @param minReplicasMaxLag seconds, as Redis counts them (rule M4) */
    public record Failover(Timings timings, CandidateOrder candidateOrder, Durability durability, int minReplicasMaxLag) {}

    /**
     * What a Redis Cluster is installed as. The number of pods of a running one is the StatefulSet's: this is only read at a pod's start.
     *
     * @param nodeTimeout         nanoseconds of silence after which a node counts as failed (rule K8)
     * @param requireFullCoverage no slot is served while one has no master
     * @param hostSuffix          what makes a pod's name a host name that every client in the Kubernetes cluster can resolve
     * @param handoverTimeout     nanoseconds for a replica to take over from a master that is told to stop (rule K6)
     */
    public record Cluster(int shards, int replicasPerShard, long nodeTimeout, boolean requireFullCoverage, EndpointType preferredEndpointType,
            String hostSuffix, long handoverTimeout, External external) {}

    /** @param enabled each pod has a Service of its own, named like the pod, and announces that one's address */
    public record External(boolean enabled, ServiceType type) {}

    public record Log(Format format, Level level) {}

    public enum Format { TEXT, JSON }

    public enum Level { DEBUG, INFO, WARN, ERROR }

    /** The pods that should exist, by ordinal. */
    public List<String> podNames() {
        return java.util.stream.IntStream.range(0, replicas).mapToObj(i -> name + "-" + i).toList();
    }

    /** The name under which DNS knows a pod, ready or not. */
    public String hostOf(String pod) {
        return pod + "." + services.headless;
    }
}
