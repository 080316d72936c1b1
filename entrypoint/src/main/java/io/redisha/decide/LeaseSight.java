package io.redisha.decide;

import io.redisha.model.LeaseView;
import java.util.Objects;

/**
 * The Lease as this member last saw it, in times of its own clock.
 *
 * @param at             when the newest read was answered
 * @param unchangedSince when the first read that showed this version was answered
 * @param heldSince      when this holder was first seen in this term
 * @param confirmed      when the newest read that showed it was <em>sent</em>: it was unchanged until at least then
 */
public record LeaseSight(LeaseView view, long at, long unchangedSince, long heldSince, long confirmed) {

    public static LeaseSight see(LeaseSight before, LeaseView view, long sent, long now) {
        boolean same = before != null && before.version() != null && before.version().equals(version(view))
                || before != null && before.view instanceof LeaseView.Absent && view instanceof LeaseView.Absent;
        boolean held = before != null && before.view instanceof LeaseView.Present was && view instanceof LeaseView.Present is
                && was.record().term() == is.record().term() && Objects.equals(was.record().holder(), is.record().holder());
        long heldSince = held ? before.heldSince : now;
        return same ? new LeaseSight(view, now, before.unchangedSince, heldSince, Math.max(sent, before.confirmed))
                : new LeaseSight(view, now, now, heldSince, sent);
    }

    /** Rule L4: how long it was seen unchanged, by equality and the own clock only. */
    public long unchangedFor() {
        return confirmed - unchangedSince;
    }

    public String version() {
        return version(view);
    }

    private static String version(LeaseView view) {
        return switch (view) {
            case LeaseView.Absent absent -> null;
            case LeaseView.Present present -> present.version();
            case LeaseView.Unusable unusable -> unusable.version();
        };
    }
}
