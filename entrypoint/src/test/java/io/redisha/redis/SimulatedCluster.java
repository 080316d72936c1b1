package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Role;
import io.redisha.model.Slots;
import io.redisha.simulation.Simulation;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * The data of a Redis Cluster while slots move: three shards with replicas that lag, keys with a history, clients that go where MOVED and ASK
 * send them, gossip that takes its time, and elections. Open slots are known to the two masters alone, as with Redis, or to their replicas, too,
 * as with Valkey.
 *
 * <p>A mover is real, and goes through {@link MoverPort}: whatever it asks takes time, in which all of that goes on.
 */
final class SimulatedCluster implements MoverPort {

    private static final long MS = Simulation.MS;
    static final int SHARDS = 3;
    static final int SOURCE = 0;
    static final int TARGET = 1;
    static final int MOVING = 6;
    private static final int KEYS = 3;
    private static final int CLIENTS = 4;
    private static final long ELECTION = 200 * MS;
    private static final long RESTART = 700 * MS;

    /** What is wrong with the next MIGRATE: nothing, the target did not get it, or the source did not hear that it has. */
    enum Cut { NOT, BEFORE, AFTER }

    final Simulation sim;
    final boolean valkey;
    final List<SimulatedNode> nodes = new ArrayList<>();
    final Slots moving;
    final List<String> names = new ArrayList<>();
    final MoveLedger ledger = new MoveLedger();
    /** What befalls the world before a command of the mover: may throw to kill the mover. */
    BiConsumer<SimulatedNode, String> fate = (at, command) -> { };
    Cut cut = Cut.NOT;
    boolean lagging;
    boolean quiet;
    /** A value that a moved key had is no loss if the target dies before its replica has the key: what rule K10 is there to prevent. */
    boolean excusesMoved;
    private final Map<String, List<Long>> copied = new TreeMap<>();
    private int clients;
    /** Bytes, of keys that are larger than others. */
    final Map<String, Long> sizes = new TreeMap<>();
    /** The shortest node timeout of any master while one of these moved. */
    long patience = Long.MAX_VALUE;

    SimulatedCluster(Simulation sim, boolean valkey, int replicas) {
        this.sim = sim;
        this.valkey = valkey;
        Slots some = Slots.NONE;
        for (int slot = 1000; slot < 1000 + MOVING; slot++) {
            some = some.plus(Slots.of(slot));
        }
        moving = some;
        for (int i = 0; i < SHARDS * (1 + replicas); i++) {
            SimulatedNode node = new SimulatedNode(this, i, i % SHARDS);
            node.epoch = i % SHARDS + 1;
            node.master = i < SHARDS ? null : nodes.get(i % SHARDS).id;
            nodes.add(node);
        }
        nodes.forEach(node -> {
            for (int slot : moving.toArray()) {
                node.table.put(slot, nodes.get(SOURCE).id);
            }
        });
        for (int i = 0; names.size() < MOVING * KEYS; i++) {
            String key = "k" + i;
            if (moving.contains(SimulatedNode.slot(key)) && names.stream().filter(n -> SimulatedNode.slot(n) == SimulatedNode.slot(key)).count() < KEYS) {
                names.add(key);
            }
        }
        names.forEach(key -> {
            long value = ledger.append(key);
            nodes.get(SOURCE).append(key, value);
            ledger.acknowledged(value);
        });
        nodes.stream().filter(n -> !n.isMaster()).forEach(n -> n.catchUp(masterOf(n)));
        gossip();
        replicate();
        for (; clients < CLIENTS; clients++) {
            new SimulatedClient(this).start();
        }
    }

    // ---- who is who

    SimulatedNode byId(String id) {
        return nodes.stream().filter(n -> n.id.equals(id)).findFirst().orElseThrow();
    }

    SimulatedNode byPod(String pod) {
        return nodes.stream().filter(n -> n.pod.equals(pod)).findFirst().orElseThrow();
    }

    SimulatedNode at(Address address) {
        return nodes.stream().filter(n -> n.address.equals(address)).findFirst().orElseThrow();
    }

    SimulatedNode masterOf(SimulatedNode node) {
        return node.isMaster() ? node : byId(node.master);
    }

