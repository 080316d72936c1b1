package io.redisha.loop;

import io.redisha.decide.Validity;
import io.redisha.loop.Journal.Act;
import io.redisha.model.Misconf;
import io.redisha.model.Role;
import io.redisha.model.Timings;
import java.util.HashMap;
import java.util.Map;

/** What makes the own server refuse its clients' writes, for a person: a problem for as long as it lasts, and told once. */
public final class WriteBlockers {

    /** A volume that is full to its last block is so again a moment after something was deleted: that is the same story. */
    private static final long OVER = 60_000 * Timings.MS;

    /** A handover that failed would fail again at once, and where two volumes are full to their last blocks the two would take turns. */
    private static final long AGAIN = 30_000 * Timings.MS;

    private final Journal journal;
    private String problem;
    private boolean refuses;
    private long since;
    private long tried = Validity.NEVER;
    /** When each reason that was told was last seen: two may take turns. */
    private final Map<String, Long> told = new HashMap<>();

    public WriteBlockers(Journal journal) {
        this.journal = journal;
    }

    /**
     * With each answer of the server.
     *
     * @param term negative where there is none to tell
     */
    public void sees(Misconf misconf, Role role, long term, long now) {
        problem = words(misconf, role);
        boolean refused = refuses;
        refuses = misconf != Misconf.NONE && role == Role.MASTER;
        since = refuses && !refused ? now : since;
        told.values().removeIf(at -> now - at >= OVER);
        if (problem != null && told.put(problem, now) == null) {
            journal.note(Act.CANNOT_SAVE, null, term, problem);
        }
    }

    /** The server has died: its successor has refused nothing yet. */
    public void gone() {
        problem = null;
        refuses = false;
    }

    /** ns for which the own master has refused its clients' writes; 0 while it takes them, and for half a minute after {@link #handsOver}. */
    public long refusedFor(long now) {
        return !refuses || tried != Validity.NEVER && now - tried < AGAIN ? 0 : now - since;
    }

    /** Another is asked to lead, and may not come to it. */
    public void handsOver(long now) {
        tried = now;
    }

    /** Null if nothing stops writes. */
    public String problem() {
        return problem;
    }

    private static String words(Misconf misconf, Role role) {
        boolean master = role == Role.MASTER;
        return switch (misconf) {
            case NONE -> null;
            case AOF -> "its AOF can't be written (aof_last_write_status:err): is the volume full? "
                    + (master ? "Redis refuses writes until there is room" : "As the master it would refuse writes");
            case SNAPSHOT -> "its last snapshot failed (rdb_last_bgsave_status:err): is the volume full, or is there no memory to fork? "
                    + (master ? "Redis refuses writes until one succeeds" : "As the master it would refuse writes");
        };
    }
}
