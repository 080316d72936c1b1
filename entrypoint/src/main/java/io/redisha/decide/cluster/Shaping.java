package io.redisha.decide.cluster;

import io.redisha.decide.cluster.Census.Node;
import io.redisha.decide.cluster.Census.Standing;
import io.redisha.decide.cluster.Layout.Shard;
import io.redisha.decide.cluster.Placement.Place;
import io.redisha.model.Reason;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Decides what is done next so that the cluster gets the shape that is wanted. Pure and total: the same view gives the same plan, and all
 * that it goes on with is in the view, so it does not matter who carried out the steps before, or how many of them.
 *
 * <p>What is most urgent comes first: whoever must know each other; slots that are left open; replicas; leaving masters' roles; slots; and
 * last, when nothing depends on them any more, the nodes that leave.
 */
public final class Shaping {

    private final Census census;
    private final Layout layout;
    private final Shape shape;
    private final List<Step> steps = new ArrayList<>();
    private final List<String> why = new ArrayList<>();
    private final List<String> refused = new ArrayList<>();
    private final String byHand;

    private Shaping(Census census, String byHand) {
        this.census = census;
        this.byHand = byHand;
        layout = new Layout(census);
        shape = census.view().shape();
    }

    /** The next {@link Plan.Go} begins a creation: before it, the release is given a dataset id, and it is written down that it is being created. */
    public static boolean creates(ClusterView view) {
        return Creation.begins(new Census(view));
    }

    /** All that is to move yet, as far as that can be said: not before all masters are there. */
    public static int slotsToMove(ClusterView view) {
        Census census = new Census(view);
        if (Creation.applies(census) || census.members().isEmpty() || shapeless(view.shape()) != null) {
            return 0;
        }
        return new Shaping(census, null).moves().stream().mapToInt(m -> m.slots().size()).sum();
    }

    public static Plan decide(ClusterView view) {
        return decide(view, null);
    }

    /**
     * @param byHand in words: somebody else moves slots at this moment ({@link ByHand}). No slot is moved then, no role, and nothing is
     *               forgotten or emptied; only who has no duty or no master is given one. Null if nobody does
     */
    public static Plan decide(ClusterView view, String byHand) {
        String no = shapeless(view.shape());
        if (no != null) {
            return new Plan.Refuse(List.of(no), Problems.of(view));
        }
        Census census = new Census(view);
        if (Creation.applies(census)) {
            return Creation.plan(census);
        }
        List<String> problems = Problems.of(view);
        if (census.members().isEmpty()) {
            return nobody(census, problems);
        }
        return new Shaping(census, byHand).plan(problems);
    }

    private static String shapeless(Shape shape) {
        if (shape.shards() < Shape.LEAST_SHARDS) {
            return shape.shards() + " shards: a cluster needs at least " + Shape.LEAST_SHARDS + ", with fewer no majority is left when one is lost";
        }
        return shape.pods() < shape.shards() ? shape.pods() + " pods: " + shape.shards() + " shards need at least as many" : null;
    }

    private static Plan nobody(Census c, List<String> problems) {
        List<String> missing = c.pods().stream().map(c::silence).filter(s -> s != null).map(s -> "waiting for " + s).toList();
        if (missing.isEmpty()) {
            List<String> none = List.of("no pod has the data of this release (" + c.view().datasetId() + "), but there is other data: nothing is done with it");
            return new Plan.Refuse(none, problems);
        }
        return new Plan.Wait(missing, problems);
    }

    private Plan plan(List<String> problems) {
        Membership membership = new Membership(census, layout, steps, why, refused);
        if (byHand != null) {
            why.add(byHand);
            membership.admit();
            assign();
            if (steps.isEmpty()) {
                return new Plan.Wait(why, problems);
            }
            problems.add(byHand);
            return new Plan.Go(steps, problems);
        }
        membership.look();
        int before = steps.size();
        List<Runnable> stages = List.of(this::closeSlots, this::assign, this::promote, this::moveSlots, this::retire);
        for (int i = 0; i < stages.size() && steps.size() == before; i++) {
            stages.get(i).run();
        }
        if (!steps.isEmpty()) {
            return new Plan.Go(steps, problems);
        }
        complete();
        if (!refused.isEmpty()) {
            return new Plan.Refuse(refused, problems);
        }
        return why.isEmpty() ? new Plan.Done(problems) : new Plan.Wait(why, problems);
    }

