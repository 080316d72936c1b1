package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RespTest {

    @Test
    void logsInWithTheBytesOfThePassword() throws IOException {
        String expected = "*2\r\n$4\r\nAUTH\r\n$3\r\n\u00ff\u00e9 \r\n";
        CompletableFuture<String> heard = new CompletableFuture<>();
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> {
                try (Socket client = server.accept()) {
                    heard.complete(new String(client.getInputStream().readNBytes(expected.length()), StandardCharsets.ISO_8859_1));
                    client.getOutputStream().write("+OK\r\n".getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    heard.completeExceptionally(e);
                }
            });
            new Resp("127.0.0.1", server.getLocalPort(), "\u00ff\u00e9 ", Duration.ofSeconds(5)).close();
        }
        assertThat(heard).isCompletedWithValue(expected);
    }
}
