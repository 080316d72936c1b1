package io.redisha.loop.peers;

import io.redisha.model.Sighting;
import java.util.List;

/** What a pod can find out about its ring. Both calls take a second or two at most. */
public interface Surroundings {

    /** @param named DNS gives the pod's own address among those of the headless Service */
    record Seen(boolean named, List<Sighting> others) {

        public Seen {
            others = List.copyOf(others);
        }
    }

    /** @param programs whether to check the others' programs too, or only to ask their agents */
    Seen look(boolean programs) throws InterruptedException;

    /** Whether the own program passes its check. */
    boolean answers();
}
