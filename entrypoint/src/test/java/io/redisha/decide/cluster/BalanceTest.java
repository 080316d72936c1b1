package io.redisha.decide.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Slots;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class BalanceTest {

    private final Map<String, Slots> owners = new LinkedHashMap<>(Map.of());

    private Map<String, Slots> after(List<Balance.Move> moves) {
        Map<String, Slots> now = new LinkedHashMap<>(owners);
        for (Balance.Move m : moves) {
            assertThat(now.get(m.from()).and(m.slots())).as("%s owns what it gives", m.from()).isEqualTo(m.slots());
            now.compute(m.from(), (k, s) -> s.minus(m.slots()));
            now.compute(m.to(), (k, s) -> s.plus(m.slots()));
        }
        return now;
    }

    private void even(int masters) {
        for (int i = 0; i < masters; i++) {
            owners.put("m" + i, Slots.range(Slots.COUNT * i / masters, Slots.COUNT * (i + 1) / masters - 1));
        }
    }

    @Test
    void leavesAloneWhatIsWithinTwoPercent() {
        even(3);
        owners.put("m0", Slots.range(0, 5400));
        owners.put("m1", Slots.range(5401, 10921));
        assertThat(Balance.moves(owners, owners.keySet())).isEmpty();
    }

    @Test
    void aNewMasterGetsOneRangeFromEach() {
        even(3);
        owners.put("new", Slots.NONE);
        List<Balance.Move> moves = Balance.moves(owners, owners.keySet());
        assertThat(moves).extracting(Balance.Move::from).containsExactly("m0", "m1", "m2");
        assertThat(moves).allSatisfy(m -> assertThat(m.slots().ranges()).hasSize(1));
        assertThat(moves.stream().mapToInt(m -> m.slots().size()).sum()).isEqualTo(Balance.lowest(4));
        assertThat(Balance.first(moves, owners)).hasSize(3).allSatisfy(m -> assertThat(m.slots().size()).isEqualTo(Balance.AT_ONCE));
    }

    @Test
    void partsThatFollowEachOtherMakeOneRange() {
        even(3);
        owners.put("new", Slots.NONE);
        Set<String> stay = new LinkedHashSet<>(owners.keySet());
        List<Balance.Move> moves;
        while (!(moves = Balance.moves(owners, stay)).isEmpty()) {
            owners.putAll(after(Balance.first(moves, owners)));
        }
        assertThat(owners.get("new").ranges()).hasSizeLessThanOrEqualTo(3);
        assertThat(owners.get("m0").ranges()).hasSize(1);
    }

    @Test
    void slotsGoBackToWhoHasTheirNeighbours() {
        even(4);
        Set<String> stay = Set.of("m0", "m1", "m3");
        Map<String, Slots> after = after(Balance.moves(owners, new LinkedHashSet<>(List.of("m0", "m1", "m3"))));
        assertThat(after.get("m2").isEmpty()).isTrue();
        assertThat(stay).allSatisfy(m -> assertThat(after.get(m).size()).isBetween(Balance.lowest(3), Balance.highest(3)));
        assertThat(after.get("m1").ranges()).hasSize(1);
        assertThat(after.get("m3").ranges()).hasSize(1);
    }

    @Test
    void anyMastersEndWithinTwoPercentByFewestMovesHoweverOftenInterrupted() {
        for (long seed = 0; seed < 300; seed++) {
            Random r = new Random(seed);
            owners.clear();
            int n = 3 + r.nextInt(6);
            for (int i = 0; i < n; i++) {
                owners.put("m" + i, Slots.NONE);
            }
            for (int at = 0; at < Slots.COUNT;) {
                int end = Math.min(Slots.COUNT - 1, at + r.nextInt(3000));
                Slots range = Slots.range(at, end);
                owners.merge("m" + r.nextInt(n), range, Slots::plus);
                at = end + 1;
            }
            Set<String> stay = new LinkedHashSet<>(owners.keySet());
            int go = r.nextInt(n - 2);
            for (int i = 0; i < go; i++) {
                stay.remove("m" + r.nextInt(n));
            }
            int least = 0;
            int mean = Slots.COUNT / stay.size();
            for (Map.Entry<String, Slots> e : owners.entrySet()) {
                least += stay.contains(e.getKey()) ? Math.max(0, e.getValue().size() - Balance.highest(stay.size())) : e.getValue().size();
            }
            List<Balance.Move> all = Balance.moves(owners, stay);
            int deficit = stay.stream().mapToInt(m -> Math.max(0, Balance.lowest(stay.size()) - owners.get(m).size())).sum();
            assertThat(all.stream().mapToInt(m -> m.slots().size()).sum()).as("seed %d", seed).isEqualTo(Math.max(least, deficit));
            int moved = 0;
            List<Balance.Move> moves = all;
            for (int round = 0; !moves.isEmpty(); round++) {
                assertThat(round).isLessThan(200);
                List<Balance.Move> first = Balance.first(moves, owners);
                moved += first.stream().mapToInt(m -> m.slots().size()).sum();
                owners.putAll(after(first));
                moves = Balance.moves(owners, stay);
            }
            assertThat(moved).as("seed %d: in parts", seed).isEqualTo(Math.max(least, deficit));
            assertThat(stay).allSatisfy(m -> assertThat(Math.abs(owners.get(m).size() - mean)).isLessThanOrEqualTo(mean / 50 + 1));
        }
    }
}
