package io.redisha.loop.cluster;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.loop.Journal;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.Peers.Peer;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import io.redisha.model.Timings;
import io.redisha.model.Topology;
import io.redisha.simulation.SimulatedDisk;
import io.redisha.simulation.Simulation;
import io.redisha.simulation.Violation;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One shard of a Redis Cluster with real agents: x-0, x-1 and x-2, with disks and with nodes.conf, and beside it x-3 and x-4, masters of the other slots, who
 * vote. Servers gossip, elect, copy and load as Redis does; containers die and come back; links between pods, a replica's link for data alone, and the way to
 * the API server can be cut. A client writes to whoever serves the shard.
 *
 * <p>It objects as soon as a replica is elected that lacks more than its master wrote in the moments after it was last seen in sync.
 */
final class ShardWorld {

    static final List<String> SHARD = List.of("x-0", "x-1", "x-2");
    private static final List<String> VOTERS = List.of("x-3", "x-4");
    private static final Slots SLOTS = Slots.range(0, 5460);
    private static final long STEP = 100 * MS;
    private static final long NODE_TIMEOUT = 2 * S;
    /** As long as it takes to notice that a replica is missing, to write that down, and for a master without a majority to stop. */
    static final long UNNOTICED = 7 * S;
    private static final long HOP = 2 * MS;
    /** repl-timeout: how long a server takes a silent connection for one that is up. */
    private static final long REPL_TIMEOUT = 10 * S;

    final Simulation simulation;
    final Map<String, Pod> pods = new LinkedHashMap<>();
    final Set<String> cuts = new HashSet<>();
    /** Links for data that are down though the pods reach each other. */
    final Set<String> dataCuts = new HashSet<>();
    /** One pod and another that it can't ask, though it can be asked by it. */
    final Set<String> unasked = new HashSet<>();
    final Set<String> noApi = new HashSet<>();
    boolean apiDown;
    LeaseRecord lease;
    private long version;
    /** When each write was acknowledged, ns of the simulation. */
    final List<Long> writtenAt = new ArrayList<>();
    /** How often a replica was elected with what its disk had. */
    int fromDisk;

    ShardWorld(long seed, boolean persistent, boolean tracing) {
        simulation = new Simulation(seed, 100 * S, tracing);
        lease = new LeaseRecord(null, 1, null, List.of(), "d", "", 0, false, List.of(), null, null, Instant.EPOCH);
        for (int i = 0; i < 5; i++) {
            Pod pod = new Pod(i, persistent);
            pods.put(pod.name, pod);
        }
        pods.values().forEach(Pod::start);
        step();
    }

    Pod pod(String name) {
        return pods.get(name);
    }

    Pod master() {
        return SHARD.stream().map(pods::get).filter(p -> p.serving() && p.owner.equals(p.id) && p.stateOk()).findFirst().orElse(null);
    }

    /** Seconds. */
    void pass(double seconds) {
        simulation.pass((long) (seconds * S));
    }

    /** A person's order: CLUSTER FAILOVER FORCE. */
    void elect(String pod) {
        pods.get(pod).win("a person's order");
    }

    private static String pair(String one, String other) {
        return one.compareTo(other) < 0 ? one + other : other + one;
    }

    void cut(String one, String other) {
        simulation.say(one + " and " + other + " don't reach each other");
        cuts.add(pair(one, other));
    }

    void heal() {
        cuts.clear();
        dataCuts.clear();
        unasked.clear();
        noApi.clear();
        apiDown = false;
    }

    private boolean connected(Pod one, Pod other) {
        return one == other || cuts.isEmpty() || !cuts.contains(pair(one.name, other.name));
    }

    private void step() {
        for (Pod pod : pods.values()) {
            if (pod.serving()) {
                pod.gossip();
            }
        }
        for (Pod pod : pods.values()) {
            pod.work();
        }
        for (Pod pod : pods.values()) {
            if (pod.agent != null) {
                pod.look();
                pod.agent.tick();
            }
        }
        simulation.after(STEP, this::step);
    }