    // ---- slots that were on their way when somebody was interrupted

    /**
     * Keys of an open slot may be on both sides, so to move it on is right wherever it was to go: its target, or who has taken that one's
     * place. Only a slot that has just one side left is closed where it is.
     */
    private void closeSlots() {
        Map<List<String>, Slots> moves = new LinkedHashMap<>();
        Map<String, Slots> held = new LinkedHashMap<>();
        Slots seen = Slots.NONE;
        for (Node n : census.nodes()) {
            if (n.alive() && !n.replica()) {
                for (Map.Entry<Integer, String> open : new TreeMap<>(n.self().migrating()).entrySet()) {
                    seen = seen.plus(Slots.of(open.getKey()));
                    Node to = census.node(open.getValue()) == null ? null : census.head(census.node(open.getValue()));
                    if (!n.slots().contains(open.getKey()) || to == null || to == n || lost(to)) {
                        steps.add(new Step.Stable(n.pod(), open.getKey()));
                    } else {
                        finish(n, to, open.getKey(), moves, held);
                    }
                }
            }
        }
        for (Node n : census.nodes()) {
            if (n.alive() && !n.replica()) {
                for (int slot : new TreeMap<>(n.self().importing()).keySet()) {
                    Node owner = census.nodes().stream().filter(o -> o.slots().contains(slot)).findFirst().orElse(null);
                    if (owner == n) {
                        steps.add(new Step.Stable(n.pod(), slot));
                    } else if (owner != null && !seen.contains(slot)) {
                        finish(owner, n, slot, moves, held);
                    }
                }
            }
        }
        held.forEach((pair, slots) -> why.add("slots " + slots + " are on their way " + pair + ": waiting for both"));
        Set<String> sources = new LinkedHashSet<>();
        moves.forEach((pair, slots) -> {
            if (sources.add(pair.getFirst())) {
                steps.add(new Step.Move(pair.getFirst(), pair.getLast(), slots.first(Balance.AT_ONCE)));
            }
        });
    }

    private void finish(Node from, Node to, int slot, Map<List<String>, Slots> moves, Map<String, Slots> held) {
        if (able(from) && able(to) && acquainted(from, to)) {
            moves.merge(List.of(from.pod(), to.pod()), Slots.of(slot), Slots::plus);
        } else {
            held.merge("from " + from.name() + " to " + to.name(), Slots.of(slot), Slots::plus);
        }
    }

    /** Nobody will come back as this node. */
    private static boolean lost(Node n) {
        return !n.alive() && n.pod() == null && n.slots().isEmpty();
    }

    /**
     * It can be given orders, and is not about to go for a moment only (one that goes for good does what it is told until then). A master
     * that was failed over while it was down, and has not heard of it, must get nothing: it is about to throw away what it has.
     */
    private boolean able(Node n) {
        return n.alive() && n.pod() != null && !(n.stopping() && layout.keeps(n)) && (n.replica() || n.slots().equals(n.self().slots()));
    }

    private static String disabled(Node n) {
        return n.name() + (!n.alive() ? " does not answer" : n.stopping() ? " stops" : " has not heard yet who owns which slots");
    }

    private static boolean acquainted(Node one, Node other) {
        return Census.acquainted(one.state(), other.state());
    }

    // ---- replicas

    private void assign() {
        if (layout.lacking() > 0 && !absent().isEmpty()) {
            absent().forEach(p -> why.add("waiting for " + (census.silence(p) == null ? p + " to join" : census.silence(p)) + ", before the new masters are chosen"));
            rescue();
            return;
        }
        if (layout.free.size() < layout.lacking()) {
            if (byHand == null) {
                vacate(layout.lacking() - layout.free.size());
            }
            return;
        }
        List<Shard> all = targets();
        List<Node> without = new ArrayList<>(layout.orphans);
        layout.free.stream().filter(n -> all.stream().noneMatch(s -> s.master == n)).forEach(without::add);
        spread(all, without);
        if (without.isEmpty() && byHand == null) {
            evenOut(all);
        }
    }

