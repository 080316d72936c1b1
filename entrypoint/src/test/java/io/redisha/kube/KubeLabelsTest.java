package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.mockwebserver.http.MockResponse;
import io.redisha.model.MemberId;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KubeLabelsTest {

    private static final Map<String, String> MASTER = Map.of("role", "master", "shard", "0");
    private static final Map<String, String> REPLICA = Map.of("role", "replica", "shard", "0");

    private final ApiServer api = new ApiServer();
    private final KubeClient kube = api.client();
    private PodWatch pods;
    private KubeLabels labels;

    @BeforeEach
    void start() throws Exception {
        for (int i = 0; i < 2; i++) {
            make(i);
        }
        pods = new PodWatch(kube, Some.settings("cluster"), "redis-ha-0", list -> { }, Runnable::run);
        pods.list();
        labels = new KubeLabels(kube, pods, id(0));
        api.asked.clear();
    }

    private void make(int ordinal) throws Exception {
        ObjectNode pod = (ObjectNode) KubeClient.JSON.readTree(("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'redis-ha-" + ordinal
                + "','namespace':'ns','labels':{'app':'redis-ha'}},'spec':{},'status':{}}").replace('\'', '"'));
        assertThat(kube.post(kube.path("v1", "pods", null), pod).get().ok()).isTrue();
    }

    @AfterEach
    void stop() {
        labels.close();
        kube.close();
        api.close();
    }

    private MemberId id(int ordinal) {
        return pods.now().stream().map(known -> known.pod().id()).filter(id -> id.ordinal() == ordinal).findFirst().orElseThrow();
    }

    private String label(int ordinal, String key) throws Exception {
        return kube.get(kube.path("v1", "pods", "redis-ha-" + ordinal)).get().body().path("metadata").path("labels").path(key).asText("none");
    }

    private void await(int ordinal, String key, String value) {
        ApiServer.until(() -> label(ordinal, key).equals(value));
    }

    /** As somebody else, and seen by the watch. */
    private void change(int ordinal, String key, String value) throws Exception {
        ObjectNode patch = KubeClient.JSON.createObjectNode();
        patch.putObject("metadata").putObject("labels").put(key, value);
        assertThat(kube.patch(kube.path("v1", "pods", "redis-ha-" + ordinal), patch).get().ok()).isTrue();
        pods.list();
        api.asked.clear();
    }

    private List<String> patches() {
        return api.asked.stream().filter(one -> one.startsWith("PATCH")).toList();
    }

    @Test
    void labelsItsOwnPodWithRoleAndShardInOneRequest() throws Exception {
        labels.publish(MASTER, Map.of());
        await(0, "role", "master");
        assertThat(label(0, "shard")).isEqualTo("0");
        assertThat(label(0, "app")).isEqualTo("redis-ha");
        assertThat(patches()).containsExactly("PATCH pods/redis-ha-0");
    }

    @Test
    void asksNothingWhenItIsToldTheSameAgain() throws Exception {
        labels.publish(MASTER, Map.of());
        await(0, "role", "master");
        api.asked.clear();
        for (int i = 0; i < 3; i++) {
            labels.publish(new HashMap<>(MASTER), new HashMap<>());
            api.ticker.pass(KubeLabels.PAUSE);
        }
        api.ticker.awaitPause(KubeLabels.PAUSE);
        assertThat(api.asked).isEmpty();
    }

    @Test
    void takesALabelAwayThatIsNull() throws Exception {
        change(0, "shard", "7");
        Map<String, String> none = new HashMap<>();
        none.put("role", null);
        none.put("shard", null);
        labels.publish(none, Map.of());
        await(0, "shard", "none");
        assertThat(patches()).hasSize(1);
    }

    @Test
    void putsRightWhatIsChangedByHand() throws Exception {
        labels.publish(MASTER, Map.of());
        await(0, "role", "master");
        change(0, "role", "king");
        api.ticker.pass(KubeLabels.PAUSE);
        await(0, "role", "master");
    }

    @Test
    void labelsAPodThatDoesNotLookAfterItsOwn() throws Exception {
        change(1, "role", "master");
        labels.publish(MASTER, Map.of("redis-ha-1", Map.of("role", "replica")));
        await(1, "role", "replica");
        assertThat(patches()).containsExactlyInAnyOrder("PATCH pods/redis-ha-0", "PATCH pods/redis-ha-1");
    }

    @Test
    void doesNotLabelAnotherPodThatHasChangedSinceItWasSeen() throws Exception {
        change(1, "role", "master");
        ObjectNode patch = KubeClient.JSON.createObjectNode();
        patch.putObject("metadata").putObject("labels").put("shard", "5");
        kube.patch(kube.path("v1", "pods", "redis-ha-1"), patch).get();
        api.asked.clear();
        labels.publish(MASTER, Map.of("redis-ha-1", Map.of("role", "replica")));
        await(0, "role", "master");
        // The second try shows that the first was refused.
        api.ticker.pass(KubeLabels.PAUSE);
        ApiServer.until(() -> patches().stream().filter("PATCH pods/redis-ha-1"::equals).count() == 2);
        assertThat(label(1, "role")).isEqualTo("master");
        pods.list();
        labels.publish(MASTER, Map.of("redis-ha-1", Map.of("role", "replica")));
        api.ticker.pass(KubeLabels.PAUSE);
        await(1, "role", "replica");
    }

    @Test
    void stopsLabellingOthersWhenTheAgentStopsSayingSo() throws Exception {
        labels.publish(MASTER, Map.of("redis-ha-1", Map.of("role", "replica")));
        await(1, "role", "replica");
        api.ticker.awaitPause(KubeLabels.PAUSE);
        api.ticker.advance(Duration.ofMillis(2500));
        change(1, "role", "master");
        api.ticker.pass(KubeLabels.PAUSE);
        api.ticker.awaitPause(KubeLabels.PAUSE);
        assertThat(label(1, "role")).as("a frozen agent's order is none").isEqualTo("master");
        change(0, "role", "king");
        api.ticker.pass(KubeLabels.PAUSE);
        await(0, "role", "master");
    }

    @Test
    void triesAgainWhatWasRefused() throws Exception {
        api.instead = request -> request.getMethod().equals("PATCH") ? ApiServer.status(500) : null;
        labels.publish(MASTER, Map.of());
        ApiServer.until(() -> !patches().isEmpty());
        api.instead = request -> null;
        api.ticker.pass(KubeLabels.PAUSE);
        await(0, "role", "master");
    }

    @Test
    void dropsACallThatHangsWhenAnotherRoleIsWanted() throws Exception {
        api.instead = request -> request.getMethod().equals("PATCH") && api.asked.stream().filter(one -> one.startsWith("PATCH")).count() == 1
                ? new MockResponse().setResponseCode(200).setBody("{}").setBodyDelay(ApiServer.TIMEOUT.multipliedBy(4)) : null;
        labels.publish(MASTER, Map.of());
        ApiServer.until(() -> !patches().isEmpty());
        long begun = api.ticker.now();
        labels.publish(REPLICA, Map.of());
        await(0, "role", "replica");
        assertThat(api.ticker.since(begun)).as("nothing waited for").isZero();
    }

    @Test
    void doesNotLabelItsNamesakeOfAnotherUid() throws Exception {
        assertThat(kube.send("DELETE", kube.path("v1", "pods", "redis-ha-0"), null, null).get().ok()).isTrue();
        make(0);
        pods.list();
        api.asked.clear();
        labels.publish(MASTER, Map.of());
        api.ticker.pass(KubeLabels.PAUSE);
        api.ticker.awaitPause(KubeLabels.PAUSE);
        assertThat(patches()).isEmpty();
        assertThat(label(0, "role")).isEqualTo("none");
    }
}
