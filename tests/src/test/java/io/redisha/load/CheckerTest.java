package io.redisha.load;

import static io.redisha.load.Event.Phase.FAIL;
import static io.redisha.load.Event.Phase.INFO;
import static io.redisha.load.Event.Phase.OK;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.load.Checker.Kept;
import io.redisha.load.Checker.Report;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checker that never fails proves nothing. */
class CheckerTest {

    private static final History SIX = history(ok(1), ok(2), ok(3), ok(4), ok(5), ok(6));

    @Test
    void acquitsAServerThatKeptWhatItAcknowledged() {
        assertThat(check(SIX, 1, 2, 3, 4, 5, 6)).satisfies(report -> {
            assertThat(report.lost()).isEmpty();
            assertThat(report.sound()).isTrue();
            assertThat(report.acknowledged()).isEqualTo(6);
        });
    }

    @Test
    void findsAnAcknowledgedWriteThatIsGone() {
        assertThat(check(SIX, 1, 2, 3, 4, 5)).satisfies(report -> {
            assertThat(report.lost()).containsExactly(6L);
            assertThat(report.prefixBreaks()).as("a tail").isEmpty();
            assertThat(report.sound()).isTrue();
        });
    }

    @Test
    void tellsALossAfterWaitFromOneThatWaitDidNotConfirm() {
        History history = history(op(1, 10, 11, OK, 1, "a"), op(2, 20, 21, OK, 0, "a"), op(3, 30, 31, OK, 2, "a"));
        assertThat(check(history, 1)).satisfies(report -> {
            assertThat(report.lost()).containsExactly(2L, 3L);
            assertThat(report.lostReplicated()).containsExactly(3L);
        });
    }

    @Test
    void doesNotCountUnknownOnesAsLostNorAsGhosts() {
        History history = history(ok(1), op(2, 20, 21, INFO, -1, "a"), op(3, 30, 31, INFO, -1, "a"));
        assertThat(check(history, 1, 3)).satisfies(report -> {
            assertThat(report.lost()).isEmpty();
            assertThat(report.sound()).isTrue();
        });
    }

    @Test
    void findsAValueThatNobodyWrote() {
        assertThat(check(SIX, 1, 2, 3, 4, 5, 6, 99).ghosts()).containsExactly(99L);
    }

    @Test
    void findsAValueThatWasRefusedAndIsThereAllTheSame() {
        assertThat(check(history(ok(1), op(2, 20, 21, FAIL, -1, "a")), 1, 2).ghosts()).containsExactly(2L);
    }

    @Test
    void findsAValueThatIsThereTwice() {
        assertThat(check(SIX, 1, 2, 2, 3, 4, 5, 6).duplicates()).containsExactly(2L);
    }

    @Test
    void findsAHoleInWhatOneMasterAcknowledged() {
        assertThat(check(SIX, 1, 2, 4, 5, 6)).satisfies(report -> {
            assertThat(report.prefixBreaks()).containsExactly(3L);
            assertThat(report.sound()).isFalse();
        });
    }

    @Test
    void forgivesEachMasterItsOwnLostTail() {
        History history = history(op(1, 10, 11, OK, 0, "a"), op(2, 20, 21, OK, 0, "a"), op(3, 30, 31, OK, 0, "b"), op(4, 40, 41, OK, 0, "b"));
        assertThat(check(history, 1, 3).prefixBreaks()).isEmpty();
        assertThat(check(history, 2, 3).prefixBreaks()).containsExactly(1L);
    }

    @Test
    void forgivesALossThatWasAcknowledgedOnlyAfterTheSurvivorBegan() {
        assertThat(check(history(op(1, 10, 25, OK, 0, "a"), op(2, 20, 21, OK, 0, "a")), 2).prefixBreaks()).isEmpty();
    }

    @Test
    void findsAClientsWritesOutOfOrder() {
        assertThat(check(SIX, 1, 3, 2, 4, 5, 6).disorders()).containsExactly(2L);
    }

    @Test
    void findsHalfATransaction() {
        Report report = Checker.check(SIX, new Kept(Map.of("k", List.of(1L, 2L, 3L, 4L, 5L, 6L)), Map.of("k", Set.of(1L, 2L, 3L, 4L, 5L, 7L))));
        assertThat(report.torn()).containsExactlyInAnyOrder(6L, 7L);
    }

    @Test
    void findsAKeyThatTwoShardsHold() {
        assertThat(Checker.checkShards(SIX, Map.of("k", List.of(1L, 2L, 3L, 4L, 5L, 6L, 1L, 2L))).duplicates()).containsExactly(1L, 2L);
    }

    @Test
    void looksForTheTailOfEachKeyInACluster() {
        History history = history(on("k", 1, "a"), on("l", 2, "a"), on("k", 3, "a"), on("l", 4, "a"));
        assertThat(Checker.checkShards(history, Map.of("k", List.of(1L), "l", List.of(2L, 4L))).prefixBreaks()).as("a tail of k").isEmpty();
        assertThat(Checker.checkShards(history, Map.of("k", List.of(3L), "l", List.of(2L, 4L)))).satisfies(report -> {
            assertThat(report.prefixBreaks()).containsExactly(1L);
            assertThat(report.torn()).isEmpty();
        });
    }

