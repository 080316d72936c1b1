package io.redisha.decide.cluster;

import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeState;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Who is who in a {@link ClusterView}: which pods form the release's cluster, which are to join it, and which have nothing to do with it;
 * and who owns which slot. Of itself a node's own word counts; the others' word only of those that are silent.
 */
final class Census {

    static final Comparator<String> BY_ORDINAL = Comparator.<String>comparingInt(MemberId::ordinal).thenComparing(Comparator.naturalOrder());

    /** What a pod is to the cluster. */
    enum Standing {
        /** A node of the cluster. */
        MEMBER,
        /** Knows nobody, holds nothing: may become a node of the cluster. */
        NEWCOMER,
        /** Holds data of this release, but the cluster does not know it (any more). */
        STRAY,
        /** Holds something that is not of this release: never met, never wiped. */
        FOREIGN,
        /** Gives no answer, or its server can't be given orders. */
        SILENT
    }

    /**
     * A node that the cluster knows, answering or not.
     *
     * @param pod     that has this id now, as far as it is known; null if none has
     * @param state   null if it can't be given orders
     * @param replica of {@code master}
     * @param slots   that are its own by the highest epoch
     * @param failed  a majority says so
     * @param reached somebody in the cluster has a connection to it
     */
    record Node(String id, String pod, NodeState state, boolean replica, String master, Slots slots, boolean failed, boolean reached, String hostname) {

        boolean alive() {
            return state != null;
        }

        /** An order for new duties would be in vain. */
        boolean stopping() {
            return state != null && state.stopping();
        }

        ClusterNode self() {
            return state.topology().myself();
        }

        /** A replica that has all that its master has, and goes on receiving. */
        boolean linked() {
            return alive() && replica && state.whole() && state.server().linkUp();
        }

        /** Slots are half moved, and it is one of the two who know. */
        boolean open() {
            return alive() && !replica && !(self().migrating().isEmpty() && self().importing().isEmpty());
        }

        /** A master without slots, and it knows. */
        boolean slotless() {
            return alive() && !replica && slots.isEmpty() && self().slots().isEmpty() && !open();
        }

        /** Without slots and keys: it can become anything. */
        boolean blank() {
            return slotless() && state.empty();
        }

        int ordinal() {
            return pod == null ? Integer.MAX_VALUE : MemberId.ordinal(pod);
        }

        /** For a person. */
        String name() {
            return pod != null ? pod : "node " + id.substring(0, Math.min(8, id.length())) + (hostname.isEmpty() ? "" : " (" + hostname + ")");
        }
    }

    private final ClusterView view;
    private final Map<String, NodeState> states = new LinkedHashMap<>();
    private final List<NodeState> members;
    private final Map<String, Node> nodes = new LinkedHashMap<>();
    private final Map<String, String> podById = new HashMap<>();
    private Slots owned = Slots.NONE;

    Census(ClusterView view) {
        this.view = view;
        view.states().stream().sorted(Comparator.comparingInt(s -> s.id().ordinal())).forEach(s -> states.put(s.pod(), s));
        view.ids().forEach((pod, id) -> {
            if (!states.containsKey(pod) || states.get(pod).nodeId() == null) {
                podById.put(id, pod);
            }
        });
        states.values().stream().filter(s -> s.nodeId() != null).forEach(s -> podById.put(s.nodeId(), s.pod()));
        members = cluster();
        count();
    }

    ClusterView view() {
        return view;
    }

    /** Nodes of the cluster that answer, by ordinal. */
    List<NodeState> members() {
        return members;
    }

    /** All that the cluster knows, also those that are silent or gone. */
    Collection<Node> nodes() {
        return nodes.values();
    }

    /** Null if the cluster does not know it. */
    Node node(String id) {
        return id == null ? null : nodes.get(id);
    }

    /** The pod's node in the cluster, null if it has none. */
    Node nodeOf(String pod) {
        return nodes.values().stream().filter(n -> pod.equals(n.pod)).findFirst().orElse(null);
    }

