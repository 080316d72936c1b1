package io.redisha.load;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Holds a history against what is left in the end (faults, section 3: I2, I3, I4). */
public final class Checker {

    /** What one server holds: each key's list in its order, and the set written along with it. */
    public record Kept(Map<String, List<Long>> lists, Map<String, Set<Long>> sets) {}

    /**
     * @param lost           acknowledged and gone: allowed to a plain write (D0) after an unplanned failover, and to nobody else
     * @param lostReplicated acknowledged, counted by WAIT, and gone (D1)
     * @param ghosts         there without having been asked for, or after the server had refused it
     * @param duplicates     there more than once
     * @param torn           in the list and not in the set, or the other way: half a transaction
     * @param disorders      a client's later write before its earlier one
     * @param prefixBreaks   gone, though a write that began after its acknowledgement by the same master is there
     */
    public record Report(long acknowledged, List<Long> lost, List<Long> lostReplicated, List<Long> ghosts, List<Long> duplicates, List<Long> torn,
            List<Long> disorders, List<Long> prefixBreaks) {

        /** Everything that must hold whatever happened. */
        public boolean sound() {
            return ghosts.isEmpty() && duplicates.isEmpty() && torn.isEmpty() && disorders.isEmpty() && prefixBreaks.isEmpty();
        }

        @Override
        public String toString() {
            return acknowledged + " acknowledged, lost " + some(lost) + ", lost after WAIT " + some(lostReplicated) + ", ghosts " + some(ghosts)
                    + ", duplicates " + some(duplicates) + ", torn " + some(torn) + ", out of order " + some(disorders) + ", prefix breaks " + some(prefixBreaks);
        }

        private static String some(List<Long> values) {
            return values.isEmpty() ? "0" : values.size() + " " + values.subList(0, Math.min(5, values.size()));
        }
    }

    private Checker() {}

    public static Report check(History history, Kept kept) {
        return check(history, kept.lists(), torn(kept), List.of(history.ops()));
    }

    /**
     * Of a cluster, where each key is a history of its own: it moves from shard to shard.
     *
     * @param lists of all shards; a key that two of them hold has both lists, one after the other
     */
    public static Report checkShards(History history, Map<String, List<Long>> lists) {
        return check(history, lists, List.of(), history.ops().stream().collect(Collectors.groupingBy(Op::key)).values());
    }

    private static Report check(History history, Map<String, List<Long>> lists, List<Long> torn, Collection<List<Op>> streams) {
        Map<Long, Op> asked = history.ops().stream().collect(Collectors.toMap(Op::value, op -> op));
        Set<Long> there = lists.values().stream().flatMap(List::stream).collect(Collectors.toSet());
        List<Op> gone = history.ops().stream().filter(Op::acknowledged).filter(op -> !there.contains(op.value())).toList();
        return new Report(
                history.acknowledged(),
                values(gone),
                values(gone.stream().filter(Op::replicated).toList()),
                there.stream().filter(value -> !asked.containsKey(value) || asked.get(value).phase() == Event.Phase.FAIL).sorted().toList(),
                duplicates(lists),
                torn,
                disorders(lists, asked),
                streams.stream().flatMap(stream -> prefixBreaks(stream, there).stream()).toList());
    }

    private static List<Long> values(List<Op> ops) {
        return ops.stream().map(Op::value).toList();
    }

    private static List<Long> duplicates(Map<String, List<Long>> lists) {
        Set<Long> seen = new HashSet<>();
        return lists.values().stream().flatMap(List::stream).filter(value -> !seen.add(value)).toList();
    }

    private static List<Long> torn(Kept kept) {
        List<Long> torn = new ArrayList<>();
        Set<String> keys = new HashSet<>(kept.lists().keySet());
        keys.addAll(kept.sets().keySet());
        for (String key : keys) {
            Set<Long> list = new HashSet<>(kept.lists().getOrDefault(key, List.of()));
            Set<Long> set = kept.sets().getOrDefault(key, Set.of());
            list.stream().filter(value -> !set.contains(value)).forEach(torn::add);
            set.stream().filter(value -> !list.contains(value)).forEach(torn::add);
        }
        return torn;
    }

    private static List<Long> disorders(Map<String, List<Long>> lists, Map<Long, Op> asked) {
        List<Long> disorders = new ArrayList<>();
        for (List<Long> list : lists.values()) {
            Map<String, Long> last = new HashMap<>();
            for (long value : list) {
                Op op = asked.get(value);
                Long before = op == null ? null : last.put(op.client(), value);
                if (before != null && before > value) {
                    disorders.add(value);
                }
            }
        }
        return disorders;
    }

    /**
     * An era is a stretch of acknowledgements by one life of one server with no other's in between: inside one term, so what
     * is lost of it is its tail. Cutting a term into too many eras can only miss a break, never invent one.
     */
    private static List<Long> prefixBreaks(List<Op> stream, Set<Long> there) {
        TreeMap<Integer, List<Op>> eras = new TreeMap<>();
        String side = null;
        for (Op op : stream.stream().filter(Op::acknowledged).sorted(Comparator.comparingLong(Op::ended)).toList()) {
            if (!op.side().equals(side)) {
                side = op.side();
                eras.put(eras.size(), new ArrayList<>());
            }
            eras.lastEntry().getValue().add(op);
        }
        List<Long> breaks = new ArrayList<>();
        for (List<Op> era : eras.values()) {
            long latestKept = era.stream().filter(op -> there.contains(op.value())).mapToLong(Op::invoked).max().orElse(Long.MIN_VALUE);
            era.stream().filter(op -> !there.contains(op.value()) && op.ended() < latestKept).forEach(op -> breaks.add(op.value()));
        }
        return breaks;
    }
}
