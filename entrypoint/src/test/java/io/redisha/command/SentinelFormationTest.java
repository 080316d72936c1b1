package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SentinelFormationTest {

    private final Map<String, JsonNode> answers = Files.watched();

    private ObjectNode self(String pod) {
        return (ObjectNode) answers.get("redis-ha-" + pod);
    }

    private List<String> missing() {
        return SentinelFormation.missing(Files.sentinel(6379, 8379, 8380, 26379), answers);
    }

    @Test
    void findsNothingMissingInAWholeRelease() {
        assertThat(missing()).isEmpty();
    }

    @Test
    void waitsForNoProblemToEnd() {
        self("1").putObject("release").putArray("problems").add("redis-ha-1: its AOF can't be written");

        assertThat(missing()).isEmpty();
    }

    @Test
    void missesEveryPodThatDoesNotAnswer() {
        answers.remove("redis-ha-2");
        answers.remove("redis-ha-sentinel-0");

        assertThat(missing()).containsExactly("redis-ha-2 does not answer", "redis-ha-sentinel-0 does not answer");
    }

    @Test
    void wantsAllToNameTheOneThatAcceptsWrites() {
        self("sentinel-2").put("names", "redis-ha-0");
        assertThat(missing()).containsExactly("the pods name different masters: redis-ha-0, redis-ha-1");

        answers.values().forEach(answer -> ((ObjectNode) answer).put("names", "redis-ha-0"));
        assertThat(missing()).containsExactly("redis-ha-1 accepts writes, but the master is redis-ha-0");

        self("sentinel-1").putNull("names");
        self("2").putNull("names");
        self("1").put("writable", false);
        assertThat(missing()).containsExactly("no pod accepts writes", "redis-ha-2 knows no master", "redis-ha-sentinel-1 monitors no master yet");
    }

    @Test
    void doesNotTakeTwoMastersForOne() {
        self("2").put("writable", true).put("role", "master").put("link", "-").put("label", "master");

        assertThat(missing()).containsExactly("redis-ha-1 and redis-ha-2 both say that they are master");
    }

    @Test
    void wantsServersInSyncAndLabelled() {
        self("0").put("link", "syncing");
        self("2").putNull("label");

        assertThat(missing()).containsExactly("redis-ha-0 is not in sync (link syncing)", "redis-ha-2 has label role=, not replica");
    }

    @Test
    void wantsEverySentinelToKnowAllOthers() {
        self("sentinel-0").put("replicas", 1);
        self("sentinel-1").put("sentinels", 4);
        self("sentinel-2").put("quorum", 3);

        assertThat(missing()).containsExactly("redis-ha-sentinel-0: known replicas 1, not 2", "redis-ha-sentinel-1: known sentinels 4, not 2",
                "redis-ha-sentinel-2: quorum 3, not 2");
    }

    @Test
    void wantsNoSentinelToMissTheMaster() {
        ((ArrayNode) self("sentinel-0").get("flags")).add("s_down").add("o_down");
        self("sentinel-1").put("ready", false);

        assertThat(missing()).containsExactly("redis-ha-sentinel-0 finds the master s_down and o_down", "redis-ha-sentinel-1 is not ready");
    }
}