    /** Slots that have an owner, alive or not. */
    Slots owned() {
        return owned;
    }

    /** Slots whose owner answers, and says so itself. */
    Slots served() {
        Slots served = Slots.NONE;
        for (Node node : nodes.values()) {
            if (node.alive()) {
                served = served.plus(node.slots.and(node.self().slots()));
            }
        }
        return served;
    }

    boolean covered() {
        return owned.size() == Slots.COUNT;
    }

    /** Every pod that is wanted or exists, by ordinal. */
    Set<String> pods() {
        Set<String> pods = new TreeSet<>(BY_ORDINAL);
        pods.addAll(view.pods());
        pods.addAll(states.keySet());
        pods.addAll(wanted());
        return pods;
    }

    /** Pods that are to stay or to come. */
    Set<String> wanted() {
        Set<String> wanted = new TreeSet<>(BY_ORDINAL);
        String any = view.states().isEmpty() ? view.pods().stream().findFirst().orElse(null) : view.states().getFirst().pod();
        if (any != null) {
            for (int i = 0; i < view.shape().pods(); i++) {
                wanted.add(any.substring(0, any.lastIndexOf('-') + 1) + i);
            }
        }
        return wanted;
    }

    Standing standing(String pod) {
        NodeState s = states.get(pod);
        if (s == null || !s.usable()) {
            return Standing.SILENT;
        }
        if (members.contains(s)) {
            return Standing.MEMBER;
        }
        if (blank(s)) {
            return Standing.NEWCOMER;
        }
        return view.datasetId() != null && view.datasetId().equals(s.datasetId()) ? Standing.STRAY : Standing.FOREIGN;
    }

    NodeState state(String pod) {
        return states.get(pod);
    }

    /** It can be given orders, knows nobody and holds nothing. Whose its volume once was does not matter then. */
    static boolean blank(NodeState s) {
        return s.usable() && s.empty() && s.topology().isAlone() && s.topology().myself().isMaster() && s.topology().myself().slots().isEmpty();
    }

    /** Has met it, and is past the handshake. */
    static boolean knows(NodeState one, NodeState other) {
        return one == other || one.topology().node(other.nodeId()).map(n -> !n.isHandshake()).orElse(false);
    }

    static boolean acquainted(NodeState one, NodeState other) {
        return knows(one, other) && knows(other, one);
    }

    /** A handshake of the two is under way: another MEET would only be repeated. */
    static boolean shakingHands(NodeState one, NodeState other) {
        return shakes(one, other) || shakes(other, one);
    }

    private static boolean shakes(NodeState one, NodeState other) {
        return one.topology().nodes().stream().anyMatch(n -> n.isHandshake() && n.redis().host().equals(other.redis().host()));
    }

    /** Why it can't be counted on, for a person; null if it can. */
    String silence(String pod) {
        NodeState s = states.get(pod);
        if (s == null) {
            String homeless = view.homeless().get(pod);
            return pod + (homeless != null ? ": Pending, no node takes it (" + homeless + ")" : view.pods().contains(pod) ? ": no answer" : " does not exist yet");
        }
        if (s.usable()) {
            return null;
        }
        return pod + (!s.running() ? ": its server does not run" : s.server() != null && s.server().loading() ? ": its server is loading its data" : ": its server does not answer yet");
    }

    /** Groups of nodes that have met each other. */
    static List<List<NodeState>> acquaintances(Collection<NodeState> states) {
        List<List<NodeState>> groups = new ArrayList<>();
        for (NodeState s : states) {
            List<NodeState> group = new ArrayList<>(List.of(s));
            for (List<NodeState> other : List.copyOf(groups)) {
                if (other.stream().anyMatch(o -> acquainted(s, o))) {
                    groups.remove(other);
                    group.addAll(other);
                }
            }
            groups.add(group);
        }
        groups.forEach(g -> g.sort(Comparator.comparingInt(s -> s.id().ordinal())));
        return groups;
    }

