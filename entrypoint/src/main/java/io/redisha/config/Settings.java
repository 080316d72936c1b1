package io.redisha.config;

import io.redisha.model.Timings;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * What the chart was told, read and found free of contradictions: a pod's own revision, with the release's counts.
 *
 * @param name        full name of the release: its StatefulSet and its Lease
 * @param replicas    pods: the master and its replicas, or those of all shards; without sentinels
 * @param engineImage for messages only
 * @param auth        null among peers, who have no server of ours
 * @param persistence /data outlives the pod; false among peers, whose data is not ours
 * @param gracePeriod nanoseconds from SIGTERM to the kubelet's SIGKILL; 0 among peers, who have a {@code stopTimeout}
 * @param publish     null in a cluster, whose clients find the masters by themselves, and among peers
 * @param failover    the usual ones but in replication: the Lease lives by them, masters by {@code cluster.nodeTimeout} or by sentinels
 * @param cluster     null in all other architectures, as are the next two in theirs
 */
public record Settings(Architecture architecture, String name, int replicas, String engineImage, Services services, Ports ports, Auth auth,
        boolean persistence, long gracePeriod, Labels labels, Publish publish, Failover failover, Cluster cluster, Sentinel sentinel, Peers peers, Log log) {

    public enum Architecture { REPLICATION, CLUSTER, SENTINEL, PEERS }

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

    /** What our program is among peers: process 1, or an init container that only writes down who they are. */
    public enum Way { ENTRYPOINT, INIT }

    /** What a peer is called: by a name that outlives its pod, or by its address of now. */
    public enum Style { NAMES, IPS }

    /**
     * @param master           as {@code replicas} null in a cluster, which has many masters, and among peers, who have none
     * @param sentinelHeadless null without sentinels
     */
    public record Services(String master, String replicas, String headless, String sentinelHeadless) {}

    /**
     * @param redis    as {@code member} 0 among peers
     * @param bus      0 outside of a cluster
     * @param sentinel 0 without sentinels
     */
    public record Ports(int redis, int http, int member, int bus, int sentinel) {}

    /** @param enabled clients must give the password; siblings must always */
    public record Auth(boolean enabled, String secretName, String passwordKey) {}

    /**
     * @param selector         what finds the pods of this release, sentinels not among them
     * @param role             null among peers
     * @param shard            key of the pod label with the shard's number, null outside of a cluster
     * @param sentinelSelector what finds the sentinels' pods, null without them
     * @param common           for the objects that the program makes
     */
    public record Labels(Map<String, String> selector, RoleLabel role, String shard, Map<String, String> sentinelSelector, Map<String, String> common) {}

    public record RoleLabel(String key, String master, String replica) {}

    /**
     * @param minReplicasMaxLag seconds, as Redis counts them (rule M4)
     * @param maxLoss           nanoseconds of writes that no replica has acknowledged, beyond which the master refuses more (rule M8); 0 for no limit
     */
    public record Failover(Timings timings, CandidateOrder candidateOrder, Durability durability, int minReplicasMaxLag, long maxLoss) {}

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

    /**
     * The sentinels that watch the servers. How many there are is their StatefulSet's to say: this is only read at a pod's start.
     *
     * @param name               of their StatefulSet, and of the Service at which clients ask them
     * @param masterName         under which they know the master
     * @param quorum             how many must agree that the master is down; 0 = the majority of those that there are
     * @param downAfter          nanoseconds of silence
     * @param failoverTimeout    nanoseconds, as Sentinel means them
     * @param auth               clients must give them the password
     * @param hostSuffix         what makes a server's pod name a host name
     * @param sentinelHostSuffix what makes a sentinel's pod name a host name
     * @param handoverTimeout    nanoseconds for a replica to take over from a master that is told to stop
     */
    public record Sentinel(String name, int replicas, String masterName, int quorum, long downAfter, long failoverTimeout, boolean auth,
            String hostSuffix, String sentinelHostSuffix, long handoverTimeout) {

        /** The pods that should exist, by ordinal. */
        public List<String> podNames() {
            return Settings.ordinals(name, replicas);
        }
    }

    /**
     * A program that forms a ring by gossip, and is only to be told of the others.
     *
     * @param command     the program; with an init container Kubernetes' to run as it is, empty if it is the image's own
     * @param args        its arguments: {@code {peer}} in one, or in the command, stands for the others, {@code {self}}, {@code {host}},
     *                    {@code {ip}}, {@code {ordinal}} and {@code {port}} for this pod
     * @param argPerPeer  what {@code {peer}} is for one other: {@code {host}}, {@code {ip}}, {@code {ordinal}}, {@code {port}} are that one's
     * @param separator   between the others in a single argument; empty: each has an argument of its own
     * @param port        the port whose answer proves life
     * @param path        of a page that answers 2xx or 3xx when all is well, as for a probe of Kubernetes; null: that the port can be connected to is enough
     * @param minPeers    so many others must be known at each start of the program; unless all pods are started at once, pod N waits for N of
     *                    them at most, and the first for none
     * @param parallel    Kubernetes starts all pods at once
     * @param style       what {@code {host}} of another is
     * @param hostSuffix  what makes a pod's name a host name
     * @param waitTimeout nanoseconds after which the first start no longer waits for those before it
     * @param stopTimeout nanoseconds for the program to end by itself
     */
    public record Peers(Way mode, List<String> command, List<String> args, String argPerPeer, String separator, int port, String path,
            int minPeers, boolean parallel, Style style, String hostSuffix, long waitTimeout, long stopTimeout) {}

    public record Log(Format format, Level level) {}

    public enum Format { TEXT, JSON }

    public enum Level { DEBUG, INFO, WARN, ERROR }

    /** The pods that should exist, by ordinal; without sentinels. */
    public List<String> podNames() {
        return ordinals(name, replicas);
    }

    private static List<String> ordinals(String name, int count) {
        return IntStream.range(0, count).mapToObj(i -> name + "-" + i).toList();
    }

    /** A pod of this release is a server's or a sentinel's: its name says which. */
    public boolean isSentinel(String pod) {
        return sentinel != null && pod.matches(Pattern.quote(sentinel.name()) + "-\\d+");
    }

    /** The name under which DNS knows a pod, ready or not. */
    public String hostOf(String pod) {
        return pod + "." + (isSentinel(pod) ? services.sentinelHeadless() : services.headless());
    }
}
