package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.model.MemberState;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@link DataMemberServer} and {@link SiblingClient}, talking to each other. */
@Timeout(30)
class DataMemberServerTest {

    private static final long MS = 1_000_000;

    private final List<HttpThread> threads = new ArrayList<>();
    private final ExecutorService loop = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("loop").daemon().factory());
    private final FakeAgent agent = new FakeAgent();
    private volatile DataSnapshot snapshot = SomeSentinels.data(1, "127.0.0.1", SomeSentinels.views());
    private final Peer peer = new Peer("redis-ha-1", "127.0.0.1");
    private DataMemberServer server;

    private final class FakeAgent implements DataMemberServer.Answers {

        final List<String> asked = new CopyOnWriteArrayList<>();
        volatile long offset = 100;
        volatile String outcome;

        @Override
        public MemberState onAsk() {
            return Some.state(1, "127.0.0.1", offset);
        }

        @Override
        public String onPrefer(boolean preferred) {
            asked.add(Thread.currentThread().getName() + " prefer " + preferred);
            return outcome;
        }

        @Override
        public void onSwitchover(String to, Consumer<String> then) {
            asked.add(Thread.currentThread().getName() + " switchover " + to);
            snapshot = outcome == null ? SomeSentinels.ledBy(snapshot, "redis-ha-2") : snapshot;
            then.accept(outcome);
        }
    }

    @BeforeEach
    void anAgent() throws IOException {
        server = server(() -> snapshot, 0);
    }

    private HttpThread thread() throws IOException {
        HttpThread thread = new HttpThread("member");
        threads.add(thread);
        return thread;
    }

    private DataMemberServer server(java.util.function.Supplier<DataSnapshot> seen, int forwardTo) throws IOException {
        return new DataMemberServer(thread(), 0, new Token("pw"), loop, agent, answer -> loop.execute(() -> {
            agent.offset = 222;
            answer.run();
        }), seen, siblings(forwardTo), 1000 * MS);
    }

    private SiblingClient siblings(int port) throws IOException {
        return new SiblingClient(thread(), port, new Token("pw"), 1500 * MS, loop);
    }

    @AfterEach
    void stop() {
        threads.forEach(HttpThread::close);
        loop.shutdownNow();
    }

    private String post(int port, String path, String token, String body) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).version(HttpClient.Version.HTTP_1_1)
                    .header("Authorization", token).POST(HttpRequest.BodyPublishers.ofString(body)).build(), HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() + " " + answer.body();
        }
    }

    private String post(int port, String body) throws Exception {
        return post(port, "/member/switchover", new Token("pw").header(), body);
    }

    @Test
    void saysWhatItsServerSaysNow() throws Exception {
        BlockingQueue<MemberState> answers = new LinkedBlockingQueue<>();

        siblings(server.port()).ask(peer, answers::add);

        assertThat(answers.poll(5, TimeUnit.SECONDS).server().offset()).isEqualTo(222);
    }

    @Test
    void takesTheFirstPriorityOrSaysWhyNot() throws Exception {
        BlockingQueue<String> answers = new LinkedBlockingQueue<>();
        SiblingClient sibling = siblings(server.port());

        sibling.prefer(peer, true, why -> answers.add(why == null ? "done" : why));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("done");
        agent.outcome = "its data is not whole";
        sibling.prefer(peer, false, why -> answers.add(why == null ? "done" : why));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("its data is not whole");
        siblings(1).prefer(peer, true, why -> answers.add(why == null ? "done" : why));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).startsWith("redis-ha-1 does not answer: ");

        assertThat(agent.asked).containsExactly("loop prefer true", "loop prefer false");
    }

    @Test
    void handsOverAndSaysWhoIsMasterNow() throws Exception {
        assertThat(post(server.port(), "{\"to\":\"redis-ha-2\"}")).matches("200 redis-ha-2 is master now \\(\\d\\.\\d\\d s\\)");

        assertThat(agent.asked).containsExactly("loop switchover redis-ha-2");
    }

    @Test
    void saysWhyItDoesNotHandOver() throws Exception {
        agent.outcome = "no replica is in sync";

        assertThat(post(server.port(), "{}")).isEqualTo("409 no replica is in sync");
    }

    @Test
    void passesTheOrderOnToTheMasterOnce() throws Exception {
        DataSnapshot follower = SomeSentinels.data(0, "127.0.0.1", SomeSentinels.views());
        DataMemberServer other = server(() -> follower, server.port());

        assertThat(post(other.port(), "{}")).startsWith("200 redis-ha-2 is master now");
        assertThat(post(other.port(), "{}")).isEqualTo("409 redis-ha-1 does not lead any more: ask again");
    }

    @Test
    void hasNothingToHandOverWhileNoMasterIsKnown() throws Exception {
        snapshot = SomeSentinels.ledBy(snapshot, null);

        assertThat(post(server.port(), "{}")).isEqualTo("409 no leader is known: nothing to hand over");
    }

    @Test
    void answersNobodyWhoDoesNotKnowThePassword() throws Exception {
        assertThat(post(server.port(), "/member/prefer", new Token("other").header(), "{\"preferred\":true}")).isEqualTo("401 ");
        assertThat(post(server.port(), "/member/fix", new Token("pw").header(), "{}")).isEqualTo("404 ");
        assertThat(agent.asked).isEmpty();
    }
}
