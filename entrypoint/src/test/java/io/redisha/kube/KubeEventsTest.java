package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.redisha.config.PodEnvironment;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KubeEventsTest {

    private final ApiServer api = new ApiServer();
    private final KubeClient kube = api.client();
    private final KubeEvents events = new KubeEvents(kube, new PodEnvironment("redis-ha-0", "uid", "10.0.0.1", "ns", "node", null), "redis");
    private final List<JsonNode> seen = new CopyOnWriteArrayList<>();

    {
        api.instead = request -> {
            try {
                seen.add(KubeClient.JSON.readTree(request.getBody().readUtf8()));
            } catch (java.io.IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return ApiServer.status(201);
        };
    }

    @AfterEach
    void stop() {
        kube.close();
        api.close();
    }

    @Test
    void tellsItOfThePod() {
        events.emit(true, "ServerDied", "it died");
        ApiServer.until(() -> seen.size() == 1);
        JsonNode event = seen.getFirst();
        assertThat(event.path("type").asText()).isEqualTo("Warning");
        assertThat(event.path("reason").asText()).isEqualTo("ServerDied");
        assertThat(event.path("involvedObject").path("name").asText()).isEqualTo("redis-ha-0");
        assertThat(event.path("involvedObject").path("uid").asText()).isEqualTo("uid");
    }

    @Test
    void saysWhichContainerItIsOf() {
        events.emit(false, "Bootstrap", "one");
        KubeEvents.ofInit(kube, new PodEnvironment("redis-ha-0", "uid", "10.0.0.1", "ns", "node", null), "peers").emit(false, "Bootstrap", "two");
        ApiServer.until(() -> seen.size() == 2);
        assertThat(seen).extracting(event -> event.path("involvedObject").path("fieldPath").asText())
                .containsExactlyInAnyOrder("spec.containers{redis}", "spec.initContainers{peers}");
    }

    @Test
    void tellsTheSameOnceAMinute() {
        for (int i = 0; i < 5; i++) {
            events.emit(false, "Bootstrap", "again");
        }
        events.emit(false, "Bootstrap", "something else");
        ApiServer.until(() -> seen.size() == 2);
        api.ticker.awaitNobody();
        api.ticker.advance(Duration.ofSeconds(61));
        events.emit(false, "Bootstrap", "again");
        ApiServer.until(() -> seen.size() == 3);
        assertThat(seen).extracting(event -> event.path("metadata").path("name").asText()).doesNotHaveDuplicates();
    }

    /** A server that refuses its configuration is told of once, by a program whose first request it is. */
    @Test
    void tellsItAgainUntilTheApiServerAnswers() {
        Function<RecordedRequest, MockResponse> well = api.instead;
        api.instead = request -> {
            well.apply(request);
            return ApiServer.status(seen.size() < 3 ? 503 : 201);
        };
        events.emit(true, "ConfigurationRefused", "no-such-directive");
        api.ticker.pass(KubeEvents.FIRST_PAUSE);
        api.ticker.pass(KubeEvents.FIRST_PAUSE.multipliedBy(2));
        ApiServer.until(() -> seen.size() == 3);
        assertThat(seen).extracting(event -> event.path("metadata").path("name").asText()).containsOnly(seen.getFirst().path("metadata").path("name").asText());
        events.settle(Duration.ofSeconds(5));
        assertThat(seen).hasSize(3);
    }

    @Test
    void givesUpAfterAMinuteWithoutAnAnswer() {
        Function<RecordedRequest, MockResponse> well = api.instead;
        api.instead = request -> {
            well.apply(request);
            return ApiServer.status(503);
        };
        long begun = api.ticker.now();
        events.emit(true, "ConfigurationRefused", "no-such-directive");
        for (Duration pause = KubeEvents.FIRST_PAUSE; pause.compareTo(KubeEvents.LAST_PAUSE) <= 0; pause = pause.multipliedBy(2)) {
            api.ticker.pass(pause);
        }
        events.settle(Duration.ofSeconds(5));
        assertThat(api.ticker.since(begun)).isBetween(Duration.ofSeconds(60), Duration.ofSeconds(70));
        assertThat(seen).hasSize(7);
        api.ticker.awaitNobody();
    }

    @Test
    void tellsOnlyOnceWhatTheApiServerRefuses() {
        Function<RecordedRequest, MockResponse> well = api.instead;
        api.instead = request -> {
            well.apply(request);
            return ApiServer.status(403);
        };
        events.emit(true, "ServerDied", "it died");
        ApiServer.until(() -> seen.size() == 1);
        events.settle(Duration.ofSeconds(5));
        api.ticker.awaitNobody();
        assertThat(seen).hasSize(1);
    }

    @Test
    void keepsATorrentFromTheApiServer() {
        for (int i = 0; i < 50; i++) {
            events.emit(false, "Bootstrap", "number " + i);
        }
        ApiServer.until(() -> seen.size() == 10);
        api.ticker.advance(Duration.ofSeconds(6));
        events.emit(false, "Bootstrap", "one more every six seconds");
        ApiServer.until(() -> seen.size() == 11);
        assertThat(seen.getLast().path("message").asText()).isEqualTo("one more every six seconds");
    }
}
