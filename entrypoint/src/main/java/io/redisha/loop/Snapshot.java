package io.redisha.loop;

import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import java.util.List;
import java.util.stream.Stream;

/**
 * The last observation, for probes, metrics and status: read by other threads, never asked of Redis or Kubernetes.
 *
 * @param at        monotonic ns at which it was made; liveness is that this is not long ago (rule P1)
 * @param ready     rule P2, {@code unready} saying in words what is missing
 * @param lease     null before the first read
 * @param leader    pod of the leader that this member follows or is; null if none is known
 * @param since     monotonic ns at which the own role last changed
 * @param siblings  newest answers of the others
 * @param problems  what a person should know, in words
 */
public record Snapshot(long at, MemberState self, boolean ready, String unready, LeaseView lease, String leader, long since, boolean apiReachable,
        boolean valid, List<Sibling> siblings, List<PodView> pods, List<String> problems) implements Health {

    /** @param at monotonic ns of the answer */
    public record Sibling(MemberState state, long at) {}

    /** With what else is wrong with this very pod. */
    public Snapshot with(List<String> more) {
        if (more.isEmpty()) {
            return this;
        }
        return new Snapshot(at, self, ready, unready, lease, leader, since, apiReachable, valid, siblings, pods, joined(problems, self.id().pod(), more));
    }

    /** @param more of this pod, which is named in each */
    public static List<String> joined(List<String> problems, String pod, List<String> more) {
        return Stream.concat(problems.stream(), more.stream().map(problem -> pod + ": " + problem)).toList();
    }
}
