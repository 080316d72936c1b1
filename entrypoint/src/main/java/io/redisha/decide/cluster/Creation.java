package io.redisha.decide.cluster;

import io.redisha.decide.cluster.Census.Standing;
import io.redisha.decide.cluster.Placement.Place;
import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How a cluster comes into being: only of pods that all answer, are all empty and know nobody else; or of what an earlier attempt has made
 * of them. It ends when every slot has an owner; what is missing then is missing in any cluster.
 */
final class Creation {

    private Creation() {}

    /** A cluster is to be created, or its creation to be finished. */
    static boolean applies(Census c) {
        return begins(c) || !c.covered() && (c.view().creating() || halfMade(c));
    }

    /** No part of a cluster is there: before the first step, the release gets a dataset id. */
    static boolean begins(Census c) {
        return c.view().datasetId() == null || !c.view().creating() && lost(c);
    }

    /** Every pod that is wanted or exists came back empty and alone: there is nothing left that could be lost. */
    static boolean lost(Census c) {
        return c.view().datasetId() != null && c.pods().stream().allMatch(p -> c.standing(p) == Standing.NEWCOMER);
    }

    /** That it was being created was forgotten with the Lease; but as nobody holds a key, slots without owner can be given to anybody. */
    private static boolean halfMade(Census c) {
        return !c.members().isEmpty() && c.pods().stream().allMatch(p -> (c.standing(p) == Standing.MEMBER || c.standing(p) == Standing.NEWCOMER) && c.state(p).empty());
    }

    static Plan plan(Census c) {
        List<String> unfit = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        for (String pod : c.pods()) {
            String silence = c.silence(pod);
            if (silence != null) {
                if (c.view().shape().keeps(pod)) {
                    missing.add("waiting for " + silence);
                }
            } else if (unfit(c, c.state(pod))) {
                unfit.add(pod + " holds data or knows nodes that are not of this release: it is left alone, and without it no cluster is created");
            }
        }
        if (!unfit.isEmpty()) {
            return new Plan.Refuse(unfit, unfit);
        }
        if (!missing.isEmpty()) {
            return new Plan.Wait(missing, List.of());
        }
        if (c.wanted().isEmpty()) {
            return new Plan.Wait(List.of("waiting for the first pod"), List.of());
        }
        return build(c);
    }

    /** Only what belongs to us already may know or hold anything; what it knows then, we have introduced it to. */
    private static boolean unfit(Census c, NodeState s) {
        boolean ours = c.view().datasetId() != null && c.view().datasetId().equals(s.datasetId());
        return !Census.blank(s) && (!ours || begins(c));
    }

    private static Plan build(Census c) {
        List<NodeState> nodes = c.wanted().stream().map(c::state).toList();
        List<Step> steps = new ArrayList<>();
        List<String> why = new ArrayList<>();
        String dataset = c.view().datasetId();
        nodes.stream().filter(s -> dataset == null || !dataset.equals(s.datasetId())).forEach(s -> steps.add(new Step.Belong(s.pod(), dataset)));
        for (NodeState s : nodes) {
            ClusterNode me = s.topology().myself();
            if (s.topology().nodes().size() == 1 && me.epoch() == 0 && s.server().epoch() == 0) {
                steps.add(new Step.Epoch(s.pod(), s.id().ordinal() + 1));
            }
        }
        List<List<NodeState>> groups = new ArrayList<>(Census.acquaintances(nodes));
        groups.sort(Comparator.<List<NodeState>>comparingInt(List::size).reversed().thenComparingInt(g -> g.getFirst().id().ordinal()));
        NodeState first = groups.getFirst().getFirst();
        for (List<NodeState> group : groups.subList(1, groups.size())) {
            NodeState other = group.getFirst();
            if (Census.shakingHands(first, other)) {
                why.add(first.pod() + " and " + other.pod() + " are getting to know each other");
            } else {
                steps.add(new Step.Meet(first.pod(), other.pod()));
            }
        }
        if (steps.isEmpty() && why.isEmpty()) {
            for (NodeState s : nodes) {
                nodes.stream().filter(o -> !Census.knows(s, o)).findFirst().ifPresent(o -> why.add(s.pod() + " does not know " + o.pod() + " yet"));
            }
        }
        if (steps.isEmpty() && why.isEmpty()) {
            return give(c, nodes);
        }
        return steps.isEmpty() ? new Plan.Wait(why, List.of()) : new Plan.Go(steps, List.of());
    }

    /** Slots without owner go to the masters, evenly and in order; the other pods become their replicas. */
    private static Plan give(Census c, List<NodeState> nodes) {
        Shape shape = c.view().shape();
        Map<String, NodeState> masters = new LinkedHashMap<>();
        nodes.stream().filter(s -> !c.node(s.nodeId()).slots().isEmpty()).forEach(s -> masters.put(s.pod(), s));
        Set<String> followed = new HashSet<>();
        nodes.forEach(s -> followed.add(s.topology().myself().master()));
        nodes.stream().filter(s -> masters.size() < shape.shards() && followed.contains(s.nodeId())).forEach(s -> masters.put(s.pod(), s));
        List<Place> free = nodes.stream().filter(s -> !masters.containsKey(s.pod()) && s.topology().myself().isMaster()).map(Place::of).toList();
        Placement.masters(masters.values().stream().map(Place::of).toList(), free, shape.shards() - masters.size()).forEach(p -> masters.put(p.pod(), c.state(p.pod())));
        if (masters.size() < shape.shards()) {
            List<String> why = List.of(masters.size() + " of " + shape.shards() + " masters can be had: the other pods are replicas already");
            return new Plan.Refuse(why, why);
        }
        List<String> ordered = masters.keySet().stream().sorted(Census.BY_ORDINAL).toList();
        List<Step> steps = new ArrayList<>();
        Slots left = Slots.ALL.minus(c.owned());
        for (int i = 0; i < ordered.size(); i++) {
            String pod = ordered.get(i);
            int share = Slots.COUNT / ordered.size() + (i < Slots.COUNT % ordered.size() ? 1 : 0);
            int has = c.node(masters.get(pod).nodeId()).slots().size();
            Slots slots = i == ordered.size() - 1 ? left : left.first(Math.max(0, share - has));
            left = left.minus(slots);
            if (!slots.isEmpty()) {
                steps.add(new Step.Own(pod, slots));
            }
        }
        steps.addAll(replicas(c, nodes, ordered));
        return new Plan.Go(steps, List.of());
    }

    private static List<Step> replicas(Census c, List<NodeState> nodes, List<String> masters) {
        Map<String, List<Place>> shards = new LinkedHashMap<>();
        Map<String, String> podById = new HashMap<>();
        masters.forEach(pod -> {
            shards.put(pod, new ArrayList<>(List.of(Place.of(c.state(pod)))));
            podById.put(c.state(pod).nodeId(), pod);
        });
        List<Place> free = new ArrayList<>();
        for (NodeState s : nodes) {
            ClusterNode me = s.topology().myself();
            if (me.isReplica() && podById.containsKey(me.master())) {
                shards.get(podById.get(me.master())).add(Place.of(s));
            } else if (!masters.contains(s.pod())) {
                free.add(Place.of(s));
            }
        }
        Map<String, Integer> to = Placement.replicas(List.copyOf(shards.values()), free);
        return free.stream().<Step>map(p -> new Step.Replicate(p.pod(), masters.get(to.get(p.pod())))).toList();
    }
}
