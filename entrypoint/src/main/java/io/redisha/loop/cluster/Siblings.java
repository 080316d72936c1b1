package io.redisha.loop.cluster;

import io.redisha.loop.Peers.Peer;
import io.redisha.model.NodeState;
import io.redisha.model.Shape;
import java.util.function.Consumer;

/** The siblings' agents. No call blocks; an answer comes on the executor of the caller's choice, or never. */
public interface Siblings {

    /** Asks for the sibling's state, its server asked for this question. */
    void ask(Peer to, Consumer<NodeState> then);

    /**
     * The volume belongs to this release.
     *
     * @param then null for done, else why not
     */
    void belong(Peer to, String datasetId, Consumer<String> then);

    /**
     * What is wanted from now on, whatever the StatefulSet says; passed on to the leader.
     *
     * @param target null: what the StatefulSet says
     * @param then   null for accepted, else why not
     */
    void target(Peer to, Shape target, Consumer<String> then);
}
