package io.redisha.loop;

import io.redisha.model.Address;
import java.util.HashSet;
import java.util.Set;

/**
 * Rules V6 and C6: nobody accepts writes before the leader that fell silent can no longer do so. Its server may go on without its agent, and as long as
 * it has a replica it takes writes, and {@code WAIT} confirms them: so members let their servers go of it, and it is fenced over the network.
 */
final class Detachment {

    private final Server server;
    /** The server may copy a leader that has not let go of the Lease. */
    private boolean attached;
    private boolean underWay;
    /** How often it was told to follow somebody: an answer of before the last time says nothing. */
    private long told;
    private final Set<Address> fencing = new HashSet<>();
    private long terms;

    Detachment(Server server) {
        this.server = server;
    }

    /** A leader is heard that accepts writes, and the server may follow it already. */
    void heardOpenLeader() {
        attached = true;
    }

    /** The server is told to follow a leader. */
    void ordered() {
        attached = true;
        told++;
    }

    /** Whoever it follows accepts no writes any more (rule L8), or it leads itself. */
    void freed() {
        attached = false;
    }

    boolean done() {
        return !attached;
    }

    /** A server that does not obey is told again when this is called again. @param then when it is done */
    void begin(Runnable then) {
        if (!attached || underWay) {
            return;
        }
        underWay = true;
        long from = told;
        server.detach(detached -> {
            underWay = false;
            if (detached && from == told) {
                attached = false;
                then.run();
            }
        });
    }

    /** Nothing is awaited any more of the fences of an earlier term. */
    void newTerm() {
        fencing.clear();
        terms++;
    }

    /** The last leader's agent does not answer, but its server may. @param then when that has been tried */
    void fence(Peers peers, Address silent, Runnable then) {
        fencing.add(silent);
        long of = terms;
        peers.fence(silent, () -> {
            if (of == terms) {
                fencing.remove(silent);
                then.run();
            }
        });
    }

    boolean fencing() {
        return !fencing.isEmpty();
    }
}
