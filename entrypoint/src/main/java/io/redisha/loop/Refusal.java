package io.redisha.loop;

import io.redisha.loop.Journal.Act;
import io.redisha.model.LeaseView;
import io.redisha.model.Timings;
import java.util.Objects;

/**
 * That the API server answers, and refuses to write the Lease: a right is missing, a quota is used up, a webhook objects. It is told once, and is over
 * with the next write of whoever it is. Such an answer comes in a millisecond: no write of this member follows it sooner than a renewal would.
 *
 * <p>On the loop's thread only.
 */
final class Refusal {

    /** However slowly it was refused. */
    private static final long LEAST = 300 * Timings.MS;

    private final Journal journal;
    private final long pause;

    /** Null if there is none. */
    private String why;
    /** Of the Lease that was to be replaced; null where it was to be made. */
    private String version;
    private long since;
    private long sent;
    private long answered;

    /** @param pause the renew interval */
    Refusal(Journal journal, long pause) {
        this.journal = journal;
        this.pause = pause;
    }

    /**
     * @param at     version that the write was to replace, null if it was to make the Lease
     * @param sentAt when it was sent: as a renewal counts from then, so does the pause
     */
    void refused(String words, String at, long term, long sentAt, long now) {
        String line = line(words);
        if (why == null) {
            since = now;
            journal.note(Act.LEASE_REFUSED, null, term, line);
        }
        why = line;
        version = at;
        sent = sentAt;
        answered = now;
    }

    /** A write of this member was carried out. */
    void written(long term, long now) {
        if (why != null) {
            why = null;
            journal.note(Act.LEASE_BACK, null, term, "after " + (now - since) / 1_000_000_000L + " s");
        }
    }

    /** Another's was, if the Lease is at another version now. */
    void seen(LeaseView view) {
        if (view instanceof LeaseView.Present present && !Objects.equals(present.version(), version)) {
            why = null;
        }
    }

    /** Nothing is to be written yet. */
    boolean rests(long now) {
        return why != null && (now - sent < pause || now - answered < LEAST);
    }

    /** That neither reads nor writes of the Lease come to anything. @param why the API server's own words, if it has answered: a missing right, for one */
    static String apiProblem(String why) {
        return "the API server cannot be used: " + line(why);
    }

    private static String line(String words) {
        return words.strip().replaceAll("\\s+", " ");
    }

    /** In words; null if there is none. */
    String problem() {
        return why == null ? null : "the API server refuses to write the Lease: " + why;
    }
}
