package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.redisha.model.Data;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;

class StateFileTest {

    private static final Data DATA = new Data("3f2a", 7, "a1", "b2", 101, 4711, true, false);
    /** As it is read back. */
    private static final Data RESTORED = new Data("3f2a", 7, "a1", "b2", 101, 4711, true, true);
    private static final String WHOLE = StateFile.render(DATA).strip();

    @TempDir
    Path data;

    /** Level and text of each line, without what is put into it. */
    private final List<String> logged = new CopyOnWriteArrayList<>();

    private StateFile logging() {
        Logger log = (Logger) Proxy.newProxyInstance(Logger.class.getClassLoader(), new Class<?>[] {Logger.class}, (proxy, method, args) -> {
            logged.add(method.getName() + " " + args[0]);
            return null;
        });
        return new StateFile(data, Duration.ofMillis(5), log);
    }

    private Path file() throws IOException {
        return Files.createDirectories(data.resolve(".redis-ha")).resolve("state.json");
    }

    @Test
    void readsBackWhatItWroteAsComingFromDisk() {
        try (StateFile state = new StateFile(data)) {
            state.save(DATA);
            assertThat(state.flush(Duration.ofSeconds(5))).isTrue();
        }
        try (StateFile state = new StateFile(data)) {
            assertThat(state.load()).isEqualTo(new Data("3f2a", 7, "a1", "b2", 101, 4711, true, true));
        }
        assertThat(data.resolve(".redis-ha/state.json")).content().isEqualTo("{\"term\":7,\"datasetId\":\"3f2a\",\"replid\":\"a1\","
                + "\"replid2\":\"b2\",\"secondOffset\":101,\"offset\":4711,\"inSync\":true,\"torn\":false}\n");
    }

    @Test
    void knowsOfNoDatasetWhereNoneWasNamed() {
        Data unnamed = new Data(null, 0, "", "", -1, 0, false, true);

        assertThat(StateFile.parse(StateFile.render(unnamed))).isEqualTo(unnamed);
    }

    @Test
    void remembersThatFilesLackTheirEndAndThatOlderProgramsSaidNothingOfThat() {
        Data torn = new Data("3f2a", 7, "a1", "b2", 101, 4711, true, true, true);
        String text = StateFile.render(torn);

        assertThat(StateFile.parse(text)).isEqualTo(torn);
        assertThat(StateFile.parse(text.replace(",\"torn\":true", ""))).isEqualTo(new Data("3f2a", 7, "a1", "b2", 101, 4711, true, true));
    }

    /** By 0.3.0, which wrote a field that no version has ever read. */
    @Test
    void readsWhatAnOlderProgramWrote() {
        assertThat(StateFile.parse("{\"term\":7,\"datasetId\":\"3f2a\",\"replid\":\"a1\",\"replid2\":\"b2\",\"secondOffset\":101,\"offset\":4711,\"inSync\":true,"
                + "\"cleanShutdown\":true}\n")).isEqualTo(new Data("3f2a", 7, "a1", "b2", 101, 4711, true, true));
    }

