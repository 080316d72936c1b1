package io.redisha.decide.cluster;

import io.redisha.model.NodeState;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Keeps the majority of masters off any one Kubernetes node. Failovers gather them: with three shards on three nodes, each failover leaves two
 * masters on one node, and nobody could elect a successor for either when it goes. A planned change of master puts that right.
 */
public final class Spreading {

    private Spreading() {}

    /** What is at risk, and what would end it; {@code remedy} null if no replica is fit for it. */
    public record Risk(String words, Step.Promote remedy) {}

    /** Empty if no node holds so many masters that the others are no majority. */
    public static Optional<Risk> of(ClusterView view) {
        Map<String, List<NodeState>> masters = new HashMap<>();
        List<NodeState> all = view.states().stream().filter(s -> s.usable() && s.topology().myself().ownsSlots()).sorted(Comparator.comparingInt(s -> s.id().ordinal())).toList();
        all.forEach(s -> masters.computeIfAbsent(s.node(), n -> new ArrayList<>()).add(s));
        List<NodeState> crowd = masters.entrySet().stream().filter(e -> !e.getKey().isEmpty() && isQuorumLostWithout(e.getValue().size(), all.size()))
                .max(Comparator.comparingInt((Map.Entry<String, List<NodeState>> e) -> e.getValue().size()).thenComparing(Map.Entry::getKey)).map(Map.Entry::getValue).orElse(null);
        if (crowd == null) {
            return Optional.empty();
        }
        NodeState best = null;
        for (NodeState master : crowd) {
            for (NodeState replica : view.states()) {
                int there = masters.getOrDefault(replica.node(), List.of()).size() + 1;
                boolean fit = isFit(replica, master, view) && there < crowd.size() && !isQuorumLostWithout(there, all.size());
                if (fit && (best == null || there < masters.getOrDefault(best.node(), List.of()).size() + 1)) {
                    best = replica;
                }
            }
        }
        String words = String.join(" and ", crowd.stream().map(NodeState::pod).toList()) + " are masters on " + crowd.getFirst().node()
                + ", without which the others are no majority";
        return Optional.of(new Risk(words, best == null ? null : new Step.Promote(best.pod())));
    }

    private static boolean isFit(NodeState replica, NodeState master, ClusterView view) {
        return replica.usable() && replica.whole() && !replica.stopping() && replica.server().linkUp() && replica.topology().myself().isReplica()
                && master.nodeId().equals(replica.topology().myself().master()) && view.shape().keeps(replica.pod()) && !replica.node().isEmpty();
    }

    private static boolean isQuorumLostWithout(int lost, int masters) {
        return lost > 1 && masters - lost < masters / 2 + 1;
    }
}
