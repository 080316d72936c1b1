package io.redisha.kube;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.config.Settings.ServiceType;
import io.redisha.kube.ApiServer.Answers;
import io.redisha.loop.LeaseStore.Read;
import io.redisha.loop.LeaseStore.Write;
import io.redisha.model.Address;
import io.redisha.model.LeaseView;
import io.redisha.model.PodView;
import io.redisha.model.Shape;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** What a cluster's pods ask of a real API server, under the rights that they need and no others. */
@EnabledIfEnvironmentVariable(named = "KUBECONFIG", matches = ".+", disabledReason = "needs a cluster")
class KubeClusterIT {

    private static final String NAMESPACE = "redis-ha-kube-c" + Long.toString(System.nanoTime(), 36);
    private static final Config ADMIN_CONFIG = Config.fromKubeconfig(new File(System.getenv("KUBECONFIG")));
    private static final KubeClient ADMIN = new KubeClient(() -> ADMIN_CONFIG, NAMESPACE, Duration.ofSeconds(5), new OneGroup(), Ticker.SYSTEM);
    private static final KubeClient KUBE = new KubeClient(() -> new ConfigBuilder(ADMIN_CONFIG)
            .withImpersonateUsername("system:serviceaccount:" + NAMESPACE + ":redis-ha").build(), NAMESPACE, Duration.ofSeconds(5), new OneGroup(), Ticker.SYSTEM);
    private static final Settings SETTINGS = Some.settings("cluster");
    private static final AtomicReference<List<PodView>> PODS = new AtomicReference<>(List.of());
    private static final PodWatch WATCH = new PodWatch(KUBE, SETTINGS, "redis-ha-0", PODS::set, Runnable::run);

    @BeforeAll
    static void install() throws Exception {
        ObjectNode namespace = KubeClient.JSON.createObjectNode();
        namespace.put("apiVersion", "v1").put("kind", "Namespace").putObject("metadata").put("name", NAMESPACE);
        assertThat(ADMIN.post("/api/v1/namespaces", namespace).get().code()).isEqualTo(201);
        create("v1", "serviceaccounts", """
                {"metadata":{"name":"redis-ha"}}""");
        create("rbac.authorization.k8s.io/v1", "roles", """
                {"metadata":{"name":"redis-ha"},"rules":[
                 {"apiGroups":["coordination.k8s.io"],"resources":["leases"],"verbs":["create"]},
                 {"apiGroups":["coordination.k8s.io"],"resources":["leases"],"verbs":["get","update"],"resourceNames":["redis-ha","redis-ha-initialized"]},
                 {"apiGroups":["apps"],"resources":["statefulsets"],"verbs":["get"],"resourceNames":["redis-ha"]},
                 {"apiGroups":[""],"resources":["services"],"verbs":["get"],"resourceNames":["redis-ha-0","redis-ha-1"]},
                 {"apiGroups":[""],"resources":["pods"],"verbs":["list","watch","patch"]},
                 {"apiGroups":[""],"resources":["events"],"verbs":["create"]}]}""");
        create("rbac.authorization.k8s.io/v1", "rolebindings", """
                {"metadata":{"name":"redis-ha"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"Role","name":"redis-ha"},
                 "subjects":[{"kind":"ServiceAccount","name":"redis-ha","namespace":"%s"}]}""".formatted(NAMESPACE));
        create("v1", "services", """
                {"metadata":{"name":"redis-ha-0"},"spec":{"type":"NodePort","selector":{"statefulset.kubernetes.io/pod-name":"redis-ha-0"},
                 "ports":[{"name":"redis","port":6379,"targetPort":6379}]}}""");
        create("apps/v1", "statefulsets", """
                {"metadata":{"name":"redis-ha","annotations":{"redis-ha/shards":"4","redis-ha/replicas-per-shard":"0"}},
                 "spec":{"replicas":2,"podManagementPolicy":"Parallel","serviceName":"redis-ha-headless","selector":{"matchLabels":{"app":"redis-ha"}},
                  "template":{"metadata":{"labels":{"app":"redis-ha"}},
                   "spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"redis","image":"redis:8.0","imagePullPolicy":"IfNotPresent","command":["sleep","3600"]}]}}}}""");
        WATCH.start();
        await(pods -> pods.size() == 2 && pods.stream().allMatch(PodView::ready));
    }

