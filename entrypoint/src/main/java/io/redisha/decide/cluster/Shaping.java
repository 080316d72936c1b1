package io.redisha.decide.cluster;

import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

public final class Shaping {
    private Shaping() {}

    public static boolean creates(ClusterView v) {
        return v.datasetId() == null && decide(v) instanceof Plan.Go;
    }

    public static int slotsToMove(ClusterView v) {
        return moves(v, Integer.MAX_VALUE).stream().mapToInt(m -> m.slots().size()).sum();
    }

    private static ClusterNode me(NodeState s) {
        return s.topology().myself();
    }

    public static Plan decide(ClusterView v) {
        List<String> problems = new ArrayList<>();
        List<Step> steps = new ArrayList<>();
        List<NodeState> staying = v.states().stream().filter(s -> v.shape().keeps(s.pod()) && s.usable()).sorted(Comparator.comparingInt((NodeState s) -> s.id().ordinal())).toList();
        List<String> missing = new ArrayList<>();
        String prefix = v.states().isEmpty() ? "" : v.states().getFirst().pod().replaceAll("\\d+$", "");
        for (int i = 0; i < v.shape().pods(); i++) {
            String pod = prefix + i;
            if (staying.stream().noneMatch(s -> s.pod().equals(pod))) {
                missing.add("waiting for " + pod + ": no answer");
            }
        }
        if (v.datasetId() == null || v.creating()) {
            if (!missing.isEmpty()) {
                return new Plan.Wait(missing, problems);
            }
            if (v.datasetId() == null) {
                return new Plan.Go(List.of(), problems);
            }
            for (NodeState s : staying) {
                if (!v.datasetId().equals(s.datasetId())) {
                    steps.add(new Step.Belong(s.pod(), v.datasetId()));
                }
            }
            for (NodeState s : staying) {
                if (s.topology().isAlone() && me(s).epoch() == 0) {
                    steps.add(new Step.Epoch(s.pod(), s.id().ordinal() + 1));
                }
            }
            if (!steps.isEmpty()) {
                return new Plan.Go(steps, problems);
            }
        }
        // meet
        NodeState hub = staying.stream().max(Comparator.comparingInt((NodeState s) -> me(s).slots().size() * 1000 + s.topology().nodes().size())).orElse(null);
        if (hub == null) {
            return new Plan.Wait(List.of("nobody answers"), problems);
        }
        for (NodeState s : staying) {
            if (s != hub && hub.topology().node(s.nodeId()).isEmpty()) {
                if (!v.datasetId().equals(s.datasetId())) {
                    steps.add(new Step.Belong(s.pod(), v.datasetId()));
                }
                steps.add(new Step.Meet(s.pod(), hub.pod()));
            }
        }
        if (!steps.isEmpty()) {
            return new Plan.Go(steps, problems);
        }
        for (NodeState s : staying) {
            for (NodeState o : staying) {
                if (s.topology().node(o.nodeId()).map(ClusterNode::isHandshake).orElse(true)) {
                    return new Plan.Wait(List.of(s.pod() + " does not know " + o.pod() + " yet"), problems);
                }
            }
        }
        Slots owned = Slots.NONE;
        for (NodeState s : staying) {
            owned = owned.plus(me(s).slots());
        }
        int shards = v.shape().shards();
        List<NodeState> masters = new ArrayList<>(staying.stream().filter(s -> me(s).ownsSlots()).toList());
        List<NodeState> empties = new ArrayList<>(staying.stream().filter(s -> me(s).isMaster() && me(s).slots().isEmpty()).toList());
        if (v.creating() && owned.size() < Slots.COUNT) {
            List<NodeState> chosen = spread(staying, shards);
            Slots free = Slots.ALL.minus(owned);
            int share = Math.ceilDiv(Slots.COUNT, shards);
            for (NodeState s : chosen) {
                Slots part = free.first(share - me(s).slots().size());
                free = free.minus(part);
                steps.add(new Step.Own(s.pod(), part));
            }
            return new Plan.Go(steps, problems);
        }
        // masters of new shards: those that stay empty
        List<NodeState> fresh = new ArrayList<>();
        while (masters.size() + fresh.size() < shards && !empties.isEmpty()) {
            NodeState next = empties.stream().min(Comparator.comparingLong((NodeState e) -> masters.stream().filter(m -> m.node().equals(e.node())).count()
                    + fresh.stream().filter(m -> m.node().equals(e.node())).count())).get();
            fresh.add(next);
            empties.remove(next);
        }
        List<NodeState> all = new ArrayList<>(masters);
        all.addAll(fresh);
        Map<String, Integer> replicas = new HashMap<>();
        Map<String, Set<String>> nodes = new HashMap<>();
        for (NodeState m : all) {
            replicas.put(m.nodeId(), 0);
            nodes.put(m.nodeId(), new HashSet<>(Set.of(m.node())));
        }
        for (NodeState s : staying) {
            if (me(s).isReplica() && replicas.containsKey(me(s).master())) {
                replicas.merge(me(s).master(), 1, Integer::sum);
                nodes.get(me(s).master()).add(s.node());
            }
        }
        for (NodeState e : empties) {
            NodeState best = all.stream().min(Comparator.comparingInt((NodeState m) -> replicas.get(m.nodeId())).thenComparing(m -> nodes.get(m.nodeId()).contains(e.node()))).orElse(null);
            if (best != null && e.empty()) {
                steps.add(new Step.Replicate(e.pod(), best.pod()));
                replicas.merge(best.nodeId(), 1, Integer::sum);
                nodes.get(best.nodeId()).add(e.node());
            }
        }
        if (!steps.isEmpty()) {
            return new Plan.Go(steps, problems);
        }
        List<Step.Move> moves = moves(v, 500);
        if (!moves.isEmpty()) {
            return new Plan.Go(List.copyOf(moves), problems);
        }
        if (!missing.isEmpty()) {
            return new Plan.Wait(missing, problems);
        }
        return new Plan.Done(problems);
    }

