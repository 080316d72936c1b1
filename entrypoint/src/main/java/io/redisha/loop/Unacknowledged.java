package io.redisha.loop;

import java.util.ArrayDeque;

/**
 * What the own master has written and no replica has acknowledged, and for how long that has been so: never less than in truth.
 *
 * <p>A look tells how far the server is, and not when each write came. What is new in it may have come right after the look before, so it counts from then.
 */
final class Unacknowledged {

    /** Ten looks a second fill that in 25 s. */
    static final int MOST = 256;

    /** What is not in the entry before and has no later offset; the oldest of it may be from then. */
    private record Entry(long since, long offset) {}

    /** Looks that are closer together share an entry: a limit of an hour need not be kept to the tenth of a second. */
    private final long grain;
    private final ArrayDeque<Entry> entries = new ArrayDeque<>();
    private long written;
    private long seenAt;
    private long acknowledged;

    /** @param limit ns, the age that matters */
    Unacknowledged(long limit) {
        grain = limit / MOST;
    }

    /** From now on only what is written beyond that offset counts, and nothing of it can be older. */
    void begins(long offset, long at) {
        entries.clear();
        written = offset;
        acknowledged = offset;
        seenAt = at;
    }

    /** @param asked when the server was asked how far it is: what it had written by then is in its answer */
    void looks(long offset, long asked) {
        if (offset > written) {
            written = offset;
            if (offset > acknowledged) {
                add(offset);
            }
        }
        seenAt = Math.max(seenAt, asked);   // also if two looks overtook each other: the one that was asked later had no more to tell
    }

    private void add(long offset) {
        Entry last = entries.peekLast();
        if (last != null && seenAt - last.since < grain) {
            entries.removeLast();
            entries.addLast(new Entry(last.since, offset));
        } else {
            entries.addLast(new Entry(seenAt, offset));
        }
        if (entries.size() > MOST) {
            // the oldest two: an entry that went on to grow at the end would never be acknowledged as a whole
            Entry oldest = entries.removeFirst();
            entries.addFirst(new Entry(oldest.since, entries.removeFirst().offset));
        }
    }

    /** A replica has applied all up to there. */
    void acknowledges(long offset) {
        acknowledged = Math.max(acknowledged, offset);
        while (!entries.isEmpty() && entries.peekFirst().offset <= acknowledged) {
            entries.removeFirst();
        }
    }

    /** Of the oldest that there may be, ns: also of what nobody has seen yet, as a server that does not answer this program may serve others. */
    long age(long now) {
        return Math.max(0, now - (entries.isEmpty() ? seenAt : entries.peekFirst().since));
    }

    int size() {
        return entries.size();
    }
}
