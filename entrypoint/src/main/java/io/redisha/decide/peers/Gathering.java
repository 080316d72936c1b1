package io.redisha.decide.peers;

import io.redisha.model.PeerPhase;
import io.redisha.model.Sighting;
import io.redisha.model.Timings;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Whom a program is given to join when it starts (rule G1): the first ever nobody, each further one those before it, and any that starts
 * while others live all of them, the first pod too. A pod founds a ring only when it is sure that there is none, or that it would wait in
 * vain.
 *
 * @param joinAll  rule G1. Without it a pod is always given those before it and no others, so that a restarted first pod founds an island
 * @param minPeers how many peers a program is never started without, answering or not; of pods that are not started at once each is content
 *                 with as many as are before it
 * @param atOnce   pods are started in parallel, not each when the one before it is ready
 * @param silence  nanoseconds to wait for a pod that has an address and from which nothing answers
 * @param life     nanoseconds to wait for one that goes first, as its agent says: a program that does not answer by then may never do
 */
public record Gathering(boolean joinAll, int minPeers, boolean atOnce, long silence, long life) {

    /**
     * A dead pod's address stays in DNS for some seconds, and so long takes a container to come back. Whoever is there after a longer time
     * finds a ring to join.
     */
    public static final long SILENCE = 8_000 * Timings.MS;

    private static final Comparator<Sighting> BY_ORDINAL = Comparator.comparingInt(Sighting::ordinal).thenComparing(Sighting::ip);

    public Start decide(Sight sight) {
        // One that is stopping answers for some seconds yet, and then nobody would be left to have joined.
        List<Sighting> others = sight.others().stream().filter(s -> !s.is(PeerPhase.ENDING)).sorted(BY_ORDINAL).toList();
        if (!joinAll) {
            return asAtFirst(sight, others);
        }
        int least = atOnce ? minPeers : Math.min(minPeers, sight.ordinal());
        if (others.size() < least) {
            return new Start.Wait("at least " + least + " other pods (" + (others.isEmpty() ? "none" : "only " + names(others)) + " so far)");
        }
        if (atOnce && least > 0) {
            // These programs need each other's addresses to get to life at all: none of them can wait for another's.
            return new Start.Join(others);
        }
        if (others.stream().anyMatch(Sighting::answers)) {
            // Nothing can be joined where nothing answers, and some programs take long to find that out; but the pods before this one
            // are there or will be at once, if they have an agent.
            return new Start.Join(those(others, s -> s.answers() || s.ordinal() < sight.ordinal() && s.state() != null));
        }
        if (sight.waited() < life) {
            List<Sighting> starting = those(others, s -> s.is(PeerPhase.STARTED));
            if (!starting.isEmpty()) {
                return new Start.Wait(names(starting) + ", started and not answering yet");
            }
            List<Sighting> before = those(others, s -> s.ordinal() < sight.ordinal() && (s.is(PeerPhase.WAITING) || s.is(PeerPhase.FOUNDING)));
            if (!before.isEmpty()) {
                return new Start.Wait(names(before) + " to go first");
            }
            if (!sight.named()) {
                // It takes DNS some seconds to know a new pod. Of one that is down nothing can be learned: all others may be well.
                return new Start.Wait("DNS to know this pod, and with it all the others");
            }
        }
        List<Sighting> silent = those(others, s -> s.state() == null);
        if (sight.waited() < silence && !silent.isEmpty()) {
            return new Start.Wait(names(silent) + ", which DNS knows and which do not answer");
        }
        return new Start.Found();
    }

    /** As if the ring were started for the first time, always. */
    private Start asAtFirst(Sight sight, List<Sighting> others) {
        if (sight.ordinal() == 0) {
            return new Start.Found();
        }
        List<Sighting> before = those(others, s -> s.ordinal() < sight.ordinal());
        if (before.stream().noneMatch(Sighting::answers) && sight.waited() < life) {
            return new Start.Wait("one of the pods before it");
        }
        return before.isEmpty() ? new Start.Found() : new Start.Join(before);
    }

    private static List<Sighting> those(List<Sighting> others, Predicate<Sighting> which) {
        return others.stream().filter(which).toList();
    }

    private static String names(List<Sighting> pods) {
        return pods.stream().map(Sighting::name).collect(Collectors.joining(", "));
    }
}
