package io.redisha.loop.cluster;

import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import io.redisha.model.Topology;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Whom a stopping master asks to take over, how often, and for how long it waits for one (rule K6): as much of the grace period as its server does not need to end. */
final class HandoverTries {

    /** After one that failed another replica is asked first, if there is one; the same again after twice as long each time, as an attempt may stop writes for 5 s. */
    private static final long AGAIN = 1_000 * Timings.MS;
    private static final long SELDOM = 60_000 * Timings.MS;

    /** @param rest how long after that it is left alone, ns */
    private record Failure(long at, long rest) {}

    private final boolean persistent;
    private final long patience;
    private final Map<String, Failure> failed = new HashMap<>();
    private String told = "";
    private long since;
    /** Of the patience, ns. */
    private long reserved;

    /** @param patience ns from the signal until the last attempt may begin, but for the first */
    HandoverTries(boolean persistent, long patience) {
        this.persistent = persistent;
        this.patience = patience;
    }

    void begin(long now) {
        since = now;
    }

    /** The server makes a snapshot when it ends, of more data perhaps. @param took what the last one took, ns */
    void saves(long took) {
        reserved = 2 * took;
    }

    boolean isOver(long now) {
        return now - since > patience - reserved;
    }

    /** The first is made however late it is: it takes a moment with a replica in sync, and without it the slots are not served until the pod is back. */
    boolean mayAsk(long now) {
        return failed.isEmpty() || !isOver(now);
    }

    /** @return whether that is news */
    boolean fails(String pod, String why, long now) {
        failed.compute(pod, (any, last) -> new Failure(now, last == null ? AGAIN : Math.min(2 * last.rest, SELDOM)));
        boolean news = !why.equals(told);
        told = why;
        return news;
    }

    /** Those that may be asked now: who has just failed comes after everybody else. */
    List<NodeState> now(List<NodeState> states, long now) {
        return states.stream().filter(s -> {
            Failure last = failed.get(s.pod());
            return last == null || now - last.at >= last.rest;
        }).toList();
    }

    /** Some replica of this master may yet come to have its data, or be asked again. @param pods of the release, null if not known */
    boolean isWorthWaiting(NodeState self, List<NodeState> states, Collection<PodView> pods, Topology topology) {
        boolean onItsWay = states.stream().anyMatch(s -> s.usable() && !s.stopping() && s.topology().myself().isReplica() && self.nodeId().equals(s.topology().myself().master()));
        return onItsWay || !persistent && isReplicaExpected(self, pods, topology);
    }

    /** Without persistence what it holds goes with it, so a replica that is away is waited for too; but not in a release that has none, or stops as a whole. */
    private static boolean isReplicaExpected(NodeState self, Collection<PodView> pods, Topology topology) {
        return pods != null && pods.size() > topology.owners().size() && pods.stream().anyMatch(p -> !p.id().equals(self.id()) && !p.terminating());
    }
}
