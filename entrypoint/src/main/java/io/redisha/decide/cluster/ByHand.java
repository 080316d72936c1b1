package io.redisha.decide.cluster;

import io.redisha.decide.cluster.Census.Node;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * Whether somebody else moves slots: a person with {@code redis-cli --cluster}, as a rule. Two that move the same slot can leave it so that
 * each of two masters says that the other owns it, so the leader waits until nothing has moved for a while; what is half moved then was given
 * up, and is the leader's to finish. Told of each look and of each move that the leader orders itself.
 */
public final class ByHand {

    private static final long NEVER = Long.MIN_VALUE;

    private final long quiet;
    /** Ordered by this leader, and not seen to be over: to which node id. */
    private final Map<Integer, String> ours = new HashMap<>();
    private Slots orderedSince = Slots.NONE;
    private Map<String, Slots> owners = Map.of();
    private Map<String, String> masters = Map.of();
    private Set<String> open = Set.of();
    private final Map<String, Long> migrations = new HashMap<>();
    private long sign = NEVER;
    private String what = "";

    /** @param quiet how long nothing may move until the other one is taken to have ended, in the unit of {@code now} */
    public ByHand(long quiet) {
        this.quiet = quiet;
    }

    /** This leader is about to move them, or has. @param to node id */
    public void orders(Slots slots, String to) {
        for (int slot : slots.toArray()) {
            ours.put(slot, to);
        }
        orderedSince = orderedSince.plus(slots);
    }

    /** @return pods that send slots which this leader has not opened: to be asked how often they have been told to MIGRATE */
    public Set<String> sees(ClusterView view, long now) {
        Census census = new Census(view);
        Map<String, Slots> owned = new HashMap<>();
        Map<String, String> follows = new HashMap<>();
        Map<String, Slots> opened = new HashMap<>();
        Set<String> marks = new HashSet<>();
        Set<String> sources = new LinkedHashSet<>();
        Slots all = Slots.NONE;
        for (Node n : census.nodes()) {
            owned.put(n.id(), n.slots());
            if (n.replica()) {
                follows.put(n.id(), n.master());
            } else if (n.alive()) {
                for (Map.Entry<Integer, String> one : n.self().migrating().entrySet()) {
                    all = all.plus(Slots.of(one.getKey()));
                    mark(census, one.getKey(), one.getValue(), n, census.node(one.getValue()), marks, opened, sources);
                }
                for (Map.Entry<Integer, String> one : n.self().importing().entrySet()) {
                    all = all.plus(Slots.of(one.getKey()));
                    mark(census, one.getKey(), n.id(), census.node(one.getValue()), n, marks, opened, sources);
                }
            }
        }
        Slots changed = changed(owned);
        if (!marks.equals(open) && !marks.isEmpty()) {
            moved(words(opened), now);
        }
        Slots theirs = Slots.NONE;
        for (int slot : changed.toArray()) {
            theirs = ours.containsKey(slot) ? theirs : theirs.plus(Slots.of(slot));
        }
        if (!theirs.isEmpty()) {
            boolean known = words(now) != null;
            moved(!opened.isEmpty() ? words(opened) : known ? what : "slots " + theirs + " have just got another master", now);
        }
        // what is over is nobody's: the next that opens it may be another
        Slots current = all.plus(changed).plus(orderedSince);
        ours.keySet().removeIf(slot -> !current.contains(slot));
        orderedSince = Slots.NONE;
        owners = owned;
        masters = follows;
        open = marks;
        migrations.keySet().retainAll(sources);
        return sources;
    }

    private void mark(Census census, int slot, String target, Node from, Node to, Set<String> marks, Map<String, Slots> opened, Set<String> sources) {
        if (target.equals(ours.get(slot))) {
            return;
        }
        String pair = "from " + (from == null ? "nobody" : from.name()) + " to " + (to == null ? "nobody" : to.name());
        marks.add(slot + " " + pair);
        opened.merge(pair, Slots.of(slot), Slots::plus);
        Node owner = census.nodes().stream().filter(n -> n.slots().contains(slot)).findFirst().orElse(null);
        if (owner != null && owner.alive()) {
            sources.add(owner.pod());
        }
    }

    /**
     * In the middle of a move: whether somebody has opened other slots at one of the two, or these for somebody else. One of the two movers has to
     * stop, and it is the one that looks.
     *
     * @param moving all that this leader moves at this time, from whom to whom ever
     * @param before what it knew when it decided upon that: slots that were open then are no news
     */
    public static boolean disturbs(Slots moving, ClusterView before, Topology source, Topology target) {
        ClusterNode from = source.myself();
        ClusterNode to = target.myself();
        return from == null || to == null || news(from, to.id(), moving, before) || news(to, null, moving, before);
    }

    /** @param target to which it gives slots, null if it is given some */
    private static boolean news(ClusterNode at, String target, Slots moving, ClusterView before) {
        ClusterNode was = before.states().stream().filter(s -> at.id().equals(s.nodeId()) && s.topology().myself() != null).map(s -> s.topology().myself()).findFirst().orElse(at);
        return at.migrating().entrySet().stream().anyMatch(e -> !(e.getValue().equals(was.migrating().get(e.getKey())) || moving.contains(e.getKey()) && e.getValue().equals(target)))
                || at.importing().keySet().stream().anyMatch(slot -> !was.importing().containsKey(slot) && !(moving.contains(slot) && target == null));
    }

    private static String words(Map<String, Slots> opened) {
        // without their numbers: those change many times a second, and each is another story for the log
        return "slots move " + opened.keySet().stream().sorted().findFirst().orElseThrow() + (opened.size() > 1 ? " (and others)" : "");
    }

    /** Slots that went from one shard to another since the last look. That a replica has taken its master's place moves nothing. */
    private Slots changed(Map<String, Slots> now) {
        Slots changed = Slots.NONE;
        for (Map.Entry<String, Slots> e : now.entrySet()) {
            Slots gained = e.getValue().minus(owners.getOrDefault(e.getKey(), Slots.NONE));
            for (Map.Entry<String, Slots> was : gained.isEmpty() ? Set.<Map.Entry<String, Slots>>of() : owners.entrySet()) {
                if (!was.getKey().equals(e.getKey()) && !was.getKey().equals(masters.get(e.getKey()))) {
                    changed = changed.plus(gained.and(was.getValue()));
                }
            }
        }
        return changed;
    }

    /** @param calls of MIGRATE that the pod's server has had, by anybody */
    public void migrates(String pod, long calls, long now) {
        Long before = migrations.put(pod, calls);
        if (before != null && before != calls) {
            moved(what, now);
        }
    }

    private void moved(String words, long now) {
        sign = now;
        what = words;
    }

    /** For a person; null if nobody else moves anything, or has stopped to. */
    public String words(long now) {
        return sign == NEVER || now - sign >= quiet ? null : what + ", and not by order of this release: waiting for whoever does that (redis-cli --cluster?) to end";
    }
}
