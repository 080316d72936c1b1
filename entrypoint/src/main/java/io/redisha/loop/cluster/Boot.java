package io.redisha.loop.cluster;

import io.redisha.decide.cluster.Belonging;
import io.redisha.decide.cluster.Belonging.Rescue;
import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Reason;
import io.redisha.model.Timings;
import io.redisha.model.Topology;
import java.io.IOException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What has to be so before a cluster node's server may start (rules K1, K3, K5).
 *
 * <p>A master that owns slots and has lost its dataset never starts as their owner while a replica of it is alive: its replicas would copy
 * the emptiness. One whose server died lets a replica take over first, because that takes less time than to load the data again.
 */
public final class Boot {

    private static final Logger LOG = LoggerFactory.getLogger(Boot.class);
    private static final long MS = Timings.MS;
    /** With a dataset on the disk: how long a replica is asked to take over before the server is started as what it was. */
    private static final long TAKEOVER = 3_000 * MS;
    /** Without one: how long siblings are waited for that do not answer at all (they may all be starting). */
    private static final long SIBLINGS = 10_000 * MS;

    private final String pod;
    private final Address outside;
    private final NodeFile file;
    private final boolean persistent;
    private final Asking siblings;
    private final Nodes nodes;
    private final Journal journal;
    private final LongSupplier clock;

    private volatile String nodeId;

    /** @param outside what clients outside are told in place of the pod's name, null if they are not */
    public Boot(String pod, Address outside, NodeFile file, boolean persistent, Asking siblings, Nodes nodes, Journal journal, LongSupplier clock) {
        this.pod = pod;
        this.outside = outside;
        this.file = file;
        this.persistent = persistent;
        this.siblings = siblings;
        this.nodes = nodes;
        this.journal = journal;
        this.clock = clock;
    }

    /** Own id by nodes.conf, null before it was read or if there is none. */
    public String nodeId() {
        return nodeId;
    }

    /**
     * @param died the server has run before in this container, and died
     * @throws IOException in words: the volume can't be used as it is. Nothing was done that a second try would suffer from
     */
    public void prepare(boolean died) throws InterruptedException, IOException {
        Topology known = read();
        file.correctAddress();
        ClusterNode me = known.myself();
        nodeId = me == null ? null : me.id();
        if (me == null || !me.ownsSlots()) {
            return;
        }
        boolean hasData = persistent && file.hasData();
        if (hasData && !died) {
            return;   // the others have taken its slots, or they have not: the server finds out, and serves nothing until then
        }
        giveWay(me, hasData, died);
    }

    private void giveWay(ClusterNode me, boolean hasData, boolean died) throws InterruptedException, IOException {
        Reason reason = died ? Reason.SERVER_DIED : Reason.VOLUME_EMPTY;
        long start = clock.getAsLong();
        String asked = null;
        while (true) {
            Asking.Answers answers = siblings.ask();
            long waited = clock.getAsLong() - start;
            switch (Belonging.rescue(me, answers.states())) {
                case Rescue.TakenBy taken -> {
                    file.follow(taken.nodeId());
                    journal.note(Act.HANDED_OVER, reason, -1, "to " + taken.pod() + " after " + waited / MS + " ms");
                    return;
                }
                case Rescue.By by -> {
                    if (!by.replica().pod().equals(asked)) {
                        asked = by.replica().pod();
                        journal.note(Act.HANDOVER_STARTED, reason, -1, "to " + asked);
                    }
                    takeOver(by.replica());
                }
                case Rescue.Nobody nobody -> {
                    if (hasData || answers.silent().isEmpty() || waited > SIBLINGS) {
                        if (!hasData) {
                            journal.note(Act.HANDOVER_FAILED, Reason.VOLUME_EMPTY, -1, "no replica has the data of slots " + me.slots() + ": it is lost");
                        }
                        return;
                    }
                }
            }
            if (hasData && clock.getAsLong() - start > TAKEOVER) {
                journal.note(Act.HANDOVER_FAILED, reason, -1, "no replica took over in time, starting with the data on the volume");
                return;
            }
        }
    }

    /** Rule K5. The vote of the majority decides; without one nobody takes over, and this is tried again. */
    private void takeOver(NodeState replica) throws InterruptedException {
        try {
            nodes.promote(replica.redis(), true);
        } catch (Nodes.Failed e) {
            LOG.debug("{} did not take over: {}", replica.pod(), e.getMessage());
        }
    }

    private Topology read() throws InterruptedException, IOException {
        try {
            return file.read();
        } catch (NodeFile.Corrupt e) {
            String kept = file.keep();
            for (NodeState sibling : siblings.ask().states()) {
                String own = Belonging.idOf(pod, outside, sibling.topology());
                if (own != null) {
                    file.rebuild(sibling.topology(), own);
                    journal.note(Act.MENDED, Reason.CONFIG_CORRUPT, -1, "nodes.conf from what " + sibling.pod() + " knows (" + e.getMessage() + "; kept as " + kept + ")");
                    return reread();
                }
            }
            file.drop();
            journal.note(Act.MENDED, Reason.CONFIG_CORRUPT, -1, "nodes.conf by starting as a new node: no sibling knows this one (" + e.getMessage() + "; kept as " + kept + ")");
            return Topology.NONE;
        }
    }

    private Topology reread() throws IOException {
        try {
            return file.read();
        } catch (NodeFile.Corrupt e) {
            throw new IllegalStateException("nodes.conf as it was just written", e);
        }
    }
}
