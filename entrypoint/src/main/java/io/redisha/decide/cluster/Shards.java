package io.redisha.decide.cluster;

import io.redisha.model.Topology;
import java.util.Map;

public final class Shards {
    private Shards() {}

    public static Map<String, Integer> of(Topology t, Map<String, String> ids) {
        return Map.of();
    }
}
