package io.redisha.loop.cluster;

import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.model.Timings;

/** That a replica is not elected because its data may be older than its master's (rule K11): a problem for as long as it lasts, and an Event after a minute. */
final class OlderData {

    private static final long MINUTE = 60_000 * Timings.MS;

    private final Journal journal;
    private String problem;
    private long since;
    private boolean told;

    OlderData(Journal journal) {
        this.journal = journal;
    }

    /** @param master the pod that is waited for, null for nobody */
    void sees(String master, long now) {
        if (master == null) {
            problem = null;
            told = false;
            return;
        }
        since = problem == null ? now : since;
        problem = "its data may be older than that of " + master + ", which is gone: it is not elected without an order. Bring " + master
                + " back with its volume; if that is lost, redis-ha fix --yes makes do with what is here";
        if (!told && now - since >= MINUTE) {
            told = true;
            journal.note(Act.NO_MASTER, null, -1, problem);
        }
    }

    /** In words; null for none. */
    String problem() {
        return problem;
    }
}
