package io.redisha.loop.sentinel;

import static io.redisha.simulation.Network.API;
import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Belief;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.loop.Firings;
import io.redisha.model.Address;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import io.redisha.simulation.Clients;
import io.redisha.simulation.Network;
import io.redisha.simulation.Servers;
import io.redisha.simulation.SimulatedApi;
import io.redisha.simulation.SimulatedJournal;
import io.redisha.simulation.SimulatedPod;
import io.redisha.simulation.SimulatedRedis;
import io.redisha.simulation.Simulation;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A simulated release of real {@link DataMember}s and {@link Watcher}s, with sentinels that elect as Redis Sentinel does. */
final class SentinelWorld implements Servers.Watch {

    /** A rule left out on purpose: the simulation must notice. */
    enum Broken { NOTHING, BOOT_READ_ONLY, FITNESS, DEMOTION, LEASE_NOTE, PROOF_OF_A_HANG, DAMAGE, LETTING_GO, EMPTIED }

    /** How long after a promotion the one before may have accepted writes, and had them acknowledged. */
    private static final long TOLD = 4 * S;

    /** For how long an agent goes by what another has said. */
    private static final long HEARD = 2 * S;

    final Simulation simulation;
    final Network network;
    final SimulatedApi api;
    final Clients clients;
    final Servers servers;
    final SimulatedJournal journal;
    final Broken broken;
    final Hosts redis;
    final Hosts sentinels;
    final Map<String, DataPod> data = new TreeMap<>();
    final Map<String, WatchPod> watch = new TreeMap<>();
    /** Deleted by force, and they run on. */
    final List<DataPod> ghosts = new ArrayList<>();
    final List<WatchPod> watchingGhosts = new ArrayList<>();
    /** Another release with the same password, null for none. */
    private SentinelWorld beside;
    /** For how long an order to a server hangs, and those after it wait; null: each is carried out at once. Of agents that are started from then on. */
    LongSupplier hanging;
    /** For how long at most. */
    long late;
    final Firings firings = new Firings();
    int replicas;
    int watchers;
    /** Of a hundred agents' answers about their state as many never arrive. */
    int lossy;
    /** No fault in this run that a write which one replica has acknowledged may be lost by. */
    boolean promised = true;
    int resets;
    /** Acknowledged when another was the master already. */
    private final BitSet pardoned = new BitSet();
    /** Acknowledged when the last master was promoted. */
    private BitSet before = new BitSet();
    private long openedAt;
    private long twoSince;
    /** When each was a master last. */
    private final Map<String, Long> led = new HashMap<>();
    private DataPod published;
    private long publishedTerm;
    private long heededSince;
    private String named = "";
    private long namedSince;

    SentinelWorld(long seed, Broken broken, int replicas, int watchers, boolean persistent, boolean tracing) {
        this(new Simulation(seed, S, tracing), broken, replicas, watchers, persistent, null);
    }

    private SentinelWorld(Simulation simulation, Broken broken, int replicas, int watchers, boolean persistent, SentinelWorld beside) {
        this.simulation = simulation;
        this.beside = beside;
        redis = beside == null ? new Hosts("r", "h", 6379) : new Hosts("q", "qh", 6379);
        sentinels = beside == null ? new Hosts("r-sentinel", "sh", 26379) : new Hosts("q-sentinel", "qsh", 26379);
        network = beside == null ? new Network(simulation, 100 * MS) : beside.network;
        api = new SimulatedApi(simulation, network);
        if (broken == Broken.LEASE_NOTE) {
            api.storing = this::keepFirstNote;
        }
        clients = new Clients(simulation);
        servers = new Servers(simulation, network, clients, persistent, this);
        servers.minReplicas = () -> this.replicas >= 3 ? 1 : 0;
        servers.priority = broken == Broken.FITNESS ? 100 : 0;
        servers.priorityIsFixed = broken == Broken.FITNESS;
        servers.loading = () -> 100 * MS + simulation.random.nextLong(500 * MS);
        servers.patience = 100;
        servers.maxLag = 60 * MS;
        servers.bootsWritable = broken == Broken.BOOT_READ_ONLY;
        servers.fencesNot = broken == Broken.DEMOTION;
        servers.demotesNot = broken == Broken.DEMOTION;
        servers.hidesItsWork = broken == Broken.PROOF_OF_A_HANG;
        journal = new SimulatedJournal(simulation, true);
        this.broken = broken;
        scale(replicas, watchers);
        simulation.after(100 * MS, this::watchDemotion);
    }

