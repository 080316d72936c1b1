package io.redisha.simulation;

import io.redisha.model.Address;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** All servers of a release, what is common to them, and what may go wrong with each. */
public final class Servers {

    /** What a world has to say to what servers do. */
    public interface Watch {
        /** Who has or had this address, null for nobody. */
        SimulatedRedis at(Address address);

        /** It starts to accept writes. */
        void opened(SimulatedRedis server);

        /** A full sync replaces what it holds. */
        void synced(SimulatedRedis server, SimulatedRedis from);

        /** Its agent kills it, because it thinks that it hangs. */
        default void killed(SimulatedRedis server) {
            if (!server.hangs()) {
                throw new Violation(server.pod.name + " kills a server that does not hang");
            }
        }
    }

    final Simulation simulation;
    final Network network;
    final Watch watch;
    public final Clients clients;
    public final List<SimulatedRedis> all = new ArrayList<>();
    /** Without: what a process held is gone with it. */
    public final boolean persistent;
    /** min-replicas-to-write of a server that starts. */
    public IntSupplier minReplicas = () -> 0;
    /** replica-priority of a server that starts. */
    public int priority = 100;
    public boolean priorityIsFixed;
    /** How long a server takes to load what is on its disk; null: it has it at once. */
    public LongSupplier loading;
    /** How long a server rewrites its AOF after a full sync; until then its disk has what it held before. Null: no time at all. */
    public LongSupplier rewriting;
    /** How long a master forks before it sends a full copy; null: no time to speak of. */
    public LongSupplier forking;
    /** One in so many messages that do not get through tells a replica that its link is down. */
    public int patience = 20;
    /** A replica that was silent for longer is no good one to its master. */
    public long maxLag = Long.MAX_VALUE;

    /** At its port, by servers and agents of others, while agents hear each other: a NetworkPolicy, a firewall. */
    public Predicate<SimulatedRedis> unreachable = server -> false;

    // rules left out on purpose
    public boolean bootsWritable;
    public boolean fencesNot;
    public boolean demotesNot;
    public boolean liesAboutOffsets;
    public boolean hidesItsWork;
    public boolean hidesItsRewrite;
    public boolean detachesNot;
    /** It goes on without a replica whatever min-replicas-to-write says. */
    public boolean writesAlone;
    /** A min-replicas-to-write that no server can have stops no writes. */
    public boolean limitsNot;
    /** Writes that replicas do not apply. */
    public IntPredicate skips = write -> false;
    /** What it cuts off the end of its files is not heard. */
    public boolean hidesWhatItCutsOff;
    /** Who only asks for a full copy looks as if it got it. */
    public boolean hidesThatItWaits;
    /** One that is killed and held by the kernel counts as running until it has ended. */
    public boolean diesOnlyWhenItEnds;

    public Servers(Simulation simulation, Network network, Clients clients, boolean persistent, Watch watch) {
        this.simulation = simulation;
        this.network = network;
        this.clients = clients;
        this.persistent = persistent;
        this.watch = watch;
        clients.begin(all);
    }
}
