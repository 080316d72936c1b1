package io.redisha.decide.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.PeerPhase;
import io.redisha.model.PeerState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RingsTest {

    private static final String OLD = "2026-11-21T10:00:00Z x-0";
    private static final String YOUNG = "2026-11-21T11:00:00Z x-0";

    private static PeerState pod(int ordinal, String ring, Integer... given) {
        Map<String, String> runs = new HashMap<>();
        List.of(given).forEach(other -> runs.put("x-" + other, "run-" + other));
        return new PeerState("x-" + ordinal, "run-" + ordinal, PeerPhase.STARTED, true, ring, runs);
    }

    @Test
    void belongsToTheRingOfThoseItJoins() {
        assertThat(Rings.joined(List.of(pod(0, OLD), pod(1, OLD)), YOUNG)).isEqualTo(OLD);
        assertThat(Rings.joined(List.of(), YOUNG)).isEqualTo(YOUNG);
        assertThat(Rings.joined(List.of(pod(0, "")), YOUNG)).isEqualTo(YOUNG);
    }

    @Test
    void makesOneOfTwoRingsWhenSomebodyJoinsBoth() {
        PeerState bridge = pod(3, OLD, 0, 1);

        assertThat(Rings.agreed(pod(0, YOUNG), List.of(bridge))).isEqualTo(OLD);
        assertThat(Rings.agreed(bridge, List.of(pod(0, YOUNG)))).isEqualTo(OLD);
    }

    @Test
    void takesNoJoiningOfAnEarlierRunForOne() {
        PeerState before = new PeerState("x-3", "run-3", PeerPhase.STARTED, true, OLD, Map.of("x-0", "run-before"));

        assertThat(Rings.agreed(pod(0, YOUNG), List.of(before))).isEqualTo(YOUNG);
    }

    @Test
    void startsAgainTheFirstPodOfTheYoungerRing() {
        List<PeerState> all = List.of(pod(0, YOUNG), pod(1, YOUNG), pod(2, OLD), pod(3, OLD));

        assertThat(all).filteredOn(pod -> Rings.mustRejoin(pod, all.stream().filter(other -> other != pod).toList())).containsExactly(pod(0, YOUNG));
    }

    @Test
    void leavesOneRingAlone() {
        List<PeerState> all = List.of(pod(0, OLD), pod(1, OLD, 0));

        assertThat(Rings.apart(all.get(0), all)).isEmpty();
        assertThat(all).noneMatch(pod -> Rings.mustRejoin(pod, all));
    }

    @Test
    void countsNobodyWhoDoesNotAnswerOrHasNoRing() {
        PeerState mute = new PeerState("x-2", "run-2", PeerPhase.STARTED, false, OLD, Map.of());

        assertThat(Rings.apart(pod(0, YOUNG), List.of(mute, pod(1, "")))).isEmpty();
    }
}
