package io.redisha.loop.sentinel;

import io.redisha.loop.Peers.Peer;
import java.util.List;
import java.util.function.Consumer;

/**
 * All sentinels of the release. No call blocks; answers come on the loop's thread, exactly once. What each of them says is asked once a
 * second, and at once when it tells of an event, and handed to the loop unasked.
 */
public interface Sentinels {

    /** Where they are to be found from now on; who is not among them is not asked any more. */
    void watch(List<Peer> sentinels);

    /**
     * SENTINEL FAILOVER, after the sentinel has looked at the replicas anew.
     *
     * @param then null for begun, else why not
     */
    void failover(String pod, Consumer<String> then);

    /** SENTINEL RESET. @param then null for done, else why not */
    void reset(String pod, Consumer<String> then);

    /** SENTINEL SET. @param then null for done, else why not */
    void set(String pod, String option, String value, Consumer<String> then);
}
