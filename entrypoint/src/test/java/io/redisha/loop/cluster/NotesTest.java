package io.redisha.loop.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.LeaseRecord;
import io.redisha.model.Shape;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NotesTest {

    private static LeaseRecord lease(Map<String, String> notes) {
        return new LeaseRecord(null, 1, null, List.of(), null, "", 0, false, List.of(), null, null, Instant.EPOCH, notes);
    }

    @Test
    void remembersATargetUntilItIsTakenBack() {
        LeaseRecord sound = Notes.withTarget(lease(Map.of()), new Shape(3, 1, 6));

        assertThat(Notes.target(sound)).isEqualTo(new Shape(3, 1, 6));
        assertThat(Notes.target(Notes.withTarget(sound, null))).isNull();
    }

    @Test
    void readsATargetThatWasEditedByHandAsNone() {
        assertThat(Notes.target(lease(Map.of("target", "3,x,6")))).isNull();
    }
}
