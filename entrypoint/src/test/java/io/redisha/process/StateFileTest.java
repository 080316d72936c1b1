package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Data;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StateFileTest {

    private static final Data DATA = new Data("3f2a", 7, "a1", "b2", 101, 4711, true, false);

    @TempDir
    Path data;

    @Test
    void readsBackWhatItWroteAsComingFromDisk() {
        try (StateFile state = new StateFile(data)) {
            state.save(DATA, true);
            assertThat(state.flush(Duration.ofSeconds(5))).isTrue();
        }
        try (StateFile state = new StateFile(data)) {
            assertThat(state.load()).isEqualTo(new Data("3f2a", 7, "a1", "b2", 101, 4711, true, true));
        }
        assertThat(data.resolve(".redis-ha/state.json")).content().isEqualTo("{\"term\":7,\"datasetId\":\"3f2a\",\"replid\":\"a1\","
                + "\"replid2\":\"b2\",\"secondOffset\":101,\"offset\":4711,\"inSync\":true,\"cleanShutdown\":true}\n");
    }

    @Test
    void knowsOfNoDatasetWhereNoneWasNamed() {
        Data unnamed = new Data(null, 0, "", "", -1, 0, false, true);

        assertThat(StateFile.parse(StateFile.render(unnamed, false))).isEqualTo(unnamed);
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

    @Test
    void takesAnyCutFileAsNoData() throws IOException {
        String whole = StateFile.render(DATA, true);
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
                state.save(new Data("3f2a", 7, "a1", "b2", 101, offset, true, false), false);
            }
            assertThat(state.flush(Duration.ofSeconds(5))).isTrue();
            assertThat(state.load().offset()).isEqualTo(999);
        }
    }

    @Test
    void survivesADirectoryItCannotWriteTo() throws IOException {
        Path file = Files.createFile(data.resolve("file"));
        try (StateFile state = new StateFile(file)) {
            state.save(DATA, false);
            assertThat(state.flush(Duration.ofSeconds(5))).isFalse();
            assertThat(state.load()).isEqualTo(Data.NONE);
        }
    }
}
