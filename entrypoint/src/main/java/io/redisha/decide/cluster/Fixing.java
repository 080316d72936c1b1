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
        List<NodeState> living = view.states().stream().filter(s -> s.usable() && s.topology().myself().ownsSlots())
                .sorted(Comparator.comparingInt((NodeState s) -> s.id().ordinal())).toList();
        if (living.isEmpty()) {
            return new Remedy(List.of(), List.of());
        }
        Slots served = Slots.NONE;
        for (NodeState state : living) {
            served = served.plus(state.topology().myself().slots());
        }
        Slots orphaned = Slots.ALL.minus(served);
        for (NodeState state : view.states()) {
            // a replica that is fit to take over is no case for a person
            ClusterNode me = state.usable() && (state.whole() || state.server().failoverAllowed()) ? state.topology().myself() : null;
            if (me != null && me.isReplica()) {
                orphaned = orphaned.minus(state.topology().node(me.master()).map(ClusterNode::slots).orElse(Slots.NONE));
            }
        }
        List<Step> steps = new ArrayList<>();
        List<String> words = new ArrayList<>();
        Topology known = living.getFirst().topology();
        for (ClusterNode owner : known.owners()) {
            Slots part = owner.slots().and(orphaned);
            NodeState older = part.isEmpty() ? null : older(owner.id(), view).orElse(null);
            if (older != null) {
                orphaned = orphaned.minus(part);
                steps.add(new Step.Elect(older.pod()));
                words.add("make " + older.pod() + " the master of slots " + part + " with the data that it has: what " + owners(known, part, view)
                        + " wrote since the two were last in sync is given up");
            }
        }
        int share = Math.ceilDiv(orphaned.size(), living.size());
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

    /** Rule K11: the replica that has the most of a master's data, where none has all of it for sure. */
    static Optional<NodeState> older(String master, ClusterView view) {
        return view.states().stream().filter(s -> s.holdsCopyOf(master) && !s.server().syncing()).max(Comparator.comparingLong((NodeState s) -> s.word().applied())
                .thenComparingInt(s -> -s.id().ordinal()));
    }

    private static String owners(Topology known, Slots slots, ClusterView view) {
        List<String> owners = known.owners().stream().filter(n -> !n.slots().and(slots).isEmpty())
                .map(n -> view.ids().entrySet().stream().filter(e -> e.getValue().equals(n.id())).map(java.util.Map.Entry::getKey).findFirst().orElse(n.id())).toList();
        return owners.isEmpty() ? "nobody" : String.join(" and ", owners);
    }
}