    /** Pods that are to be members, and are not, or can't be told anything. */
    private List<String> absent() {
        return census.wanted().stream().filter(p -> census.standing(p) != Standing.FOREIGN && census.standing(p) != Standing.MEMBER).toList();
    }

    /** Those that are to own slots in the end, with new masters as far as they can be chosen: not before it is seen where all pods are. */
    private List<Shard> targets() {
        List<Shard> targets = new ArrayList<>(layout.targets());
        int lacking = layout.lacking();
        if (lacking > 0 && layout.free.size() >= lacking && absent().isEmpty()) {
            List<Place> present = targets.stream().filter(t -> t.master.pod() != null).map(t -> layout.place(t.master)).toList();
            for (Place p : Placement.masters(present, layout.free.stream().map(layout::place).toList(), lacking)) {
                targets.add(new Shard(census.nodeOf(p.pod())));
            }
        }
        return targets;
    }

    private void spread(List<Shard> shards, List<Node> without) {
        Map<String, Integer> to = Placement.replicas(shards.stream().map(layout::places).toList(), without.stream().map(layout::place).toList());
        List<String> coming = layout.pending().stream().filter(p -> !census.view().homeless().containsKey(p)).toList();
        for (Node n : without) {
            Shard shard = shards.get(to.get(n.pod()));
            boolean crowds = layout.places(shard).stream().anyMatch(layout.place(n)::sharesNode);
            if (crowds && !coming.isEmpty() && !bare(shard)) {
                // once given it is not taken back: that would be a full sync for the sake of order
                why.add(n.pod() + " waits for " + String.join(", ", coming) + " to join: which shard is best for it depends on where they are");
            } else if (!uninformed(n).isEmpty() && !bare(shard)) {
                why.add(hasNotHeard(n));
            } else {
                replicate(n, shard.master);
            }
        }
    }

    /** Nobody could take its master's place; where there are no replicas, it has no master that stays. */
    private boolean bare(Shard s) {
        return layout.base() > 1 ? layout.keptReplicas(s).isEmpty() : layout.kept(s).isEmpty();
    }

    /** While others are still to come: only shards that have no replica at all get one. */
    private void rescue() {
        List<Shard> bare = layout.targets().stream().filter(t -> layout.base() > 1 && layout.keptReplicas(t).isEmpty()).toList();
        List<Node> some = new ArrayList<>(layout.orphans);
        some.addAll(layout.free);
        spread(bare, bare.isEmpty() ? List.of() : some.subList(0, Math.min(bare.size(), some.size())));
    }

    /** A replica that its shard can spare starts anew, so that it can become a master. */
    private void vacate(int count) {
        List<Node> spare = new ArrayList<>(layout.orphans);
        for (Shard s : layout.targets()) {
            List<Node> replicas = layout.keptReplicas(s).stream().filter(n -> n.alive() && !n.stopping()).toList();
            int more = Math.min(replicas.size(), layout.kept(s).size() - layout.base());
            spare.addAll(replicas.subList(replicas.size() - Math.max(0, more), replicas.size()));
        }
        for (Node n : spare.subList(0, Math.min(count, spare.size()))) {
            steps.add(new Step.Forget(n.id(), n.pod(), Reason.SHAPE_WANTED));
            steps.add(new Step.Retire(n.pod()));
        }
        if (spare.isEmpty()) {
            why.add("no pod is free to become a master");
        }
    }

    /** Who has more than enough gives to who has too few; but while somebody is still to join, only to who has nobody. */
    private void evenOut(List<Shard> shards) {
        boolean awaited = !layout.pending().isEmpty();
        int base = layout.base();
        List<Shard> donors = new ArrayList<>(shards);
        for (Shard poor : shards) {
            if (layout.kept(poor).size() >= base || awaited && !bare(poor)) {
                continue;
            }
            Node best = null;
            Shard from = null;
            for (Shard rich : donors) {
                for (Node n : layout.kept(rich).size() > base ? layout.keptReplicas(rich) : List.<Node>of()) {
                    if (n.alive() && !n.stopping() && (best == null || worth(rich, poor, n) < worth(from, poor, best))) {
                        best = n;
                        from = rich;
                    }
                }
            }
            if (best != null) {
                replicate(best, poor.master);
                donors.remove(from);
            }
        }
    }

