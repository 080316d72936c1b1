package io.redisha.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The Lease's content.
 *
 * @param holder     null = released: may be taken at once (rule L8)
 * @param term       leaseTransitions, the fencing token (rule L3)
 * @param members    M: who votes, counts and may be promoted (rule V8)
 * @param datasetId  names the release's data (rule B6)
 * @param replid     replication history of the last term
 * @param offset     the leader's offset at its last renewal
 * @param empty      the leader's dataset held no key at its last renewal (rule B2)
 * @param inSync     pods whose data was as good as the leader's at its last renewal
 * @param lastHolder pod that held it last; kept over a release (rule B4)
 * @param preferred  pod to which a releasing leader handed over, null for none
 * @param renewed    wall clock of the writer; only ever compared for equality (rule L4)
 * @param notes      what else an architecture keeps there, by the name of the annotation without its prefix
 */
public record LeaseRecord(Identity holder, long term, Mode mode, List<MemberId> members, String datasetId, String replid, long offset,
        boolean empty, List<String> inSync, String lastHolder, String preferred, Instant renewed, Map<String, String> notes) {

    /** The note by which a leader of replication extends promises, in ms. */
    public static final String PATIENCE = "patience";

    public LeaseRecord(Identity holder, long term, Mode mode, List<MemberId> members, String datasetId, String replid, long offset, boolean empty,
            List<String> inSync, String lastHolder, String preferred, Instant renewed) {
        this(holder, term, mode, members, datasetId, replid, offset, empty, inSync, lastHolder, preferred, renewed, Map.of());
    }

    public boolean released() {
        return holder == null;
    }

    /** Whether this very member (name and UID) counts. */
    public boolean counts(MemberId id) {
        return members.contains(id);
    }

    /** Whether a pod of this name belongs to the release: enough to be promoted when nobody can be asked for votes. */
    public boolean names(String pod) {
        return members.stream().anyMatch(m -> m.pod().equals(pod));
    }

    /** As it is sent: the stamp tells this write from any other. */
    public LeaseRecord stamped(Instant now) {
        return new LeaseRecord(holder, term, mode, members, datasetId, replid, offset, empty, inSync, lastHolder, preferred, now, notes);
    }

    /** Of the same term, by what its leader's server holds. */
    public LeaseRecord holding(ServerInfo server) {
        return new LeaseRecord(holder, term, mode, members, datasetId, server.replid(), server.offset(), server.empty(), inSync, lastHolder, preferred, renewed, notes);
    }

    /** By how many ns longer than rule V1 says its leader may have members promise (rule W4); what nobody can read is the most. */
    public long patience() {
        String text = notes.get(PATIENCE);
        try {
            return text == null ? 0 : Timings.patience(Math.multiplyExact(Long.parseLong(text.strip()), Timings.MS));
        } catch (NumberFormatException | ArithmeticException e) {
            return Timings.MOST_PATIENCE;
        }
    }

    /** Of a leader, which keeps no other notes. */
    public LeaseRecord patience(long ns) {
        return new LeaseRecord(holder, term, mode, members, datasetId, replid, offset, empty, inSync, lastHolder, preferred, renewed,
                ns == 0 ? Map.of() : Map.of(PATIENCE, Long.toString(ns / Timings.MS)));
    }

    public LeaseRecord inSync(List<String> pods) {
        return new LeaseRecord(holder, term, mode, members, datasetId, replid, offset, empty, pods, lastHolder, preferred, renewed, notes);
    }

    public static int quorum(int members) {
        return members / 2 + 1;
    }
}
