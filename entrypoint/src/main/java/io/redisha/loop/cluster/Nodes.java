package io.redisha.loop.cluster;

import io.redisha.model.Address;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Orders to any node of the cluster. Every call blocks until it is carried out, at most a few seconds, except {@link #move}. */
public interface Nodes {

    /** The order was refused or not answered; the message is for a person and names the node. */
    final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        public Failed(String message) {
            super(message);
        }
    }

    /** @param id node id */
    record Node(String id, String pod, Address redis) {}

    /** CLUSTER SET-CONFIG-EPOCH; that the node has one already is as good. */
    void epoch(Address at, long epoch) throws Failed;

    void meet(Address at, Address with, int busPort) throws Failed;

    /** CLUSTER ADDSLOTSRANGE; slots that are the node's own already are left out. */
    void own(Address at, Slots slots) throws Failed;

    /** CLUSTER REPLICATE; the node must have neither slots nor keys. */
    void replicate(Address at, String masterId) throws Failed;

    void stable(Address at, int slot) throws Failed;

    /** CLUSTER SETSLOT NODE for slots whose keys are lost or elsewhere: by a person's order only. */
    void seize(Address at, Slots slots, String ownerId) throws Failed;

    /** How many keys it has of each of these slots, whoever owns them; those of which it has none are left out. */
    Map<Integer, Long> keys(Address at, Slots slots) throws Failed;

    /** Moves keys of slots that {@code from} does not own to their owner; one that both have is deleted at {@code from}. By a person's order only. */
    void gather(Node from, Node to, Slots slots) throws Failed;

    /** How often the server has been told to MIGRATE since it started, by anybody. */
    long migrations(Address at) throws Failed;

    /** CLUSTER FAILOVER, waiting until it is the master. @param force the old master is dead (rule K5) */
    void promote(Address at, boolean force) throws Failed;

    /** CLUSTER FORGET; that it is not known is as good. */
    void forget(Address at, String nodeId) throws Failed;

    /** CLUSTER RESET HARD. @param flush FLUSHALL first */
    void reset(Address at, boolean flush) throws Failed;

    Topology topology(Address at) throws Failed;

    /** What is told of a move while it goes on. */
    interface Watch {
        /** @param slots moved since the last call, with this many keys */
        void moved(int slots, long keys);
    }

    /**
     * Moves slots and their keys: by atomic migration where both servers have it, slot by slot elsewhere; goes on with what an earlier
     * move left open. Returns when all are moved, or between two batches when {@code goOn} says no. Clients see nothing but MOVED and ASK.
     *
     * @param others the other masters, to be told of the slots' new owner
     */
    void move(Node from, Node to, Slots slots, List<Node> others, Watch watch, BooleanSupplier goOn) throws Failed;
}
