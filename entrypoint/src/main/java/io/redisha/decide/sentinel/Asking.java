package io.redisha.decide.sentinel;

import io.redisha.model.SentinelView;
import io.redisha.model.Timings;
import java.util.Comparator;
import java.util.List;

/**
 * Which sentinel is asked for a failover, and when.
 *
 * <p>SENTINEL FAILOVER asks no other sentinel: two of them at two sentinels within one exchange of hellos may make two masters in one epoch,
 * which never heals by itself. So there is one asker, and it asks another sentinel only if the last has refused, or answers no more.
 *
 * @param pod     the sentinel asked last, null for none
 * @param at      when
 * @param refused it said no, or could not be told: nothing was begun
 */
public record Asking(String pod, long at, boolean refused) {

    public static final Asking NONE = new Asking(null, 0, true);

    private static final long MS = Timings.MS;
    /** As often the same is asked again while nothing changes. */
    static final long AGAIN = 1_000 * MS;
    /** What was begun, and whose sentinel answers no more, may still be told to the others. */
    static final long ELSEWHERE = 2_500 * MS;
    /** After this one that had begun has given up. */
    static final long GIVEN_UP = 5_000 * MS;

    /** Null for nobody now. */
    public String next(List<SentinelView> views, Belief belief, String heir, Hosts redis, long now) {
        if (views.stream().anyMatch(SentinelView::isFailingOver)) {
            return null;
        }
        List<SentinelView> able = views.stream().filter(v -> v.answering() && belief.master().equals(v.master()) && v.epoch() == belief.epoch())
                .sorted(Comparator.comparing((SentinelView v) -> !knows(v, heir, redis)).thenComparing(SentinelView::pod)).toList();
        if (able.isEmpty()) {
            return null;
        }
        if (pod == null) {
            return able.getFirst().pod();
        }
        boolean answers = able.stream().anyMatch(v -> v.pod().equals(pod));
        if (!answers) {
            return now - at >= ELSEWHERE ? able.getFirst().pod() : null;
        }
        if (!refused) {
            return now - at >= GIVEN_UP ? pod : null;
        }
        return now - at < AGAIN ? null : able.stream().map(SentinelView::pod).filter(p -> p.compareTo(pod) > 0).sorted().findFirst().orElse(able.getFirst().pod());
    }

    private static boolean knows(SentinelView view, String heir, Hosts redis) {
        return view.replicas().stream().anyMatch(r -> heir.equals(redis.podOf(r.host())) && !r.isDown());
    }
}
