package io.redisha.decide;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Rule C4: which better candidates were left the first go, one after the other, and what came of it. Immutable; the member keeps the newest.
 *
 * @param since    pods that are waited for now or were in this attempt, with when that began, monotonic ns
 * @param had      pods that did not come in the time that they were left, since a leader was last open
 * @param handedOn pods for which this member has let go of the Lease, since a leader was last open
 */
public record Chances(Map<String, Long> since, Set<String> had, Set<String> handedOn) {

    public static final Chances NONE = new Chances(Map.of(), Set.of(), Set.of());

    public Chances {
        since = Map.copyOf(since);
        had = Set.copyOf(had);
        handedOn = Set.copyOf(handedOn);
    }

    /** {@code pod} is waited for; not for longer because of it. */
    public Chances yields(String pod, long now) {
        Map<String, Long> next = new HashMap<>(since);
        next.putIfAbsent(pod, now);
        return new Chances(next, had, handedOn);
    }

    /** This member takes the Lease itself. @param patience ns that each was left */
    public Chances takes(long now, long patience) {
        Set<String> next = new HashSet<>(had);
        since.forEach((pod, at) -> {
            if (now - at >= patience) {
                next.add(pod);
            }
        });
        return new Chances(since, next, handedOn);
    }

    public Chances handsOn(String pod) {
        Set<String> next = new HashSet<>(handedOn);
        next.add(pod);
        return new Chances(since, had, next);
    }

    /** From here on each is waited for anew. */
    public Chances again() {
        return new Chances(Map.of(), had, handedOn);
    }

    /** A leader is open. */
    public Chances led() {
        return new Chances(since, Set.of(), Set.of());
    }

    /** Since when anybody is waited for. */
    long first() {
        return since.values().stream().mapToLong(at -> at).min().orElse(Long.MAX_VALUE);
    }

    boolean over(String pod, long now, long patience) {
        Long at = since.get(pod);
        return at != null && now - at >= patience;
    }
}
