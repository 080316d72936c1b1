package io.redisha.decide.cluster;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/**
 * A Redis Cluster in memory, as far as its shape is concerned: who knows whom, who owns which slot by which epoch, one key in each slot,
 * gossip, elections, full syncs, and nodes.conf that outlives a crash. It carries out {@link Step}s, refuses what a server refuses, and
 * objects loudly to what must never be asked of it.
 */
final class FakeCluster {

    /** Something must never happen, and did. */
    static final class Violation extends AssertionError {
        private static final long serialVersionUID = 1;

        Violation(String message) {
            super(message);
        }
    }

    /** A server refused an order, or was not there. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /** What may happen between any two things that a leader does. */
    interface Fate {
        /** @throws Failed if the leader is gone */
        void strike() throws Failed;
    }

    /** Ticks: longer than any run. */
    static final int FOR_GOOD = 1_000_000;
    private static final int FAILS_AFTER = 3;
    /** Nobody who is still at it does nothing for so long. */
    private static final int QUIET = 6;
    private static final int BAN = 15;
    /** For so long nobody votes for another replica of the same master. */
    private static final int VOTED = 10;

    static final class Known {
        boolean master = true;
        String masterId;
        long epoch;
        String hostname = "";

        Known copy() {
            Known copy = new Known();
            copy.master = master;
            copy.masterId = masterId;
            copy.epoch = epoch;
            copy.hostname = hostname;
            return copy;
        }
    }

    /** nodes.conf and the dataset: what is on a volume. */
    final class Server {
        final String id;
        final String pod;
        boolean master = true;
        /** Follows a master all the same. */
        boolean torn;
        String masterId;
        long epoch;
        final Map<String, Known> known = new LinkedHashMap<>();
        final Map<String, BitSet> table = new LinkedHashMap<>();
        final Map<Integer, String> migrating = new TreeMap<>();
        final Map<Integer, String> importing = new TreeMap<>();
        final Map<String, Integer> banned = new HashMap<>();
        BitSet keys = new BitSet();
        boolean whole;
        boolean linkUp;
        int syncs;
        /** Stands for the replication offset. */
        long seen;
        /** Calls of MIGRATE. */
        long migrates;

        Server(String pod) {
            this(pod, "id" + ++ids);
        }

        private Server(String pod, String id) {
            this.pod = pod;
            this.id = id;
        }

        /** What is on a snapshot of its volume. */
        Server copy() {
            Server copy = new Server(pod, id);
            copy.master = master;
            copy.masterId = masterId;
            copy.epoch = epoch;
            known.forEach((other, k) -> copy.known.put(other, k.copy()));
            table.forEach((other, slots) -> copy.table.put(other, (BitSet) slots.clone()));
            copy.migrating.putAll(migrating);
            copy.importing.putAll(importing);
            copy.keys = (BitSet) keys.clone();
            return copy;
        }

        BitSet slots(String of) {
            return table.computeIfAbsent(of, k -> new BitSet());
        }

        BitSet own() {
            return slots(id);
        }

        void give(int slot, String to) {
            table.values().forEach(t -> t.clear(slot));
            slots(to).set(slot);
        }

        void follow(String newMaster) {
            master = false;
            masterId = newMaster;
            linkUp = false;
            syncs = 0;
            migrating.clear();
            importing.clear();
        }
    }

    final class Pod {
        final String name;
        final int ordinal;
        final String node;
        final String zone;
        Server server;
        String dataset;
        boolean exists = true;
        boolean up;
        boolean serves = true;
        boolean answers = true;
        boolean stopping;
        int downSince;
        int backAt;

        Pod(int ordinal, String node, String zone) {
            this.ordinal = ordinal;
            this.node = node;
            this.zone = zone;
            name = "r-" + ordinal;
            server = new Server(name);
            downSince = tick;
            backAt = tick + 1;
        }

        boolean owns() {
            return server.master && !server.own().isEmpty();
        }
    }

    final Random random;
    final boolean persistent;
    final boolean hostnames;
    final int nodes;
    final int zones;
    /** Pods are not always put on the node whose turn it is. */
    final boolean crowded;
    final TreeMap<Integer, Pod> pods = new TreeMap<>();
    final Map<Integer, Pod> volumes = new HashMap<>();
    /** Of volumes, by ordinal. */
    final Map<Integer, Server> snapshots = new HashMap<>();
    final List<String[]> meets = new ArrayList<>();
    Shape shape;
    String dataset;
    boolean creating;
    boolean written;
    int tick;
    private int ids;
    private long epochs;
    private long offset;
    private final Map<String, Integer> elected = new HashMap<>();
    private int datasets;
    private Map<String, String> knownIds = new HashMap<>();
    private Map<String, String> notedIds = new HashMap<>();
    private ByHand byHand = new ByHand(QUIET);
    final StringBuilder trace = new StringBuilder();
    boolean tracing;

