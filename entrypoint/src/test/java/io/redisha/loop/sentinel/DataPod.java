package io.redisha.loop.sentinel;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Publisher;
import io.redisha.loop.Rule;
import io.redisha.loop.sentinel.SentinelWorld.Broken;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.MemberState;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
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
import java.util.Map;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** A redis pod of a release with sentinels: a real {@link DataMember} with a simulated server. */
final class DataPod extends SimulatedPod {

    private static final Set<Reason> PLANNED = Set.of(Reason.POD_STOPS, Reason.SWITCHOVER);
    private static final Map<Reason, Rule> OFFICES = Map.of(Reason.PREDECESSOR_DIED, Rule.L1, Reason.LEASE_RELEASED, Rule.L8, Reason.LEASE_MISSING, Rule.L10);
    private static final Map<Act, Rule> ACTS = Map.of(
            Act.FOUNDED, Rule.S1,
            Act.FORGOT, Rule.S2,
            Act.HANDOVER_STARTED, Rule.H1,
            Act.HANDED_OVER, Rule.H2,
            Act.HANDOVER_FAILED, Rule.H3,
            Act.SERVER_KILLED, Rule.L7);

    private final SentinelWorld world;
    final SimulatedRedis redis;
    private final SimulatedDisk disk = new SimulatedDisk();
    DataMember member;
    /** Of the agent that runs now. */
    Orders orders;
    private Healing healing;

    DataPod(SentinelWorld world, String name) {
        super(name, world.simulation, SimulatedClock.exact(world.simulation));
        this.world = world;
        redis = new SimulatedRedis(this, world.servers);
    }

    /** In the other's place, under its name. */
    DataPod(SentinelWorld world, DataPod before) {
        this(world, before.name);
        if (world.servers.persistent) {
            disk.copy(before.disk);
            redis.takeVolumeOf(before.redis);
        }
    }

    @Override
    protected void boot() {
        long mine = generation();
        healing = new Healing(new Volume(), () -> true, new Agent(), task -> { });
        prepare(null);
        redis.boot();
        if (redis.role() == Role.REPLICA) {
            world.firings.fired(Rule.B1);
        }
        orders = new Orders(world, this);
        DataMember.Policy policy = new DataMember.Policy(world.redis, world.sentinels, world.replicas, world.watchers, 0, 100, world.servers.persistent, 15 * S,
                Timings.defaults());
        member = new DataMember(new DataMember.Self(id(), new Address(ip(), 6379)), policy,
                new DataMember.Ports(world.api.leases(this), new Others(), new Counted(), orders, new Announced(),
                        notes(world.journal.of(this)), disk),
                clock::now, () -> Instant.ofEpochSecond(simulation.serial()));
        every(100 * MS, () -> {
            boolean ready = member.snapshot().ready();
            member.tick();
            if (ready && !member.snapshot().ready()) {
                world.firings.fired(Rule.P2);
            }
        });
        every(100 * MS, () -> redis.poll(mine));
        every(300 * MS, () -> world.api.show(this, () -> world.shown(world.data), pods -> {
            member.onPods(pods);
            member.onSentinelPods(world.shown(world.watch));
        }));
        every(5 * S, () -> {
            if (world.api.reaches(this)) {
                member.onWanted(world.replicas, world.watchers);
            }
        });
    }

    @Override
    protected void stop(Runnable then) {
        member.onStop(then);
    }

    @Override
    protected void down(boolean podLost) {
        if (podLost && !world.servers.persistent) {
            disk.lose();
        }
        redis.die();
    }

    /** While it is down: its volume is lost. */
    void wipe() {
        disk.lose();
        redis.wipe();
    }

    /** While it is down: its state file can't be read any more. */
    void forget() {
        disk.lose();
    }

    @Override
    public void onServer(ServerView view) {
        healing.sees(view);
        member.onServer(view);
    }

