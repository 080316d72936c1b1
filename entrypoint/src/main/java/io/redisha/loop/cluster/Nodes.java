package io.redisha.loop.cluster;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.List;

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

    /** CLUSTER FAILOVER, waiting until it is the master. @param force the old master is dead (rule K5) */
    void promote(Address at, boolean force) throws Failed;

    /**
     * As {@link #promote} by force. Slots that the dead master had open are opened again before the heir takes a write (rule K9): it would take
     * keys that are at their target already for keys that do not exist.
     *
     * @param dead as its nodes.conf says
     */
    void rescue(Address at, ClusterNode dead) throws Failed;

    /** Of these slots, owned or not, those in which the node has keys. */
    Slots withKeys(Address at, Slots among) throws Failed;

    /** CLUSTER FORGET; that it is not known is as good. */
    void forget(Address at, String nodeId) throws Failed;

    /** CLUSTER RESET HARD. @param flush FLUSHALL first */
    void reset(Address at, boolean flush) throws Failed;

    /** The node timeout that the settings say, which a move that was cut off may have raised. */
    void calm(Address at) throws Failed;

    Topology topology(Address at) throws Failed;

    /** What is told of a move while it goes on. */
    interface Watch {
        /** @param slots moved since the last call, with this many keys */
        void moved(int slots, long keys);

        /** So many keys of a slot had been written on both sides (rule K9): the older ones are kept beside, under names of their own. */
        default void kept(int slot, int keys) {}
    }

    /** Asked by a move while it goes on, from its own thread. */
    interface Permit {

        /** This pod still holds the Lease: else nothing more is ordered. */
        boolean leads();

        /** Slots may be opened: neither side is about to change its role. What is open is closed all the same. */
        default boolean mayOpen() {
            return leads();
        }
    }

    /**
     * Moves slots and their keys: by atomic migration where both servers have it, slot by slot elsewhere; goes on with what an earlier
     * move left open. Returns when all are moved, or with some of them closed and the others not opened when the permit has ended; only if this
     * pod does not lead any more, some may stay open. Clients see nothing but MOVED, ASK and TRYAGAIN.
     *
     * @param others the other masters, to be told of the slots' new owner
     */
    void move(Node from, Node to, Slots slots, List<Node> others, Watch watch, Permit permit) throws Failed;
}
