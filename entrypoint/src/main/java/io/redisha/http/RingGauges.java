package io.redisha.http;

import io.redisha.decide.peers.Rings;
import io.redisha.loop.peers.RingSnapshot;
import io.redisha.model.Sighting;
import java.util.Objects;
import java.util.function.Supplier;

/** What Prometheus is told of a ring. */
public final class RingGauges {

    private RingGauges() {}

    /**
     * @param snapshot gives null until the loop runs
     * @param named    pods know which ring they are of; where they don't, none is ever seen apart
     */
    public static Gauges of(Supplier<RingSnapshot> snapshot, boolean named) {
        return registry -> {
            GaugeBoard<RingSnapshot> board = new GaugeBoard<>(registry, snapshot);
            board.gauge("redis_ha_ready", "1 if /readyz says so", s -> s.ready() ? 1 : 0);
            board.gauge("redis_ha_peers", "Other pods that DNS knows", s -> s.seen().size());
            board.gauge("redis_ha_peers_answering", "Other pods whose program answers, as their agents say",
                    s -> s.seen().stream().filter(other -> other.answers() || other.state() != null && other.state().answers()).count());
            board.gauge("redis_ha_peers_joined", "Other pods that answered when this pod's program was told to join them", s -> s.self().given().size());
            if (named) {
                board.gauge("redis_ha_peers_apart", "Other pods that belong to another ring",
                        s -> Rings.apart(s.self(), s.seen().stream().map(Sighting::state).filter(Objects::nonNull).toList()).size());
            }
        };
    }
}
