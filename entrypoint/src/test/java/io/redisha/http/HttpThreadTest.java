package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
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
        http.call(host, to, new HttpThread.Request("POST", path, "", null, "hello".getBytes(StandardCharsets.UTF_8)), within, new HttpThread.Answer() {
            @Override
            public void got(int status, byte[] body) {
                answer.complete(new Got(status, new String(body, StandardCharsets.UTF_8)));
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
        String[] requests = {"nonsense\r\n\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "GET /fail HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "GET /" + "x".repeat(20_000)};
        String[] answers = {"400 ", "411 ", "500 ", "closed", "closed", "closed"};
        for (int i = 0; i < requests.length; i++) {
            try (Socket socket = connect()) {
                send(socket, requests[i]);
                assertThat(receive(socket)).as(requests[i].substring(0, 10)).isEqualTo(answers[i]);
            } catch (IOException reset) {
                assertThat(answers[i]).isEqualTo("closed");
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
