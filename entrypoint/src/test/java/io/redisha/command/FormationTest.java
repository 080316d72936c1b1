package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FormationTest {

    private final Map<String, JsonNode> answers = new LinkedHashMap<>();

    @BeforeEach
    void threePodsOfWhichTheSecondLeads() throws IOException {
        for (int i = 0; i < 3; i++) {
            boolean master = i == 1;
            answers.put("redis-ha-" + i, new JsonMapper().readTree("""
                    {"leader": "redis-ha-1", "term": 4, "pods": [
                      {"pod": "somebody-else", "role": "master", "writable": true},
                      {"pod": "redis-ha-%d", "role": "%s", "ready": true, "link": "%s", "label": "%s", "writable": %b}]}
                    """.formatted(i, master ? "master" : "replica", master ? "-" : "up", master ? "master" : "replica", master)));
        }
    }

    private ObjectNode self(int ordinal) {
        return (ObjectNode) answers.get("redis-ha-" + ordinal).get("pods").get(1);
    }

    private List<String> missing() {
        return Formation.missing(Files.settings(6379, 8379, 8380), answers);
    }

    @Test
    void findsNothingMissingInAWholeRelease() {
        assertThat(missing()).isEmpty();
    }

    /** What helm --wait waits for: a disk that is full is for a person, and nothing that is still to come. */
    @Test
    void waitsForNoProblemToEnd() {
        ((ObjectNode) answers.get("redis-ha-1")).putArray("problems").add("redis-ha-1: its AOF can't be written");

        assertThat(missing()).isEmpty();
    }

    @Test
    void missesAPodThatDoesNotAnswer() {
        answers.remove("redis-ha-2");

        assertThat(missing()).containsExactly("redis-ha-2 does not answer");
    }

    @Test
    void missesAMaster() {
        self(1).put("writable", false);

        assertThat(missing()).containsExactly("no pod accepts writes");
    }

    @Test
    void doesNotTakeTwoMastersForOne() {
        self(2).put("writable", true).put("role", "master").put("label", "master");

        assertThat(missing()).containsExactly("redis-ha-1 and redis-ha-2 both say that they are master");
    }

    @Test
    void wantsTheMasterToBeTheLeaderForEverybody() {
        ((ObjectNode) answers.get("redis-ha-0")).put("leader", "redis-ha-2");
        assertThat(missing()).containsExactly("the pods name different leaders: redis-ha-1, redis-ha-2");

        ((ObjectNode) answers.get("redis-ha-1")).put("leader", "redis-ha-2");
        ((ObjectNode) answers.get("redis-ha-2")).put("leader", "redis-ha-2");
        assertThat(missing()).containsExactly("redis-ha-1 accepts writes, but the leader is redis-ha-2");

        ((ObjectNode) answers.get("redis-ha-0")).putNull("leader");
        assertThat(missing()).contains("redis-ha-0 knows no leader");
    }

    @Test
    void wantsEveryReplicaInSyncAndReady() {
        self(0).put("link", "syncing").put("ready", false);
        self(2).put("ready", false);

        assertThat(missing()).containsExactly("redis-ha-0 is not in sync (link syncing)", "redis-ha-2 is not ready");
    }

    @Test
    void wantsTheLabelThatFitsTheRole() {
        self(0).put("label", "master");
        self(2).putNull("label");

        assertThat(missing()).containsExactly("redis-ha-0 has label role=master, not replica", "redis-ha-2 has label role=, not replica");
    }

    @Test
    void wantsAServerInEveryPod() {
        self(0).putNull("role").put("link", "no server").put("ready", false);

        assertThat(missing()).containsExactly("redis-ha-0 has no server yet");
    }
}
