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
import org.awaitility.Awaitility;
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
        Awaitility.await().until(() -> seen.size() == 1);
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
        Awaitility.await().until(() -> seen.size() == 2);
        assertThat(seen).extracting(event -> event.path("involvedObject").path("fieldPath").asText())
                .containsExactlyInAnyOrder("spec.containers{redis}", "spec.initContainers{peers}");
    }

    @Test
    void tellsTheSameOnceAMinute() {
        for (int i = 0; i < 5; i++) {
            events.emit(false, "Bootstrap", "again");
        }
        events.emit(false, "Bootstrap", "something else");
        Awaitility.await().until(() -> seen.size() == 2);
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
        Awaitility.await().until(() -> seen.size() == 3);
        assertThat(seen).extracting(event -> event.path("metadata").path("name").asText()).containsOnly(seen.getFirst().path("metadata").path("name").asText());
        events.settle(Duration.ofSeconds(5));
        assertThat(seen).hasSize(3);
    }

    @Test
    void tellsOnlyOnceWhatTheApiServerRefuses() throws Exception {
        Function<RecordedRequest, MockResponse> well = api.instead;
        api.instead = request -> {
            well.apply(request);
            return ApiServer.status(403);
        };
        events.emit(true, "ServerDied", "it died");
        Awaitility.await().until(() -> seen.size() == 1);
        Thread.sleep(1_500);
        assertThat(seen).hasSize(1);
    }

    @Test
    void keepsATorrentFromTheApiServer() throws Exception {
        for (int i = 0; i < 50; i++) {
            events.emit(false, "Bootstrap", "number " + i);
        }
        Awaitility.await().until(() -> seen.size() == 10);
        Thread.sleep(200);
        assertThat(seen).hasSize(10);
    }
}
