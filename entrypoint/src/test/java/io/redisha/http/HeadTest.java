package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeadTest {

    private static Head parse(String text) throws Refused {
        byte[] in = text.getBytes(StandardCharsets.ISO_8859_1);
        return Head.of(in, Head.end(in, 0, in.length));
    }

    @Test
    void readsWhatMattersWhateverTheCase() throws Refused {
        assertThat(parse("POST /x HTTP/1.1\r\ncontent-LENGTH:  7 \r\nAuthorization: Bearer a\r\nConnection: Close\r\nX: \r\n\r\nbody"))
                .isEqualTo(new Head("POST /x HTTP/1.1", 7, false, "Bearer a", true));
        assertThat(parse("GET / HTTP/1.0\r\n\r\n")).isEqualTo(new Head("GET / HTTP/1.0", 0, false, null, true));
        assertThat(parse("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").close()).isFalse();
        assertThat(parse("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n").chunked()).isTrue();
        assertThat(parse("\r\n\r\n").start()).isEmpty();
    }

    @Test
    void findsItsEndWhereverTheBytesWereCut() {
        byte[] in = "GET / HTTP/1.1\r\nA: b\r\n\r\nGET".getBytes(StandardCharsets.ISO_8859_1);
        int end = in.length - 3;
        for (int cut = 0; cut < end; cut++) {
            assertThat(Head.end(in, 0, cut)).isEqualTo(-1);
            assertThat(Head.end(in, cut, in.length)).isEqualTo(end);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, Content-Length: -1",
        "400, Content-Length: +5",
        "400, Content-Length: 0x5",
        "400, Content-Length:",
        "400, Content-Length: 5|Content-Length: 0",
        "400, Content-Length: 5|content-length: 5",
        "400, Content-Length : 30",
        "400, A: b| c: d",
        "400, no header",
        "400, : nameless",
        "413, Content-Length: 2147483648",
        "413, Content-Length: 99999999999999999999",
    })
    void refusesWhatTwoProgramsCouldReadInTwoWays(int status, String headers) {
        assertThatThrownBy(() -> parse("POST / HTTP/1.1\r\n" + headers.replace("|", "\r\n") + "\r\n\r\n"))
                .isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.status()).isEqualTo(status));
    }

    @Test
    void refusesMoreHeadersThanAnybodySends() throws Refused {
        assertThat(parse("GET / HTTP/1.1\r\n" + "a: b\r\n".repeat(64) + "\r\n")).isNotNull();
        assertThatThrownBy(() -> parse("GET / HTTP/1.1\r\n" + "a: b\r\n".repeat(65) + "\r\n"))
                .isInstanceOfSatisfying(Refused.class, refused -> assertThat(refused.status()).isEqualTo(431));
    }
}
