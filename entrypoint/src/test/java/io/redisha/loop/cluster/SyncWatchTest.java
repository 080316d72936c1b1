package io.redisha.loop.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.ShardSync;
import io.redisha.model.LeaseRecord;
import io.redisha.model.Topology;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of the note of rule K11 when the Lease changes hands. */
class SyncWatchTest {

    private static final Map<String, ShardSync> NOTED = Map.of("m", new ShardSync(7, 100, Set.of("r", "s")));

    private final SyncWatch watch = new SyncWatch();

    /** All pods were killed at once, and the first that takes the Lease has a server that does not answer yet. */
    @Test
    void whoTakesTheLeaseAndKnowsNothingYetCarriesTheNoteAlong() {
        LeaseRecord was = Notes.withSync(lease(4), NOTED);
        assertThat(Notes.sync(watch.taken(was, with(was, 5), Topology.NONE, 0))).isEqualTo(NOTED);
    }

    /** Rule W3: one that knows nothing of the note has held it since, and carried it along unchanged. */
    @Test
    void aNoteThatTheLastHolderDidNotLookAfterIsNone() {
        LeaseRecord was = with(Notes.withSync(lease(4), NOTED), 5);
        assertThat(Notes.sync(was)).isEmpty();
        LeaseRecord taken = watch.taken(was, with(was, 6), Topology.NONE, 0);
        assertThat(Notes.sync(taken)).isEmpty();
        assertThat(taken.notes()).doesNotContainKey("synced");
    }

    @Test
    void theNoteOfALeaseFromABackupIsNone() {
        LeaseRecord was = Notes.withSync(lease(4), NOTED);
        assertThat(Notes.sync(watch.taken(was, with(was, 9), Topology.NONE, 0))).isEmpty();
    }

    @Test
    void theNoteIsReadAsItWasWritten() {
        assertThat(ShardSync.parse(ShardSync.text(9, NOTED), 9)).isEqualTo(NOTED);
        assertThat(ShardSync.parse(ShardSync.text(9, Map.of("m", new ShardSync(7, 100, Set.of()))), 9).get("m").replicas()).isEmpty();
        assertThat(ShardSync.parse("9,m@7/100", 9)).isEmpty();
        assertThat(ShardSync.parse("", 0)).isEmpty();
    }

    private static LeaseRecord lease(long term) {
        return new LeaseRecord(null, term, null, List.of(), "d", "", 0, false, List.of(), null, null, Instant.EPOCH, Map.of("nodes", "x-0=m"));
    }

    private static LeaseRecord with(LeaseRecord was, long term) {
        return new LeaseRecord(null, term, null, List.of(), "d", "", 0, false, List.of(), null, null, Instant.EPOCH, was.notes());
    }
}
