package io.redisha.decide.cluster;

import io.redisha.decide.cluster.Census.Node;
import io.redisha.decide.cluster.Census.Standing;
import io.redisha.decide.cluster.Layout.Shard;
import io.redisha.decide.cluster.Placement.Place;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is not as it should be in a cluster, in words. */
public final class Problems {

    private Problems() {}

    public static List<String> of(ClusterView view) {
        Census census = new Census(view);
        List<String> problems = new ArrayList<>();
        for (String pod : census.pods()) {
            if (census.standing(pod) == Standing.FOREIGN) {
                problems.add(pod + " holds data or knows nodes that are not of this release: it is left alone");
            }
        }
        if (census.members().isEmpty() || Creation.applies(census)) {
            return problems;
        }
        Layout layout = new Layout(census);
        majority(layout, problems);
        if (!census.covered()) {
            problems.add("slots " + Slots.ALL.minus(census.owned()) + " have no owner");
        }
        for (Shard s : layout.owners) {
            if (!s.master.alive()) {
                problems.add(ownerless(s));
            } else if (view.shape().replicasPerShard() > 0 && s.replicas.stream().noneMatch(Node::linked)) {
                problems.add("slots " + s.slots() + " of " + s.master.name() + " have no replica in sync");
            }
        }
        for (String pod : census.wanted()) {
            if (census.standing(pod) == Standing.NEWCOMER || census.standing(pod) == Standing.STRAY) {
                problems.add(pod + " is not part of the cluster yet");
            }
        }
        open(census, problems);
        census.nodes().stream().filter(n -> n.pod() == null && n.reached()).forEach(n -> problems.add(n.name() + " is no pod of this release, but in its cluster"));
        together(census, layout, problems);
        return problems;
    }

    static String ownerless(Shard s) {
        String words = "slots " + s.slots() + " have no living owner: " + s.master.name() + (s.master.pod() == null ? " is gone" : " is down");
        List<String> heirs = s.replicas.stream().filter(n -> n.alive() && n.state().server().failoverAllowed()).map(Node::pod).toList();
        return words + (heirs.isEmpty() ? ", and " + olderData(s) : ", " + String.join(" or ", heirs) + " may be elected");
    }

    /** Rule K11. */
    private static String olderData(Shard s) {
        return s.replicas.stream().filter(n -> n.alive() && n.state().holdsCopyOf(s.master.id())).max(Comparator.comparingLong(n -> n.state().word().applied()))
                .map(n -> n.pod() + ", which is there, may have older data: bring " + s.master.name() + " back with its volume; if it is lost, redis-ha fix --yes makes do with that")
                .orElse("no replica has their data");
    }

    private static void majority(Layout layout, List<String> problems) {
        long alive = layout.owners.stream().filter(s -> s.master.alive()).count();
        if (!layout.owners.isEmpty() && alive <= layout.owners.size() / 2) {
            problems.add(noMajority((int) (layout.owners.size() - alive), layout.owners.size()));
        }
    }

    /** What one node knows by itself: enough to say why it refuses, also while nobody looks after the whole. */
    public static Optional<String> refusal(Topology topology) {
        List<ClusterNode> masters = topology.owners();
        int silent = (int) masters.stream().filter(m -> m.isFailed() || m.isSuspected()).count();
        return silent > 0 && 2 * silent >= masters.size() ? Optional.of(noMajority(silent, masters.size())) : Optional.empty();
    }

    private static String noMajority(int silent, int masters) {
        return silent + " of " + masters + " masters do not answer: without a majority nobody can be elected, and the cluster refuses to serve";
    }

    private static void open(Census census, List<String> problems) {
        Slots open = Slots.NONE;
        for (Node n : census.nodes()) {
            if (n.alive() && !n.replica()) {
                for (int slot : n.self().migrating().keySet()) {
                    open = open.plus(Slots.of(slot));
                }
                for (int slot : n.self().importing().keySet()) {
                    open = open.plus(Slots.of(slot));
                }
            }
        }
        if (!open.isEmpty()) {
            problems.add("slots " + open + " are half moved");
        }
    }

    /** Only if it could be otherwise: no Kubernetes node has more of the pods than there are shards. */
    private static void together(Census census, Layout layout, List<String> problems) {
        Map<String, Integer> crowd = new HashMap<>();
        census.members().forEach(s -> crowd.merge(s.node(), 1, Integer::sum));
        if (crowd.values().stream().anyMatch(n -> n > layout.owners.size())) {
            return;
        }
        for (Shard s : layout.owners) {
            List<Node> members = s.members().stream().filter(Node::alive).toList();
            for (int i = 0; i < members.size(); i++) {
                for (int j = i + 1; j < members.size(); j++) {
                    Place one = Place.of(members.get(i).state());
                    Place other = Place.of(members.get(j).state());
                    if (one.sharesNode(other)) {
                        problems.add(one.pod() + " and " + other.pod() + " serve the same slots, and are both on Kubernetes node " + one.node());
                    }
                }
            }
        }
    }
}
