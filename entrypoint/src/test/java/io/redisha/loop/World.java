package io.redisha.loop;

import io.redisha.decide.Policy;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import io.redisha.model.Vote;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Several real {@link Member}s on one fake clock, with servers, an API server and a network that can fail. Deterministic by seed.
 *
 * <p>After every change of a server's role it is asserted that at most one accepts writes, and that whoever starts to accept them does
 * not do so empty while another holds data, nor without a write that was waited for (as far as the faults allow that promise).
 */
final class World {

    /** A rule left out on purpose: the simulation must notice. */
    enum Broken { NOTHING, FENCE, BOOT_READ_ONLY, LEASE, START_PROMISE, CONDITIONAL_MODE, OFFSETS }

    static final class Violation extends RuntimeException {
        Violation(String message) {
            super(message);
        }
    }

    static final long MS = Timings.MS;
    static final long S = 1000 * MS;

    final Random random;
    final Broken broken;
    final Policy policy;
    final Timings timings = Timings.defaults();
    final List<Pod> pods = new ArrayList<>();
    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    final StringBuilder trace;
    long now;
    private long events;
    private int serial;

    // the API server
    LeaseRecord lease;
    long leaseVersion;
    boolean initialized;
    boolean apiDown;
    long apiDelay;
    double loss;
    final Set<String> cuts = new HashSet<>();

    // the clients
    int written;
    final BitSet acked = new BitSet();
    final BitSet all = new BitSet();
    boolean checkAcked;
    boolean checkAll;
    int promotions;

    private record Event(long at, long order, Runnable run) implements Comparable<Event> {
        @Override
        public int compareTo(Event o) {
            return at != o.at ? Long.compare(at, o.at) : Long.compare(order, o.order);
        }
    }

    World(long seed, Broken broken, int replicas, boolean persistent, boolean tracing) {
        random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
        this.broken = broken;
        policy = new Policy(timings, replicas, persistent, false, false);
        trace = tracing ? new StringBuilder() : null;
        for (int i = 0; i < replicas; i++) {
            pods.add(new Pod(i));
        }
        for (Pod p : pods) {
            after(random.nextLong(1500 * MS), p::start);
        }
        after(20 * MS, this::write);
    }

    void say(String what) {
        if (trace != null) {
            trace.append(String.format("%8.3f %s%n", now / 1e9, what));
        }
    }

    void after(long delay, Runnable run) {
        queue.add(new Event(now + Math.max(1, delay), events++, run));
    }

    void run(long until) {
        while (!queue.isEmpty() && queue.peek().at <= until) {
            Event e = queue.poll();
            now = e.at;
            e.run.run();
        }
        now = until;
    }

    private boolean lost(String from, String to) {
        return cuts.contains(from + ">" + to) || loss > 0 && random.nextDouble() < loss;
    }

    private boolean cut(Pod from, Pod to) {
        return cuts.contains(from.name + ">" + to.name);
    }

    private long hop() {
        return MS / 2 + random.nextLong(3 * MS) + (random.nextInt(200) == 0 ? random.nextLong(400 * MS) : 0);
    }

    // ---- clients: one write every 20 ms to every server that takes it; they do not know who should

    private void write() {
        for (Pod p : pods) {
            Redis r = p.redis;
            if (p.alive() && r.running && r.role == Role.MASTER && !r.paused && (r.minReplicas == 0 || r.good() > 0)) {
                int id = written++;
                r.log.add(id);
                r.bits.set(id);
                all.set(id);
            }
        }
        after(20 * MS, this::write);
    }

    /** Rule I1 and rule B2, whenever a server starts to accept writes. */
    void check(Pod opened) {
        promotions++;
        int writers = 0;
        for (Pod p : pods) {
            if (p.alive() && p.redis.running && p.redis.role == Role.MASTER) {
                writers++;
            }
        }
        if (writers > 1) {
            throw new Violation("two members accept writes");
        }
        if (opened == null) {
            return;
        }
        if (opened.redis.log.isEmpty()) {
            for (Pod p : pods) {
                boolean held = !p.redis.log.isEmpty() && (policy.persistent() || p.up && p.redis.running);
                // a master that nobody could hear, in its first moments: it held writes that no replica and no Lease knew of
                boolean known = lease != null && !lease.empty() || p.alive() && !cut(p, opened) && !cut(opened, p) && loss == 0;
                if (p != opened && held && known) {
                    throw new Violation(opened.name + " leads empty while " + p.name + " holds data");
                }
            }
        }
        if (checkAll || checkAcked) {
            BitSet missing = (BitSet) (checkAll ? all : acked).clone();
            missing.andNot(opened.redis.bits);
            if (!missing.isEmpty()) {
                throw new Violation(opened.name + " leads without " + missing.cardinality() + " writes that were promised to last");
            }
        }
    }

