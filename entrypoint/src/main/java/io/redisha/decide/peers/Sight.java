package io.redisha.decide.peers;

import io.redisha.model.Sighting;
import java.util.List;

/**
 * What a pod sees of its ring before its program starts.
 *
 * @param ordinal the pod's own
 * @param named   DNS gives the pod's own address among those of the headless Service: only then is what it does not give not there
 * @param others  without the pod itself
 * @param waited  nanoseconds since it began to look
 */
public record Sight(int ordinal, boolean named, List<Sighting> others, long waited) {

    public Sight {
        others = List.copyOf(others);
    }
}
