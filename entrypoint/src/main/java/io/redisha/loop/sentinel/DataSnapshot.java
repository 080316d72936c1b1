package io.redisha.loop.sentinel;

import io.redisha.loop.Health;
import io.redisha.loop.Snapshot;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.SentinelView;
import java.util.List;

/**
 * The last observation of a redis pod's agent, for probes, metrics and status.
 *
 * @param master    pod that a majority of the sentinels names, or last named; null if that was never known
 * @param epoch     in which it was made master
 * @param agreed    a majority names it now
 * @param serves    this pod is that master, and its server accepts writes
 * @param office    pod that holds the Lease, null if none is known
 * @param term      of the Lease
 * @param since     monotonic ns at which the own role last changed
 * @param replicas  redis pods that are wanted
 * @param siblings  newest answers of the others
 * @param sentinels by pod: newest answer of each that is wanted, {@link SentinelView#silent} for none
 * @param pods      both kinds, as the API server last told
 * @param problems  what a person should know, in words
 */
public record DataSnapshot(long at, MemberState self, boolean ready, String unready, String master, long epoch, boolean agreed, boolean serves, String office,
        long term, long since, boolean apiReachable, int replicas, List<Snapshot.Sibling> siblings, List<SentinelView> sentinels, List<PodView> pods,
        List<String> problems) implements Health {

    /** With what else is wrong with this very pod. */
    public DataSnapshot with(List<String> more) {
        return more.isEmpty() ? this : new DataSnapshot(at, self, ready, unready, master, epoch, agreed, serves, office, term, since, apiReachable, replicas, siblings, sentinels, pods,
                Snapshot.joined(problems, self.id().pod(), more));
    }
}
