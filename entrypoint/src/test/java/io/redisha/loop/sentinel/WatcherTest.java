package io.redisha.loop.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.loop.Journal;
import io.redisha.loop.LeaseStore;
import io.redisha.model.Address;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.SentinelView;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** With which master a sentinel begins that nobody else can tell. */
class WatcherTest {

    private static final LeaseRecord NOTED = new LeaseRecord(new Identity("r-0", "u", "i"), 0, null, List.of(), "set", "", 0, false, List.of(), "r-0", null,
            Instant.EPOCH, Map.of("master", "r-1,7"));

    private LeaseView lease;
    private long now;
    private int restarts;
    private final List<String> noted = new ArrayList<>();
    /** Pods of sentinels. */
    private int existing = 3;

    private final Watcher watcher = new Watcher("s-0", new Watcher.Policy(new Hosts("r", "headless", 6379), new Hosts("s", "headless", 26379), 3, 0),
            new Watcher.Ports(new Leases(), null, () -> restarts++, new Written()), Runnable::run, () -> now);

    private final class Leases implements LeaseStore {
        @Override
        public void read(Consumer<Read> then) {
            then.accept(new Read.Seen(lease));
        }

        @Override
        public void write(LeaseRecord next, String version, Consumer<Write> then) {
            throw new AssertionError("a sentinel's agent writes no Lease");
        }
    }

    @Test
    void beginsWithTheMasterThatTheLeaseNotes() {
        lease = new LeaseView.Present(NOTED, "7");
        assertThat(watcher.master(null)).isCompletedWithValue(new Appointment("r-1", 7));
    }

    /** Rule L3: its term is all that is wrong with it. */
    @Test
    void beginsWithTheMasterThatALeaseNotesWhoseTermIsNone() {
        lease = new LeaseView.Unusable(NOTED, "7", "too high");
        assertThat(watcher.master(null)).isCompletedWithValue(new Appointment("r-1", 7));
    }

    @Test
    void waitsWhereThereIsNoLease() {
        lease = new LeaseView.Absent(false);
        assertThat(watcher.master(null)).isNotDone();
    }

    private void passes(long seconds, boolean counted) {
        for (int i = 0; i < seconds * 10; i++) {
            now += 100 * Timings.MS;
            watcher.onSentinelPods(IntStream.range(0, existing).mapToObj(pod -> new PodView(new MemberId("s-" + pod, "u"), null, "node", false, true, "1", Map.of(), Set.of())).toList());
            if (counted && i % 50 == 0) {
                watcher.onWanted(2, 3);
            }
            watcher.onOwn(new SentinelView("s-0", now, true, new Address("r-1.headless", 6379), 7, 2, Set.of("s_down"), List.of(), List.of()));
            watcher.tick();
        }
    }

    @Test
    void beginsAnewNowAndThenWhileItsMasterIsDownAndItHasNotLearntAgainOfTheOthers() {
        passes(14, true);
        assertThat(restarts).isZero();
        passes(2, true);
        assertThat(restarts).isEqualTo(1);
        passes(50, true);
        assertThat(restarts).isEqualTo(1);
        passes(30, true);
        assertThat(restarts).isEqualTo(2);
    }

    /** They may be cut off only, and vote with whoever counts them still. */
    @Test
    void doesNotBeginAnewWhileThereArePodsThatWereScaledAway() {
        existing = 4;
        passes(60, true);
        assertThat(restarts).isZero();
        existing = 3;
        passes(16, true);
        assertThat(restarts).isEqualTo(1);
    }

    /** Their Kubernetes node may be gone for good: then nobody but a person can say that they are dead. */
    @Test
    void saysWhichPodsThatWereScaledAwayItsMasterMayBeWaitingFor() {
        existing = 4;
        passes(2, true);
        String words = "may be waiting for the votes of sentinels that were scaled away and still exist: if they are dead, kubectl delete pod s-3 --force";
        assertThat(watcher.snapshot().problems()).contains("s-0: " + words);
        passes(57, true);
        assertThat(noted).noneMatch(note -> note.startsWith("NO_MASTER"));
        passes(5, true);
        assertThat(noted).containsOnlyOnce("NO_MASTER " + words);
        existing = 3;
        passes(2, true);
        assertThat(watcher.snapshot().problems()).doesNotContain("s-0: " + words);
    }

    /** One that counts too few agrees with itself. */
    @Test
    void doesNotBeginAnewByACountThatIsOld() {
        passes(60, false);
        passes(5, true);
        passes(60, false);
        assertThat(restarts).isZero();
    }

    private final class Written implements Journal {
        @Override
        public void note(Act act, Reason reason, long term, String detail) {
            noted.add(act + " " + detail);
        }

        @Override
        public void renewed(boolean success, long nanos) {}
    }
}
