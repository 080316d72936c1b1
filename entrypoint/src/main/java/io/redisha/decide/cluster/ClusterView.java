package io.redisha.decide.cluster;

import io.redisha.model.NodeState;
import io.redisha.model.Shape;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that is known when the shape of the cluster is decided upon.
 *
 * @param shape     what is wanted
 * @param datasetId of the release, null as long as no cluster was created
 * @param creating  the cluster is being created: slots without an owner are to be given out
 * @param states    newest answers of the pods' agents, those that answered just now
 * @param pods      names of the pods that exist, whether they answer or not
 * @param homeless why no node takes a pod, by its name: only of those for which it is so
 * @param ids       node id by pod, as last known, also of pods that do not answer or are gone
 */
public record ClusterView(Shape shape, String datasetId, boolean creating, List<NodeState> states, Set<String> pods, Map<String, String> homeless, Map<String, String> ids) {

    public ClusterView(Shape shape, String datasetId, boolean creating, List<NodeState> states, Set<String> pods, Map<String, String> ids) {
        this(shape, datasetId, creating, states, pods, Map.of(), ids);
    }

    /** Pods that are about to hand over, by a person's order. */
    public Set<String> held() {
        Set<String> held = new HashSet<>();
        states.stream().filter(s -> s.holds() != null).forEach(s -> held.add(s.holds()));
        return held;
    }

    public Optional<NodeState> of(String pod) {
        return states.stream().filter(s -> s.pod().equals(pod)).findFirst();
    }
}