    /** A dataset: the numbers of its writes. */
    record History(History before, int size, int last) {

        static final History NONE = new History(null, 0, -1);

        History with(int write) {
            return new History(this, size + 1, write);
        }
    }

    /** A pod with its volume. */
    final class Pod {

        final String name;
        final String id;
        final int ordinal;
        final boolean persistent;
        private final SimulatedDisk states = new SimulatedDisk();
        // nodes.conf
        private String owner;
        private long ownerEpoch = 1;
        private History disk = History.NONE;
        // the process
        private boolean server;
        private long loaded;
        private String runId = "";
        History memory = History.NONE;
        /** It came from the disk, and nothing else since. */
        private boolean restored;
        private boolean linkUp;
        /** Which life of the master's server that is a connection to, and when something came over it last. */
        private int linkedTo;
        private long heardAt;
        private Long syncs;
        private boolean allowed;
        private long candidateSince;
        private final Map<String, Long> pongs = new HashMap<>();
        private long syncedAt;
        private ClusterMember agent;
        private int runs;

        Pod(int ordinal, boolean persistent) {
            this.ordinal = ordinal;
            this.persistent = persistent;
            name = "x-" + ordinal;
            id = Integer.toString(ordinal).repeat(40);
            owner = "0".repeat(40);
        }

        boolean voter() {
            return VOTERS.contains(name);
        }

        boolean serving() {
            return server && simulation.now() >= loaded;
        }

        void start() {
            if (server) {
                return;
            }
            server = true;
            runs++;
            runId = name + "-" + runs;
            loaded = simulation.now() + (runs == 1 ? 0 : (simulation.random.nextInt(3_000) + 200) * MS);
            memory = persistent ? disk : History.NONE;
            restored = runs > 1;
            linkUp = runs == 1 && !owner.equals(id);
            linkedTo = 1;
            heardAt = simulation.now();
            syncs = null;
            allowed = false;
            pods.keySet().forEach(p -> pongs.put(p, simulation.now()));
            if (runs == 1) {
                states.save(new io.redisha.model.Data("d", 0, "", "", -1, 0, true, false));
            }
            agent = new ClusterMember(new ClusterMember.Self(new Identity(name, "uid-" + name, "" + runs), address(name), 16379, "node-" + name),
                    new ClusterMember.Ports(new Leases(runs), new Others(), new Server(), new Orders(), Runnable::run, (own, others) -> { },
                            then -> then.accept(Shape.of(3, 0)), new Story(), states),
                    new ClusterMember.Names("role", "master", "replica", "shard"), Timings.defaults(), new ClusterMember.Policy(persistent, 286 * S, NODE_TIMEOUT, false),
                    new ClusterMember.Booted(() -> id, () -> owner.equals(id) || voter() ? null : owner), Runnable::run, simulation::now,
                    () -> Instant.ofEpochSecond(0, simulation.now()));
            agent.onPods(pods.keySet().stream().map(p -> new PodView(new MemberId(p, "uid-" + p), address(p).host(), "node-" + p, false, true, "rev", Map.of(), Set.of())).toList());
            simulation.say(name + " starts with " + memory.size() + " writes");
        }

        /** The container, agent and all. */
        void kill() {
            if (server) {
                simulation.say(name + " is killed with " + memory.size() + " writes");
            }
            server = false;
            agent = null;
            runs++;
        }

        private void gossip() {
            for (Pod other : pods.values()) {
                if (other.serving() && connected(this, other)) {
                    pongs.put(other.name, simulation.now());
                    if (other.ownerEpoch > ownerEpoch) {
                        simulation.say(name + " hears of " + other.owner.charAt(0) + " as the owner");
                        owner = other.owner;
                        ownerEpoch = other.ownerEpoch;
                        linkUp = false;
                        syncs = null;
                    }
                }
            }
        }

        private boolean suspects(String other) {
            return simulation.now() - pongs.get(other) > NODE_TIMEOUT;
        }

        /** By a majority of the masters, as far as this node hears of their word. */
        private boolean finds(String other) {
            return suspects(other) && masters().stream().filter(m -> m.serving() && connected(this, m) && m.suspects(other)).count() >= 2;
        }