    /** The one with the highest epoch, up or not. */
    SimulatedNode master(int shard) {
        return nodes.stream().filter(n -> n.shard == shard && n.isMaster()).max(Comparator.comparingLong(n -> n.epoch)).orElseThrow();
    }

    List<SimulatedNode> replicasOf(SimulatedNode master) {
        return nodes.stream().filter(n -> n.up && master.id.equals(n.master)).toList();
    }

    /** Who owns a slot that never moves. */
    String base(int slot, SimulatedNode asked) {
        return master(slot * SHARDS / Slots.COUNT).id;
    }

    long nextEpoch(SimulatedNode of) {
        long most = nodes.stream().filter(n -> n != of).mapToLong(n -> n.epoch).max().orElse(0);
        return of.epoch > most ? of.epoch : most + 1;
    }

    // ---- replication and gossip

    private void replicate() {
        sim.after((1 + sim.random.nextInt(lagging ? 60 : 6)) * MS, () -> {
            for (SimulatedNode node : nodes) {
                if (node.up && !node.isMaster() && masterOf(node).up && masterOf(node).isMaster() && sim.random.nextInt(lagging ? 6 : 2) == 0) {
                    node.catchUp(masterOf(node));
                }
            }
            replicate();
        });
    }

    /** Valkey: replicas know what is open before their master does. */
    void replicateSlots(SimulatedNode master) {
        if (valkey) {
            replicasOf(master).forEach(replica -> {
                replica.migrating.clear();
                replica.migrating.putAll(master.migrating);
                replica.importing.clear();
                replica.importing.putAll(master.importing);
                replica.table.putAll(master.table);
            });
        }
    }

    private void gossip() {
        sim.after((5 + sim.random.nextInt(10)) * MS, () -> {
            for (SimulatedNode node : nodes) {
                for (SimulatedNode from : nodes) {
                    if (node != from && node.up && from.up && from.isMaster() && sim.random.nextInt(3) == 0) {
                        hear(node, from);
                    }
                }
            }
            gossip();
        });
    }

    private void hear(SimulatedNode node, SimulatedNode from) {
        for (int slot : moving.toArray()) {
            String owner = node.table.get(slot);
            boolean claimed = from.id.equals(from.table.get(slot)) && !from.id.equals(owner);
            if (claimed && !node.importing.containsKey(slot) && byId(owner).epoch < from.epoch) {
                node.table.put(slot, from.id);
                if (node.isMaster() && owner.equals(node.id)) {
                    node.migrating.remove(slot);
                    node.keys(slot).forEach(key -> {
                        sim.say(node + " drops " + key + " of slot " + slot + ", which is " + from + "'s");
                        node.write(new SimulatedNode.Entry(key, null, null, node.data.get(key)));
                    });
                }
            } else if (valkey && claimed && node.importing.containsKey(slot) && byId(node.importing.get(slot)).shard == from.shard) {
                node.table.put(slot, from.id);
                node.importing.put(slot, from.id);
            }
        }
        if (valkey) {
            node.migrating.replaceAll((slot, to) -> byId(to).shard == from.shard ? from.id : to);
        }
    }

    // ---- changes of role

    /** As CLUSTER FAILOVER: the replica has all that its master has. */
    boolean handOver(SimulatedNode master) {
        SimulatedNode heir = heir(master);
        if (!master.up || !master.isMaster() || heir == null || !isElected(heir, master)) {
            return false;
        }
        heir.catchUp(master);
        sim.say(master + " hands over to " + heir + ", open: " + master.migrating + master.importing);
        takeOver(heir, master);
        return true;
    }

    void crash(SimulatedNode node) {
        if (!node.up || nodes.stream().anyMatch(n -> n.shard == node.shard && !n.up) || heir(master(node.shard)) == null) {
            return;   // one at a time in a shard
        }
        sim.say(node + " dies, open: " + node.migrating + node.importing);
        node.up = false;
        node.starts++;
        if (node.isMaster()) {
            sim.after(ELECTION, () -> elect(node));
        }
        sim.after(RESTART + sim.random.nextInt(500) * MS, () -> {
            node.up = true;
            node.failed = false;
            SimulatedNode master = master(node.shard);
            if (master != node) {
                follow(node, master);
            }
            sim.say(node + " is back" + (master == node ? " as the master" : ""));
        });
    }

