package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.TooSlow;
import io.redisha.load.Checker;
import io.redisha.load.History;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/** What a trial of a cluster came to. @param restarts of containers, by pod */
public record ClusterVerdict(History history, Checker.Report report, Map<String, Integer> restarts) {

    public ClusterVerdict lostNothing() {
        assertThat(report.lost()).as("acknowledged writes that are gone").isEmpty();
        return this;
    }

    /** Plain writes may have been on their way to the replica. */
    public ClusterVerdict lostOnlyTheLastMoment() {
        assertThat(history.settled(report.lost())).as("writes that are gone, and were acknowledged long before the fault").isEmpty();
        return this;
    }

    public ClusterVerdict lostNothingReplicated() {
        assertThat(report.lostReplicated()).as("writes that WAIT had counted and are gone").isEmpty();
        return this;
    }

    /** Whatever was not acknowledged is an error that the client's user sees: it follows MOVED and ASK by itself. */
    public ClusterVerdict saidOnlyMovedAndAsk() {
        assertThat(history.errors()).as("what clients were told but MOVED and ASK").isEmpty();
        return this;
    }

    /** In no range of slots, each time. The last of what is asked: see {@link TooSlow}. */
    public void stoppedAtMost(Duration budget) {
        TooSlow.unless(history.writeStop().longest(), budget, "longest time without a good write, by range of slots " + history.writeStops());
    }

    /** I9: nobody else was hurt. */
    public ClusterVerdict restartedOnly(String... pods) {
        assertThat(restarts.entrySet().stream().filter(pod -> pod.getValue() > 0).map(Map.Entry::getKey)).as("pods that restarted").isSubsetOf(pods);
        return this;
    }

    @Override
    public String toString() {
        String stops = history.writeStops().entrySet().stream().filter(stop -> stop.getValue().count() > 0)
                .map(stop -> stop.getKey().substring(3) + ": " + stop.getValue()).collect(Collectors.joining("; "));
        return "write stop by slots: " + (stops.isEmpty() ? "none" : stops) + "; with WAIT 1: " + history.replicatedWriteStop() + "; writes " + history.latency()
                + "; errors " + history.errors() + "; " + report + "; restarts " + restarts;
    }
}
