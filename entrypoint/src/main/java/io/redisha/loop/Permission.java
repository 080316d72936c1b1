package io.redisha.loop;

import io.redisha.model.MemberState;
import io.redisha.model.Timings;
import java.util.Map;
import java.util.TreeMap;

/**
 * Rule D1: one member at a time gives up what its server can't load for a copy. Whoever wants to asks in its replies to the leader, which names one in its
 * heartbeats, and the next when that one has its copy; one that comes to nothing, or is not heard, holds up the others for a while only.
 */
public final class Permission {

    private static final long LATELY = 20_000 * Timings.MS;
    /** A copy of what takes longer goes on, beside another's. */
    private static final long LONG = 600_000 * Timings.MS;
    /** By then a new leader has heard of everybody who copies. */
    private static final long HEARD = 1_000 * Timings.MS;

    /** @param since it has copied, or has not; who begins to ask again and again is not given more time */
    private record Word(boolean asks, boolean copies, long since, long at) {}

    private boolean asking;
    private final Map<String, Word> words = new TreeMap<>();
    private long began;
    private String named;
    private long namedAt;

    /** This member would give up what it has. */
    void ask() {
        asking = true;
    }

    /** It has what the leader has, or could load what it had. */
    void isWhole() {
        asking = false;
    }

    boolean asks() {
        return asking;
    }

    /** This member leads. */
    public void begin(long now) {
        words.clear();
        named = null;
        began = now;
    }

    /** A reply to the leader. */
    void hears(MemberState member, boolean asks, long now) {
        hears(member.id().pod(), asks, !member.data().complete(), now);
    }

    /** @param copies what it has is not whole: it gets a copy, or is about to */
    public void hears(String pod, boolean asks, boolean copies, long now) {
        words.merge(pod, new Word(asks, copies, now, now),
                (was, is) -> new Word(asks, copies, was.copies == copies ? was.since : now, now));
    }

    /** The leader's word: who may, null for nobody. */
    public String named(long now) {
        words.values().removeIf(word -> now - word.at > LATELY);
        Word holder = named == null ? null : words.get(named);
        boolean has = holder != null && (holder.copies || holder.asks) && now - namedAt <= LONG;
        if (!has) {
            named = now - began < HEARD ? null : next(named, now);
            namedAt = now;
        }
        return named;
    }

    /** In their order, and from the beginning again; whoever was permitted before, and did not come to it, first of all. */
    private String next(String last, long now) {
        boolean copying = words.values().stream().anyMatch(word -> word.copies && now - word.since <= LONG);
        return words.entrySet().stream().filter(word -> word.getValue().asks && (word.getValue().copies || !copying)).map(Map.Entry::getKey)
                .min((a, b) -> last == null || a.compareTo(last) > 0 == b.compareTo(last) > 0 ? a.compareTo(b) : a.compareTo(last) > 0 ? -1 : 1).orElse(null);
    }
}
