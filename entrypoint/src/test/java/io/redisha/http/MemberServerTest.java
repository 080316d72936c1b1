package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Snapshot;
import io.redisha.model.Address;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Vote;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link MemberServer} and {@link PeerClient}, talking to each other. */
@Timeout(30)
class MemberServerTest {

    private static final long MS = 1_000_000;

    private final List<HttpThread> threads = new ArrayList<>();
    private final ExecutorService loop = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("loop").daemon().factory());
    private final FakeMember member = new FakeMember();
    private final List<Address> fenced = new CopyOnWriteArrayList<>();
    private volatile Snapshot snapshot = Some.snapshot(1, List.of(), "10.0.0.0", "127.0.0.1", "10.0.0.2");
    private volatile boolean serverAnswers = true;
    private MemberServer server;
    private PeerClient peers;
    private final Peer peer = new Peer("redis-ha-1", "127.0.0.1");

    private final class FakeMember implements MemberServer.Answers {

        final List<Object> asked = new CopyOnWriteArrayList<>();
        volatile long offset = 100;
        volatile String outcome;

        private <T> T onLoop(Object question, T answer) {
            assertThat(Thread.currentThread().getName()).isEqualTo("loop");
            asked.add(question);
            return answer;
        }

        @Override
        public Heartbeat.Reply onHeartbeat(Heartbeat heartbeat) {
            return onLoop(heartbeat, new Heartbeat.Reply(true, heartbeat.sequence(), onAsk()));
        }

        @Override
        public Vote.Reply onVote(Vote vote) {
            return onLoop(vote, new Vote.Reply(true, vote.term(), onAsk()));
        }

        @Override
        public MemberState onAsk() {
            return Some.state(1, "127.0.0.1", offset);
        }

        @Override
        public void onTold(LeaseView.Present lease) {
            onLoop(lease, null);
        }

        @Override
        public void onSwitchover(String to, Consumer<String> then) {
            onLoop("switchover " + to, null);
            snapshot = outcome == null ? Some.ledBy(snapshot, "redis-ha-2") : snapshot;
            then.accept(outcome);
        }
    }

    @BeforeEach
    void aMember() throws IOException {
        server = server(0);
        peers = peers(server.port(), "pw");
    }

    private HttpThread thread() throws IOException {
        HttpThread thread = new HttpThread("member");
        threads.add(thread);
        return thread;
    }

    private MemberServer server(int forwardTo) throws IOException {
        return new MemberServer(thread(), 0, new Token("pw"), loop, member, answer -> {
            if (serverAnswers) {
                loop.execute(() -> {
                    member.offset = 222;
                    answer.run();
                });
            }
        }, () -> snapshot, peers(forwardTo, "pw"), 1000 * MS);
    }

    private PeerClient peers(int port, String password) throws IOException {
        return new PeerClient(thread(), port, new Token(password), 1500 * MS, loop, (address, then) -> {
            fenced.add(address);
            then.run();
        });
    }

    @AfterEach
    void stop() {
        threads.forEach(HttpThread::close);
        loop.shutdownNow();
    }

    private HttpResponse<String> raw(int port, String method, String path, String authorization, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .version(HttpClient.Version.HTTP_1_1)
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (authorization != null) {
            request.header("Authorization", authorization);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void carriesAHeartbeatAndItsReplyOnTheLoop() {
        CompletableFuture<Heartbeat.Reply> reply = new CompletableFuture<>();
        CompletableFuture<String> on = new CompletableFuture<>();

        peers.heartbeat(peer, Some.heartbeat(7), r -> {
            on.complete(Thread.currentThread().getName());
            reply.complete(r);
        });

        assertThat(reply).succeedsWithin(Duration.ofSeconds(5)).isEqualTo(new Heartbeat.Reply(true, 7, Some.state(1, "127.0.0.1", 100)));
        assertThat(on).isCompletedWithValue("loop");
        assertThat(member.asked).containsExactly(Some.heartbeat(7));
    }

    @Test
    void carriesVotesAndTheLease() {
        Vote vote = new Vote(new Identity("redis-ha-0", "u", "i"), 5);
        CompletableFuture<Vote.Reply> reply = new CompletableFuture<>();
        LeaseView.Present lease = (LeaseView.Present) Some.lease();

        peers.vote(peer, vote, reply::complete);
        peers.tell(peer, lease);

        assertThat(reply).succeedsWithin(Duration.ofSeconds(5)).extracting(Vote.Reply::granted).isEqualTo(true);
        await().untilAsserted(() -> assertThat(member.asked).containsExactlyInAnyOrder(vote, lease));
    }

    @Test
    void asksTheServerBeforeItTellsItsState() {
        CompletableFuture<MemberState> state = new CompletableFuture<>();

        peers.ask(peer, state::complete);

        assertThat(state).succeedsWithin(Duration.ofSeconds(5)).extracting(s -> s.server().offset()).isEqualTo(222L);
    }

    @Test
    void tellsWhatItKnewWhenTheServerDoesNotAnswer() {
        serverAnswers = false;
        CompletableFuture<MemberState> state = new CompletableFuture<>();

        peers.ask(peer, state::complete);

        assertThat(state).succeedsWithin(Duration.ofSeconds(5)).extracting(s -> s.server().offset()).isEqualTo(100L);
    }

    @Test
    void refusesWhoDoesNotKnowThePassword() throws Exception {
        String body = new String(Wire.encode(Some.heartbeat(1)), StandardCharsets.UTF_8);

        assertThat(head("POST /member/heartbeat HTTP/1.1\r\nContent-Length: 16384")).isEqualTo("401");
        assertThat(head("POST /member/heartbeat HTTP/1.1\r\nContent-Length: 16384\r\nAuthorization: Bearer")).isEqualTo("401");
        assertThat(head("POST /member/heartbeat HTTP/1.1\r\nContent-Length: 16384\r\nAuthorization: " + new Token("pW").header())).isEqualTo("401");
        assertThat(head("POST /member/heartbeat HTTP/1.1\r\nTransfer-Encoding: chunked")).isEqualTo("401");
        assertThat(head("GET /nothing HTTP/1.1")).isEqualTo("401");
        assertThat(member.asked).isEmpty();
        assertThat(raw(server.port(), "POST", "/member/heartbeat", new Token("pw").header(), body).statusCode()).isEqualTo(200);
    }

    @Test
    void takesNoMoreThanMembersSay() throws Exception {
        String known = "\r\nAuthorization: " + new Token("pw").header();

        assertThat(head("POST /member/heartbeat HTTP/1.1\r\nContent-Length: 16385" + known)).isEqualTo("413");
        assertThat(head("GET /member/state HTTP/1.1\r\nContent-Length: 1" + known)).isEqualTo("413");
        assertThat(head("POST /member/heartbeat HTTP/1.1\r\nTransfer-Encoding: chunked" + known)).isEqualTo("411");
    }

    /** The status that a request gets of which only the head is sent, and after which the connection is closed. */
    private String head(String lines) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.port())) {
            socket.getOutputStream().write((lines + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).substring(9, 12);
        }
    }

    @Test
    void proves401ToBeSilenceForTheLoop() throws Exception {
        PeerClient stranger = peers(server.port(), "other");
        CompletableFuture<Heartbeat.Reply> reply = new CompletableFuture<>();

        stranger.heartbeat(peer, Some.heartbeat(1), reply::complete);
        CompletableFuture<Heartbeat.Reply> friend = new CompletableFuture<>();
        peers.heartbeat(peer, Some.heartbeat(2), friend::complete);

        assertThat(friend).succeedsWithin(Duration.ofSeconds(5));
        assertThat(reply).isNotDone();
    }

    @Test
    void refusesWhatItDoesNotUnderstand() throws Exception {
        String token = new Token("pw").header();

        assertThat(raw(server.port(), "POST", "/member/vote", token, "{").statusCode()).isEqualTo(400);
        assertThat(raw(server.port(), "POST", "/member/heartbeat", token, "{\"leader\":\"x\"}").statusCode()).isEqualTo(400);
        assertThat(raw(server.port(), "GET", "/member/vote", token, "").statusCode()).isEqualTo(404);
    }

    @Test
    void says503WhenTheLoopStandsStill() throws Exception {
        CountDownLatch still = new CountDownLatch(1);
        loop.submit(() -> still.await(20, TimeUnit.SECONDS));

        assertThat(raw(server.port(), "GET", "/member/state", new Token("pw").header(), "").statusCode()).isEqualTo(503);
        still.countDown();
    }

    @Test
    void switchesOverAndSaysWhoLeadsNow() throws Exception {
        HttpResponse<String> done = raw(server.port(), "POST", "/member/switchover", new Token("pw").header(), "{}");

        assertThat(done.statusCode()).isEqualTo(200);
        assertThat(done.body()).matches("redis-ha-2 is master now \\(0\\.\\d\\d s\\)");
        assertThat(member.asked).containsExactly("switchover null");
    }

    @Test
    void saysWhyItDoesNotSwitchOver() throws Exception {
        member.outcome = "redis-ha-0 is not a replica in sync";

        HttpResponse<String> refused = raw(server.port(), "POST", "/member/switchover", new Token("pw").header(), "{\"to\":\"redis-ha-0\"}");

        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).isEqualTo(member.outcome);
        assertThat(member.asked).containsExactly("switchover redis-ha-0");
    }

    @Test
    void passesASwitchoverOnToTheLeaderOnce() throws Exception {
        member.outcome = "no replica is in sync";
        Snapshot leaders = snapshot;
        Snapshot followers = Some.snapshot(0, List.of(), "10.0.0.0", "127.0.0.1", "10.0.0.2");
        MemberServer follower = new MemberServer(thread(), 0, new Token("pw"), loop, member, Runnable::run, () -> followers,
                peers(server.port(), "pw"), 1000 * MS);

        HttpResponse<String> answer = raw(follower.port(), "POST", "/member/switchover", new Token("pw").header(), "{\"to\":\"redis-ha-2\"}");
        assertThat(answer.body()).isEqualTo("no replica is in sync");
        assertThat(answer.statusCode()).isEqualTo(409);

        snapshot = Some.ledBy(leaders, "redis-ha-2");
        HttpResponse<String> stale = raw(follower.port(), "POST", "/member/switchover", new Token("pw").header(), "{}");
        assertThat(stale.body()).isEqualTo("redis-ha-0 does not lead any more: ask again");
    }

    @Test
    void saysThatNobodyLeads() throws Exception {
        snapshot = Some.ledBy(snapshot, null);

        assertThat(raw(server.port(), "POST", "/member/switchover", new Token("pw").header(), "{}").body())
                .isEqualTo("no leader is known: nothing to hand over");
    }

    @Test
    void fencesPastTheAgent() {
        peers.fence(new Address("10.0.0.9", 6379), () -> { });

        assertThat(fenced).containsExactly(new Address("10.0.0.9", 6379));
    }
}
