package io.redisha.loop.sentinel;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Belief;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.loop.Journal;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Publisher;
import io.redisha.loop.Server;
import io.redisha.loop.StateStore;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Real {@link DataMember}s and {@link Watcher}s on one fake clock, with servers, an API server, a network that can be cut, and sentinels that
 * elect as Redis Sentinel does: quorum, epochs, hellos, the best replica by priority and then offset. Deterministic by seed.
 */
final class SentinelWorld {

    /** A rule left out on purpose: the simulation must notice. */
    enum Broken { NOTHING, BOOT_READ_ONLY, FITNESS, DEMOTION, LEASE_NOTE }

    static final class Violation extends RuntimeException {
        Violation(String message) {
            super(message);
        }
    }

    static final long MS = Timings.MS;
    static final long S = 1000 * MS;
    private static final long DOWN_AFTER = 3 * S;
    private static final long FAILOVER_TIMEOUT = 10 * S;
    private static final long INFO = S;

    final Random random;
    final Broken broken;
    final boolean persistent;
    final StringBuilder trace;
    final Hosts redis = new Hosts("r", "h", 6379);
    final Hosts sentinels = new Hosts("r-sentinel", "sh", 26379);
    final Map<String, DataPod> data = new TreeMap<>();
    final Map<String, WatchPod> watch = new TreeMap<>();
    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    final Set<String> cuts = new HashSet<>();
    long now;
    private long events;
    private int serial;
    int replicas;
    int watchers;

    LeaseRecord lease;
    private long leaseVersion;
    boolean apiDown;
    /** Of a hundred agents' answers about their state as many never arrive. */
    int lossy;
    final List<String> notes = new ArrayList<>();

    private int written;
    final BitSet acked = new BitSet();
    final BitSet all = new BitSet();
    /** No fault in this run that a write which one replica has acknowledged may be lost by. */
    boolean promised = true;
    int promotions;
    int resets;
    String published;
    long publishedTerm;

    private record Event(long at, long order, Runnable run) implements Comparable<Event> {
        @Override
        public int compareTo(Event o) {
            return at != o.at ? Long.compare(at, o.at) : Long.compare(order, o.order);
        }
    }

    SentinelWorld(long seed, Broken broken, int replicas, int watchers, boolean persistent, boolean tracing) {
        random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
        this.broken = broken;
        this.persistent = persistent;
        this.replicas = replicas;
        this.watchers = watchers;
        trace = tracing ? new StringBuilder() : null;
        now = S;
        scale(replicas, watchers);
        after(20 * MS, this::write);
        after(100 * MS, this::watchDemotion);
    }

    void say(String what) {
        if (trace != null) {
            trace.append(String.format("%8.3f %s%n", now / 1e9, what));
        }
    }

    void after(long delay, Runnable run) {
        queue.add(new Event(now + Math.max(1, delay), events++, run));
    }

    void pass(long time) {
        long until = now + time;
        while (!queue.isEmpty() && queue.peek().at <= until) {
            Event e = queue.poll();
            now = e.at;
            e.run.run();
        }
        now = until;
    }

    /** Seconds until it was so, or fails. */
    double await(long atMost, Supplier<String> missing) {
        long start = now;
        while (missing.get() != null) {
            if (now - start > atMost) {
                throw new Violation("after " + atMost / S + " s: " + missing.get());
            }
            pass(20 * MS);
        }
        return (now - start) / 1e9;
    }

    void scale(int toReplicas, int toWatchers) {
        replicas = toReplicas;
        watchers = toWatchers;
        for (int i = 0; i < toReplicas; i++) {
            data.computeIfAbsent(redis.pod(i), n -> new DataPod(n)).create();
        }
        for (int i = 0; i < toWatchers; i++) {
            watch.computeIfAbsent(sentinels.pod(i), n -> new WatchPod(n)).create();
        }
        data.values().stream().filter(p -> MemberId.ordinal(p.name) >= replicas).forEach(p -> p.delete(false));
        watch.values().stream().filter(p -> MemberId.ordinal(p.name) >= watchers).forEach(p -> p.delete(false));
    }

    private boolean cut(String from, String to) {
        return !from.equals(to) && (frozen(data.get(from)) || frozen(data.get(to)) || cuts.contains(from + ">" + to) || cuts.contains(to + ">" + from));
    }

    private boolean frozen(DataPod pod) {
        return pod != null && pod.frozen();
    }

    void isolate(Set<String> side) {
        Set<String> all = new LinkedHashSet<>(data.keySet());
        all.addAll(watch.keySet());
        for (String a : side) {
            all.stream().filter(b -> !side.contains(b)).forEach(b -> cuts.add(a + ">" + b));
            cuts.add(a + ">api");
        }
    }

    private long hop() {
        return MS / 2 + random.nextLong(3 * MS) + (random.nextInt(200) == 0 ? random.nextLong(100 * MS) : 0);
    }

