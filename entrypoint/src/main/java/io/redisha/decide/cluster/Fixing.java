package io.redisha.decide.cluster;

import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a person may order for slots that clients do not find any more: nobody serves them, masters send clients to each other, or keys lie at a
 * master that does not own them. Keys may be given up by it, so nobody does it unasked.
 */
public final class Fixing {

    private final ClusterView view;
    private final Map<String, Map<Integer, Long>> keys;
    private final List<NodeState> masters;
    private final List<NodeState> living;
    private final List<Step> steps = new ArrayList<>();
    private final List<String> words = new ArrayList<>();
    /** Who is to own what in the end. */
    private final Map<NodeState, Slots> owners = new LinkedHashMap<>();

    private Fixing(ClusterView view, Map<String, Map<Integer, Long>> keys) {
        this.view = view;
        this.keys = keys;
        masters = view.states().stream().filter(s -> s.usable() && s.topology().myself().isMaster() && !s.topology().isAlone())
                .sorted(Comparator.comparingInt((NodeState s) -> s.id().ordinal())).toList();
        living = masters.stream().filter(s -> s.topology().myself().ownsSlots()).toList();
    }

    /** @param words one for each step */
    public record Remedy(List<Step> steps, List<String> words) {}

    /** @param keys of each master: how many it has of slots that are not its own */
    public static Remedy of(ClusterView view, Map<String, Map<Integer, Long>> keys) {
        Fixing fixing = new Fixing(view, keys);
        if (!fixing.living.isEmpty()) {
            fixing.look();
        }
        return new Remedy(fixing.steps, fixing.words);
    }

    private void look() {
        Census census = new Census(view);
        for (NodeState state : masters) {
            Census.Node node = census.node(state.nodeId());
            owners.put(state, node == null ? Slots.NONE : node.slots().and(state.topology().myself().slots()));
        }
        Slots claimed = all(living.stream().map(s -> s.topology().myself().slots()).toList());
        contradict();
        giveAway(Slots.ALL.minus(claimed).minus(heirs()));
        gather();
    }

    private static Slots all(List<Slots> many) {
        Slots all = Slots.NONE;
        for (Slots some : many) {
            all = all.plus(some);
        }
        return all;
    }

    /** What replicas will have that are fit to take over from a master that is gone: no case for a person. */
    private Slots heirs() {
        Slots slots = Slots.NONE;
        for (NodeState state : view.states()) {
            ClusterNode me = state.usable() && state.whole() ? state.topology().myself() : null;
            if (me != null && me.isReplica() && view.states().stream().noneMatch(s -> s.usable() && me.master().equals(s.nodeId()))) {
                slots = slots.plus(state.topology().node(me.master()).map(ClusterNode::slots).orElse(Slots.NONE));
            }
        }
        return slots;
    }

    /** Masters that send clients to another than to whom says, by the highest epoch, that it owns the slot. */
    private void contradict() {
        owners.forEach((owner, slots) -> {
            Slots wrong = Slots.NONE;
            List<String> who = new ArrayList<>();
            for (NodeState state : masters) {
                Slots not = state == owner ? Slots.NONE : slots.minus(state.topology().node(owner.nodeId()).map(ClusterNode::slots).orElse(Slots.NONE));
                if (!not.isEmpty()) {
                    wrong = wrong.plus(not);
                    who.add(state.pod());
                }
            }
            if (!who.isEmpty()) {
                steps.add(new Step.Seize(owner.pod(), wrong));
                words.add("tell " + String.join(" and ", who) + " that slots " + wrong + " are " + owner.pod() + "'s");
            }
        });
    }

    private void giveAway(Slots orphaned) {
        Map<NodeState, Slots> held = new LinkedHashMap<>();
        for (int slot : orphaned.toArray()) {
            masters.stream().filter(s -> count(s, slot) > 0).max(Comparator.comparingLong(s -> count(s, slot)))
                    .ifPresent(holder -> held.merge(holder, Slots.of(slot), Slots::plus));
        }
        held.forEach((holder, slots) -> give(holder, slots, ", which has their keys"));
        Slots empty = orphaned.minus(all(List.copyOf(held.values())));
        Topology known = living.getFirst().topology();
        int share = Math.ceilDiv(empty.size(), living.size());
        for (NodeState state : living) {
            Slots part = empty.first(share);
            empty = empty.minus(part);
            if (!part.isEmpty()) {
                give(state, part, lost(known, part));
            }
        }
    }

    private long count(NodeState state, int slot) {
        return keys.getOrDefault(state.pod(), Map.of()).getOrDefault(slot, 0L);
    }

    private void give(NodeState to, Slots slots, String how) {
        steps.add(new Step.Seize(to.pod(), slots));
        words.add("give slots " + slots + " to " + to.pod() + how);
        owners.merge(to, slots, Slots::plus);
    }

    private String lost(Topology known, Slots slots) {
        List<String> owners = known.owners().stream().filter(n -> !n.slots().and(slots).isEmpty() && masters.stream().noneMatch(s -> n.id().equals(s.nodeId())))
                .map(n -> view.ids().entrySet().stream().filter(e -> e.getValue().equals(n.id())).map(Map.Entry::getKey).findFirst().orElse(n.id())).toList();
        return owners.isEmpty() ? ", and nobody has keys of them" : ", without the keys that " + String.join(" and ", owners) + " had in them";
    }

    /** Of slots that are on their way both sides have keys, and that is as it should be. */
    private void gather() {
        Slots open = Slots.NONE;
        for (NodeState state : masters) {
            for (int slot : state.topology().myself().migrating().keySet()) {
                open = open.plus(Slots.of(slot));
            }
            for (int slot : state.topology().myself().importing().keySet()) {
                open = open.plus(Slots.of(slot));
            }
        }
        for (NodeState from : masters) {
            Slots has = Slots.NONE;
            for (int slot : keys.getOrDefault(from.pod(), Map.of()).keySet()) {
                has = has.plus(Slots.of(slot));
            }
            for (Map.Entry<NodeState, Slots> owner : owners.entrySet()) {
                Slots strayed = has.minus(open).and(owner.getValue());
                if (owner.getKey() != from && !strayed.isEmpty()) {
                    String to = owner.getKey().pod();
                    steps.add(new Step.Gather(from.pod(), to, strayed));
                    words.add("move the keys of slots " + strayed + " that " + from.pod() + " has to " + to + ", which owns them; those that both have stay as " + to
                            + " has them");
                }
            }
        }
    }
}
