package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.process.ServerProcess.Exit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rule D1: when files are set aside, and in which order. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "syncs directories")
class HealingTest {

    private static final String SAID = "Bad file format reading the append only file appendonly.aof.1.incr.aof: make a backup";

    @TempDir
    Path data;

    private boolean mayBegin = true;
    /** While the files are read. */
    private boolean mayStillBegin = true;
    private boolean recorded = true;
    private boolean whole = true;
    private boolean unreadable;
    private final List<String> acts = new ArrayList<>();
    private final List<String> stuck = new ArrayList<>();
    private Healing healing;

    @BeforeEach
    void begin() throws IOException, InterruptedException {
        Files.createDirectory(data.resolve("appendonlydir"));
        Files.writeString(data.resolve("appendonlydir/appendonly.aof.1.incr.aof"), "damaged");
        healing = another();
        healing.prepare(null);
    }

    private Healing another() {
        return new Healing(new SetAside(data, List.of("appendonlydir", "dump.rdb"), new Volume()), () -> {
            acts.add("recorded " + isThere());
            return recorded;
        }, new Healing.Agent() {
            @Override
            public boolean mayBeginAnew(boolean begins) {
                acts.add(begins ? "begins" : "may it");
                return mayBegin && (!begins || mayStillBegin);
            }

            @Override
            public boolean isWhole() {
                return whole;
            }

            @Override
            public void hasSetAside(String where) {
                acts.add("told " + where);
            }

            @Override
            public void isStuck(String problem) {
                stuck.add(problem);
            }
        });
    }

    private final class Volume implements SetAside.Disk {

        @Override
        public long usable(Path at) throws IOException {
            if (unreadable) {
                throw new IOException("Input/output error");
            }
            return REAL.usable(at);
        }

        @Override
        public void move(Path from, Path to) throws IOException {
            REAL.move(from, to);
        }

        @Override
        public void remove(Path file) throws IOException {
            REAL.remove(file);
        }

        @Override
        public void sync(Path directory) throws IOException {
            REAL.sync(directory);
        }
    }

    private boolean isThere() {
        return Files.exists(data.resolve("appendonlydir"));
    }

    private static Exit exit(int status, String said) {
        return new Exit(status, Duration.ofMillis(20), List.of("7:S 21 Nov 2026 03:05:10.123 # " + said), null, true);
    }

