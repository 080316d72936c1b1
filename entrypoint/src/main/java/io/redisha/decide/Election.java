package io.redisha.decide;

import io.redisha.model.Data;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberState;
import java.util.Collection;

/** Who may lead, and who would lead best (rules B2, C2, C3, C4). Pure. */
public final class Election {

    private Election() {}

    /** Whether anybody is known to hold a key. */
    public static boolean anyData(Collection<MemberState> members) {
        return members.stream().anyMatch(m -> m.server() != null && !m.server().empty());
    }

    /** Rule C2. {@code lease} null: there is none, so nothing is known of earlier terms. */
    public static boolean fit(MemberState m, LeaseRecord lease, boolean anyData) {
        if (!m.running() || m.stopping() || m.server() == null || m.server().loading() || m.server().syncing() || m.server().priority() == 0) {
            return false;
        }
        if (lease != null && !lease.names(m.id().pod())) {
            return false;   // V8
        }
        if (m.empty()) {
            return !anyData && (lease == null || lease.empty());   // B2
        }
        if (!m.data().complete()) {
            return false;
        }
        return lease == null || lease.datasetId() == null || lease.datasetId().equals(m.data().datasetId());   // B6
    }

    /**
     * Rules B4, C3, C4: positive if {@code a} is the better leader. Never zero for two pods: the ordinal settles a tie.
     */
    public static int compare(MemberState a, MemberState b, LeaseRecord lease, boolean byPriority) {
        return compare(a, b, lease == null ? null : lease.lastHolder(), lease == null ? null : lease.replid(), byPriority);
    }

    /**
     * @param lastHolder pod that led last, null if nobody knows
     * @param replid     history that it led, likewise
     */
    public static int compare(MemberState a, MemberState b, String lastHolder, String replid, boolean byPriority) {
        if (byPriority && a.server().priority() != b.server().priority()) {
            return b.server().priority() - a.server().priority();
        }
        Data x = a.data();
        Data y = b.data();
        if (x.restored() && y.restored() && lastHolder != null && x.term() != 0 && y.term() != 0) {
            // both came from disk, so their offsets are what a state file last said: the last holder has at least what the others have
            if (a.id().pod().equals(lastHolder) && x.term() >= y.term()) {
                return 1;
            }
            if (b.id().pod().equals(lastHolder) && y.term() >= x.term()) {
                return -1;
            }
        }
        if (a.empty() != b.empty()) {
            return a.empty() ? -1 : 1;
        }
        int history = ahead(x, y);
        if (history != 0) {
            return history;
        }
        if (!comparable(x, y)) {
            if (x.term() != y.term()) {
                return Long.compare(x.term(), y.term());
            }
            boolean xLast = x.replid().equals(replid);
            boolean yLast = y.replid().equals(replid);
            if (xLast != yLast) {
                return xLast ? 1 : -1;
            }
            if (x.restored() != y.restored()) {
                return x.restored() ? -1 : 1;
            }
            if (x.offset() != y.offset()) {
                return Long.compare(x.offset(), y.offset());
            }
        }
        if (a.server().priority() != b.server().priority()) {
            return b.server().priority() - a.server().priority();
        }
        return b.id().ordinal() - a.id().ordinal();
    }

    /** Offsets compare only on one history. */
    static boolean comparable(Data x, Data y) {
        return !x.replid().isEmpty() && x.replid().equals(y.replid()) || before(x, y) || before(y, x);
    }

    /** Neither holds anything that the other does not. */
    public static boolean same(Data x, Data y) {
        return comparable(x, y) && ahead(x, y) == 0;
    }

    /** {@code y} continued {@code x}'s history after a promotion, and {@code x} had not gone further on it by then. */
    private static boolean before(Data x, Data y) {
        return !x.replid().isEmpty() && x.replid().equals(y.replid2()) && x.offset() < y.secondOffset();
    }

    private static int ahead(Data x, Data y) {
        if (!x.replid().isEmpty() && x.replid().equals(y.replid())) {
            return Long.compare(x.offset(), y.offset());
        }
        return before(x, y) ? -1 : before(y, x) ? 1 : 0;
    }

    /**
     * Whether this member held what the last leader held when it was last heard of, and has it in memory still; only disks left means
     * that the last holder's disk may be the only one with the newest writes (rule B4).
     */
    public static boolean current(MemberState m, LeaseRecord lease) {
        return !m.data().restored() && lease.inSync().contains(m.id().pod()) || m.empty() && lease.empty();
    }
}
