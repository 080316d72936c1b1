package io.redisha.decide.peers;

import io.redisha.model.MemberId;
import io.redisha.model.PeerState;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Whether all pods go back to one founding. Two pods that could not see each other may both have founded a ring: a pod that starts where a
 * partition hides all others has to, sooner or later. When they see each other again nothing else brings the two together, since neither
 * program has ever heard of the other.
 */
public final class Rings {

    private Rings() {}

    /** The ring that a program belongs to which is started with these: the oldest of theirs, and with it all of theirs become one. */
    public static String joined(Collection<PeerState> peers, String otherwise) {
        return peers.stream().map(PeerState::ring).filter(ring -> !ring.isEmpty()).min(Comparator.naturalOrder()).orElse(otherwise);
    }

    /** What the own ring is called now: of two that somebody has joined the older lends its name to both. */
    public static String agreed(PeerState self, Collection<PeerState> others) {
        return Stream.concat(Stream.of(self), others.stream().filter(other -> self.joined(other) || other.joined(self)))
                .map(PeerState::ring).filter(ring -> !ring.isEmpty()).min(Comparator.naturalOrder()).orElse(self.ring());
    }

    /** Those that answer and are no part of the own ring, by ordinal; empty when all is one. */
    public static List<PeerState> apart(PeerState self, Collection<PeerState> others) {
        return others.stream().filter(other -> other.answers() && !other.ring().isEmpty() && !self.ring().isEmpty() && !other.ring().equals(self.ring()))
                .sorted(Comparator.comparingInt(other -> MemberId.ordinal(other.pod()))).toList();
    }

    /**
     * Whether the own program has to be started again, with all addresses: one of a ring is enough, of the younger ring, and its first pod.
     */
    public static boolean mustRejoin(PeerState self, Collection<PeerState> others) {
        boolean younger = apart(self, others).stream().anyMatch(other -> other.ring().compareTo(self.ring()) < 0);
        boolean first = others.stream().filter(other -> other.ring().equals(self.ring()) && other.answers())
                .allMatch(other -> MemberId.ordinal(other.pod()) > MemberId.ordinal(self.pod()));
        return younger && first;
    }
}