    private LeaseRecord keepFirstNote(LeaseRecord next) {
        Appointment first = api.lease() == null ? null : Appointment.noted(api.lease());
        return first == null ? next : first.in(next);
    }

    /** Seconds until it was so, or fails. */
    double await(long atMost, Supplier<String> missing) {
        long start = simulation.now();
        while (missing.get() != null) {
            if (simulation.now() - start > atMost) {
                throw new Violation("after " + atMost / S + " s: " + missing.get());
            }
            simulation.pass(20 * MS);
        }
        return (simulation.now() - start) / 1e9;
    }

    void scale(int toReplicas, int toWatchers) {
        replicas = toReplicas;
        watchers = toWatchers;
        control();
    }

    /** What the StatefulSets do: whoever is wanted is made, and whoever is scaled away is deleted. */
    private void control() {
        for (int i = 0; i < replicas; i++) {
            data.computeIfAbsent(redis.pod(i), n -> new DataPod(this, n)).create(S);
        }
        for (int i = 0; i < watchers; i++) {
            watch.computeIfAbsent(sentinels.pod(i), n -> new WatchPod(this, n)).create(S);
        }
        data.values().stream().filter(p -> MemberId.ordinal(p.name) >= replicas).forEach(p -> p.delete(false));
        watch.values().stream().filter(p -> MemberId.ordinal(p.name) >= watchers).forEach(p -> p.delete(false));
    }

    /** Another release with the same password. */
    SentinelWorld stranger() {
        beside = new SentinelWorld(simulation, broken, 3, 3, servers.persistent, this);
        return beside;
    }

    boolean cut(SimulatedPod from, SimulatedPod to) {
        return from != to && (from.frozen() || to.frozen() || network.apart(from.place(), to.place()));
    }

    /** kubectl delete pod --force: the StatefulSet makes another at once. Its volume, if it has one, goes to that. */
    void deleteByForce(DataPod pod, long runsOn, long startsIn) {
        DataPod next = new DataPod(this, pod);
        ghosts.add(pod);
        data.put(pod.name, next);
        pod.forget(runsOn);
        next.create(startsIn);
    }

    void deleteByForce(WatchPod pod, long runsOn, long startsIn) {
        WatchPod next = new WatchPod(this, pod.name);
        watchingGhosts.add(pod);
        watch.put(pod.name, next);
        pod.forget(runsOn);
        next.create(startsIn);
    }

    boolean hasGhosts() {
        return Stream.concat(ghosts.stream(), watchingGhosts.stream()).anyMatch(p -> !p.gone);
    }

    /** Those that were deleted by force, and run on, among them. */
    List<DataPod> allData() {
        return ghosts.isEmpty() ? List.copyOf(data.values()) : Stream.concat(data.values().stream(), ghosts.stream()).toList();
    }

    List<WatchPod> allWatch() {
        return watchingGhosts.isEmpty() ? List.copyOf(watch.values()) : Stream.concat(watch.values().stream(), watchingGhosts.stream()).toList();
    }

    /** Those that may be found at an address: of another release, too. */
    List<WatchPod> anybodysWatch() {
        return beside == null ? allWatch() : Stream.concat(allWatch().stream(), beside.allWatch().stream()).toList();
    }

    List<DataPod> anybodysData() {
        return beside == null ? allData() : Stream.concat(allData().stream(), beside.allData().stream()).toList();
    }

    void isolate(Set<String> side) {
        Set<String> others = new LinkedHashSet<>(data.keySet());
        others.addAll(watch.keySet());
        others.removeAll(side);
        others.add(API);
        for (String a : side) {
            for (String b : others) {
                network.cut(a, b);
                network.cut(b, a);
            }
        }
    }

