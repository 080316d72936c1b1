package io.redisha.loop;

import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Timings;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Who says that it loads its data (rule B4): a word counts for a while, as a server that loads may be late with the next one, and not for ever. Nor does that of one
 * whose server has begun anew three times: its files may be such that it never ends.
 */
final class Loads {

    private static final long LATELY = 3_000 * Timings.MS;

    private static final int FAILURES = 3;

    private final Map<MemberId, Load> said = new HashMap<>();

    /** @param runs of its server, which have not come to an end of it: all but one have failed */
    private record Load(long at, Set<String> runs) {

        Load also(Load other) {
            runs.addAll(other.runs);
            return new Load(Math.max(at, other.at), runs);
        }
    }

    /** @param at when the member said so, ns of the own clock */
    void hear(MemberState state, long at) {
        if (!state.running() || state.server() == null) {
            return;   // late, or started again: that does not take back what it said
        }
        if (state.server().loading()) {
            said.merge(state.id(), new Load(at, new HashSet<>(Set.of(String.valueOf(state.server().runId())))), Load::also);
        } else {
            said.remove(state.id());
        }
    }

    /** Somebody leads: nobody is waited for any more, and whoever could not load its data may get a copy. */
    void forget() {
        said.clear();
    }

    Set<MemberId> of(long now) {
        return said.entrySet().stream().filter(load -> now - load.getValue().at <= LATELY && load.getValue().runs.size() <= FAILURES).map(Map.Entry::getKey).collect(Collectors.toUnmodifiableSet());
    }
}
