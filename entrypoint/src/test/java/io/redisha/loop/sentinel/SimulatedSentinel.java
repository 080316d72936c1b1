package io.redisha.loop.sentinel;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Belief;
import io.redisha.model.Role;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import io.redisha.simulation.SimulatedRedis;
import io.redisha.simulation.Violation;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** A sentinel that elects as Redis Sentinel does: quorum, epochs, hellos, the best replica by priority and then offset, and a file that outlives the process. */
final class SimulatedSentinel {

    private static final long DOWN_AFTER = 3 * S;
    private static final long FAILOVER_TIMEOUT = 10 * S;
    private static final long INFO = S;

    private enum State { NONE, ELECTION, SELECT, PROMOTION, RECONF }

    private record File(Appointment master, long currentEpoch, long votedEpoch) {}

    private final WatchPod home;
    private final String name;
    private final SentinelWorld world;
    private boolean process;
    private File file;
    private String master;
    private long configEpoch;
    private long currentEpoch;
    private long votedEpoch;
    private int quorum;
    /** How long it takes from the order to the promotion. */
    long dawdles;
    /** Its promotions do not arrive. */
    boolean unheard;
    private final Set<String> replicasKnown = new LinkedHashSet<>();
    private final Set<String> sentinelsKnown = new LinkedHashSet<>();
    private final Map<String, ServerSight> seen = new HashMap<>();
    private final Map<String, Long> heard = new HashMap<>();
    /** To which of a name it is connected. */
    private final Map<String, WatchPod> links = new HashMap<>();
    private State state = State.NONE;
    private long stateAt;
    private long failoverEpoch;
    private long failoverStart;
    private boolean forced;
    private int votes;
    private String promoted;
    private String told = "";

    SimulatedSentinel(WatchPod home, SentinelWorld world) {
        this.home = home;
        name = home.name;
        this.world = world;
    }

    private long now() {
        return world.simulation.now();
    }

    boolean running() {
        return home.up && process;
    }

    String master() {
        return master;
    }

    long epoch() {
        return configEpoch;
    }

    boolean failsOver() {
        return state != State.NONE;
    }

    void quorum(int wanted) {
        quorum = wanted;
    }

    // ---- its process and its file

    /** What its file says of the master, null without a file. */
    Appointment remembered() {
        return file == null ? null : file.master;
    }

    void begin(Appointment found, boolean forgotten) {
        process = true;
        master = found.pod();
        configEpoch = found.epoch();
        currentEpoch = Math.max(file == null ? 0 : file.currentEpoch, configEpoch);
        votedEpoch = file == null ? currentEpoch : file.votedEpoch;
        replicasKnown.clear();
        sentinelsKnown.clear();
        for (int i = 0; i < world.replicas; i++) {
            replicasKnown.add(world.redis.pod(i));
        }
        for (int i = 0; i < world.watchers; i++) {
            if (!world.sentinels.pod(i).equals(name)) {
                sentinelsKnown.add(world.sentinels.pod(i));
            }
        }
        quorum = Belief.majority(world.watchers);
        seen.clear();
        heard.clear();
        state = State.NONE;
        failoverStart = now() - 2 * FAILOVER_TIMEOUT;
        save();
        world.simulation.say(name + " begins with " + found + (forgotten ? " (no memory)" : ""));
    }

    private void save() {
        file = new File(new Appointment(master, configEpoch), currentEpoch, votedEpoch);
    }

    void end() {
        process = false;
    }

    void forget() {
        file = null;
    }

    // ---- what it sees

    private ServerSight of(String pod) {
        return seen.computeIfAbsent(pod, p -> new ServerSight(now()));
    }

    /** As long as its connection lasts it looks up nobody else of that name. */
    private DataPod server(String pod) {
        ServerSight s = of(pod);
        if (s.connected == null || !reaches(s.connected)) {
            s.connected = world.data.get(pod);
        }
        return s.connected;
    }

    private boolean reaches(DataPod p) {
        return p.up && p.redis.running() && !p.redis.silent() && !world.cut(home, p);
    }

    private boolean reaches(String pod) {
        DataPod p = server(pod);
        return p != null && reaches(p);
    }

