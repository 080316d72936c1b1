package io.redisha.decide.sentinel;

import io.redisha.model.MemberId;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Which sentinel is to forget pods that went away by scale-in, one after the other and never during a failover: a reset forgets that, too
 * (rule S2).
 */
public final class Forgetting {

    /** What there is to be. */
    public record Wanted(Hosts redis, int replicas, Hosts sentinels, int watchers) {}

    private Forgetting() {}

    /**
     * Null for none now.
     *
     * @param existing pods that exist, of both kinds: who is still leaving will be missed when it is gone
     * @param resetAt  when the last reset was done; only what was seen after it counts
     */
    public static String next(Collection<SentinelView> views, Belief belief, Wanted w, Set<String> existing, long resetAt) {
        if (belief == null || belief.pod() == null) {
            return null;
        }
        List<SentinelView> all = views.stream().filter(SentinelView::answering).filter(v -> MemberId.ordinal(v.pod()) < w.watchers).toList();
        boolean calm = all.size() == w.watchers && all.stream().allMatch(v -> v.at() - resetAt > 0 && belief.master().equals(v.master()) && v.epoch() == belief.epoch()
                && !v.isFailingOver() && !v.isDown() && knowsAll(v, belief, w));
        if (!calm) {
            return null;
        }
        return all.stream().filter(v -> remembersTooMany(v, w, existing)).min(Comparator.comparingInt(v -> MemberId.ordinal(v.pod()))).map(SentinelView::pod).orElse(null);
    }

    /** Of those who are to be: all, and alive. So is, after a reset, who has learnt anew. */
    public static boolean knowsAll(SentinelView view, Belief belief, Wanted w) {
        boolean replicas = IntStream.range(0, w.replicas).mapToObj(w.redis::pod).filter(pod -> !pod.equals(belief.pod()))
                .allMatch(pod -> view.replicas().stream().anyMatch(k -> pod.equals(w.redis.podOf(k.host())) && !k.isDown()));
        return replicas && IntStream.range(0, w.watchers).mapToObj(w.sentinels::pod).filter(pod -> !pod.equals(view.pod()))
                .allMatch(pod -> view.sentinels().stream().anyMatch(k -> pod.equals(w.sentinels.podOf(k.host())) && !k.isDown()));
    }

    private static boolean remembersTooMany(SentinelView view, Wanted w, Set<String> existing) {
        return view.replicas().stream().anyMatch(k -> isGone(k, w.redis, w.replicas, existing))
                || view.sentinels().stream().anyMatch(k -> isGone(k, w.sentinels, w.watchers, existing));
    }

    /** A stranger that lives would be learnt anew at once, so that a reset would be followed by the next. */
    private static boolean isGone(Known known, Hosts hosts, int wanted, Set<String> existing) {
        String pod = hosts.podOf(known.host());
        return known.isDown() && (pod == null || MemberId.ordinal(pod) >= wanted && !existing.contains(pod));
    }
}
