package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class HttpThreadTest {

    private static final long MS = 1_000_000;

    private HttpThread http;
    private int port;
    private final List<HttpThread.Reply> held = new CopyOnWriteArrayList<>();

    @BeforeEach
    void aServerThatEchoesAndOneThatHoldsItsAnswers() throws IOException {
        http = new HttpThread("test");
        port = http.listen(0, new HttpThread.Handler() {
            @Override
            public void handle(HttpThread.Request request, HttpThread.Reply reply) {
                switch (request.path()) {
                    case "/hold" -> held.add(reply);
                    case "/fail" -> throw new IllegalStateException("asked for");
                    default -> reply.send(200, "text/plain", (request.method() + " " + request.path() + " " + request.query() + " "
                            + new String(request.body(), StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8));
                }
            }

            @Override
            public HttpThread.Admission admit(HttpThread.Request head) {
                return switch (head.path()) {
                    case "/secret" -> "known".equals(head.authorization()) ? new HttpThread.Admission(0, 16 * 1024, true) : HttpThread.Admission.refused(401);
                    default -> new HttpThread.Admission(0, head.method().equals("POST") ? 16 * 1024 : 0, false);
                };
            }

            @Override
            public long limit(String path) {
                return 300 * MS;
            }
        });
    }

    @AfterEach
    void stop() {
        http.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(5000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** One answer: its status and its body. */
    private static String receive(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int c = in.read();
            if (c < 0) {
                return "closed";
            }
            head.append((char) c);
        }
        int length = Integer.parseInt(head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
        return head.substring(9, 12) + " " + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private record Got(int status, String body) {}

    private CompletableFuture<Got> call(String host, int to, String path, long within) {
        CompletableFuture<Got> answer = new CompletableFuture<>();
        byte[] body = path.equals("/q") ? "hello".getBytes(StandardCharsets.UTF_8) : new byte[0];
        http.call(host, to, new HttpThread.Request("POST", path, "", null, body), within, new HttpThread.Answer() {
            @Override
            public void got(int status, byte[] content) {
                answer.complete(new Got(status, new String(content, StandardCharsets.UTF_8)));
            }

            @Override
            public void failed(String why) {
                answer.completeExceptionally(new IOException(why));
            }
        });
        return answer;
    }

    private Got get(CompletableFuture<Got> answer) throws ExecutionException, InterruptedException, TimeoutException {
        return answer.get(5, TimeUnit.SECONDS);
    }

    @Test
    void answersSeveralRequestsOnOneConnection() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n");
            assertThat(receive(socket)).isEqualTo("200 GET /a b=c ");
            send(socket, "POST /d HTTP/1.1\r\nContent-Length: 3\r\n\r\nxyz");
            assertThat(receive(socket)).isEqualTo("200 POST /d  xyz");
        }
    }

    @Test
    void answersRequestsThatComeInOnePacketAndInPieces() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\nPOST /3 HTTP/1.1\r\ncontent-LENGTH: 4\r\n\r\nab");
            assertThat(receive(socket)).isEqualTo("200 GET /1  ");
            assertThat(receive(socket)).isEqualTo("200 GET /2  ");
            send(socket, "cd");
            assertThat(receive(socket)).isEqualTo("200 POST /3  abcd");
        }
    }

    @Test
    void closesWhenTheClientWantsIt() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
            assertThat(receive(socket)).startsWith("200");
            assertThat(receive(socket)).isEqualTo("closed");
        }
    }

    @Test
    void servesOthersWhileManyClientsSendHalfARequest() throws IOException {
        List<Socket> slow = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Socket socket = connect();
            send(socket, "POST /x HTTP/1.1\r\nContent-Len");
            slow.add(socket);
        }
        try (Socket socket = connect()) {
            send(socket, "GET /quick HTTP/1.1\r\n\r\n");
            assertThat(receive(socket)).startsWith("200");
        }
        for (Socket socket : slow) {
            socket.close();
        }
    }

    @Test
    void says503WhenTheAnswerIsLateAndDropsItWhenItComes() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /hold HTTP/1.1\r\n\r\n");
            assertThat(receive(socket)).isEqualTo("503 no answer in time\n");
            held.getFirst().send(200, "text/plain", "too late".getBytes(StandardCharsets.UTF_8));
            send(socket, "GET /next HTTP/1.1\r\n\r\n");
            assertThat(receive(socket)).isEqualTo("200 GET /next  ");
        }
    }

    @Test
    void refusesWhatItDoesNotSpeak() throws IOException {
        String[] requests = {"nonsense\r\n\r\n", " \r\n\r\n", "GET / HTTP/1.1 x\r\n\r\n", "PRI * HTTP/2.0\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 16385\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET /" + "x".repeat(2000) + " HTTP/1.1\r\n\r\n",
            "GET /" + "x".repeat(Head.MAX - 5)};
        String[] answers = {"400 ", "400 ", "400 ", "400 ", "411 ", "413 ", "400 ", "414 ", "431 "};
        for (int i = 0; i < requests.length; i++) {
            try (Socket socket = connect()) {
                send(socket, requests[i]);
                assertThat(receive(socket)).as(requests[i]).isEqualTo(answers[i]);
                assertThat(receive(socket)).as("after " + requests[i]).isEqualTo("closed");
            }
        }
    }

    @Test
    void says500WhenTheAnswerFails() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "GET /fail HTTP/1.1\r\n\r\n");
            assertThat(receive(socket)).isEqualTo("500 ");
        }
    }

    /** Also behind a request that is answered: it came in the same packet. */
    @Test
    void refusesABodyWhereNoneIsExpectedAtItsHead() throws IOException {
        for (String length : new String[] {"Content-Length: 1", "Content-Length: 262144", "Transfer-Encoding: chunked"}) {
            try (Socket socket = connect()) {
                send(socket, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n" + length + "\r\n\r\n");
                assertThat(receive(socket)).isEqualTo("200 GET /a  ");
                assertThat(receive(socket)).as(length).isEqualTo("413 ");
                assertThat(receive(socket)).isEqualTo("closed");
            }
        }
    }

    @Test
    void refusesWhoIsNotKnownBeforeTheBody() throws IOException {
        for (String path : new String[] {"GET /secret", "POST /secret"}) {
            try (Socket socket = connect()) {
                send(socket, path + " HTTP/1.1\r\nAuthorization: guessed\r\nContent-Length: 9999\r\n\r\n");
                assertThat(receive(socket)).isEqualTo("401 ");
                assertThat(receive(socket)).isEqualTo("closed");
            }
        }
    }

    /** Nobody gets a second answer before everybody whose request is there has got one. */
    @Test
    void letsNobodyPipelineOthersOut() throws Exception {
        List<String> order = new CopyOnWriteArrayList<>();
        CountDownLatch othersAreThere = new CountDownLatch(1);
        int there = http.listen(0, (request, reply) -> {
            order.add(request.path());
            if (request.path().equals("/first")) {
                try {
                    othersAreThere.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            reply.send(200, "text/plain", new byte[0]);
        });
        try (Socket greedy = new Socket(InetAddress.getLoopbackAddress(), there); Socket other = new Socket(InetAddress.getLoopbackAddress(), there)) {
            send(other, "GET /hello HTTP/1.1\r\n\r\n");
            assertThat(receive(other)).isEqualTo("200 ");
            send(greedy, "GET /first HTTP/1.1\r\n\r\n" + "GET /next HTTP/1.1\r\n\r\n".repeat(200));
            await().until(() -> order.contains("/first"));
            send(other, "GET /other HTTP/1.1\r\n\r\n");
            othersAreThere.countDown();
            for (int i = 0; i < 201; i++) {
                assertThat(receive(greedy)).isEqualTo("200 ");
            }
            assertThat(receive(other)).isEqualTo("200 ");
        }
        assertThat(order.indexOf("/other")).isLessThan(10);
    }

    private int kept() throws Exception {
        CompletableFuture<Integer> kept = new CompletableFuture<>();
        http.post(() -> kept.complete(http.budget().kept()));
        return kept.get(5, TimeUnit.SECONDS);
    }

    @Test
    void dropsStrangersAndNoMemberWhenTooMuchIsKept() throws Exception {
        List<Socket> members = new ArrayList<>();
        List<Socket> strangers = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                Socket socket = connect();
                members.add(socket);
                send(socket, "POST /secret HTTP/1.1\r\nAuthorization: known\r\nContent-Length: 16000\r\n\r\n" + "m".repeat(15_000));
            }
            await().untilAsserted(() -> assertThat(kept()).isEqualTo(20 * 16_000));
            for (int i = 0; i < 100; i++) {
                Socket socket = connect();
                strangers.add(socket);
                send(socket, "GET /x HTTP/1.1\r\nX: " + "x".repeat(7000));
                assertThat(kept()).isLessThanOrEqualTo(Budget.BYTES);
            }
            await().untilAsserted(() -> assertThat(kept()).isGreaterThan(Budget.BYTES - Head.MAX));
            for (Socket socket : members) {
                send(socket, "m".repeat(1000));
                assertThat(receive(socket)).startsWith("200 POST /secret  mmm");
            }
        } finally {
            for (Socket socket : members) {
                socket.close();
            }
            for (Socket socket : strangers) {
                socket.close();
            }
        }
        await().untilAsserted(() -> assertThat(kept()).isZero());
    }

    /** As in a cluster of more pods than there are places, when many come back at once. */
    @Test
    void readsEachNewMemberBeforeAnotherOneTakesItsPlace() throws Exception {
        String question = "POST /secret HTTP/1.1\r\nAuthorization: known\r\nContent-Length: 1\r\n\r\nm";
        List<Socket> members = new ArrayList<>();
        try {
            for (int i = 0; i < Clients.MAX; i++) {
                Socket socket = connect();
                members.add(socket);
                send(socket, question);
                assertThat(receive(socket)).startsWith("200");
            }
            CountDownLatch allHaveAsked = new CountDownLatch(1);
            http.post(() -> {
                try {
                    allHaveAsked.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            List<Socket> more = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                Socket socket = connect();
                members.add(socket);
                more.add(socket);
                send(socket, question);
            }
            allHaveAsked.countDown();
            List<String> answers = new ArrayList<>();
            for (Socket socket : more) {
                answers.add(receive(socket));
            }
            assertThat(answers).allMatch(answer -> answer.startsWith("200"));
        } finally {
            for (Socket socket : members) {
                socket.close();
            }
        }
    }

    @Test
    void keepsNoMoreForThoseWhoDoNotReadTheirAnswers() throws Exception {
        byte[] large = "z".repeat(200_000).getBytes(StandardCharsets.UTF_8);
        int there = http.listen(0, (request, reply) -> reply.send(200, "text/plain", large));
        List<Socket> deaf = new ArrayList<>();
        try {
            for (int i = 0; i < 30; i++) {
                Socket socket = new Socket();
                socket.setReceiveBufferSize(4096);
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), there));
                deaf.add(socket);
                // so many answers that the kernel does not take them all
                send(socket, "GET / HTTP/1.1\r\n\r\n".repeat(100));
                assertThat(kept()).isLessThanOrEqualTo(Budget.BYTES);
            }
            await().untilAsserted(() -> assertThat(kept()).isGreaterThan(Budget.BYTES - large.length - 2 * Head.MAX));
            try (Socket socket = connect()) {
                send(socket, "GET /quick HTTP/1.1\r\n\r\n");
                assertThat(receive(socket)).startsWith("200");
            }
        } finally {
            for (Socket socket : deaf) {
                socket.close();
            }
        }
    }

    /** As those of a large cluster do, which all say what they know of all the others. */
    @Test
    void readsWhatManySiblingsAnswerAtOnceOneAfterTheOther() throws Exception {
        int size = 250_000;
        CountDownLatch all = new CountDownLatch(8);
        CountDownLatch full = new CountDownLatch(1);
        try (ServerSocket siblings = new ServerSocket(0)) {
            for (int i = 0; i < 8; i++) {
                Thread.ofVirtual().start(() -> {
                    try (Socket socket = siblings.accept()) {
                        socket.getInputStream().read(new byte[1024]);
                        send(socket, "HTTP/1.1 200 OK\r\nContent-Length: " + size + "\r\n\r\n" + "s".repeat(1000));
                        all.countDown();
                        full.await();
                        send(socket, "s".repeat(size - 1000));
                        socket.getInputStream().read();
                    } catch (IOException | InterruptedException e) {
                        // the test is over
                    }
                });
            }
            List<CompletableFuture<Got>> answers = IntStream.range(0, 8).mapToObj(i -> call("127.0.0.1", siblings.getLocalPort(), "/", 20_000 * MS)).toList();
            assertThat(all.await(5, TimeUnit.SECONDS)).isTrue();
            // once, and before any of them is whole: the last ones alone do not fill it
            await().untilAsserted(() -> assertThat(kept()).isGreaterThan(Budget.BYTES / 2));
            full.countDown();
            for (CompletableFuture<Got> answer : answers) {
                assertThat(answer.get(20, TimeUnit.SECONDS).body()).hasSize(size);
                assertThat(kept()).isLessThanOrEqualTo(Budget.BYTES);
            }
        }
    }

    @Test
    void asksAndIsAnswered() throws Exception {
        assertThat(get(call("127.0.0.1", port, "/q", 1000 * MS))).isEqualTo(new Got(200, "POST /q  hello"));
        assertThat(get(call("localhost", port, "/q", 1000 * MS))).isEqualTo(new Got(200, "POST /q  hello"));
    }

    @Test
    void givesUpOnWhoDoesNotAnswerInTimeWhoRefusesAndWhoHasNoAddress() throws IOException {
        assertThat(call("127.0.0.1", port, "/hold", 100 * MS)).failsWithin(Duration.ofSeconds(5)).withThrowableThat().withMessageContaining("no answer in time");
        int nobody;
        try (ServerSocket free = new ServerSocket(0)) {
            nobody = free.getLocalPort();
        }
        assertThat(call("127.0.0.1", nobody, "/", 1000 * MS)).failsWithin(Duration.ofSeconds(5)).withThrowableThat().withMessageContaining("refused");
        assertThat(call("no-such-pod.invalid", port, "/", 3000 * MS)).failsWithin(Duration.ofSeconds(5));
    }

    @Test
    void doesNotLetASlowSiblingDelayAnother() throws Exception {
        for (int i = 0; i < 20; i++) {
            call("127.0.0.1", port, "/hold", 5000 * MS);
        }
        HttpThread other = new HttpThread("other");
        try {
            int quick = other.listen(0, (request, reply) -> reply.send(200, "text/plain", new byte[0]));
            assertThat(get(call("127.0.0.1", quick, "/", 1000 * MS)).status()).isEqualTo(200);
        } finally {
            other.close();
        }
    }

    /** A network on which an answer takes 600 ms, and five questions a second. */
    @Test
    void keepsAskingWhileEarlierAnswersAreUnderWay() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        try (ServerSocket slow = new ServerSocket(0)) {
            Thread.ofVirtual().start(() -> {
                while (true) {
                    try {
                        Socket socket = slow.accept();
                        connections.incrementAndGet();
                        Thread.ofVirtual().start(() -> answerSlowly(socket));
                    } catch (IOException e) {
                        return;
                    }
                }
            });
            List<CompletableFuture<Long>> took = new ArrayList<>();
            for (int i = 0; i < 15; i++) {
                long sent = System.nanoTime();
                took.add(call("127.0.0.1", slow.getLocalPort(), "/", 1500 * MS).thenApply(got -> (System.nanoTime() - sent) / MS));
                Thread.sleep(100);
            }
            for (CompletableFuture<Long> one : took) {
                assertThat(one.get(5, TimeUnit.SECONDS)).isBetween(590L, 1400L);
            }
        }
        assertThat(connections.get()).isBetween(5, 12);
    }

    private static void answerSlowly(Socket socket) {
        try (socket) {
            byte[] request = new byte[1024];
            while (socket.getInputStream().read(request) > 0) {
                Thread.sleep(600);
                send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        } catch (IOException | InterruptedException e) {
            // the test is over
        }
    }

    @Test
    void usesOneConnectionWhenAnswersAreQuick() throws Exception {
        AtomicInteger connections = new AtomicInteger();
        try (ServerSocket quick = new ServerSocket(0)) {
            Thread.ofVirtual().start(() -> {
                try {
                    while (true) {
                        Socket socket = quick.accept();
                        connections.incrementAndGet();
                        Thread.ofVirtual().start(() -> {
                            try (socket) {
                                while (socket.getInputStream().read(new byte[1024]) > 0) {
                                    send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
                                }
                            } catch (IOException e) {
                                // closed
                            }
                        });
                    }
                } catch (IOException e) {
                    // closed
                }
            });
            for (int i = 0; i < 50; i++) {
                get(call("127.0.0.1", quick.getLocalPort(), "/", 1000 * MS));
            }
        }
        assertThat(connections).hasValue(1);
    }

    @Test
    void asksAgainAtOnceWhenTheSiblingRestartedMeanwhile() throws Exception {
        ServerSocket first = new ServerSocket(0);
        int there = first.getLocalPort();
        CompletableFuture<Got> before = call("127.0.0.1", there, "/", 1000 * MS);
        Socket accepted = first.accept();
        accepted.getInputStream().read(new byte[1024]);
        send(accepted, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        get(before);
        first.close();
        // It hangs up only when it is asked: as a process does that was killed between two heartbeats.
        CompletableFuture<Got> after;
        try (ServerSocket second = new ServerSocket(there)) {
            after = call("127.0.0.1", there, "/", 2000 * MS);
            accepted.getInputStream().read(new byte[1024]);
            accepted.close();
            try (Socket again = second.accept()) {
                again.getInputStream().read(new byte[1024]);
                send(again, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                assertThat(get(after)).isEqualTo(new Got(200, "ok"));
            }
        }
    }

    @Test
    void carriesLargeAnswers() throws Exception {
        byte[] large = "z".repeat(200_000).getBytes(StandardCharsets.UTF_8);
        HttpThread other = new HttpThread("other");
        try {
            int there = other.listen(0, (request, reply) -> reply.send(200, "text/plain", large));
            List<CompletableFuture<Got>> answers = IntStream.range(0, 4).mapToObj(i -> call("127.0.0.1", there, "/", 3000 * MS)).toList();
            for (CompletableFuture<Got> answer : answers) {
                assertThat(get(answer).body()).hasSize(200_000);
            }
        } finally {
            other.close();
        }
    }

    @Test
    void stopsListeningWhenClosed() {
        http.close();

        await().untilAsserted(() -> assertThat(org.assertj.core.api.Assertions.catchThrowable(this::connect)).isInstanceOf(IOException.class));
    }
}