        private List<Pod> masters() {
            return pods.values().stream().filter(p -> p.voter() || p.id.equals(owner)).toList();
        }

        /** Not in the first moments after a start, in which it finds out whether it hears a majority (CLUSTER_WRITABLE_DELAY). */
        private boolean stateOk() {
            return (runs == 1 || simulation.now() - loaded > NODE_TIMEOUT + STEP) && masters().stream().filter(m -> !suspects(m.name)).count() >= 2 && masters().stream().noneMatch(m -> finds(m.name));
        }

        private void work() {
            if (!serving() || voter()) {
                return;
            }
            if (owner.equals(id)) {
                if (stateOk()) {
                    memory = memory.with(writtenAt.size());
                    writtenAt.add(simulation.now());
                    syncedAt = simulation.now();
                }
            } else {
                replicate(pods.values().stream().filter(p -> p.id.equals(owner)).findFirst().orElseThrow());
            }
            disk = persistent ? memory : History.NONE;
        }

        private void replicate(Pod from) {
            boolean cutOff = !connected(this, from);
            boolean reached = !cutOff && from.serving() && (dataCuts.isEmpty() || !dataCuts.contains(pair(name, from.name))) && from.owner.equals(from.id);
            if (cutOff && linkUp && simulation.now() - heardAt <= REPL_TIMEOUT) {
                elect(from);   // nothing tells it that the other end can't be reached
            } else if (!reached || linkUp && linkedTo != from.runs) {
                linkUp = false;
                syncs = null;
                elect(from);
            } else if (linkUp) {
                memory = from.memory;
                syncedAt = simulation.now();
                heardAt = simulation.now();
            } else if (syncs == null) {
                syncs = simulation.now() + (simulation.random.nextInt(1_500) + 200) * MS;
            } else if (simulation.now() >= syncs) {
                if (memory.size() > from.memory.size()) {
                    simulation.say(name + " gives up " + memory.size() + " writes for " + from.memory.size());
                }
                syncs = null;
                linkUp = true;
                linkedTo = from.runs;
                heardAt = simulation.now();
                restored = false;
                memory = from.memory;
                syncedAt = simulation.now();
            }
        }

        private void elect(Pod from) {
            if (!allowed || !finds(from.name)) {
                candidateSince = simulation.now();
            } else if (simulation.now() - candidateSince > 700 * MS + ordinal * 200 * MS && votes()) {
                judge();
                win("election");
            }
        }

        /** Who votes must agree that the master has failed. */
        private boolean votes() {
            return VOTERS.stream().map(pods::get).allMatch(v -> v.serving() && connected(this, v) && v.finds(podOf(owner)));
        }

        private void win(String how) {
            if (serving() && VOTERS.stream().map(pods::get).allMatch(v -> v.serving() && connected(this, v))) {
                simulation.say(name + " becomes the owner by " + how + ", with " + memory.size() + " of " + writtenAt.size() + " writes");
                owner = id;
                ownerEpoch = pods.values().stream().mapToLong(p -> p.ownerEpoch).max().orElse(0) + 1;
                linkUp = false;
            }
        }

        private void judge() {
            fromDisk += restored ? 1 : 0;
            int last = writtenAt.size() - 1;
            if (memory.last < last) {
                long lacks = writtenAt.get(last) - syncedAt;
                if (lacks > UNNOTICED) {
                    throw new Violation(name + " is elected with " + memory.size() + " of " + writtenAt.size() + " writes: it lacks those of " + lacks / MS + " ms\n" + simulation.story());
                }
            }
        }

        boolean owns() {
            return owner.equals(id);
        }

        private String podOf(String node) {
            return "x-" + node.charAt(0);
        }

        private void look() {
            agent.onServer(new NodeServer.View(server, info(), serving() ? topology() : Topology.NONE, simulation.now()));
        }

