package io.redisha.decide.cluster;

import io.redisha.model.MemberId;
import io.redisha.model.NodeState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which empty pods become masters and whose replicas the others, so that what fails together is not needed together: masters are spread
 * evenly over nodes and zones, and the members of a shard are on different ones as far as there are enough.
 */
final class Placement {

    /** @param node Kubernetes node. @param zone of it; "" for unknown, which is then like no other */
    record Place(String pod, String node, String zone) {

        static Place of(NodeState s) {
            return new Place(s.pod(), s.node(), s.zone());
        }

        boolean sharesNode(Place other) {
            return !node.isEmpty() && node.equals(other.node);
        }

        boolean sharesZone(Place other) {
            return !zone.isEmpty() && zone.equals(other.zone);
        }
    }

    private static final Comparator<Place> BY_ORDINAL = Comparator.comparingInt((Place p) -> MemberId.ordinal(p.pod)).thenComparing(Place::pod);
    /** A node fails more often than a zone, and with the zone the node. */
    private static final long SAME_NODE = 1_000_000;
    private static final long SAME_ZONE = 1_000;

    private Placement() {}

    /** {@code count} of {@code free}, or all if there are fewer: always one on the node, then in the zone, that has fewest masters. */
    static List<Place> masters(Collection<Place> present, Collection<Place> free, int count) {
        List<Place> all = new ArrayList<>(present);
        List<Place> left = new ArrayList<>(free.stream().sorted(BY_ORDINAL).toList());
        List<Place> chosen = new ArrayList<>();
        while (chosen.size() < count && !left.isEmpty()) {
            Place best = left.stream().min(Comparator.comparingLong((Place p) -> all.stream().filter(p::sharesNode).count())
                    .thenComparingLong(p -> all.stream().filter(p::sharesZone).count()).thenComparing(BY_ORDINAL)).orElseThrow();
            left.remove(best);
            all.add(best);
            chosen.add(best);
        }
        return chosen;
    }

    /**
     * A shard for each of {@code free}; shards with fewest members get theirs first.
     *
     * @param shards the members that each has
     * @return index of the shard by pod
     */
    static Map<String, Integer> replicas(List<List<Place>> shards, Collection<Place> free) {
        List<List<Place>> filled = new ArrayList<>();
        shards.forEach(s -> filled.add(new ArrayList<>(s)));
        Map<String, Integer> of = new HashMap<>();
        if (shards.isEmpty()) {
            return of;
        }
        // neighbours one after the other, so that they end in different shards already before anything is exchanged
        List<Place> pods = free.stream().sorted(Comparator.comparing(Place::zone).thenComparing(Place::node).thenComparing(BY_ORDINAL)).toList();
        for (Place p : pods) {
            int least = filled.stream().mapToInt(List::size).min().orElseThrow();
            int best = -1;
            for (int i = 0; i < filled.size(); i++) {
                if (filled.get(i).size() == least && (best < 0 || cost(filled.get(i), p) < cost(filled.get(best), p))) {
                    best = i;
                }
            }
            filled.get(best).add(p);
            of.put(p.pod, best);
        }
        while (improve(filled, of, pods)) { }
        return of;
    }

    /** What it costs to have {@code p} among {@code others}. */
    static long cost(List<Place> others, Place p) {
        long cost = 0;
        for (Place o : others) {
            cost += o.pod.equals(p.pod) ? 0 : p.sharesNode(o) ? SAME_NODE + SAME_ZONE : p.sharesZone(o) ? SAME_ZONE : 0;
        }
        return cost;
    }

    /** Exchanges two, or moves one to a shard that then has as many as the one it left had; false if nothing is won by any. */
    private static boolean improve(List<List<Place>> shards, Map<String, Integer> of, List<Place> pods) {
        for (Place p : pods) {
            List<Place> from = shards.get(of.get(p.pod));
            for (int i = 0; i < shards.size(); i++) {
                List<Place> to = shards.get(i);
                if (to != from && to.size() == from.size() - 1 && cost(to, p) < cost(from, p)) {
                    put(shards, of, p, i);
                    return true;
                }
            }
            for (Place q : pods) {
                List<Place> other = shards.get(of.get(q.pod));
                if (other == from) {
                    continue;
                }
                long before = cost(from, p) + cost(other, q);
                int was = of.get(p.pod);
                int will = of.get(q.pod);
                put(shards, of, p, will);
                put(shards, of, q, was);
                if (cost(other, p) + cost(from, q) < before) {
                    return true;
                }
                put(shards, of, p, was);
                put(shards, of, q, will);
            }
        }
        return false;
    }

    private static void put(List<List<Place>> shards, Map<String, Integer> of, Place p, int shard) {
        shards.get(of.get(p.pod)).remove(p);
        shards.get(shard).add(p);
        of.put(p.pod, shard);
    }
}
