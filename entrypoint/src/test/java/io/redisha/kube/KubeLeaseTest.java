package io.redisha.kube;

import static io.redisha.kube.LeaseTextTest.held;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.mockwebserver.http.MockResponse;
import io.redisha.kube.ApiServer.Answers;
import io.redisha.loop.LeaseStore.Read;
import io.redisha.loop.LeaseStore.Write;
import io.redisha.model.LeaseView;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubeLeaseTest {

    private static final MockResponse LATE = new MockResponse().setResponseCode(404).setBody("{}").setBodyDelay(ApiServer.TIMEOUT.multipliedBy(3));

    private final ApiServer api = new ApiServer();
    private final FakeTicker ticker = new FakeTicker();
    private final Owner owner = new Owner(ticker);
    private final KubeClient kube = api.client();
    private final KubeLease lease = lease("replication");

    private KubeLease lease(String architecture) {
        return new KubeLease(kube, Some.settings(architecture), owner, Runnable::run);
    }

    @AfterEach
    void close() {
        kube.close();
        api.close();
    }

    private Read read() throws InterruptedException {
        Answers<Read> answers = new Answers<>();
        lease.read(answers::got);
        return answers.next();
    }

    private Write write(long term, String version) throws InterruptedException {
        Answers<Write> answers = new Answers<>();
        lease.write(held(term), version, answers::got);
        return answers.next();
    }

    private static String version(Write write) {
        assertThat(write).isInstanceOf(Write.Done.class);
        return ((Write.Done) write).version();
    }

    @Test
    void saysThatThereNeverWasALease() throws Exception {
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Absent(false)));
    }

    @Test
    void readsWhatItCreated() throws Exception {
        String version = version(write(1, null));
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Present(held(1), version)));
    }

    @Test
    void remembersThatThereWasALeaseWhenItIsDeleted() throws Exception {
        write(1, null);
        ApiServer.until(() -> api.asked.stream().filter(asked -> asked.startsWith("POST")).count() == 2);
        kube.get(kube.path("coordination.k8s.io/v1", "leases", "redis-ha-initialized")).get(2, TimeUnit.SECONDS);
        api.instead = request -> request.getPath().endsWith("/redis-ha") ? ApiServer.status(404) : null;
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Absent(true)));
    }

    @Test
    void saysHowManyPodsThereAreToBeWhereThereIsNoLease() throws Exception {
        api.instead = request -> request.getPath().endsWith("/statefulsets/redis-ha") ? new MockResponse().setResponseCode(200).setBody("{\"spec\":{\"replicas\":5}}") : null;
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Absent(false, 5)));
        api.instead = request -> request.getPath().endsWith("/statefulsets/redis-ha") ? ApiServer.status(403) : null;
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Absent(false, 0)));
    }

    @Test
    void createsOnlyIfThereIsNone() throws Exception {
        write(1, null);
        assertThat(write(2, null)).isInstanceOf(Write.Conflict.class);
    }

    @Test
    void updatesOnlyTheVersionThatWasRead() throws Exception {
        String first = version(write(1, null));
        String second = version(write(2, first));
        assertThat(write(3, first)).isInstanceOf(Write.Conflict.class);
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Present(held(2), second)));
    }

    @Test
    void readsFirstWhatASiblingOnlyToldOf() throws Exception {
        String first = version(write(1, null));
        KubeLease other = lease("replication");
        Answers<Write> answers = new Answers<>();
        other.write(held(2), "no such version", answers::got);
        assertThat(answers.next()).isInstanceOf(Write.Conflict.class);
        other.write(held(2), first, answers::got);
        assertThat(answers.next()).isInstanceOf(Write.Done.class);
    }

    @Test
    void aReadThatFailsBeforeAWriteIsNoRefusal() throws Exception {
        String first = version(write(1, null));
        KubeLease other = lease("replication");
        api.instead = request -> request.getMethod().equals("GET") ? ApiServer.status(403) : null;
        Answers<Write> answers = new Answers<>();
        other.write(held(2), first, answers::got);
        assertThat(answers.next()).isEqualTo(new Write.Unknown("because 403"));
    }

    @Test
    void namesTheObjectSoThatAnUpdateCannotCreateIt() throws Exception {
        String first = version(write(1, null));
        AtomicReference<String> sent = new AtomicReference<>();
        api.instead = request -> {
            if (!request.getMethod().equals("PUT")) {
                return null;   // the mark that the release has begun is made beside it
            }
            sent.set(request.getBody().readUtf8());
            return ApiServer.status(409);
        };
        write(2, first);
        assertThat(sent.get()).contains("\"uid\":\"");
    }

    @Test
    void takesAnUpdateOfADeletedLeaseForAConflict() throws Exception {
        String version = version(write(1, null));
        api.instead = request -> request.getMethod().equals("PUT") ? ApiServer.status(404) : null;
        assertThat(write(1, version)).isInstanceOf(Write.Conflict.class);
    }

    @ParameterizedTest
    @CsvSource({"400,Refused", "401,Refused", "403,Refused", "422,Refused", "408,Unknown", "429,Unknown", "409,Conflict", "500,Unknown", "503,Unknown", "504,Unknown"})
    void saysWhetherAFailedWriteMayHaveHappened(int code, String outcome) throws Exception {
        String version = version(write(1, null));
        api.instead = request -> request.getMethod().equals("PUT") ? ApiServer.status(code) : null;
        assertThat(write(1, version).getClass().getSimpleName()).isEqualTo(outcome);
        assertThat(api.asked).as("sent once").filteredOn(asked -> asked.startsWith("PUT")).hasSize(1);
    }

    @Test
    void doesNotKnowWhatBecameOfAWriteThatIsNotAnswered() throws Exception {
        String version = version(write(1, null));
        api.instead = request -> LATE;
        Answers<Write> writes = new Answers<>();
        lease.write(held(1), version, writes::got);
        api.ticker.advance(ApiServer.TIMEOUT.minusMillis(1));
        assertThat(writes.none()).isTrue();
        api.ticker.advance(Duration.ofMillis(1));
        assertThat(writes.next()).isEqualTo(new Write.Unknown("no answer in time"));
        Answers<Read> reads = new Answers<>();
        lease.read(reads::got);
        api.ticker.advance(ApiServer.TIMEOUT);
        assertThat(reads.next()).isEqualTo(new Read.Unreachable("no answer in time"));
    }

    @Test
    void answersInTimeAlsoWhenOnlyTheSecondQuestionHangs() throws Exception {
        api.instead = request -> request.getPath().endsWith("-initialized")
                ? LATE : null;
        Answers<Read> reads = new Answers<>();
        lease.read(reads::got);
        api.ticker.advance(ApiServer.TIMEOUT.minusMillis(1));
        ApiServer.until(() -> api.asked.contains("GET leases/redis-ha-initialized"));
        api.ticker.advance(Duration.ofMillis(1));
        assertThat(reads.next()).isEqualTo(new Read.Unreachable("no answer in time"));
    }

    @Test
    void aHungReadDoesNotDelayAWrite() throws Exception {
        api.instead = request -> request.getMethod().equals("GET") ? LATE : null;
        Answers<Read> hanging = new Answers<>();
        lease.read(hanging::got);
        assertThat(write(1, null)).isInstanceOf(Write.Done.class);
        assertThat(hanging.none()).isTrue();
    }

    @Test
    void isUnreachableWhenTheServerIsGone() throws Exception {
        api.close();
        assertThat(read()).isInstanceOf(Read.Unreachable.class);
        assertThat(write(1, null)).isInstanceOf(Write.Unknown.class);
    }

    @Test
    void doesNotTakeAProxysPageForALease() throws Exception {
        api.instead = request -> new MockResponse().setResponseCode(200).setBody("<html>");
        assertThat(read()).isInstanceOf(Read.Unreachable.class);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', value = {
            "an empty answer is no Lease|''",
            "one that is cut is no Lease | {\"metadata\":{\"resourceVersion\":\"7\"},\"spec\":{\"leaseTr",
            "random bytes are no Lease | \u0007\ufffd#\ufffd",
            "a list is no Lease | []",
            "a word is no Lease | \"lease\"",
            "an object without a version is no Lease | {\"spec\":{\"leaseTransitions\":1}}",
            "a version that is an object is none | {\"metadata\":{\"resourceVersion\":{}},\"spec\":{}}"})
    void aBadAnswerIsNoLeaseAndTheNextOneCounts(String sentence, String body) throws Exception {
        String version = version(write(1, null));
        api.instead = request -> request.getPath().endsWith("/leases/redis-ha") ? new MockResponse().setResponseCode(200).setBody(body) : null;
        assertThat(read()).isEqualTo(new Read.Unreachable("the answer is not a Lease"));
        api.instead = request -> null;
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Present(held(1), version)));
    }

    /** Rule L3: by its holder, on the object as it was edited. */
    @Test
    void aLeaseThatWasEditedToATermWhichIsNoneIsReadAsUnusableAndWrittenAgain() throws Exception {
        String version = version(write(1, null));
        String path = kube.path("coordination.k8s.io/v1", "leases", "redis-ha");
        ObjectNode edited = ((ObjectNode) kube.get(path).get(2, TimeUnit.SECONDS).body()).deepCopy();
        edited.withObject("/spec").put("leaseTransitions", Integer.MAX_VALUE);
        assertThat(kube.put(path, edited).get(2, TimeUnit.SECONDS).ok()).isTrue();

        Read seen = read();
        assertThat(seen).isInstanceOf(Read.Seen.class);
        assertThat(((Read.Seen) seen).view()).isInstanceOf(LeaseView.Unusable.class);
        LeaseView.Unusable unusable = (LeaseView.Unusable) ((Read.Seen) seen).view();
        assertThat(unusable.record()).isEqualTo(held(0));
        String next = version(write(1, unusable.version()));
        assertThat(next).isNotEqualTo(version);
        assertThat(read()).isEqualTo(new Read.Seen(new LeaseView.Present(held(1), next)));
    }

    @Test
    void ownsTheLeaseByTheStatefulSetOfThePodAsItIsNow() throws Exception {
        owner.seen(KubeClient.JSON.readTree(pod("first")));
        String version = version(write(1, null));
        assertThat(ownerOf("redis-ha")).isEqualTo("first");
        owner.seen(KubeClient.JSON.readTree(pod("second")));
        write(2, version);
        assertThat(ownerOf("redis-ha")).isEqualTo("second");
    }

    @ParameterizedTest
    @ValueSource(ints = {403, 422})
    void renewsALeaseWhoseOwnerItMayNotChange(int code) throws Exception {
        owner.seen(KubeClient.JSON.readTree(pod("first")));
        String version = version(write(1, null));
        String mark = kube.path("coordination.k8s.io/v1", "leases", "redis-ha-initialized");
        ApiServer.until(() -> kube.get(mark).get().ok());
        owner.seen(KubeClient.JSON.readTree(pod("second")));
        api.instead = request -> ApiServer.givesOwner(request, "second") ? ApiServer.status(code) : null;
        api.asked.clear();

        String second = version(write(2, version));
        assertThat(ownerOf("redis-ha")).isEqualTo("first");
        assertThat(renewals()).isEqualTo(2);
        String third = version(write(3, second));
        assertThat(renewals()).as("it need not be told twice").isEqualTo(3);
        ticker.advance(Owner.AGAIN);
        version(write(4, third));
        assertThat(renewals()).as("but it may have been for a while only").isEqualTo(5);

        api.instead = request -> null;
        owner.seen(KubeClient.JSON.readTree(pod("third")));
        assertThat(read()).isInstanceOf(Read.Seen.class);
        version(write(5, ((LeaseView.Present) ((Read.Seen) read()).view()).version()));
        assertThat(ownerOf("redis-ha")).as("another owner is another try").isEqualTo("third");
    }

    @Test
    void makesALeaseWithoutAnOwnerWhereItMayNotGiveItOne() throws Exception {
        owner.seen(KubeClient.JSON.readTree(pod("first")));
        api.instead = request -> request.getMethod().equals("POST") && new String(request.getBody().getBytes(), StandardCharsets.UTF_8).contains("ownerReferences")
                ? ApiServer.status(403) : null;
        version(write(1, null));
        assertThat(ownerOf("redis-ha")).isEmpty();
        ApiServer.until(() -> kube.get(kube.path("coordination.k8s.io/v1", "leases", "redis-ha-initialized")).get().ok());
    }

    @Test
    void saysWhyTheLeaseIsRefusedWhereItsOwnerIsNotTheReason() throws Exception {
        String version = version(write(1, null));
        owner.seen(KubeClient.JSON.readTree(pod("first")));
        api.instead = request -> request.getMethod().equals("PUT")
                ? ApiServer.givesOwner(request, "first") ? ApiServer.status(422) : ApiServer.status(403) : null;
        assertThat(write(2, version)).isEqualTo(new Write.Refused("because 403"));
    }

    private long renewals() {
        return api.asked.stream().filter(asked -> asked.equals("PUT leases/redis-ha")).count();
    }

    @Test
    void makesTheMarkAgainThatSomebodyDeleted() throws Exception {
        owner.seen(KubeClient.JSON.readTree(pod("first")));
        String version = version(write(1, null));
        String mark = kube.path("coordination.k8s.io/v1", "leases", "redis-ha-initialized");
        ApiServer.until(() -> kube.get(mark).get().ok());
        kube.send("DELETE", mark, null, null).get();
        api.ticker.advance(KubeLease.MARK_CHECK.plusMillis(1));
        write(1, version);
        ApiServer.until(() -> kube.get(mark).get().ok());
    }

    @Test
    void asksForTheMarkOnceInAWhileOnly() throws Exception {
        owner.seen(KubeClient.JSON.readTree(pod("first")));
        AtomicReference<String> version = new AtomicReference<>(version(write(1, null)));
        ApiServer.until(() -> {
            api.ticker.awaitNobody();
            api.asked.clear();
            version.set(version(write(2, version.get())));
            api.ticker.awaitNobody();
            return api.asked.equals(List.of("PUT leases/redis-ha"));
        });
    }

    @Test
    void hasTheMarkOwnedAsSoonAsItsOwnPodWasSeen() throws Exception {
        String version = version(write(1, null));
        ApiServer.until(() -> kube.get(kube.path("coordination.k8s.io/v1", "leases", "redis-ha-initialized")).get().ok());
        assertThat(ownerOf("redis-ha-initialized")).isEmpty();
        owner.seen(KubeClient.JSON.readTree(pod("first")));
        write(2, version);
        ApiServer.until(() -> ownerOf("redis-ha-initialized").equals("first"));
    }

    @Test
    void givesNoModeToTheLeaseOfACluster() throws Exception {
        KubeLease ofCluster = lease("cluster");
        Answers<Write> writes = new Answers<>();
        ofCluster.write(LeaseTextTest.ofCluster(1, Map.of("creating", "true")), null, writes::got);
        String version = version(writes.next());
        Answers<Read> reads = new Answers<>();
        ofCluster.read(reads::got);
        assertThat(reads.next()).isEqualTo(new Read.Seen(new LeaseView.Present(LeaseTextTest.ofCluster(1, Map.of("creating", "true")), version)));
        ApiServer.until(() -> kube.get(kube.path("coordination.k8s.io/v1", "leases", "redis-ha-initialized")).get().ok());
    }

    private String ownerOf(String name) throws Exception {
        return kube.get(kube.path("coordination.k8s.io/v1", "leases", name)).get().body().path("metadata").path("ownerReferences").path(0).path("uid").asText();
    }

    private static String pod(String uid) {
        return "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"apps/v1\",\"kind\":\"StatefulSet\",\"name\":\"redis-ha\",\"uid\":\"" + uid
                + "\",\"controller\":true,\"blockOwnerDeletion\":true}]}}";
    }
}
