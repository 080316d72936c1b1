package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Rule D1, on a directory. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "syncs directories")
class SetAsideTest {

    private static final String SAID = "Bad file format reading the append only file appendonly.aof.1.incr.aof";
    private static final List<String> NAMES = List.of("appendonly.aof", "appendonlydir", "dump.rdb");

    /** The power goes. */
    private static final class PowerCut extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @TempDir
    Path data;

    private long usable = Long.MAX_VALUE / 2;
    /** Before the step of this number; 0 for never. */
    private int cutAt;
    private int steps;
    private boolean moves = true;
    private final List<String> acts = new ArrayList<>();

    private final class Volume implements SetAside.Disk {

        private void step(String what) {
            if (++steps == cutAt) {
                throw new PowerCut();
            }
            acts.add(what);
        }

        @Override
        public long usable(Path at) {
            return usable;
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            step("move " + from.getFileName());
            if (!moves) {
                throw new IOException("Device or resource busy");
            }
            REAL.move(from, to);
        }

        @Override
        public void remove(Path file) throws IOException {
            step("remove " + file.getFileName());
            REAL.remove(file);
        }

        @Override
        public void sync(Path directory) throws IOException {
            step("sync " + directory.getFileName());
            REAL.sync(directory);
        }
    }

    private SetAside files;

    private SetAside of(List<String> names) {
        return new SetAside(data, names, new Volume());
    }

    @BeforeEach
    void write() throws IOException {
        files = of(NAMES);
        Files.createDirectory(data.resolve(".redis-ha"));
        Files.writeString(data.resolve(".redis-ha/state.json"), "{}\n");
        log("first");
    }

    private void log(String text) throws IOException {
        Files.createDirectories(data.resolve("appendonlydir"));
        Files.writeString(data.resolve("appendonlydir/appendonly.aof.1.incr.aof"), text);
        Files.writeString(data.resolve("appendonlydir/appendonly.aof.manifest"), "file appendonly.aof.1.incr.aof seq 1 type i\n");
    }

    private Path aside(int number) {
        return data.resolve(".redis-ha/aside-" + number);
    }

    private static String textIn(Path generation) throws IOException {
        return Files.readString(generation.resolve("appendonlydir/appendonly.aof.1.incr.aof"));
    }

    @Test
    void movesTheFilesOutOfTheServersWayAndKeepsThem() throws Exception {
        Files.writeString(data.resolve("dump.rdb"), "REDIS0011");
        Files.writeString(data.resolve("users.acl"), "user default on");
        assertThat(files.obstacle(SAID)).isNull();

        assertThat(files.begin()).isEqualTo(aside(1));

        assertThat(textIn(aside(1))).isEqualTo("first");
        assertThat(aside(1).resolve("dump.rdb")).hasContent("REDIS0011");
        assertThat(data.resolve("appendonlydir")).doesNotExist();
        assertThat(data.resolve("dump.rdb")).doesNotExist();
        assertThat(data.resolve("users.acl")).as("not the server's data").exists();
        assertThat(data.resolve(".redis-ha/state.json")).exists();
        assertThat(acts).containsExactly("sync .redis-ha", "move appendonlydir", "move dump.rdb", "sync aside-1", "sync " + data.getFileName());
    }

    @Test
    void movesFilesOfOtherNamesAndNothingThatIsElsewhere() throws Exception {
        Files.move(data.resolve("appendonlydir"), data.resolve("log of mine"));
        Files.writeString(data.resolve("snapshot"), "REDIS0011");
        Path elsewhere = Files.createDirectory(data.resolve("other"));
        Files.writeString(elsewhere.resolve("dump.rdb"), "REDIS0011");
        SetAside named = of(List.of("", ".", "..", ".redis-ha", "other/dump.rdb", "log of mine", "snapshot", "snapshot", "none"));
        assertThat(named.obstacle(SAID)).isNull();

        named.begin();

        assertThat(names(aside(1))).containsExactly("log of mine", "snapshot");
        assertThat(elsewhere.resolve("dump.rdb")).exists();
    }

