package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.loop.World.Broken;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.Role;
import io.redisha.model.ServerView;
import io.redisha.model.Vote;
import io.redisha.process.Healing;
import io.redisha.process.ServerProcess;
import io.redisha.simulation.SimulatedClock;
import io.redisha.simulation.SimulatedDisk;
import io.redisha.simulation.SimulatedPod;
import io.redisha.simulation.SimulatedRedis;
import io.redisha.simulation.SimulatedServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/** A pod of a replicated release: a real {@link Member} with a simulated server. */
final class MemberPod extends SimulatedPod {

    final World world;
    final SimulatedRedis redis;
    private final SimulatedDisk disk = new SimulatedDisk();
    private final RuleWatch rules;
    private Gate gate;
    private Healing healing;
    /** Of its last promotion: its gate's. */
    private BooleanSupplier mayOpen;
    Member member;
    /** Its agent is of 0.3.0: it promises what rule V1 says, and asks for no more. */
    boolean older;
    /** Also of the Lease's notes it knows nothing, nor that it is to detach. */
    boolean oldest;
    /** Before its next container starts. */
    Runnable rolls = () -> { };
    /** When its container was, by its own clock. */
    private long started;
    /** The UID of the pod of which a container has run. */
    private String ran;
    /** How long its server takes to end, once there is nothing left but that. */
    long ends;

    MemberPod(World world, int ordinal) {
        super(world.names() + ordinal, world.simulation, SimulatedClock.drifting(world.simulation));
        this.world = world;
        redis = new SimulatedRedis(this, world.servers);
        rules = new RuleWatch(world.firings, world.timings, disk);
    }

    /** In the other's place, under its name. */
    MemberPod(World world, MemberPod before) {
        this(world, world.pods.indexOf(before));
        if (world.policy.persistent()) {
            disk.copy(before.disk);
            redis.takeVolumeOf(before.redis);
        }
    }

    SimulatedDisk disk() {
        return disk;
    }

    @Override
    protected void boot() {
        rolls.run();
        rolls = () -> { };
        healing = new Healing(new Volume(), () -> true, new Agent(), task -> { });
        prepare(null);
        redis.boot();
        if (redis.role() == Role.REPLICA) {
            world.firings.fired(Rule.B1);
        }
        gate = new Gate();
        started = clock.now();
        boolean[] booting = {true};
        long forget = world.broken == Broken.START_PROMISE ? world.timings.promise() : 0;
        member = new Member(new Member.Self(id(), new Address(ip(), 6379), id().uid().equals(ran)), world.policy,
                new Member.Ports(new Leases(), new Siblings(), new Counted(), new Unheard(), rules.notes(world.journal.of(this)), disk), gate,
                () -> booting[0] ? clock.now() - forget : clock.now(), () -> Instant.ofEpochSecond(simulation.serial()), rules::decide);
        booting[0] = false;
        ran = id().uid();
        long mine = generation();
        every(100 * MS, () -> {
            member.tick();
            rules.ticked(member.snapshot());
        });
        every(100 * MS, () -> watchdog(Rule.M2));
        every(100 * MS, () -> redis.poll(mine));
        every(300 * MS, () -> world.api.show(this, world::podsShown, member::onPods));
    }

    @Override
    protected void stop(Runnable then) {
        member.onStop(() -> {
            member.saveClean();
            if (ends > 0) {
                redis.fallSilent(ends, true);
                simulation.after(ends, then);
            } else {
                then.run();
            }
        });
    }

    @Override
    protected long grace() {
        return 20 * S;
    }

    @Override
    protected void down(boolean podLost) {
        redis.die();
        disk.forget();
    }

    @Override
    public void onServer(ServerView view) {
        healing.sees(view);
        if (redis.saysThatItCutOff()) {
            member.onTornFiles();
        }
        member.onServer(view);
    }

    @Override
    protected void prepare(int status, List<String> words) {
        prepare(new ServerProcess.Exit(status, Duration.ofMillis(20), words, null, false));
    }

