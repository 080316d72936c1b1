package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RingFormationTest {

    private final Map<String, JsonNode> answers = new HashMap<>();

    private void pod(int ordinal, boolean ready, String ring, String waitsFor) {
        answers.put("x-" + ordinal, JsonNodeFactory.instance.objectNode().put("ready", ready).put("ring", ring).put("waitsFor", waitsFor));
    }

    private List<String> missing() {
        return RingFormation.missing(Files.peers(1, 2), answers);
    }

    @Test
    void missesNothingOfOneRing() {
        pod(0, true, "a", null);
        pod(1, true, "a", null);
        pod(2, true, "a", null);

        assertThat(missing()).isEmpty();
    }

    @Test
    void namesWhoIsNotThereAndWhatTheOthersWaitFor() {
        pod(1, false, "", "waits for x-0 to go first");
        pod(2, false, "a", null);

        assertThat(missing()).containsExactly("x-0 does not answer", "x-1 waits for x-0 to go first", "x-2 is not ready");
    }

    @Test
    void countsAnIslandAsMissing() {
        pod(0, true, "b", null);
        pod(1, true, "a", null);
        pod(2, true, "a", null);

        assertThat(missing()).containsExactly("there are 2 rings: x-1, x-2; x-0");
    }
}
