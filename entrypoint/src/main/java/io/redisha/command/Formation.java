package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Whether a release is whole, judged by what each pod says of itself. */
final class Formation {

    private Formation() {}

    /**
     * @param answers each pod's own status, null for one that does not answer
     * @return what is missing, in words; empty when the release is whole
     */
    static List<String> missing(Settings settings, Map<String, JsonNode> answers) {
        List<String> missing = new ArrayList<>();
        Set<String> leaders = new TreeSet<>();
        List<String> masters = new ArrayList<>();
        for (String pod : settings.podNames()) {
            JsonNode answer = answers.get(pod);
            if (answer == null) {
                missing.add(pod + " does not answer");
                continue;
            }
            String leader = answer.path("leader").asText("");
            if (!leader.isEmpty() && !leader.equals("null")) {
                leaders.add(leader);
            } else {
                missing.add(pod + " knows no leader");
            }
            JsonNode self = null;
            for (JsonNode row : answer.path("pods")) {
                if (row.path("pod").asText().equals(pod)) {
                    self = row;
                }
            }
            if (self == null) {
                missing.add(pod + " does not know itself yet");
                continue;
            }
            if (self.path("writable").asBoolean()) {
                masters.add(pod);
            }
            judge(settings, pod, self, missing);
        }
        if (masters.isEmpty()) {
            missing.addFirst("no pod accepts writes");
        } else if (masters.size() > 1) {
            missing.addFirst(String.join(" and ", masters) + " both say that they are master");
        } else if (leaders.size() == 1 && !leaders.contains(masters.getFirst())) {
            missing.addFirst(masters.getFirst() + " accepts writes, but the leader is " + leaders.iterator().next());
        }
        if (leaders.size() > 1) {
            missing.add("the pods name different leaders: " + String.join(", ", leaders));
        }
        return missing;
    }

    /** @param self what the pod says of itself */
    static void judge(Settings settings, String pod, JsonNode self, List<String> missing) {
        String role = self.path("role").asText("");
        String link = self.path("link").asText("");
        if (role.equals("replica") && !link.equals("up")) {
            missing.add(pod + " is not in sync (link " + link + ")");
        } else if (!role.equals("replica") && !role.equals("master")) {
            missing.add(pod + " has no server yet");
        } else if (!self.path("ready").asBoolean()) {
            missing.add(pod + " is not ready");
        }
        String label = self.path("label").asText("");
        String wanted = role.equals("master") ? settings.labels().role().master() : settings.labels().role().replica();
        if (!role.isEmpty() && !label.equals(wanted)) {
            missing.add(pod + " has label " + settings.labels().role().key() + "=" + (label.equals("null") ? "" : label) + ", not " + wanted);
        }
    }
}