    /** By name: where its pod is now. */
    private DataPod at(Address address) {
        String named = redis.podOf(address.host());
        return data.values().stream().filter(p -> p.up && (p.ip().equals(address.host()) || p.name.equals(named))).findFirst().orElse(null);
    }

    // ---- clients: one write each 20 ms to every server that takes it

    private void write() {
        for (DataPod p : data.values()) {
            Redis r = p.redis;
            if (p.up && !p.frozen() && r.running && r.role == Role.MASTER && !r.paused && r.good() >= r.minReplicas) {
                r.log.add(written);
                all.set(written);
                r.bits.set(written++);
            }
        }
        after(20 * MS, this::write);
    }

    private void check(DataPod opened) {
        promotions++;
        for (DataPod p : data.values()) {
            boolean held = p.up && !p.redis.log.isEmpty() && p.redis.running && !p.redis.syncing;
            if (p != opened && held && opened.redis.log.isEmpty() && !cut(p.name, opened.name)) {
                throw new Violation(opened.name + " leads empty while " + p.name + " holds data");
            }
        }
        BitSet missing = (BitSet) acked.clone();
        missing.andNot(opened.redis.bits);
        if (promised && !missing.isEmpty()) {
            throw new Violation(opened.name + " leads without " + missing.cardinality() + " acknowledged writes");
        }
    }

    private String named = "";
    private long namedSince;

    /** A server that a majority has named another for is no master any more, half a second after it can know. */
    private void watchDemotion() {
        Map<String, Integer> count = new HashMap<>();
        watch.values().stream().filter(w -> w.running()).forEach(w -> count.merge(w.master + " " + w.configEpoch, 1, Integer::sum));
        String is = count.entrySet().stream().filter(e -> e.getValue() >= Belief.majority(watchers)).map(e -> e.getKey().split(" ")[0]).findFirst().orElse("");
        boolean whole = cuts.isEmpty() && watch.values().stream().allMatch(w -> w.running());
        if (!is.equals(named) || !whole) {
            named = is;
            namedSince = now;
        }
        if (!named.isEmpty() && now - namedSince > 2 * S) {
            for (DataPod p : data.values()) {
                if (p.up && now - p.redis.masterSince > 4 * S && p.redis.running && p.redis.role == Role.MASTER && !p.name.equals(named)
                        && watch.values().stream().noneMatch(w -> w.state != WatchPod.State.NONE)) {
                    throw new Violation(p.name + " accepts writes while a majority names " + named);
                }
            }
        }
        after(100 * MS, this::watchDemotion);
    }

    /** What is missing to be as it should be. */
    String unsettled() {
        DataPod master = null;
        for (DataPod p : data.values()) {
            if (p.gone) {
                continue;
            }
            if (!p.up || !p.redis.running) {
                return p.name + " is down";
            }
            if (p.redis.role == Role.MASTER) {
                if (master != null) {
                    return "two masters";
                }
                master = p;
            }
        }
        if (master == null) {
            return "no master: " + data.values().stream().map(p -> p.name + " " + p.member.snapshot().unready() + " " + p.member.snapshot().problems()).toList();
        }
        for (DataPod p : data.values()) {
            if (p.gone) {
                continue;
            }
            if (p != master && (p.redis.link != master || p.redis.syncing)) {
                return p.name + " is not in sync with " + master.name + ": " + p.member.snapshot().unready();
            }
            if (!p.member.snapshot().ready()) {
                return p.name + " is not ready: " + p.member.snapshot().unready();
            }
            if (!p.member.snapshot().problems().isEmpty()) {
                return p.name + " sees " + p.member.snapshot().problems();
            }
            if (p != master && p.redis.priority != 100) {
                return p.name + " has priority " + p.redis.priority;
            }
        }
        for (WatchPod w : watch.values()) {
            if (!w.gone && (!w.running() || !w.watcher.snapshot().ready() || !master.name.equals(w.master))) {
                return w.name + " " + w.master + " " + w.watcher.snapshot().unready();
            }
        }
        Appointment noted = Appointment.noted(lease);
        return noted == null || !noted.pod().equals(master.name) ? "the Lease notes " + noted : master.name.equals(published) ? null : "published " + published;
    }

    DataPod master() {
        return data.values().stream().filter(p -> p.up && p.redis.running && p.redis.role == Role.MASTER).findFirst().orElse(null);
    }

    boolean acceptsWrites() {
        return data.values().stream().anyMatch(p -> p.up && p.redis.running && p.redis.role == Role.MASTER && !p.redis.paused && p.redis.good() >= p.redis.minReplicas
                && p.name.equals(published));
    }

    // ---- what both kinds of pods have

    abstract class Pod {
        final String name;
        String uid;
        boolean up;
        boolean gone = true;
        boolean terminating;
        long generation;
        long since;
        private long frozenUntil;

        Pod(String name) {
            this.name = name;
        }

        String ip() {
            return "ip-" + uid;
        }

        void create() {
            if (gone) {
                gone = false;
                uid = "u" + serial++;
                after(100 * MS + random.nextLong(S), this::start);
            }
        }

