package io.redisha.loop.cluster;

import io.redisha.model.Address;
import io.redisha.model.NodeInfo;
import io.redisha.model.Pulse;
import io.redisha.model.Topology;

/**
 * The own server as a node of a Redis Cluster. No call blocks, and calls are carried out in the order given. It is polled ten times a
 * second, and what is seen is handed to the loop unasked.
 */
public interface NodeServer {

    /**
     * @param running  the process exists
     * @param info     newest answer, null before the first of this process
     * @param answered monotonic ns of the newest answer, or of the process' start
     * @param pulse    newest of this process, null if it cannot be read
     * @param end      how the process ended, for a person; empty while it runs, and if that was told before
     */
    record View(boolean running, NodeInfo info, Topology topology, long answered, Pulse pulse, String end) {

        /** Without what only the kernel knows. */
        public View(boolean running, NodeInfo info, Topology topology, long answered) {
            this(running, info, topology, answered, null, "");
        }
    }

    /** Asks at once instead of at the next poll. */
    void look();

    /** CLUSTER MEET: a node that is known already gets its address corrected by it (rule K1). */
    void meet(Address redis, int busPort);

    /** CONFIG SET cluster-replica-no-failover, the other way round (rule K4). */
    void allowFailover(boolean allowed);

    /** SIGKILL; it is started again. */
    void kill();
}
