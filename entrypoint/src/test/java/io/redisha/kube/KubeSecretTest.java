package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubeSecretTest {

    private static final Duration LIMIT = Duration.ofSeconds(5);

    private final ApiServer api = new ApiServer();
    private final KubeClient kube = api.client();
    private final KubeSecret secret = new KubeSecret(kube);

    @AfterEach
    void stop() {
        kube.close();
        api.close();
    }

    private JsonNode stored() throws Exception {
        return kube.get(kube.path("v1", "secrets", "pw")).get().body();
    }

    @Test
    void createsARandomPassword() throws Exception {
        assertThat(secret.ensure("pw", "key", Map.of("l", "v"), LIMIT)).isEqualTo(new KubeSecret.Outcome(true, "Secret pw created with a random key"));
        assertThat(new String(stored().path("data").path("key").binaryValue(), StandardCharsets.US_ASCII)).matches("[A-Za-z0-9]{32}");
        assertThat(stored().path("metadata").path("labels").path("l").asText()).isEqualTo("v");
    }

    @Test
    void leavesAnExistingOneAsItIs() throws Exception {
        create("{\"key\":\"b2xk\"}");
        assertThat(secret.ensure("pw", "key", Map.of(), LIMIT)).isEqualTo(new KubeSecret.Outcome(true, "Secret pw exists and is left as it is"));
        assertThat(stored().path("data").path("key").asText()).isEqualTo("b2xk");
    }

    @Test
    void saysWhichKeyIsMissing() throws Exception {
        create("{\"other\":\"b2xk\"}");
        assertThat(secret.ensure("pw", "key", Map.of(), LIMIT))
                .isEqualTo(new KubeSecret.Outcome(false, "Secret pw exists but has no key key: add the key, or delete the Secret to have it created"));
    }

    @Test
    void saysWhyItMayNot() throws Exception {
        api.instead = request -> ApiServer.status(403);
        assertThat(secret.ensure("pw", "key", Map.of(), LIMIT)).isEqualTo(new KubeSecret.Outcome(false, "Secret pw cannot be created: because 403"));
        assertThat(api.asked).hasSize(1);
    }

    @Test
    void triesAgainWhileTheApiServerIsOutOfOrder() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        api.instead = request -> asked.incrementAndGet() < 4 ? ApiServer.status(503) : null;
        assertThat(secret.ensure("pw", "key", Map.of(), LIMIT).there()).isTrue();
    }

    @Test
    void givesUpInTheEnd() throws Exception {
        api.instead = request -> ApiServer.status(503);
        long begun = api.ticker.now();
        assertThat(secret.ensure("pw", "key", Map.of(), LIMIT))
                .isEqualTo(new KubeSecret.Outcome(false, "Secret pw cannot be created: the API server cannot be reached: because 503"));
        assertThat(api.ticker.since(begun)).isBetween(LIMIT, LIMIT.plusSeconds(1));
    }

    private void create(String data) throws Exception {
        ObjectNode object = (ObjectNode) KubeClient.JSON.readTree("{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"pw\"},\"data\":" + data + "}");
        assertThat(kube.post(kube.path("v1", "secrets", null), object).get().ok()).isTrue();
    }
}
