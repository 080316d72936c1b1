package io.redisha.config;

import io.redisha.model.Timings;
import java.util.List;
import java.util.Map;

/**
 * What the chart was told: its ConfigMap, read and found free of contradictions.
 *
 * @param name        full name of the release: its StatefulSet and its Lease
 * @param engineImage for messages only
 * @param persistence /data outlives the pod
 */
public record Settings(Architecture architecture, String name, int replicas, String engineImage, Services services, Ports ports, Auth auth,
        boolean persistence, Labels labels, Publish publish, Failover failover, Log log) {

    public enum Architecture { REPLICATION, CLUSTER }

    /** How the master Service finds its pod: the leader writes the EndpointSlice, or a selector on the role label does. */
    public enum Publish { ENDPOINTSLICE, SELECTOR }

    /** Whether the offset or the priority of a candidate is compared first (rule C4). */
    public enum CandidateOrder { OFFSET, PRIORITY }

    /** Whether a leader is wanted at any price, or only one that can prove it has all (rule C5). */
    public enum Durability { RELAXED, STRICT }

    public record Services(String master, String replicas, String headless) {}

    public record Ports(int redis, int http, int member) {}

    /** @param enabled clients must give the password; siblings must always */
    public record Auth(boolean enabled, String secretName, String passwordKey) {}

    /**
     * @param selector what finds the pods of this release
     * @param common   for the objects that the program makes
     */
    public record Labels(Map<String, String> selector, RoleLabel role, Map<String, String> common) {}

    public record RoleLabel(String key, String master, String replica) {}

    /** @param minReplicasMaxLag seconds, as Redis counts them (rule M4) */
    public record Failover(Timings timings, CandidateOrder candidateOrder, Durability durability, int minReplicasMaxLag) {}

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