    private void prepare(ServerProcess.Exit last) {
        try {
            healing.prepare(last);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a person should know of its files. */
    List<String> problems() {
        return healing.problems();
    }

    /** Nobody would notice if it had to be fenced: it is not open, and is not about to be. */
    boolean isUnguarded() {
        return (mayOpen == null || !mayOpen.getAsBoolean()) && (member == null || !member.onAsk().open());
    }

    /** Its volume is lost, while it is down. */
    void wipe() {
        disk.lose();
        redis.wipe();
    }

    /** By its state file its volume is that of another release; while it is down. */
    void bindVolumeOf(String dataset) {
        Data d = disk.load();
        disk.save(new Data(dataset, d.term(), d.replid(), d.replid2(), d.secondOffset(), d.offset(), d.complete(), d.restored()));
    }

    /** @param rule by which it is asked */
    private void watchdog(Rule rule) {
        if (gate.lapsed(clock.now()) && world.broken != Broken.FENCE) {
            simulation.say(name + " watchdog fences");
            world.firings.fired(rule);
            if (gate.bound() > clock.now()) {
                new SimulatedServer(redis, world.servers).fence(true, gate.bound(), member::onFenced);
                return;
            }
            if (redis.silent()) {
                redis.kill();
            } else {
                redis.fence();
            }
            member.onFenced();
        }
    }

    /** Rule M3; what the server answers before that first tick is the documented exception. */
    @Override
    protected void thawed() {
        watchdog(Rule.M3);
        world.oneWriter();
    }

    /** Rule D1: what its keeper asks. */
    private final class Agent implements Healing.Agent {

        @Override
        public boolean mayBeginAnew(boolean begins) {
            return world.broken == Broken.DAMAGE || member.mayBeginAnew(begins);
        }

        @Override
        public boolean isWhole() {
            return world.broken == Broken.GENERATIONS || member.isWhole();
        }

        @Override
        public void hasSetAside(String where) {
            world.firings.fired(Rule.D1);
            simulation.say(name + " has set aside " + where);
        }

        @Override
        public void isStuck(String problem) {
            simulation.say(name + " " + problem);
        }
    }

    /** It has room, and can be read. */
    private final class Volume implements Healing.Files {

        @Override
        public String obstacle(String said) {
            return null;
        }

        /** The first time, now and then, the power is cut before or after it. */
        @Override
        public Path begin() throws IOException {
            world.setsAside(MemberPod.this);
            boolean cut = redis.keptAside() == 0 && simulation.random.nextInt(4) == 0;
            if (!cut || simulation.random.nextBoolean()) {
                redis.setFilesAside();
            }
            if (cut) {
                crash(false);
                simulation.after(S + simulation.random.nextLong(3 * S), MemberPod.this::start);
                throw new IOException("the power is cut");
            }
            return Path.of("aside");
        }

        @Override
        public List<Path> generations() {
            return IntStream.range(0, redis.keptAside()).mapToObj(n -> Path.of("aside-" + n)).toList();
        }
    }

    /** The Lease as this pod reads and writes it. */
    private final class Leases implements LeaseStore {
        private final LeaseStore stored = world.api.leases(MemberPod.this);

        @Override
        public void read(Consumer<Read> then) {
            stored.read(read -> then.accept(read instanceof Read.Seen(LeaseView.Present p) ? new Read.Seen(new LeaseView.Present(shown(p.record()), p.version())) : read));
        }

        private LeaseRecord shown(LeaseRecord r) {
            return switch (world.broken) {
                case START_PATIENCE -> r.patience(0);
                case OLDER_LEASE -> r.term() < member.onAsk().term() ? r.in(member.onAsk().term()) : r;
                case MEMBERS_BY_UID -> new LeaseRecord(r.holder(), r.term(), r.mode(), r.members().stream().map(m -> m.pod().equals(name) ? id().member() : m).toList(),
                        r.datasetId(), r.replid(), r.offset(), r.empty(), r.inSync(), r.lastHolder(), r.preferred(), r.renewed(), r.notes());
                default -> r;
            };
        }

        @Override
        public void write(LeaseRecord next, String version, Consumer<Write> then) {
            long sent = clock.now();
            LeaseRecord written = oldest ? next.patience(0).takers(List.of()).kills(null) : next;
            stored.write(written, version, answer -> {
                rules.written(written, answer, sent, clock.now());
                then.accept(answer);
            });
        }
    }

    /** Its server, and the rules that show in what it is told. */
    private final class Counted extends SimulatedServer {

        Counted() {
            super(MemberPod.this.redis, world.servers, world.hanging);
        }

        @Override
        public void minReplicas(int count) {
            if (world.broken != Broken.ALONE || count != 0) {
                super.minReplicas(count);
            }
        }

        /** Counted is what it comes to, not that it was asked for. */
        @Override
        public void fence(boolean dropClients, long bound, Runnable then) {
            SimulatedRedis server = MemberPod.this.redis;
            boolean master = server.running() && server.role() == Role.MASTER;
            long process = server.process();
            super.fence(dropClients, bound, () -> {
                if (master && server.running() && server.process() == process && server.role() == Role.REPLICA) {
                    world.firings.fired(Rule.M1);
                }
                then.run();
            });
        }

        @Override
        public void detach(Consumer<Boolean> then) {
            if (oldest) {
                long mine = generation();
                simulation.after(MS, () -> deliver(mine, () -> then.accept(true)));
            } else {
                super.detach(then);
            }
        }

        @Override
        public void promote(long valid, BooleanSupplier may, Consumer<Boolean> then) {
            mayOpen = may;
            super.promote(valid, world.broken == Broken.GATE ? () -> true : may, promoted -> {
                if (promoted == null) {
                    world.firings.fired(Rule.C7);
                }
                then.accept(promoted);
            });
        }

        @Override
        public void dropClients() {
            world.firings.fired(Rule.M7);
        }
    }

    private static final class Unheard implements Publisher {
        @Override
        public void master(MemberState self) {}

        @Override
        public void replica(MemberState self) {}
    }

    private final class Siblings implements Peers {
        private final long mine = generation();

        private <T> void call(Peer to, Function<MemberPod, T> there, Consumer<T> then) {
            call(to, (target, answer) -> answer.accept(there.apply(target)), then);
        }

        private <T> void call(Peer to, BiConsumer<MemberPod, Consumer<T>> there, Consumer<T> then) {
            MemberPod target = world.podAt(to.host());
            if (target == null || world.network.loses(place(), target.place())) {
                return;
            }
            long theirs = target.generation();
            simulation.after(world.network.hop(), () -> target.deliver(theirs, () -> there.accept(target, answer -> {
                if (!world.network.loses(target.place(), place())) {
                    simulation.after(world.network.hop(), () -> deliver(mine, () -> then.accept(answer)));
                }
            })));
        }

        @Override
        public void heartbeat(Peer to, Heartbeat heartbeat, Consumer<Heartbeat.Reply> then) {
            call(to, p -> {
                boolean old = older || p.older;
                Heartbeat.Reply reply = p.member.onHeartbeat(old ? new Heartbeat(heartbeat.leader(), heartbeat.redis(), heartbeat.term(), heartbeat.sequence(),
                        heartbeat.open(), heartbeat.datasetId(), heartbeat.replid(), heartbeat.counted()) : world.broken == Broken.PERMISSION ? permitting(heartbeat, p) : heartbeat);
                MemberState state = world.broken == Broken.OFFSETS_AFTER_IT ? behind(reply.state()) : reply.state();
                boolean forgets = world.broken == Broken.FORGOTTEN_VOTE && p.clock.now() - p.started < world.timings.promise() && state.term() == heartbeat.term();
                return new Heartbeat.Reply(reply.accepted() || forgets, reply.sequence(), state, old ? 0 : reply.patience(), !old && reply.anew());
            }, then);
        }

        private static Heartbeat permitting(Heartbeat h, MemberPod pod) {
            return new Heartbeat(h.leader(), h.redis(), h.term(), h.sequence(), h.open(), h.datasetId(), h.replid(), h.counted(), h.patience(), pod.name);
        }

        private MemberState behind(MemberState m) {
            Data d = m.data();
            return new MemberState(m.id(), m.redis(), m.term(), m.leading(), m.open(), m.running(), m.server(),
                    new Data(d.datasetId(), d.term(), d.replid(), d.replid2(), d.secondOffset(), 0, d.complete(), d.restored()), m.revision(), m.stopping());
        }

        @Override
        public void vote(Peer to, Vote vote, Consumer<Vote.Reply> then) {
            call(to, p -> p.member.onVote(vote), then);
        }

        @Override
        public void ask(Peer to, Consumer<MemberState> then) {
            this.<MemberState>call(to, (p, answer) -> p.redis.fresh(p.generation(), () -> answer.accept(asked(p.member.onAsk()))), then);
        }

        private MemberState asked(MemberState m) {
            boolean silent = world.broken == Broken.WORD_OF_LOADING && m.server() != null && m.server().loading();
            return !silent ? m : new MemberState(m.id(), m.redis(), m.term(), m.leading(), m.open(), false, null, m.data(), m.revision(), m.stopping());
        }

        @Override
        public void tell(Peer to, LeaseView.Present seen) {
            if (world.broken == Broken.UNTOLD && !name.equals(seen.record().lastHolder())) {
                return;
            }
            call(to, p -> {
                p.member.onTold(seen);
                return true;
            }, ok -> { });
        }

        @Override
        public void fence(Address address, Runnable then) {
            MemberPod target = world.podAt(address.host());
            if (target != null && !world.servers.unreachable.test(target.redis) && !world.network.loses(place(), target.place())) {
                simulation.after(world.network.hop(), () -> target.reach(() -> {
                    if (target.redis.running()) {
                        target.redis.fenceFromOutside();
                    }
                    if (!world.network.loses(target.place(), place())) {
                        simulation.after(world.network.hop(), () -> deliver(mine, then));
                    }
                }));
            }
        }
    }
}
