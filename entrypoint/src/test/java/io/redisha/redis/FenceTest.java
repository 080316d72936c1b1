package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Against a server that says what the test wants. */
@Timeout(20)
class FenceTest {

    private static final long BUDGET = 250_000_000L;

    private final Speaker server = new Speaker();

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    @Test
    void logsInBeforehandAndThenOnlyGivesTheOrder() throws IOException {
        server.says("+OK\r\n", "+OK\r\n:2\r\n:0\r\n");
        try (Fence fence = fence("pass word")) {
            prepare(fence, 1);

            assertThat(fence.fence(System.nanoTime() + BUDGET)).isTrue();
        }
        assertThat(server.heard.toString()).isEqualTo("*2\r\n$4\r\nAUTH\r\n$9\r\npass word\r\n"
                + "*3\r\n$9\r\nREPLICAOF\r\n$9\r\n127.0.0.1\r\n$1\r\n1\r\n"
                + "*6\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$4\r\nTYPE\r\n$6\r\nnormal\r\n$6\r\nSKIPME\r\n$3\r\nyes\r\n"
                + "*6\r\n$6\r\nCLIENT\r\n$4\r\nKILL\r\n$4\r\nTYPE\r\n$6\r\npubsub\r\n$6\r\nSKIPME\r\n$3\r\nyes\r\n");
    }

    @Test
    void logsInWithTheBytesOfThePassword() {
        server.says("+OK\r\n", "+OK\r\n:2\r\n:0\r\n");
        try (Fence fence = fence("\u00ff\u00e9 ")) {
            prepare(fence, 1);

            assertThat(fence.fence(System.nanoTime() + BUDGET)).isTrue();
        }
        assertThat(server.heard.toString()).startsWith("*2\r\n$4\r\nAUTH\r\n$3\r\n\u00ff\u00e9 \r\n*3\r\n");
    }

    @Test
    void canBeRepeated() {
        server.says("+OK\r\n:2\r\n:0\r\n", "+OK Already connected to specified master\r\n:0\r\n:0\r\n");
        try (Fence fence = fence(null)) {
            assertThat(fence.fence(System.nanoTime() + BUDGET)).isTrue();
            assertThat(fence.fence(System.nanoTime() + BUDGET)).isTrue();
        }
    }

    @Test
    void failsWhenTheServerRefuses() {
        server.says("-BUSY Redis is busy running a script.\r\n:2\r\n:0\r\n", "-BUSY Redis is busy running a script.\r\n:2\r\n:0\r\n");
        try (Fence fence = fence(null)) {
            assertThat(fence.fence(System.nanoTime() + BUDGET)).isFalse();
        }
    }

    /** Short of processor, it drops its clients later: they can't write any more. */
    @Test
    void isDoneWhenTheServerIsAReplicaThoughItIsSlowToDropItsClients() {
        server.says("+OK\r\n");
        try (Fence fence = fence(null)) {
            assertThat(fence.fence(System.nanoTime() + BUDGET)).isTrue();
        }
    }

    @Test
    void failsInTimeWhenTheServerIsSilent() {
        server.says("");
        try (Fence fence = fence("x")) {
            prepare(fence, 1);
            long start = System.nanoTime();

            assertThat(fence.fence(start + BUDGET)).isFalse();
            assertThat(System.nanoTime() - start).isBetween(BUDGET, BUDGET + 100_000_000L);
        }
    }

    @Test
    void takesAnotherConnectionWhenItsOwnWasLost() throws IOException {
        server.says("+OK\r\n:2\r\n:0\r\n");
        try (Fence fence = fence(null)) {
            prepare(fence, 1);
            server.hangUp();

            assertThat(fence.fence(System.nanoTime() + BUDGET)).isTrue();
        }
    }

    @Test
    void noticesInACalmMomentThatItsConnectionWasLost() throws IOException {
        try (Fence fence = fence(null)) {
            prepare(fence, 1);
            server.hangUp();
            prepare(fence, 2);
        }
    }

    @Test
    void hasNothingToFenceWhereNobodyListens() throws IOException {
        try (Fence fence = fence(null)) {
            server.close();

            assertThat(fence.fence(System.nanoTime() + BUDGET)).isTrue();
        }
    }

    private Fence fence(String password) {
        return new Fence(server.address(), password);
    }

    private void prepare(Fence fence, int connections) {
        Awaitility.await().until(() -> {
            fence.prepare();
            return server.taken.get() == connections;
        });
        fence.prepare();
    }

    /** Answers what it receives with the next of its sentences. */
    private static final class Speaker {

        final StringBuffer heard = new StringBuffer();
        final AtomicInteger taken = new AtomicInteger();
        private final Queue<String> sentences = new ConcurrentLinkedQueue<>();
        private final ServerSocket listening;
        private final Thread thread;
        private volatile Socket current;
        private volatile boolean serving;

        Speaker() {
            try {
                listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            thread = Thread.ofPlatform().daemon().start(() -> {
                while (!listening.isClosed()) {
                    try (Socket socket = listening.accept()) {
                        current = socket;
                        serving = true;
                        taken.incrementAndGet();
                        serve(socket);
                    } catch (IOException e) {
                        // The next one.
                    } finally {
                        serving = false;
                    }
                }
            });
        }

        private void serve(Socket socket) throws IOException {
            InputStream in = socket.getInputStream();
            OutputStream out = socket.getOutputStream();
            byte[] bytes = new byte[4096];
            for (int count = in.read(bytes); count > 0; count = in.read(bytes)) {
                heard.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
                String sentence = sentences.poll();
                if (sentence != null) {
                    for (byte b : sentence.getBytes(StandardCharsets.US_ASCII)) {
                        out.write(b);
                    }
                }
            }
        }

        void says(String... more) {
            sentences.addAll(java.util.List.of(more));
        }

        void hangUp() throws IOException {
            current.close();
            Awaitility.await().until(() -> !serving);
        }

        Address address() {
            return new Address("127.0.0.1", listening.getLocalPort());
        }

        void close() throws IOException {
            listening.close();
            if (current != null) {
                current.close();
            }
            Awaitility.await().until(() -> !thread.isAlive());
        }
    }
}
