package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.mockwebserver.http.MockResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubeSecretTest {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final KubeSecret.Marks NONE = new KubeSecret.Marks(Map.of(), Map.of(), Map.of());
    /** As the chart asks for them: Argo CD prunes what has the label instance and is not in Git. */
    private static final KubeSecret.Marks MARKS = new KubeSecret.Marks(Map.of("name", "redis-ha", "release", "cache"), Map.of("prune", "no"),
            Map.of("name", "redis-ha", "instance", "cache"));

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

    /** Without what a patch took away: this server keeps it as null. */
    private Map<String, String> stored(String marks) throws Exception {
        return stored().path("metadata").path(marks).propertyStream().filter(mark -> !mark.getValue().isNull())
                .collect(Collectors.toMap(Map.Entry::getKey, mark -> mark.getValue().asText()));
    }

    @Test
    void createsARandomPassword() throws Exception {
        assertThat(secret.ensure("pw", "key", MARKS, LIMIT)).isEqualTo(new KubeSecret.Outcome(true, "Secret pw created with a random key"));
        assertThat(new String(stored().path("data").path("key").binaryValue(), StandardCharsets.US_ASCII)).matches("[A-Za-z0-9]{32}");
        assertThat(stored("labels")).isEqualTo(Map.of("name", "redis-ha", "release", "cache"));
        assertThat(stored("annotations")).isEqualTo(Map.of("prune", "no"));
    }

    @Test
    void leavesAnExistingOneAsItIs() throws Exception {
        create("{\"key\":\"b2xk\"}");
        assertThat(secret.ensure("pw", "key", NONE, LIMIT)).isEqualTo(new KubeSecret.Outcome(true, "Secret pw exists and is left as it is"));
        assertThat(stored().path("data").path("key").asText()).isEqualTo("b2xk");
    }

    @Test
    void takesAwayTheLabelsOfAnEarlierVersionAndKeepsThePassword() throws Exception {
        create("{\"key\":\"b2xk\"}", "{\"name\":\"redis-ha\",\"instance\":\"cache\",\"mine\":\"too\"}");
        assertThat(secret.ensure("pw", "key", MARKS, LIMIT))
                .isEqualTo(new KubeSecret.Outcome(true, "Secret pw exists; its password is kept, its labels are those of this version now"));
        assertThat(stored().path("data").path("key").asText()).isEqualTo("b2xk");
        assertThat(stored("labels")).isEqualTo(Map.of("name", "redis-ha", "mine", "too", "release", "cache"));
        assertThat(stored("annotations")).isEqualTo(Map.of("prune", "no"));
        assertThat(secret.ensure("pw", "key", MARKS, LIMIT).message()).isEqualTo("Secret pw exists and is left as it is");
    }

    @Test
    void leavesTheLabelsOfSomebodyElsesSecretAlone() throws Exception {
        create("{\"key\":\"b2xk\"}", "{\"name\":\"theirs\",\"instance\":\"cache\"}");
        assertThat(secret.ensure("pw", "key", MARKS, LIMIT)).isEqualTo(new KubeSecret.Outcome(true, "Secret pw exists and is left as it is"));
        assertThat(stored("labels")).isEqualTo(Map.of("name", "theirs", "instance", "cache"));
    }

    @Test
    void goesOnWithLabelsThatItMayNotChange() throws Exception {
        create("{\"key\":\"b2xk\"}", "{\"name\":\"redis-ha\",\"instance\":\"cache\"}");
        api.instead = request -> request.getMethod().equals("PATCH") ? ApiServer.status(403) : null;
        assertThat(secret.ensure("pw", "key", MARKS, LIMIT))
                .isEqualTo(new KubeSecret.Outcome(true, "Secret pw exists and is left as it is (its labels could not be changed: because 403)"));
    }

    @Test
    void waitsAMomentForRightsThatWereGivenJustNow() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        api.instead = request -> asked.incrementAndGet() < 3 ? ApiServer.status(403) : null;
        assertThat(secret.ensure("pw", "key", NONE, LIMIT).there()).isTrue();
    }

    @Test
    void saysWhichKeyIsMissing() throws Exception {
        create("{\"other\":\"b2xk\"}");
        assertThat(secret.ensure("pw", "key", NONE, LIMIT))
                .isEqualTo(new KubeSecret.Outcome(false, "Secret pw exists but has no key key: add the key, or delete the Secret to have it created"));
    }

    @Test
    void saysWhyItMayNot() throws Exception {
        api.instead = request -> ApiServer.status(403);
        long begun = api.ticker.now();
        assertThat(secret.ensure("pw", "key", NONE, Duration.ofMinutes(1))).isEqualTo(new KubeSecret.Outcome(false, "Secret pw cannot be created: because 403"));
        assertThat(api.ticker.since(begun)).isBetween(Duration.ofSeconds(10), Duration.ofSeconds(11));
    }

    @Test
    void triesAgainWhileTheApiServerIsOutOfOrder() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        api.instead = request -> asked.incrementAndGet() < 4 ? ApiServer.status(503) : null;
        assertThat(secret.ensure("pw", "key", NONE, LIMIT).there()).isTrue();
    }

    @Test
    void givesUpInTheEnd() throws Exception {
        api.instead = request -> ApiServer.status(503);
        long begun = api.ticker.now();
        assertThat(secret.ensure("pw", "key", NONE, LIMIT))
                .isEqualTo(new KubeSecret.Outcome(false, "Secret pw cannot be created: the API server cannot be reached: because 503"));
        assertThat(api.ticker.since(begun)).isBetween(LIMIT, LIMIT.plusSeconds(1));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {"an empty answer is no Secret|''", "one that is cut is no Secret|{\"data\":{\"ke", "the page of a proxy is no Secret|<html>", "a list is no Secret|[]"})
    void whatIsNoSecretIsNeitherCreatedNorWithoutAKey(String sentence, String body) throws Exception {
        api.instead = request -> new MockResponse().setResponseCode(200).setBody(body);
        assertThat(secret.ensure("pw", "key", NONE, LIMIT))
                .isEqualTo(new KubeSecret.Outcome(false, "Secret pw cannot be created: the API server cannot be reached: HTTP 200"));
        api.instead = request -> null;
        create("{\"key\":\"b2xk\"}");
        api.instead = request -> request.getMethod().equals("GET") ? new MockResponse().setResponseCode(200).setBody(body) : null;
        assertThat(secret.ensure("pw", "key", NONE, LIMIT))
                .isEqualTo(new KubeSecret.Outcome(true, "Secret pw exists and is left as it is (its key key could not be checked: HTTP 200)"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"key\":\"\"}", "{\"another\":\"b2xk\"}"})
    void whatHasNoPasswordIsToldAndNotFilled(String data) throws Exception {
        create(data);
        assertThat(secret.ensure("pw", "key", NONE, LIMIT).message()).isEqualTo("Secret pw exists but has no key key: add the key, or delete the Secret to have it created");
        assertThat(api.asked).noneMatch(asked -> asked.startsWith("PUT") || asked.startsWith("PATCH"));
    }

    private void create(String data) throws Exception {
        create(data, "{}");
    }

    private void create(String data, String labels) throws Exception {
        ObjectNode object = (ObjectNode) KubeClient.JSON.readTree(
                "{\"apiVersion\":\"v1\",\"kind\":\"Secret\",\"metadata\":{\"name\":\"pw\",\"labels\":" + labels + "},\"data\":" + data + "}");
        assertThat(kube.post(kube.path("v1", "secrets", null), object).get().ok()).isTrue();
    }
}
