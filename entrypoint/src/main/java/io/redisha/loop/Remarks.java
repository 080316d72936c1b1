package io.redisha.loop;

import io.redisha.loop.Journal.Act;
import io.redisha.model.Reason;
import io.redisha.model.Timings;

/** What lasts is said once; a wait that is over in a moment, as in each handover, is not worth a line. */
public final class Remarks {

    private static final long MOMENT = 1_000 * Timings.MS;
    /** A wait is gone on with ten times a second; after this it is another one. */
    private static final long GAP = 5_000 * Timings.MS;
    /** Whatever ends by itself has ended by now (rule W1). */
    private static final long TOO_LONG = 60_000 * Timings.MS;

    private final Journal journal;
    private String said = "";
    private String toSay = "";
    private long since;
    private String awaited = "";
    private long awaitedAt = Long.MIN_VALUE / 2;
    private long withoutAt = Long.MIN_VALUE / 2;
    private long waitsSince;
    private boolean told;

    public Remarks(Journal journal) {
        this.journal = journal;
    }

    /** @param now monotonic, ns */
    public void say(Act act, Reason reason, long term, String detail, long now) {
        if (act == Act.WAITING) {
            awaited = detail;
            awaitedAt = now;
        }
        String text = act + detail;
        if (text.equals(said)) {
            return;
        }
        if (!text.equals(toSay)) {
            toSay = text;
            since = now;
        }
        if (act != Act.WAITING || now - since >= MOMENT) {
            said = text;
            journal.note(act, reason, term, detail);
        }
    }

    /** Nobody leads, and if nothing comes of it for long it may be for a person to decide, who is told once. To be called again and again while it is so. */
    public void withoutMaster(Reason reason, long term, String detail, long now) {
        if (now - withoutAt > GAP) {
            waitsSince = now;
            told = false;
        }
        withoutAt = now;
        if (!told && now - waitsSince >= TOO_LONG) {
            told = true;
            journal.note(Act.NO_MASTER, reason, term, detail);
        }
    }

    /** What is waited for, empty for nothing. */
    public String awaited(long now) {
        return now - awaitedAt > MOMENT ? "" : awaited;
    }

    /** What was said is over: if it comes again it is said again. */
    public void forget() {
        said = "";
    }
}
