package io.redisha.model;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

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
 * @param lastHolder pod that held it last and accepted writes; kept over a release (rule B4)
 * @param preferred  pod to which a releasing leader handed over, null for none
 * @param renewed    wall clock of the writer; only ever compared for equality (rule L4)
 * @param notes      what else an architecture keeps there, by the name of the annotation without its prefix
 */
public record LeaseRecord(Identity holder, long term, Mode mode, List<MemberId> members, String datasetId, String replid, long offset,
        boolean empty, List<String> inSync, String lastHolder, String preferred, Instant renewed, Map<String, String> notes) {

    /** The note by which a leader of replication extends promises, in ms. */
    public static final String PATIENCE = "patience";
    /** The note of who has taken the Lease since {@code lastHolder} was written. */
    public static final String TAKERS = "takers";
    /** The note of servers that hung and were killed. */
    public static final String KILLS = "kills";
    /** As many are believed: what is noted may have been edited, and each doubles how long the next one may hang. */
    private static final int MOST_KILLS = 3;
    /** Of those that take it in vain, again and again, only the last are kept. */
    private static final int MOST_TAKERS = 8;

    /** Who has taken the Lease, in which term, and has not written yet that it accepts writes (rule B4). */
    public record Taker(String pod, long term) {

        private static Taker parse(String text) {
            int slash = text.lastIndexOf('/');
            return new Taker(text.substring(0, Math.max(0, slash)).strip(), Long.parseLong(text.substring(slash + 1).strip()));
        }

        @Override
        public String toString() {
            return pod + "/" + term;
        }
    }

    /**
     * Rule L7: how many masters' servers were killed one after the other because they hung, and in which term the last one was. It has no time, as clocks differ:
     * each member counts from when it first saw it.
     */
    public record Kills(int count, long term) {

        private static Kills parse(String text) {
            int slash = text.indexOf('/');
            return new Kills(Math.min(Integer.parseInt(text.substring(0, Math.max(0, slash)).strip()), MOST_KILLS), Long.parseLong(text.substring(slash + 1).strip()));
        }

        /** One more was killed since. @param known null for none */
        public boolean isAfter(Kills known) {
            return known == null || term > known.term || term == known.term && count > known.count;
        }

        @Override
        public String toString() {
            return count + "/" + term;
        }
    }

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

    /** The same of another term. */
    public LeaseRecord in(long other) {
        return new LeaseRecord(holder, other, mode, members, datasetId, replid, offset, empty, inSync, lastHolder, preferred, renewed, notes);
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

    public LeaseRecord patience(long ns) {
        return noting(PATIENCE, ns == 0 ? null : Long.toString(ns / Timings.MS));
    }

    /**
     * Who has taken it since {@code lastHolder} was written, the last one last. What does not end with this very term is of an agent that knew nothing of the
     * note, or unreadable: none.
     */
    public List<Taker> takers() {
        try {
            List<Taker> all = Stream.of(notes.getOrDefault(TAKERS, "").split(",")).filter(one -> !one.isBlank()).map(Taker::parse).toList();
            return all.isEmpty() || all.getLast().term() != term ? List.of() : all;
        } catch (NumberFormatException e) {
            return List.of();
        }
    }

    /** Their last one is of this term. */
    public LeaseRecord takers(List<Taker> all) {
        List<String> kept = all.subList(Math.max(0, all.size() - MOST_TAKERS), all.size()).stream().map(Taker::toString).toList();
        return noting(TAKERS, kept.isEmpty() ? null : String.join(",", kept));
    }

    /** Null for none, and for what nobody can read, or is of a term that is still to come. */
    public Kills kills() {
        try {
            Kills noted = notes.containsKey(KILLS) ? Kills.parse(notes.get(KILLS)) : null;
            return noted == null || noted.count < 1 || noted.term > term ? null : noted;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** @param noted null for none */
    public LeaseRecord kills(Kills noted) {
        return noting(KILLS, noted == null ? null : noted.toString());
    }

    /** Without what it says of who led last, and who is to lead next: it is from a backup, and others have led since (L3). */
    public LeaseRecord ofNobody() {
        return new LeaseRecord(holder, term, mode, members, datasetId, replid, offset, empty, inSync, null, null, renewed).patience(patience()).kills(kills());
    }

    /** Whether it is, or may be, who accepted writes last. */
    public boolean mayHaveLed(String pod) {
        return pod.equals(lastHolder) || takers().stream().anyMatch(t -> t.pod().equals(pod));
    }

    private LeaseRecord noting(String note, String value) {
        Map<String, String> next = new TreeMap<>(notes);
        if (value == null) {
            next.remove(note);
        } else {
            next.put(note, value);
        }
        return new LeaseRecord(holder, term, mode, members, datasetId, replid, offset, empty, inSync, lastHolder, preferred, renewed, Map.copyOf(next));
    }

    public LeaseRecord inSync(List<String> pods) {
        return new LeaseRecord(holder, term, mode, members, datasetId, replid, offset, empty, pods, lastHolder, preferred, renewed, notes);
    }

    public static int quorum(int members) {
        return members / 2 + 1;
    }
}