    /** What is noted there shows which rules fire. */
    private Journal notes(Journal there) {
        return new Journal() {
            @Override
            public void note(Act act, Reason reason, long term, String detail) {
                Rule rule = act == Act.ELECTED ? OFFICES.get(reason) : act == Act.HANDOVER_STARTED && reason == Reason.CANNOT_SAVE ? Rule.H7
                        : act == Act.HANDOVER_STARTED && !PLANNED.contains(reason) ? null : ACTS.get(act);
                if (rule != null) {
                    world.firings.fired(rule);
                }
                there.note(act, reason, term, detail);
            }

            @Override
            public void renewed(boolean success, long nanos) {
                there.renewed(success, nanos);
            }
        };
    }

    /** What its agent says of itself. */
    private MemberState answers() {
        MemberState m = member.onAsk();
        if (world.broken != Broken.EMPTIED || !m.empty()) {
            return m;
        }
        return new MemberState(m.id(), m.redis(), m.term(), m.leading(), m.open(), m.running(), m.server(), Data.NONE, m.revision(), m.stopping());
    }

    /** Its server, and the rule that shows in what it is told. */
    private final class Counted extends SimulatedServer {

        Counted() {
            super(DataPod.this.redis, world.servers, world.hanging);
        }

        @Override
        public void follow(Address master) {
            if (world.broken != Broken.LETTING_GO || !Address.DEAD.equals(master)) {
                super.follow(master);
            }
        }

        @Override
        public void priority(int priority) {
            if (priority == 0 && DataPod.this.redis.priority() != 0) {
                world.firings.fired(Rule.S5);
            }
            super.priority(priority);
        }
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

    /** Rule D1: what its keeper asks. */
    private final class Agent implements Healing.Agent {

        @Override
        public boolean mayBeginAnew(boolean begins) {
            return world.broken == Broken.DAMAGE || member.mayBeginAnew(begins);
        }

        @Override
        public boolean isWhole() {
            return member.isWhole();
        }

        @Override
        public void hasSetAside(String where) {
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
            world.setsAside(DataPod.this);
            boolean cut = redis.keptAside() == 0 && simulation.random.nextInt(4) == 0;
            if (!cut || simulation.random.nextBoolean()) {
                redis.setFilesAside();
            }
            if (cut) {
                crash(false);
                simulation.after(S + simulation.random.nextLong(3 * S), DataPod.this::start);
                throw new IOException("the power is cut");
            }
            return Path.of("aside");
        }

        @Override
        public List<Path> generations() {
            return IntStream.range(0, redis.keptAside()).mapToObj(n -> Path.of("aside-" + n)).toList();
        }
    }

    private final class Announced implements Publisher {
        @Override
        public void master(MemberState self) {
            world.published(DataPod.this, self);
        }

        @Override
        public void replica(MemberState self) {}
    }

    private final class Others implements Siblings {
        private final long mine = generation();

        private <T> void call(Peer to, BiConsumer<DataPod, Consumer<T>> there, Consumer<T> then) {
            DataPod target = world.allData().stream().filter(p -> p.up && p.ip().equals(to.host())).findFirst().orElse(null);
            if (target == null || world.cut(DataPod.this, target)) {
                return;
            }
            long theirs = target.generation();
            simulation.after(world.network.hop(), () -> target.deliver(theirs,
                    () -> there.accept(target, answer -> simulation.after(world.network.hop(), () -> deliver(mine, () -> then.accept(answer))))));
        }

        @Override
        public void ask(Peer to, Consumer<MemberState> then) {
            this.<MemberState>call(to, (p, answer) -> p.redis.fresh(p.generation(), () -> answer.accept(p.answers())), state -> {
                if (simulation.random.nextInt(100) >= world.lossy) {
                    then.accept(state);
                }
            });
        }

        @Override
        public void prefer(Peer to, boolean preferred, Consumer<String> then) {
            this.<Optional<String>>call(to, (p, answer) -> answer.accept(Optional.ofNullable(p.member.onPrefer(preferred))), why -> then.accept(why.orElse(null)));
        }
    }
}