    private boolean down(String pod) {
        ServerSight s = of(pod);
        return now() - s.answered > DOWN_AFTER || pod.equals(master) && s.role == Role.REPLICA && now() - s.roleSince > DOWN_AFTER + 2 * INFO;
    }

    private boolean sentinelDown(String pod) {
        return now() - heard.getOrDefault(pod, now()) > DOWN_AFTER;
    }

    private void info(String pod) {
        ServerSight s = of(pod);
        s.asked = now();
        if (reaches(pod)) {
            SimulatedRedis r = server(pod).redis;
            s.info(r, now());
            if (pod.equals(master) && r.role() == Role.MASTER) {
                world.allData().stream().filter(p -> p.up && p.redis.link() == r).forEach(p -> replicasKnown.add(p.name));
            }
        }
    }

    private boolean odown() {
        return down(master) && 1 + reached().filter(s -> sentinelsKnown.contains(s.name) && master.equals(s.master) && s.down(master)).count() >= quorum;
    }

    /** The others that answer. One of its own name is itself, to it. */
    private Stream<SimulatedSentinel> reached() {
        return world.watch.keySet().stream().filter(w -> !w.equals(name)).map(this::other).filter(this::reaches).map(w -> w.sentinel);
    }

    private WatchPod other(String pod) {
        WatchPod w = links.get(pod);
        if (w == null || !reaches(w)) {
            w = world.watch.get(pod);
            links.put(pod, w);
        }
        return w;
    }

    private boolean reaches(WatchPod w) {
        return w.running() && !world.cut(home, w);
    }

    void turn() {
        if (!running()) {
            return;
        }
        Set<String> servers = new LinkedHashSet<>(replicasKnown);
        servers.add(master);
        for (String pod : servers) {
            if (reaches(pod)) {
                of(pod).answered = now();   // PING
            }
            if (now() - of(pod).asked >= INFO) {
                info(pod);
            }
        }
        reached().forEach(s -> heard.put(s.name, now()));
        heard.keySet().retainAll(sentinelsKnown);
        sentinelsKnown.forEach(w -> heard.putIfAbsent(w, now()));
        switch (state) {
            case NONE -> {
                if (odown() && now() - failoverStart > 2 * FAILOVER_TIMEOUT) {
                    start(false);
                } else {
                    correct();
                }
            }
            case ELECTION -> elect();
            case SELECT -> {
                if (now() - stateAt >= dawdles) {
                    select();
                }
            }
            case PROMOTION -> promotion();
            case RECONF -> {
                if (now() - stateAt > S) {
                    adopt(promoted, failoverEpoch);
                    state = State.NONE;
                }
            }
        }
        String is = master + configEpoch + state + down(master);
        if (!is.equals(told)) {
            told = is;
            home.tell();
        }
    }

    /** What it does to servers that are not what they should be. */
    private void correct() {
        for (String pod : replicasKnown) {
            ServerSight s = of(pod);
            boolean sane = reaches(master) && of(master).role == Role.MASTER && !down(master);
            if (!pod.equals(master) && s.role == Role.MASTER && now() - s.roleSince > 8 * S && sane && reaches(pod)) {
                world.simulation.say(name + " has " + pod + " follow " + master);
                server(pod).redis.follow(world.redis.of(master));
                s.roleSince = now();
            }
        }
    }

    private void start(boolean force) {
        failoverEpoch = ++currentEpoch;
        forced = force;
        votes = 0;
        failoverStart = now() + world.simulation.random.nextLong(S);
        stateAt = now();
        state = force ? State.SELECT : State.ELECTION;
        promoted = null;
        votedEpoch = Math.max(votedEpoch, force ? votedEpoch : failoverEpoch);
        save();
        world.simulation.say(name + " tries a failover in epoch " + failoverEpoch + (force ? " (forced)" : ""));
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
        List.copyOf(replicasKnown).forEach(this::info);
        if (best() == null) {
            throw new IllegalStateException("NOGOODSLAVE");
        }
        start(true);
    }

    private void elect() {
        if (votes == 0) {
            votes = 1;
            reached().filter(s -> sentinelsKnown.contains(s.name)).forEach(s -> votes += s.votesFor(failoverEpoch) ? 1 : 0);
        }
        if (votes >= Math.max(quorum, (sentinelsKnown.size() + 1) / 2 + 1)) {
            state = State.SELECT;
        } else if (now() - stateAt > 10 * S) {
            state = State.NONE;
        }
    }