    /** One open master, everybody else linked to it, same data, all of it on the Lease; else what is missing. */
    String unsettled() {
        Pod master = null;
        for (Pod p : pods) {
            if (p.gone) {
                continue;
            }
            if (!p.alive() || !p.redis.running) {
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
            return "no master: " + pods.stream().map(p -> p.name + " " + p.member.snapshot().unready()).toList();
        }
        if (lease == null || !master.id().equals(lease.holder()) || master.redis.paused) {
            return master.name + " is master, the Lease says " + lease;
        }
        Set<String> names = new HashSet<>();
        for (Pod p : pods) {
            if (p.gone) {
                continue;
            }
            names.add(p.name);
            if (p != master && (p.redis.linked() != master || p.redis.log.size() + 5 < master.redis.log.size())) {
                return p.name + " is not in sync with " + master.name + ": " + p.redis + " " + master.redis + " " + p.member.snapshot().unready();
            }
            if (!lease.counts(p.id().member()) || !p.member.snapshot().ready()) {
                return p.name + " is not ready: " + p.member.snapshot().unready() + ", members " + lease.members();
            }
        }
        return lease.members().size() == names.size() && lease.inSync().size() == names.size() ? null
                : "the Lease has " + lease.members() + ", in sync " + lease.inSync();
    }

    Pod master() {
        for (Pod p : pods) {
            if (p.alive() && p.redis.running && p.redis.role == Role.MASTER) {
                return p;
            }
        }
        return null;
    }

    // ---- a pod

    final class Pod {
        final int ordinal;
        final String name;
        String uid;
        String incarnation;
        boolean up;
        boolean frozen;
        boolean gone;
        boolean terminating;
        final double rate = 1 + (random.nextDouble() - 0.5) * 0.02;
        final long skew = random.nextLong(1000 * S);
        final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
        Redis redis = new Redis(this);
        Data disk = Data.NONE;
        final Set<String> dead = new HashSet<>();
        Member member;
        Gate gate;
        long generation;
        String revision = "1";

        Pod(int ordinal) {
            this.ordinal = ordinal;
            name = "r-" + ordinal;
            uid = "u" + serial++;
        }

        boolean alive() {
            return up && !frozen;
        }

        Identity id() {
            return new Identity(name, uid, incarnation);
        }

        String ip() {
            return "ip-" + uid;
        }

        /** Own clock: another zero, and up to 1 % faster or slower. */
        long clock() {
            return (long) (now * rate) + skew;
        }

        long local(long duration) {
            return (long) (duration / rate);
        }

        void start() {
            if (up || gone) {
                return;
            }
            up = true;
            frozen = false;
            terminating = false;
            incarnation = "i" + serial++;
            long mine = ++generation;
            redis.boot();
            gate = new Gate();
            Identity identity = id();
            boolean[] booting = {true};
            long forget = broken == Broken.START_PROMISE ? timings.promise() : 0;
            member = new Member(new Member.Self(identity, new Address(ip(), 6379)), policy,
                    new Member.Ports(new Leases(mine), new Network(mine), redis.commands(mine), new Publisher() {
                        @Override
                        public void master(MemberState self) {}

                        @Override
                        public void replica(MemberState self) {}
                    }, new Journal() {
                        @Override
                        public void note(Act act, Reason reason, long term, String detail) {
                            say(name + " " + act + " " + reason + " term " + term + " " + detail);
                        }

                        @Override
                        public void renewed(boolean success, long nanos) {}
                    }, new StateStore() {
                        @Override
                        public Data load() {
                            Data d = disk;
                            return new Data(d.datasetId(), d.term(), d.replid(), d.replid2(), d.secondOffset(), d.offset(), d.complete(), true);
                        }

                        @Override
                        public void save(Data data, boolean clean) {
                            disk = data;
                        }
                    }), gate, () -> booting[0] ? clock() - forget : clock(), () -> Instant.ofEpochSecond(serial++));
            booting[0] = false;
            say(name + " starts as " + identity);
            every(mine, 100 * MS, () -> member.tick());
            every(mine, 100 * MS, this::watchdog);
            every(mine, 100 * MS, () -> redis.poll(mine));
            every(mine, 300 * MS, () -> told(mine));
        }

        private void every(long mine, long period, Runnable run) {
            after(random.nextLong(period), () -> {
                if (generation != mine || !up) {
                    return;
                }
                if (frozen) {
                    waiting.add(() -> { });   // timers pile up to one
                    after(20 * MS, () -> again(mine, period, run));
                    return;
                }
                run.run();
                again(mine, period, run);
            });
        }

        private void again(long mine, long period, Runnable run) {
            after(local(frozen ? 20 * MS : period), () -> {
                if (generation != mine || !up) {
                    return;
                }
                if (!frozen) {
                    run.run();
                }
                again(mine, period, run);
            });
        }

        private void watchdog() {
            if (gate.lapsed(clock()) && broken != Broken.FENCE) {
                say(name + " watchdog fences");
                redis.demote();
                member.onFenced();
            }
        }

        /** The pod watch. */
        private void told(long mine) {
            if (apiDown || lost(name, "api") || lost("api", name)) {
                return;
            }
            List<PodView> views = new ArrayList<>();
            for (Pod p : pods) {
                if (!p.gone) {
                    views.add(new PodView(new MemberId(p.name, p.uid), p.ip(), "node", p.terminating, true, p.revision, Map.of(), Set.copyOf(p.dead)));
                }
            }
            after(hop(), () -> deliver(mine, () -> member.onPods(views)));
        }

        void deliver(long mine, Runnable run) {
            if (generation != mine || !up) {
                return;
            }
            if (frozen) {
                waiting.add(() -> deliver(mine, run));
            } else {
                run.run();
            }
        }

        /** SIGKILL of the container, or power cut. */
        void crash(boolean proof) {
            if (!up) {
                return;
            }
            say(name + " crashes");
            up = false;
            frozen = false;
            waiting.clear();
            generation++;
            redis.die();
            if (proof) {
                String lastRun = incarnation;
                after(random.nextLong(2 * S), () -> dead.add(lastRun));
            }
        }

        void freeze(long howLong) {
            if (!alive()) {
                return;
            }
            say(name + " frozen for " + howLong / MS + " ms");
            frozen = true;
            long mine = generation;
            after(howLong, () -> {
                if (generation == mine && frozen) {
                    say(name + " thaws");
                    frozen = false;
                    watchdog();   // rule M3; what the server answers before that first tick is the documented exception
                    check(null);
                    while (!waiting.isEmpty() && !frozen) {
                        waiting.poll().run();
                    }
                }
            });
        }

        /** kubectl delete pod, scale-in, roll: SIGTERM, handover, a new pod of that name. */
        void delete(boolean back) {
            if (!alive() || terminating) {
                return;
            }
            say(name + " gets SIGTERM");
            terminating = true;
            long mine = generation;
            boolean[] done = {false};
            Runnable exit = () -> {
                if (done[0] || generation != mine) {
                    return;
                }
                done[0] = true;
                member.saveClean();
                crash(false);
                gone = !back;
                if (back) {
                    uid = "u" + serial++;
                    dead.clear();
                    revision = revision + "'";
                    after(300 * MS + random.nextLong(2 * S), this::start);
                }
            };
            member.onStop(() -> after(5 * MS, exit));
            after(20 * S, exit);
        }

        final class Leases implements LeaseStore {
            private final long mine;

            Leases(long mine) {
                this.mine = mine;
            }

            private <T> void call(java.util.function.Supplier<T> atApi, T failed, Consumer<T> then) {
                boolean[] answered = {false};
                Consumer<T> once = t -> deliver(mine, () -> {
                    if (!answered[0]) {
                        answered[0] = true;
                        then.accept(t);
                    }
                });
                after(local(timings.renew()), () -> once.accept(failed));
                if (apiDown || lost(name, "api")) {
                    return;
                }
                // a request that is under way can be very late
                long late = !checkAcked && random.nextInt(300) == 0 ? random.nextLong(3 * S) : 0;
                after(3 * MS + hop() + apiDelay + late, () -> {
                    if (apiDown) {
                        return;
                    }
                    T answer = atApi.get();
                    if (!lost("api", name)) {
                        after(3 * MS + hop() + apiDelay, () -> once.accept(answer));
                    }
                });
            }

            @Override
            public void read(Consumer<Read> then) {
                call(() -> new Read.Seen(lease == null ? new LeaseView.Absent(initialized) : new LeaseView.Present(lease, "" + leaseVersion)),
                        new Read.Unreachable("timeout"), then);
            }

            @Override
            public void write(LeaseRecord next, String version, Consumer<Write> then) {
                call(() -> {
                    if (broken == Broken.LEASE && next.holder() != null && !(lease != null && next.holder().equals(lease.holder()))) {
                        return new Write.Done(version == null ? "0" : version);
                    }
                    if (broken == Broken.CONDITIONAL_MODE && lease != null && next.holder() != null && next.holder().equals(lease.holder())
                            && next.mode() != lease.mode()) {
                        return new Write.Done("" + leaseVersion);
                    }
                    if (version == null ? lease != null : lease == null || !version.equals("" + leaseVersion)) {
                        return new Write.Conflict();
                    }
                    if (lease != null && next.holder() != null && !next.holder().equals(lease.holder()) && next.term() <= lease.term()) {
                        throw new Violation("a new leader without a later term");
                    }
                    lease = next;
                    leaseVersion++;
                    initialized = true;
                    if (trace != null && (next.holder() == null || next.renewed() == null)) {
                        say("lease released at term " + next.term() + " preferred " + next.preferred());
                    }
                    return new Write.Done("" + leaseVersion);
                }, new Write.Unknown("timeout"), then);
            }
        }

        final class Network implements Peers {
            private final long mine;

            Network(long mine) {
                this.mine = mine;
            }

            private <T> void call(Peer to, java.util.function.Function<Member, T> there, Consumer<T> then) {
                Pod target = null;
                for (Pod p : pods) {
                    if (p.ip().equals(to.host())) {
                        target = p;
                    }
                }
                if (target == null || lost(name, target.name)) {
                    return;
                }
                Pod t = target;
                long theirs = t.generation;
                after(hop(), () -> t.deliver(theirs, () -> {
                    T answer = there.apply(t.member);
                    if (!lost(t.name, name)) {
                        after(hop(), () -> deliver(mine, () -> then.accept(answer)));
                    }
                }));
            }

            @Override
            public void heartbeat(Peer to, Heartbeat heartbeat, Consumer<Heartbeat.Reply> then) {
                call(to, m -> m.onHeartbeat(heartbeat), then);
            }

            @Override
            public void vote(Peer to, Vote vote, Consumer<Vote.Reply> then) {
                call(to, m -> m.onVote(vote), then);
            }

            @Override
            public void ask(Peer to, Consumer<MemberState> then) {
                call(to, m -> {
                    for (Pod p : pods) {
                        if (p.member == m && p.alive()) {
                            p.redis.poll(p.generation);
                        }
                    }
                    return m.onAsk();
                }, then);
            }

            @Override
            public void tell(Peer to, LeaseView.Present seen) {
                call(to, m -> {
                    m.onTold(seen);
                    return true;
                }, ok -> { });
            }

            @Override
            public void fence(Address address) {
                for (Pod p : pods) {
                    if (p.ip().equals(address.host()) && !lost(name, p.name)) {
                        after(hop(), () -> p.deliver(p.generation, () -> {
                            if (p.redis.running && broken != Broken.FENCE) {
                                p.redis.demote();
                            }
                        }));
                    }
                }
            }
        }
    }

    // ---- a server

    final class Redis {
        final Pod pod;
        boolean running;
        Role role = Role.REPLICA;
        String runId = "";
        String replid = "";
        String replid2 = "";
        long second = -1;
        /** Offset of the first entry of the log: a server that loads its dataset counts from 0 on a history of its own. */
        long base;
        List<Integer> log = new ArrayList<>();
        BitSet bits = new BitSet();
        Address master = Address.DEAD;
        boolean syncing;
        Pod link;
        /** Every change of the master's role or process drops its replicas' connections. */
        long linkedTo;
        long epoch;
        int minReplicas;
        boolean paused;
        long process;

        Redis(Pod pod) {
            this.pod = pod;
        }

        @Override
        public String toString() {
            return "history " + replid + " at " + offset() + " from " + base + ", second " + replid2 + " " + second + ", link " + (link == null ? null : link.name)
                    + (syncing ? " syncing" : "");
        }

        long offset() {
            return base + log.size();
        }

        void boot() {
            running = true;
            process++;
            epoch++;
            role = Role.REPLICA;
            if (broken == Broken.BOOT_READ_ONLY) {
                role = Role.MASTER;
            }
            master = Address.DEAD;
            syncing = false;
            link = null;
            paused = false;
            runId = "run" + serial++;
            replid = "h" + serial++;   // what INFO says after a restart with AOF: a random history at offset 0
            replid2 = "";
            second = -1;
            base = -log.size();
            minReplicas = policy.replicas() >= 3 ? 1 : 0;
            long mine = process;
            streaming(mine);
            if (broken == Broken.BOOT_READ_ONLY) {
                check(pod);
            }
        }

        void die() {
            running = false;
            process++;
            link = null;
            syncing = false;
            if (!policy.persistent()) {
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

        void demote() {
            if (role == Role.MASTER) {
                say(pod.name + " read-only");
                epoch++;
            }
            role = Role.REPLICA;
            master = Address.DEAD;
            link = null;
            syncing = false;
        }

        Pod linked() {
            return link;
        }

        int good() {
            int n = 0;
            for (Pod p : pods) {
                if (p.redis.link == pod && p.alive() && !p.redis.syncing) {
                    n++;
                }
            }
            return n;
        }

        void poll(long mine) {
            pod.deliver(mine, () -> {
                if (running) {
                    pod.member.onServer(new ServerView(true, info(), pod.clock()));
                }
            });
        }

        private ServerInfo info() {
            long told = broken == Broken.OFFSETS ? 1_000_000 - offset() : offset();
            return new ServerInfo(runId, role, replid, replid2, told, second, false, syncing, link != null && !syncing, log.isEmpty(), 100,
                    role == Role.MASTER ? null : master, good(), minReplicas);
        }

        private void streaming(long mine) {
            after(30 * MS, () -> {
                if (process != mine || !running) {
                    return;
                }
                if (pod.alive()) {
                    replicate();
                }
                streaming(mine);
            });
        }

        private void replicate() {
            if (role != Role.REPLICA) {
                return;
            }
            Pod from = null;
            for (Pod p : pods) {
                if (master.host().equals(p.ip()) && p != pod) {
                    from = p;
                }
            }
            if (from == null || !from.alive() || !from.redis.running || from.redis.role != Role.MASTER || lost(from.name, pod.name) || lost(pod.name, from.name)) {
                if (from == null || !from.up || !from.redis.running || from.redis.role != Role.MASTER || random.nextInt(20) == 0) {
                    link = null;
                    syncing = false;
                }
                return;
            }
            Redis m = from.redis;
            if (link != from || linkedTo != m.epoch) {
                linkedTo = m.epoch;
                boolean partial = replid.equals(m.replid) && offset() <= m.offset() || replid.equals(m.replid2) && offset() < m.second && offset() <= m.offset();
                if (partial) {
                    replid = m.replid;
                    replid2 = m.replid2;
                    second = m.second;
                    link = from;
                } else {
                    syncing = true;
                    link = from;
                    long mine = process;
                    after(50 * MS + random.nextLong(400 * MS), () -> {
                        if (process == mine && running && syncing && link == m.pod && m.running && m.role == Role.MASTER) {
                            log = new ArrayList<>(m.log);
                            bits = (BitSet) m.bits.clone();
                            base = m.base;
                            replid = m.replid;
                            replid2 = m.replid2;
                            second = m.second;
                            syncing = false;
                        } else if (process == mine && link == m.pod) {
                            syncing = false;
                            link = null;
                        }
                    });
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

                /** The answer comes in any case, the effect only on a living server. */
                private void run(Runnable command, Runnable then) {
                    run(command);
                    after(2 * MS, () -> pod.deliver(mine, then));
                }

                @Override
                public void look() {
                    after(MS, () -> poll(mine));
                }

                @Override
                public void follow(Address address) {
                    run(() -> {
                        demote();
                        master = address;
                    });
                }

                @Override
                public void promote(Consumer<Boolean> then) {
                    long process = Redis.this.process;
                    run(() -> {
                        if (role != Role.MASTER) {
                            role = Role.MASTER;
                            epoch++;
                            replid2 = replid;
                            second = offset() + 1;
                            replid = "h" + serial++;
                            link = null;
                            syncing = false;
                            say(pod.name + " writable with " + log.size());
                            check(pod);
                        }
                    }, () -> then.accept(Redis.this.process == process && running));
                }

                @Override
                public void fence(boolean dropClients, Runnable then) {
                    run(() -> {
                        if (broken != Broken.FENCE) {
                            demote();
                        }
                    }, then);
                }

                @Override
                public void priority(int priority) {}

                @Override
                public void minReplicas(int count) {
                    run(() -> minReplicas = count);
                }

                @Override
                public void pause(long nanos, Consumer<Long> then) {
                    long process = Redis.this.process;
                    run(() -> {
                        paused = true;
                        after(nanos, () -> {
                            if (Redis.this.process == process) {
                                paused = false;
                            }
                        });
                    }, () -> then.accept(Redis.this.process == process && running ? offset() : null));
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
}