    private void elect(SimulatedNode dead) {
        SimulatedNode heir = heir(dead);
        if (dead.up || !dead.isMaster()) {
            return;
        }
        dead.failed = true;
        if (heir == null || !isElected(heir, dead)) {
            sim.after(20 * MS, () -> elect(dead));
            return;
        }
        sim.say(heir + " is elected after " + dead + ", lacking " + (dead.stream.size() - heir.applied) + " writes");
        for (SimulatedNode.Entry lost : dead.stream.subList(heir.applied, dead.stream.size())) {
            if (lost.appended() != null) {
                ledger.mayBeLost(List.of(lost.appended()));
            }
            if (lost.value() != null && lost.appended() == null && excusesMoved) {
                ledger.mayBeLost(lost.value());
            }
            ledger.mayComeBack(lost.deleted());
        }
        takeOver(heir, dead);
    }

    private SimulatedNode heir(SimulatedNode master) {
        return replicasOf(master).stream().filter(n -> !n.stopping).max(Comparator.comparingInt(n -> n.applied)).orElse(null);
    }

    /** The masters vote, but not for one that claims a slot that by what they know somebody took from its master. */
    private boolean isElected(SimulatedNode heir, SimulatedNode master) {
        long votes = nodes.stream().filter(n -> n.up && n.isMaster()).filter(n -> moving.ranges().stream().allMatch(any -> {
            for (int slot : moving.toArray()) {
                if (master.id.equals(heir.table.get(slot)) && !master.id.equals(n.table.get(slot)) && byId(n.table.get(slot)).epoch > master.epoch) {
                    return false;
                }
            }
            return true;
        })).count();
        return votes * 2 > SHARDS;
    }

    private void takeOver(SimulatedNode heir, SimulatedNode master) {
        heir.master = null;
        heir.epoch = nextEpoch(heir);
        heir.table.replaceAll((slot, owner) -> owner.equals(master.id) ? heir.id : owner);
        if (master.up) {
            follow(master, heir);
        }
        nodes.stream().filter(n -> n.up && n != heir && n.shard == heir.shard && n != master).forEach(n -> follow(n, heir));
    }

    private void follow(SimulatedNode node, SimulatedNode master) {
        node.master = master.id;
        node.migrating.clear();
        node.importing.clear();
        node.table.putAll(master.table);
        node.fullCopy(master);
        if (valkey) {
            replicateSlots(master);
        }
    }

    // ---- what happens to keys

    Cut cutOff() {
        Cut now = cut;
        cut = Cut.NOT;
        return now;
    }

    long size(String key) {
        return sizes.getOrDefault(key, 100L);
    }

    /** While it goes on neither of the two answers, by which the masters judge. */
    void migrated(String key) {
        if (sizes.containsKey(key)) {
            patience = Math.min(patience, nodes.stream().filter(n -> n.up && n.isMaster()).mapToLong(n -> n.nodeTimeout).min().orElseThrow());
        }
    }

    void copied(String key) {
        copied.put(key, List.of());
    }

    void carried(String key) {
        copied.remove(key);
    }

    void deleted(String key, List<Long> values) {
        if (copied.containsKey(key)) {
            ledger.mayComeBack(values);
        }
    }

    // ---- the mover's world