        void start() {
            if (up || gone) {
                return;
            }
            up = true;
            terminating = false;
            generation++;
            since = now;
            say(name + " starts");
            boot();
        }

        abstract void boot();

        abstract void stop(Runnable then);

        abstract void down(boolean podLost);

        /** SIGKILL of the container. */
        void crash() {
            if (up) {
                say(name + " crashes");
                up = false;
                generation++;
                down(false);
                after(300 * MS + random.nextLong(S), this::start);
            }
        }

        /** Its node lost its power: a new pod is made after a while, or the node comes back. */
        void lose(long howLong) {
            if (up) {
                say(name + " loses its node");
                up = false;
                generation++;
                down(true);
                after(howLong, () -> {
                    uid = "u" + serial++;
                    start();
                });
            }
        }

        void delete(boolean back) {
            if (terminating || gone) {
                return;
            }
            if (!up) {
                gone = !back;
                return;
            }
            say(name + " gets SIGTERM");
            terminating = true;
            long mine = generation;
            Runnable exit = () -> {
                if (generation == mine) {
                    say(name + " ends");
                    up = false;
                    generation++;
                    down(true);
                    gone = !back;
                    if (back) {
                        uid = "u" + serial++;
                        after(300 * MS + random.nextLong(2 * S), this::start);
                    }
                }
            };
            stop(() -> after(5 * MS, exit));
            after(30 * S, exit);
        }

        /** All its processes stand still, as with a machine that is suspended. */
        void freeze(long howLong) {
            say(name + " stands still");
            frozenUntil = now + howLong;
        }

        boolean frozen() {
            return frozenUntil - now > 0;
        }

        void deliver(long mine, Runnable run) {
            if (frozen()) {
                after(frozenUntil - now, () -> deliver(mine, run));
            } else if (generation == mine && up) {
                run.run();
            }
        }

        void every(long period, Runnable run) {
            long mine = generation;
            after(random.nextLong(period), () -> again(mine, period, run));
        }

        private void again(long mine, long period, Runnable run) {
            if (frozen()) {
                after(frozenUntil - now, () -> again(mine, period, run));
            } else if (generation == mine && up) {
                run.run();
                after(period, () -> again(mine, period, run));
            }
        }

        PodView view() {
            return new PodView(new MemberId(name, uid), up ? ip() : null, "node", terminating, true, "1", Map.of(), Set.of());
        }

        boolean api() {
            return !apiDown && !cut(name, "api");
        }

        List<PodView> podsOf(Map<String, ? extends Pod> of) {
            return of.values().stream().filter(p -> !p.gone).map(Pod::view).toList();
        }

        LeaseStore leases(long mine) {
            return new LeaseStore() {
                private <T> void call(Supplier<T> there, T failed, Consumer<T> then) {
                    if (!api()) {
                        after(1500 * MS, () -> deliver(mine, () -> then.accept(failed)));
                        return;
                    }
                    after(3 * MS + hop(), () -> {
                        T answer = there.get();
                        after(3 * MS + hop(), () -> deliver(mine, () -> then.accept(answer)));
                    });
                }

                @Override
                public void read(Consumer<Read> then) {
                    call(() -> new Read.Seen(lease == null ? new LeaseView.Absent(false) : new LeaseView.Present(lease, "" + leaseVersion)), new Read.Unreachable("down"), then);
                }

                @Override
                public void write(LeaseRecord next, String version, Consumer<Write> then) {
                    call(() -> {
                        if (version == null ? lease != null : lease == null || !version.equals("" + leaseVersion)) {
                            return new Write.Conflict();
                        }
                        lease = broken == Broken.LEASE_NOTE && lease != null && Appointment.noted(lease) != null
                                ? Appointment.noted(lease).in(next) : next;
                        return new Write.Done("" + ++leaseVersion);
                    }, new Write.Unknown("down"), then);
                }
            };
        }

        Journal journal() {
            return new Journal() {
                @Override
                public void note(Act act, Reason reason, long term, String detail) {
                    String note = name + " " + act + " " + reason + " " + term + " " + detail;
                    notes.add(note);
                    say(note);
                }

                @Override
                public void renewed(boolean success, long nanos) {}
            };
        }

        Sentinels sentinelsFor(long mine) {
            return new Sentinels() {
                private void order(String pod, Consumer<String> then, Consumer<WatchPod> order) {
                    after(hop(), () -> {
                        WatchPod w = watch.get(pod);
                        if (w == null || !w.running() || cut(name, pod)) {
                            after(500 * MS, () -> deliver(mine, () -> then.accept("no answer")));
                            return;
                        }
                        String[] refusal = {null};
                        try {
                            order.accept(w);
                        } catch (IllegalStateException e) {
                            refusal[0] = e.getMessage();
                        }
                        after(hop(), () -> deliver(mine, () -> then.accept(refusal[0])));
                    });
                }

                @Override
                public void watch(List<Peer> found) {}

                @Override
                public void failover(String pod, Consumer<String> then) {
                    after(100 * MS, () -> order(pod, then, WatchPod::force));
                }

                @Override
                public void reset(String pod, Consumer<String> then) {
                    order(pod, then, WatchPod::reset);
                }

                @Override
                public void set(String pod, String option, String value, Consumer<String> then) {
                    order(pod, then, w -> w.quorum = Integer.parseInt(value));
                }
            };
        }
    }

