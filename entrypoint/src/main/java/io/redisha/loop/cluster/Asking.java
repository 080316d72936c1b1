package io.redisha.loop.cluster;

import io.redisha.model.NodeState;
import java.util.List;
import java.util.Set;

/** All siblings, asked at once, for a thread that may wait. */
public interface Asking {

    /** @param silent pods that did not answer in time, or whose address nobody knows */
    record Answers(List<NodeState> states, Set<String> silent) {}

    Answers ask() throws InterruptedException;
}