    FakeCluster(Random random, boolean persistent, boolean hostnames, int nodes, int zones, boolean crowded, Shape shape) {
        this.random = random;
        this.persistent = persistent;
        this.hostnames = hostnames;
        this.nodes = nodes;
        this.zones = zones;
        this.crowded = crowded;
        this.shape = shape;
        for (int i = 0; i < shape.pods(); i++) {
            add(i);
        }
    }

    void say(String what) {
        if (tracing) {
            trace.append(tick).append(' ').append(what).append('\n');
        }
    }

    // ---- pods

    void add(int ordinal) {
        int n = crowded && random.nextInt(4) == 0 ? random.nextInt(nodes) : ordinal % nodes;
        Pod pod = new Pod(ordinal, "n" + n, "z" + n % zones);
        Pod before = volumes.remove(ordinal);
        if (before != null && persistent) {
            pod.server = before.server;
            pod.dataset = before.dataset;
        }
        pods.put(ordinal, pod);
        say("add " + pod.name);
    }

    void remove(Pod pod) {
        say("remove " + pod.name);
        pods.remove(pod.ordinal);
        volumes.put(pod.ordinal, pod);
    }

    List<Pod> up() {
        return pods.values().stream().filter(p -> p.up).toList();
    }

    private Pod byId(String id) {
        return pods.values().stream().filter(p -> p.server.id.equals(id)).findFirst().orElse(null);
    }

    private Server upById(String id) {
        Pod p = byId(id);
        return p != null && p.up ? p.server : null;
    }

    private Pod pod(String name) {
        return pods.get(MemberId.ordinal(name));
    }

    /** Its process dies; the dataset survives on a volume only. */
    void crash(Pod pod, int ticks) {
        say("crash " + pod.name + " for " + ticks);
        pod.up = false;
        pod.downSince = tick;
        pod.backAt = tick + ticks;
        pod.server.linkUp = false;
        pod.server.whole = pod.server.whole && persistent && !pod.server.master;
        if (!persistent) {
            pod.server.keys = new BitSet();
        }
        meets.removeIf(m -> m[0].equals(pod.name) || m[1].equals(pod.name));
    }

    void loseVolume(Pod pod, int ticks) {
        say("lose volume of " + pod.name);
        crash(pod, ticks);
        pod.server = new Server(pod.name);
        pod.dataset = null;
    }

    /** Its volume is restored from a snapshot: it comes back as who it was then, with what it had then. */
    void restoreVolume(Pod pod, Server snapshot, int ticks) {
        say("restore volume of " + pod.name + " as " + snapshot.id);
        crash(pod, ticks);
        pod.server = snapshot.copy();
    }

    /** Whether the cluster can go on without this one's memory (or its volume). */
    boolean spare(Pod pod, boolean volume) {
        if (!pod.up || !settled()) {
            return !volume && persistent;
        }
        boolean forgets = volume || !persistent;
        if (!forgets) {
            return true;
        }
        BitSet rest = new BitSet();
        pods.values().stream().filter(p -> p != pod && p.up).forEach(p -> rest.or(p.server.keys));
        BitSet own = (BitSet) pod.server.keys.clone();
        own.andNot(rest);
        if (!own.isEmpty()) {
            return false;
        }
        if (!pod.owns() && pod.server.importing.isEmpty()) {
            return true;
        }
        long masters = pods.values().stream().filter(Pod::owns).count();
        long left = pods.values().stream().filter(p -> p != pod && p.up && p.owns()).count();
        return pod.owns() && left * 2 > masters && pods.values().stream().anyMatch(p -> p.up && !p.stopping && fit(p.server, pod.server));
    }

    private boolean fit(Server replica, Server master) {
        return !replica.master && replica.whole && replica.linkUp && master.id.equals(replica.masterId) && replica.slots(master.id).equals(master.own());
    }

    /** Everybody that is up agrees with what owners say of themselves. */
    boolean settled() {
        List<Pod> owners = pods.values().stream().filter(Pod::owns).toList();
        for (Pod p : up()) {
            for (Pod o : owners) {
                if (!p.server.known.isEmpty() && p.server.known.containsKey(o.server.id) && !p.server.slots(o.server.id).equals(o.server.own())) {
                    return false;
                }
            }
        }
        return true;
    }

