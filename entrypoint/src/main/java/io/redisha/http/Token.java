package io.redisha.http;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What members prove to each other that they know the release's password with, without sending it. */
public final class Token {

    private final String header;

    /** @param password whose characters stand for its bytes */
    public Token(String password) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(("redis-ha member\n" + password).getBytes(StandardCharsets.ISO_8859_1));
            header = "Bearer " + HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** The Authorization header. */
    public String header() {
        return header;
    }

    /** Takes as long for a nearly right one as for a wrong one. */
    boolean matches(String given) {
        return given != null
                && MessageDigest.isEqual(header.getBytes(StandardCharsets.US_ASCII), given.getBytes(StandardCharsets.ISO_8859_1));
    }
}