    private static Set<String> names(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return new TreeSet<>(all.map(file -> file.getFileName().toString()).toList());
        }
    }

    @Test
    void keepsTwoGenerationsOfWhichTheOldestGoesBeforeTheThird() throws Exception {
        files.begin();
        log("second");
        files.begin();
        log("third");
        assertThat(files.begin()).isEqualTo(aside(3));

        assertThat(files.generations()).containsExactly(aside(2), aside(3));
        assertThat(textIn(aside(2))).isEqualTo("second");
        assertThat(textIn(aside(3))).isEqualTo("third");
    }

    @Test
    void ordersGenerationsByNumberAndLeavesAloneWhatIsNone() throws Exception {
        for (String name : List.of("aside-9", "aside-10", "aside-x", "aside-3.old")) {
            Files.writeString(Files.createDirectory(data.resolve(".redis-ha").resolve(name)).resolve("dump.rdb"), name);
        }
        assertThat(files.begin()).isEqualTo(aside(11));
        assertThat(files.generations()).containsExactly(aside(10), aside(11));
        assertThat(data.resolve(".redis-ha/aside-x/dump.rdb")).exists();
        assertThat(data.resolve(".redis-ha/aside-3.old/dump.rdb")).exists();
    }

    @Test
    void forgetsAGenerationThatAPersonHasRemoved() throws Exception {
        files.begin();
        for (String name : List.of("appendonlydir/appendonly.aof.1.incr.aof", "appendonlydir/appendonly.aof.manifest", "appendonlydir")) {
            Files.delete(aside(1).resolve(name));
        }
        assertThat(files.generations()).isEmpty();
        log("second");
        assertThat(files.begin()).isEqualTo(aside(1));
    }

    /** At each step: nothing is lost, and the next attempt finishes it. */
    @Test
    void goesOnWhereverThePowerWasCut() throws Exception {
        log("older");
        files.begin();
        log("old");
        files.begin();
        int cuts = 0;
        for (boolean cut = true; cut; cuts++) {
            log("damaged " + cuts);
            Files.writeString(data.resolve("dump.rdb"), "snapshot " + cuts);
            steps = 0;
            cutAt = cuts + 1;
            try {
                files.begin();
                cut = false;
            } catch (PowerCut e) {
                assertThat(isSomewhere("damaged " + cuts)).as("step %d", cuts).isTrue();
                assertThat(isSomewhere("snapshot " + cuts)).as("step %d", cuts).isTrue();
                steps = 0;
                cutAt = 0;
                of(NAMES).begin();   // another process; perhaps of nothing more
            }
            assertThat(isSomewhere("damaged " + cuts)).as("step %d", cuts).isTrue();
            assertThat(isSomewhere("snapshot " + cuts)).as("step %d", cuts).isTrue();
            assertThat(data.resolve("appendonlydir")).doesNotExist();
            assertThat(data.resolve("dump.rdb")).doesNotExist();
            assertThat(files.generations()).as("step %d", cuts).hasSizeBetween(1, 2);
        }
        assertThat(cuts).as("steps that there are to die before").isGreaterThan(6);
    }

    /** Where it belongs, or in a generation. */
    private boolean isSomewhere(String text) throws IOException {
        try (Stream<Path> all = Files.walk(data)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                if (Files.readString(file).equals(text)) {
                    return true;
                }
            }
        }
        return false;
    }

    @Test
    void changesNothingWhenTheFirstRenameFailsAndUsesTheSameDirectoryNextTime() throws Exception {
        moves = false;
        assertThatThrownBy(files::begin).isInstanceOf(IOException.class).hasMessage("Device or resource busy");
        assertThat(data.resolve("appendonlydir/appendonly.aof.1.incr.aof")).hasContent("first");
        assertThat(files.generations()).isEmpty();
        moves = true;
        assertThat(files.begin()).isEqualTo(aside(1));
    }

    @Test
    void doesNothingWhereTheCopyWouldHaveNoRoom() throws Exception {
        usable = 5;
        assertThat(files.obstacle(SAID)).isEqualTo("the copy would take about twice as much room as they do, 1 MiB, and the volume has less left");
        usable = 1000;
        assertThat(files.obstacle(SAID)).isNull();
    }

    @Test
    void countsTheRoomOfTheGenerationThatIsToGo() throws Exception {
        log("x".repeat(1000));
        files.begin();
        log("second");
        files.begin();
        log("third");
        usable = Long.MAX_VALUE;
        assertThat(files.obstacle(SAID)).as("no limit").isNull();
        usable = 0;
        assertThat(files.obstacle(SAID)).isNull();
        assertThat(files.generations()).as("only looked at").hasSize(2);
    }

    @Test
    void doesNothingWhereThereAreNoSuchFiles() throws Exception {
        assertThat(of(List.of("dump.rdb")).obstacle(SAID)).isEqualTo(data + " has none of these: dump.rdb");
    }

    /** Of Valkey 9, in the hands of an older version or of Redis, which say that it is damaged. */
    @Test
    void leavesAloneWhatOnlyANewerVersionCanRead() throws Exception {
        Files.writeString(data.resolve("appendonlydir/appendonly.aof.1.base.rdb"), "VALKEY080...");
        assertThat(files.obstacle("Bad file format reading the append only file appendonly.aof.1.base.rdb: make a backup")).endsWith(
                "appendonly.aof.1.base.rdb was written by Valkey 9 or later, and can only be loaded by that");
        assertThat(files.obstacle(SAID)).as("it had got past the base").isNull();
        Files.writeString(data.resolve("dump.rdb"), "VALKEY080...");
        assertThat(files.obstacle("Wrong signature trying to load DB from file")).contains("Valkey 9");
    }

    @Test
    void stopsReadingWhenItIsInterrupted() {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> files.obstacle(SAID)).isInstanceOf(InterruptedException.class);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }
}
