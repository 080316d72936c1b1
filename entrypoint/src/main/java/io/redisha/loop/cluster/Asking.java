package io.redisha.loop.cluster;

import io.redisha.model.NodeState;
import java.util.List;
import java.util.Set;

/** All siblings, asked at once, for a thread that may wait. */
public interface Asking {

    /** @param silent pods that did not answer in time, or whose address nobody knows */
    record Answers(List<NodeState> states, Set<String> silent) {

        /** Whoever was asked has told all that it knows. */
        boolean allServe() {
            return silent.isEmpty() && states.stream().allMatch(NodeState::usable);
        }
    }

    Answers ask() throws InterruptedException;
}