    // ---- a redis pod

    final class DataPod extends Pod {
        Redis redis = new Redis(this);
        Data disk = Data.NONE;
        DataMember member;

        DataPod(String name) {
            super(name);
        }

        @Override
        void boot() {
            long mine = generation;
            redis.boot();
            DataMember.Policy policy = new DataMember.Policy(SentinelWorld.this.redis, sentinels, replicas, watchers, 0, 100, persistent, 15 * S, Timings.defaults());
            member = new DataMember(new DataMember.Self(new Identity(name, uid, "i" + serial++), new Address(ip(), 6379)), policy,
                    new DataMember.Ports(leases(mine), siblings(mine), redis.commands(mine), sentinelsFor(mine), new Publisher() {
                        @Override
                        public void master(MemberState self) {
                            if (self.term() >= publishedTerm) {
                                if (!name.equals(published) || self.term() > publishedTerm) {
                                    say(name + " is published in " + self.term());
                                }
                                published = name;
                                publishedTerm = self.term();
                            }
                        }

                        @Override
                        public void replica(MemberState self) {}
                    }, journal(), new StateStore() {
                        @Override
                        public Data load() {
                            Data d = disk;
                            return new Data(d.datasetId(), d.term(), d.replid(), d.replid2(), d.secondOffset(), d.offset(), d.complete(), true);
                        }

                        @Override
                        public void save(Data saved, boolean clean) {
                            disk = saved;
                        }
                    }), () -> now, () -> Instant.ofEpochSecond(serial++));
            every(100 * MS, () -> member.tick());
            every(100 * MS, () -> redis.poll(mine));
            every(300 * MS, () -> {
                if (api()) {
                    List<PodView> pods = podsOf(data);
                    List<PodView> others = podsOf(watch);
                    after(hop(), () -> deliver(mine, () -> {
                        member.onPods(pods);
                        member.onSentinelPods(others);
                    }));
                }
            });
            every(5 * S, () -> {
                if (api()) {
                    member.onWanted(replicas, watchers);
                }
            });
        }

        @Override
        void stop(Runnable then) {
            member.onStop(then);
        }

        @Override
        void down(boolean podLost) {
            if (podLost && !persistent) {
                disk = Data.NONE;
            }
            redis.die();
        }

        private Siblings siblings(long mine) {
            return new Siblings() {
                private <T> void call(Peer to, java.util.function.Function<DataPod, T> there, Consumer<T> then) {
                    DataPod target = data.values().stream().filter(p -> p.up && p.ip().equals(to.host())).findFirst().orElse(null);
                    if (target == null || cut(name, target.name)) {
                        return;
                    }
                    long theirs = target.generation;
                    after(hop(), () -> target.deliver(theirs, () -> {
                        T answer = there.apply(target);
                        after(hop(), () -> deliver(mine, () -> then.accept(answer)));
                    }));
                }

                @Override
                public void ask(Peer to, Consumer<MemberState> then) {
                    call(to, p -> {
                        p.redis.poll(p.generation);
                        return p.member.onAsk();
                    }, state -> {
                        if (random.nextInt(100) >= lossy) {
                            then.accept(state);
                        }
                    });
                }

                @Override
                public void prefer(Peer to, boolean preferred, Consumer<String> then) {
                    call(to, p -> java.util.Optional.ofNullable(p.member.onPrefer(preferred)), why -> then.accept(why.orElse(null)));
                }
            };
        }
    }

    // ---- a server

    final class Redis {
        final DataPod pod;
        boolean running;
        Role role = Role.REPLICA;
        String runId = "";
        String replid = "";
        String replid2 = "";
        long second = -1;
        long base;
        List<Integer> log = new ArrayList<>();
        BitSet bits = new BitSet();
        Address master = Address.DEAD;
        boolean syncing;
        DataPod link;
        long linkedTo;
        long epoch;
        long lostAt;
        int priority;
        int minReplicas;
        long masterSince;
        boolean paused;
        boolean loading;
        long process;
        /** It ends before it has read its data, however often it is started. */
        boolean damaged;

        Redis(DataPod pod) {
            this.pod = pod;
        }

        long offset() {
            return base + log.size();
        }

