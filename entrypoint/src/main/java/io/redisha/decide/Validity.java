package io.redisha.decide;

import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberId;
import io.redisha.model.Mode;
import io.redisha.model.Timings;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/**
 * Rules V2 and V3: until when a leader may accept writes, by what it knows now.
 *
 * <p>A moment instead of a yes or no, so that the watchdog compares numbers and shares nothing else with the loop.
 */
public final class Validity {

    /** The moment that never comes, and the one that is always past; half the range, so that a difference to either does not overflow. */
    public static final long ALWAYS = Long.MAX_VALUE / 2;
    public static final long NEVER = Long.MIN_VALUE / 2;

    /**
     * What may be in force.
     *
     * @param patience by how many ns promises may be extended, see {@link LeaseRecord#patience()}
     */
    public record Config(Mode mode, List<MemberId> members, long patience) {

        public Config(Mode mode, List<MemberId> members) {
            this(mode, members, 0);
        }
    }

    private Validity() {}

    /**
     * @param configs what the Lease says, and what every write of ours that may still arrive would make it say: of a change whose
     *     outcome is not known, what it demands counts already and what it permits does not yet (rule V5), so all must hold
     * @param acked   per member, when the newest heartbeat that it acknowledged was <em>sent</em>, and by how much its
     *     promise was extended later than that (rule W4)
     * @param renewed when the last successful renewal was <em>sent</em> (rule L5), {@link #NEVER} for none
     */
    public static long until(Collection<Config> configs, MemberId self, Map<MemberId, Long> acked, long renewed, Timings t) {
        long until = ALWAYS;
        for (Config c : configs) {
            until = Math.min(until, until(c, self, acked, renewed, t));
        }
        return configs.isEmpty() ? NEVER : until;
    }

    private static long until(Config c, MemberId self, Map<MemberId, Long> acked, long renewed, Timings t) {
        int n = c.members.size();
        if (n == 1 && c.members.contains(self)) {
            return ALWAYS;
        }
        long[] sent = c.members.stream().filter(m -> !m.equals(self)).mapToLong(m -> acked.getOrDefault(m, NEVER)).sorted().toArray();
        // the q-th member to have answered, counting the leader, decides how long the quorum lasts; the slowest how long all do
        int others = LeaseRecord.quorum(n) - 1;
        long quorum = others == 0 ? ALWAYS : others > sent.length ? NEVER : plus(sent[sent.length - others], t.memberTimeout());
        // against V7: a member's pod may have a successor meanwhile, of an earlier version too, that knows of no extension and sees the Lease unchanged
        long most = Math.min(t.memberTimeout(), t.lease() - t.fence() - t.margin() - c.patience);
        long all = sent.length == 0 ? NEVER : plus(sent[0], most);
        long confirmed = Math.max(plus(renewed, t.renewDeadline()), all);
        return c.mode == Mode.MEMBERS ? Math.min(quorum, confirmed) : confirmed;
    }

    private static long plus(long at, long duration) {
        return at == NEVER ? NEVER : at + duration;
    }
}
