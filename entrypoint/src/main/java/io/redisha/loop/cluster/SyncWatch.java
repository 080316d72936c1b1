package io.redisha.loop.cluster;

import io.redisha.decide.cluster.ShardSync;
import io.redisha.model.ClusterNode;
import io.redisha.model.LeaseRecord;
import io.redisha.model.Misconf;
import io.redisha.model.NodeState;
import io.redisha.model.Timings;
import io.redisha.model.Topology;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Rule K11: who was in sync with each shard's master, as one agent sees it by the pods' own words. The Lease's holder writes it there; every agent tells who lacks
 * what a master has written since, as the Lease may not be written for as long as the API server is down.
 *
 * <p>A replica that is silent is not left out for that: all pods may be killed at once. It is left out when its master was seen at work some time after.
 */
final class SyncWatch {

    private static final long MS = Timings.MS;
    /** One round of questions may go unanswered. What a master writes within it, and loses with its disk, a replica is elected without. */
    private static final long LATE = 3_000 * MS;
    /** How old the master's offset in the Lease may get. */
    private static final long REFRESH = 5_000 * MS;

    /** @param first when it was first seen at work. @param last and last */
    private record Master(long epoch, long offset, long first, long last) {}

    /** @param at when it was last seen in sync with it. @param saves its disk follows its memory */
    private record Copy(String master, long at, boolean saves) {}

    private final Map<String, Master> masters = new HashMap<>();
    private final Map<String, Copy> copies = new HashMap<>();
    private long written;

    /** What a pod has just said of itself. */
    void sees(NodeState state, long now) {
        ClusterNode me = state.usable() ? state.topology().myself() : null;
        if (me == null) {
            return;
        }
        if (me.isReplica()) {
            masters.remove(me.id());
            if (state.whole() && state.word().lost() >= 0) {   // an older agent does not tell
                copies.put(me.id(), new Copy(me.master(), now - state.word().lost() * MS, state.server().misconf() == Misconf.NONE));
            }
        } else if (me.ownsSlots()) {
            copies.remove(me.id());
            if (state.whole() && state.server().stateOk()) {   // one without a majority writes nothing
                Master was = masters.get(me.id());
                masters.put(me.id(), new Master(me.epoch(), state.server().offset(), was == null ? now : was.first, now));
            }
        }
    }

    /**
     * Who lacks what its master has written since, as far as this agent knows: who can't be asked may have it.
     *
     * @param topology of the own server: who follows whom
     * @return by the replica's id: how long ago its master was last seen at work, ms
     */
    Map<String, Long> behind(Topology topology, long now) {
        Map<String, Long> behind = new HashMap<>();
        for (ClusterNode node : topology.nodes()) {
            if (node.isReplica() && isBehind(node.id(), node.master())) {
                behind.put(node.id(), (now - masters.get(node.master()).last) / MS);
            }
        }
        return behind;
    }

    private boolean isBehind(String replica, String of) {
        Master master = masters.get(of);
        return master != null && master.last - Math.max(master.first, syncedAt(replica, of)) >= LATE;
    }

    private long syncedAt(String replica, String of) {
        Copy copy = copies.get(replica);
        return copy != null && copy.master.equals(of) ? copy.at : masters.get(of).first;
    }

    /** With its disk, too: what can't be saved is good for as long as the replica lives, and the Lease is for when it does not. */
    private boolean isSynced(String replica, String of) {
        Copy copy = copies.get(replica);
        return copy != null && copy.saves && copy.master.equals(of) && !isBehind(replica, of);
    }

    private boolean isUnsaved(String replica) {
        Copy copy = copies.get(replica);
        return copy != null && !copy.saves;
    }

    /**
     * What the Lease should say. Only of a master that is at work now can anybody be found to be in sync: of one that is gone others may have seen more, and have
     * noted it.
     *
     * @param before   what it says
     * @param topology of the own server
     * @param sure     that server hears the majority, and knows who is no master any more; one that has just started may know nobody yet
     */
    Map<String, ShardSync> now(Map<String, ShardSync> before, Topology topology, boolean sure, long now) {
        Map<String, ShardSync> next = new TreeMap<>(before);
        Set<String> owners = new HashSet<>(topology.owners().stream().map(ClusterNode::id).toList());
        if (sure) {
            next.keySet().retainAll(owners);
        }
        masters.forEach((id, master) -> {
            ShardSync was = next.get(id);
            boolean works = now - master.last < LATE;
            if (was != null || works && owners.contains(id)) {
                Set<String> replicas = new HashSet<>(was == null ? Set.of() : was.replicas());
                replicas.removeIf(replica -> isBehind(replica, id) || isUnsaved(replica));
                if (works) {
                    copies.keySet().stream().filter(replica -> isSynced(replica, id)).forEach(replicas::add);
                }
                next.put(id, works ? new ShardSync(master.epoch, master.offset, replicas) : new ShardSync(was.epoch(), was.offset(), replicas));
            }
        });
        return next;
    }

    /** Whether the Lease's holder should write that. */
    boolean isDue(Map<String, ShardSync> before, Map<String, ShardSync> next, long now) {
        boolean same = before.keySet().equals(next.keySet())
                && before.entrySet().stream().allMatch(e -> e.getValue().epoch() == next.get(e.getKey()).epoch() && e.getValue().replicas().equals(next.get(e.getKey()).replicas()));
        return !next.equals(before) && (!same || now - written >= REFRESH);
    }

    void isWritten(long now) {
        written = now;
    }

    /** The Lease is taken: what it says goes on to hold, unless its last holder did not look after it, it is from a backup, or this agent has seen more. */
    LeaseRecord taken(LeaseRecord was, LeaseRecord next, Topology topology, long now) {
        return Notes.withSync(next, now(next.term() == was.term() + 1 ? Notes.sync(was) : Map.of(), topology, false, now));
    }
}