        void boot() {
            if (damaged) {
                long mine = pod.generation;
                after(3 * MS, () -> pod.deliver(mine, () -> pod.member.onServer(ServerView.DEAD)));
                return;
            }
            running = true;
            process++;
            epoch++;
            role = Role.REPLICA;
            master = Address.DEAD;
            syncing = false;
            link = null;
            lostAt = now;
            paused = false;
            priority = broken == Broken.FITNESS ? 100 : 0;
            runId = "run" + serial++;
            replid = "h" + serial++;   // what INFO says after a restart with AOF: a random history at offset 0
            replid2 = "";
            second = -1;
            base = -log.size();
            minReplicas = replicas >= 3 ? 1 : 0;
            loading = !log.isEmpty();
            long mine = process;
            after(100 * MS + random.nextLong(500 * MS), () -> {
                if (process == mine) {
                    loading = false;
                }
            });
            streaming(mine);
            if (broken == Broken.BOOT_READ_ONLY) {
                promote();
            }
        }

        void die() {
            running = false;
            process++;
            link = null;
            syncing = false;
            if (!persistent) {
                log = new ArrayList<>();
                bits = new BitSet();
            }
        }

        /** SIGKILL of the server alone: the agent starts it again. */
        void kill() {
            if (!running || !pod.up) {
                return;
            }
            say(pod.name + " server killed");
            die();
            long mine = pod.generation;
            after(3 * MS, () -> pod.deliver(mine, () -> pod.member.onServer(ServerView.DEAD)));
            after(100 * MS + random.nextLong(300 * MS), () -> {
                if (pod.generation == mine && !running) {
                    boot();
                }
            });
        }

        void promote() {
            if (role != Role.MASTER && !loading) {
                master();
                say(pod.name + " writable with " + log.size());
                check(pod);
            }
        }

        /** REPLICAOF NO ONE by whoever may connect. */
        void master() {
            role = Role.MASTER;
            masterSince = now;
            epoch++;
            replid2 = replid;
            second = offset() + 1;
            replid = "h" + serial++;
            link = null;
            syncing = false;
        }

        void follow(Address address) {
            if (loading || role == Role.REPLICA && master.equals(address)) {
                return;
            }
            if (role == Role.MASTER) {
                say(pod.name + " read-only");
                epoch++;
            }
            role = Role.REPLICA;
            master = address;
            link = null;
            lostAt = now;
            syncing = false;
        }

        int good() {
            return (int) data.values().stream().filter(p -> p.up && p.redis.running && p.redis.link == pod && !p.redis.syncing && !cut(p.name, pod.name)).count();
        }

        void poll(long mine) {
            pod.deliver(mine, () -> {
                if (running) {
                    pod.member.onServer(new ServerView(true, info(), now));
                }
            });
        }

        private ServerInfo info() {
            return new ServerInfo(runId, role, replid, replid2, offset(), second, loading, syncing, link != null && !syncing, log.isEmpty(), priority,
                    role == Role.MASTER ? null : master, good(), minReplicas);
        }

        private void streaming(long mine) {
            after(30 * MS, () -> {
                if (process == mine && running) {
                    if (pod.up && !pod.frozen()) {
                        replicate();
                    }
                    streaming(mine);
                }
            });
        }

        private void replicate() {
            if (role != Role.REPLICA || loading) {
                return;
            }
            DataPod from = at(master);
            if (from == null || from == pod || !from.redis.running || from.redis.role != Role.MASTER || cut(from.name, pod.name)) {
                boolean closed = from == null || !from.redis.running || from.redis.role != Role.MASTER;
                if (link != null && (closed || random.nextInt(100) == 0)) {
                    link = null;
                    lostAt = now;
                    syncing = false;
                }
                return;
            }
            Redis m = from.redis;
            if (link != from || linkedTo != m.epoch) {
                linkedTo = m.epoch;
                link = from;
                boolean partial = replid.equals(m.replid) && offset() <= m.offset() || replid.equals(m.replid2) && offset() < m.second && offset() <= m.offset();
                if (partial) {
                    replid = m.replid;
                    replid2 = m.replid2;
                    second = m.second;
                } else {
                    syncing = true;
                    long mine = process;
                    Redis source = m;
                    if (!log.isEmpty() && m.log.isEmpty()) {
                        throw new Violation(pod.name + " is wiped by " + from.name);
                    }
                    after(50 * MS + random.nextLong(400 * MS), () -> copy(source, mine));
                    return;
                }
            }
            if (syncing) {
                return;
            }
            for (int i = (int) (offset() - m.base); i < m.log.size(); i++) {
                log.add(m.log.get(i));
                bits.set(m.log.get(i));
                acked.set(m.log.get(i));   // what WAIT 1 would have returned for
            }
        }

        private void copy(Redis m, long mine) {
            if (process != mine || !syncing || link != m.pod) {
                return;
            }
            syncing = false;
            if (m.running && m.role == Role.MASTER) {
                log = new ArrayList<>(m.log);
                bits = (BitSet) m.bits.clone();
                base = m.base;
                replid = m.replid;
                replid2 = m.replid2;
                second = m.second;
                m.log.forEach(acked::set);
            } else {
                link = null;
            }
        }

