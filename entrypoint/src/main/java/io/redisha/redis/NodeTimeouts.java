package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The masters' node timeout, raised while a value is on its way that takes long: its source and its target serve nobody meanwhile, and the other
 * masters would take them for dead. Whoever leads next puts it back if this pod dies before it has.
 */
final class NodeTimeouts {

    private static final Logger LOG = LoggerFactory.getLogger(NodeTimeouts.class);
    private static final String NAME = "cluster-node-timeout";

    private final List<NodeLink> masters;
    private Long usual;
    private boolean raised;

    NodeTimeouts(List<NodeLink> masters) {
        this.masters = masters;
    }

    /**
     * @param silence milliseconds for which somebody may not answer
     * @throws Failed if a master does not take it: that one would judge by the usual timeout
     */
    void raiseFor(long silence) throws Failed {
        if (usual == null) {
            List<?> pair = (List<?>) masters.getFirst().call("CONFIG", "GET", NAME);
            usual = Long.parseLong(Link.text(pair.getLast()));
        }
        if (silence <= usual / 2) {
            return;
        }
        raised = true;
        for (NodeLink master : masters) {
            master.call("CONFIG", "SET", NAME, Long.toString(usual + 2 * silence));
        }
    }

    void putBack() {
        for (NodeLink master : raised ? masters : List.<NodeLink>of()) {
            try {
                master.call("CONFIG", "SET", NAME, Long.toString(usual));
            } catch (Failed e) {
                LOG.warn("its node timeout stays raised until another pod leads: {}", e.getMessage());
            }
        }
        raised = false;
    }
}
