package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class PlainHttpTest {

    private static PlainHttp.Reply ask(String answer) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Thread.ofPlatform().daemon().start(() -> {
                try (Socket client = server.accept()) {
                    client.getInputStream().read(new byte[4096]);
                    client.getOutputStream().write(answer.getBytes(StandardCharsets.UTF_8));
                } catch (IOException e) {
                    // The test is over.
                }
            });
            return PlainHttp.get(server.getInetAddress().getHostAddress(), server.getLocalPort(), "/", Duration.ofSeconds(10));
        }
    }

    /** Finding D. */
    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.1 200 OK\r\n\r\nfine", "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nfine", "HTTP/1.1 200\r\n\r\nfine", "HTTP/1.0 200 \r\n\r\nfine"})
    void takesAnAnswerOfEitherVersionAndWithoutWords(String answer) throws Exception {
        assertThat(ask(answer)).isEqualTo(new PlainHttp.Reply(200, "fine"));
    }

    @Test
    void readsTheStatus() throws Exception {
        assertThat(ask("HTTP/1.0 503\r\n\r\nbusy").status()).isEqualTo(503);
    }

    @ParameterizedTest
    @ValueSource(strings = {"SSH-2.0-OpenSSH_9.9\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 fine\r\n\r\n", "HTTP/1.1\r\n\r\n200", "HTTP/1.1 200 OK\r\n"})
    void takesNothingElseForAnAnswer(String answer) {
        assertThatThrownBy(() -> ask(answer)).isInstanceOf(IOException.class).hasMessage("not an HTTP answer");
    }

    @Test
    void saysThatNothingCame() {
        assertThatThrownBy(() -> ask("")).isInstanceOf(IOException.class).hasMessage("connection closed");
    }
}
