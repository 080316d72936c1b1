package io.redisha.decide.sentinel;

import io.redisha.decide.sentinel.Forgetting.Wanted;
import io.redisha.model.MemberId;
import io.redisha.model.SentinelView;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** With which master a sentinel begins, and when it must begin anew. Pure. */
public final class Beginning {

    private Beginning() {}

    /**
     * Null as long as nothing is known: a sentinel that begins with a master of the past is one vote for it.
     *
     * @param own      what its own file says, null for none
     * @param asked    the Lease has been read
     * @param noted    what the Lease says, null for nothing
     * @param others   answers of the other sentinels
     */
    public static Appointment of(Appointment own, boolean asked, Appointment noted, Collection<SentinelView> others, int wanted, Hosts redis) {
        Appointment told = null;
        for (SentinelView v : others) {
            told = Appointment.later(told, named(v, redis));
        }
        // what a majority names is so, also where this sentinel had something else in the same epoch
        Belief belief = Belief.of(others, wanted, null, redis);
        if (belief != null && belief.pod() != null && (own == null || belief.epoch() >= own.epoch())) {
            return belief.appointment();
        }
        if (own != null) {
            return Appointment.later(own, told);
        }
        return asked ? Appointment.later(noted, told) : null;
    }

    private static Appointment named(SentinelView v, Hosts redis) {
        String pod = v.answering() && v.master() != null ? redis.podOf(v.master().host()) : null;
        return pod == null ? null : new Appointment(pod, v.epoch());
    }

    /** The own sentinel names another master than the majority of all, in the same epoch: no hello will ever correct it. */
    public static boolean isAstray(SentinelView own, Collection<SentinelView> others, int wanted, Hosts redis) {
        Belief belief = Belief.of(others, wanted, null, redis);
        return own.answering() && !own.isFailingOver() && belief != null && belief.pod() != null && others.stream().noneMatch(SentinelView::isFailingOver)
                && own.epoch() == belief.epoch() && !belief.master().equals(own.master());
    }

    /**
     * The own sentinel can't have its master replaced, as it has forgotten others and not learnt them again, which only the master could tell it of: it lacks a server
     * that there is to be, or waits for the votes of sentinels that are gone. One that begins anew is told of all that there are to be.
     */
    public static boolean isIncomplete(SentinelView own, Wanted w) {
        String master = own.answering() && own.isDown() && own.master() != null ? w.redis().podOf(own.master().host()) : null;
        if (master == null) {
            return false;
        }
        boolean lacks = IntStream.range(0, w.replicas()).mapToObj(w.redis()::pod).anyMatch(pod -> !pod.equals(master)
                && own.replicas().stream().noneMatch(k -> pod.equals(w.redis().podOf(k.host()))));
        return lacks || own.sentinels().stream().anyMatch(k -> k.isDown() && isUnwanted(w.sentinels().podOf(k.host()), w.watchers()));
    }

    /**
     * Pods of sentinels that were scaled away, and may be only cut off: they may still vote with those that count them.
     *
     * @param existing pods of sentinels
     */
    public static List<String> scaledAway(Set<String> existing, int wanted) {
        return existing.stream().filter(pod -> isUnwanted(pod, wanted)).sorted().toList();
    }

    private static boolean isUnwanted(String pod, int wanted) {
        return pod != null && MemberId.ordinal(pod) >= wanted;
    }
}
