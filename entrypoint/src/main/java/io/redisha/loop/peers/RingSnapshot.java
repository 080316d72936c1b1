package io.redisha.loop.peers;

import io.redisha.loop.Health;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import java.util.List;

/**
 * A ring as one of its pods last saw it.
 *
 * @param since   monotonic ns at which the program was last started, or the pod began to look for others
 * @param unready what is missing to be ready
 * @param seen    the others; empty until the first look
 */
public record RingSnapshot(long at, PeerState self, long since, String unready, List<Sighting> seen, List<String> problems) implements Health {

    @Override
    public boolean ready() {
        return unready.isEmpty();
    }
}
