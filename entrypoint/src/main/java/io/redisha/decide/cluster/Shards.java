package io.redisha.decide.cluster;

import io.redisha.model.MemberId;
import io.redisha.model.Topology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Comparator;
import java.util.ArrayList;

/** Which pod is of which shard: shards are numbered by the lowest ordinal among their pods, so that a failover changes no number. */
public final class Shards {

    private Shards() {}

    /** @param ids node id by pod */
    public static Map<String, Integer> of(Topology topology, Map<String, String> ids) {
        Map<String, List<String>> podsByMaster = new HashMap<>();
        ids.forEach((pod, id) -> topology.node(id).filter(n -> n.isReplica() || n.ownsSlots())
                .ifPresent(n -> podsByMaster.computeIfAbsent(n.isReplica() ? n.master() : n.id(), m -> new ArrayList<>()).add(pod)));
        List<List<String>> shards = podsByMaster.values().stream()
                .sorted(Comparator.comparingInt(pods -> pods.stream().mapToInt(MemberId::ordinal).min().orElse(0))).toList();
        Map<String, Integer> numbers = new HashMap<>();
        for (int i = 0; i < shards.size(); i++) {
            for (String pod : shards.get(i)) {
                numbers.put(pod, i);
            }
        }
        return numbers;
    }
}