    List<PodView> shown(Map<String, ? extends SimulatedPod> of) {
        return of.values().stream().filter(p -> !p.gone).map(SimulatedPod::view).toList();
    }

    /** By name: where its pod is now. */
    @Override
    public SimulatedRedis at(Address address) {
        String pod = redis.podOf(address.host());
        DataPod named = pod == null ? null : data.get(pod);
        if (pod != null) {
            return named != null && named.up ? named.redis : null;
        }
        return anybodysData().stream().filter(p -> p.up && p.ip().equals(address.host())).findFirst().map(p -> p.redis).orElse(null);
    }

    @Override
    public void opened(SimulatedRedis opened) {
        for (DataPod p : data.values()) {
            boolean held = p.up && !p.redis.log().empty() && p.redis.running() && !p.redis.syncing();
            // what is on the volume of a pod that is away counts too, but for writes that nobody can know of: the Lease's word on "empty" is advice
            boolean kept = servers.persistent && !p.gone && !p.redis.log().empty() && !clients.deleted();
            if (p.redis != opened && (held && !cut(p, opened.pod) || kept) && opened.log().size() == 0) {
                throw new Violation(opened.pod.name + " leads empty while " + p.name + " holds data");
            }
        }
        if (clients.gap(opened) >= 0) {
            throw new Violation(opened.pod.name + " leads without writes that came before some which it has");
        }
        int missing = promised ? lost(opened) : 0;
        if (missing > 0) {
            throw new Violation(opened.pod.name + " leads without " + missing + " acknowledged writes");
        }
        pardons(opened);
    }

    @Override
    public void synced(SimulatedRedis server, SimulatedRedis from) {
        if (!server.log().empty() && from.log().size() == 0) {
            throw new Violation(server.pod.name + " is wiped by " + from.pod.name);
        }
        if (allData().stream().noneMatch(p -> p.redis == from)) {
            throw new Violation(server.pod.name + " copies " + from.pod.name + " of another release");
        }
    }

    /**
     * How many writes this leader has not that a replica had acknowledged. Of two masters the one before accepts writes, and has them acknowledged, until it has been told,
     * or its replicas have been away for min-replicas-max-lag: what Sentinel cannot promise.
     */
    int lost(SimulatedRedis leader) {
        clients.lost(leader, clients.acked);   // where all came to nothing
        BitSet promised = (BitSet) clients.acked.clone();
        promised.andNot(pardoned);
        if (simulation.now() - openedAt < TOLD) {
            promised.and(before);
        }
        return clients.lost(leader, promised);
    }

    /** If it were the only one that holds the data, nobody but a person could bring it back. Who is gone for a moment cannot be known to be. */
    void setsAside(DataPod pod) {
        if (data.values().stream().noneMatch(p -> p != pod && (p.redis.isMaster() || simulation.now() - led.getOrDefault(p.name, -HEARD) < HEARD))) {
            throw new Violation(pod.name + " sets its files aside, and there is nobody to copy");
        }
    }

    private void pardons(SimulatedRedis opened) {
        before = (BitSet) clients.acked.clone();
        openedAt = simulation.now();
        BitSet then = before;
        simulation.after(TOLD, () -> {
            BitSet late = (BitSet) clients.acked.clone();
            late.andNot(then);
            opened.log().removeFrom(late);
            pardoned.or(late);
        });
    }

    /** As the publisher does: a higher term is a successor's, until nobody has come for a whole lease duration. */
    void published(DataPod pod, MemberState self) {
        if (self.term() >= publishedTerm) {
            heededSince = simulation.now();
        } else if (simulation.now() - heededSince < Timings.defaults().lease()) {
            return;
        }
        if (pod != published || self.term() != publishedTerm) {
            simulation.say(pod.place() + " is published in " + self.term());
        }
        published = pod;
        publishedTerm = self.term();
    }

    /** Two that accept writes, and have them acknowledged. */
    private void watchWriters() {
        if (allData().stream().filter(p -> p.redis.acceptsWrites()).count() < 2) {
            twoSince = simulation.now();
        } else if (simulation.now() - twoSince > TOLD && promised) {
            throw new Violation("two masters accept writes for " + TOLD / S + " s");
        }
    }

