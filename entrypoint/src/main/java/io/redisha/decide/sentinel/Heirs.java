package io.redisha.decide.sentinel;

import io.redisha.decide.Election;
import io.redisha.model.Data;
import io.redisha.model.MemberState;
import io.redisha.model.ServerInfo;
import java.util.Collection;
import java.util.Optional;

/** Who holds enough to be the next master (rules B2, B4, C3). */
final class Heirs {

    private Heirs() {}

    /** Nothing is known to be missing from what it holds. */
    static boolean whole(MemberState m) {
        return ready(m) && (!m.empty() || emptied(m)) && m.data().complete();
    }

    /**
     * Rule B2: it holds no key because it has applied what the master of this epoch did, in this very process, and its server has not lost what it knew of that history since.
     * Whoever holds some has not seen them deleted, as a disk that another pod of the master's name has loaded from before.
     */
    static boolean emptied(MemberState m) {
        Data data = m.data();
        ServerInfo server = m.server();
        return m.empty() && server != null && server.priority() != 0 && data.complete() && !data.restored() && data.offset() > 1 && data.datasetId() != null
                && data.replid().equals(server.replid()) && data.offset() == server.offset();
    }

    static boolean ready(MemberState m) {
        return m.running() && m.server() != null && !m.stopping() && !m.server().loading() && !m.server().receiving()
                && (!m.server().syncing() || m.server().priority() != 0);   // who was in sync and asks in vain has what it had
    }

    /** Nobody knows yet what it holds. */
    static boolean unknown(MemberState m) {
        return !m.running() || m.server() == null || m.server().loading();
    }

    /**
     * Whether a sibling may take over from a master whose server has died or was restarted.
     *
     * <p>One that was in sync and has it in memory is as good as what the master's disk may hold, and is there at once: a write that it
     * does not have was acknowledged by nobody but the master. That it was in sync its priority says (see {@link Fitness}).
     */
    static boolean asGood(MemberState sibling, MemberState me) {
        if (!whole(sibling) || sibling.empty() && Election.isFurther(me, sibling)) {
            return false;   // what was deleted before more was written is no reason to lose that
        }
        boolean live = sibling.server().priority() != 0 && !sibling.data().restored() && sibling.data().term() >= me.data().term();
        if (unknown(me)) {
            return live || sibling.data().term() > me.data().term();
        }
        return live && me.data().restored() || holdsMore(sibling, me);
    }

    /** A master is not changed for one that has the same. */
    static boolean holdsMore(MemberState sibling, MemberState me) {
        return isBetter(sibling, me, me.id().pod()) && !(whole(me) && Election.same(sibling.data(), me.data()));
    }

    static boolean isBetter(MemberState a, MemberState b, String lastMaster) {
        if (whole(a) != whole(b)) {
            return whole(a);
        }
        return Election.compare(comparable(a), comparable(b), null, lastMaster, false) > 0;
    }

    static Optional<MemberState> best(Collection<MemberState> of, String lastMaster) {
        MemberState best = null;
        for (MemberState m : of) {
            if (ready(m) && (best == null || isBetter(m, best, lastMaster))) {
                best = m;
            }
        }
        return Optional.ofNullable(best);
    }

    /** A priority of 0 says that a sentinel must not choose it, not that it comes first. */
    private static MemberState comparable(MemberState m) {
        ServerInfo i = m.server();
        if (i.priority() != 0) {
            return m;
        }
        ServerInfo last = new ServerInfo(i.runId(), i.role(), i.replid(), i.replid2(), i.offset(), i.secondOffset(), i.loading(), i.syncing(), i.linkUp(), i.empty(),
                Integer.MAX_VALUE, i.master(), i.goodReplicas(), i.minReplicas(), i.aof(), i.misconf(), i.receiving());
        return new MemberState(m.id(), m.redis(), m.term(), m.leading(), m.open(), m.running(), last, m.data(), m.revision(), m.stopping());
    }
}