    @Test
    void measuresTheStopOfEachRangeOfSlotsAndHowLongWritesTook() {
        long ms = 1_000_000;
        History history = new History(List.of(of("d0-0-8191", 1, 0, 2 * ms), of("d0-0-8191", 2, 400 * ms, 402 * ms),
                of("d0-8192-16383", 11, 0, 1 * ms), of("d0-8192-16383", 12, 30 * ms, 40 * ms), of("d1-0-16383", 21, 0, 900 * ms)));
        assertThat(history.writeStops()).containsExactly(
                Map.entry("d0-0-8191", new History.Stop(Duration.ofMillis(400), Duration.ofMillis(400), 1)),
                Map.entry("d0-8192-16383", new History.Stop(Duration.ZERO, Duration.ZERO, 0)));
        assertThat(history.latency()).isEqualTo(new History.Latency(Duration.ofMillis(2), Duration.ofMillis(10), Duration.ofMillis(10)));
    }

    @Test
    void spreadsKeysOverAllSlots() {
        List<String> keys = SlotKeys.spread("load", 1000);
        assertThat(keys).hasSize(1000).doesNotHaveDuplicates();
        assertThat(keys.stream().map(SlotKeys::slot).toList()).isSorted().satisfies(slots -> {
            assertThat(slots.getFirst()).isLessThan(17);
            assertThat(slots.getLast()).isGreaterThan(SlotKeys.SLOTS - 18);
        });
        assertThat(SlotKeys.ranges(3)).extracting(SlotKeys.Range::toString).containsExactly("0-5460", "5461-10922", "10923-16383");
        assertThat(SlotKeys.ranges(6)).allSatisfy(range -> assertThat(keys.stream().filter(range::contains).count()).isBetween(165L, 168L));
    }

    @Test
    void measuresAStopFromTheLastGoodWriteToTheNext() {
        long ms = 1_000_000;
        History history = history(op(1, 0, 10 * ms, OK, 0, "a"), op(2, 20 * ms, 300 * ms, INFO, -1, "a"), op(3, 301 * ms, 302 * ms, FAIL, -1, ""),
                op(4, 400 * ms, 410 * ms, OK, 0, "b"), op(5, 420 * ms, 430 * ms, OK, 0, "b"), op(6, 500 * ms, 510 * ms, OK, 0, "b"));
        assertThat(history.writeStop()).isEqualTo(new History.Stop(Duration.ofMillis(400), Duration.ofMillis(480), 2));
    }

    @Test
    void seesAStopThatHasNotEnded() {
        long ms = 1_000_000;
        History history = history(op(1, 0, 10 * ms, OK, 0, "a"), op(2, 20 * ms, 320 * ms, INFO, -1, "a"), op(3, 330 * ms, 630 * ms, INFO, -1, ""));
        assertThat(history.writeStop().longest()).isEqualTo(Duration.ofMillis(620));
    }

    @Test
    void readsWhatTheClientWrote(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("history.jsonl");
        Files.writeString(file, String.join("\n",
                new Event(1, "d1-0", "", "k", 7, Event.Phase.INVOKE, -1, "").json(),
                new Event(2, "d1-0", "run", "k", 7, OK, 2, "").json(),
                new Event(3, "d1-0", "run", "k", 8, Event.Phase.INVOKE, -1, "").json(),
                new Event(4, "d1-0", "run", "k", 8, FAIL, -1, "READONLY \"no\"\n").json(),
                new Event(5, "d1-0", "run", "k", 9, Event.Phase.INVOKE, -1, "").json()));
        assertThat(History.read(file).ops()).containsExactly(
                new Op("d1-0", "run", "k", 7, 1, 2, OK, 2, ""),
                new Op("d1-0", "run", "k", 8, 3, 4, FAIL, -1, "READONLY \"no\" "),
                new Op("d1-0", "", "k", 9, 5, Long.MAX_VALUE, INFO, -1, "no answer"));
    }

    private static Op ok(long value) {
        return op(value, value * 10, value * 10 + 1, OK, 0, "a");
    }

    private static Op op(long value, long invoked, long ended, Event.Phase phase, int acks, String side) {
        return new Op("d0-0", side, "k", value, invoked, ended, phase, acks, "");
    }

    private static Op on(String key, long value, String side) {
        return new Op("d0-0", side, key, value, value * 10, value * 10 + 1, OK, 0, "");
    }

    private static Op of(String client, long value, long invoked, long ended) {
        return new Op(client, "a", "k", value, invoked, ended, OK, 1, "");
    }

    private static History history(Op... ops) {
        return new History(List.of(ops));
    }

    private static Report check(History history, long... kept) {
        List<Long> list = java.util.Arrays.stream(kept).boxed().toList();
        return Checker.check(history, new Kept(Map.of("k", list), Map.of("k", new TreeSet<>(list))));
    }
}
