package io.redisha.decide;

import io.redisha.model.Data;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberState;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import java.util.Collection;
import java.util.Objects;

/** Who may lead, and who would lead best (rules B2, C2, C3, C4). Pure. */
public final class Election {

    private Election() {}

    /** Whether anybody is known to hold a key. */
    public static boolean anyData(Collection<MemberState> members) {
        return members.stream().anyMatch(m -> m.server() != null && !m.server().empty());
    }

    /**
     * Rule C2.
     *
     * @param lease  null: there is none, so nothing is known of earlier terms
     * @param others who has answered, {@code m} itself may be among them
     */
    public static boolean fit(MemberState m, LeaseRecord lease, Collection<MemberState> others) {
        return unfit(m, lease, others) == null;
    }

    /** What keeps it from leading, in words after "it"; null if nothing does. */
    static String unfit(MemberState m, LeaseRecord lease, Collection<MemberState> others) {
        if (!m.running() || m.server() == null || m.server().loading()) {
            return "has no server that has loaded its data";
        }
        if (m.stopping()) {
            return "stops";
        }
        if (m.server().receiving() || m.server().syncing() && !asksInVain(m, others) && (lease == null || !current(m, lease))) {
            return "is getting a full copy of the data";   // or asks one that lives for it, which has more than this one
        }
        if (m.server().priority() == 0) {
            return "has a replica-priority of 0";
        }
        if (lease != null && !lease.names(m.id().pod())) {
            return "is no member by the Lease";   // V8
        }
        if (m.empty()) {
            boolean empties = lease == null || lease.empty() || emptied(m, lease) || others.stream().anyMatch(o -> isAhead(m, o));
            return !empties ? "holds no key, and the Lease knows of data" : others.stream().anyMatch(o -> holdsMore(o, m, lease)) ? "holds no key, and another may" : null;   // B2
        }
        if (!m.data().complete()) {
            return "has only a part of the data";
        }
        boolean ours = lease == null || lease.datasetId() == null || lease.datasetId().equals(m.data().datasetId()) || isLater(m, lease);
        return ours ? null : "holds data of another release";   // B6
    }

    /** Rule L3: what it holds it got in this very process from a leader that came after this Lease, so that is from a backup, and may name a dataset that was lost since. */
    static boolean isLater(MemberState m, LeaseRecord lease) {
        return !m.data().restored() && m.data().datasetId() != null && m.data().term() > lease.term();
    }

    /**
     * Its server asks for a full copy where there is none to be had: whom it takes for its master is a replica by now. So a server goes on, and on Valkey
     * 9.1 looks as if it synced, when its master has come back empty.
     */
    static boolean asksInVain(MemberState m, Collection<MemberState> others) {
        ServerInfo server = m.server();
        return server.syncing() && !server.receiving()
                && others.stream().anyMatch(o -> o.redis().equals(server.master()) && o.running() && o.server() != null && o.server().role() == Role.REPLICA
                && !o.server().linkUp());   // one with a link has what its master has, and hands it on
    }

    /**
     * Rule C2 for who has just taken the Lease: that its data was of the last term, and further than the others', was known before; by now the Lease names
     * a later one, and nobody has answered in it yet.
     */
    public static boolean stillFit(MemberState m, LeaseRecord taken, Collection<MemberState> others) {
        return fit(m, taken, others) || m.running() && m.server() != null && m.empty() && streamed(m, taken) && others.stream().noneMatch(o -> holdsMore(o, m, taken));
    }

    /**
     * Rule B2: it holds no key because it has applied what the last leader did, in the last term, and the Lease knows of nothing that it has not
     * applied.
     */
    static boolean emptied(MemberState m, LeaseRecord lease) {
        Data data = m.data();
        // a term in which nobody came to open leaves the history of the last one in the Lease
        return applied(m, lease) && (data.term() >= lease.term() || data.replid().equals(lease.replid()));
    }

    /**
     * In this very process, by a stream; its server has not lost what it knew of the history since, as after a full sync that failed, which leaves
     * it at offset 0 or 1.
     */
    private static boolean applied(MemberState m, LeaseRecord lease) {
        Data data = m.data();
        boolean same = data.replid().equals(lease.replid()) || data.replid2() != null && data.replid2().equals(lease.replid());
        return streamed(m, lease) && (!same || data.offset() >= lease.offset());
    }

    private static boolean streamed(MemberState m, LeaseRecord lease) {
        Data data = m.data();
        return data.complete() && !data.restored() && data.offset() > 1 && data.datasetId() != null && data.datasetId().equals(lease.datasetId())
                && m.server().replid().equals(data.replid()) && m.server().offset() == data.offset();
    }

    /** Rule B2: what {@code other} holds, and would lead with, {@code m} has seen deleted. */
    private static boolean isAhead(MemberState m, MemberState other) {
        Data x = m.data();
        Data y = other.data();
        return !other.empty() && x.complete() && y.complete() && !x.restored() && !y.restored() && comparable(x, y) && ahead(x, y) > 0
                && m.server().replid().equals(x.replid()) && m.server().offset() == x.offset();
    }

