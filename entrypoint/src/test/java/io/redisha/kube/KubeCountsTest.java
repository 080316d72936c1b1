package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.mockwebserver.http.MockResponse;
import io.redisha.kube.ApiServer.Answers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KubeCountsTest {

    private final ApiServer api = new ApiServer();
    private final KubeClient kube = api.client();
    private final KubeCounts counts = new KubeCounts(kube, Some.settings("sentinel"), Runnable::run);
    private final Answers<String> told = new Answers<>();
    private final Map<String, String> sets = new ConcurrentHashMap<>();
    private final AtomicInteger answered = new AtomicInteger();

    @BeforeEach
    void twoSets() {
        sets.put("redis-ha", "{'spec':{'replicas':5}}");
        sets.put("redis-ha-sentinel", "{'spec':{}}");
        api.instead = request -> {
            String body = sets.get(request.getPath().substring(request.getPath().lastIndexOf('/') + 1));
            answered.incrementAndGet();
            return body == null ? ApiServer.status(404) : new MockResponse().setResponseCode(200).setBody(body.replace('\'', '"'));
        };
    }

    @AfterEach
    void close() {
        kube.close();
        api.close();
    }

    private void read() {
        int before = answered.get();
        counts.read((servers, sentinels) -> told.got(servers + " servers, " + sentinels + " sentinels"));
        ApiServer.until(() -> answered.get() == before + 2);
    }

    @Test
    void readsBothSets() throws Exception {
        read();

        assertThat(told.next()).isEqualTo("5 servers, 1 sentinels");
        assertThat(api.asked).as("cheap enough for every five seconds").hasSize(2);
    }

    @Test
    void tellsNothingOfAReleaseThatIsStoppedOrUninstalledOrDoesNotAnswer() throws Exception {
        for (String servers : List.of("{'spec':{'replicas':0}}", "{'metadata':{'deletionTimestamp':'2026-01-01T00:00:00Z'},'spec':{'replicas':5}}")) {
            sets.put("redis-ha", servers);
            read();
        }
        sets.remove("redis-ha");
        read();
        sets.put("redis-ha", "{'spec':{'replicas':7}}");
        sets.put("redis-ha-sentinel", "{'spec':{'replicas':5}}");
        read();

        assertThat(told.next()).as("the first to be told").isEqualTo("7 servers, 5 sentinels");
    }
}
