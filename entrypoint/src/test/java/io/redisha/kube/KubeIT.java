package io.redisha.kube;

import static io.redisha.kube.LeaseTextTest.held;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.Config;
import io.redisha.config.PodEnvironment;
import io.redisha.config.Settings;
import io.redisha.config.SettingsReader;
import io.redisha.kube.ApiServer.Answers;
import io.redisha.loop.LeaseStore.Read;
import io.redisha.loop.LeaseStore.Write;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Mode;
import io.redisha.model.PodView;
import java.io.File;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/** What only a real API server can say: that it takes our objects, keeps our conditions, and what it makes of a dead container. */
@EnabledIfEnvironmentVariable(named = "KUBECONFIG", matches = ".+", disabledReason = "needs a cluster")
@TestMethodOrder(MethodOrderer.MethodName.class)
class KubeIT {

    private static final String NAMESPACE = "redis-ha-kube-" + Long.toString(System.nanoTime(), 36);
    private static final Config CONFIG = Config.fromKubeconfig(new File(System.getenv("KUBECONFIG")));
    private static final KubeClient KUBE = new KubeClient(() -> CONFIG, NAMESPACE, Duration.ofSeconds(5), new OneGroup(), Ticker.SYSTEM);
    private static final AtomicReference<List<PodView>> PODS = new AtomicReference<>(List.of());
    private static final Settings SETTINGS = settings();
    private static final List<List<PodView>> HISTORY = new CopyOnWriteArrayList<>();
    private static final PodWatch WATCH = new PodWatch(KUBE, SETTINGS, "redis-ha-0", pods -> {
        PODS.set(pods);
        HISTORY.add(pods);
    }, Runnable::run);
    private static final KubeLease LEASE = new KubeLease(KUBE, SETTINGS, WATCH, Runnable::run);

    private static Settings settings() {
        try {
            return SettingsReader.parse("""
                    {architecture: replication, name: redis-ha, replicas: 2,
                     services: {master: redis-ha-master, replicas: redis-ha-replicas, headless: redis-ha-headless},
                     auth: {secretName: redis-ha}, labels: {selector: {app: redis-ha}, common: {app.kubernetes.io/instance: it}}}""");
        } catch (io.redisha.config.Invalid e) {
            throw new AssertionError(e);
        }
    }