    private boolean votesFor(long epoch) {
        if (votedEpoch >= epoch || state == State.ELECTION) {
            return false;
        }
        currentEpoch = Math.max(currentEpoch, epoch);
        votedEpoch = epoch;
        failoverStart = now();
        save();
        return true;
    }

    private String best() {
        String best = null;
        for (String pod : replicasKnown) {
            ServerSight s = of(pod);
            boolean able = !pod.equals(master) && !down(pod) && reaches(pod) && s.role != null && s.priority > 0 && now() - s.asked < 3 * INFO
                    && s.linkDown < 10 * DOWN_AFTER + (down(master) ? now() - of(master).answered : 0);
            if (able && (best == null || s.priority < of(best).priority || s.priority == of(best).priority && s.offset > of(best).offset)) {
                best = pod;
            }
        }
        return best;
    }

    private void select() {
        promoted = best();
        if (promoted == null) {
            world.simulation.say(name + " finds no good replica");
            state = State.NONE;
            return;
        }
        world.simulation.say(name + " promotes " + promoted + " in epoch " + failoverEpoch);
        if (!unheard) {
            server(promoted).redis.promote();
        }
        state = State.PROMOTION;
        stateAt = now();
    }

    private void promotion() {
        boolean is = reaches(promoted) && server(promoted).redis.role() == Role.MASTER;
        if (is && (forced || now() - stateAt > INFO)) {
            configEpoch = failoverEpoch;
            save();
            state = State.RECONF;
            stateAt = now();
            hello();
            if (!forced || world.simulation.random.nextBoolean()) {
                // one that is forced and hears its own hello back has done with it before
                replicasKnown.stream().filter(p -> !p.equals(promoted) && reaches(p)).forEach(p -> server(p).redis.follow(world.redis.of(promoted)));
            }
        } else if (now() - stateAt > FAILOVER_TIMEOUT) {
            state = State.NONE;
        }
    }

    private String announced() {
        return state == State.RECONF ? promoted : master;
    }

    void hello() {
        if (!running()) {
            return;
        }
        String said = announced();
        long epoch = configEpoch;
        long current = currentEpoch;
        for (WatchPod w : world.allWatch()) {
            SimulatedSentinel s = w.sentinel;
            if (!w.name.equals(name)) {
                world.simulation.after(world.network.hop() + 20 * MS, () -> {
                    if (s.running() && !world.cut(home, w)) {
                        s.sentinelsKnown.add(name);
                        s.currentEpoch = Math.max(s.currentEpoch, current);
                        if (epoch > s.configEpoch) {
                            s.adopt(said, epoch);
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
            of(pod).roleSince = now();
            of(pod).answered = now();
            state = State.NONE;
            failoverStart = now() - 2 * FAILOVER_TIMEOUT;   // a new master may be failed over at once
        }
        master = pod;
        configEpoch = epoch;
        currentEpoch = Math.max(currentEpoch, epoch);
        save();
        home.tell();
    }

    void reset() {
        world.simulation.say(name + " is reset");
        world.resets++;
        if (state != State.NONE) {
            throw new Violation(name + " was reset during a failover");
        }
        replicasKnown.clear();
        sentinelsKnown.clear();
        seen.clear();
        heard.clear();
    }

    SentinelView view(long at) {
        Set<String> flags = new HashSet<>();
        if (state != State.NONE) {
            flags.add("failover_in_progress");
        }
        if (down(master)) {
            flags.add("s_down");
        }
        List<Known> servers = replicasKnown.stream().filter(p -> !p.equals(announced()))
                .map(p -> new Known(world.redis.of(p).host(), 6379, down(p) ? Set.of("s_down") : Set.of(), of(p).priority, "", of(p).offset)).toList();
        List<Known> others = sentinelsKnown.stream().map(p -> new Known(world.sentinels.of(p).host(), 26379, sentinelDown(p) ? Set.of("s_down") : Set.of(), 0, "", 0)).toList();
        return new SentinelView(name, at, true, world.redis.of(announced()), configEpoch, quorum, flags, servers, others);
    }
}