    /** Of the groups that have met each other, the one with this release's data that serves most; what else there is is not the cluster. */
    private List<NodeState> cluster() {
        String dataset = view.datasetId();
        List<NodeState> usable = states.values().stream().filter(NodeState::usable).toList();
        return acquaintances(usable).stream()
                .filter(g -> g.stream().anyMatch(s -> dataset != null && dataset.equals(s.datasetId())) && !g.stream().allMatch(Census::blank))
                .max(Comparator.comparingInt((List<NodeState> g) -> g.stream().mapToInt(s -> s.topology().myself().slots().size()).sum())
                        .thenComparingInt(List::size).thenComparingInt(g -> -g.getFirst().id().ordinal()))
                .orElse(List.of());
    }

    /** The nodes that the members know, and who of them owns what. */
    private void count() {
        Map<String, NodeState> answering = new HashMap<>();
        members.forEach(s -> answering.put(s.nodeId(), s));
        Map<String, List<ClusterNode>> records = new LinkedHashMap<>();
        for (NodeState s : members) {
            records.computeIfAbsent(s.nodeId(), id -> new ArrayList<>());
        }
        for (NodeState s : members) {
            s.topology().nodes().stream().filter(n -> !n.isHandshake() && !n.isMyself()).forEach(n -> records.computeIfAbsent(n.id(), id -> new ArrayList<>()).add(n));
        }
        String[] owner = new String[Slots.COUNT];
        long[] epochs = new long[Slots.COUNT];
        records.forEach((id, told) -> {
            NodeState self = answering.get(id);
            if (self != null) {
                claim(self.topology().myself(), owner, epochs, true);
            } else {
                told.forEach(n -> claim(n, owner, epochs, false));
            }
        });
        Map<String, Slots> slots = slotsOf(owner);
        records.forEach((id, told) -> nodes.put(id, node(id, answering.get(id), told, slots.getOrDefault(id, Slots.NONE))));
    }

    private static void claim(ClusterNode n, String[] owner, long[] epochs, boolean itself) {
        if (!n.isMaster()) {
            return;
        }
        for (int slot : n.slots().toArray()) {
            if (owner[slot] == null || n.epoch() > epochs[slot] || itself && n.epoch() == epochs[slot]) {
                owner[slot] = n.id();
                epochs[slot] = n.epoch();
            }
        }
    }

    private Map<String, Slots> slotsOf(String[] owner) {
        Map<String, Slots> slots = new HashMap<>();
        for (int first = 0; first < Slots.COUNT;) {
            int end = first + 1;
            while (end < Slots.COUNT && java.util.Objects.equals(owner[end], owner[first])) {
                end++;
            }
            if (owner[first] != null) {
                Slots range = Slots.range(first, end - 1);
                slots.merge(owner[first], range, Slots::plus);
                owned = owned.plus(range);
            }
            first = end;
        }
        return slots;
    }

    private Node node(String id, NodeState state, List<ClusterNode> told, Slots slots) {
        ClusterNode best = state != null ? state.topology().myself() : told.stream().max(Comparator.comparingLong(ClusterNode::epoch)).orElseThrow();
        boolean failed = told.stream().anyMatch(ClusterNode::isFailed);
        boolean reached = told.stream().anyMatch(n -> !n.isFailed() && !n.isSuspected() && n.linkUp() && n.hasAddress());
        return new Node(id, podById.get(id), state, best.isReplica(), best.isReplica() ? best.master() : null, slots, failed, reached, best.hostname());
    }

    /** The master at the end of the chain of masters, itself for a master; null if that is unknown. */
    Node head(Node node) {
        Set<String> seen = new HashSet<>();
        Node at = node;
        while (at != null && at.replica && seen.add(at.id)) {
            at = node(at.master);
        }
        return at == null || at.replica ? null : at;
    }
}