    private void ends(int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            healing.prepare(exit(1, SAID));
        }
    }

    private void sees(boolean loading) {
        sees(loading, false);
    }

    private void sees(boolean loading, boolean linkUp) {
        ServerInfo info = new ServerInfo("run", Role.REPLICA, "a", "", 0, -1, loading, false, linkUp, !loading, 100, linkUp ? new Address("10.0.0.1", 6379) : Address.DEAD, 0, 1);
        healing.sees(new ServerView(true, info, 1));
    }

    @Test
    void setsFilesAsideThatCouldNotBeLoadedThreeTimesAndOnceMoreAfterTheyWereRead() throws Exception {
        ends(2);
        assertThat(acts).isEmpty();
        ends(1);
        assertThat(acts).as("now they are read").containsExactly("may it");
        assertThat(isThere()).isTrue();
        assertThat(healing.problems()).isEmpty();
        acts.clear();

        ends(1);

        assertThat(acts).containsExactly("may it", "begins", "recorded true", "told " + data.resolve(".redis-ha/aside-1") + ": " + SAID);
        assertThat(isThere()).isFalse();
        assertThat(healing.problems()).containsExactly("what its server could not load is kept in " + data.resolve(".redis-ha/aside-1")
                + ": leave it there, this pod has no copy yet; how to take it back, should the master be lost, is in the README");
        sees(false);
        assertThat(healing.problems()).singleElement().asString().contains("leave it there");

        sees(false, true);
        assertThat(healing.problems()).containsExactly("what its server could not load is kept in " + data.resolve(".redis-ha/aside-1")
                + ": remove it when nobody needs it any more");
        sees(false);
        assertThat(healing.problems()).as("its master is gone, and it has the copy").singleElement().asString().contains("remove it");
    }

    /** A server has the same words for a block that the disk does not give, and for files that end too early; the disk may give it again while the server rests. */
    @Test
    void leavesToTheServerWhatCanBeReadAgain() throws Exception {
        unreadable = true;
        ends(5);
        assertThat(healing.problems()).singleElement().asString().contains("the volume can't be read");
        unreadable = false;

        ends(1);

        assertThat(isThere()).isTrue();
        assertThat(acts).doesNotContain("begins");
        assertThat(healing.problems()).isEmpty();
        unreadable = true;
        ends(1);
        unreadable = false;
        ends(1);
        assertThat(isThere()).as("it was not readable all the time").isTrue();
        ends(1);
        assertThat(isThere()).isFalse();
    }

    private void damagedAgain() throws IOException {
        Files.createDirectory(data.resolve("appendonlydir"));
        Files.writeString(data.resolve("appendonlydir/appendonly.aof.1.incr.aof"), "damaged again");
    }

    private boolean isKept(int generation) {
        return Files.exists(data.resolve(".redis-ha/aside-" + generation));
    }

    /** Its masters were lost before it had one; then nobody knows whether anybody has what was set aside first. */
    @Test
    void removesNothingForWhatIsLeftOfACopy() throws Exception {
        ends(4);
        whole = false;
        damagedAgain();
        ends(4);
        assertThat(isKept(2)).as("there is room for two").isTrue();
        damagedAgain();
        acts.clear();

        ends(5);

        assertThat(isThere()).isTrue();
        assertThat(isKept(1)).isTrue();
        assertThat(acts).doesNotContain("begins");
        assertThat(healing.problems()).anySatisfy(problem -> assertThat(problem).endsWith("it goes on when one of the directories is moved away"));

        Files.move(data.resolve(".redis-ha/aside-1"), data.resolve("elsewhere"));
        ends(2);
        assertThat(isThere()).isFalse();
        assertThat(isKept(2) && isKept(3)).isTrue();
    }

    @Test
    void removesTheOldestForFilesThatWereWholeBeforeTheyWereGivenUpInVain() throws Exception {
        ends(4);
        damagedAgain();
        ends(4);
        damagedAgain();
        recorded = false;
        ends(4);
        assertThat(isThere()).isTrue();
        whole = false;   // as the state file is to say since
        recorded = true;

        ends(1);

        assertThat(isThere()).isFalse();
        assertThat(isKept(1)).isFalse();
        assertThat(isKept(2) && isKept(3)).isTrue();
    }

    @Test
    void beginsToCountAgainAfterwards() throws Exception {
        ends(4);
        assertThat(isThere()).isFalse();
        acts.clear();
        Files.createDirectory(data.resolve("appendonlydir"));
        ends(2);
        assertThat(acts).isEmpty();
    }

    @Test
    void countsOnlyEndsInARow() throws Exception {
        ends(2);
        healing.prepare(exit(137, SAID));
        ends(2);
        healing.prepare(exit(1, "Can't open or create append-only dir appendonlydir: Permission denied"));
        ends(2);
        assertThat(acts).isEmpty();
        assertThat(isThere()).isTrue();
    }

    /** What it ends of then is what its master sends. */
    @Test
    void doesNotCountAServerThatHasLoadedItsFiles() throws Exception {
        for (int i = 0; i < 5; i++) {
            sees(true);
            sees(false);
            ends(1);
        }
        assertThat(acts).isEmpty();
        for (int i = 0; i < 4; i++) {
            sees(true);
            ends(1);
        }
        assertThat(acts).contains("begins");
    }

    @Test
    void asksAgainBeforeEachStartAsLongAsThereIsNobodyToCopy() throws Exception {
        mayBegin = false;
        ends(4);
        assertThat(acts).containsExactly("may it", "may it");
        assertThat(isThere()).isTrue();
        assertThat(healing.problems()).containsExactly("its server can't load its files (" + SAID
                + "), and they are not set aside: no master of the same data is heard, which it could copy, or another pod gets its copy first");
        assertThat(stuck).as("told once").isEqualTo(healing.problems());
        mayBegin = true;
        ends(1);
        assertThat(isThere()).isTrue();
        ends(1);
        assertThat(isThere()).isFalse();
    }

    @Test
    void leavesEverythingWhenTheLeaderVanishesWhileTheFilesAreRead() throws Exception {
        mayStillBegin = false;
        ends(4);
        assertThat(acts).containsExactly("may it", "may it", "begins");
        assertThat(isThere()).isTrue();
    }

    @Test
    void leavesEverythingWhenTheStateFileCanNotBeWritten() throws Exception {
        recorded = false;
        ends(4);
        assertThat(isThere()).isTrue();
        assertThat(healing.problems()).singleElement().asString().endsWith("the state file can't be written");
    }

    @Test
    void saysNothingAnyMoreOnceTheServerHasLoadedWhatAPersonMended() throws Exception {
        mayBegin = false;
        ends(3);
        sees(true);
        assertThat(healing.problems()).hasSize(1);
        sees(false);
        assertThat(healing.problems()).isEmpty();
    }

    @Test
    void saysNoLongerWhyWhenItEndsOfSomethingElse() throws Exception {
        mayBegin = false;
        ends(3);
        healing.prepare(exit(1, "Can't open or create append-only dir appendonlydir: Permission denied"));
        assertThat(healing.problems()).isEmpty();
    }

    @Test
    void tellsOfWhatIsKeptAfterARestartAndUntilAPersonHasRemovedIt() throws Exception {
        ends(4);
        Healing next = another();
        next.prepare(null);
        assertThat(next.problems()).singleElement().asString().contains("aside-1");

        Path kept = data.resolve(".redis-ha/aside-1");
        Files.delete(kept.resolve("appendonlydir/appendonly.aof.1.incr.aof"));
        Files.delete(kept.resolve("appendonlydir"));
        next.look();
        assertThat(next.problems()).isEmpty();
    }

    /** What no server has said, because none was started. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void setsAsideWhatAServerWouldHaveStartedWithout(boolean emptyBase) throws Exception {
        Path directory = data.resolve("appendonlydir");
        if (emptyBase) {
            Files.writeString(directory.resolve("appendonly.aof.1.base.rdb"), "");
            Files.writeString(directory.resolve("appendonly.aof.manifest"), "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n");
        }
        String loss = new AofDirectory(directory, "appendonly.aof").loss();
        assertThat(loss).as("a log without a manifest, or with an empty base").isNotNull();
        for (int i = 0; i < 4; i++) {
            assertThat(isThere()).isTrue();
            healing.prepare(new Exit(-1, Duration.ZERO, List.of(loss), null, true));
        }
        assertThat(acts).last().isEqualTo("told " + data.resolve(".redis-ha/aside-1") + ": " + loss);
        assertThat(isThere()).isFalse();
    }

    @Test
    void leavesWhereItIsWhatAServerWouldHaveStartedWithoutWhereNobodyIsHeard() throws Exception {
        mayBegin = false;
        String loss = new AofDirectory(data.resolve("appendonlydir"), "appendonly.aof").loss();
        for (int i = 0; i < 9; i++) {
            healing.prepare(new Exit(-1, Duration.ZERO, List.of(loss), null, true));
        }
        assertThat(isThere()).isTrue();
        assertThat(stuck).singleElement().asString().contains(loss, "no master of the same data is heard");
    }

    @Test
    void leavesAloneWhatIsNotWhyAServerWasNotStarted() throws Exception {
        for (int i = 0; i < 9; i++) {
            healing.prepare(new Exit(-1, Duration.ZERO, List.of("no space left", SAID), null, true));
        }
        assertThat(acts).isEmpty();
    }
}