    // ---- time

    void tick() {
        tick++;
        for (Pod p : pods.values()) {
            if (!p.up && p.backAt <= tick) {
                p.exists = true;
                boot(p);
            }
        }
        greet();
        gossip();
        if (person != null) {
            personActs();
        }
        elect();
        write();
        sync();
        if (tick % 5 == 0) {
            notedIds = new HashMap<>(knownIds);
        }
    }

    private void boot(Pod p) {
        Server s = p.server;
        if (p.owns() && !persistent) {
            for (Pod other : up()) {
                BitSet both = (BitSet) other.server.own().clone();
                both.and(s.own());
                if (other.server.master && other.server.epoch > s.epoch && both.equals(s.own())) {
                    s.follow(other.server.id);
                    s.own().clear();
                    up(p);
                    return;
                }
            }
            Pod heir = up().stream().filter(o -> !o.server.master && s.id.equals(o.server.masterId) && o.server.whole)
                    .max(Comparator.comparingLong(o -> o.server.seen)).orElse(null);
            if (heir != null) {
                if (elects(heir.server)) {
                    say("rescue " + p.name + " by " + heir.name);
                    takeOver(heir.server, s.id);
                    s.follow(heir.server.id);
                    s.table.values().forEach(t -> t.andNot(heir.server.own()));
                    s.slots(heir.server.id).or(heir.server.own());
                    up(p);
                }
                return;
            }
            if (pods.values().stream().anyMatch(o -> !o.up && o.exists && !o.server.master && s.id.equals(o.server.masterId) && tick - p.backAt < 10)) {
                return;
            }
        }
        up(p);
    }

    private void up(Pod p) {
        say("up " + p.name + " " + p.server.id);
        p.up = true;
        if (p.server.master) {
            p.server.whole = p.owns();
        }
    }

    /** Votes are given to whom one knows, and who claims no slot that by all one knows somebody took from its master. */
    private boolean elects(Server candidate) {
        List<Pod> owners = pods.values().stream().filter(Pod::owns).toList();
        return owners.stream().filter(o -> o.up && votes(o.server, candidate)).count() * 2 > owners.size();
    }

    private boolean votes(Server voter, Server candidate) {
        if (!voter.known.containsKey(candidate.id)) {
            return false;
        }
        long epoch = candidate.known.containsKey(candidate.masterId) ? candidate.known.get(candidate.masterId).epoch : 0;
        return voter.table.entrySet().stream().noneMatch(e -> e.getValue().intersects(candidate.slots(candidate.masterId))
                && (e.getKey().equals(voter.id) ? voter.epoch : voter.known.containsKey(e.getKey()) ? voter.known.get(e.getKey()).epoch : 0) > epoch);
    }

    private void takeOver(Server heir, String master) {
        heir.master = true;
        heir.masterId = null;
        heir.epoch = ++epochs;
        heir.linkUp = false;
        heir.whole = true;
        heir.own().or(heir.slots(master));
        heir.slots(master).clear();
    }

    private void greet() {
        for (String[] m : List.copyOf(meets)) {
            Pod a = pod(m[0]);
            Pod b = pod(m[1]);
            if (a == null || b == null || !a.up || !b.up || !a.server.id.equals(m[2]) || !b.server.id.equals(m[3])) {
                meets.remove(m);
            } else if (random.nextInt(3) > 0) {
                meets.remove(m);
                introduce(a.server, b);
                introduce(b.server, a);
            }
        }
    }

    private void introduce(Server s, Pod other) {
        Known k = s.known.computeIfAbsent(other.server.id, id -> new Known());
        k.hostname = hostnames ? other.name + ".svc" : "";
        s.banned.remove(other.server.id);
    }

    private void gossip() {
        for (Pod a : up()) {
            List<String> others = new ArrayList<>(a.server.known.keySet());
            for (int i = 0; i < 2 && !others.isEmpty(); i++) {
                Server b = upById(others.remove(random.nextInt(others.size())));
                if (b != null && b != a.server) {
                    hear(a.server, b);
                    if (b.known.containsKey(a.server.id)) {
                        hear(b, a.server);
                        spread(a.server, b);
                        spread(b, a.server);
                    }
                }
            }
        }
    }

    private void spread(Server from, Server to) {
        for (String id : from.known.keySet()) {
            Pod p = byId(id);
            boolean banned = to.banned.getOrDefault(id, 0) > tick;
            if (p != null && p.up && p.server != to && !to.known.containsKey(id) && !banned) {
                introduce(to, p);
                introduce(p.server, byId(to.id));
            }
        }
    }

