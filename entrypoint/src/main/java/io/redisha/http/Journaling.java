package io.redisha.http;

import io.redisha.loop.EventSink;
import io.redisha.loop.Journal;
import io.redisha.model.Reason;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Turns each change into a line that a person can read aloud, a Kubernetes Event and a number. */
public final class Journaling implements Journal {

    /** "io.redisha" is what the reader of a JSON log sees as the logger. */
    private static final Logger LOG = LoggerFactory.getLogger("io.redisha.Journal");

    /** Promotions for these were planned, or the first of the release. */
    private static final Set<Reason> NO_FAILOVER = Set.of(Reason.BOOTSTRAP, Reason.HANDED_OVER, Reason.LEASE_IS_OURS, Reason.SENTINELS_AGREE);

    /** Handovers for these were planned by nobody (rules K5, H7). */
    private static final Set<Reason> NO_SWITCHOVER = Set.of(Reason.SERVER_DIED, Reason.VOLUME_EMPTY, Reason.CANNOT_SAVE);

    private final String pod;
    private final Metrics metrics;
    private final EventSink events;

    public Journaling(String pod, Metrics metrics, EventSink events) {
        this.pod = pod;
        this.metrics = metrics;
        this.events = events;
    }

    @Override
    public void note(Act act, Reason reason, long term, String detail) {
        String line = pod + " " + words(act, reason, detail == null ? "" : detail) + (term < 0 ? "" : " (term " + term + ")");
        boolean warning = isWarning(act);
        if (warning) {
            LOG.warn("{}", line);
        } else {
            LOG.info("{}", line);
        }
        count(act, reason);
        if (isEvent(act)) {
            events.emit(warning, code(act), line);
        }
    }

    @Override
    public void renewed(boolean success, long nanos) {
        metrics.renewal(success, nanos);
    }

    @Override
    public void moved(int slots, long keys) {
        metrics.moved(slots, keys);
    }

    private void count(Act act, Reason reason) {
        String code = reason == null ? "Unknown" : reason.code();
        switch (act) {
            case PROMOTED -> {
                if (reason == null || !NO_FAILOVER.contains(reason)) {
                    metrics.failover(code);
                }
            }
            case HANDED_OVER -> {
                if (reason == null || !NO_SWITCHOVER.contains(reason)) {
                    metrics.switchover(code);
                } else {
                    metrics.takeover(code);
                }
            }
            case FENCED -> metrics.fence(code);
            case SERVER_DIED -> metrics.serverDied();
            default -> { }
        }
    }

    private static String words(Act act, Reason reason, String detail) {
        String why = reason == null ? "" : reason.text();
        return switch (act) {
            case PROMOTED -> "is master (was replica): " + why + more(detail);
            case DEMOTED -> "is replica (was master): " + why + more(detail);
            case FENCED -> "accepts no more writes: " + why + more(detail);
            case HANDOVER_STARTED -> "hands over " + detail + ": " + why;
            case HANDED_OVER -> "has handed over " + detail + ": " + why;
            case HANDOVER_FAILED -> "could not hand over (" + why + "): " + detail;
            case FOLLOWING -> "follows " + detail + ": " + why;
            case REFUSED -> "refuses to " + refused(reason) + ": " + why + more(detail);
            case WAITING -> "waits: " + detail;
            case ELECTED -> "leads: " + why + more(detail);
            case DEPOSED -> detail + ": " + why;
            case MEMBERS_CHANGED -> "recorded the members " + detail;
            case MODE_CHANGED -> "changed to mode " + detail;
            case API_LOST -> "has lost the API server: " + detail;
            case API_BACK -> "has the API server back " + detail;
            case LEASE_REFUSED -> "is refused a write of the Lease: " + detail;
            case LEASE_BACK -> "can write the Lease again " + detail;
            case SERVER_DIED -> "has lost its server: " + why + more(detail);
            case SERVER_KILLED -> "killed its server: " + why + more(detail);
            case SERVER_SILENT -> "has a master that does not answer, and lets it live: " + why + more(detail);
            case CANNOT_SAVE -> "can't save: " + detail;
            case WRITES_REFUSED -> "refuses writes: " + detail;
            case SET_ASIDE -> "has set aside what its server can't load, and gets a copy from the master; it is kept in " + detail;
            case NO_MASTER -> "has had no master for a minute: " + detail;
            case DISBELIEVED -> "does not believe " + detail;
            case CREATED -> "created the cluster: " + detail;
            case SERVES -> "is master of slots " + detail + ": " + why;
            case JOINED -> "took " + detail + " into the cluster: " + why;
            case MET -> "met " + detail + " again: " + why;
            case FORGOT -> "had the cluster forget " + detail + ": " + why;
            case RETIRED -> "retired " + detail + ": " + why;
            case SLOTS_MOVING -> "moves slots " + detail + ": " + why;
            case SLOTS_MOVED -> "has moved slots " + detail + ": " + why;
            case SHAPE_CHANGED -> "shapes the cluster: " + detail;
            case MENDED -> "mended " + detail + ": " + why;
            case FOUNDED -> "has the sentinels begin with " + detail + ": " + why;
        };
    }

    private static String refused(Reason reason) {
        return reason == Reason.FOREIGN_MASTER ? "follow" : reason == Reason.FOREIGN_DATA ? "take part" : "lead";
    }

    private static String more(String detail) {
        return detail.isBlank() ? "" : "; " + detail;
    }

    private static boolean isWarning(Act act) {
        return switch (act) {
            case FENCED, HANDOVER_FAILED, REFUSED, API_LOST, LEASE_REFUSED, SERVER_DIED, SERVER_KILLED, SERVER_SILENT, CANNOT_SAVE, WRITES_REFUSED, SET_ASIDE, NO_MASTER, DISBELIEVED, MENDED -> true;
            case PROMOTED, DEMOTED, HANDOVER_STARTED, HANDED_OVER, FOLLOWING, WAITING, ELECTED, DEPOSED, MEMBERS_CHANGED, MODE_CHANGED, API_BACK, LEASE_BACK, CREATED, SERVES, JOINED, MET,
                    FORGOT, RETIRED, SLOTS_MOVING, SLOTS_MOVED, SHAPE_CHANGED, FOUNDED -> false;
        };
    }

    /** What somebody who reads {@code kubectl describe pod} wants to know. Waiting, following, modes and members are the log's. */
    private static boolean isEvent(Act act) {
        return switch (act) {
            case PROMOTED, DEMOTED, FENCED, HANDOVER_STARTED, HANDED_OVER, HANDOVER_FAILED, REFUSED, LEASE_REFUSED, SERVER_DIED, SERVER_KILLED, SERVER_SILENT, CANNOT_SAVE, WRITES_REFUSED, SET_ASIDE, NO_MASTER, DISBELIEVED, CREATED, JOINED,
                    FORGOT, RETIRED, SLOTS_MOVING, SLOTS_MOVED, SHAPE_CHANGED, MENDED, FOUNDED -> true;
            case FOLLOWING, WAITING, ELECTED, DEPOSED, MEMBERS_CHANGED, MODE_CHANGED, API_LOST, API_BACK, LEASE_BACK, MET, SERVES -> false;
        };
    }

    /** CamelCase, as Kubernetes wants the reason of an Event. */
    static String code(Act act) {
        StringBuilder code = new StringBuilder();
        for (String word : act.name().split("_")) {
            code.append(word.charAt(0)).append(word.substring(1).toLowerCase(Locale.ROOT));
        }
        return code.toString();
    }
}
