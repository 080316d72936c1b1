package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class TokenTest {

    /** As members of 0.3.0 have it, of each password that is text. */
    @Test
    void isMadeOfThePasswordsBytes() throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest("redis-ha member\ns\u00e9cret".getBytes(StandardCharsets.UTF_8));

        assertThat(new Token("s\u00c3\u00a9cret").header()).isEqualTo("Bearer " + HexFormat.of().formatHex(digest));
    }
}