    private void hear(Server me, Server of) {
        Known k = me.known.get(of.id);
        k.master = of.master;
        k.masterId = of.masterId;
        k.epoch = of.epoch;
        if (!of.master) {
            if (of.id.equals(me.masterId) && !me.id.equals(of.masterId) && me.known.containsKey(of.masterId)) {
                me.follow(of.masterId);
            }
            return;
        }
        BitSet news = (BitSet) of.own().clone();
        news.andNot(me.slots(of.id));
        BitSet taken = new BitSet();
        String current = me.master ? me.id : me.masterId;
        for (Map.Entry<String, BitSet> e : me.table.entrySet()) {
            if (e.getKey().equals(of.id)) {
                continue;
            }
            BitSet both = (BitSet) e.getValue().clone();
            both.and(news);
            if (!both.isEmpty()) {
                long epoch = e.getKey().equals(me.id) ? me.epoch : me.known.containsKey(e.getKey()) ? me.known.get(e.getKey()).epoch : 0;
                if (epoch < of.epoch) {
                    e.getValue().andNot(both);
                    if (e.getKey().equals(current)) {
                        taken.or(both);
                    }
                } else {
                    news.andNot(both);
                }
            }
        }
        me.slots(of.id).or(news);
        // an owner that does not claim a slot any more: whoever claims it next gets it, whatever the epochs (isSlotUnclaimed in cluster_legacy.c)
        me.slots(of.id).and(of.own());
        if (!taken.isEmpty()) {
            taken.stream().forEach(s -> {
                me.migrating.remove(s);
            });
            if (me.slots(current).isEmpty() && of.own().equals(taken)) {
                me.follow(of.id);
            } else if (me.master) {
                me.keys.andNot(taken);
            }
        }
    }

    private void elect() {
        for (Pod p : up()) {
            Server s = p.server;
            Pod master = s.master ? null : byId(s.masterId);
            boolean failed = !s.master && (master == null || !master.up && tick - master.downSince >= FAILS_AFTER);
            if (failed && s.whole && !s.slots(s.masterId).isEmpty() && elects(s) && best(s) && tick - elected.getOrDefault(s.masterId, -VOTED) > VOTED
                    && random.nextBoolean()) {
                say("elect " + p.name + " for " + s.masterId + " " + s.slots(s.masterId).cardinality());
                elected.put(s.masterId, tick);
                takeOver(s, s.masterId);
            }
        }
    }

    private boolean best(Server s) {
        return up().stream().noneMatch(p -> !p.server.master && s.masterId.equals(p.server.masterId) && p.server.whole && p.server.seen > s.seen && elects(p.server));
    }

    private void sync() {
        offset++;
        for (Pod p : up()) {
            Server s = p.server;
            if (s.master) {
                continue;
            }
            Server m = upById(s.masterId);
            if (m == null || !m.known.containsKey(s.id) || !m.master) {
                s.linkUp = false;
                continue;
            }
            if (++s.syncs >= 2 || s.whole) {
                s.linkUp = true;
                s.whole = true;
                s.keys = (BitSet) m.keys.clone();
                s.seen = offset;
            }
        }
    }

    /** Clients: once there is a cluster, there is a key in each slot. */
    private void write() {
        if (written || pods.values().stream().anyMatch(p -> !p.up)) {
            return;
        }
        BitSet all = new BitSet();
        pods.values().stream().filter(Pod::owns).forEach(p -> all.or(p.server.own()));
        if (all.cardinality() == Slots.COUNT && settled()) {
            written = true;
            say("written");
            pods.values().stream().filter(Pod::owns).forEach(p -> p.server.keys = (BitSet) p.server.own().clone());
        }
    }

    // ---- a person with redis-cli --cluster

    /** Moves some slots, one after the other, as redis-cli does it, and gives up at the first refusal. */
    final class Person {
        private final Pod from;
        private final Pod to;
        private final int[] slots;
        private int slot;
        private int act;

        Person(Pod from, Pod to, Slots slots) {
            this.from = from;
            this.to = to;
            this.slots = slots.toArray();
        }

