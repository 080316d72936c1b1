package io.redisha.command;

import com.fasterxml.jackson.databind.JsonNode;
import io.redisha.config.Settings;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** Whether a cluster is what it should be, judged by what each pod says of itself; the leader says besides what it still does. */
final class ClusterFormation {

    private final Settings settings;
    private final Shape wanted;
    private final Map<String, JsonNode> answers;
    private final List<String> missing = new ArrayList<>();

    private ClusterFormation(Settings settings, Shape wanted, Map<String, JsonNode> answers) {
        this.settings = settings;
        this.wanted = wanted;
        this.answers = answers;
    }

    /**
     * @param answers what the pods say of themselves; nothing of one that does not answer
     * @return what is missing, in words; empty when the cluster is whole
     */
    static List<String> missing(Settings settings, Map<String, JsonNode> answers) {
        Shape wanted = new Shape(settings.cluster().shards(), settings.cluster().replicasPerShard(), settings.replicas());
        ClusterFormation formation = new ClusterFormation(settings, wanted, answers);
        formation.judge();
        return List.copyOf(formation.missing);
    }

    /**
     * Whether pods that are to go may go.
     *
     * @param target  what is to be left
     * @param leaving pods of the release that are not part of it
     * @return what is missing, in words; empty when nobody would miss them
     */
    static List<String> leaving(Shape target, List<String> leaving, Map<String, JsonNode> answers) {
        boolean counted = answers.entrySet().stream().anyMatch(answer -> target.keeps(answer.getKey()) && answer.getValue().path("knows").asInt() > target.pods());
        Set<String> missing = new LinkedHashSet<>();
        for (String pod : leaving) {
            JsonNode row = answers.get(pod);
            if (row == null) {
                continue;   // dead: what the others know of it is asked below
            }
            if (row.path("release").path("foreign").asBoolean()) {
                continue;   // never was part of this cluster: nobody here will miss what it has
            }
            if (row.path("slotCount").asInt() > 0) {
                missing.add(pod + " owns slots");
            } else if (row.path("knows").asInt() > 1) {
                missing.add(pod + " is still part of the cluster");
            } else if (!row.hasNonNull("knows") && counted) {
                missing.add(pod + " has no server (" + link(row) + ")");   // may never have one again: once it is forgotten nobody misses it
            }
        }
        if (counted) {
            missing.add("the cluster still counts on more than " + target.pods() + " nodes");
        }
        if (answers.keySet().stream().noneMatch(target::keeps)) {
            missing.add("none of the pods that stay answers");
        }
        JsonNode release = release(answers);
        if (!shape(target, release)) {
            missing.add("no leader has taken up the new shape yet");
        }
        if (!missing.isEmpty() && release != null) {
            release.path("problems").forEach(problem -> missing.add(problem.asText()));
        }
        return List.copyOf(missing);
    }

    /** What the leader says of the release, null if none answers. */
    static JsonNode release(Map<String, JsonNode> answers) {
        return answers.entrySet().stream().filter(e -> e.getKey().equals(e.getValue().path("release").path("leader").asText()))
                .map(e -> e.getValue().get("release")).findFirst().orElse(null);
    }

    private static boolean shape(Shape wanted, JsonNode release) {
        return release != null && release.path("shape").path("shards").asInt() == wanted.shards()
                && release.path("shape").path("replicasPerShard").asInt() == wanted.replicasPerShard() && release.path("shape").path("pods").asInt() == wanted.pods();
    }

    private static String link(JsonNode row) {
        return row.path("link").asText();
    }

    private void judge() {
        settings.podNames().stream().filter(pod -> !answers.containsKey(pod)).forEach(pod -> missing.add(pod + " does not answer"));
        Map<String, Slots> masters = new TreeMap<>(Pods.BY_ORDINAL);
        answers.forEach((pod, row) -> {
            if (row.path("role").asText().equals("master")) {
                masters.put(pod, Slots.parse(row.path("slots").asText("")));
            }
        });
        if (masters.isEmpty()) {
            missing.add("the cluster is not created yet");
        } else {
            slots(masters);
            masters.keySet().forEach(this::replicas);
            settings.podNames().stream().filter(answers::containsKey).forEach(pod -> pod(pod, answers.get(pod)));
        }
        leader();
    }

    private void slots(Map<String, Slots> masters) {
        Slots covered = Slots.NONE;
        for (Map.Entry<String, Slots> master : masters.entrySet()) {
            if (!covered.and(master.getValue()).isEmpty()) {
                missing.add(master.getKey() + " and another pod both say that they own slots " + covered.and(master.getValue()));
            }
            covered = covered.plus(master.getValue());
        }
        if (covered.size() < Slots.COUNT) {
            missing.add(Slots.COUNT - covered.size() + " of " + Slots.COUNT + " slots have no master");
        }
        if (masters.size() != wanted.shards()) {
            missing.add(masters.size() + " pods own slots, not " + wanted.shards());
        }
        // Valkey has a replica remember what its master moves. One that was away when that ended does so for ever, serves nothing, and is nobody's to mend.
        boolean open = masters.keySet().stream().anyMatch(pod -> answers.get(pod).path("moving").asInt() > 0);
        if (open || answers.values().stream().anyMatch(row -> row.path("release").hasNonNull("progress"))) {
            missing.add("slots are moving");
        }
    }

    private void replicas(String master) {
        long inSync = answers.values().stream()
                .filter(row -> row.path("role").asText().equals("replica") && row.path("master").asText().equals(master) && link(row).equals("up")).count();
        if (inSync < wanted.replicasPerShard()) {
            missing.add(master + " has " + inSync + " of " + wanted.replicasPerShard() + " replicas in sync");
        }
    }

    private void pod(String pod, JsonNode row) {
        if (!row.hasNonNull("role")) {
            missing.add(pod + " is not part of the cluster yet (" + link(row) + ")");
            return;
        }
        String role = row.path("role").asText();
        if (role.equals("replica") && !link(row).equals("up")) {
            missing.add(pod + " is not in sync (link " + link(row) + ")");
        } else if (!row.path("stateOk").asBoolean()) {
            missing.add(pod + " says that the cluster is down (cluster_state:fail)");
        } else if (!row.path("ready").asBoolean()) {
            missing.add(pod + " is not ready");
        }
        if (row.path("knows").asInt() != wanted.pods()) {
            missing.add(pod + " counts on " + row.path("knows").asInt() + " nodes, not " + wanted.pods());
        }
        Settings.RoleLabel label = settings.labels().role();
        label(pod, label.key(), row.path("label"), role.equals("master") ? label.master() : label.replica());
        label(pod, settings.labels().shard(), row.path("shardLabel"), row.path("shard").asText());
    }

    private void label(String pod, String key, JsonNode is, String wantedValue) {
        String value = is.isTextual() ? is.asText() : "";
        if (!value.equals(wantedValue)) {
            missing.add(pod + " has label " + key + "=" + value + ", not " + wantedValue);
        }
    }

    private void leader() {
        JsonNode release = release(answers);
        if (release == null) {
            missing.add("no pod leads");
            return;
        }
        String leader = release.path("leader").asText();
        if (!shape(wanted, release)) {
            missing.add("the leader " + leader + " has not taken up the new shape yet");
        } else if (!release.path("settled").asBoolean() && missing.isEmpty()) {
            missing.add("the leader " + leader + " is not done yet");
        }
        if (!missing.isEmpty()) {
            release.path("problems").forEach(problem -> {
                if (!missing.contains(problem.asText())) {
                    missing.add(problem.asText());
                }
            });
        }
    }
}
