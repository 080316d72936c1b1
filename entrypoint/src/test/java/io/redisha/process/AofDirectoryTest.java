package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What servers make of these directories, {@link CorruptionIT} shows. */
class AofDirectoryTest {

    private static final String MANIFEST = "appendonly.aof.manifest";
    private static final String BASE = "file appendonly.aof.2.base.rdb seq 2 type b\n";
    private static final String LOG = "file appendonly.aof.2.incr.aof seq 2 type i\n";

    @TempDir
    Path data;

    private Path directory;

    @BeforeEach
    void write() throws IOException {
        directory = Files.createDirectory(data.resolve("appendonlydir"));
        write(whole());
    }

    private static Map<String, String> whole() {
        return new TreeMap<>(Map.of(MANIFEST, BASE + LOG, "appendonly.aof.2.base.rdb", "REDIS0011", "appendonly.aof.2.incr.aof", "*1\r\n"));
    }

    private void write(Map<String, String> files) throws IOException {
        for (Path file : list()) {
            Files.delete(file);
        }
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
    }

    private Iterable<Path> list() throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.toList();
        }
    }

    private String loss() {
        return new AofDirectory(directory, "appendonly.aof").loss();
    }

    /** @param changes by file name what is in it, null if there is no such file */
    private static Arguments row(String sentence, String words, String... changes) {
        Map<String, String> files = whole();
        for (int i = 0; i < changes.length; i += 2) {
            if (changes[i + 1] == null) {
                files.remove(changes[i]);
            } else {
                files.put(changes[i], changes[i + 1]);
            }
        }
        return arguments(sentence, words, files);
    }

    private static Stream<Arguments> losses() {
        String without = ", and the server would start without what is in it";
        String base = "there is %s/appendonly.aof.2.base.rdb, but ";
        String log = "there is %s/appendonly.aof.2.incr.aof, but ";
        String unnamed = "%s/appendonly.aof.manifest does not name it" + without;
        return Stream.of(
                row("a manifest that is gone", base + "there is no %s/appendonly.aof.manifest" + without, MANIFEST, null),
                row("a manifest that is gone, and a base file without a rewrite", "there is %s/appendonly.aof.1.incr.aof, but there is no %s/appendonly.aof.manifest" + without,
                        MANIFEST, null, "appendonly.aof.2.base.rdb", null, "appendonly.aof.2.incr.aof", null, "appendonly.aof.1.base.rdb", "REDIS0011", "appendonly.aof.1.incr.aof", "*1\r\n"),
                row("a manifest that is gone, and a first base file of all keys", "there is %s/appendonly.aof.1.base.rdb, but there is no %s/appendonly.aof.manifest" + without,
                        MANIFEST, null, "appendonly.aof.2.base.rdb", null, "appendonly.aof.2.incr.aof", null, "appendonly.aof.1.base.rdb", "REDIS0011".repeat(1000)),
                row("a manifest that was cut after its first line", log + unnamed, MANIFEST, BASE),
                row("a manifest without its first line", base + unnamed, MANIFEST, LOG),
                row("a manifest of a server that has begun anew", log + unnamed, MANIFEST, BASE.replace('2', '1') + LOG.replace('2', '1'),
                        "appendonly.aof.1.base.rdb", "REDIS0011", "appendonly.aof.1.incr.aof", ""),
                row("a base file of no bytes", "%s/appendonly.aof.2.base.rdb is empty, which no such file is, and the server would start without what was in it",
                        "appendonly.aof.2.base.rdb", ""),
                row("files of no bytes", "%s/appendonly.aof.2.base.rdb is empty, which no such file is, and the server would start without what was in it",
                        "appendonly.aof.2.base.rdb", "", "appendonly.aof.2.incr.aof", ""));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("losses")
    void noServerIsToStartWithoutWhatIsThereAndWhenItIsMendedItMay(String sentence, String words, Map<String, String> files) throws IOException {
        write(files);
        assertThat(loss()).isEqualTo(words.replace("%s", directory.toString()));

        write(whole());
        assertThat(loss()).isNull();
    }

    @Test
    void aDirectoryInPlaceOfTheManifestKeepsTheServerFromBeginningAnew() throws IOException {
        Files.delete(directory.resolve(MANIFEST));
        Files.createDirectory(directory.resolve(MANIFEST));
        assertThat(loss()).isEqualTo("there is " + directory + "/appendonly.aof.2.base.rdb, but " + directory
                + "/appendonly.aof.manifest is no file, and the server would start without what is in it");
    }

    private static Stream<Arguments> fine() {
        return Stream.of(
                row("a whole directory", null),
                row("comments, offsets and what is about to be removed", null, MANIFEST, BASE + "file appendonly.aof.1.incr.aof seq 1 type h\n" + LOG.replace("type i", "type i startoffset 100"),
                        "appendonly.aof.1.incr.aof", "*1\r\n"),
                row("what a rewrite was about to remove", null, "appendonly.aof.1.incr.aof", "*1\r\n", "appendonly.aof.1.base.rdb", "REDIS0011".repeat(1000)),
                row("a base file that a rewrite had not named yet", null, "appendonly.aof.3.base.rdb", "REDIS0011"),
                row("a log that a rewrite had just begun", null, "appendonly.aof.3.incr.aof", ""),
                row("the first rewrite after a full copy, which names its log last of all", null, "appendonly.aof.3.base.rdb", "REDIS0011".repeat(1000),
                        "appendonly.aof.3.incr.aof", "*1\r\n"),
                row("a log in which nothing was written yet", null, "appendonly.aof.2.incr.aof", ""),
                row("a base file in which there is no key, of a server that writes no RDB", null, MANIFEST, BASE.replace("rdb", "aof") + LOG, "appendonly.aof.2.base.rdb", null,
                        "appendonly.aof.2.base.aof", "", "appendonly.aof.2.incr.aof", ""),
                row("a first start that was cut short", null, MANIFEST, null, "appendonly.aof.2.base.rdb", null, "appendonly.aof.2.incr.aof", null,
                        "appendonly.aof.1.base.rdb", "REDIS0011", "appendonly.aof.1.incr.aof", ""),
                row("a directory with nothing in it", null, MANIFEST, null, "appendonly.aof.2.base.rdb", null, "appendonly.aof.2.incr.aof", null),
                row("files of other names", null, MANIFEST, null, "appendonly.aof.2.base.rdb", null, "appendonly.aof.2.incr.aof", null, "other.aof.2.incr.aof", "*1\r\n",
                        "temp-appendonly.aof.incr", "*1\r\n", "appendonly.aof.99999999999999999999.incr.aof", "*1\r\n"),
                row("what the server speaks of itself: an empty manifest", null, MANIFEST, ""),
                row("what the server speaks of itself: a manifest of anything", null, MANIFEST, BASE + "\0\0garbage"),
                row("what the server speaks of itself: a file of another version", null, MANIFEST, BASE + "file x seq 3 type z\n"),
                row("what the server speaks of itself: a number too long", null, MANIFEST, BASE.replace("seq 2", "seq 99999999999999999999")),
                row("what the server speaks of itself: a file that is missing", null, "appendonly.aof.2.base.rdb", null));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("fine")
    void isNoLoss(String sentence, String words, Map<String, String> files) throws IOException {
        write(files);
        assertThat(loss()).isNull();
    }

    @Test
    void leavesToTheServerWhatMayNotBeRead() throws IOException {
        Path manifest = directory.resolve(MANIFEST);
        Files.setPosixFilePermissions(manifest, PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(manifest), "root may read everything");
        assertThat(loss()).isNull();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("---------"));
        try {
            assertThat(loss()).isNull();
        } finally {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
        }
    }

    @Test
    void leavesToTheServerAFileInPlaceOfTheDirectoryAndNoDirectory() throws IOException {
        assertThat(new AofDirectory(data.resolve("none"), "appendonly.aof").loss()).isNull();
        assertThat(new AofDirectory(Files.createFile(data.resolve("file")), "appendonly.aof").loss()).isNull();
    }

    @Test
    void readsNoMoreOfAHugeManifestThanItTakesToSeeThatItIsNone() throws IOException {
        Files.writeString(directory.resolve(MANIFEST), LOG.repeat(30_000));
        assertThat(loss()).isNull();
    }
}
