package io.redisha.decide.sentinel;

import io.redisha.model.SentinelView;
import java.util.Collection;

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
}