        private NodeInfo info() {
            boolean master = voter() || owner.equals(id);
            return new NodeInfo(runId, "redis", "8.0.2", master ? Role.MASTER : Role.REPLICA, "r", memory.size(), !serving(), syncs != null, linkUp && !master, memory.size(),
                    serving() && stateOk(), ownerEpoch, 0, allowed);
        }

        private Topology topology() {
            return new Topology(pods.values().stream().map(p -> {
                Set<String> flags = new LinkedHashSet<>();
                if (p == this) {
                    flags.add("myself");
                }
                boolean master = p.voter() || p.id.equals(owner);
                flags.add(master ? "master" : "slave");
                if (p != this && finds(p.name)) {
                    flags.add("fail");
                } else if (p != this && suspects(p.name)) {
                    flags.add("fail?");
                }
                Slots slots = p.id.equals(owner) ? SLOTS : p.name.equals("x-3") ? Slots.range(5461, 10922) : p.name.equals("x-4") ? Slots.range(10923, 16383) : Slots.NONE;
                return new ClusterNode(p.id, address(p.name), 16379, p.name + ".h", Map.of(), flags, master ? null : owner, 0, pongs.get(p.name) / MS,
                        p.voter() ? 100 + p.ordinal : p.id.equals(owner) ? ownerEpoch : 0, p == this || busUp(p), slots, Map.of(), Map.of());
            }).toList());
        }

        /** A link to who is cut off is given up after half a node timeout. */
        private boolean busUp(Pod other) {
            return connected(this, other) ? other.serving() : simulation.now() - pongs.get(other.name) <= NODE_TIMEOUT / 2;
        }

        private boolean reachesApi() {
            return !apiDown && !noApi.contains(name);
        }

        private void later(int run, Runnable then) {
            simulation.after(HOP, () -> {
                if (runs == run && agent != null) {
                    then.run();
                }
            });
        }

        private final class Leases implements LeaseStore {
            private final int mine;

            Leases(int mine) {
                this.mine = mine;
            }

            @Override
            public void read(Consumer<Read> then) {
                Read answer = reachesApi() ? new Read.Seen(new LeaseView.Present(lease, Long.toString(version))) : new Read.Unreachable("no route");
                later(mine, () -> then.accept(answer));
            }

            @Override
            public void write(LeaseRecord next, String at, Consumer<Write> then) {
                Write answer;
                if (!reachesApi()) {
                    answer = new Write.Unknown("no route");
                } else if (!Long.toString(version).equals(at)) {
                    answer = new Write.Conflict();
                } else {
                    lease = next;
                    answer = new Write.Done(Long.toString(++version));
                }
                later(mine, () -> then.accept(answer));
            }
        }

        private final class Others implements Siblings {
            private final int mine = runs;

            @Override
            public void ask(Peer to, Consumer<NodeState> then) {
                Pod other = pods.get(to.pod());
                later(mine, () -> {
                    if (other.agent != null && connected(Pod.this, other) && !unasked.contains(name + other.name)) {
                        other.look();
                        NodeState state = other.agent.onAsk();
                        later(mine, () -> then.accept(state));
                    }
                });
            }

            @Override
            public void belong(Peer to, String datasetId, Consumer<String> then) {}

            @Override
            public void target(Peer to, Shape target, Consumer<String> then) {}
        }

        private final class Server implements NodeServer {
            @Override
            public void look() {}

            @Override
            public void meet(Address redis, int busPort) {}

            @Override
            public void allowFailover(boolean may) {
                if (serving() && may != allowed) {
                    simulation.say(name + (may ? " may" : " may not") + " be elected");
                    allowed = may;
                }
            }

            @Override
            public void kill() {}
        }

        private final class Orders extends NoNodes {
            @Override
            public void replicate(Address at, String masterId) {}
        }

        private final class Story implements Journal {
            @Override
            public void note(Act act, Reason reason, long term, String detail) {
                simulation.say(name + " " + act + " " + reason + " " + detail);
            }

            @Override
            public void renewed(boolean success, long nanos) {}
        }
    }

    private static Address address(String pod) {
        return new Address("10.0.0." + pod.substring(2), 6379);
    }
}