    /**
     * Rule B2: whether {@code other} has data that {@code m}, which is empty, may not have had. What is on one history in the memory of both can be
     * compared. Of what comes from disk the offset is a lower bound, so that, and what is on another history, is behind only a member
     * that the Lease names in sync for the last term: what a dead leader wrote after that one's last word nobody had confirmed, and it loses a tail, not
     * what was deleted.
     */
    private static boolean holdsMore(MemberState other, MemberState m, LeaseRecord lease) {
        Data x = m.data();
        Data y = other.data();
        boolean foreign = lease != null && lease.datasetId() != null && y.datasetId() != null && !y.datasetId().equals(lease.datasetId())
                && !isLater(other, lease);
        if (other.empty() || foreign) {
            return false;   // what is another release's does not join, and is not wiped (B6)
        }
        boolean comparable = comparable(x, y);
        if (x.restored() || comparable && (y.restored() ? ahead(y, x) > 0 : ahead(y, x) >= 0)) {
            return true;
        }
        boolean contained = comparable && !y.restored()
                || lease != null && streamed(m, lease) && lease.inSync().contains(m.id().pod()) && y.term() <= x.term();
        return !contained;
    }

    /**
     * Rules B4, C3, C4: positive if {@code a} is the better leader. Never zero for two pods: the ordinal settles a tie.
     */
    public static int compare(MemberState a, MemberState b, LeaseRecord lease, boolean byPriority) {
        return compare(a, b, lease, lease == null ? null : lease.lastHolder(), byPriority);
    }

    /**
     * @param lease      null: there is none
     * @param lastHolder pod that led last, null if nobody knows
     */
    public static int compare(MemberState a, MemberState b, LeaseRecord lease, String lastHolder, boolean byPriority) {
        if (byPriority && a.server().priority() != b.server().priority()) {
            return b.server().priority() - a.server().priority();
        }
        if (lease != null && (makesUpFor(a, b, lease) || makesUpFor(b, a, lease))) {
            return makesUpFor(a, b, lease) ? 1 : -1;
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
        if (a.empty() != b.empty() && (a.empty() ? x : y).restored()) {
            return a.empty() ? -1 : 1;   // it may be empty because it has lost what it had
        }
        int history = ahead(x, y);
        if (history != 0) {
            return history;   // also if the further one is empty: what the other holds was deleted (B2)
        }
        boolean comparable = comparable(x, y);
        if (!comparable && x.term() != y.term()) {
            return Long.compare(x.term(), y.term());
        }
        if (a.empty() != b.empty()) {
            return a.empty() ? -1 : 1;
        }
        if (!comparable) {
            boolean xLast = lease != null && x.replid().equals(lease.replid());
            boolean yLast = lease != null && y.replid().equals(lease.replid());
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

    /** Rule B4: {@code torn}'s files lack their end, of which nobody knows how long it was; what was confirmed of that {@code m} holds. */
    static boolean makesUpFor(MemberState m, MemberState torn, LeaseRecord lease) {
        return !m.empty() && hasTheRest(m, torn, lease);
    }

    static boolean hasTheRest(MemberState m, MemberState torn, LeaseRecord lease) {
        Data x = m.data();
        Data y = torn.data();
        return y.torn() && !x.torn() && x.complete() && lease.inSync().contains(m.id().pod()) && x.term() >= y.term() && Objects.equals(x.datasetId(), y.datasetId());
    }

    /**
     * Rule B4: whether a member that is still loading its data may hold more than {@code m}, by what their disks say.
     *
     * @param last {@code m} led last, so that it holds at least what the others have of that term, whatever their state files say of offsets
     */
    static boolean mayHoldMore(MemberState loading, MemberState m, LeaseRecord lease, boolean last) {
        Data x = loading.data();
        Data y = m.data();
        boolean ours = lease.names(loading.id().pod()) && x.complete() && x.datasetId() != null && x.datasetId().equals(lease.datasetId());
        return ours && (hasTheRest(loading, m, lease) || (!last && comparable(x, y) ? ahead(x, y) > 0 : x.term() > y.term()));
    }

    /**
     * Rule C5: whether {@code m} holds all that {@code other} can have confirmed. Of what came from a disk the offset is a lower bound, which will do for {@code m} only,
     * and only if the server has read it to its end.
     */
    static boolean covers(MemberState m, MemberState other, LeaseRecord lease) {
        Data x = m.data();
        Data y = other.data();
        if (!other.running() || other.server() == null || other.server().loading()) {
            return false;
        }
        if (other.empty() && y.term() == 0 && !lease.inSync().contains(other.id().pod())) {
            return true;   // it has never had anything
        }
        if (y.restored() || !y.complete() || x.torn() || !x.complete()) {
            return false;
        }
        // who came to a later leader has all that was confirmed before that one led
        return comparable(x, y) ? ahead(x, y) >= 0 : x.term() > y.term();
    }

    /** Offsets compare only on one history. */
    public static boolean comparable(Data x, Data y) {
        return !x.replid().isEmpty() && x.replid().equals(y.replid()) || before(x, y) || before(y, x);
    }

    /** On the same history {@code m} has got more of it than {@code than}. */
    public static boolean isFurther(MemberState m, MemberState than) {
        return comparable(m.data(), than.data()) && ahead(m.data(), than.data()) > 0;
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