    private long worth(Shard from, Shard to, Node n) {
        return Placement.cost(layout.places(to), layout.place(n)) - Placement.cost(layout.places(from), layout.place(n)) - 10L * layout.kept(from).size();
    }

    private void replicate(Node n, Node master) {
        if (!able(master)) {
            why.add(n.pod() + " waits to be a replica: " + disabled(master));
        } else if (!Census.knows(n.state(), master.state())) {
            why.add(n.pod() + " does not know " + master.pod() + " yet");
        } else {
            steps.add(new Step.Replicate(n.pod(), master.pod()));
        }
    }

    /**
     * Slots that nobody owns as far as this node knows. Once it has a duty, clients are told of it, and may ask it for any slot: it would
     * refuse them with CLUSTERDOWN.
     */
    private Slots uninformed(Node n) {
        return census.served().minus(n.state().topology().covered());
    }

    private String hasNotHeard(Node n) {
        return n.pod() + " has not heard yet who owns slots " + uninformed(n);
    }

    // ---- masters that leave

    private void promote() {
        for (Shard s : layout.targets()) {
            if (s.master.alive() && s.master.pod() != null && !layout.keeps(s.master) && !s.slots().isEmpty()) {
                Node heir = layout.keptReplicas(s).stream().filter(n -> n.linked() && !n.stopping())
                        .min(Comparator.comparingInt(Node::ordinal)).orElse(null);
                if (!able(s.master)) {
                    why.add(s.master.pod() + " is to leave: " + disabled(s.master));
                } else if (s.master.open()) {
                    why.add(s.master.pod() + " is to leave, but slots are half moved: who takes its place would not know of that");
                } else if (heir != null) {
                    steps.add(new Step.Promote(heir.pod()));
                } else {
                    why.add(s.master.pod() + " is to leave, but no replica that stays has all of slots " + s.slots() + " yet");
                }
            }
        }
    }

    // ---- slots

    private List<Balance.Move> moves() {
        List<Shard> targets = targets();
        Set<String> stay = new LinkedHashSet<>();
        targets.forEach(t -> stay.add(t.master.id()));
        return targets.size() < shape.shards() ? List.of() : Balance.moves(slots(), stay);
    }

    private Map<String, Slots> slots() {
        Map<String, Slots> slots = new LinkedHashMap<>();
        layout.owners.forEach(s -> slots.put(s.master.id(), s.slots()));
        targets().forEach(s -> slots.putIfAbsent(s.master.id(), Slots.NONE));
        return slots;
    }

    private void moveSlots() {
        List<Balance.Move> moves = moves();
        if (moves.isEmpty() || hindered()) {
            return;
        }
        for (Balance.Move m : Balance.first(moves, slots())) {
            steps.add(new Step.Move(census.node(m.from()).pod(), census.node(m.to()).pod(), m.slots()));
        }
    }

    private boolean hindered() {
        int had = why.size();
        List<Shard> fresh = targets().stream().filter(s -> s.slots().isEmpty()).toList();
        List<Shard> all = new ArrayList<>(layout.owners);
        all.addAll(fresh);
        for (Shard s : all) {
            if (!able(s.master)) {
                why.add("slots can't move now: " + disabled(s.master));
            } else {
                all.stream().filter(o -> able(o.master) && !acquainted(s.master, o.master)).findFirst()
                        .ifPresent(o -> why.add("slots can't move now: " + s.master.pod() + " and " + o.master.pod() + " do not know each other yet"));
            }
        }
        if (!census.covered()) {
            refused.add("slots can't move: nobody owns " + Slots.ALL.minus(census.owned()));
        }
        for (Shard s : fresh) {
            // it has only just heard a majority of the others, and refuses its clients for a node timeout after that
            if (able(s.master) && !s.master.state().server().stateOk()) {
                why.add("slots wait for " + s.master.pod() + " to serve (cluster_state:fail)");
            }
            s.members().stream().filter(n -> n.alive() && !uninformed(n).isEmpty()).forEach(n -> why.add("slots can't move now: " + hasNotHeard(n)));
            // slots are not entrusted to a master that nobody could take the place of
            long ready = layout.keptReplicas(s).stream().filter(Node::linked).count();
            if (ready < Math.min(1, layout.base() - 1) || layout.keptReplicas(s).stream().anyMatch(n -> n.alive() && !n.linked())) {
                why.add("slots wait for the replicas of " + s.master.pod() + " to be in sync");
            }
        }
        return why.size() > had || !refused.isEmpty() && !census.covered();
    }

