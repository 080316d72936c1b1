package io.redisha.loop.cluster;

import io.redisha.decide.cluster.Belonging;
import io.redisha.decide.cluster.Belonging.Rescue;
import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.model.ClusterNode;
import io.redisha.model.NodeState;
import io.redisha.model.Reason;
import io.redisha.model.Timings;
import io.redisha.model.Topology;
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
    /** Without one: how long siblings are waited for that do not answer, or have no server that does (they may all be starting). */
    private static final long SIBLINGS = 10_000 * MS;
    /** And how long those that load their data: one may be the only one that has this master's. */
    private static final long LOADS = 600_000 * MS;
    /** Without a nodes.conf that can be read: how long all siblings have to say that they don't know this node, since each may have started a moment ago. */
    private static final long NOBODY = 3_000 * MS;
    /** And how long they are waited for otherwise: what this node was is worth more than a new one, which is of no use while they are away. */
    private static final long REBUILD = 600_000 * MS;

    private final String pod;
    private final NodeFile file;
    private final boolean persistent;
    private final Asking siblings;
    private final Nodes nodes;
    private final Journal journal;
    private final LongSupplier clock;

    private volatile String nodeId;
    private volatile String masterId;
    /** Who was asked last to take over, null for nobody. */
    private String asked;

    public Boot(String pod, NodeFile file, boolean persistent, Asking siblings, Nodes nodes, Journal journal, LongSupplier clock) {
        this.pod = pod;
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

    /** Of the master that it follows by nodes.conf, null for none. */
    public String masterId() {
        return masterId;
    }

    /** @param died the server has run before in this container, or was to, and died */
    public void prepare(boolean died) throws InterruptedException {
        Topology known = read();
        file.correctAddress();
        ClusterNode me = known.myself();
        nodeId = me == null ? null : me.id();
        masterId = me != null && me.isReplica() ? me.master() : null;
        if (me == null || !me.ownsSlots()) {
            return;
        }
        boolean hasData = persistent && file.hasData();
        if (hasData && !died) {
            return;   // the others have taken its slots, or they have not: the server finds out, and serves nothing until then
        }
        giveWay(me, hasData, died);
    }

    private void giveWay(ClusterNode me, boolean hasData, boolean died) throws InterruptedException {
        Reason reason = died ? Reason.SERVER_DIED : Reason.VOLUME_EMPTY;
        long start = clock.getAsLong();
        asked = null;
        while (true) {
            Asking.Answers answers = siblings.ask();
            long waited = clock.getAsLong() - start;
            switch (Belonging.rescue(me, answers.states())) {
                case Rescue.TakenBy taken -> {
                    file.follow(taken.nodeId());
                    masterId = taken.nodeId();
                    journal.note(Act.HANDED_OVER, reason, -1, "to " + taken.pod() + " after " + waited / MS + " ms");
                    return;
                }
                case Rescue.By by -> askToTakeOver(by.replica(), reason);
                case Rescue.Nobody nobody -> {
                    if (hasData || !isWorthWaiting(answers, waited)) {
                        NodeState older = hasData ? null : Belonging.lastResort(me, answers.states()).orElse(null);
                        if (older != null) {
                            askToTakeOver(older, reason);
                            continue;
                        }
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

    /** Somebody may yet say that it has the data. */
    private static boolean isWorthWaiting(Asking.Answers answers, long waited) {
        boolean loads = answers.states().stream().anyMatch(s -> s.running() && s.server() != null && s.server().loading());
        return loads ? waited <= LOADS : waited <= SIBLINGS && !answers.allServe();
    }

    /** Rule K5. The vote of the majority decides; without one nobody takes over, and this is tried again. */
    private void askToTakeOver(NodeState replica, Reason reason) throws InterruptedException {
        if (!replica.pod().equals(asked)) {
            asked = replica.pod();
            journal.note(Act.HANDOVER_STARTED, reason, -1, "to " + asked);
        }
        try {
            nodes.promote(replica.redis(), true);
        } catch (Nodes.Failed e) {
            LOG.debug("{} did not take over: {}", replica.pod(), e.getMessage());
        }
    }

    private Topology read() throws InterruptedException {
        try {
            return file.read();
        } catch (NodeFile.Corrupt e) {
            long start = clock.getAsLong();
            long askedAll = start;
            while (true) {
                Asking.Answers answers = siblings.ask();
                for (NodeState sibling : answers.states()) {
                    String own = Belonging.idOf(pod, sibling.topology());
                    if (own != null) {
                        String kept = file.keep();
                        file.rebuild(sibling.topology(), own);
                        journal.note(Act.MENDED, Reason.CONFIG_CORRUPT, -1, "nodes.conf from what " + sibling.pod() + " knows (" + e.getMessage() + "; kept as " + kept + ")");
                        return reread();
                    }
                }
                long now = clock.getAsLong();
                // after a power cut nobody answers yet, or has a server that does
                askedAll = answers.allServe() ? askedAll : now;
                if (now - askedAll >= NOBODY || now - start >= REBUILD) {
                    break;
                }
            }
            String kept = file.keep();
            file.drop();   // not before: who is started anew while it waits must find what it waits for
            journal.note(Act.MENDED, Reason.CONFIG_CORRUPT, -1, "nodes.conf by starting as a new node: no sibling knows this one (" + e.getMessage() + "; kept as " + kept + ")");
            return Topology.NONE;
        }
    }

    private Topology reread() {
        try {
            return file.read();
        } catch (NodeFile.Corrupt e) {
            throw new IllegalStateException("nodes.conf as it was just written", e);
        }
    }
}
