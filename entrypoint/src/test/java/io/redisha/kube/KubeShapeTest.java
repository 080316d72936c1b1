package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.mockwebserver.http.MockResponse;
import io.redisha.kube.ApiServer.Answers;
import io.redisha.model.Shape;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubeShapeTest {

    private final ApiServer api = new ApiServer();
    private final KubeClient kube = api.client();
    private final KubeShape shapes = new KubeShape(kube, Some.settings("cluster"), Runnable::run);

    @AfterEach
    void close() {
        kube.close();
        api.close();
    }

    private void set(int pods, String annotations, String more) throws Exception {
        api.instead = request -> new MockResponse().setResponseCode(200).setBody(("{'metadata':{'name':'redis-ha','annotations':{" + annotations + "}" + more
                + "},'spec':{'replicas':" + pods + "}}").replace('\'', '"'));
    }

    private Shape read() throws Exception {
        Answers<Object> answers = new Answers<>();
        shapes.read(shape -> answers.got(shape == null ? "null" : shape));
        Object answer = answers.next();
        return answer instanceof Shape shape ? shape : null;
    }

    private boolean stays(String pod) throws Exception {
        Answers<Boolean> answers = new Answers<>();
        shapes.staying(pod, answers::got);
        return answers.next();
    }

    @Test
    void readsTheShapeFromTheStatefulSet() throws Exception {
        set(15, "'redis-ha/shards':'5','redis-ha/replicas-per-shard':'2'", "");
        assertThat(read()).isEqualTo(Shape.of(5, 2));
        assertThat(api.asked).as("cheap enough for every two seconds").hasSize(1);
    }

    @Test
    void takesKubectlScaleForAnOrderOfWholeShards() throws Exception {
        set(10, "'redis-ha/shards':'3','redis-ha/replicas-per-shard':'1'", "");
        assertThat(read()).isEqualTo(new Shape(5, 1, 10));
    }

    @ParameterizedTest
    @CsvSource({"''", "'redis-ha/shards: many, redis-ha/replicas-per-shard: some'", "'redis-ha/shards: 2, redis-ha/replicas-per-shard: -1'",
            "'redis-ha/shards: 30000, redis-ha/replicas-per-shard: 11'"})
    void fallsBackToTheSettingsForAnnotationsThatAreMissingOrNonsense(String annotations) throws Exception {
        set(6, annotations.replaceAll("([^:, ]+): ([^,]+)", "'$1':'$2'"), "");
        assertThat(read()).isEqualTo(Shape.of(3, 1));
    }

    @Test
    void doesNotKnowTheShapeWithoutAnAnswer() throws Exception {
        api.instead = request -> ApiServer.status(500);
        assertThat(read()).isNull();
        api.instead = request -> ApiServer.status(403);
        assertThat(read()).isNull();
        api.close();
        assertThat(read()).isNull();
    }

    @Test
    void aReleaseThatIsStoppedOrUninstalledHasNoNewShape() throws Exception {
        set(0, "'redis-ha/shards':'4','redis-ha/replicas-per-shard':'1'", "");
        assertThat(read()).as("no pods wanted: stopped").isEqualTo(Shape.of(4, 1));
        set(3, "", ",'deletionTimestamp':'2026-01-01T00:00:00Z'");
        assertThat(read()).as("being deleted").isNull();
        api.instead = request -> ApiServer.status(404);
        assertThat(read()).as("gone").isNull();
    }

    @ParameterizedTest
    @CsvSource({"redis-ha-5, 6, true", "redis-ha-6, 6, false", "redis-ha-7, 6, false", "redis-ha-10, 6, false", "redis-ha-0, 1, true", "redis-ha-3, 0, true"})
    void aPodLeavesForGoodIfItsOrdinalIsNotWantedWhileOthersStay(String pod, int wanted, boolean stays) throws Exception {
        set(wanted, "", "");
        assertThat(stays(pod)).isEqualTo(stays);
    }

    @Test
    void noPodIsHeldByAnUninstall() throws Exception {
        set(3, "", ",'deletionTimestamp':'2026-01-01T00:00:00Z'");
        assertThat(stays("redis-ha-4")).isTrue();
        api.instead = request -> ApiServer.status(404);
        assertThat(stays("redis-ha-4")).isTrue();
    }

    @Test
    void asksAgainWhetherAPodStays() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        api.instead = request -> asked.incrementAndGet() < 3 ? ApiServer.status(500) : body(6);
        Answers<Boolean> answers = new Answers<>();
        shapes.staying("redis-ha-6", answers::got);
        api.ticker.pass(KubeSet.PAUSE);
        api.ticker.pass(KubeSet.PAUSE);
        assertThat(answers.next()).isFalse();
    }

    private static MockResponse body(int pods) {
        ObjectNode set = KubeClient.JSON.createObjectNode();
        set.putObject("spec").put("replicas", pods);
        return new MockResponse().setResponseCode(200).setBody(set.toString());
    }

    @Test
    void takesAStopForARestartIfNobodyCanBeAskedForLong() throws Exception {
        api.instead = request -> ApiServer.status(500);
        Answers<Boolean> answers = new Answers<>();
        shapes.staying("redis-ha-6", answers::got);
        for (Duration passed = Duration.ZERO; passed.compareTo(KubeSet.INSIST) < 0; passed = passed.plus(KubeSet.PAUSE)) {
            assertThat(answers.none()).isTrue();
            api.ticker.pass(KubeSet.PAUSE);
        }
        assertThat(answers.next()).isTrue();
    }

    @Test
    void doesNotInsistWhereItIsNotAllowedToAsk() throws Exception {
        api.instead = request -> ApiServer.status(403);
        assertThat(stays("redis-ha-6")).isTrue();
        assertThat(api.asked).hasSize(1);
    }
}