    @Test
    void takesAMissingFileAsNoData() {
        try (StateFile state = new StateFile(data)) {
            assertThat(state.load()).isEqualTo(Data.NONE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{}", "null", "[]", "\0\0\0\0", "{\"term\":7}", "{\"term\":\"seven\"}", "{\"term\":99999999999999999999}"})
    void takesACorruptFileAsNoData(String text) throws IOException {
        Files.createDirectory(data.resolve(".redis-ha"));
        Files.writeString(data.resolve(".redis-ha/state.json"), text);
        try (StateFile state = new StateFile(data)) {
            assertThat(state.load()).isEqualTo(Data.NONE);
        }
    }

    // ---- bad input: words, no crash, and what is mended counts

    private static Arguments row(String sentence, String text) {
        return arguments(sentence, text.getBytes(StandardCharsets.UTF_8));
    }

    private static Stream<Arguments> bad() {
        byte[] random = new byte[300];
        new Random(5).nextBytes(random);
        return Stream.of(
                row("an empty file is unreadable", ""),
                row("a file that is cut is unreadable", WHOLE.substring(0, 60)),
                row("a file with something behind its end is unreadable", WHOLE + "}"),
                arguments("random bytes are unreadable", random),
                row("a file of more than 16 KiB is unreadable", WHOLE + " ".repeat(16 * 1024)),
                row("a term that is too long for a number is unreadable", WHOLE.replace(":7,", ":99999999999999999999,")),
                row("a term that leaves no next one is unreadable", WHOLE.replace(":7,", ":9223372036854775807,")),
                row("a negative term is unreadable", WHOLE.replace(":7,", ":-7,")),
                row("a term with a fraction is unreadable", WHOLE.replace(":7,", ":7.5,")),
                row("a term in quotes is unreadable", WHOLE.replace(":7,", ":\"7\",")),
                row("an offset that is too long for a number is unreadable", WHOLE.replace(":4711,", ":99999999999999999999,")),
                row("an offset above 2^62 is unreadable", WHOLE.replace(":4711,", ":4611686018427387905,")),
                row("an offset below -1 is unreadable", WHOLE.replace(":4711,", ":-2,")),
                row("a second offset above 2^62 is unreadable", WHOLE.replace(":101,", ":4611686018427387905,")),
                row("a file without a term is unreadable", WHOLE.replace("\"term\":7,", "")),
                row("a file without a dataset is unreadable", WHOLE.replace("\"datasetId\":\"3f2a\",", "")),
                row("a file without an offset is unreadable", WHOLE.replace("\"offset\":4711,", "")),
                row("a file that does not say whether it was in sync is unreadable", WHOLE.replace("\"inSync\":true,", "")),
                row("an id with a line end in it is unreadable", WHOLE.replace("3f2a", "3f\\n2a")),
                row("a file in the format of a later version is unreadable", WHOLE.replace("{", "{\"format\":2,")),
                row("a file in a format that is no number is unreadable", WHOLE.replace("{", "{\"format\":\"two\",")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad")
    void whatIsUnreadableIsUnknownIsToldAndCountsAgainWhenItIsMended(String sentence, byte[] content) throws IOException {
        Files.write(file(), content);
        try (StateFile state = logging()) {
            assertThat(state.load()).isEqualTo(Data.NONE);
            assertThat(logged).containsExactly("warn {} is unreadable, taken as missing, and this pod's data for the oldest: {}");
            assertThat(Files.readAllBytes(file())).as("left for a person").isEqualTo(content);

            Files.writeString(file(), WHOLE);
            assertThat(state.load()).isEqualTo(RESTORED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"format\":1,", "{\"mood\":\"a \\\"good\\\" one, {really}\",", "{\"later\":{\"term\":[1,2]},\"much\":99999999999999999999,"})
    void whatALaterVersionAddsIsNoError(String added) throws IOException {
        Files.writeString(file(), WHOLE.replace("{", added));
        try (StateFile state = logging()) {
            assertThat(state.load()).isEqualTo(RESTORED);
        }
        assertThat(logged).isEmpty();
    }

    @Test
    void readsNoMoreOfAHugeFileThanItTakesToSeeThatItIsNone() throws IOException {
        try (RandomAccessFile huge = new RandomAccessFile(file().toFile(), "rw")) {
            huge.setLength(1L << 40);
        } catch (IOException e) {
            assumeFalse(true, "no sparse files here");
        }
        try (StateFile state = logging()) {
            assertThat(state.load()).isEqualTo(Data.NONE);
        }
        assertThat(logged).hasSize(1);
    }

    @Test
    void aFileThatMayNotBeReadIsUnknownAndReplaced() throws IOException {
        Files.writeString(file(), WHOLE);
        Files.setPosixFilePermissions(file(), PosixFilePermissions.fromString("---------"));
        assumeFalse(Files.isReadable(file()), "root may read everything");
        try (StateFile state = logging()) {
            assertThat(state.load()).isEqualTo(Data.NONE);
            assertThat(logged).hasSize(1);
            state.save(DATA);
            assertThat(state.flush(Duration.ofSeconds(5))).isTrue();
            assertThat(state.load()).isEqualTo(RESTORED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"state.json", "state.json.new"})
    void aDirectoryInTheWayIsToldOnceAndWhatCouldNotBeWrittenIsWhenItIsGone(String name) throws IOException {
        Path inTheWay = Files.createDirectory(file().resolveSibling(name));
        try (StateFile state = logging()) {
            assertThat(state.load()).isEqualTo(Data.NONE);
            logged.clear();
            for (int offset = 0; offset < 20; offset++) {
                state.save(new Data("3f2a", 7, "a1", "b2", 101, offset, true, false));
                assertThat(state.flush(Duration.ofSeconds(5))).isFalse();
            }
            state.save(DATA);
            assertThat(state.flush(Duration.ofSeconds(5))).isFalse();
            assertThat(logged).containsExactly("warn {} cannot be written: {}");

            Files.delete(inTheWay);   // and nothing new is to be said
            await().until(() -> Files.isRegularFile(file()));
            await().until(() -> logged.size() == 2);
            assertThat(logged).containsExactly("warn {} cannot be written: {}", "info {} can be written again");
            assertThat(state.load()).isEqualTo(RESTORED);
        }
    }

    @Test
    void aFileInPlaceOfItsDirectoryIsToldAndWhatCouldNotBeWrittenIsWhenItIsGone() throws IOException {
        Path inTheWay = Files.createFile(data.resolve(".redis-ha"));
        try (StateFile state = logging()) {
            assertThat(state.load()).isEqualTo(Data.NONE);
            state.save(DATA);
            assertThat(state.flush(Duration.ofSeconds(5))).isFalse();
            assertThat(logged).containsExactly("warn {} is unreadable, taken as missing, and this pod's data for the oldest: {}", "warn {} cannot be written: {}");

            Files.delete(inTheWay);
            await().until(() -> logged.size() == 3);
            assertThat(logged).last().isEqualTo("info {} can be written again");
            assertThat(state.load()).isEqualTo(RESTORED);
        }
    }

    @Test
    void takesAnyCutFileAsNoData() throws IOException {
        String whole = StateFile.render(DATA);
        Files.createDirectory(data.resolve(".redis-ha"));
        try (StateFile state = new StateFile(data)) {
            for (int length = 0; length < whole.length() - 1; length++) {
                Files.writeString(data.resolve(".redis-ha/state.json"), whole.substring(0, length));
                assertThat(state.load()).as(whole.substring(0, length)).isEqualTo(Data.NONE);
            }
        }
    }

    @Test
    void writesTheNewestOfSeveralStates() {
        try (StateFile state = new StateFile(data)) {
            for (int offset = 0; offset < 1000; offset++) {
                state.save(new Data("3f2a", 7, "a1", "b2", 101, offset, true, false));
            }
            assertThat(state.flush(Duration.ofSeconds(5))).isTrue();
            assertThat(state.load().offset()).isEqualTo(999);
        }
    }

    @Test
    void survivesADirectoryItCannotWriteTo() throws IOException {
        Path file = Files.createFile(data.resolve("file"));
        try (StateFile state = new StateFile(file)) {
            state.save(DATA);
            assertThat(state.flush(Duration.ofSeconds(5))).isFalse();
            assertThat(state.load()).isEqualTo(Data.NONE);
        }
    }
}
