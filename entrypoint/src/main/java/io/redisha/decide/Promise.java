package io.redisha.decide;

/**
 * What a member owes its leader (rules V1 and V6). Immutable; the member keeps the newest.
 *
 * @param until until when, on the own clock, it gives no vote, is no candidate and accepts no other leader
 * @param term  highest term it heard a leader in
 * @param voted highest term it gave a vote for
 */
public record Promise(long until, long term, long voted) {

    /** A member that has just started has forgotten what it promised, and behaves as if that was a moment ago. */
    public static Promise atStart(long now, long duration) {
        return new Promise(now + duration, 0, 0);
    }

    /** Whoever has voted for a term answers no leader of a lower one. */
    public boolean accepts(long heard) {
        return heard >= term && heard >= voted;
    }

    public Promise heard(long heard, long now, long duration) {
        return new Promise(now + duration, Math.max(term, heard), voted);
    }

    public boolean runOut(long now) {
        return now >= until;
    }

    /** A vote says only that the promise has run out; several candidates of one term may have it, the conditional write decides. */
    public boolean grants(long asked, long now) {
        return runOut(now) && asked > term && asked >= voted;
    }

    public Promise votes(long asked) {
        return new Promise(until, term, Math.max(voted, asked));
    }

    /** Only the leader itself ends a promise early, by releasing the Lease of that term (or a later one). */
    public Promise released(long releasedTerm, long now) {
        return releasedTerm >= term ? new Promise(Math.min(until, now), term, voted) : this;
    }

    /** Highest term known. */
    public long highest() {
        return Math.max(term, voted);
    }
}
