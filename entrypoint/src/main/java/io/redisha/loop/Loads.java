package io.redisha.loop;

import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Timings;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Who says that it loads its data (rule B4): a word counts for a while, as a server that loads may be late with the next one, and not for ever. */
final class Loads {

    private static final long LATELY = 3_000 * Timings.MS;

    private final Map<MemberId, Long> said = new HashMap<>();

    /** @param at when the member said so, ns of the own clock */
    void hear(MemberState state, long at) {
        if (!state.running() || state.server() == null) {
            return;   // late, or started again: that does not take back what it said
        }
        if (state.server().loading()) {
            said.merge(state.id(), at, Math::max);
        } else {
            said.remove(state.id());
        }
    }

    Set<MemberId> of(long now) {
        return said.entrySet().stream().filter(word -> now - word.getValue() <= LATELY).map(Map.Entry::getKey).collect(Collectors.toUnmodifiableSet());
    }
}
