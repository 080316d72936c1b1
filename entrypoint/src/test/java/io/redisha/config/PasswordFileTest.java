package io.redisha.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PasswordFileTest {

    @TempDir
    Path mount;

    private static final Settings.Auth AUTH = new Settings.Auth(true, "mine", "pw");

    private final List<String> told = new CopyOnWriteArrayList<>();

    private PasswordFile file() {
        return new PasswordFile(mount.resolve("password"), AUTH, Duration.ofMillis(5));
    }

    @Test
    void readsThePasswordWithoutALineEnd() throws Exception {
        Files.writeString(mount.resolve("password"), "s3cret\n");

        assertThat(file().await(told::add)).isEqualTo("s3cret");
        assertThat(told).isEmpty();
    }

    @Test
    void isTheBytesOfTheSecretLessOneLineEnd() throws Exception {
        assertThat(read("s3cret\r\n")).isEqualTo("s3cret");
        assertThat(read("s3cret ")).isEqualTo("s3cret ");
        assertThat(read(" s3cret \t \n")).isEqualTo(" s3cret \t ");
        assertThat(read(" ")).isEqualTo(" ");
        assertThat(read("\u00ff\u0080")).as("no text").isEqualTo("\u00ff\u0080");
        Files.writeString(mount.resolve("password"), "\u00e9");
        assertThat(file().await(told::add)).as("a character a byte").isEqualTo("\u00c3\u00a9");
        assertThat(told).isEmpty();
    }

    @Test
    void refusesWhatNoServerCanBeTold() {
        for (String bytes : List.of("a\nb", "a\rb", "ab\n\n", "\n\n")) {
            assertThatThrownBy(() -> read(bytes)).isInstanceOfSatisfying(Invalid.class, e -> assertThat(e.problems()).containsExactly(
                    "Secret mine, key pw: given a password with a line end in it, expected one line without"));
        }
        assertThatThrownBy(() -> read("a\0b\n")).isInstanceOfSatisfying(Invalid.class, e -> assertThat(e.problems()).containsExactly(
                "Secret mine, key pw: given a password with a NUL byte in it, expected one line without"));
        assertThat(told).isEmpty();
    }

    private String read(String bytes) throws Exception {
        Files.writeString(mount.resolve("password"), bytes, StandardCharsets.ISO_8859_1);
        return file().await(told::add);
    }

    @Test
    void takesAnEmptyPasswordForNone() throws Exception {
        Files.writeString(mount.resolve("password"), "\n");

        assertThat(PasswordFile.read(mount.resolve("password"), AUTH)).isNull();
        assertThat(PasswordFile.read(mount.resolve("none"), AUTH)).isNull();
    }

    @Test
    void refusesAPasswordThatIsTooLongForAServerAndReadsNoMoreOfItThanThat() throws Exception {
        assertThat(read("x".repeat(16_384) + "\r\n")).hasSize(16_384);
        for (int length : new int[] {16_385, 16_388, 1_000_000}) {
            assertThatThrownBy(() -> read("x".repeat(length))).isInstanceOfSatisfying(Invalid.class, e -> assertThat(e.problems()).containsExactly(
                    "Secret mine, key pw: given a password of more than 16384 bytes, expected one that a server reads"));
        }
        assertThat(told).isEmpty();
    }

    /** Random bytes are a password like another, unless one of them ends a line: what is wrong is told, and nothing is read of a part of it. */
    @Test
    void takesRandomBytesAsTheyAreOrSaysWhyNot() throws Exception {
        Random random = new Random(6);
        for (int i = 0; i < 200; i++) {
            byte[] bytes = new byte[1 + random.nextInt(64)];
            random.nextBytes(bytes);
            String sent = new String(bytes, StandardCharsets.ISO_8859_1);
            try {
                assertThat(read(sent)).isEqualTo(sent.replaceFirst("\\r?\\n\\z", ""));
            } catch (Invalid e) {
                assertThat(sent).containsPattern("[\\x00\\r\\n]");
            }
        }
    }

    @Test
    void waitsForAKeyThatIsMountedAsADirectoryAndSaysSoOnce() throws IOException {
        Path directory = Files.createDirectory(mount.resolve("password"));
        CompletableFuture<String> password = waiting();
        await().until(() -> !told.isEmpty());

        Files.delete(directory);
        Files.writeString(mount.resolve("password"), "late");

        assertThat(password).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("late");
        assertThat(told).containsExactly("Secret mine, key pw, is mounted as a directory at " + directory + ": waiting for it");
    }

    @Test
    void waitsForAKeyThatMayNotBeReadAndSaysSoOnce() throws IOException {
        Path file = Files.writeString(mount.resolve("password"), "late");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(file), "root may read everything");
        CompletableFuture<String> password = waiting();
        await().until(() -> !told.isEmpty());

        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));

        assertThat(password).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("late");
        assertThat(told).containsExactly("Secret mine, key pw, may not be read at " + file + ": waiting for it");
    }

    private CompletableFuture<String> waiting() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return file().await(told::add);
            } catch (InterruptedException | Invalid e) {
                throw new IllegalStateException(e);
            }
        });
    }

    @Test
    void waitsForASecretThatComesLaterAndSaysSoOnce() throws IOException {
        CompletableFuture<String> password = waiting();
        await().until(() -> !told.isEmpty());
        Files.writeString(mount.resolve("password"), "");
        assertThat(password).isNotDone();

        Files.writeString(mount.resolve("password"), "late");

        assertThat(password).succeedsWithin(Duration.ofSeconds(5)).isEqualTo("late");
        assertThat(told).containsExactly("Secret mine has no key pw, or does not exist: waiting for it");
    }
}
