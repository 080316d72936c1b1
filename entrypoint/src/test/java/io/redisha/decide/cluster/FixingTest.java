package io.redisha.decide.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.FakeCluster.Pod;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a person may order; three shards with a replica each. */
class FixingTest {

    private final FakeCluster c = new FakeCluster(new Random(5), true, true, 3, 3, false, Shape.of(3, 1));
    private final Map<String, Map<Integer, Long>> keys = new HashMap<>();
    private Pod a;
    private Pod b;

    @BeforeEach
    void created() {
        for (int i = 0; i < 100 && !(c.round(() -> { }) instanceof Plan.Done); i++) {
            ticks(8);
        }
        a = c.masters().getFirst();
        b = c.masters().get(1);
    }

    private void ticks(int n) {
        for (int i = 0; i < n; i++) {
            c.tick();
        }
    }

    private Fixing.Remedy remedy() {
        return Fixing.of(c.view(), keys);
    }

    @Test
    void findsNothingInAWholeCluster() {
        assertThat(remedy().steps()).isEmpty();
        keys.put(b.name, Map.of(7, 3L));
        b.server.importing.put(7, a.server.id);
        assertThat(remedy().steps()).as("on its way").isEmpty();
    }

    @Test
    void leavesSlotsToAReplicaThatMayBeElected() {
        c.crash(a, 100);
        assertThat(remedy().steps()).isEmpty();
        c.crash(c.replicasOf(a).getFirst(), 100);
        assertThat(remedy().steps()).hasSize(2).allSatisfy(s -> assertThat(s).isInstanceOf(Step.Seize.class));
        assertThat(remedy().words()).first().asString().endsWith("without the keys that " + a.name + " had in them");
    }

    /** Two moved them at once: each of the masters sends clients to the other, and their replicas say what they say. */
    @Test
    void givesSlotsThatNobodyClaimsToWhomeverHasTheirKeys() {
        a.server.give(17, b.server.id);
        a.server.give(18, b.server.id);
        c.replicasOf(b).forEach(r -> {
            r.server.give(17, b.server.id);
            r.server.give(18, b.server.id);
        });
        keys.put(b.name, Map.of(17, 2L));
        assertThat(remedy().steps()).startsWith(new Step.Seize(b.name, Slots.of(17))).contains(new Step.Seize(a.name, Slots.of(18)));
        assertThat(remedy().words()).first().isEqualTo("give slots 17 to " + b.name + ", which has their keys");
        assertThat(remedy().words()).contains("give slots 18 to " + a.name + ", and nobody has keys of them");
    }

    @Test
    void gathersKeysThatLieWhereNobodyAsksForThem() {
        keys.put(b.name, Map.of(7, 3L, 8, 1L));
        assertThat(remedy().steps()).containsExactly(new Step.Gather(b.name, a.name, Slots.range(7, 8)));
        assertThat(remedy().words()).containsExactly("move the keys of slots 7-8 that " + b.name + " has to " + a.name + ", which owns them; those that both have stay as "
                + a.name + " has them");
    }

    @Test
    void gathersAtWhomTheSlotIsGivenTo() {
        a.server.give(17, b.server.id);
        keys.put(a.name, Map.of(17, 1L));
        keys.put(b.name, Map.of(17, 2L));
        assertThat(remedy().steps()).containsExactly(new Step.Seize(b.name, Slots.of(17)), new Step.Gather(a.name, b.name, Slots.of(17)));
    }

    @Test
    void tellsThoseWhoSendClientsToTheWrongOne() {
        Pod third = c.masters().get(2);
        third.server.give(7, b.server.id);
        assertThat(remedy().steps()).containsExactly(new Step.Seize(a.name, Slots.of(7)));
        assertThat(remedy().words()).containsExactly("tell " + third.name + " that slots 7 are " + a.name + "'s");
        assertThat(List.copyOf(remedy().steps())).hasSize(1);
    }
}