    private static List<NodeState> spread(List<NodeState> staying, int shards) {
        List<NodeState> chosen = new ArrayList<>(staying.stream().filter(s -> me(s).ownsSlots()).toList());
        while (chosen.size() < shards) {
            chosen.add(staying.stream().filter(s -> !chosen.contains(s)).min(Comparator.comparingLong((NodeState e) -> chosen.stream().filter(m -> m.node().equals(e.node())).count())).get());
        }
        return chosen;
    }

    private static List<Step.Move> moves(ClusterView v, int most) {
        List<Step.Move> moves = new ArrayList<>();
        List<NodeState> masters = v.states().stream().filter(s -> s.usable() && me(s).isMaster()).sorted(Comparator.comparingInt((NodeState s) -> s.id().ordinal())).toList();
        List<NodeState> targets = masters.stream().filter(s -> v.shape().keeps(s.pod())).limit(v.shape().shards()).toList();
        if (targets.isEmpty()) {
            return moves;
        }
        int share = Slots.COUNT / targets.size();
        Map<String, Integer> room = new HashMap<>();
        targets.forEach(t -> room.put(t.pod(), Math.max(0, share + 1 - me(t).slots().size())));
        for (NodeState from : masters) {
            int surplus = targets.contains(from) ? me(from).slots().size() - share - 1 : me(from).slots().size();
            Slots left = me(from).slots();
            if (targets.contains(from) && surplus < share / 50) {
                continue;
            }
            for (NodeState to : targets) {
                int n = Math.min(Math.min(surplus, room.get(to.pod())), most);
                if (to != from && n > 0) {
                    Slots part = left.last(n);
                    left = left.minus(part);
                    moves.add(new Step.Move(from.pod(), to.pod(), part));
                    surplus -= n;
                    room.merge(to.pod(), -n, Integer::sum);
                }
            }
        }
        return moves;
    }
}
