package io.redisha.loop;

import io.redisha.model.Address;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Vote;
import java.util.function.Consumer;

/** The siblings' agents. No call blocks; an answer comes on the loop's thread, or never. */
public interface Peers {

    /** @param host pod IP, or a name if no IP is known */
    record Peer(String pod, String host) {}

    void heartbeat(Peer to, Heartbeat heartbeat, Consumer<Heartbeat.Reply> then);

    void vote(Peer to, Vote vote, Consumer<Vote.Reply> then);

    /** Asks for the sibling's state, its offset read from the server for this question. */
    void ask(Peer to, Consumer<MemberState> then);

    /** Passes on the Lease as just written, so that the sibling need not find out by reading it. */
    void tell(Peer to, LeaseView.Present lease);

    /**
     * Fences a server over the network, past its agent (rule C6): REPLICAOF a dead address, if it answers at all.
     *
     * @param then it accepts no writes, or cannot be reached; perhaps never
     */
    void fence(Address redis, Runnable then);
}
