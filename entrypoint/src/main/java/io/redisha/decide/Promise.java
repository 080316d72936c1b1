package io.redisha.decide;

/**
 * What a member owes its leader (rules V1 and V6). Immutable; the member keeps the newest.
 *
 * @param until until when, on the own clock, it gives no vote, is no candidate and accepts no other leader
 * @param term  highest term it heard a leader in
 * @param voted highest term it gave a vote for
 * @param before until when it may owe what it promised before it was started, and has forgotten: {@link Validity#ALWAYS} until the Lease is read
 */
public record Promise(long until, long term, long voted, long before) {

    public Promise(long until, long term, long voted) {
        this(until, term, voted, Validity.NEVER);
    }

    /** A member that has just started has forgotten what it promised, and behaves as if that was a moment ago. */
    public static Promise atStart(long now, long duration, long term) {
        return new Promise(now + duration, term, 0, Validity.ALWAYS);
    }

    /** The Lease says by how much longer that may have been (rule W4); only the first word counts, later ones are of later promises. */
    public Promise learns(long start, long duration) {
        return before == Validity.ALWAYS ? new Promise(until, term, voted, start + duration) : this;
    }

    /** Whoever has voted for a term answers no leader of a lower one. */
    public boolean accepts(long heard) {
        return heard >= term && heard >= voted;
    }

    public Promise heard(long heard, long now, long duration) {
        // a shorter one takes nothing back: what was acknowledged before may still count
        return new Promise(Math.max(until, now + duration), Math.max(term, heard), voted, before);
    }

    public boolean runOut(long now) {
        return now >= until;
    }

    /** Nothing is owed: neither what is known, nor what was promised before the start. */
    public boolean isFree(long now) {
        return runOut(now) && now >= before;
    }

    /** A vote says only that the promise has run out; several candidates of one term may have it, the conditional write decides. */
    public boolean grants(long asked, long now) {
        return isFree(now) && asked > term && asked >= voted;
    }

    public Promise votes(long asked) {
        return new Promise(until, term, Math.max(voted, asked), before);
    }

    /** Only the leader itself ends a promise early, by releasing the Lease of that term (or a later one). */
    public Promise released(long releasedTerm, long now) {
        return releasedTerm >= term ? new Promise(Math.min(until, now), term, voted, before) : this;
    }

    /** Highest term known. */
    public long highest() {
        return Math.max(term, voted);
    }
}
