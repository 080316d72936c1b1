package io.redisha.decide.cluster;

import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Topology;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What each node of a cluster decides for itself. */
public final class Belonging {

    private Belonging() {}

    /** Who comes to the help of a master that must not start (rule K5). */
    public sealed interface Rescue {
        record TakenBy(String pod, String nodeId) implements Rescue {}

        record By(NodeState replica) implements Rescue {}

        record Nobody() implements Rescue {}
    }

    /** @param me as its nodes.conf says: with the slots it owned */
    public static Rescue rescue(ClusterNode me, Collection<NodeState> siblings) {
        for (NodeState s : siblings) {
            ClusterNode it = s.usable() ? s.topology().myself() : null;
            if (it != null && it.isMaster() && !it.slots().and(me.slots()).isEmpty() && it.epoch() > me.epoch()) {
                return new Rescue.TakenBy(s.pod(), s.nodeId());
            }
        }
        return siblings.stream().filter(s -> s.usable() && s.whole() && s.topology().myself().isReplica() && me.id().equals(s.topology().myself().master()))
                .max(Comparator.comparingLong(s -> s.server().offset())).<Rescue>map(Rescue.By::new).orElse(new Rescue.Nobody());
    }

    public static String idOf(String pod, Topology topology) {
        return topology.nodes().stream().filter(n -> n.hostname().startsWith(pod + ".")).map(ClusterNode::id).findFirst().orElse(null);
    }

    /** Rule K1: siblings that this node knows under another address, or has no connection to: a MEET puts the address right. */
    public static List<NodeState> meets(NodeState self, Collection<NodeState> siblings) {
        return siblings.stream().filter(s -> s.usable() && s.nodeId() != null && !s.nodeId().equals(self.nodeId()))
                .filter(s -> self.topology().node(s.nodeId()).map(n -> !n.isHandshake()
                        && (!n.hasAddress() || !n.redis().host().equals(s.redis().host()) || !n.linkUp())).orElse(false)).toList();
    }

    /** The best replica of a master to hand over to (rule K6). @param to null = whoever is best */
    public static Optional<NodeState> heir(NodeState master, Collection<NodeState> siblings, String to) {
        return siblings.stream().filter(s -> s.usable() && s.whole() && !s.stopping() && s.server().linkUp() && s.topology().myself().isReplica()
                        && master.nodeId().equals(s.topology().myself().master()) && (to == null || s.pod().equals(to)))
                .max(Comparator.comparing((NodeState s) -> !s.revision().equals(master.revision())).thenComparingLong(s -> s.server().offset()));
    }
}
