package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.cluster.Asking;
import io.redisha.loop.cluster.ClusterAnswers;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.loop.cluster.Outcome;
import io.redisha.model.NodeState;
import io.redisha.model.Shape;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link ClusterMemberServer} and {@link NodePeers}, talking to each other. */
@Timeout(30)
class ClusterMemberServerTest {

    private static final long MS = 1_000_000;
    private static final Duration SOON = Duration.ofSeconds(5);

    private final List<HttpThread> threads = new ArrayList<>();
    private final ExecutorService loop = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("loop").daemon().factory());
    private final FakeAgent agent = new FakeAgent();
    private volatile ClusterSnapshot snapshot = SomeCluster.snapshot(1, "127.0.0.1", List.of());
    private volatile boolean serverAnswers = true;
    private ClusterMemberServer server;
    private NodePeers peers;
    private final Peer one = new Peer("redis-ha-1", "127.0.0.1");

    private final class FakeAgent implements ClusterAnswers {

        final List<String> asked = new CopyOnWriteArrayList<>();
        volatile long offset = 100;
        volatile String why;

        private void onLoop(String question) {
            assertThat(Thread.currentThread().getName()).isEqualTo("loop");
            asked.add(question);
        }

        @Override
        public NodeState onAsk() {
            onLoop("ask");
            return SomeCluster.state(1, "127.0.0.1", offset);
        }

        @Override
        public String onBelong(String datasetId) {
            onLoop("belong " + datasetId);
            return why;
        }

        @Override
        public void onTarget(Shape target, Consumer<String> outcome) {
            onLoop("target " + target);
            outcome.accept(why);
        }

        @Override
        public void onSwitchover(Integer shard, String to, Consumer<Outcome> outcome) {
            onLoop("switchover " + shard + " " + to);
            outcome.accept(why == null ? new Outcome(true, "redis-ha-4 is master of shard 1 now (0.05 s)") : new Outcome(false, why));
        }

        @Override
        public void onFix(boolean confirmed, Consumer<Outcome> outcome) {
            onLoop("fix " + confirmed);
            outcome.accept(new Outcome(true, "nothing to fix"));
        }
    }

    @BeforeEach
    void aNode() throws IOException {
        server = server(() -> snapshot, 0);
        peers = peers(server.port(), "pw");
    }

    private HttpThread thread() throws IOException {
        HttpThread thread = new HttpThread("member");
        threads.add(thread);
        return thread;
    }

    private ClusterMemberServer server(java.util.function.Supplier<ClusterSnapshot> seen, int forwardTo) throws IOException {
        return new ClusterMemberServer(thread(), 0, new Token("pw"), loop, agent, answer -> {
            if (serverAnswers) {
                loop.execute(() -> {
                    agent.offset = 222;
                    answer.run();
                });
            }
        }, seen, peers(forwardTo, "pw"), 1000 * MS);
    }

    private NodePeers peers(int port, String password) throws IOException {
        return new NodePeers(thread(), port, new Token(password), 1000 * MS, loop);
    }

    @AfterEach
    void stop() {
        threads.forEach(HttpThread::close);
        loop.shutdownNow();
    }

    private String post(int port, String path, String body) throws Exception {
        return raw(port, "POST", path, new Token("pw").header(), body);
    }

    private String raw(int port, String method, String path, String authorization, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).version(HttpClient.Version.HTTP_1_1)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> response = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return (response.statusCode() + " " + response.body()).strip();
        }
    }

    @Test
    void asksTheServerBeforeItTellsItsState() {
        CompletableFuture<NodeState> state = new CompletableFuture<>();

        peers.ask(one, state::complete);

        assertThat(state).succeedsWithin(SOON).isEqualTo(SomeCluster.state(1, "127.0.0.1", 222));
    }

    @Test
    void tellsWhatItKnewWhenTheServerDoesNotAnswer() {
        serverAnswers = false;
        CompletableFuture<NodeState> state = new CompletableFuture<>();

        peers.ask(one, state::complete);

        assertThat(state).succeedsWithin(SOON).extracting(s -> s.server().offset()).isEqualTo(100L);
    }

    /** Two releases in a namespace may share a Secret, and an address of the one may come to the other. */
    @Test
    void doesNotTakeAnotherPodForTheOneThatWasAsked() throws Exception {
        CompletableFuture<NodeState> wrong = new CompletableFuture<>();
        CompletableFuture<NodeState> right = new CompletableFuture<>();

        peers.ask(new Peer("redis-ha-2", "127.0.0.1"), wrong::complete);
        peers.askAll(List.of(one), SOON);
        peers.ask(one, right::complete);

        assertThat(right).succeedsWithin(SOON);
        assertThat(wrong).isNotDone();
    }

    @Test
    void asksAllAtOnceBeforeThereIsALoop() throws Exception {
        NodePeers early = new NodePeers(thread(), server.port(), new Token("pw"), 0, null);

        long start = System.nanoTime();
        Asking.Answers answers = early.askAll(List.of(one, new Peer("redis-ha-2", "127.0.0.1"), new Peer("redis-ha-3", "nobody.invalid"), new Peer("redis-ha-4", "192.0.2.1")),
                Duration.ofMillis(700));

        assertThat(answers.states()).containsExactly(SomeCluster.state(1, "127.0.0.1", 222));
        assertThat(answers.silent()).containsExactlyInAnyOrder("redis-ha-2", "redis-ha-3", "redis-ha-4");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
        assertThat(early.askAll(List.of(), SOON).states()).isEmpty();
    }

    @Test
    void refusesWhoDoesNotKnowThePassword() throws Exception {
        assertThat(raw(server.port(), "POST", "/member/fix", null, "{\"confirmed\":true}")).isEqualTo("401");
        assertThat(raw(server.port(), "POST", "/member/fix", new Token("pW").header(), "{\"confirmed\":true}")).isEqualTo("401");
        assertThat(peers(server.port(), "pW").askAll(List.of(one), SOON).silent()).containsExactly("redis-ha-1");
        assertThat(agent.asked).isEmpty();
    }

    @Test
    void refusesWhatItDoesNotUnderstand() throws Exception {
        assertThat(post(server.port(), "/member/target", "{")).isEqualTo("400");
        assertThat(post(server.port(), "/member/target", "{\"shards\":3}")).isEqualTo("400");
        assertThat(post(server.port(), "/member/belong", "{}")).isEqualTo("400");
        assertThat(post(server.port(), "/member/heartbeat", "{}")).isEqualTo("404");
        assertThat(agent.asked).isEmpty();
    }

    @Test
    void marksAVolumeOrSaysWhyNot() {
        CompletableFuture<String> done = new CompletableFuture<>();
        peers.belong(one, "set-1", done::complete);
        assertThat(done).succeedsWithin(SOON).isNull();

        agent.why = "redis-ha-1: its volume belongs to another release";
        CompletableFuture<String> refused = new CompletableFuture<>();
        peers.belong(one, "set-2", refused::complete);
        assertThat(refused).succeedsWithin(SOON).isEqualTo(agent.why);
        assertThat(agent.asked).containsExactly("belong set-1", "belong set-2");
    }

    @Test
    void givesTheLeaderATargetAndTakesItBack() throws Exception {
        CompletableFuture<String> done = new CompletableFuture<>();
        peers.target(one, Shape.of(3, 1), done::complete);

        assertThat(done).succeedsWithin(SOON).isNull();
        assertThat(post(server.port(), "/member/target", "{}")).isEqualTo("200");
        agent.why = "the Lease could not be written";
        assertThat(post(server.port(), "/member/target", "{}")).isEqualTo("409 the Lease could not be written");
        assertThat(agent.asked).startsWith("target " + Shape.of(3, 1), "target null");
    }

    @Test
    void passesOrdersOnToTheLeaderOnce() throws Exception {
        ClusterSnapshot third = SomeCluster.snapshot(3, "127.0.0.1", List.of());
        ClusterMemberServer follower = server(() -> third, server.port());

        assertThat(post(follower.port(), "/member/target", "{\"shards\":3,\"replicasPerShard\":1,\"pods\":6}")).isEqualTo("200");
        assertThat(post(follower.port(), "/member/fix", "{\"confirmed\":true}")).isEqualTo("200 nothing to fix");
        assertThat(agent.asked).containsExactly("target " + Shape.of(3, 1), "fix true");

        snapshot = SomeCluster.led(snapshot, "redis-ha-2");
        assertThat(post(follower.port(), "/member/target", "{}")).isEqualTo("503 redis-ha-1 does not lead: ask again");
    }

    @Test
    void saysThatNobodyLeadsOrAnswers() throws Exception {
        ClusterMemberServer cutOff = server(() -> SomeCluster.snapshot(3, "127.0.0.1", List.of()), 1);
        assertThat(post(cutOff.port(), "/member/fix", "{}")).startsWith("503 the leader redis-ha-1 does not answer: ");

        snapshot = SomeCluster.led(snapshot, null);
        assertThat(post(server.port(), "/member/target", "{}")).isEqualTo("503 no pod leads yet: ask again");
        snapshot = null;
        assertThat(post(server.port(), "/member/fix", "{}")).isEqualTo("503 no pod leads yet: ask again");
        assertThat(agent.asked).isEmpty();
    }

    @Test
    void switchesAShardOverAtAnyPod() throws Exception {
        snapshot = SomeCluster.snapshot(3, "127.0.0.1", List.of());

        assertThat(post(server.port(), "/member/switchover", "{\"shard\":1}")).isEqualTo("200 redis-ha-4 is master of shard 1 now (0.05 s)");
        agent.why = "redis-ha-9 is in no shard";
        assertThat(post(server.port(), "/member/switchover", "{\"to\":\"redis-ha-9\"}")).isEqualTo("409 redis-ha-9 is in no shard");
        assertThat(agent.asked).containsExactly("switchover 1 null", "switchover null redis-ha-9");
    }
}
