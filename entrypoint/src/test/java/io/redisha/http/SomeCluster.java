package io.redisha.http;

import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.loop.cluster.ClusterSnapshot.Progress;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/** A release of three shards: pods 0 to 2 are masters, pod 3 is the replica of pod 0, and so on; pod 1 leads. */
final class SomeCluster {

    static final Shape SHAPE = Shape.of(3, 1);
    private static final List<Slots> SLOTS = List.of(Slots.range(0, 5460), Slots.range(5461, 10922), Slots.range(10923, 16383));

    private SomeCluster() {}

    static Settings settings(int httpPort) {
        try {
            return SettingsReader.parse("""
                    architecture: cluster
                    name: redis-ha
                    replicas: 6
                    services: {headless: redis-ha-headless}
                    ports: {redis: 6379, http: %d, member: 8380}
                    auth: {secretName: redis-ha}
                    labels: {selector: {app: redis}}
                    cluster: {shards: 3, replicasPerShard: 1, hostSuffix: redis-ha-headless.ns.svc}
                    """.formatted(httpPort));
        } catch (Invalid e) {
            throw new IllegalArgumentException(e);
        }
    }

    static String pod(int ordinal) {
        return "redis-ha-" + ordinal;
    }

    static String id(int ordinal) {
        return Integer.toHexString(0xa0 + ordinal).repeat(20);
    }

    static boolean isMaster(int ordinal) {
        return ordinal < 3;
    }

    static Topology topology(int self) {
        return new Topology(IntStream.range(0, 6).mapToObj(i -> {
            Set<String> flags = new LinkedHashSet<>();
            if (i == self) {
                flags.add("myself");
            }
            flags.add(isMaster(i) ? "master" : "slave");
            return new ClusterNode(id(i), new Address("10.0.0." + i, 6379), 16379, pod(i), Map.of(), flags, isMaster(i) ? null : id(i - 3), 0, 0, i, true,
                    isMaster(i) ? SLOTS.get(i) : Slots.NONE, Map.of(), Map.of());
        }).toList());
    }

    static NodeInfo server(Role role, long offset, boolean ok) {
        return new NodeInfo("run", "valkey", "9.1.0", role, "r", offset, false, false, role == Role.REPLICA, 1000, ok, 6, 1_000_000, true);
    }

    static NodeState state(int ordinal, String host, long offset) {
        return state(ordinal, host, server(isMaster(ordinal) ? Role.MASTER : Role.REPLICA, offset, true), topology(ordinal));
    }

    static NodeState state(int ordinal, String host, NodeInfo server, Topology topology) {
        return new NodeState(new MemberId(pod(ordinal), "u" + ordinal), new Address(host, 6379), "node-" + ordinal % 3, "zone-a", server != null, server, topology,
                id(ordinal), true, "set-1", "rev", false);
    }

    static PodView podView(int ordinal, String ip) {
        return new PodView(new MemberId(pod(ordinal), "u" + ordinal), ip, "node-" + ordinal % 3, false, true, "rev",
                Map.of("role", isMaster(ordinal) ? "master" : "replica", "shard", Integer.toString(ordinal % 3)), Set.of());
    }

    /** What the pod of this ordinal sees; the others' last answers are a second old. */
    static ClusterSnapshot snapshot(int self, String ip, List<String> problems) {
        long now = System.nanoTime();
        return new ClusterSnapshot(now, state(self, ip, 500 + self), true, "", pod(1), 4, now - 65_000_000_000L,
                Map.of(pod(0), 0, pod(1), 1, pod(2), 2, pod(3), 0, pod(4), 1, pod(5), 2), true, self == 1 ? SHAPE : null,
                IntStream.range(0, 6).filter(i -> i != self).mapToObj(i -> new ClusterSnapshot.Sibling(state(i, ip, isMaster(i) ? 500 : 480), now - 1_000_000_000L))
                        .toList(),
                IntStream.range(0, 6).mapToObj(i -> podView(i, ip)).toList(), null, self == 1, problems);
    }

    static ClusterSnapshot moving(ClusterSnapshot s) {
        return new ClusterSnapshot(s.at(), s.self(), s.ready(), s.unready(), s.leader(), s.term(), s.since(), s.shards(), s.apiReachable(), s.shape(), s.siblings(),
                s.pods(), new Progress("redis-ha-0 to redis-ha-6", 1200, 4096, 100_000, 31_000, 40), false, s.problems());
    }

    static ClusterSnapshot self(ClusterSnapshot s, NodeState self) {
        return new ClusterSnapshot(s.at(), self, s.ready(), s.unready(), s.leader(), s.term(), s.since(), s.shards(), s.apiReachable(), s.shape(), s.siblings(),
                s.pods(), s.progress(), s.settled(), s.problems());
    }

    static ClusterSnapshot led(ClusterSnapshot s, String leader) {
        return new ClusterSnapshot(s.at(), s.self(), s.ready(), s.unready(), leader, s.term(), s.since(), s.shards(), s.apiReachable(), s.shape(), s.siblings(),
                s.pods(), s.progress(), s.settled(), s.problems());
    }
}