    private static void create(String api, String plural, String json) throws Exception {
        KubeClient.Answer answer = ADMIN.post(ADMIN.path(api, plural, null), (ObjectNode) KubeClient.JSON.readTree(json)).get();
        assertThat(answer.code()).as(answer.why()).isEqualTo(201);
    }

    private static void change(String api, String plural, String name, String json) throws Exception {
        KubeClient.Answer answer = ADMIN.patch(ADMIN.path(api, plural, name), (ObjectNode) KubeClient.JSON.readTree(json)).get();
        assertThat(answer.ok()).as(answer.why()).isTrue();
    }

    private static void await(Predicate<List<PodView>> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> condition.test(PODS.get()));
    }

    @AfterAll
    static void uninstall() throws Exception {
        assertThat(ADMIN.send("DELETE", "/api/v1/namespaces/" + NAMESPACE, null, null).get().ok()).isTrue();
        WATCH.close();
        KUBE.close();
        ADMIN.close();
    }

    @Test
    void keepsTheLabelsOfItsOwnPodAndOfThoseThatCannot() throws Exception {
        PodView zero = PODS.get().get(0);
        try (KubeLabels labels = new KubeLabels(KUBE, WATCH, zero.id())) {
            Map<String, String> own = new HashMap<>(Map.of("role", "master", "shard", "0"));
            change("v1", "pods", "redis-ha-1", "{\"metadata\":{\"labels\":{\"role\":\"master\",\"shard\":\"0\"}}}");
            labels.publish(own, Map.of("redis-ha-1", Map.of("role", "replica")));
            await(pods -> has(pods.get(0), "role", "master") && has(pods.get(0), "shard", "0") && has(pods.get(1), "role", "replica"));

            // What is right costs nothing.
            List<String> versions = versions();
            for (int i = 0; i < 20; i++) {
                labels.publish(new HashMap<>(own), Map.of("redis-ha-1", Map.of("role", "replica")));
                Thread.sleep(100);
            }
            assertThat(versions()).isEqualTo(versions);

            long changed = System.nanoTime();
            change("v1", "pods", "redis-ha-0", "{\"metadata\":{\"labels\":{\"role\":\"king\",\"shard\":null}}}");
            Awaitility.await().until(() -> "master".equals(label("redis-ha-0", "role")) && "0".equals(label("redis-ha-0", "shard")));
            assertThat(System.nanoTime() - changed).isLessThan(2_000_000_000L);

            own.put("shard", null);
            labels.publish(own, Map.of());
            await(pods -> !pods.get(0).labels().containsKey("shard") && has(pods.get(0), "role", "master"));
        }
    }

    private static boolean has(PodView pod, String key, String value) {
        return value.equals(pod.labels().get(key));
    }

    private static String label(String pod, String key) throws Exception {
        return ADMIN.get(ADMIN.path("v1", "pods", pod)).get().body().path("metadata").path("labels").path(key).asText();
    }

    private static List<String> versions() throws Exception {
        List<String> versions = new ArrayList<>();
        for (JsonNode pod : ADMIN.get(ADMIN.path("v1", "pods", null)).get().body().path("items")) {
            versions.add(pod.path("metadata").path("name").asText() + " " + pod.path("metadata").path("resourceVersion").asText());
        }
        return versions;
    }

    @Test
    void keepsNotesInTheLeaseAndAMarkBesideIt() throws Exception {
        KubeLease lease = new KubeLease(KUBE, SETTINGS, WATCH, Runnable::run);
        Answers<Read> reads = new Answers<>();
        Answers<Write> writes = new Answers<>();
        lease.read(reads::got);
        assertThat(reads.next()).isInstanceOfSatisfying(Read.Seen.class, seen -> assertThat(((LeaseView.Absent) seen.view()).initialized()).isFalse());
        lease.write(LeaseTextTest.ofCluster(1, Map.of("creating", "true")), null, writes::got);
        String first = ((Write.Done) writes.next()).version();
        change("coordination.k8s.io/v1", "leases", "redis-ha", "{\"metadata\":{\"annotations\":{\"theirs\":\"x\"}}}");
        lease.read(reads::got);
        LeaseView.Present seen = (LeaseView.Present) ((Read.Seen) reads.next()).view();
        assertThat(seen.version()).isNotEqualTo(first);
        assertThat(seen.record()).isEqualTo(LeaseTextTest.ofCluster(1, Map.of("creating", "true")));
        lease.write(LeaseTextTest.ofCluster(2, Map.of("target", "3,1,6")), seen.version(), writes::got);
        assertThat(writes.next()).isInstanceOf(Write.Done.class);
        JsonNode annotations = ADMIN.get(ADMIN.path("coordination.k8s.io/v1", "leases", "redis-ha")).get().body().path("metadata").path("annotations");
        assertThat(annotations.propertyStream().map(Map.Entry::getKey)).containsExactlyInAnyOrder("theirs", "redis-ha/dataset-id", "redis-ha/last-holder", "redis-ha/target");
        Awaitility.await().until(() -> ADMIN.get(ADMIN.path("coordination.k8s.io/v1", "leases", "redis-ha-initialized")).get().ok());
    }

    @Test
    void readsTheWantedShapeAndWhetherAPodIsToStay() throws Exception {
        KubeShape shapes = new KubeShape(KUBE, SETTINGS, Runnable::run);
        Answers<Shape> read = new Answers<>();
        shapes.read(read::got);
        assertThat(read.next()).isEqualTo(new Shape(3, 0, 2));
        Answers<Boolean> stays = new Answers<>();
        shapes.staying("redis-ha-1", stays::got);
        assertThat(stays.next()).isTrue();
        shapes.staying("redis-ha-2", stays::got);
        assertThat(stays.next()).isFalse();
    }

    @Test
    void findsTheNodePortOfItsService() throws Exception {
        PodView zero = PODS.get().get(0);
        PodEnvironment env = new PodEnvironment("redis-ha-0", zero.id().uid(), zero.ip(), NAMESPACE, zero.node(), "192.0.2.7");
        Address found = new KubeExternal(KUBE, ServiceType.NODE_PORT, env, KubeExternal.Memory.NONE).await(complaint -> {
            throw new AssertionError(complaint);
        });
        assertThat(found.host()).isEqualTo("192.0.2.7");
        assertThat(found.port()).isBetween(30000, 32767);
    }

    @Test
    void writesEventsOnItsPod() {
        PodView zero = PODS.get().get(0);
        new KubeEvents(KUBE, new PodEnvironment("redis-ha-0", zero.id().uid(), zero.ip(), NAMESPACE, zero.node(), "192.0.2.7"), "redis").emit(false, "SlotsMoved", "has moved slots");
        Awaitility.await().until(() -> ADMIN.get(ADMIN.path("v1", "events", null)).get().body().path("items").valueStream()
                .anyMatch(event -> event.path("reason").asText().equals("SlotsMoved")));
    }

    @Test
    void mayNothingElse() throws Exception {
        for (String path : List.of(KUBE.path("v1", "secrets", null), KUBE.path("v1", "services", "redis-ha-9"), KUBE.path("apps/v1", "statefulsets", null),
                KUBE.path("coordination.k8s.io/v1", "leases", "other"), KUBE.path("v1", "pods", "redis-ha-0"))) {
            assertThat(KUBE.get(path).get().code()).as(path).isEqualTo(403);
        }
    }
}