        /** @return false if there is nothing more to do */
        boolean act() {
            Server source = from.server;
            Server target = to.server;
            int now = slots[slot];
            boolean refused = !from.up || !to.up || !source.known.containsKey(target.id) || !target.known.containsKey(source.id);
            if (!refused) {
                say("person " + act + " slot " + now + " from " + from.name + " to " + to.name);
                switch (act) {
                    case 0 -> {
                        refused = !target.master || target.own().get(now);
                        if (!refused) {
                            target.importing.put(now, source.id);
                        }
                    }
                    case 1 -> {
                        refused = !source.master || !source.own().get(now);
                        if (!refused) {
                            source.migrating.put(now, target.id);
                        }
                    }
                    case 2 -> {
                        source.migrates++;
                        if (source.keys.get(now) && source.master) {
                            refused = !target.master || !source.migrating.containsKey(now) || !target.importing.containsKey(now) && !target.own().get(now);
                            if (!refused) {
                                put(target, now, true);
                                put(source, now, false);
                            }
                        }
                    }
                    case 3 -> refused = !tell(target, now, target);
                    case 4 -> refused = !tell(source, now, target);
                    default -> pods.values().stream().filter(p -> p.up && p != from && p != to && p.server.master).forEach(p -> tell(p.server, now, target));
                }
            }
            if (refused) {
                return false;
            }
            if (++act > 5) {
                act = 0;
                slot++;
            }
            return slot < slots.length;
        }

        /** CLUSTER SETSLOT NODE. @return false if it is refused */
        private boolean tell(Server at, int now, Server owner) {
            if (!at.master || at != owner && (!at.known.containsKey(owner.id) || at.own().get(now) && at.keys.get(now))) {
                return false;
            }
            at.migrating.remove(now);
            if (at == owner && at.importing.remove(now) != null) {
                at.epoch = ++epochs;
            }
            at.give(now, owner.id);
            return true;
        }
    }

    Person person;

    void personActs() {
        for (int acts = 1 + random.nextInt(3); acts > 0 && person != null; acts--) {
            if (!person.act()) {
                person = null;
            }
        }
    }

    // ---- what must always hold

    void check() {
        if (written) {
            BitSet all = new BitSet();
            pods.values().forEach(p -> all.or(p.server.keys));
            volumes.values().forEach(p -> all.or(p.server.keys));
            if (all.cardinality() != Slots.COUNT) {
                BitSet lost = new BitSet();
                lost.set(0, Slots.COUNT);
                lost.andNot(all);
                throw new Violation("keys are lost: " + lost.cardinality() + ", first of slot " + lost.nextSetBit(0));
            }
        }
    }

    // ---- what the leader sees and does

    /** Another leader takes over: it knows only what was noted. */
    void newLeader() {
        say("new leader");
        byHand = new ByHand(QUIET);
        knownIds = new HashMap<>(notedIds);
    }

    /** A Lease that was deleted by hand: nothing was noted. */
    void forgetIds() {
        notedIds = new HashMap<>();
        newLeader();
    }

