package io.redisha.model;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A set of hash slots of a Redis Cluster; immutable. */
public final class Slots {

    /** Slots are numbered from 0 to this, exclusive. */
    public static final int COUNT = 16384;

    public static final Slots NONE = new Slots(new BitSet());
    public static final Slots ALL = range(0, COUNT - 1);

    private final BitSet set;

    /** {@code first} to {@code last}, both included. */
    public record Range(int first, int last) {

        public int size() {
            return last - first + 1;
        }

        @Override
        public String toString() {
            return first == last ? Integer.toString(first) : first + "-" + last;
        }
    }

    private Slots(BitSet set) {
        this.set = set;
    }

    public static Slots of(int slot) {
        return range(slot, slot);
    }

    /** @throws IllegalArgumentException if there are no such slots */
    public static Slots range(int first, int last) {
        if (first < 0 || last >= COUNT || first > last) {
            throw new IllegalArgumentException("no slots: " + first + "-" + last);
        }
        BitSet set = new BitSet(COUNT);
        set.set(first, last + 1);
        return new Slots(set);
    }

    /**
     * Ranges and single slots with blanks or commas between them, as {@link #toString} writes them and CLUSTER NODES has them.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static Slots parse(String text) {
        BitSet set = new BitSet(COUNT);
        for (String word : text.strip().split("[\\s,]+")) {
            if (!word.isEmpty()) {
                int dash = word.indexOf('-');
                int first = Integer.parseInt(dash < 0 ? word : word.substring(0, dash));
                int last = Integer.parseInt(word.substring(dash + 1));
                set.or(range(first, last).set);
            }
        }
        return new Slots(set);
    }

    public int size() {
        return set.cardinality();
    }

    public boolean isEmpty() {
        return set.isEmpty();
    }

    public boolean contains(int slot) {
        return set.get(slot);
    }

    public Slots plus(Slots other) {
        BitSet sum = (BitSet) set.clone();
        sum.or(other.set);
        return new Slots(sum);
    }

    public Slots minus(Slots other) {
        BitSet rest = (BitSet) set.clone();
        rest.andNot(other.set);
        return new Slots(rest);
    }

    public Slots and(Slots other) {
        BitSet both = (BitSet) set.clone();
        both.and(other.set);
        return new Slots(both);
    }

    /** The lowest {@code count} of them, or all if there are not so many. */
    public Slots first(int count) {
        BitSet some = new BitSet(COUNT);
        for (int slot = set.nextSetBit(0), n = 0; slot >= 0 && n < count; slot = set.nextSetBit(slot + 1), n++) {
            some.set(slot);
        }
        return new Slots(some);
    }

    /** The highest {@code count} of them, or all if there are not so many. */
    public Slots last(int count) {
        return minus(first(Math.max(0, size() - count)));
    }

    /** As few as possible, in order. */
    public List<Range> ranges() {
        List<Range> ranges = new ArrayList<>();
        for (int first = set.nextSetBit(0); first >= 0;) {
            int end = set.nextClearBit(first);
            ranges.add(new Range(first, end - 1));
            first = set.nextSetBit(end);
        }
        return ranges;
    }

    public int[] toArray() {
        return set.stream().toArray();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Slots s && s.set.equals(set);
    }

    @Override
    public int hashCode() {
        return set.hashCode();
    }

    /** {@code 0-5460 7000}; empty for none. */
    @Override
    public String toString() {
        return String.join(" ", ranges().stream().map(Range::toString).toList());
    }
}
