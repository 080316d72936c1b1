package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.mockwebserver.http.MockResponse;
import io.redisha.config.Invalid;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KubePublisherTest {

    private static final Duration RENEW = Duration.ofMillis(1500);
    private static final String SLICE = "/apis/discovery.k8s.io/v1/namespaces/ns/endpointslices/redis-ha-master";

    private final ApiServer api = new ApiServer();
    private final KubeClient kube = api.client();
    private KubePublisher publisher;
    private PodWatch pods;

    @BeforeEach
    void start() throws Exception {
        for (int i = 0; i < 3; i++) {
            ObjectNode pod = (ObjectNode) KubeClient.JSON.readTree(("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'redis-ha-" + i
                    + "','namespace':'ns','labels':{'app':'redis-ha'}},'spec':{},'status':{}}").replace('\'', '"'));
            assertThat(kube.post(kube.path("v1", "pods", null), pod).get().ok()).isTrue();
        }
        publish("endpointslice");
    }

    private void publish(String how) throws Exception {
        Settings settings = settings(how);
        pods = new PodWatch(kube, settings, "redis-ha-0", list -> { }, Runnable::run);
        pods.list();
        publisher = new KubePublisher(kube, pods, settings, "node-1");
        api.asked.clear();
    }

    private static Settings settings(String publish) throws Invalid {
        return SettingsReader.parse("""
                {architecture: replication, name: redis-ha, replicas: 3, publish: %s,
                 services: {master: redis-ha-master, replicas: redis-ha-replicas, headless: redis-ha-headless},
                 auth: {secretName: redis-ha}, labels: {selector: {app: redis-ha}, common: {app.kubernetes.io/instance: it}}}""".formatted(publish));
    }

    @AfterEach
    void stop() {
        publisher.close();
        kube.close();
        api.close();
    }

    private MemberState self(long term) {
        MemberId id = pods.now().stream().map(PodWatch.Known::pod).filter(pod -> pod.id().pod().equals("redis-ha-0")).findFirst().orElseThrow().id();
        return new MemberState(id, new Address("10.0.0.1", 6379), term, true, true, true, null, Data.NONE, "", false);
    }

    private List<String> asked(String part) {
        return api.asked.stream().filter(one -> one.contains(part)).toList();
    }

    private JsonNode slice() throws Exception {
        return kube.get(kube.path("discovery.k8s.io/v1", "endpointslices", "redis-ha-master")).get().body();
    }

    private String role(int ordinal) throws Exception {
        return kube.get(kube.path("v1", "pods", "redis-ha-" + ordinal)).get().body().path("metadata").path("labels").path("role").asText();
    }

    private void awaitRole(int ordinal, String role) {
        ApiServer.until(() -> role(ordinal).equals(role));
    }

    /** Whoever does not know of its label yet writes none, nor does a call that took too long: a leader orders anew with each renewal. */
    private void awaitMaster(long term) {
        ApiServer.until(() -> {
            pods.list();
            publisher.master(self(term));
            return role(0).equals("master");
        });
    }

    /** And is it for longer than the label of a former master stays. */
    private void becomeReplica(long term) {
        publisher.replica(self(term));
        api.ticker.pass(RENEW);
        api.ticker.pass(RENEW);
        awaitRole(0, "replica");
    }

    private void label(int ordinal, String role) throws Exception {
        kube.patch(kube.path("v1", "pods", "redis-ha-" + ordinal), (ObjectNode) KubeClient.JSON.readTree("{\"metadata\":{\"labels\":{\"role\":\"" + role + "\"}}}")).get();
        pods.list();
        api.asked.clear();
    }

    @Test
    void leadsTheServiceToThisPod() throws Exception {
        publisher.master(self(4));
        awaitRole(0, "master");
        JsonNode slice = slice();
        assertThat(slice.path("addressType").asText()).isEqualTo("IPv4");
        assertThat(slice.path("metadata").path("labels").path("kubernetes.io/service-name").asText()).isEqualTo("redis-ha-master");
        assertThat(slice.path("metadata").path("labels").path("endpointslice.kubernetes.io/managed-by").asText()).isEqualTo("redis-ha");
        assertThat(slice.path("metadata").path("labels").path("app.kubernetes.io/instance").asText()).isEqualTo("it");
        assertThat(slice.path("endpoints")).hasSize(1);
        assertThat(slice.path("endpoints").path(0).path("addresses").path(0).asText()).isEqualTo("10.0.0.1");
        assertThat(slice.path("endpoints").path(0).path("conditions").path("ready").asBoolean()).isTrue();
        assertThat(slice.path("endpoints").path(0).path("targetRef").path("name").asText()).isEqualTo("redis-ha-0");
        assertThat(slice.path("endpoints").path(0).path("nodeName").asText()).isEqualTo("node-1");
        assertThat(slice.path("ports").path(0).path("port").asInt()).isEqualTo(6379);
    }

    @Test
    void needsOneWriteAndNoReadToTakeOverTheAddress() throws Exception {
        publisher.master(self(1));
        awaitRole(0, "master");
        becomeReplica(1);
        api.asked.clear();
        publisher.master(self(2));
        awaitRole(0, "master");
        assertThat(asked("endpointslices")).containsExactly("PUT endpointslices/redis-ha-master");
    }

    @Test
    void glancesAtTheSliceWhileItIsAReplica() throws Exception {
        publisher.replica(self(1));
        api.ticker.awaitPause(RENEW);
        publisher.master(self(2));
        awaitRole(0, "master");
        assertThat(asked("endpointslices")).containsExactly("GET endpointslices/redis-ha-master", "POST endpointslices");
    }

    @Test
    void glancesAgainWhenAnotherMasterShowsUp() throws Exception {
        publisher.replica(self(1));
        ApiServer.until(() -> asked("GET endpointslices").size() == 1);
        label(1, "master");
        api.ticker.pass(RENEW);
        ApiServer.until(() -> asked("GET endpointslices").size() == 1);
        api.ticker.pass(RENEW);
        api.ticker.awaitPause(RENEW);
        assertThat(asked("GET endpointslices")).hasSize(1);
    }

    @Test
    void takesTheLabelFromEveryOtherPod() throws Exception {
        label(1, "master");
        label(2, "master");
        publisher.master(self(2));
        awaitRole(0, "master");
        awaitRole(1, "replica");
        awaitRole(2, "replica");
    }

    @Test
    void writesTheAddressBeforeTheLabels() throws Exception {
        label(1, "master");
        publisher.master(self(2));
        awaitRole(1, "replica");
        List<String> writes = api.asked.stream().filter(one -> one.startsWith("POST") || one.startsWith("PATCH")).toList();
        assertThat(writes.getFirst()).isEqualTo("POST endpointslices");
    }

    @Test
    void asksNothingAndWritesNothingWhenAllIsRight() throws Exception {
        publisher.master(self(1));
        awaitRole(0, "master");
        api.asked.clear();
        for (int i = 0; i < 3; i++) {
            publisher.master(self(1));
            api.ticker.pass(RENEW);
        }
        api.ticker.awaitPause(RENEW);
        assertThat(api.asked).isEmpty();
        // What was right may be so for 5 s unasked.
        api.ticker.advance(RENEW);
        publisher.master(self(1));
        ApiServer.until(() -> !api.asked.isEmpty());
        api.ticker.awaitPause(RENEW);
        assertThat(api.asked).containsExactly("GET endpointslices/redis-ha-master");
    }

    @Test
    void writesAgainAfterAConflict() throws Exception {
        publisher.master(self(1));
        awaitRole(0, "master");
        becomeReplica(1);
        ObjectNode changed = (ObjectNode) slice();
        changed.withObject("/metadata").withObject("/labels").put("theirs", "x");
        assertThat(kube.put(kube.path("discovery.k8s.io/v1", "endpointslices", "redis-ha-master"), changed).get().ok()).isTrue();
        publisher.master(self(2));
        awaitRole(0, "master");
        assertThat(slice().path("metadata").path("annotations").path("redis-ha/term").asText()).isEqualTo("2");
        assertThat(slice().path("metadata").path("labels").path("theirs").asText()).isEqualTo("x");
    }

    @Test
    void movesASliceWhoseOwnerItMayNotChange() throws Exception {
        own("first");
        publisher.master(self(1));
        awaitRole(0, "master");
        becomeReplica(1);
        own("second");
        api.instead = request -> ApiServer.givesOwner(request, "second") ? ApiServer.status(403) : null;
        publisher.master(self(2));
        awaitRole(0, "master");
        assertThat(slice().path("metadata").path("annotations").path("redis-ha/term").asText()).isEqualTo("2");
        assertThat(slice().path("metadata").path("ownerReferences").path(0).path("uid").asText()).isEqualTo("first");
        assertThat(asked("PUT endpointslices")).hasSize(2);

        publisher.master(self(2));
        api.ticker.pass(RENEW);
        api.ticker.awaitPause(RENEW);
        assertThat(asked("PUT endpointslices")).as("it is as it should be").hasSize(2);
    }

    private void own(String uid) throws Exception {
        kube.patch(kube.path("v1", "pods", "redis-ha-0"), (ObjectNode) KubeClient.JSON.readTree("{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"apps/v1\","
                + "\"kind\":\"StatefulSet\",\"name\":\"redis-ha\",\"uid\":\"" + uid + "\",\"controller\":true}]}}")).get();
        pods.list();
        api.asked.clear();
    }

    @Test
    void doesNotOverwriteASuccessor() throws Exception {
        awaitMaster(9);
        becomeReplica(9);
        awaitMaster(3);
        assertThat(slice().path("metadata").path("annotations").path("redis-ha/term").asText()).isEqualTo("9");
    }

    @Test
    void dropsACallThatHangsWhenTheRoleChanges() throws Exception {
        api.instead = request -> request.getPath().contains("endpointslices")
                ? new MockResponse().setResponseCode(404).setBody("{}").setBodyDelay(ApiServer.TIMEOUT.multipliedBy(4)) : null;
        publisher.master(self(1));
        ApiServer.until(() -> !asked("endpointslices").isEmpty());
        long begun = api.ticker.now();
        publisher.replica(self(1));
        awaitRole(0, "replica");
        assertThat(api.ticker.since(begun)).as("nothing waited for").isZero();
    }

    @Test
    void writesNoSliceWhereTheServiceSelectsByLabel() throws Exception {
        publisher.close();
        publish("selector");
        publisher.master(self(1));
        awaitRole(0, "master");
        assertThat(asked("endpointslices")).containsExactly("GET endpointslices/redis-ha-master");
    }

    @Test
    void emptiesTheSliceOfATimeBeforeTheSelector() throws Exception {
        publisher.master(self(1));
        awaitRole(0, "master");
        publisher.close();
        publish("selector");
        publisher.master(self(1));
        ApiServer.until(() -> slice().path("endpoints").isEmpty());
    }

    // ---- bad input

    private void put(String text) throws Exception {
        kube.send("DELETE", SLICE, null, null).get();
        ObjectNode slice = (ObjectNode) KubeClient.JSON.readTree(("{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{'name':'redis-ha-master','namespace':'ns'"
                + text + "}").replace('\'', '"'));
        assertThat(kube.post(kube.path("discovery.k8s.io/v1", "endpointslices", null), slice).get().ok()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
            "an empty slice is filled | }",
            "a slice without endpoints is filled | },'addressType':'IPv4'",
            "endpoints that are none are overwritten | },'addressType':'IPv4','endpoints':[{'addresses':['garbage','']},{}],'ports':[{}]",
            "a term that is no number is overwritten | ,'annotations':{'redis-ha/term':'last'}},'addressType':'IPv4','endpoints':[]",
            "a term that no Lease can have is overwritten | ,'annotations':{'redis-ha/term':'2147483647'}},'addressType':'IPv4','endpoints':[]",
            "a term that is too long is overwritten | ,'annotations':{'redis-ha/term':'99999999999999999999'}},'addressType':'IPv4','endpoints':[]",
            "what a later version adds stays | ,'annotations':{'redis-ha/later':'x'}},'addressType':'IPv4','endpoints':[]"})
    void aBadSliceIsOverwritten(String sentence, String text) throws Exception {
        put(text);
        publisher.master(self(4));
        awaitRole(0, "master");
        JsonNode slice = slice();
        assertThat(slice.path("metadata").path("annotations").path("redis-ha/term").asText()).isEqualTo("4");
        assertThat(slice.path("metadata").path("annotations").has("redis-ha/later")).isEqualTo(text.contains("later"));
        assertThat(slice.path("endpoints")).hasSize(1);
        assertThat(slice.path("endpoints").path(0).path("addresses").path(0).asText()).isEqualTo("10.0.0.1");
        assertThat(slice.path("ports").path(0).path("port").asInt()).isEqualTo(6379);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
            "an empty answer is no slice | ''",
            "one that is cut is no slice | {\"metadata\":{\"resourceVer",
            "random bytes are no slice | \u0007\ufffd#\ufffd",
            "a list is no slice | []",
            "an object without a version is no slice | {}"})
    void aBadAnswerIsNoSliceAndTheNextOneCounts(String sentence, String body) throws Exception {
        api.instead = request -> request.getMethod().equals("GET") && request.getPath().contains("endpointslices")
                ? new MockResponse().setResponseCode(200).setBody(body) : null;
        publisher.master(self(4));
        awaitRole(0, "master");
        assertThat(asked("endpointslices")).as("nothing is written over what is not known").containsOnly("GET endpointslices/redis-ha-master");
        api.instead = request -> null;
        publisher.master(self(4));
        ApiServer.until(() -> slice().path("endpoints").path(0).path("addresses").path(0).asText().equals("10.0.0.1"));
    }

    @Test
    void aSliceThatMayNotBeReadIsAskedForAgain() throws Exception {
        api.instead = request -> request.getPath().contains("endpointslices") ? ApiServer.status(403) : null;
        publisher.master(self(4));
        awaitRole(0, "master");
        api.instead = request -> null;
        publisher.master(self(4));
        ApiServer.until(() -> slice().path("endpoints").path(0).path("addresses").path(0).asText().equals("10.0.0.1"));
    }

    @Test
    void aSliceOfSomebodyElseIsTakenOverWhereTheServiceComesByIt() throws Exception {
        put(",'labels':{'endpointslice.kubernetes.io/managed-by':'somebody','theirs':'x'}},'addressType':'IPv4','endpoints':[{'addresses':['10.9.9.9']}]");
        publisher.master(self(4));
        awaitRole(0, "master");
        assertThat(slice().path("endpoints").path(0).path("addresses").path(0).asText()).isEqualTo("10.0.0.1");
        assertThat(slice().path("metadata").path("labels").path("theirs").asText()).isEqualTo("x");
    }

    @Test
    void aSliceOfSomebodyElseIsLeftAloneWhereTheServiceSelectsByLabel() throws Exception {
        put(",'labels':{'endpointslice.kubernetes.io/managed-by':'somebody'}},'addressType':'IPv4','endpoints':[{'addresses':['10.9.9.9']}]");
        publisher.close();
        publish("selector");
        publisher.master(self(1));
        awaitRole(0, "master");
        publisher.master(self(1));
        api.ticker.pass(RENEW);
        api.ticker.awaitPause(RENEW);
        assertThat(asked("endpointslices")).containsExactly("GET endpointslices/redis-ha-master");
        assertThat(slice().path("endpoints").path(0).path("addresses").path(0).asText()).isEqualTo("10.9.9.9");
    }

    @Test
    void keepsTheLabelUntilASuccessorHasHadTimeToTakeTheAddress() throws Exception {
        label(0, "master");
        publisher.replica(self(1));
        api.ticker.pass(RENEW);
        api.ticker.awaitPause(RENEW);
        assertThat(role(0)).isEqualTo("master");
        api.ticker.pass(RENEW);
        awaitRole(0, "replica");
    }

    @Test
    void givesUpTheLabelAtOnceWhereItIsTheAddress() throws Exception {
        publisher.close();
        publish("selector");
        label(0, "master");
        long begun = api.ticker.now();
        publisher.replica(self(1));
        awaitRole(0, "replica");
        assertThat(api.ticker.since(begun)).isZero();
    }

    @Test
    void correctsAReplicasOwnLabelUnasked() throws Exception {
        publisher.replica(self(1));
        awaitRole(0, "replica");
        label(0, "master");
        api.ticker.pass(RENEW);
        api.ticker.pass(RENEW);
        awaitRole(0, "replica");
    }
}
