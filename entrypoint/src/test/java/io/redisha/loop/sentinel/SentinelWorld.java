package io.redisha.loop.sentinel;

import static io.redisha.simulation.Network.API;
import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Belief;
import io.redisha.decide.sentinel.Hosts;
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
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/** A simulated release of real {@link DataMember}s and {@link Watcher}s, with sentinels that elect as Redis Sentinel does. */
final class SentinelWorld implements Servers.Watch {

    /** A rule left out on purpose: the simulation must notice. */
    enum Broken { NOTHING, BOOT_READ_ONLY, FITNESS, DEMOTION, LEASE_NOTE, PROOF_OF_A_HANG, DAMAGE }

    /** How long after a promotion the one before may have accepted writes, and had them acknowledged. */
    private static final long TOLD = 4 * S;

    final Simulation simulation;
    final Network network;
    final SimulatedApi api;
    final Clients clients;
    final Servers servers;
    final SimulatedJournal journal;
    final Broken broken;
    final Hosts redis = new Hosts("r", "h", 6379);
    final Hosts sentinels = new Hosts("r-sentinel", "sh", 26379);
    final Map<String, DataPod> data = new TreeMap<>();
    final Map<String, WatchPod> watch = new TreeMap<>();
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
    private String published;
    private long publishedTerm;
    private long heededSince;
    private String named = "";
    private long namedSince;

    SentinelWorld(long seed, Broken broken, int replicas, int watchers, boolean persistent, boolean tracing) {
        simulation = new Simulation(seed, S, tracing);
        network = new Network(simulation, 100 * MS);
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
        for (int i = 0; i < toReplicas; i++) {
            data.computeIfAbsent(redis.pod(i), n -> new DataPod(this, n)).create(S);
        }
        for (int i = 0; i < toWatchers; i++) {
            watch.computeIfAbsent(sentinels.pod(i), n -> new WatchPod(this, n)).create(S);
        }
        data.values().stream().filter(p -> MemberId.ordinal(p.name) >= replicas).forEach(p -> p.delete(false));
        watch.values().stream().filter(p -> MemberId.ordinal(p.name) >= watchers).forEach(p -> p.delete(false));
    }

    boolean cut(String from, String to) {
        return !from.equals(to) && (frozen(from) || frozen(to) || network.apart(from, to));
    }

    private boolean frozen(String pod) {
        return data.containsKey(pod) && data.get(pod).frozen() || watch.containsKey(pod) && watch.get(pod).frozen();
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
        return data.values().stream().filter(p -> p.up && (p.ip().equals(address.host()) || p.name.equals(pod))).findFirst().map(p -> p.redis).orElse(null);
    }

    @Override
    public void opened(SimulatedRedis opened) {
        for (DataPod p : data.values()) {
            boolean held = p.up && !p.redis.log().empty() && p.redis.running() && !p.redis.syncing();
            // what is on the volume of a pod that is away counts too, but for writes that nobody can know of: the Lease's word on "empty" is advice
            boolean kept = servers.persistent && !p.gone && !p.redis.log().empty() && !clients.deleted();
            if (p.redis != opened && (held && !cut(p.name, opened.pod.name) || kept) && opened.log().size() == 0) {
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

    /** If it were the only one that holds the data, nobody but a person could bring it back. */
    void setsAside(DataPod pod) {
        if (data.values().stream().noneMatch(p -> p != pod && p.redis.isMaster())) {
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
    void published(String pod, MemberState self) {
        if (self.term() >= publishedTerm) {
            heededSince = simulation.now();
        } else if (simulation.now() - heededSince < Timings.defaults().lease()) {
            return;
        }
        if (!pod.equals(published) || self.term() != publishedTerm) {
            simulation.say(pod + " is published in " + self.term());
        }
        published = pod;
        publishedTerm = self.term();
    }

    /** Two that accept writes, and have them acknowledged. */
    private void watchWriters() {
        if (data.values().stream().filter(p -> p.redis.acceptsWrites()).count() < 2) {
            twoSince = simulation.now();
        } else if (simulation.now() - twoSince > TOLD && promised) {
            throw new Violation("two masters accept writes for " + TOLD / S + " s");
        }
    }

    /** A server that a majority has named another for is no master any more, half a second after it can know. */
    private void watchDemotion() {
        watchWriters();
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
            return "no master: " + data.values().stream().map(p -> p.name + " " + p.member.snapshot().unready() + " " + p.member.snapshot().problems()).toList();
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
                return w.name + " " + w.sentinel.master() + " " + w.watcher.snapshot().unready();
            }
        }
        Appointment noted = Appointment.noted(api.lease());
        return noted == null || !noted.pod().equals(master.name) ? "the Lease notes " + noted : master.name.equals(published) ? null : "published " + published;
    }

    DataPod master() {
        return data.values().stream().filter(p -> p.redis.isMaster()).findFirst().orElse(null);
    }

    /** Under the address that clients have. */
    boolean acceptsWrites() {
        return published != null && data.get(published).redis.acceptsWrites();
    }
}
