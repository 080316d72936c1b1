package io.redisha.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
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
    public String await(Consumer<String> waiting) throws InterruptedException {
        String password = read(file);
        if (password == null) {
            String missing = "Secret " + auth.secretName() + " has no key " + auth.passwordKey();
            LOG.warn("{}, or does not exist: waiting for it", missing);
            waiting.accept(missing + ", or does not exist: waiting for it");
            while (password == null) {
                Thread.sleep(pause);
                password = read(file);
            }
            LOG.info("Secret {} has key {} now: going on", auth.secretName(), auth.passwordKey());
        }
        return password;
    }

    /** The password, null if there is none (yet). A line end is an editor's, not the password's. */
    public static String read(Path file) {
        try {
            String password = Files.readString(file, StandardCharsets.UTF_8).stripTrailing();
            return password.isEmpty() ? null : password;
        } catch (IOException e) {
            return null;
        }
    }
}
