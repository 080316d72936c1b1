package io.redisha.decide.sentinel;

import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/**
 * Whom a majority of the sentinels names as the master (rule S1). Nobody changes anything without one.
 *
 * @param pod    null: a host that is no pod of this release
 * @param master as the sentinels announce it
 * @param epoch  in which it was made master
 */
public record Belief(String pod, Address master, long epoch) {

    /**
     * What is to be believed now; null for nothing.
     *
     * @param views  of sentinels that are wanted, none older than is worth anything
     * @param wanted how many sentinels there are to be: those that are gone count against a majority
     * @param before what was believed last, null for nothing yet
     */
    public static Belief of(Collection<SentinelView> views, int wanted, Belief before, Hosts redis) {
        Map<Belief, Integer> named = new HashMap<>();
        for (SentinelView v : views) {
            if (v.answering() && v.master() != null) {
                named.merge(new Belief(redis.podOf(v.master().host()), v.master(), v.epoch()), 1, Integer::sum);
            }
        }
        for (Map.Entry<Belief, Integer> each : named.entrySet()) {
            // no sentinel goes back by itself: those that do have lost their memory, and what is left of it counts only if there is no other
            int needed = before != null && each.getKey().epoch < before.epoch ? wanted : majority(wanted);
            if (each.getValue() >= needed) {
                return each.getKey();
            }
        }
        return null;
    }

    public static int majority(int wanted) {
        return wanted / 2 + 1;
    }

    /**
     * How many of {@code watchers} sentinels must agree that the master is down.
     *
     * @param asked 0 for a majority; more than there are after a scale-in by hand, and no failover would ever begin
     */
    public static int quorum(int asked, int watchers) {
        return asked == 0 ? majority(watchers) : Math.min(asked, watchers);
    }

    public Appointment appointment() {
        return new Appointment(pod, epoch);
    }
}
