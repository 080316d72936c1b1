package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.Journal.Act;
import io.redisha.model.Reason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class JournalingTest {

    private final List<String> events = new ArrayList<>();
    private final Journaling journal = new Journaling("redis-ha-1", new Metrics("x", Gauges.ofMember(() -> null)),
            (warning, reason, message) -> events.add((warning ? "Warning " : "Normal ") + reason + " " + message));

    @Test
    void tellsAChangeOfMasterInWordsThatCanBeReadAloud() {
        journal.note(Act.PROMOTED, Reason.MEMBERS_VOTED, 4, "offset 1234");
        journal.note(Act.HANDOVER_STARTED, Reason.POD_STOPS, 4, "to redis-ha-2");
        journal.note(Act.HANDED_OVER, Reason.POD_STOPS, 4, "to redis-ha-2 at offset 2000 after 12 ms");
        journal.note(Act.FENCED, Reason.VALIDITY_LAPSED, 5, "");
        journal.note(Act.HANDOVER_FAILED, Reason.SWITCHOVER, 5, "redis-ha-2 did not catch up in time");

        assertThat(events).containsExactly(
                "Normal Promoted redis-ha-1 is master (was replica): a quorum of members no longer hears the leader; offset 1234 (term 4)",
                "Normal HandoverStarted redis-ha-1 hands over to redis-ha-2: the pod is being stopped (term 4)",
                "Normal HandedOver redis-ha-1 has handed over to redis-ha-2 at offset 2000 after 12 ms: the pod is being stopped (term 4)",
                "Warning Fenced redis-ha-1 accepts no more writes: neither the API server nor enough members confirm the leader (term 5)",
                "Warning HandoverFailed redis-ha-1 could not hand over (switchover was asked for): redis-ha-2 did not catch up in time (term 5)");
    }

    @Test
    void tellsWhatStopsWritesAsAnEvent() {
        journal.note(Act.CANNOT_SAVE, null, 4, "its AOF can't be written");

        assertThat(events).containsExactly("Warning CannotSave redis-ha-1 can't save: its AOF can't be written (term 4)");
    }

    @Test
    void tellsThatWritesAreRefusedAtTheLimitToLossesAsAnEvent() {
        journal.note(Act.WRITES_REFUSED, null, 4, "no replica has acknowledged for 1 s (failover.maxLoss)");

        assertThat(events).containsExactly("Warning WritesRefused redis-ha-1 refuses writes: no replica has acknowledged for 1 s (failover.maxLoss) (term 4)");
    }

    @Test
    void tellsWhereWhatCouldNotBeLoadedIsKept() {
        journal.note(Act.SET_ASIDE, null, -1, "/data/.redis-ha/aside-1: Wrong signature trying to load DB from file");

        assertThat(events).containsExactly("Warning SetAside redis-ha-1 has set aside what its server can't load, and gets a copy from the master; it is kept in "
                + "/data/.redis-ha/aside-1: Wrong signature trying to load DB from file");
    }

    @Test
    void tellsThatTheLeaseIsNotWritten() {
        journal.note(Act.LEASE_REFUSED, null, 5, "leases \"redis-ha\" is forbidden");
        journal.note(Act.LEASE_BACK, null, 5, "after 12 s");

        assertThat(events).containsExactly("Warning LeaseRefused redis-ha-1 is refused a write of the Lease: leases \"redis-ha\" is forbidden (term 5)");
    }

    @Test
    void tellsWhichStateFileIsNotBelieved() {
        journal.note(Act.DISBELIEVED, null, -1, "its state file, of term 2147483647: its data counts as the oldest");

        assertThat(events).containsExactly("Warning Disbelieved redis-ha-1 does not believe its state file, of term 2147483647: its data counts as the oldest");
    }

    @Test
    void makesNoEventOfWhatOnlyTheLogShouldTell() {
        journal.note(Act.API_LOST, Reason.LEASE_IS_OURS, 5, "timeout");
        journal.note(Act.FOLLOWING, Reason.LEADER_CHANGED, 5, "redis-ha-0");
        journal.note(Act.WAITING, Reason.NO_CANDIDATE, 5, "the server is loading");

        assertThat(events).isEmpty();
    }

    /** Finding D. */
    @Test
    void saysWhatIsRefused() {
        journal.note(Act.REFUSED, Reason.FOREIGN_MASTER, 5, "10.0.0.9:6379");
        journal.note(Act.REFUSED, Reason.FOREIGN_DATA, -1, "dataset a, the release has b");
        journal.note(Act.REFUSED, Reason.LEASE_UNUSABLE, -1, "leaseTransitions is too high");

        assertThat(events).containsExactly("Warning Refused redis-ha-1 refuses to follow: the sentinels name a master that is no pod of this release; 10.0.0.9:6379 (term 5)",
                "Warning Refused redis-ha-1 refuses to take part: the data on this volume belongs to another release; dataset a, the release has b",
                "Warning Refused redis-ha-1 refuses to lead: the Lease can't be used; leaseTransitions is too high");
    }

    /** Finding D. */
    @Test
    void makesNoEventOfALeaseThatIsLostOnlyAsThatOfOneThatIsTakenIsNone() {
        journal.note(Act.ELECTED, Reason.LEASE_EXPIRED, 5, "looks after the shape of the cluster");
        journal.note(Act.DEPOSED, Reason.LEASE_LOST, 5, "no longer looks after the shape of the cluster");

        assertThat(events).isEmpty();
    }

    @Test
    void hasWordsForEveryActAndReason() {
        for (Act act : Act.values()) {
            for (Reason reason : Reason.values()) {
                journal.note(act, reason, 1, "x");
            }
            journal.note(act, null, 1, null);
        }

        assertThat(events).noneMatch(event -> event.contains("null"));
    }
}
