package io.redisha.decide.cluster;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Slots;
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

    /**
     * Taken means: all of its slots. A master that died before it heard that a slot had moved away is still the owner of the others.
     *
     * @param me as its nodes.conf says: with the slots it owned
     */
    public static Rescue rescue(ClusterNode me, Collection<NodeState> siblings) {
        Slots mine = me.slots();
        NodeState heir = null;
        int most = 0;
        for (NodeState s : siblings) {
            ClusterNode it = s.usable() ? s.topology().myself() : null;
            if (it != null && it.isMaster() && it.epoch() > me.epoch()) {
                int taken = it.slots().and(me.slots()).size();
                mine = mine.minus(it.slots());
                if (taken > most) {
                    most = taken;
                    heir = s;
                }
            }
        }
        if (heir != null && mine.isEmpty()) {
            return new Rescue.TakenBy(heir.pod(), heir.nodeId());
        }
        return siblings.stream().filter(s -> s.usable() && s.whole() && !s.server().syncing() && follows(s, me.id()))
                .max(Comparator.comparing((NodeState s) -> !s.stopping()).thenComparingLong(s -> s.server().offset()).thenComparingInt(s -> -s.id().ordinal()))
                .<Rescue>map(Rescue.By::new).orElse(new Rescue.Nobody());
    }

    /**
     * The pod's own node, by the host name that it announced; of several, the one that was heard of last. Null if there is none.
     *
     * @param outside what the pod announces in place of its own name, null if it does not: by both where pods share a port, and by
     *                the port alone where it is no other pod's, as a node port is
     */
    public static String idOf(String pod, Address outside, Topology topology) {
        List<ClusterNode> known = topology.nodes().stream().filter(n -> !n.isHandshake()).toList();
        boolean shared = outside != null && known.stream().filter(n -> n.redis().port() == outside.port()).count() > 1;
        return known.stream().filter(n -> outside == null ? named(n.hostname(), pod) : n.redis().port() == outside.port() && (!shared || n.hostname().equals(outside.host())))
                .max(Comparator.comparing(ClusterNode::linkUp).thenComparingLong(ClusterNode::pongReceived)).map(ClusterNode::id).orElse(null);
    }

    static boolean named(String hostname, String pod) {
        return hostname.equals(pod) || hostname.startsWith(pod + ".");
    }

    /**
     * Rule K1: siblings that this node knows under another address, or has no connection to: a MEET puts the address right. Whom it does not
     * know at all it leaves alone: who belongs together is not for one node to decide.
     */
    public static List<NodeState> meets(NodeState self, Collection<NodeState> siblings) {
        return siblings.stream().filter(s -> s.usable() && s.nodeId() != null && !s.nodeId().equals(self.nodeId()))
                .filter(s -> self.topology().node(s.nodeId()).map(n -> !n.isHandshake()
                        && (!n.hasAddress() || !n.redis().host().equals(s.redis().host()) || !n.linkUp())).orElse(false)).toList();
    }

    /**
     * The best replica of a master to hand over to (rule K6): one that was replaced already in a roll, so that it keeps the role; then the
     * most advanced.
     *
     * @param to null = whoever is best
     */
    public static Optional<NodeState> heir(NodeState master, Collection<NodeState> siblings, String to) {
        return siblings.stream().filter(s -> s.usable() && s.whole() && !s.stopping() && s.server().linkUp() && follows(s, master.nodeId()) && (to == null || s.pod().equals(to)))
                .max(Comparator.comparing((NodeState s) -> !s.revision().equals(master.revision())).thenComparingLong(s -> s.server().offset())
                        .thenComparingInt(s -> -s.id().ordinal()));
    }

    private static boolean follows(NodeState s, String master) {
        return s.topology().myself().isReplica() && master.equals(s.topology().myself().master());
    }
}
