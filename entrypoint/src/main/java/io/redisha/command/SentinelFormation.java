package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import io.redisha.decide.sentinel.Belief;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Whether servers and sentinels are of one mind, judged by what each pod says of itself. */
final class SentinelFormation {

    private SentinelFormation() {}

    /**
     * @param answers what the pods say of themselves; nothing of one that does not answer
     * @return what is missing, in words; empty when the release is whole
     */
    static List<String> missing(Settings settings, Map<String, JsonNode> answers) {
        List<String> missing = new ArrayList<>();
        List<String> masters = new ArrayList<>();
        Set<String> named = new TreeSet<>();
        for (String pod : settings.podNames()) {
            JsonNode self = answers.get(pod);
            if (self == null) {
                missing.add(pod + " does not answer");
                continue;
            }
            if (self.path("writable").asBoolean()) {
                masters.add(pod);
            }
            if (self.hasNonNull("names")) {
                named.add(self.path("names").asText());
            } else {
                missing.add(pod + " knows no master");
            }
            Formation.judge(settings, pod, self, missing);
        }
        for (String pod : settings.sentinel().podNames()) {
            JsonNode self = answers.get(pod);
            if (self == null) {
                missing.add(pod + " does not answer");
            } else if (!self.hasNonNull("names")) {
                missing.add(pod + " monitors no master yet");
            } else {
                named.add(self.path("names").asText());
                judge(settings, pod, self, missing);
            }
        }
        if (masters.isEmpty()) {
            missing.addFirst("no pod accepts writes");
        } else if (masters.size() > 1) {
            missing.addFirst(String.join(" and ", masters) + " both say that they are master");
        } else if (named.size() == 1 && !named.contains(masters.getFirst())) {
            missing.addFirst(masters.getFirst() + " accepts writes, but the master is " + named.iterator().next());
        }
        if (named.size() > 1) {
            missing.add("the pods name different masters: " + String.join(", ", named));
        }
        return missing;
    }

    private static void judge(Settings settings, String pod, JsonNode self, List<String> missing) {
        Settings.Sentinel wanted = settings.sentinel();
        wants(pod, "quorum", self.path("quorum").asInt(), Belief.quorum(wanted.quorum(), wanted.replicas()), missing);
        wants(pod, "known replicas", self.path("replicas").asInt(), settings.replicas() - 1, missing);
        wants(pod, "known sentinels", self.path("sentinels").asInt(), wanted.replicas() - 1, missing);
        List<String> troubled = new ArrayList<>();
        self.path("flags").forEach(flag -> troubled.add(flag.asText()));
        troubled.remove("master");
        if (!troubled.isEmpty()) {
            missing.add(pod + " finds the master " + String.join(" and ", troubled));
        } else if (!self.path("ready").asBoolean()) {
            missing.add(pod + " is not ready");
        }
    }

    private static void wants(String pod, String what, int has, int wanted, List<String> missing) {
        if (has != wanted) {
            missing.add(pod + ": " + what + " " + has + ", not " + wanted);
        }
    }
}