    // ---- nodes that leave

    private void retire() {
        if (!moves().isEmpty()) {
            return;
        }
        List<Node> leaving = census.nodes().stream().filter(n -> n.alive() && n.pod() != null && !layout.keeps(n) && (n.replica() || n.slotless()))
                .sorted(Comparator.comparing((Node n) -> !n.replica()).thenComparingInt(Node::ordinal)).toList();
        Set<String> going = new LinkedHashSet<>();
        for (Node n : leaving) {
            String needed = needed(n, going);
            if (needed != null) {
                why.add(needed);
                continue;
            }
            going.add(n.id());
            steps.add(new Step.Forget(n.id(), n.pod(), Reason.SCALED_IN));
            steps.add(n.replica() || n.state().empty() ? new Step.Retire(n.pod()) : new Step.Renew(n.pod()));
        }
    }

    /** In words, or null: the last replica of a shard stays until there is another, if there are pods for another. */
    private String needed(Node n, Set<String> going) {
        if (n.replica()) {
            Shard of = layout.targets().stream().filter(s -> s.replicas.contains(n)).findFirst().orElse(null);
            return of == null || layout.base() == 1 || layout.keptReplicas(of).stream().anyMatch(Node::linked) ? null
                    : n.pod() + " stays until " + of.master.name() + " has another replica";
        }
        boolean followed = census.nodes().stream().anyMatch(r -> r.alive() && r.replica() && n.id().equals(r.master()) && !going.contains(r.id()));
        return followed ? n.pod() + " stays until its replicas have another master" : null;
    }

    // ---- nothing can be done: is it because all is done?

    private void complete() {
        for (String pod : census.wanted()) {
            String silence = census.silence(pod);
            if (silence != null && why.stream().noneMatch(w -> w.contains(silence))) {
                why.add("waiting for " + silence);
            }
        }
        for (Shard s : layout.owners) {
            if (!s.master.alive()) {
                (s.master.pod() == null && s.replicas.stream().noneMatch(Node::alive) ? refused : why).add(Problems.ownerless(s));
            } else if (!s.slots().equals(s.master.self().slots())) {
                why.add(s.master.pod() + " has not heard yet who owns which slots");
            }
        }
        if (!census.covered()) {
            refused.add("slots " + Slots.ALL.minus(census.owned()) + " have no owner, and nobody knows who had them");
        }
        List<Node> duties = new ArrayList<>();
        targets().forEach(s -> duties.addAll(s.members()));
        census.nodes().stream().filter(n -> n.alive() && layout.keeps(n) && !duties.contains(n)).forEach(n -> why.add(n.pod() + " has no duty yet"));
        if (targets().size() < shape.shards() && why.isEmpty()) {
            why.add(targets().size() + " of " + shape.shards() + " masters are there");
        }
        for (Shard s : targets()) {
            layout.keptReplicas(s).stream().filter(n -> n.alive() && !n.linked()).forEach(n -> why.add(n.pod() + " is not in sync with " + s.master.name() + " yet"));
            if (s.slots().isEmpty()) {
                why.add(s.master.pod() + " has no slots yet");
            }
        }
        census.nodes().stream().filter(n -> n.pod() != null && !layout.keeps(n) && !n.alive() && n.slots().isEmpty())
                .forEach(n -> why.add(n.pod() + " is to leave, but does not answer"));
    }
}
