package io.redisha.decide.cluster;

import io.redisha.decide.cluster.Census.Node;
import io.redisha.decide.cluster.Census.Standing;
import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Reason;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.List;

/** Who joins the cluster, and whose id is forgotten (rule K2). */
final class Membership {

    private final Census census;
    private final Layout layout;
    private final List<Step> steps;
    private final List<String> why;
    private final List<String> refused;

    Membership(Census census, Layout layout, List<Step> steps, List<String> why, List<String> refused) {
        this.census = census;
        this.layout = layout;
        this.steps = steps;
        this.why = why;
        this.refused = refused;
    }

    void look() {
        String dataset = census.view().datasetId();
        for (NodeState s : census.members()) {
            if (s.datasetId() == null) {
                steps.add(new Step.Belong(s.pod(), dataset));
            }
        }
        if (census.served().equals(Slots.ALL)) {
            // else a node that is silent may have been elected, and nobody else has heard of it
            census.nodes().stream().filter(this::isGone).forEach(n -> steps.add(new Step.Forget(n.id(), n.name(), Reason.NODE_GONE)));
        }
        for (Node n : layout.leftovers) {
            if (layout.keeps(n) && !n.stopping() && others(n.state()).equals(Slots.ALL)) {
                steps.add(new Step.Forget(n.id(), n.pod(), Reason.KEYS_OUTDATED));
                steps.add(new Step.Renew(n.pod()));
            }
        }
        for (String pod : census.pods()) {
            switch (census.standing(pod)) {
                case NEWCOMER -> {
                    if (census.view().shape().keeps(pod)) {
                        join(census.state(pod));
                    }
                }
                case STRAY -> stray(census.state(pod));
                case FOREIGN -> {
                    if (census.view().shape().keeps(pod)) {
                        refused.add(pod + " holds data or knows nodes that are not of this release: it is left alone");
                    }
                }
                case MEMBER, SILENT -> { }
            }
        }
    }

    /** Newcomers only. */
    void admit() {
        for (String pod : census.pods()) {
            if (census.standing(pod) == Standing.NEWCOMER && census.view().shape().keeps(pod)) {
                join(census.state(pod));
            }
        }
    }

    private void join(NodeState s) {
        if (s.stopping()) {
            return;
        }
        NodeState with = census.members().stream().filter(m -> !m.stopping() && m.topology().myself().ownsSlots()).findFirst().orElse(census.members().getFirst());
        if (census.members().stream().anyMatch(m -> Census.shakingHands(m, s))) {
            why.add(s.pod() + " is getting to know the others");
            return;
        }
        if (!census.view().datasetId().equals(s.datasetId())) {
            steps.add(new Step.Belong(s.pod(), census.view().datasetId()));
        }
        steps.add(new Step.Meet(s.pod(), with.pod()));
    }

    /**
     * What it has was good once. Whoever copied it or took its slots has it, or it was told to leave; but wiped it is only when each slot
     * is served by another, so that nothing can be in it alone that the cluster would ask for.
     */
    private void stray(NodeState s) {
        NodeState acquaintance = census.members().stream().filter(m -> Census.knows(m, s)).findFirst().orElse(null);
        if (s.stopping() && census.view().shape().keeps(s.pod())) {
            return;
        }
        if (acquaintance != null) {
            if (Census.shakingHands(acquaintance, s) || Census.knows(s, acquaintance)) {
                why.add(s.pod() + " is getting to know the others");
            } else {
                steps.add(new Step.Meet(s.pod(), acquaintance.pod()));
            }
        } else if (isNewer(s)) {
            refused.add(s.pod() + " owned slots " + s.topology().myself().slots() + " later than those that own them now: it is left as it is, neither met nor emptied");
        } else if (!others(s).equals(Slots.ALL)) {
            refused.add(s.pod() + " has an older copy of the data, and slots " + Slots.ALL.minus(others(s)) + " are served by nobody else: it is left as it is, neither met nor emptied");
        } else if (!census.view().shape().keeps(s.pod()) && (s.empty() || s.topology().myself().isReplica())) {
            steps.add(new Step.Retire(s.pod()));
        } else {
            steps.add(new Step.Renew(s.pod()));
        }
    }

    /** It was elected, and then forgotten before anybody had heard of that: what was written to it nobody else has. */
    private boolean isNewer(NodeState s) {
        ClusterNode me = s.topology().myself();
        return me.isMaster() && census.members().stream().map(m -> m.topology().myself())
                .anyMatch(m -> m.isMaster() && !m.slots().and(me.slots()).isEmpty() && m.epoch() < me.epoch());
    }

    /** What is served without this one. */
    private Slots others(NodeState s) {
        Slots served = Slots.NONE;
        for (Node n : census.nodes()) {
            if (n.alive() && !n.id().equals(s.nodeId())) {
                served = served.plus(n.slots().and(n.self().slots()));
            }
        }
        return served;
    }

    /**
     * No pod that is to stay has this id, and none will come back with it: neither one that is silent now, nor one that is just being
     * replaced. Whether the object of a pod that is to leave exists still says nothing: that of a dead Kubernetes node stays, and as long as
     * the cluster counts on it the scale-in that would delete it does not begin. An owner of slots is never forgotten: its volume may
     * still turn up.
     */
    private boolean isGone(Node n) {
        if (n.alive() || n.reached() || !n.slots().isEmpty() || follows(n)) {
            return false;
        }
        if (n.pod() != null) {
            return !layout.keeps(n);
        }
        for (String pod : census.pods()) {
            boolean silent = census.standing(pod) == Standing.SILENT && census.view().shape().keeps(pod);
            if (silent && (n.hostname().isEmpty() ? !known(pod) : Belonging.named(n.hostname(), pod) || !known(pod) && !namesAny(n.hostname()))) {
                return false;
            }
        }
        return true;
    }

    private boolean known(String pod) {
        return census.view().ids().containsKey(pod) || census.state(pod) != null && census.state(pod).nodeId() != null;
    }

    private boolean namesAny(String hostname) {
        return census.pods().stream().anyMatch(p -> Belonging.named(hostname, p));
    }

    /** A node refuses to forget its own master. */
    private boolean follows(Node master) {
        return census.nodes().stream().anyMatch(n -> n.alive() && n.replica() && master.id().equals(n.master()));
    }
}
