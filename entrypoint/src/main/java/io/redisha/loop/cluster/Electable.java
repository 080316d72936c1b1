package io.redisha.loop.cluster;

import io.redisha.decide.cluster.ShardSync;
import io.redisha.model.ClusterNode;
import io.redisha.model.Misconf;
import io.redisha.model.NodeInfo;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo.Aof;
import io.redisha.model.Timings;
import io.redisha.model.Topology;

/**
 * Whether this node may be elected with what it has (rules K4, K11).
 *
 * <p>What is in memory since it was in sync is as good as the master's until the link is down and the master goes on. What comes from the disk may be of any age: only
 * if the Lease names this node, and no agent has seen its master go on without it. Anything else a person orders.
 */
final class Electable {

    private static final long MS = Timings.MS;
    /** Of the masters that are gone: how long a replica waits for them that has not been in sync since it was started. */
    static final long LAST_MASTER = 10_000 * MS;
    /** By then whoever has asked too early has asked again. */
    private static final long TOLD = 3_000 * MS;
    /** How long after the own last link a master must have been at work to count as going on alone: who says so may not have been able to ask. */
    private static final long ALONE = 3_000 * MS;

    private final boolean persistent;
    /** ms */
    private final long nodeTimeout;
    private long startedAt;
    private boolean whole;
    /** It was whole in this process, and nothing else was loaded since. */
    private boolean held;
    /** So is what the disk has, or would have. */
    private boolean restored;
    /** What it copied is in its memory, and on its disk is what was there before, until the AOF is rewritten (B5). */
    private boolean diskBehind;
    /** This process has written an AOF. */
    private boolean appends;
    private boolean masterGone;
    private long goneSince;
    /** When it had, for certain, all that a master wrote: as its replica, or as the master itself while it could write. */
    private long linkedAt;
    /** Whose data it has: the master that it was linked to last, or itself. Null as long as there is nothing to say. */
    private String of;
    /** The master by the answer before; null for none. */
    private String followed;
    private long offset;
    /** Nothing shows that the other end of the link, which is up, is there. */
    private boolean doubted;
    /** It was linked a moment ago, or its master is found failed by a majority of them: nobody can have written anything without it. */
    private boolean current;
    /** Since when an agent has told that the master goes on without this node, null while none does. */
    private Long behindSince;
    /** The master's last sign of life, when the link was first seen down; null while it is up. */
    private Long lastPong;

    /** @param nodeTimeout ns */
    Electable(boolean persistent, boolean restored, long nodeTimeout, long now) {
        this.persistent = persistent;
        this.nodeTimeout = nodeTimeout / MS;
        this.restored = persistent && restored;   // the state file may outlive what it tells of: the one lasts as long as the pod, the other as the process
        startedAt = now;
        goneSince = now;
        linkedAt = now;
    }

    /** Another process, which has what the disk has. @param fromDisk the state file says that it was in sync */
    void starts(boolean fromDisk, long now) {
        ends();
        restored = persistent && fromDisk;
        startedAt = now;
        goneSince = now;
        masterGone = false;   // it hears nobody before its data is loaded
        linkedAt = now;   // should its link be seen up once, it came up after that
    }

    void ends() {
        whole = false;
        held = false;
        diskBehind = false;
        appends = false;
        lastPong = null;
        behindSince = null;
    }

    /**
     * With each answer of the server.
     *
     * @param atWork when the master was last seen at work, by an agent that says that it goes on without this node; null for never
     * @param now    when the server answered
     */
    void sees(NodeInfo info, Topology topology, Long atWork, long now) {
        ClusterNode me = topology.myself();
        ClusterNode master = me != null && me.isReplica() ? topology.node(me.master()).orElse(null) : null;
        boolean moved = moves(me, topology);
        appends |= info.aof() != Aof.OFF;
        boolean unsaved = info.misconf() == Misconf.AOF && info.role() == Role.REPLICA;   // what it applies is in its memory alone; a master applies nothing
        diskBehind = info.syncing() || unsaved || diskBehind && !(!info.loading() && (info.aof() == Aof.WHOLE || info.aof() == Aof.OFF && !appends));
        if (info.syncing()) {
            whole = false;
            restored = false;
            held &= !info.loading();   // while the transfer runs the old dataset is there
        } else if (!info.loading() && me != null) {
            if (me.isReplica()) {
                whole |= info.linkUp() && !moved;
            } else if (me.ownsSlots()) {
                whole = true;   // Boot has seen to it that no owner starts without its data
            }
            held |= whole;
            restored |= persistent && whole;
        }
        boolean gone = me != null && me.isReplica() && (master == null || master.isFailed() || !master.linkUp());
        goneSince = gone && !masterGone ? now : goneSince;
        masterGone = gone;
        link(info, me, moved ? null : master, now);
        current = now - linkedAt < ALONE + nodeTimeout * MS || master != null && master.isFailed();
        behindSince = !isLeftBehind(atWork) || info.linkUp() ? null : behindSince == null ? (Long) now : behindSince;
        if (master == null || info.linkUp()) {
            lastPong = null;
        } else if (behindSince != null && now - behindSince >= TOLD) {
            whole = false;
            restored = false;
        } else if (lastPong == null) {
            lastPong = master.pongReceived();
        } else if (master.pongReceived() - lastPong >= nodeTimeout) {
            // What the server knew was at most half a node timeout old, and of a dead master others may tell later up to when it died. So this one lives, and writes.
            whole = false;
            restored = false;
        }
    }

