package io.redisha.loop.cluster;

import io.redisha.loop.Health;
import io.redisha.loop.Snapshot;
import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Shape;
import java.util.List;
import java.util.Map;

/**
 * The last observation of a cluster node's agent, for probes, metrics and status.
 *
 * @param leader   pod that holds the Lease and looks after the cluster's shape; null if none is known
 * @param since    monotonic ns at which the own role last changed
 * @param shards   pods by the number of their shard, as the labels say it
 * @param shape    what is wanted, an announced target included; null where it is not known (only the leader reads it)
 * @param siblings newest answers of the others
 * @param progress of the leader: slots on their way; null if there are none, or on another pod
 * @param settled  of the leader: all that {@code shape} wants was there when it last looked
 * @param problems what a person should know, in words
 */
public record ClusterSnapshot(long at, NodeState self, boolean ready, String unready, String leader, long term, long since, Map<String, Integer> shards,
        boolean apiReachable, Shape shape, List<Sibling> siblings, List<PodView> pods, Progress progress,
        boolean settled, List<String> problems) implements Health {

    /** @param at monotonic ns of the answer */
    public record Sibling(NodeState state, long at) {}

    /** With what else is wrong with this very pod. */
    public ClusterSnapshot with(List<String> more) {
        return more.isEmpty() ? this : new ClusterSnapshot(at, self, ready, unready, leader, term, since, shards, apiReachable, shape, siblings, pods, progress, settled,
                Snapshot.joined(problems, self.id().pod(), more));
    }

    /**
     * @param what        {@code redis-ha-0 to redis-ha-6}, for a person
     * @param done        slots moved so far, of all that are to move
     * @param keys        keys moved so far
     * @param keysPerSecond lately
     * @param secondsLeft estimated, -1 if unknown
     */
    public record Progress(String what, int done, int total, long keys, long keysPerSecond, long secondsLeft) {}
}