        Server commands(long mine) {
            return new Server() {
                private void run(Runnable command) {
                    long process = Redis.this.process;
                    after(MS, () -> pod.deliver(mine, () -> {
                        if (Redis.this.process == process && running) {
                            command.run();
                        }
                    }));
                }

                @Override
                public void look() {
                    after(MS, () -> poll(mine));
                }

                @Override
                public void follow(Address address) {
                    run(() -> {
                        if (broken != Broken.DEMOTION || role != Role.MASTER) {
                            Redis.this.follow(address);
                        }
                    });
                    look();
                }

                @Override
                public void promote(Consumer<Boolean> then) {
                    run(Redis.this::promote);
                    after(2 * MS, () -> pod.deliver(mine, () -> then.accept(role == Role.MASTER)));
                }

                @Override
                public void fence(boolean dropClients, Runnable then) {
                    run(() -> {
                        if (broken != Broken.DEMOTION) {
                            Redis.this.follow(Address.DEAD);
                        }
                    });
                    after(2 * MS, () -> pod.deliver(mine, then));
                }

                @Override
                public void priority(int wanted) {
                    run(() -> priority = broken == Broken.FITNESS ? 100 : wanted);
                }

                @Override
                public void minReplicas(int count) {
                    run(() -> minReplicas = count);
                }

                @Override
                public void pause(long nanos, Consumer<Long> then) {
                    run(() -> {
                        paused = true;
                        long at = process;
                        after(nanos, () -> {
                            if (process == at) {
                                paused = false;
                            }
                        });
                    });
                    after(2 * MS, () -> pod.deliver(mine, () -> then.accept(running && role == Role.MASTER ? (Long) offset() : null)));
                }

                @Override
                public void unpause() {
                    run(() -> paused = false);
                }

                @Override
                public void dropClients() {}

                @Override
                public void kill() {
                    Redis.this.kill();
                }
            };
        }
    }

    // ---- a sentinel

    private static final class Seen {
        long answered;
        long asked;
        Role role;
        long offset;
        int priority;
        long linkDown;
        long roleSince;
        boolean masterOther;
    }

    final class WatchPod extends Pod {

        enum State { NONE, ELECTION, SELECT, PROMOTION, RECONF }

        Watcher watcher;
        private boolean process;
        /** Its file: (master, epochs). */
        private Object[] file;
        String master;
        long configEpoch;
        long currentEpoch;
        long votedEpoch;
        int quorum;
        /** How long it takes from the order to the promotion. */
        long dawdles;
        Set<String> replicasKnown = new LinkedHashSet<>();
        Set<String> sentinelsKnown = new LinkedHashSet<>();
        final Map<String, Seen> seen = new HashMap<>();
        final Map<String, Long> heard = new HashMap<>();
        State state = State.NONE;
        private long stateAt;
        private long failoverEpoch;
        private long failoverStart;
        private boolean forced;
        private int votes;
        private String promoted;
        private String told = "";

        WatchPod(String name) {
            super(name);
        }

        boolean running() {
            return up && process;
        }

        @Override
        void boot() {
            long mine = generation;
            watcher = new Watcher(name, new Watcher.Policy(SentinelWorld.this.redis, sentinels, watchers, 0),
                    new Watcher.Ports(leases(mine), sentinelsFor(mine), this::kill, journal()), task -> after(1, () -> deliver(mine, task)), () -> now);
            process = false;
            prepare(mine);
            every(100 * MS, () -> watcher.tick());
            every(100 * MS, this::turn);
            every(1 * S, this::tell);
            every(2 * S, this::hello);
            every(5 * S, () -> {
                if (api()) {
                    watcher.onWanted(watchers);
                    watcher.onSentinelPods(podsOf(watch));
                }
            });
        }

        private void prepare(long mine) {
            Appointment own = file == null ? null : new Appointment((String) file[0], (long) file[1]);
            CompletableFuture<Appointment> asked = watcher.master(own);
            asked.thenAccept(found -> after(100 * MS, () -> deliver(mine, () -> begin(found, own))));
        }

        private void begin(Appointment found, Appointment own) {
            process = true;
            master = found.pod();
            configEpoch = found.epoch();
            currentEpoch = Math.max(file == null ? 0 : (long) file[2], configEpoch);
            votedEpoch = file == null ? currentEpoch : (long) file[3];
            replicasKnown = new LinkedHashSet<>();
            sentinelsKnown = new LinkedHashSet<>();
            for (int i = 0; i < replicas; i++) {
                replicasKnown.add(SentinelWorld.this.redis.pod(i));
            }
            for (int i = 0; i < watchers; i++) {
                if (!sentinels.pod(i).equals(name)) {
                    sentinelsKnown.add(sentinels.pod(i));
                }
            }
            quorum = Belief.majority(watchers);
            seen.clear();
            heard.clear();
            state = State.NONE;
            failoverStart = now - 2 * FAILOVER_TIMEOUT;
            save();
            say(name + " begins with " + found + (own == null ? " (no memory)" : ""));
        }

        private void save() {
            file = new Object[] {master, configEpoch, currentEpoch, votedEpoch};
        }

