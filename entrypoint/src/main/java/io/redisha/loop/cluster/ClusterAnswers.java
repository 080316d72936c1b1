package io.redisha.loop.cluster;

import io.redisha.model.NodeState;
import io.redisha.model.Shape;
import java.util.function.Consumer;

/** What the agent of a cluster node answers to siblings and to commands; called on the loop's thread only. */
public interface ClusterAnswers {

    NodeState onAsk();

    /** The volume belongs to this release. @return null for done, else why not (rule B6) */
    String onBelong(String datasetId);

    /**
     * Of the leader: what is wanted from now on, whatever the StatefulSet says.
     *
     * @param target  null: what the StatefulSet says
     * @param outcome null for accepted, else why not
     */
    void onTarget(Shape target, Consumer<String> outcome);

    /**
     * Of any pod.
     *
     * @param shard its number; null if {@code to} tells
     * @param to    null = whoever is best
     */
    void onSwitchover(Integer shard, String to, Consumer<Outcome> outcome);

    /**
     * Of the leader: mends what nobody mends unasked, because data may be lost by it.
     *
     * @param confirmed false: only says what would be done
     */
    void onFix(boolean confirmed, Consumer<Outcome> outcome);
}
