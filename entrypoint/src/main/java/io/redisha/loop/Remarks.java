package io.redisha.loop;

import io.redisha.loop.Journal.Act;
import io.redisha.model.Reason;
import io.redisha.model.Timings;

/** What lasts is said once; a wait that is over in a moment, as in each handover, is not worth a line. */
public final class Remarks {

    private static final long MOMENT = 1_000 * Timings.MS;

    private final Journal journal;
    private String said = "";
    private String toSay = "";
    private long since;

    public Remarks(Journal journal) {
        this.journal = journal;
    }

    /** @param now monotonic, ns */
    public void say(Act act, Reason reason, long term, String detail, long now) {
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

    /** What was said is over: if it comes again it is said again. */
    public void forget() {
        said = "";
    }
}
