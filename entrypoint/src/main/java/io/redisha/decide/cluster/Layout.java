package io.redisha.decide.cluster;

import io.redisha.decide.cluster.Census.Node;
import io.redisha.decide.cluster.Census.Standing;
import io.redisha.decide.cluster.Placement.Place;
import io.redisha.model.NodeState;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The shards of a cluster as they are, and which of them the wanted {@link Shape} keeps. */
final class Layout {

    /** A master and its replicas, answering or not. */
    static final class Shard {

        final Node master;
        final List<Node> replicas = new ArrayList<>();

        Shard(Node master) {
            this.master = master;
        }

        List<Node> members() {
            List<Node> all = new ArrayList<>(replicas);
            all.addFirst(master);
            return all;
        }

        int lowestOrdinal() {
            return members().stream().mapToInt(Node::ordinal).min().orElseThrow();
        }

        Slots slots() {
            return master.slots();
        }
    }

    private final Census census;
    private final Shape shape;

    /** With slots, by number. */
    final List<Shard> owners = new ArrayList<>();
    /** Of them, those that are to own slots in the end. */
    final List<Shard> staying;
    /** Those that are to give all their slots away. */
    final List<Shard> dissolving;
    /** New masters that have got replicas, and are to get slots. */
    final List<Shard> prepared = new ArrayList<>();
    /** Empty nodes that are to stay, and have no duty. */
    final List<Node> free = new ArrayList<>();
    /** Replicas that are to stay, of masters that are gone or have nothing left to replicate. */
    final List<Node> orphans = new ArrayList<>();
    /** Masters that lost their slots but not their keys; nobody asks them for these any more. */
    final List<Node> leftovers = new ArrayList<>();

    Layout(Census census) {
        this.census = census;
        shape = census.view().shape();
        Map<String, Shard> heads = new LinkedHashMap<>();
        census.nodes().stream().filter(n -> !n.replica()).forEach(n -> heads.put(n.id(), new Shard(n)));
        List<Node> astray = new ArrayList<>();
        for (Node n : census.nodes()) {
            if (n.replica()) {
                Node head = census.head(n);
                if (head == null) {
                    astray.add(n);
                } else {
                    heads.get(head.id()).replicas.add(n);
                }
            }
        }
        heads.values().forEach(s -> s.replicas.sort(Comparator.comparingInt(Node::ordinal)));
        heads.values().stream().filter(s -> !s.slots().isEmpty()).sorted(Comparator.comparingInt(Shard::lowestOrdinal)).forEach(owners::add);
        dissolving = dissolving();
        staying = owners.stream().filter(s -> !dissolving.contains(s)).toList();
        List<Shard> slotless = heads.values().stream().filter(s -> s.slots().isEmpty()).sorted(Comparator.comparingInt(s -> s.master.ordinal())).toList();
        for (Shard s : slotless) {
            boolean usable = s.master.blank() && keeps(s.master) && !s.master.stopping();
            if (usable && !s.replicas.isEmpty() && staying.size() + prepared.size() < shape.shards()) {
                prepared.add(s);
            } else {
                astray.addAll(s.replicas);
                if (usable && s.replicas.isEmpty()) {
                    free.add(s.master);
                } else if (s.master.slotless() && !s.master.blank() && s.master.state().server().role() != Role.REPLICA) {
                    // one that follows somebody all the same could not be emptied: its agent starts it anew
                    leftovers.add(s.master);
                }
            }
        }
        astray.stream().filter(n -> n.alive() && keeps(n) && !n.stopping() && !hearsLater(n)).forEach(orphans::add);
        orphans.sort(Comparator.comparingInt(Node::ordinal));
    }

    boolean keeps(Node n) {
        return n.pod() != null && shape.keeps(n.pod());
    }

    /** Owners and prepared ones that are to own slots in the end. */
    List<Shard> targets() {
        List<Shard> all = new ArrayList<>(staying);
        all.addAll(prepared);
        return all;
    }

    /** How many masters are to be chosen yet. */
    int lacking() {
        return Math.max(0, shape.shards() - staying.size() - prepared.size());
    }

    /** Members that each shard is to have at least, its master included. */
    int base() {
        long pods = census.wanted().stream().filter(p -> census.standing(p) != Standing.FOREIGN).count();
        return (int) Math.max(1, pods / shape.shards());
    }

    /** Pods that are to stay or come, and are no part of the cluster yet; those that never will be left out. */
    List<String> pending() {
        return census.wanted().stream().filter(p -> census.standing(p) != Standing.FOREIGN && census.nodeOf(p) == null).toList();
    }

    List<Node> kept(Shard s) {
        return s.members().stream().filter(this::keeps).toList();
    }

    List<Node> keptReplicas(Shard s) {
        return s.replicas.stream().filter(this::keeps).toList();
    }

    List<Place> places(Shard s) {
        return kept(s).stream().map(this::place).toList();
    }

    Place place(Node n) {
        NodeState state = census.state(n.pod());
        return state == null ? new Place(n.pod(), "", "") : Place.of(state);
    }

    /** Its master was replaced, and it will follow the new one as soon as it hears of it. */
    private static boolean hearsLater(Node replica) {
        return replica.state().topology().node(replica.self().master()).map(m -> !m.slots().isEmpty()).orElse(false);
    }

    /**
     * First those whose dissolution has begun (so that a choice stays a choice), then those without a pod that stays, then those with most
     * pods that leave, then the highest numbers.
     */
    private List<Shard> dissolving() {
        int surplus = owners.size() - shape.shards();
        if (surplus <= 0) {
            return List.of();
        }
        int begun = (int) (0.8 * Slots.COUNT / owners.size());
        List<Shard> order = new ArrayList<>(owners);
        order.sort(Comparator.comparingInt((Shard s) -> s.slots().size() < begun ? s.slots().size() : Slots.COUNT)
                .thenComparing(s -> !kept(s).isEmpty())
                .thenComparingLong(s -> -s.members().stream().filter(n -> n.pod() != null && !keeps(n)).count())
                .thenComparing(Comparator.comparingInt(owners::indexOf).reversed()));
        Set<Shard> chosen = new HashSet<>(order.subList(0, surplus));
        return owners.stream().filter(chosen::contains).toList();
    }
}
