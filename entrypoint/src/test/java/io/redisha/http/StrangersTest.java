package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What anybody who reaches the two ports can do to an agent that has the image's heap, 16 MiB, and that ends when there is no memory. */
@Timeout(60)
class StrangersTest {

    private static final int STRANGERS = 200;
    private static final byte[] WITHHELD = new byte[256 * 1024 - 1];

    private Process agent;
    private int http;
    private int member;
    private final List<Socket> open = new CopyOnWriteArrayList<>();

    @BeforeEach
    void anAgentWithTheImagesHeap() throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        agent = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "@src/image/run.args",
                "-cp", classPath, SmallAgent.class.getName()).redirectError(new File("target/strangers.log")).start();
        BufferedReader said = agent.inputReader();
        String[] ports = said.readLine().split(" ");
        http = Integer.parseInt(ports[0]);
        member = Integer.parseInt(ports[1]);
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        agent.destroyForcibly();
    }

    /** Opens the connections all at once; each says {@code start}, and goes on with {@code rest} as long as it is let. */
    private void strangers(int port, String start, byte[] rest) throws InterruptedException {
        CountDownLatch connected = new CountDownLatch(STRANGERS);
        IntStream.range(0, STRANGERS).forEach(i -> Thread.ofVirtual().start(() -> {
            try {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
                open.add(socket);
                connected.countDown();
                socket.getOutputStream().write(start.getBytes(StandardCharsets.US_ASCII));
                socket.getOutputStream().write(rest);
            } catch (IOException refused) {
                connected.countDown();
            }
        }));
        connected.await(20, TimeUnit.SECONDS);
    }

    private String ask(int port, String path, String authorization) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nConnection: close\r\n" + authorization + "\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void isUnharmed() throws IOException {
        for (int i = 0; i < 10; i++) {
            assertThat(agent.isAlive()).as("the agent lives").isTrue();
            assertThat(ask(http, "/livez", "")).startsWith("HTTP/1.1 200 ");
            assertThat(ask(http, "/readyz", "")).startsWith("HTTP/1.1 200 ");
            // it is heard; what needs the loop has half a second, which is short for a JVM that has just started on a busy machine
            assertThat(ask(member, "/member/nothing", "Authorization: " + new Token(SmallAgent.PASSWORD).header() + "\r\n")).startsWith("HTTP/1.1 404 ");
        }
    }

    @Test
    void livesOnWhileManyWithholdTheEndOfABody() throws Exception {
        for (int port : new int[] {http, member}) {
            strangers(port, "POST /livez HTTP/1.1\r\nContent-Length: 262144\r\n\r\n", WITHHELD);
        }
        isUnharmed();
    }

    @Test
    void livesOnWhileManyWithholdTheEndOfAHead() throws Exception {
        for (int port : new int[] {http, member}) {
            strangers(port, "GET /livez HTTP/1.1\r\nX: ", "x".repeat(8000).getBytes(StandardCharsets.US_ASCII));
        }
        isUnharmed();
    }

    @Test
    void livesOnWhileManyAskForWhatTheyDoNotRead() throws Exception {
        strangers(http, "", "GET /metrics HTTP/1.1\r\n\r\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII));
        strangers(http, "", "GET /status?output=json HTTP/1.1\r\n\r\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII));
        strangers(member, "", "GET /member/state HTTP/1.1\r\n\r\n".repeat(10_000).getBytes(StandardCharsets.US_ASCII));
        isUnharmed();
    }
}