    ClusterView view() {
        List<NodeState> states = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Pod p : pods.values()) {
            if (p.exists) {
                names.add(p.name);
                if (p.answers) {
                    states.add(state(p));
                    knownIds.put(p.name, p.server.id);
                }
            }
        }
        return new ClusterView(shape, dataset, creating, states, names, Map.copyOf(knownIds));
    }

    NodeState state(Pod p) {
        Server s = p.server;
        NodeInfo info = !p.up ? null : new NodeInfo("run", "redis", "8.0.2", s.master && !s.torn ? Role.MASTER : Role.REPLICA, "", tick, false, !s.master && !s.whole, s.linkUp,
                s.keys.cardinality(), p.serves, s.epoch, 0, s.whole);
        return new NodeState(new MemberId(p.name, "u"), new Address("10.0.0." + p.ordinal, 6379), p.node, p.zone, p.up, info, p.up ? topology(p) : Topology.NONE, s.id,
                s.master ? p.owns() : s.whole, p.dataset, "", p.stopping);
    }

    private Topology topology(Pod p) {
        Server s = p.server;
        List<ClusterNode> nodes = new ArrayList<>();
        nodes.add(self(p));
        s.known.forEach((id, k) -> {
            Pod other = byId(id);
            boolean up = other != null && other.up;
            String fail = up ? null : other == null ? "noaddr" : tick - other.downSince >= FAILS_AFTER ? "fail" : null;
            nodes.add(line(id, other, fail, k.master, k.masterId, k.epoch, up, s.slots(id), Map.of(), Map.of(), k.hostname));
        });
        return new Topology(nodes);
    }

    private ClusterNode self(Pod p) {
        Server s = p.server;
        return line(s.id, p, "myself", s.master, s.masterId, s.epoch, true, s.own(), s.migrating, s.importing, hostnames ? p.name + ".svc" : "");
    }

    private ClusterNode line(String id, Pod p, String flag, boolean master, String masterId, long epoch, boolean link, BitSet slots, Map<Integer, String> migrating,
            Map<Integer, String> importing, String hostname) {
        Set<String> flags = new HashSet<>(Set.of(master ? "master" : "slave"));
        if (flag != null) {
            flags.add(flag);
        }
        if ("noaddr".equals(flag)) {
            flags.add("fail");
        }
        return new ClusterNode(id, new Address(p == null ? "" : "10.0.0." + p.ordinal, 6379), 16379, hostname, Map.of(), flags, master ? null : masterId, 0, 0, epoch, link,
                master ? slots(slots) : Slots.NONE, Map.copyOf(migrating), Map.copyOf(importing));
    }

    static Slots slots(BitSet set) {
        Slots slots = Slots.NONE;
        for (int first = set.nextSetBit(0); first >= 0;) {
            int end = set.nextClearBit(first);
            slots = slots.plus(Slots.range(first, end - 1));
            first = set.nextSetBit(end);
        }
        return slots;
    }

    /** As the shaper does it. */
    Plan round(Fate fate) {
        ClusterView view = view();
        for (String source : byHand.sees(view, tick)) {
            if (pod(source).up) {
                byHand.migrates(source, pod(source).server.migrates, tick);
            }
        }
        Plan plan = Shaping.decide(view, byHand.words(tick));
        say(plan.toString());
        try {
            switch (plan) {
                case Plan.Done done -> creating = false;
                case Plan.Go go -> {
                    if (Shaping.creates(view) && !creating) {
                        dataset = "d" + ++datasets;
                        creating = true;
                    } else {
                        for (Step step : go.steps()) {
                            fate.strike();
                            carryOut(step, view, fate);
                            check();
                        }
                    }
                }
                case Plan.Wait wait -> { }
                case Plan.Refuse refuse -> { }
            }
        } catch (Failed e) {
            say("failed: " + e.getMessage());
        }
        return plan;
    }

    private Pod there(String name) throws Failed {
        Pod p = pod(name);
        if (p == null || !p.up) {
            throw new Failed(name + " is not there");
        }
        return p;
    }

    private void carryOut(Step step, ClusterView view, Fate fate) throws Failed {
        switch (step) {
            case Step.Belong b -> {
                Pod p = there(b.pod());
                if (p.dataset != null && !p.dataset.equals(b.datasetId()) && !(p.server.known.isEmpty() && p.server.keys.isEmpty() && !p.owns())) {
                    throw new Failed("belongs to another release");
                }
                p.dataset = b.datasetId();
            }
            case Step.Epoch e -> {
                Server s = there(e.pod()).server;
                if (s.epoch == 0 && s.known.isEmpty()) {
                    s.epoch = e.epoch();
                    epochs = Math.max(epochs, e.epoch());
                }
            }
            case Step.Meet m -> {
                Pod a = there(m.pod());
                Pod b = there(m.with());
                if (!dataset.equals(a.dataset) || !dataset.equals(b.dataset)) {
                    throw new Violation("met a foreign node: " + m);
                }
                meets.add(new String[] {a.name, b.name, a.server.id, b.server.id});
            }
            case Step.Gather g -> throw new Violation("nobody asked for it: " + g);
            case Step.Seize s -> throw new Violation("nobody asked for it: " + s);
            case Step.Own o -> own(there(o.pod()).server, o.slots());
            case Step.Replicate r -> replicate(there(r.pod()).server, there(r.masterPod()).server);
            case Step.Move m -> {
                byHand.orders(m.slots(), there(m.to()).server.id);
                move(m, view, fate);
            }
            case Step.Stable s -> {
                Server at = there(s.pod()).server;
                Pod holder = up().stream().filter(p -> p.server.master && p.server != at && p.server.keys.get(s.slot()) && !p.server.own().get(s.slot())).findFirst().orElse(null);
                if (holder != null && at.own().get(s.slot())) {
                    byHand.orders(Slots.of(s.slot()), holder.server.id);
                    move(new Step.Move(s.pod(), holder.name, Slots.of(s.slot())), view, fate);   // as its documentation asks for
                } else {
                    at.migrating.remove(s.slot());
                    at.importing.remove(s.slot());
                }
            }
            case Step.Promote p -> {
                Server s = there(p.pod()).server;
                Server m = s.master ? null : upById(s.masterId);
                if (m == null || !s.linkUp || !elects(s)) {
                    throw new Failed("no failover");
                }
                s.slots(m.id).clear();
                s.slots(m.id).or(m.own());
                s.keys = (BitSet) m.keys.clone();
                takeOver(s, m.id);
                m.slots(s.id).or(s.own());
                m.own().clear();
                m.follow(s.id);
            }
            case Step.Forget f -> {
                Pod live = byId(f.nodeId());
                if (live != null && live.up && ownsStill(live)) {
                    throw new Failed(live.name + " has become an owner meanwhile");   // as the shaper looks once more
                }
                keepTheOnlyCopy(live);
                for (NodeState to : view.states()) {
                    Pod p = pod(to.pod());
                    if (to.usable() && !f.nodeId().equals(to.nodeId())) {
                        if (p == null || !p.up) {
                            throw new Failed(to.pod() + " is not there");
                        }
                        forget(p.server, f.nodeId());
                        fate.strike();
                    }
                }
            }
            case Step.Retire r -> {
                Pod p = there(r.pod());
                keepTheOnlyCopy(p);
                if (p.server.master && !p.server.keys.isEmpty()) {
                    throw new Failed("reset of a master with keys");
                }
                reset(p);
            }
            case Step.Renew r -> {
                keepTheOnlyCopy(there(r.pod()));
                reset(there(r.pod()));
            }
        }
    }

    /** Likewise. */
    private void keepTheOnlyCopy(Pod p) throws Failed {
        if (p != null && p.up && !p.server.importing.isEmpty()) {
            throw new Failed(p.name + " is being given slots");
        }
        Server s = p == null || !p.up || p.server.master ? null : p.server;
        if (s != null && !s.slots(s.masterId).isEmpty() && (upById(s.masterId) == null || !upById(s.masterId).master)) {
            throw new Failed(p.name + " may have the only copy");
        }
    }

    private void own(Server s, Slots slots) throws Failed {
        if (!creating && written) {
            throw new Violation("slots given out after the creation");
        }
        for (int slot : slots.minus(slots(s.own())).toArray()) {
            if (s.table.values().stream().anyMatch(t -> t.get(slot))) {
                throw new Failed("slot " + slot + " is busy");
            }
            s.own().set(slot);
        }
        s.whole = true;
    }

    private void replicate(Server s, Server m) throws Failed {
        if (!s.known.containsKey(m.id) || !s.known.get(m.id).master) {
            throw new Failed("unknown master");
        }
        if (s.master && (!s.own().isEmpty() || !s.keys.isEmpty())) {
            throw new Failed("only an empty master can become a replica");
        }
        if (m.id.equals(s.masterId)) {
            return;
        }
        s.follow(m.id);
        s.whole = false;
        s.keys = new BitSet();
    }

    private void forget(Server at, String id) throws Failed {
        Pod of = byId(id);
        if (of != null && ownsStill(of)) {
            throw new Violation("forgets an owner: " + id);
        }
        if (!at.known.containsKey(id)) {
            return;
        }
        if (!at.master && id.equals(at.masterId)) {
            throw new Failed("can't forget my master");
        }
        at.known.remove(id);
        at.table.remove(id);
        at.banned.put(id, tick + BAN);
    }

    /** A slot that nobody has claimed by a higher epoch. */
    private boolean ownsStill(Pod p) {
        BitSet left = p.server.master ? (BitSet) p.server.own().clone() : new BitSet();
        pods.values().stream().filter(o -> o != p && o.server.master && o.server.epoch > p.server.epoch).forEach(o -> left.andNot(o.server.own()));
        return !left.isEmpty();
    }

    private void reset(Pod p) {
        if (ownsStill(p)) {
            throw new Violation("resets an owner: " + p.name);
        }
        say("reset " + p.name);
        p.server = new Server(p.name);
        meets.removeIf(m -> m[0].equals(p.name) || m[1].equals(p.name));
    }

    /** Slot by slot; anything may happen between any two orders. To a target that owns nothing yet, the first slot goes at once (it is one without keys). */
    private void move(Step.Move m, ClusterView view, Fate fate) throws Failed {
        for (int slot : m.slots().toArray()) {
            Server from = there(m.from()).server;
            Server to = there(m.to()).server;
            if (!from.master || !to.master || !from.known.containsKey(to.id) || !to.known.containsKey(from.id)) {
                throw new Failed("not two masters");
            }
            Fate within = to.own().isEmpty() ? () -> { } : fate;
            undisturbed(m, view);
            if (!from.own().get(slot)) {
                if (to.own().get(slot)) {
                    continue;
                }
                throw new Failed(m.from() + " does not own slot " + slot);
            }
            to.importing.put(slot, from.id);
            within.strike();
            both(m);
            from.migrating.put(slot, to.id);
            within.strike();
            both(m);
            if (from.keys.get(slot)) {
                put(to, slot, true);
                put(from, slot, false);
            }
            within.strike();
            both(m);
            undisturbed(m, view);
            if (to.importing.remove(slot) != null) {
                to.epoch = ++epochs;
            }
            to.give(slot, to.id);
            replicas(to).forEach(r -> {
                r.give(slot, to.id);
                r.known.get(to.id).epoch = to.epoch;
            });
            within.strike();
            both(m);
            from.migrating.remove(slot);
            from.give(slot, to.id);
            from.known.get(to.id).epoch = to.epoch;
            within.strike();
            up().stream().map(p -> p.server).filter(s -> s.master && s.known.containsKey(to.id)).forEach(s -> hear(s, to));
        }
    }

    private void both(Step.Move m) throws Failed {
        there(m.from());
        there(m.to());
    }

    /** As the shaper looks, in the middle of a move. */
    private void undisturbed(Step.Move m, ClusterView before) throws Failed {
        if (ByHand.disturbs(m.slots(), before, new Topology(List.of(self(there(m.from())))), new Topology(List.of(self(there(m.to())))))) {
            throw new Failed("somebody else moves slots");
        }
    }

    /** A person's order, where slots have no owner or keys lie where nobody asks for them. @return false if there was nothing to do */
    boolean fix() {
        ClusterView view = view();
        Map<String, Map<Integer, Long>> keys = new HashMap<>();
        for (Pod p : up()) {
            if (p.server.master) {
                Map<Integer, Long> some = new HashMap<>();
                BitSet strayed = (BitSet) p.server.keys.clone();
                strayed.andNot(p.server.own());
                strayed.stream().forEach(slot -> some.put(slot, 1L));
                keys.put(p.name, some);
            }
        }
        Fixing.Remedy remedy = Fixing.of(view, keys);
        remedy.words().forEach(this::say);
        for (Step step : remedy.steps()) {
            switch (step) {
                case Step.Seize s -> up().stream().filter(p -> p.server.master).forEach(p -> {
                    for (int slot : s.slots().toArray()) {
                        p.server.give(slot, pod(s.pod()).server.id);
                    }
                });
                case Step.Gather g -> {
                    for (int slot : g.slots().toArray()) {
                        put(pod(g.to()).server, slot, true);
                        put(pod(g.from()).server, slot, false);
                    }
                }
                default -> throw new Violation("not by this order: " + step);
            }
        }
        return !remedy.steps().isEmpty();
    }

    private List<Server> replicas(Server m) {
        return up().stream().map(p -> p.server).filter(s -> !s.master && m.id.equals(s.masterId) && s.linkUp && s.known.containsKey(m.id)).toList();
    }

    private void put(Server m, int slot, boolean there) {
        m.keys.set(slot, there);
        offset++;
        replicas(m).forEach(r -> {
            r.keys.set(slot, there);
            r.seen = offset;
        });
    }

    // ---- planned and unplanned changes from outside

    /** A pod is replaced: it hands over first (rule K6); without a volume it comes back as a new node. */
    boolean roll(Pod pod) {
        if (!pod.up || !settled() || pod.stopping) {
            return false;
        }
        if (pod.owns()) {
            Pod heir = up().stream().filter(p -> fit(p.server, pod.server)).findFirst().orElse(null);
            if (heir == null || !elects(heir.server)) {
                return false;
            }
            takeOver(heir.server, pod.server.id);
            pod.server.slots(heir.server.id).or(heir.server.own());
            pod.server.own().clear();
            pod.server.follow(heir.server.id);
        }
        if (!persistent && !spare(pod, true)) {
            return false;
        }
        say("roll " + pod.name);
        if (persistent) {
            crash(pod, 1 + random.nextInt(6));
        } else {
            loseVolume(pod, 1 + random.nextInt(6));
        }
        pod.exists = random.nextBoolean();
        return true;
    }

    /** Pods that were told to go, and may: nobody knows them any more. */
    void letGo(boolean all) {
        for (Pod p : List.copyOf(pods.values())) {
            if (!shape.keeps(p.name) && (all || p.stopping && p.up && !p.owns() && p.server.master && p.server.known.isEmpty())) {
                remove(p);
            }
        }
    }

    List<Pod> masters() {
        return pods.values().stream().filter(Pod::owns).sorted(Comparator.comparingInt(p -> p.ordinal)).toList();
    }

    List<Pod> replicasOf(Pod master) {
        return pods.values().stream().filter(p -> !p.server.master && master.server.id.equals(p.server.masterId)).toList();
    }
}
