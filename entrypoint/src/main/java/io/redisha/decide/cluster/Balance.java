package io.redisha.decide.cluster;

import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which slots go from whom to whom, until each master that stays owns as many as the others within 2 %, and those that go own none. As few
 * as possible move. It is computed from what is, so after a part was done, by whomever, it says the rest.
 */
final class Balance {

    /** {@code from} and {@code to} are what the masters are called in the map that was given. */
    record Move(String from, String to, Slots slots) {}

    /** More in one go would be decided upon without looking: nodes fail, shapes change. */
    static final int AT_ONCE = 1024;
    /** Either way round: no master has more than 1.02 of the mean, nor the mean more than 1.02 of any master's. */
    private static final double TOLERANCE = 1.02;

    private Balance() {}

    /**
     * All that is to move, in order.
     *
     * @param owners slots by master
     * @param stay   those that are to own slots
     */
    static List<Move> moves(Map<String, Slots> owners, Set<String> stay) {
        Map<String, Slots> now = new LinkedHashMap<>(owners);
        Map<String, Integer> wanted = counts(now, stay);
        List<Move> moves = new ArrayList<>();
        for (String from : owners.keySet()) {
            while (now.get(from).size() > wanted.getOrDefault(from, 0)) {
                Move move = next(now, wanted, from);
                moves.add(move);
                now.compute(from, (k, had) -> had.minus(move.slots));
                now.compute(move.to, (k, had) -> had.plus(move.slots));
            }
        }
        return moves;
    }

    /** Of each source its first move, and of that no more than is to be done before the next look: they can be made side by side. */
    static List<Move> first(List<Move> moves, Map<String, Slots> owners) {
        Set<String> sources = new LinkedHashSet<>(moves.stream().map(Move::from).toList());
        List<Move> first = new ArrayList<>();
        for (String from : sources) {
            String to = moves.stream().filter(m -> m.from.equals(from)).findFirst().orElseThrow().to;
            Slots slots = Slots.NONE;
            for (Move m : moves) {
                if (m.from.equals(from) && m.to.equals(to) && slots.size() < AT_ONCE) {
                    slots = slots.plus(nearest(m.slots, owners.get(to).plus(slots), AT_ONCE - slots.size()));
                }
            }
            first.add(new Move(from, to, slots));
        }
        return first;
    }

    static int lowest(int masters) {
        return Math.min((int) Math.ceil(Slots.COUNT / TOLERANCE / masters), Slots.COUNT / masters);
    }

    static int highest(int masters) {
        return Math.max((int) Math.floor(Slots.COUNT * TOLERANCE / masters), (Slots.COUNT + masters - 1) / masters);
    }

    /** How many each should own: what must move goes where there is least, and then only what is outside the tolerance moves. */
    private static Map<String, Integer> counts(Map<String, Slots> owners, Set<String> stay) {
        Map<String, Integer> n = new LinkedHashMap<>();
        int homeless = 0;
        for (Map.Entry<String, Slots> e : owners.entrySet()) {
            if (stay.contains(e.getKey())) {
                n.put(e.getKey(), e.getValue().size());
            } else {
                homeless += e.getValue().size();
            }
        }
        if (n.isEmpty()) {
            throw new IllegalArgumentException("no master stays");
        }
        while (homeless > 0) {
            String least = least(n);
            int next = n.entrySet().stream().filter(e -> !e.getKey().equals(least)).mapToInt(Map.Entry::getValue).min().orElse(Integer.MAX_VALUE);
            int some = Math.min(homeless, next > n.get(least) ? next - n.get(least) : Math.max(1, homeless / n.size()));
            n.merge(least, some, Integer::sum);
            homeless -= some;
        }
        if (n.values().stream().mapToInt(Integer::intValue).sum() != Slots.COUNT) {
            return n;   // not all slots have an owner: that comes first
        }
        while (true) {
            String most = most(n);
            String least = least(n);
            int over = n.get(most) - highest(n.size());
            int under = lowest(n.size()) - n.get(least);
            if (over <= 0 && under <= 0) {
                break;
            }
            // what is too much here is what is too little there, as long as there is both; half of it, so that the next can share
            int some = (over > 0 && under > 0 ? Math.min(over, under) : Math.max(over, under)) + 1;
            n.merge(most, -some / 2, Integer::sum);
            n.merge(least, some / 2, Integer::sum);
        }
        return n;
    }

    private static String least(Map<String, Integer> n) {
        String found = null;
        for (String k : n.keySet()) {
            found = found == null || n.get(k) < n.get(found) ? k : found;
        }
        return found;
    }

    private static String most(Map<String, Integer> n) {
        String found = null;
        for (String k : n.keySet()) {
            found = found == null || n.get(k) > n.get(found) ? k : found;
        }
        return found;
    }

    /** To whom it fits best: to a range that ends where one of the source's begins or the other way round; else to who lacks most. */
    private static Move next(Map<String, Slots> now, Map<String, Integer> wanted, String from) {
        int give = now.get(from).size() - wanted.getOrDefault(from, 0);
        List<String> takers = wanted.keySet().stream().filter(k -> now.get(k).size() < wanted.get(k)).toList();
        Map<String, Integer> touching = new HashMap<>();
        takers.forEach(t -> touching.put(t, touching(now.get(from), now.get(t)).size()));
        String to = takers.stream().max(Comparator.comparingInt((String t) -> touching.get(t)).thenComparingInt(t -> wanted.get(t) - now.get(t).size())
                .thenComparing(Comparator.comparingInt(takers::indexOf).reversed())).orElseThrow();
        int most = Math.min(give, wanted.get(to) - now.get(to).size());
        int count = touching.get(to) == 0 ? most : Math.min(most, touching.get(to));
        return new Move(from, to, nearest(now.get(from), now.get(to), count));
    }

    /** The longest range of {@code from} that continues one of {@code to}; empty if none does. */
    private static Slots touching(Slots from, Slots to) {
        Slots longest = Slots.NONE;
        for (Slots.Range r : from.ranges()) {
            boolean touches = r.first() > 0 && to.contains(r.first() - 1) || r.last() < Slots.COUNT - 1 && to.contains(r.last() + 1);
            if (touches && r.size() > longest.size()) {
                longest = Slots.range(r.first(), r.last());
            }
        }
        return longest;
    }

    /** {@code count} of {@code from}, so that those of {@code to} grow without a gap; else the highest, so that the rest stays whole. */
    private static Slots nearest(Slots from, Slots to, int count) {
        Slots range = touching(from, to);
        if (range.isEmpty()) {
            return from.last(count);
        }
        int first = range.ranges().getFirst().first();
        return first > 0 && to.contains(first - 1) ? range.first(count) : range.last(count);
    }
}
