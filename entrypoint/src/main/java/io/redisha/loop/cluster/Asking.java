package io.redisha.loop.cluster;

import io.redisha.model.NodeState;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** All siblings, asked at once, for a thread that may wait. */
public interface Asking {

    /** @param silent pods that did not answer in time, or whose address nobody knows */
    record Answers(List<NodeState> states, Set<String> silent) {

        /** Of all of them; pods that could not be asked, as they have no address yet, are silent. */
        public Answers of(Collection<String> pods) {
            Set<String> all = new TreeSet<>(pods);
            states.forEach(s -> all.remove(s.pod()));
            all.addAll(silent);
            return new Answers(states, all);
        }

        /** Whoever was asked has told all that it knows. */
        boolean allServe() {
            return silent.isEmpty() && states.stream().allMatch(NodeState::usable);
        }
    }

    Answers ask() throws InterruptedException;
}