    /** A server that a majority has named another for is no master any more, half a second after it can know. */
    private void watchDemotion() {
        control();
        watchWriters();
        data.values().stream().filter(p -> p.redis.isMaster()).forEach(p -> led.put(p.name, simulation.now()));
        Map<String, Integer> count = new HashMap<>();
        watch.values().stream().filter(WatchPod::running).forEach(w -> count.merge(w.sentinel.master() + " " + w.sentinel.epoch(), 1, Integer::sum));
        String is = count.entrySet().stream().filter(e -> e.getValue() >= Belief.majority(watchers)).map(e -> e.getKey().split(" ")[0]).findFirst().orElse("");
        boolean whole = network.isWhole() && watch.values().stream().allMatch(WatchPod::running);
        if (!is.equals(named) || !whole) {
            named = is;
            namedSince = simulation.now();
        }
        if (!named.isEmpty() && simulation.now() - namedSince > 2 * S) {
            for (DataPod p : data.values()) {
                long since = Math.max(p.redis.masterSince(), Math.max(p.wentOn(), p.redis.heardSince()));
                if (p.redis.isMaster() && p.awake() && !p.redis.silent() && simulation.now() - since > 4 * S && !p.name.equals(named)
                        && watch.values().stream().noneMatch(w -> w.sentinel.failsOver())) {
                    throw new Violation(p.name + " accepts writes while a majority names " + named);
                }
            }
        }
        simulation.after(100 * MS, this::watchDemotion);
    }

    /** What is missing to be as it should be. */
    String unsettled() {
        DataPod master = null;
        for (DataPod p : data.values()) {
            if (p.gone) {
                continue;
            }
            if (!p.up || !p.redis.running()) {
                return p.name + " is down";
            }
            if (p.redis.isMaster()) {
                if (master != null) {
                    return "two masters";
                }
                master = p;
            }
        }
        if (master == null) {
            return "no master: " + data.values().stream().filter(p -> !p.gone && p.member != null).map(p -> p.name + " " + p.member.snapshot().unready() + " " + p.member.snapshot().problems()).toList();
        }
        for (DataPod p : data.values()) {
            if (p.gone) {
                continue;
            }
            if (p != master && (p.redis.link() != master.redis || p.redis.syncing())) {
                return p.name + " is not in sync with " + master.name + ": " + p.member.snapshot().unready();
            }
            if (!p.member.snapshot().ready()) {
                return p.name + " is not ready: " + p.member.snapshot().unready();
            }
            if (!p.member.snapshot().problems().isEmpty()) {
                return p.name + " sees " + p.member.snapshot().problems();
            }
            if (p != master && p.redis.priority() != 100) {
                return p.name + " has priority " + p.redis.priority();
            }
        }
        for (WatchPod w : watch.values()) {
            if (!w.gone && (!w.running() || !w.watcher.snapshot().ready() || !master.name.equals(w.sentinel.master()))) {
                return w.name + " " + w.sentinel.master() + " " + (w.watcher == null ? "has not started yet" : w.watcher.snapshot().unready());
            }
        }
        Appointment noted = Appointment.noted(api.lease());
        return noted == null || !noted.pod().equals(master.name) ? "the Lease notes " + noted : master == published ? null : "published " + (published == null ? null : published.place());
    }

    /** For a person. */
    String states() {
        StringBuilder all = new StringBuilder("the Lease: " + api.lease() + "\n");
        for (DataPod p : allData()) {
            all.append(p.place()).append(p.gone ? " gone, " : p.up ? " up, " : " down, ").append(p.redis.log().size()).append(p.redis.log().empty() ? " writes, no key, " : " writes, ")
                    .append(p.redis).append("\n  ").append(p.member == null ? "" : p.member.onAsk()).append('\n');
        }
        return all.toString();
    }

    DataPod master() {
        return data.values().stream().filter(p -> p.redis.isMaster()).findFirst().orElse(null);
    }

    /** Under the address that clients have. */
    boolean acceptsWrites() {
        return published != null && published.redis.acceptsWrites();
    }
}
