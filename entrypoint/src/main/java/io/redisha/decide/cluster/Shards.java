package io.redisha.decide.cluster;

import io.redisha.model.MemberId;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which pod is of which shard. A shard keeps its number as long as any of its pods stays in it, whatever fails over or goes away meanwhile; a
 * new one gets the lowest that is free, in the order of their lowest ordinals.
 */
public final class Shards {

    private Shards() {}

    /**
     * @param ids    node id by pod
     * @param before numbers as they were noted last
     */
    public static Map<String, Integer> of(Topology topology, Map<String, String> ids, Map<String, Integer> before) {
        Map<String, List<String>> podsByMaster = new HashMap<>();
        ids.forEach((pod, id) -> topology.node(id).filter(n -> n.isReplica() || n.ownsSlots())
                .ifPresent(n -> podsByMaster.computeIfAbsent(n.isReplica() ? n.master() : n.id(), m -> new ArrayList<>()).add(pod)));
        List<List<String>> shards = podsByMaster.values().stream().sorted(Comparator.comparingInt(Shards::lowest)).toList();
        Map<String, Integer> numbers = new HashMap<>();
        Set<Integer> taken = new HashSet<>();
        List<List<String>> fresh = new ArrayList<>();
        for (List<String> shard : shards) {
            Integer known = shard.stream().filter(before::containsKey).sorted(Comparator.comparingInt(MemberId::ordinal)).map(before::get).filter(n -> !taken.contains(n))
                    .findFirst().orElse(null);
            if (known == null) {
                fresh.add(shard);
            } else {
                taken.add(known);
                shard.forEach(pod -> numbers.put(pod, known));
            }
        }
        int next = 0;
        for (List<String> shard : fresh) {
            while (taken.contains(next)) {
                next++;
            }
            int number = next++;
            shard.forEach(pod -> numbers.put(pod, number));
        }
        return numbers;
    }

    private static int lowest(List<String> pods) {
        return pods.stream().mapToInt(MemberId::ordinal).min().orElse(0);
    }
}
