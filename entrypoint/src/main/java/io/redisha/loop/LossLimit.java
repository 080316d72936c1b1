package io.redisha.loop;

import io.redisha.decide.Failover;
import io.redisha.decide.Policy;
import io.redisha.decide.Validity;
import io.redisha.loop.Journal.Act;
import io.redisha.model.Address;
import io.redisha.model.MemberState;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;

/**
 * How much would be lost with the own master: what {@code failover.maxLoss} is compared with (rule M8), and what a person is told of it. It only counts; that
 * writes are refused is {@link Failover}'s to decide.
 */
final class LossLimit {

    private static final long MS = Timings.MS;
    /** A new leader's replicas may take as long to link to it, and until one has, its server refuses writes by itself (M4): no news. */
    private static final long LINKING = 5_000 * MS;
    /** A replica that falls behind again and again is one story. */
    private static final long OVER = 60_000 * MS;

    private final Policy policy;
    private final Address self;
    private final Journal journal;
    private final Unacknowledged unacknowledged;
    /** The history that the own server was last seen to write, null before. */
    private String replid;
    private long heardAt;
    private boolean refused;
    private long refusedAt = Validity.NEVER;

    LossLimit(Policy policy, Address self, Journal journal) {
        this.policy = policy;
        this.self = self;
        this.journal = journal;
        unacknowledged = new Unacknowledged(policy.maxLoss());
    }

    /** The server is about to be promoted. What it holds was another term's to lose. @param info null if nothing is known of it */
    void opens(ServerInfo info, long now) {
        unacknowledged.begins(info == null ? 0 : info.offset(), now);
        replid = null;
        heardAt = now;
    }

    /** With each answer of the own server, of which only a master's counts. */
    void looks(ServerView view) {
        if (policy.maxLoss() > 0 && view.info().role() == Role.MASTER) {
            replid = view.info().replid();
            unacknowledged.looks(view.info().offset(), view.asked());
        }
    }

    /**
     * With each answer of a sibling to a heartbeat of this term. It may be old; what the sibling had then it has now.
     *
     * @param counted it is on the member list: who is not can't lead in this one's place (V8)
     */
    void hears(MemberState sibling, boolean counted, long now) {
        ServerInfo there = sibling.server();
        boolean inSync = policy.maxLoss() > 0 && counted && sibling.running() && there != null && there.linkUp() && !there.syncing() && there.follows(self) && there.replid().equals(replid);
        if (inSync) {
            unacknowledged.acknowledges(there.offset());
            heardAt = now;
        }
    }

    /**
     * Between two heartbeats, ns: there are fewer where processor is short (W4), but three before the limit, or writes were refused again and again that replicas
     * have long had.
     */
    long heartbeat(long usual) {
        return policy.maxLoss() == 0 ? usual : Math.min(usual, Math.max(policy.timings().heartbeat(), (policy.maxLoss() - Failover.CLOSING) / 3));
    }

    /** Of the oldest write that only the own server may have, ns; 0 without a limit. */
    long age(long now) {
        return policy.maxLoss() == 0 ? 0 : unacknowledged.age(now);
    }

    /** Ten times a second. @param open this member leads, and its server is the master */
    void tells(boolean open, long term, long now) {
        // without a replica nothing is written, and so nothing grows old
        boolean none = policy.maxLoss() > 0 && now - heardAt > policy.maxLoss() + LINKING;
        refused = open && (none || Failover.atLimit(policy, age(now)));
        if (refused) {
            if (now - refusedAt >= OVER) {
                journal.note(Act.WRITES_REFUSED, null, term, why());
            }
            refusedAt = now;
        }
    }

    /** Null if writes are not refused for this. */
    String problem() {
        return refused ? "writes are refused: " + why() : null;
    }

    private String why() {
        long ms = policy.maxLoss() / MS;
        return "no replica has acknowledged for " + (ms % 1_000 == 0 ? ms / 1_000 + " s" : ms + " ms") + " (failover.maxLoss)";
    }
}