        /** The sentinel alone: its file stays. */
        void kill() {
            if (running()) {
                say(name + " sentinel killed");
                process = false;
                long mine = generation;
                watcher.onOwn(SentinelView.silent(name, now));
                after(200 * MS, () -> deliver(mine, () -> prepare(mine)));
            }
        }

        @Override
        void stop(Runnable then) {
            watcher.onStop();
            then.run();
        }

        @Override
        void down(boolean podLost) {
            process = false;
            if (podLost) {
                file = null;
            }
        }

        private Seen of(String pod) {
            return seen.computeIfAbsent(pod, p -> {
                Seen s = new Seen();
                s.answered = now;
                s.roleSince = now;
                return s;
            });
        }

        private boolean reaches(String pod) {
            DataPod p = data.get(pod);
            return p != null && p.up && p.redis.running && !cut(name, pod);
        }

        private boolean down(String pod) {
            Seen s = of(pod);
            return now - s.answered > DOWN_AFTER || pod.equals(master) && s.role == Role.REPLICA && now - s.roleSince > DOWN_AFTER + 2 * INFO;
        }

        private boolean sentinelDown(String pod) {
            return now - heard.getOrDefault(pod, now) > DOWN_AFTER;
        }

        private void info(String pod) {
            Seen s = of(pod);
            s.asked = now;
            if (reaches(pod)) {
                Redis r = data.get(pod).redis;
                s.answered = now;
                if (s.role != r.role) {
                    s.role = r.role;
                    s.roleSince = now;
                }
                s.offset = r.offset();
                s.priority = r.priority;
                s.linkDown = r.link == null ? now - r.lostAt : 0;
                if (pod.equals(master) && r.role == Role.MASTER) {
                    data.values().stream().filter(p -> p.up && p.redis.link == data.get(master)).forEach(p -> replicasKnown.add(p.name));
                }
            }
        }

        private boolean odown() {
            return down(master) && 1 + watch.values().stream().filter(w -> w != this && sentinelsKnown.contains(w.name) && w.running() && !cut(name, w.name)
                    && master.equals(w.master) && w.down(master)).count() >= quorum;
        }

        private void turn() {
            if (!running()) {
                return;
            }
            Set<String> servers = new LinkedHashSet<>(replicasKnown);
            servers.add(master);
            for (String pod : servers) {
                if (reaches(pod)) {
                    of(pod).answered = now;   // PING
                }
                if (now - of(pod).asked >= INFO) {
                    info(pod);
                }
            }
            watch.values().stream().filter(w -> w.running() && !cut(name, w.name)).forEach(w -> heard.put(w.name, now));
            heard.keySet().retainAll(sentinelsKnown);
            sentinelsKnown.forEach(w -> heard.putIfAbsent(w, now));
            switch (state) {
                case NONE -> {
                    if (odown() && now - failoverStart > 2 * FAILOVER_TIMEOUT) {
                        start(false);
                    } else {
                        correct();
                    }
                }
                case ELECTION -> elect();
                case SELECT -> {
                    if (now - stateAt >= dawdles) {
                        select();
                    }
                }
                case PROMOTION -> promotion();
                case RECONF -> {
                    if (now - stateAt > S) {
                        adopt(promoted, failoverEpoch);
                        state = State.NONE;
                    }
                }
            }
            String is = master + configEpoch + state + down(master);
            if (!is.equals(told)) {
                told = is;
                tell();
            }
        }

        /** What it does to servers that are not what they should be. */
        private void correct() {
            for (String pod : replicasKnown) {
                Seen s = of(pod);
                boolean sane = reaches(master) && of(master).role == Role.MASTER && !down(master);
                if (!pod.equals(master) && s.role == Role.MASTER && now - s.roleSince > 8 * S && sane && reaches(pod)) {
                    say(name + " has " + pod + " follow " + master);
                    data.get(pod).redis.follow(SentinelWorld.this.redis.of(master));
                    s.roleSince = now;
                }
            }
        }

        private void start(boolean force) {
            failoverEpoch = ++currentEpoch;
            forced = force;
            votes = 0;
            failoverStart = now + random.nextLong(S);
            stateAt = now;
            state = force ? State.SELECT : State.ELECTION;
            promoted = null;
            votedEpoch = Math.max(votedEpoch, force ? votedEpoch : failoverEpoch);
            save();
            say(name + " tries a failover in epoch " + failoverEpoch + (force ? " (forced)" : ""));
            if (force) {
                hello();
            } else {
                elect();
            }
        }

        void force() {
            if (state != State.NONE) {
                throw new IllegalStateException("INPROG");
            }
            replicasKnown.forEach(this::info);
            if (best() == null) {
                throw new IllegalStateException("NOGOODSLAVE");
            }
            start(true);
        }

