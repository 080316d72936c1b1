package io.redisha.model;

import java.util.List;
import java.util.Optional;

/** A Redis Cluster as one of its nodes sees it: its answer to CLUSTER NODES. */
public record Topology(List<ClusterNode> nodes) {

    public static final Topology NONE = new Topology(List.of());

    public Topology {
        nodes = List.copyOf(nodes);
    }

    /** The node that was asked; null if nothing is known yet. */
    public ClusterNode myself() {
        return nodes.stream().filter(ClusterNode::isMyself).findFirst().orElse(null);
    }

    public Optional<ClusterNode> node(String id) {
        return nodes.stream().filter(n -> n.id().equals(id)).findFirst();
    }

    /** Masters that own slots, whether they are alive or not. */
    public List<ClusterNode> owners() {
        return nodes.stream().filter(ClusterNode::ownsSlots).toList();
    }

    public List<ClusterNode> replicasOf(String master) {
        return nodes.stream().filter(n -> n.isReplica() && master.equals(n.master())).toList();
    }

    /** Slots that have an owner, alive or not. */
    public Slots covered() {
        Slots all = Slots.NONE;
        for (ClusterNode node : nodes) {
            all = all.plus(node.slots());
        }
        return all;
    }

    /** It has never met another node. */
    public boolean isAlone() {
        return nodes.stream().allMatch(n -> n.isMyself() || n.isHandshake());
    }

    public Optional<ClusterNode> ownerOf(int slot) {
        return nodes.stream().filter(n -> n.slots().contains(slot)).findFirst();
    }
}
