package io.redisha.loop.cluster;

import io.redisha.decide.cluster.Belonging;
import io.redisha.loop.Permission;
import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Topology;
import java.util.List;
import java.util.function.Supplier;

/**
 * Rule D1 in a cluster: a replica whose server can't load its files gives them up for a copy when its shard's master, by its own word, serves whole data of this
 * release and names this pod; one replica of a shard at a time.
 */
final class CopyTurns {

    private final Permission permission = new Permission();
    private final Supplier<String> follows;
    private boolean master;
    private boolean asks;

    /** @param follows node id of the master by nodes.conf, null for none */
    CopyTurns(Supplier<String> follows) {
        this.follows = follows;
    }

    /** At each turn of the loop. @param serves the own node owns slots. @param whole what it has */
    void sees(boolean serves, boolean whole, long now) {
        if (serves && !master) {
            permission.begin(now);
        }
        master = serves;
        asks &= !whole;
    }

    /** @param own of this node's server */
    void hears(NodeState state, Topology own, long now) {
        ClusterNode me = own.myself();
        ClusterNode it = state.nodeId() == null ? null : own.node(state.nodeId()).orElse(null);
        // one that has lost its slots while it was down has had nobody told yet whom it follows
        if (master && me != null && it != null && (me.id().equals(it.master()) || !it.isReplica() && !it.ownsSlots())) {
            permission.hears(state.pod(), state.word().asks(), state.running() && !state.whole(), now);
        }
    }

    /** Who may, by this node's word; null for nobody. */
    String permits(long now) {
        return master ? permission.named(now) : null;
    }

    boolean asks() {
        return asks;
    }

    /** Whether the own files, which can't be loaded, may be given up now; if that hangs on the master's word alone, it is asked for it. */
    boolean mayBeginAnew(NodeState self, List<NodeState> states) {
        NodeState from = follows.get() == null || self.datasetId() == null || self.stopping() || self.running() ? null : Belonging.head(follows.get(), states);
        boolean serves = from != null && from.whole() && !from.stopping() && self.datasetId().equals(from.datasetId());
        asks |= serves;
        return serves && self.pod().equals(from.word().permits());
    }
}
