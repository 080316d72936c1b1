package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Whether all peers are there, and of one ring, judged by what each pod says of itself. */
final class RingFormation {

    private RingFormation() {}

    /**
     * @param answers each pod's own row
     * @return what is missing, in words; empty when the ring is whole
     */
    static List<String> missing(Settings settings, Map<String, JsonNode> answers) {
        List<String> missing = new ArrayList<>();
        Map<String, List<String>> rings = new TreeMap<>();
        for (String pod : settings.podNames()) {
            JsonNode row = answers.get(pod);
            if (row == null) {
                missing.add(pod + " does not answer");
            } else if (!row.path("ready").asBoolean()) {
                String waits = row.path("waitsFor").asText("");
                missing.add(pod + (waits.isEmpty() || waits.equals("null") ? " is not ready" : " " + waits));
            } else if (!row.path("ring").asText("").isEmpty()) {
                rings.computeIfAbsent(row.get("ring").asText(), ring -> new ArrayList<>()).add(pod);
            }
        }
        if (rings.size() > 1) {
            missing.addFirst("there are " + rings.size() + " rings: " + String.join("; ", rings.values().stream().map(pods -> String.join(", ", pods)).toList()));
        }
        return missing;
    }
}
