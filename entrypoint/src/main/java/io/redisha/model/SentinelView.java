package io.redisha.model;

import java.util.List;
import java.util.Set;

/**
 * One sentinel's answer: what it says of the master, its replicas and the other sentinels, all of one moment.
 *
 * @param pod       of the sentinel
 * @param at        monotonic ns of the answer; of the last try where there was none
 * @param answering false: it does not answer, and the rest says nothing
 * @param master    whom it names to clients, as announced: a host name; null if it monitors no master of the name
 * @param epoch     configuration epoch of that (rule S1)
 * @param quorum    as it has it now
 * @param flags     of the master: {@code s_down}, {@code o_down}, {@code failover_in_progress}, ...
 */
public record SentinelView(String pod, long at, boolean answering, Address master, long epoch, int quorum, Set<String> flags, List<Known> replicas,
        List<Known> sentinels) {

    /**
     * A replica or another sentinel, as this one knows it.
     *
     * @param host     as announced
     * @param flags    {@code s_down}, {@code disconnected}, ...
     * @param priority of a replica: 0 = not to be promoted
     * @param master   of a replica: the host it follows
     * @param offset   of a replica: what it had applied when it was last asked
     */
    public record Known(String host, int port, Set<String> flags, int priority, String master, long offset) {

        public boolean isDown() {
            return flags.contains("s_down") || flags.contains("o_down") || flags.contains("disconnected");
        }
    }

    public static SentinelView silent(String pod, long at) {
        return new SentinelView(pod, at, false, null, 0, 0, Set.of(), List.of(), List.of());
    }

    public boolean isFailingOver() {
        return flags.contains("failover_in_progress");
    }

    /** The master does not answer this sentinel. */
    public boolean isDown() {
        return flags.contains("s_down") || flags.contains("o_down");
    }
}
