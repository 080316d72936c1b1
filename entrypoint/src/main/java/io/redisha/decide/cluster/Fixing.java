package io.redisha.decide.cluster;

import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What a person may order for slots that nobody serves any more. Whatever keys they had are given up by it, so nobody does it unasked. */
public final class Fixing {

    private Fixing() {}

    /** @param words one for each step */
    public record Remedy(List<Step> steps, List<String> words) {}

    public static Remedy of(ClusterView view) {
        List<NodeState> members = view.states().stream().filter(s -> s.usable() && (s.topology().myself().ownsSlots() || s.topology().myself().isReplica()))
                .sorted(Comparator.comparingInt((NodeState s) -> s.id().ordinal())).toList();
        List<NodeState> living = members.stream().filter(s -> s.topology().myself().ownsSlots()).toList();
        if (members.isEmpty()) {
            return new Remedy(List.of(), List.of());
        }
        Topology known = (living.isEmpty() ? members : living).getFirst().topology();
        boolean majority = 2 * known.owners().stream().filter(owner -> !isGone(owner, members)).count() > known.owners().size();
        Slots orphaned = Slots.ALL;
        for (NodeState state : living) {
            orphaned = orphaned.minus(state.topology().myself().slots());
        }
        for (NodeState state : members) {
            // a replica that is fit to take over is no case for a person, where there is a majority to elect it
            ClusterNode me = state.topology().myself();
            if (majority && me.isReplica() && isFit(state)) {
                orphaned = orphaned.minus(state.topology().node(me.master()).map(ClusterNode::slots).orElse(Slots.NONE));
            }
        }
        List<Step> steps = new ArrayList<>();
        List<String> words = new ArrayList<>();
        for (ClusterNode owner : known.owners()) {
            Slots part = owner.slots().and(orphaned);
            // its agent may be silent, and its server at work: that the others tell
            boolean gone = isGone(owner, members) && (!majority || members.stream().anyMatch(s -> s.topology().node(owner.id()).map(ClusterNode::isFailed).orElse(false)));
            NodeState heir = part.isEmpty() || !gone ? null : heir(owner.id(), members).orElse(null);
            if (!gone || heir != null) {
                orphaned = orphaned.minus(part);
            }
            if (heir != null) {
                steps.add(majority ? new Step.Elect(heir.pod()) : new Step.TakeOver(heir.pod()));
                words.add("make " + heir.pod() + " the master of slots " + part + (majority ? "" : ", though no majority is there to elect it (wait if the others are only cut off),")
                        + " with the data that it has: what " + owners(known, part, view) + " wrote since the two were last in sync is given up");
            }
        }
        int share = living.isEmpty() ? 0 : Math.ceilDiv(orphaned.size(), living.size());
        for (NodeState state : living) {
            Slots part = orphaned.first(share);
            if (!part.isEmpty()) {
                orphaned = orphaned.minus(part);
                steps.add(new Step.Seize(state.pod(), part));
                words.add("give slots " + part + " to " + state.pod() + ", without the keys that " + owners(known, part, view) + " had in them");
            }
        }
        return new Remedy(steps, words);
    }

    /** No member reaches it, nor is it one that answers. */
    private static boolean isGone(ClusterNode owner, List<NodeState> members) {
        return members.stream().allMatch(s -> !owner.id().equals(s.nodeId())
                && s.topology().node(owner.id()).map(n -> n.isFailed() || n.isSuspected() || !n.linkUp()).orElse(true));
    }

    /** By its agent's word at its server: what it has may be whole as of when its link was lost. */
    private static boolean isFit(NodeState replica) {
        return replica.server().failoverAllowed();
    }

    /** Rule K11: the replica that has all of a master's data, or the most of it where none has all for sure. */
    private static Optional<NodeState> heir(String master, List<NodeState> members) {
        return members.stream().filter(s -> s.topology().myself().isReplica() && master.equals(s.topology().myself().master()) && !s.server().syncing())
                .filter(s -> isFit(s) || s.whole() || s.holdsCopyOf(master))
                .max(Comparator.comparing((NodeState s) -> isFit(s)).thenComparing(NodeState::whole).thenComparingLong(s -> s.word().applied()).thenComparingInt(s -> -s.id().ordinal()));
    }

    private static String owners(Topology known, Slots slots, ClusterView view) {
        List<String> owners = known.owners().stream().filter(n -> !n.slots().and(slots).isEmpty())
                .map(n -> view.ids().entrySet().stream().filter(e -> e.getValue().equals(n.id())).map(java.util.Map.Entry::getKey).findFirst().orElse(n.id())).toList();
        return owners.isEmpty() ? "nobody" : String.join(" and ", owners);
    }
}