        private void elect() {
            if (votes == 0) {
                votes = 1;
                for (WatchPod w : watch.values()) {
                    if (w != this && sentinelsKnown.contains(w.name) && w.running() && !cut(name, w.name) && w.votedEpoch < failoverEpoch && w.state != State.ELECTION) {
                        w.currentEpoch = Math.max(w.currentEpoch, failoverEpoch);
                        w.votedEpoch = failoverEpoch;
                        w.failoverStart = now;
                        w.save();
                        votes++;
                    }
                }
            }
            if (votes >= Math.max(quorum, (sentinelsKnown.size() + 1) / 2 + 1)) {
                state = State.SELECT;
            } else if (now - stateAt > 10 * S) {
                state = State.NONE;
            }
        }

        private String best() {
            String best = null;
            for (String pod : replicasKnown) {
                Seen s = of(pod);
                boolean able = !pod.equals(master) && !down(pod) && reaches(pod) && s.role != null && s.priority > 0 && now - s.asked < 3 * INFO
                        && s.linkDown < 10 * DOWN_AFTER + (down(master) ? now - of(master).answered : 0);
                if (able && (best == null || s.priority < of(best).priority || s.priority == of(best).priority && s.offset > of(best).offset)) {
                    best = pod;
                }
            }
            return best;
        }

        private void select() {
            promoted = best();
            if (promoted == null) {
                say(name + " finds no good replica");
                state = State.NONE;
                return;
            }
            say(name + " promotes " + promoted + " in epoch " + failoverEpoch);
            data.get(promoted).redis.promote();
            state = State.PROMOTION;
            stateAt = now;
        }

        private void promotion() {
            boolean is = reaches(promoted) && data.get(promoted).redis.role == Role.MASTER;
            if (is && (forced || now - stateAt > INFO)) {
                configEpoch = failoverEpoch;
                save();
                state = State.RECONF;
                stateAt = now;
                hello();
                if (!forced || random.nextBoolean()) {
                    // one that is forced and hears its own hello back has done with it before
                    replicasKnown.stream().filter(p -> !p.equals(promoted) && reaches(p)).forEach(p -> data.get(p).redis.follow(SentinelWorld.this.redis.of(promoted)));
                }
            } else if (now - stateAt > FAILOVER_TIMEOUT) {
                state = State.NONE;
            }
        }

        private String announced() {
            return state == State.RECONF ? promoted : master;
        }

        private void hello() {
            if (!running()) {
                return;
            }
            String said = announced();
            long epoch = configEpoch;
            long current = currentEpoch;
            for (WatchPod w : watch.values()) {
                if (w != this) {
                    after(hop() + 20 * MS, () -> {
                        if (w.running() && !cut(name, w.name)) {
                            w.sentinelsKnown.add(name);
                            w.currentEpoch = Math.max(w.currentEpoch, current);
                            if (epoch > w.configEpoch) {
                                w.adopt(said, epoch);
                            }
                        }
                    });
                }
            }
        }

        private void adopt(String pod, long epoch) {
            if (!pod.equals(master)) {
                replicasKnown.add(master);
                replicasKnown.remove(pod);
                of(pod).roleSince = now;
                of(pod).answered = now;
                state = State.NONE;
                failoverStart = now - 2 * FAILOVER_TIMEOUT;   // a new master may be failed over at once
            }
            master = pod;
            configEpoch = epoch;
            currentEpoch = Math.max(currentEpoch, epoch);
            save();
            tell();
        }

        void reset() {
            say(name + " is reset");
            resets++;
            if (state != State.NONE) {
                throw new Violation(name + " was reset during a failover");
            }
            replicasKnown.clear();
            sentinelsKnown.clear();
            seen.clear();
            heard.clear();
        }

        private SentinelView view(long at) {
            Set<String> flags = new HashSet<>();
            if (state != State.NONE) {
                flags.add("failover_in_progress");
            }
            if (down(master)) {
                flags.add("s_down");
            }
            List<Known> servers = replicasKnown.stream().filter(p -> !p.equals(announced()))
                    .map(p -> new Known(SentinelWorld.this.redis.of(p).host(), 6379, down(p) ? Set.of("s_down") : Set.of(), of(p).priority, "", of(p).offset)).toList();
            List<Known> others = sentinelsKnown.stream().map(p -> new Known(sentinels.of(p).host(), 26379, sentinelDown(p) ? Set.of("s_down") : Set.of(), 0, "", 0)).toList();
            return new SentinelView(name, at, true, SentinelWorld.this.redis.of(announced()), configEpoch, quorum, flags, servers, others);
        }

        /** To everybody who listens. */
        private void tell() {
            if (!running()) {
                return;
            }
            SentinelView view = view(now);
            watcher.onOwn(view);
            for (DataPod p : data.values()) {
                if (p.up && !cut(name, p.name)) {
                    long mine = p.generation;
                    after(hop(), () -> p.deliver(mine, () -> p.member.onSentinels(List.of(view))));
                }
            }
            for (WatchPod w : watch.values()) {
                if (w != this && w.up && !cut(name, w.name)) {
                    long mine = w.generation;
                    after(hop(), () -> w.deliver(mine, () -> w.watcher.onSentinels(List.of(view))));
                }
            }
        }
    }
}
