package io.redisha.loop;

import io.redisha.decide.Validity;
import io.redisha.loop.Journal.Act;
import io.redisha.model.Misconf;
import io.redisha.model.NodeInfo;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What makes the own server refuse its clients' writes, for a person: a problem for as long as it lasts, and told once. Likewise that it had more data
 * than memory, and was killed.
 */
public final class WriteBlockers {

    /** A volume that is full to its last block is so again a moment after something was deleted: that is the same story. */
    private static final long OVER = 60_000 * Timings.MS;

    /** A handover that failed would fail again at once, and where two volumes are full to their last blocks the two would take turns. */
    private static final long AGAIN = 30_000 * Timings.MS;

    /** Each that comes to nothing may cost reads for seconds: so the next waits twice as long, for about as long as they have failed so far, and never longer than this. */
    private static final long SELDOM = 600_000 * Timings.MS;

    /** A new master's replicas may take as long to link to it: no news. */
    private static final long LINKING = 5_000 * Timings.MS;

    /** What grew until it was killed grows again. */
    private static final long KILLED = 600_000 * Timings.MS;

    /**
     * What one answer of the server says of that.
     *
     * @param unreplicated fewer replicas are in sync than it asks for (rule M4)
     * @param full   maxmemory is reached, and nothing is evicted
     */
    public record Seen(Role role, Misconf misconf, boolean unreplicated, boolean full) {

        public static Seen of(ServerInfo info) {
            return new Seen(info.role(), info.misconf(), info.goodReplicas() < info.minReplicas(), info.full());
        }

        public static Seen of(NodeInfo info) {
            return new Seen(info.role(), info.misconf(), false, info.full());
        }

        /** For whoever tells of missing replicas otherwise. */
        public Seen replicated() {
            return new Seen(role, misconf, false, full);
        }
    }

    private final Journal journal;
    private List<String> problems = List.of();
    private boolean refuses;
    private long since;
    private long unreplicatedSince = Validity.NEVER;
    private long refusedAt = Validity.NEVER;
    private long tried = Validity.NEVER;
    /** How long after that nothing is tried. */
    private long rest;
    /** When each reason that was told was last seen: two may take turns. */
    private final Map<String, Long> told = new HashMap<>();
    /** How the last server ended, if that was for its memory. */
    private String end = "";
    private long endedAt;

    public WriteBlockers(Journal journal) {
        this.journal = journal;
    }

    /**
     * With each answer of the server.
     *
     * @param term negative where there is none to tell
     */
    public void sees(Seen seen, long term, long now) {
        boolean master = seen.role == Role.MASTER;
        boolean refused = refuses;
        refuses = seen.misconf != Misconf.NONE && master;
        since = refuses && !refused ? now : since;
        if (refuses) {
            refusedAt = now;
        } else if (now - refusedAt >= OVER) {
            rest = 0;   // handed over, or there is room
        }
        unreplicatedSince = !master || !seen.unreplicated ? Validity.NEVER : unreplicatedSince == Validity.NEVER ? now : unreplicatedSince;
        told.values().removeIf(at -> now - at >= OVER);
        List<String> found = new ArrayList<>();
        if (seen.misconf != Misconf.NONE) {
            String words = words(seen.misconf, master);
            found.add(words);
            tell(Act.CANNOT_SAVE, words, term, now);
        }
        if (master && seen.full) {
            found.add(refused("maxmemory is reached, and maxmemory-policy is noeviction (OOM)", term, now));
        }
        if (unreplicatedSince != Validity.NEVER && now - unreplicatedSince >= LINKING) {
            found.add(refused("no replica is in sync (NOREPLICAS)", term, now));
        }
        problems = found;
    }

    private String refused(String why, long term, long now) {
        tell(Act.WRITES_REFUSED, why, term, now);
        return "writes are refused: " + why;
    }

    private void tell(Act act, String words, long term, long now) {
        if (told.put(words, now) == null) {
            journal.note(act, null, term, words);
        }
    }

    /**
     * The server has died: its successor has refused nothing yet.
     *
     * @param how it ended, for a person; empty if that was told before
     */
    public void gone(String how, long now) {
        problems = List.of();
        refuses = false;
        unreplicatedSince = Validity.NEVER;
        if (!how.isEmpty()) {
            end = how.contains(ServerView.MEMORY_LIMIT) ? how : "";
            endedAt = now;
        }
    }

    /** ns for which the own master has refused its clients' writes as it can't save; 0 while it takes them, and for a while after {@link #handsOver}. */
    public long refusedFor(long now) {
        return !refuses || tried != Validity.NEVER && now - tried < rest ? 0 : now - since;
    }

    /** ns for which the own master has had fewer replicas than it needs; 0 while it has enough, and where that is told otherwise. */
    public long unreplicatedFor(long now) {
        return unreplicatedSince == Validity.NEVER ? 0 : now - unreplicatedSince;
    }

    /** Another is asked to lead, and may not come to it. */
    public void handsOver(long now) {
        tried = now;
        rest = rest == 0 ? AGAIN : Math.min(2 * rest, SELDOM);
    }

    /** Empty if nothing stops writes, and nothing did that may soon again. */
    public List<String> problems(long now) {
        if (end.isEmpty() || now - endedAt >= KILLED) {
            return problems;
        }
        List<String> all = new ArrayList<>(problems);
        all.add("its last server ended by " + end);
        return all;
    }

    private static String words(Misconf misconf, boolean master) {
        return switch (misconf) {
            case NONE -> throw new IllegalArgumentException();
            case AOF -> "its AOF can't be written (aof_last_write_status:err): is the volume full? "
                    + (master ? "Redis refuses writes until there is room" : "As the master it would refuse writes");
            case SNAPSHOT -> "its last snapshot failed (rdb_last_bgsave_status:err): is the volume full, or is there no memory to fork? "
                    + (master ? "Redis refuses writes until one succeeds" : "As the master it would refuse writes");
        };
    }
}