    /** The mover is killed: nothing that it was about to do is done. */
    static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    @Override
    public Connection connect(Address to) {
        SimulatedNode node = at(to);
        return new Connection() {
            @Override
            public List<Object> calls(long deadline, List<byte[][]> commands) {
                List<Object> replies = new ArrayList<>();
                int starts = node.starts;
                boolean asking = false;
                travel();
                for (byte[][] command : commands) {
                    String words = words(command);
                    fate.accept(node, words);
                    if (!node.up || node.starts != starts) {
                        sim.pass(20 * MS);
                        throw new JedisConnectionException(node + " is gone");
                    }
                    Object reply = node.answer(command, asking);
                    sim.say("mover: " + node + " " + words + " -> " + shown(reply));
                    replies.add(reply);
                    asking = words.equals("ASKING");
                    if (sim.random.nextInt(8) == 0) {
                        travel();
                    }
                }
                travel();
                if (!node.up || node.starts != starts) {
                    throw new JedisConnectionException(node + " is gone");
                }
                return replies;
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
    }

    private void travel() {
        sim.pass((100 + sim.random.nextInt(900)) * MS / 1000);
    }

    private static String shown(Object reply) {
        String text = reply instanceof List<?> list ? list.stream().map(Link::text).toList().toString() : Link.text(reply);
        return text.length() > 200 ? "..." : text.strip();
    }

    static String words(byte[][] command) {
        StringBuilder text = new StringBuilder();
        for (byte[] word : command) {
            text.append(text.isEmpty() ? "" : " ").append(Link.text(word));
        }
        return text.toString();
    }

    @Override
    public long now() {
        return sim.now();
    }

    @Override
    public void pause(long nanos) {
        sim.pass(Math.max(1, nanos));
    }

    // ---- what is seen of it

    String nodes(SimulatedNode asked) {
        StringBuilder text = new StringBuilder();
        for (SimulatedNode n : nodes) {
            text.append(n.id).append(' ').append(n.address).append("@16379 ").append(n == asked ? "myself," : "").append(n.failed ? "fail," : "").append(n.isMaster() ? "master " : "slave ")
                    .append(n.isMaster() ? "-" : n.master).append(" 0 0 ").append(n.epoch).append(n.up ? " connected" : " disconnected");
            if (n.isMaster()) {
                owned(asked, n).ranges().forEach(range -> text.append(' ').append(range));
            }
            if (n == asked) {
                n.migrating.forEach((slot, to) -> text.append(" [").append(slot).append("->-").append(to).append(']'));
                n.importing.forEach((slot, from) -> text.append(" [").append(slot).append("-<-").append(from).append(']'));
            }
            text.append('\n');
        }
        return text.toString();
    }

    Slots owned(SimulatedNode asked, SimulatedNode owner) {
        Slots owned = owner == master(owner.shard) ? shard(owner.shard).minus(moving) : Slots.NONE;
        for (Map.Entry<Integer, String> entry : asked.table.entrySet()) {
            if (entry.getValue().equals(owner.id)) {
                owned = owned.plus(Slots.of(entry.getKey()));
            }
        }
        return owned;
    }

    private static Slots shard(int shard) {
        int first = -Math.floorDiv(-shard * Slots.COUNT, SHARDS);
        return Slots.range(first, -Math.floorDiv(-(shard + 1) * Slots.COUNT, SHARDS) - 1);
    }

    /** @param moving pods that slots are moved between, by this one's order */
    NodeState state(SimulatedNode n, Set<String> moving) {
        NodeInfo info = !n.up ? null : new NodeInfo("run", "redis", "8.0.2", n.isMaster() ? Role.MASTER : Role.REPLICA, "", n.applied, false, false,
                n.up && !n.isMaster() && masterOf(n).up, n.data.size() + 1, true, n.epoch, 0, true);
        return new NodeState(new MemberId(n.pod, "u"), n.address, "node-" + n.shard, "", n.up, info, n.up ? NodesConf.nodes(nodes(n)) : io.redisha.model.Topology.NONE,
                n.id, true, "d", "", n.stopping, moving, null);
    }

    // ---- what must hold in the end

    /** When nothing happens any more. */
    List<String> check() {
        List<String> wrong = new ArrayList<>();
        Map<String, List<Long>> found = new TreeMap<>();
        Set<Long> kept = new HashSet<>();
        SimulatedNode target = master(TARGET);
        for (SimulatedNode node : nodes) {
            for (int slot : moving.toArray()) {
                if (!node.table.get(slot).equals(target.id)) {
                    wrong.add(node + " takes slot " + slot + " for " + byId(node.table.get(slot)) + "'s, " + target + " is to have it");
                }
                if (node.isMaster() && node != target && !node.keys(slot).isEmpty()) {
                    wrong.add(node + " holds " + node.keys(slot) + " of slot " + slot + ", which is " + target + "'s");
                }
            }
            if (node.isOpen() && node.isMaster()) {
                wrong.add(node + " has open slots: " + node.migrating + node.importing);
            }
        }
        target.data.forEach((key, values) -> {
            if (names.contains(key)) {
                found.put(key, values);
            } else {
                kept.addAll(values);
            }
        });
        wrong.addAll(ledger.check(found, kept));
        return wrong;
    }

    /** Values that were moved out of the way. */
    List<String> keptBeside() {
        return master(TARGET).data.keySet().stream().filter(key -> !names.contains(key)).toList();
    }
}
