package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasswordFileTest {

    @TempDir
    Path mount;

    private final List<String> told = new CopyOnWriteArrayList<>();

    private PasswordFile file() {
        return new PasswordFile(mount.resolve("password"), new Settings.Auth(true, "mine", "pw"), Duration.ofMillis(5));
    }

    @Test
    void readsThePasswordWithoutALineEnd() throws Exception {
        Files.writeString(mount.resolve("password"), "s3cret\n");

        assertThat(file().await(told::add)).isEqualTo("s3cret");
        assertThat(told).isEmpty();
    }

    @Test
    void takesAnEmptyPasswordForNone() throws IOException {
        Files.writeString(mount.resolve("password"), "\n");

        assertThat(PasswordFile.read(mount.resolve("password"))).isNull();
        assertThat(PasswordFile.read(mount.resolve("none"))).isNull();
    }

    @Test
    void waitsForASecretThatComesLaterAndSaysSoOnce() throws IOException {
        CompletableFuture<String> password = CompletableFuture.supplyAsync(() -> {
            try {
                return file().await(told::add);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        await().until(() -> !told.isEmpty());
        Files.writeString(mount.resolve("password"), "");
        assertThat(password).isNotDone();

        Files.writeString(mount.resolve("password"), "late");

        assertThat(password).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("late");
        assertThat(told).containsExactly("Secret mine has no key pw, or does not exist: waiting for it");
    }
}