    /** A connection whose other end can't be reached any more is up until its time is over. So once the bus does not reach it either, something must have come. */
    private void link(NodeInfo info, ClusterNode me, ClusterNode master, long now) {
        boolean heard = master != null && master.linkUp() && !master.isFailed() && !master.isSuspected();
        doubted = info.linkUp() && info.offset() <= offset && (doubted || !heard);
        offset = info.offset();
        if (master != null && info.linkUp() && !doubted || me != null && me.ownsSlots() && info.stateOk()) {
            linkedAt = now;
            of = master != null ? master.id() : me.id();
        }
    }

    /**
     * Data is of a shard: in the place of its old master a new one has the same, and another shard's, to which a replica may be moved, has none of it. Nor has a
     * node any that was made to begin anew.
     *
     * @return whether it follows another than by the answer before: what that says of the link may be of the old one
     */
    private boolean moves(ClusterNode me, Topology topology) {
        if (me == null) {
            return false;
        }
        String follows = me.isReplica() ? me.master() : null;
        boolean moved = followed != null && follows != null && !follows.equals(followed);
        followed = follows;
        if (follows != null) {
            of = of == null ? follows : of;
            if (!of.equals(follows) && topology.node(of).map(ClusterNode::ownsSlots).orElse(false)) {
                forget();
                of = follows;
            }
        } else if (!me.ownsSlots()) {
            forget();
            of = null;
        }
        return moved;
    }

    private void forget() {
        whole = false;
        held = false;
        restored = false;
    }

    /** Whether the master goes on, by the word of an agent, which may have been unable to ask this one: what it has seen must be newer than the own link. */
    private boolean isLeftBehind(Long atWork) {
        return atWork != null && (!held || atWork - linkedAt >= ALONE);
    }

    boolean whole() {
        return whole;
    }

    /** Of a replica whose data is whole: for how long it has not been linked to its master, ms; -1 of any other, and of one that has not been linked to this master yet. */
    long lost(Topology topology, long now) {
        ClusterNode me = topology.myself();
        return whole && me != null && me.isReplica() && me.master().equals(of) ? (now - linkedAt) / MS : -1;
    }

    /** What the disk has is given up for a copy. */
    void begins() {
        restored = false;
    }

    /** Nothing has come from a master since this process was started. */
    boolean isFromDisk() {
        return !held;
    }

    /** Whether the disk can't be said to be in sync any more, whatever the state file says. */
    boolean isOutdated() {
        return !whole && !restored;
    }

    /** Whether the disk may be counted on, should this be the last that is heard of this process. @param leased the Lease can be written, and so follows what happens */
    boolean isDiskInSync(boolean leased) {
        return whole && current && !diskBehind && leased;
    }

    /**
     * Without an order, at this moment.
     *
     * @param noted  what the Lease says of the master's shard now; null for nothing, also if it can't be read
     * @param atWork when the master was last seen at work, by an agent that says that it goes on without this node; null for never
     */
    boolean mayBeElected(NodeInfo info, Topology topology, ShardSync noted, Long atWork, long now) {
        boolean behind = isLeftBehind(atWork);
        if (whole && !behind && !(now - linkedAt > LAST_MASTER && isLeftOut(topology, noted))) {
            return true;
        }
        if (!masterGone || info.syncing() || info.loading() || now - Math.max(startedAt, goneSince) <= LAST_MASTER) {
            return false;
        }
        if (restored && noted != null && !behind) {
            return noted.covers(topology.myself().id(), topology.node(topology.myself().master()).map(ClusterNode::epoch).orElse(0L));
        }
        return held && !persistent;   // the master's memory is gone, and there is no disk to wait for
    }

    /** Whoever keeps the Lease has seen the master go on without it: perhaps with others that are gone by now, and have told nobody else. */
    private static boolean isLeftOut(Topology topology, ShardSync noted) {
        return noted != null && !noted.replicas().contains(topology.myself().id());
    }

    /** It waits for more than time: for the master's disk, or a person. */
    boolean waits(NodeInfo info, Topology topology, ShardSync noted, Long atWork, long now) {
        return masterGone && info.keys() > 0 && !info.loading() && !info.syncing() && now - Math.max(startedAt, goneSince) > LAST_MASTER
                && !mayBeElected(info, topology, noted, atWork, now);
    }
}
