package io.redisha.decide.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.ShardWord;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** r-0 owns the first third of the slots and is gone; r-1 and r-2 have the others; r-3 and r-4 are replicas of r-0. */
class FixingTest {

    private static final List<Slots> SLOTS = List.of(Slots.range(0, 5460), Slots.range(5461, 10922), Slots.range(10923, 16383));

    /** By number, of the masters: those that the others do not reach, besides r-0. */
    private final Set<Integer> suspected = new HashSet<>();
    private final List<NodeState> states = new ArrayList<>(List.of(master(1), master(2)));

    @Test
    void withoutAnyCopyTheSlotsAreGivenAway() {
        assertThat(fix().steps()).allSatisfy(step -> assertThat(step).isInstanceOf(Step.Seize.class)).hasSize(2);
    }

    /** Finding K5'. */
    @Test
    void theReplicaThatHasTheMostOfTheDataIsElectedByOrderWhereNoneHasAll() {
        states.add(replica(3, false, false, 10, 500));
        states.add(replica(4, false, false, 10, 900));
        assertThat(fix().steps()).containsExactly(new Step.Elect("r-4"));
        assertThat(fix().words()).containsExactly(
                "make r-4 the master of slots 0-5460 with the data that it has: what r-0 wrote since the two were last in sync is given up");
        assertThat(Problems.of(view())).anyMatch(problem -> problem.startsWith("slots 0-5460 have no living owner: r-0 is down, and r-4, which is there, may have older data: bring r-0 back"));
    }

    @Test
    void whoMayBeElectedUnaskedIsNoCaseForAPerson() {
        states.add(replica(3, false, true, 10, 500));
        states.add(replica(4, false, false, 10, 900));
        assertThat(fix().steps()).isEmpty();
        assertThat(Problems.of(view())).anyMatch(problem -> problem.endsWith("r-3 may be elected"));
    }

    /** Its data is whole as of when its link was lost, and the Lease says that the master went on. */
    @Test
    void aReplicaThatCountsAsWholeAndMayNotBeElectedIsElectedByOrder() {
        states.add(replica(3, true, false, 10, 500));
        states.add(replica(4, false, false, 10, 900));
        assertThat(fix().steps()).containsExactly(new Step.Elect("r-3"));
        assertThat(Problems.of(view())).noneMatch(problem -> problem.contains("may be elected"));
    }

    @Test
    void aReplicaThatHoldsNothingIsNotElected() {
        states.add(replica(3, false, false, 0, 0));
        assertThat(fix().steps()).allSatisfy(step -> assertThat(step).isInstanceOf(Step.Seize.class));
    }

    /** Nobody votes there, so FORCE would do nothing. */
    @Test
    void withoutAMajorityAReplicaTakesOverByOrder() {
        suspected.add(2);
        states.clear();
        states.add(master(1));
        states.add(replica(3, true, true, 10, 500));
        states.add(replica(4, false, false, 10, 900));
        assertThat(fix().steps()).containsExactly(new Step.TakeOver("r-3"), new Step.Seize("r-1", SLOTS.get(2)));
        assertThat(fix().words().getFirst()).startsWith("make r-3 the master of slots 0-5460, though no majority is there to elect it (wait if the others are only cut off), with the data that it has: ");
    }

    @Test
    void withoutAnyMasterAReplicaTakesOverByOrder() {
        suspected.addAll(Set.of(1, 2));
        states.clear();
        states.add(replica(3, true, true, 10, 500));
        assertThat(fix().steps()).containsExactly(new Step.TakeOver("r-3"));
    }

    @Test
    void aMasterThatTheOthersReachKeepsItsSlotsThoughItsAgentIsSilent() {
        states.removeLast();
        assertThat(fix().steps()).containsExactly(new Step.Seize("r-1", SLOTS.get(0)));
    }

    private Fixing.Remedy fix() {
        return Fixing.of(view());
    }

    private ClusterView view() {
        return new ClusterView(Shape.of(3, 1), "d", false, states, Set.of("r-0", "r-1", "r-2", "r-3", "r-4"), Map.of("r-0", id(0)));
    }

    private NodeState master(int number) {
        return state(number, true, false, 10, 0);
    }

    private NodeState replica(int number, boolean whole, boolean allowed, long keys, long applied) {
        return state(number, whole, allowed, keys, applied);
    }

    private NodeState state(int number, boolean whole, boolean allowed, long keys, long applied) {
        NodeInfo info = new NodeInfo("run", "redis", "8.0.2", number < 3 ? Role.MASTER : Role.REPLICA, "r", 0, false, false, false, keys, true, 1, 0, allowed);
        List<ClusterNode> nodes = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Set<String> flags = new LinkedHashSet<>(i == number ? List.of("myself") : List.of());
            flags.add(i < 3 ? "master" : "slave");
            if (i == 0) {
                flags.add("fail");
            } else if (suspected.contains(i)) {
                flags.add("fail?");
            }
            nodes.add(new ClusterNode(id(i), new Address("10.0.0." + i, 6379), 16379, "r-" + i + ".h", Map.of(), flags, i < 3 ? null : id(0), 0, 0, i, i > 0,
                    i < 3 ? SLOTS.get(i) : Slots.NONE, Map.of(), Map.of()));
        }
        return new NodeState(new MemberId("r-" + number, "u"), new Address("10.0.0." + number, 6379), "", "", true, info, new Topology(nodes), id(number), whole, "d", "", false,
                new ShardWord(Map.of(), applied, -1, false, null));
    }

    private static String id(int number) {
        return Integer.toString(number).repeat(40);
    }
}
