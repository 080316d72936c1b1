package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.model.Address;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.exceptions.JedisDataException;

/** Against a server that greets, or lets nobody in, and answers OK to all else. */
@Timeout(20)
class LinkTest {

    private final StringBuffer heard = new StringBuffer();
    private final ServerSocket server;
    private volatile String greeting = "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2\r\n";
    private volatile boolean hungUp;

    LinkTest() throws IOException {
        server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().start(() -> {
            try (Socket client = server.accept()) {
                byte[] bytes = new byte[4096];
                for (int count = client.getInputStream().read(bytes); count > 0; count = client.getInputStream().read(bytes)) {
                    String request = new String(bytes, 0, count, StandardCharsets.ISO_8859_1);
                    heard.append(request);
                    client.getOutputStream().write((request.contains("AUTH") ? greeting : request.contains("INFO") ? infos(request) : "+OK\r\n").getBytes(StandardCharsets.US_ASCII));
                }
            } catch (IOException e) {
                // Closed.
            }
            hungUp = true;
        });
    }

    @AfterEach
    void close() throws IOException {
        server.close();
    }

    private Link link(String password) {
        return new Link(new Address("127.0.0.1", server.getLocalPort()), password);
    }

    private static String infos(String request) {
        String reply = bulk("role:master\r\nrun_id:run\r\n") + "*2\r\n" + bulk("min-replicas-to-write") + bulk("1");
        return request.contains("memory") ? reply + bulk("used_memory:1001\r\nmaxmemory:1000\r\nmaxmemory_policy:noeviction\r\n") : reply;
    }

    private static String bulk(String text) {
        return "$" + text.length() + "\r\n" + text + "\r\n";
    }

    private static long soon() {
        return System.nanoTime() + 5_000_000_000L;
    }

    @Test
    void logsInWithTheBytesOfThePassword() {
        try (Link link = link("\u00ff\u00e9 ")) {
            assertThat(Link.text(link.call(soon(), "PING"))).isEqualTo("OK");
        }
        assertThat(heard).hasToString("*5\r\n$5\r\nHELLO\r\n$1\r\n2\r\n$4\r\nAUTH\r\n$7\r\ndefault\r\n$3\r\n\u00ff\u00e9 \r\n*1\r\n$4\r\nPING\r\n");
    }

    @Test
    void asksNothingMoreOfAServerThatDoesNotLetItIn() {
        greeting = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";
        try (Link link = link("other")) {
            assertThatThrownBy(() -> link.call(soon(), "PING")).isInstanceOf(JedisDataException.class).hasMessageStartingWith("WRONGPASS");
            Awaitility.await().until(() -> hungUp);
        }
        assertThat(heard.toString()).doesNotContain("PING");
    }

    /** Finding R22. It decides nothing: it is not worth an answer ten times a second. */
    @Test
    void looksOnceASecondWhetherTheServerIsFullAndRemembersItInBetween() {
        try (Link link = link("x")) {
            long began = System.nanoTime();
            assertThat(link.info(soon(), 0).full()).isTrue();
            assertThat(link.info(soon(), 0).full()).isTrue();
            assertThat(link.info(soon(), 0).minReplicas()).isEqualTo(1);
            if (System.nanoTime() - began < 900_000_000L) {
                assertThat(heard.toString().split("memory", -1)).as("questions, and what is before the first").hasSize(2);
            }
        }
    }
}