    @BeforeAll
    static void install() throws Exception {
        ObjectNode namespace = KubeClient.JSON.createObjectNode();
        namespace.put("apiVersion", "v1").put("kind", "Namespace").putObject("metadata").put("name", NAMESPACE);
        assertThat(KUBE.post("/api/v1/namespaces", namespace).get().code()).isEqualTo(201);
        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> KUBE.get(KUBE.path("v1", "serviceaccounts", "default")).get().ok());
        create("v1", "services", """
                {"apiVersion":"v1","kind":"Service","metadata":{"name":"redis-ha-master"},"spec":{"ports":[{"name":"redis","port":6379}]}}""");
        create("apps/v1", "statefulsets", """
                {"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"redis-ha"},
                 "spec":{"replicas":2,"podManagementPolicy":"Parallel","serviceName":"redis-ha-headless","selector":{"matchLabels":{"app":"redis-ha"}},
                  "template":{"metadata":{"labels":{"app":"redis-ha"},"annotations":{"motto":"Möge es gelingen – 成功"}},
                   "spec":{"terminationGracePeriodSeconds":1,"containers":[{"name":"redis","image":"redis:8.0","imagePullPolicy":"IfNotPresent",
                    "command":["sh","-c","echo incarnation=$(cat /proc/sys/kernel/random/uuid) >/dev/termination-log; exec sleep 3600"]}]}}}}""");
        WATCH.start();
        await(pods -> pods.size() == 2 && pods.stream().allMatch(PodView::ready));
    }

    private static void create(String api, String plural, String json) throws Exception {
        KubeClient.Answer answer = KUBE.post(KUBE.path(api, plural, null), (ObjectNode) KubeClient.JSON.readTree(json)).get();
        assertThat(answer.code()).as(answer.why()).isEqualTo(201);
    }

    private static void delete(String path) throws Exception {
        KubeClient.Answer answer = KUBE.send("DELETE", path, null, null).get();
        assertThat(answer.ok()).as(answer.why()).isTrue();
    }

    private static void await(Predicate<List<PodView>> condition) {
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> condition.test(PODS.get()));
    }

    @AfterAll
    static void uninstall() throws Exception {
        delete("/api/v1/namespaces/" + NAMESPACE);
        WATCH.close();
        KUBE.close();
    }

    @Test
    void keepsOneLeaseByCondition() throws Exception {
        Answers<Read> reads = new Answers<>();
        Answers<Write> writes = new Answers<>();
        LEASE.read(reads::got);
        assertThat(reads.next()).isEqualTo(new Read.Seen(new LeaseView.Absent(false, 2)));
        LEASE.write(held(1), null, writes::got);
        String first = ((Write.Done) writes.next()).version();
        LEASE.write(held(1), null, writes::got);
        assertThat(writes.next()).isInstanceOf(Write.Conflict.class);
        LEASE.write(held(2), first, writes::got);
        String second = ((Write.Done) writes.next()).version();
        LEASE.write(held(3), first, writes::got);
        assertThat(writes.next()).isInstanceOf(Write.Conflict.class);
        LEASE.read(reads::got);
        assertThat(reads.next()).isEqualTo(new Read.Seen(new LeaseView.Present(held(2), second)));

        assertThat(lease("redis-ha").path("metadata").path("ownerReferences").path(0).path("kind").asText()).isEqualTo("StatefulSet");
        Awaitility.await().until(() -> lease("redis-ha-initialized").path("metadata").path("ownerReferences").path(0).path("kind").asText().equals("StatefulSet"));

        LEASE.write(new LeaseRecord(null, 3, Mode.API, List.of(), null, "", 0, true, List.of(), null, null, LeaseTextTest.NOW), second, writes::got);
        String released = ((Write.Done) writes.next()).version();
        delete(KUBE.path("coordination.k8s.io/v1", "leases", "redis-ha"));
        // Kubernetes would create it, condition or not, if the update did not name the UID.
        LEASE.write(held(4), released, writes::got);
        assertThat(writes.next()).isInstanceOf(Write.Conflict.class);
        LEASE.write(held(4), second, writes::got);
        assertThat(writes.next()).isInstanceOf(Write.Conflict.class);
        LEASE.read(reads::got);
        assertThat(reads.next()).isEqualTo(new Read.Seen(new LeaseView.Absent(true, 2)));
    }

    private static JsonNode lease(String name) throws Exception {
        return KUBE.get(KUBE.path("coordination.k8s.io/v1", "leases", name)).get().body();
    }

    @Test
    void publishesOneMaster() throws Exception {
        FakeTicker ticker = new FakeTicker();
        try (KubeClient kube = new KubeClient(() -> CONFIG, NAMESPACE, Duration.ofSeconds(5), new OneGroup(), ticker);
                KubePublisher publisher = new KubePublisher(kube, WATCH, SETTINGS, PODS.get().getFirst().node())) {
            PodView zero = PODS.get().get(0);
            PodView one = PODS.get().get(1);
            publisher.master(state(zero, 1));
            await(pods -> "master".equals(pods.get(0).labels().get("role")));
            assertThat(address()).isEqualTo(zero.ip());

            publisher.master(state(one, 2));
            await(pods -> "master".equals(pods.get(1).labels().get("role")) && "replica".equals(pods.get(0).labels().get("role")));
            assertThat(address()).isEqualTo(one.ip());

            // What is right is not written again.
            String version = slice().path("metadata").path("resourceVersion").asText();
            ticker.advance(Duration.ofSeconds(6));
            publisher.master(state(one, 2));
            ticker.pass(Duration.ofNanos(SETTINGS.failover().timings().renew()));
            ticker.awaitPause(Duration.ofNanos(SETTINGS.failover().timings().renew()));
            assertThat(slice().path("metadata").path("resourceVersion").asText()).isEqualTo(version);

            delete(KUBE.path("discovery.k8s.io/v1", "endpointslices", "redis-ha-master"));
            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> {
                ticker.advance(Duration.ofSeconds(1));
                publisher.master(state(one, 2));
                return one.ip().equals(address());
            });
        }
    }

    private static JsonNode slice() throws Exception {
        return KUBE.get(KUBE.path("discovery.k8s.io/v1", "endpointslices", "redis-ha-master")).get().body();
    }

    private static String address() throws Exception {
        return slice().path("endpoints").path(0).path("addresses").path(0).asText();
    }

    private static MemberState state(PodView pod, long term) {
        return new MemberState(pod.id(), new Address(pod.ip(), 6379), term, true, true, true, null, Data.NONE, "", false);
    }

    @Test
    void refusesToLabelANamesakeOfAnotherUid() throws Exception {
        PodView zero = PODS.get().get(0);
        ObjectNode patch = KubeClient.JSON.createObjectNode();
        patch.putObject("metadata").put("uid", "00000000-0000-0000-0000-000000000000").putObject("labels").put("role", "wrong");
        assertThat(KUBE.patch(KUBE.path("v1", "pods", zero.id().pod()), patch).get().code()).isIn(409, 422);
    }

    @Test
    void writesEventsOnThePod() {
        PodView zero = PODS.get().get(0);
        KubeEvents events = new KubeEvents(KUBE, new PodEnvironment(zero.id().pod(), zero.id().uid(), zero.ip(), NAMESPACE, zero.node(), null), "redis");
        events.emit(true, "ServerDied", "the server process died");
        Awaitility.await().until(() -> {
            for (JsonNode event : KUBE.get(KUBE.path("v1", "events", null)).get().body().path("items")) {
                if (event.path("reason").asText().equals("ServerDied")) {
                    return event.path("involvedObject").path("uid").asText().equals(zero.id().uid());
                }
            }
            return false;
        });
    }

    @Test
    void createsASecretOnce() throws Exception {
        KubeSecret secret = new KubeSecret(KUBE);
        KubeSecret.Marks marks = new KubeSecret.Marks(Map.of("a", "b"), Map.of("c", "d"), Map.of());
        assertThat(secret.ensure("pw", "redis-password", marks, Duration.ofSeconds(5)).message()).contains("created");
        String password = KUBE.get(KUBE.path("v1", "secrets", "pw")).get().body().path("data").path("redis-password").asText();
        assertThat(password).isNotEmpty();
        assertThat(secret.ensure("pw", "redis-password", marks, Duration.ofSeconds(5)))
                .isEqualTo(new KubeSecret.Outcome(true, "Secret pw exists and is left as it is"));
        assertThat(KUBE.get(KUBE.path("v1", "secrets", "pw")).get().body().path("data").path("redis-password").asText()).isEqualTo(password);
        KubeSecret.Marks other = new KubeSecret.Marks(Map.of("e", "f"), Map.of("g", "h"), Map.of("a", "b"));
        assertThat(secret.ensure("pw", "redis-password", other, Duration.ofSeconds(5)).message()).contains("its labels are those of this version");
        JsonNode stored = KUBE.get(KUBE.path("v1", "secrets", "pw")).get().body();
        assertThat(stored.path("metadata").path("labels")).hasToString("{\"e\":\"f\"}");
        assertThat(stored.path("data").path("redis-password").asText()).isEqualTo(password);
        assertThat(secret.ensure("pw", "other", marks, Duration.ofSeconds(5)).there()).isFalse();
    }

    @Test
    void zSeesThatAContainerIsDeadAndThatAPodIsReplaced() throws Exception {
        MemberId before = PODS.get().get(1).id();
        delete(KUBE.path("v1", "pods", "redis-ha-1"));
        // It lasts for some milliseconds only, but is told.
        Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> HISTORY.stream().flatMap(List::stream)
                .anyMatch(pod -> pod.id().equals(before) && pod.terminating() && !pod.deadIncarnations().isEmpty()));
        await(pods -> pods.size() == 2 && !pods.get(1).id().equals(before) && pods.get(1).ready() && pods.get(1).deadIncarnations().isEmpty());
    }
}
