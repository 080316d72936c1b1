package io.redisha.decide;

import io.redisha.model.Pulse;
import io.redisha.model.Timings;

/**
 * Since when the own server has given no sign of life, and whether that proves that it hangs (rules L7, W4). Pure; each observation makes the next
 * one.
 *
 * <p>Not to answer is no proof: a server that waits for a processor, sorts a long list or writes a snapshot answers nobody, and to kill it makes
 * it, and whoever takes over from it, slower still. A sign of life is an answer, also one of -BUSY; that the process has used the processor, or
 * waits for it; and that this agent itself was late, because then nobody knows.
 *
 * @param ticked when the loop ran last, monotonic ns
 * @param life   the newest sign of life
 * @param pulse  the newest one of this process, null if it cannot be read
 * @param kills  of servers of its own that hung, in this spell of them
 * @param killed when the last of these was killed
 * @param noted  kills of the release's masters in this spell, its own among them
 * @param notedAt when it learned of the last of these
 */
public record Stillness(long ticked, long life, Pulse pulse, int kills, long killed, int noted, long notedAt) {

    private static final long MS = Timings.MS;
    /** The loop runs ten times a second: later than this, and what it has not heard it may have missed. */
    static final long LATE = 500 * MS;
    /**
     * How long a server may be held up by something outside of it, a disk as a rule, or be silent if nothing can be read of its process, where nothing
     * else is said. Not for ever: then a dead disk would lead.
     */
    static final long HELD_UP = 30_000 * MS;
    /** Patience grows up to this with each kill of a spell. */
    static final long LONGEST = 60_000 * MS;
    /** A spell of kills is over when there was none for so long. */
    static final long CALM = 600_000 * MS;
    /** Who is silent for so long is not ready, whatever the reason. */
    private static final long UNREADY = 10_000 * MS;
    private static final int DOUBLINGS = 8;

    /** Of a server that has just been started, or of which nothing is known yet. */
    public static Stillness begin(long now) {
        return new Stillness(now, now, null, 0, now, 0, now);
    }

    /** The loop runs. */
    public Stillness ticks(long now) {
        return new Stillness(now, now - ticked > LATE ? now : life, pulse, kills, killed, noted, notedAt);
    }

    /**
     * A look at the server.
     *
     * @param answered when it answered last, or was started
     * @param seen     null if its process cannot be read
     */
    public Stillness sees(long answered, Pulse seen) {
        long alive = seen == null ? answered : Math.max(answered, seen.still());
        return new Stillness(ticked, Math.max(life, alive), seen, kills, killed, noted, notedAt);
    }

    /** It hung, and is killed. */
    public Stillness kills(long now) {
        return new Stillness(ticked, now, pulse, (now - killed > CALM ? 0 : kills) + 1, now, spell(now) + 1, now);
    }

    /** Another master's was killed for the same: with this one so many. */
    public Stillness learns(int count, long now) {
        return new Stillness(ticked, life, pulse, kills, killed, Math.max(count, spell(now)), now);
    }

    /** Kills so far that the next one would belong to, of this member and others: who sends a command again that hangs sends it to whoever leads. */
    public int spell(long now) {
        return now - notedAt > CALM ? 0 : noted;
    }

    /** What becomes of {@code patience} by the kills before: it doubles with each, up to a minute. */
    public long grown(long now, long patience) {
        return Math.max(patience, Math.min(LONGEST, patience << Math.min(spell(now), DOUBLINGS)));
    }

    /**
     * The server hangs: it was silent, and its process stood still, all through the last {@code patience}, which doubles with each kill before.
     *
     * @param patience ns
     */
    public boolean provesAHang(long now, long patience) {
        return provesAHang(now, patience, HELD_UP);
    }

    /** @param heldUp how long something outside of it may hold it up, ns */
    public boolean provesAHang(long now, long patience, long heldUp) {
        long excuse = pulse == null ? HELD_UP : pulse.isHeldUp() ? heldUp : 0;
        return stillFor(now) > Math.max(excuse, grown(now, patience));
    }

    /** For how long it has been silent and stood still: up to what was seen last, not up to now, as of the time since then nothing is known. */
    public long stillFor(long now) {
        return (pulse == null ? now : pulse.at()) - life;
    }

    /** The first kill of a spell is told, and then only that they go on: the 10th, the 100th. */
    public boolean isTold() {
        int count = kills;
        while (count > 1 && count % 10 == 0) {
            count /= 10;
        }
        return count == 1;
    }

    /** Before it is killed, for a person. */
    public String words(long now) {
        String process = pulse == null ? "nothing can be read of its process" : "its process (state " + pulse.state() + ") did nothing else either";
        int before = spell(now);
        return "no answer for " + seconds(now - life) + " s, and " + process + (before == 0 ? "" : "; " + (before + 1) + " times by now");
    }

    /**
     * Why a server that answered once, and is not killed, is not ready; null if it answers.
     *
     * @param answered when it did last
     */
    public static String problem(long now, long answered) {
        long silent = now - answered;
        return silent <= UNREADY ? null : "the server has not answered for " + silent / (1_000 * MS) + " s";
    }

    private static String seconds(long nanos) {
        return nanos / (1_000 * MS) + "." + nanos / (100 * MS) % 10;
    }
}
