package io.redisha.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The release's password, mounted from its Secret. The mount is optional, so that a missing Secret is told by this
 * program in the pod's log and Events, and made good without a restart.
 */
public final class PasswordFile {

    /** Where the chart mounts it. */
    public static final Path FILE = Path.of("/etc/redis-ha-secret/password");

    private static final Logger LOG = LoggerFactory.getLogger(PasswordFile.class);
    /** Bytes. A server reads no longer word from whoever has not said the password yet (networking.c: "unauthenticated bulk length"). */
    private static final int LONGEST = 16 * 1024;
    private static final Pattern LINE_END = Pattern.compile("\\r?\\n\\z");

    private final Path file;
    private final Settings.Auth auth;
    private final Duration pause;

    public PasswordFile(Settings.Auth auth) {
        this(FILE, auth, Duration.ofSeconds(1));
    }

    PasswordFile(Path file, Settings.Auth auth, Duration pause) {
        this.file = file;
        this.auth = auth;
        this.pause = pause;
    }

    /**
     * Waits until there is a password.
     *
     * @param waiting told once, in words, if there is none yet
     */
    public String await(Consumer<String> waiting) throws InterruptedException, Invalid {
        String password = read(file, auth);
        if (password == null) {
            String missing = missing() + ": waiting for it";
            LOG.warn("{}", missing);
            waiting.accept(missing);
            while (password == null) {
                Thread.sleep(pause);
                password = read(file, auth);
            }
            LOG.info("Secret {} has key {} now: going on", auth.secretName(), auth.passwordKey());
        }
        return password;
    }

    /** Why there is none, for a person. */
    private String missing() {
        String secret = "Secret " + auth.secretName();
        if (Files.isDirectory(file)) {
            return secret + ", key " + auth.passwordKey() + ", is mounted as a directory at " + file;
        }
        if (Files.exists(file) && !Files.isReadable(file)) {
            return secret + ", key " + auth.passwordKey() + ", may not be read at " + file;
        }
        return secret + " has no key " + auth.passwordKey() + ", or does not exist";
    }

    /**
     * The password, null if there is none (yet): the bytes of the Secret less one line end, which is an editor's. They need not be text, so each is a
     * character (ISO 8859-1), and is sent as it was.
     *
     * @param auth which Secret that is
     * @throws Invalid if it is none that a server can be told
     */
    public static String read(Path file, Settings.Auth auth) throws Invalid {
        String bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = new String(in.readNBytes(LONGEST + "\r\n".length() + 1), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return null;
        }
        String password = LINE_END.matcher(bytes).replaceFirst("");
        if (password.length() > LONGEST) {
            throw new Invalid(List.of("Secret " + auth.secretName() + ", key " + auth.passwordKey() + ": given a password of more than " + LONGEST
                    + " bytes, expected one that a server reads"));
        }
        if (password.chars().anyMatch(b -> b == 0 || b == '\n' || b == '\r')) {
            throw new Invalid(List.of("Secret " + auth.secretName() + ", key " + auth.passwordKey() + ": given a password with a "
                    + (password.indexOf(0) < 0 ? "line end" : "NUL byte") + " in it, expected one line without"));
        }
        return password.isEmpty() ? null : password;
    }
}
