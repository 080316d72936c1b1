package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.decide.Policy;
import io.redisha.loop.LeaseStore.Write;
import io.redisha.model.Address;
import io.redisha.model.LeaseRecord;
import io.redisha.model.PodView;
import io.redisha.model.Timings;
import io.redisha.simulation.Clients;
import io.redisha.simulation.Network;
import io.redisha.simulation.Servers;
import io.redisha.simulation.SimulatedApi;
import io.redisha.simulation.SimulatedJournal;
import io.redisha.simulation.SimulatedRedis;
import io.redisha.simulation.Simulation;
import io.redisha.simulation.Violation;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * A simulated release of several real {@link Member}s.
 *
 * <p>After every change of a server's role it is asserted that at most one accepts writes, and that whoever starts to accept them does
 * not do so empty while another holds data, nor without a write that was waited for (as far as the faults allow that promise).
 */
final class World implements Servers.Watch {

    /** A rule left out on purpose: the simulation must notice. */
    enum Broken { NOTHING, FENCE, BOOT_READ_ONLY, LEASE, START_PROMISE, CONDITIONAL_MODE, OFFSETS, PROOF_OF_A_HANG, START_PATIENCE, WHOLE_ON_DISK, WORD_OF_LOADING, DETACHMENT, OFFSETS_AFTER_IT, WORD_OF_EACH_POD, TAKERS, LOSS_LIMIT, BACKSTOP, DAMAGE, MEMBERS_BY_UID, GATE, TORN_FILES, PERMISSION, GENERATIONS, STRICT, OLDER_LEASE, KILLS, FORGOTTEN_VOTE, UNTOLD, ALONE }

    final Simulation simulation;
    final Network network;
    final SimulatedApi api;
    final Clients clients;
    final Servers servers;
    final SimulatedJournal journal;
    final Firings firings = new Firings();
    private final ConfirmedWrites confirmed;
    /** Not where writes that were confirmed may be lost by what a user has asked for, or by members of 0.3.0. */
    boolean confirmedLast = true;
    final Broken broken;
    /** Of pods that start. */
    Policy policy;
    final Timings timings = Timings.defaults();
    final List<MemberPod> pods = new ArrayList<>();
    /** Another release with the same password, null for none. */
    private World beside;
    /** Deleted by force, and they run on. */
    final List<MemberPod> ghosts = new ArrayList<>();
    /** What is on a volume is the release's, whether or not its pod is there: without, the Lease's word of it is what counts. */
    boolean volumesCount;
    /** For how long an order to a server hangs, and those after it wait; null: each is carried out at once. Of agents that are started from then on. */
    LongSupplier hanging;
    /** The highest that the Lease has said. */
    private long term;
    private boolean checkAcked;
    private boolean checkAll;

    World(long seed, Broken broken, int replicas, boolean persistent, boolean tracing) {
        this(seed, broken, replicas, persistent, tracing, 0);
    }

    /** @param maxLoss rule M8; 0 for no limit */
    World(long seed, Broken broken, int replicas, boolean persistent, boolean tracing, long maxLoss) {
        this(new Simulation(seed, 0, tracing), broken, replicas, persistent, maxLoss, null);
    }

    /** With {@code durability: strict}. */
    static World strict(long seed, Broken broken, boolean tracing) {
        World w = new World(seed, broken, 3, true, tracing);
        Policy p = w.policy;
        w.policy = new Policy(p.timings(), p.replicas(), p.persistent(), broken != Broken.STRICT, p.byPriority(), p.maxLoss());
        return w;
    }

    private World(Simulation simulation, Broken broken, int replicas, boolean persistent, long maxLoss, World beside) {
        this.simulation = simulation;
        this.beside = beside;
        network = beside == null ? new Network(simulation, 400 * MS) : beside.network;
        api = new SimulatedApi(simulation, network);
        api.instead = this::leftOut;
        api.storing = this::storing;
        api.lateRequests = true;
        api.wanted = broken == Broken.WORD_OF_EACH_POD ? 1 : replicas;
        clients = new Clients(simulation);
        servers = new Servers(simulation, network, clients, persistent, this);
        servers.minReplicas = () -> policy.replicas() >= 3 ? 1 : 0;
        servers.fencesNot = broken == Broken.FENCE;
        servers.bootsWritable = broken == Broken.BOOT_READ_ONLY;
        servers.liesAboutOffsets = broken == Broken.OFFSETS;
        servers.hidesItsRewrite = broken == Broken.WHOLE_ON_DISK;
        servers.detachesNot = broken == Broken.DETACHMENT;
        servers.writesAlone = broken == Broken.BACKSTOP;
        servers.limitsNot = broken == Broken.LOSS_LIMIT;
        servers.hidesWhatItCutsOff = broken == Broken.TORN_FILES;
        servers.hidesItsWork = broken == Broken.PROOF_OF_A_HANG;
        journal = new SimulatedJournal(simulation, false);
        this.broken = broken;
        policy = new Policy(timings, replicas, persistent, false, false, maxLoss);
        for (int i = 0; i < replicas; i++) {
            pods.add(new MemberPod(this, i));
        }
        pods.forEach(p -> p.create(1500 * MS));
        confirmed = new ConfirmedWrites(this);
    }

    /** From now on no fault is let happen that a write which one replica acknowledged may be lost by; {@code planned}: nor any other write. */
    void promise(boolean planned) {
        checkAcked = true;
        clients.one = true;
        checkAll = planned;
        api.lateRequests = false;
    }

    /** A write that one replica acknowledged lasts (rule C5), whatever fails together; no plain one need. */
    void promiseConfirmed() {
        checkAcked = true;
        api.lateRequests = false;
    }

    private Write leftOut(LeaseRecord next, String version) {
        LeaseRecord lease = api.lease();
        boolean same = lease != null && next.holder() != null && next.holder().equals(lease.holder());
        if (broken == Broken.LEASE && next.holder() != null && !same) {
            return new Write.Done(version == null ? "0" : version);
        }
        return broken == Broken.CONDITIONAL_MODE && same && next.mode() != lease.mode() ? new Write.Done(api.version()) : null;
    }

    private LeaseRecord storing(LeaseRecord next) {
        LeaseRecord lease = api.lease();
        if (lease != null && next.holder() != null && !next.holder().equals(lease.holder())) {
            if (next.term() <= lease.term()) {
                throw new Violation("a new leader without a later term");
            }
            firings.fired(Rule.L3);
        } else if (lease != null && next.holder() != null && next.mode() != lease.mode()) {
            firings.fired(Rule.V5);
        } else if (lease == null && next.term() == term) {
            firings.fired(Rule.L10);
        }
        term = Math.max(term, next.term());
        if (simulation.tracing() && (next.holder() == null || next.renewed() == null)) {
            simulation.say("lease released at term " + next.term() + " preferred " + next.preferred());
        }
        return broken == Broken.TAKERS ? next.takers(List.of()) : broken == Broken.KILLS ? next.kills(null) : next;
    }

    /** As an API server shows them that was restored, until it has been told anew. Null: as they are. */
    List<PodView> restored;

    List<PodView> podsShown() {
        return restored != null ? restored : podsThere();
    }

    List<PodView> podsThere() {
        return pods.stream().filter(p -> !p.gone).map(MemberPod::view).toList();
    }

    MemberPod podAt(String host) {
        for (MemberPod p : pods) {
            if (p.ip().equals(host)) {
                return p;
            }
        }
        for (MemberPod p : ghosts) {
            if (p.ip().equals(host)) {
                return p;
            }
        }
        return beside == null ? null : beside.pods.stream().filter(p -> host.equals(p.ip())).findFirst().orElse(null);
    }

    /** Another release with the same password. */
    World stranger() {
        World stranger = new World(simulation, broken, 3, policy.persistent(), 0, this);
        beside = stranger;
        return stranger;
    }

    /** What its pods are called, but for their number. */
    String names() {
        return beside != null && beside.pods.stream().anyMatch(p -> p.name.startsWith("r-")) ? "q-" : "r-";
    }

    /** kubectl delete pod --force: the StatefulSet makes another at once. Its volume, if it has one, goes to that. */
    void deleteByForce(MemberPod pod, long runsOn, long startsIn) {
        MemberPod next = new MemberPod(this, pod);
        ghosts.add(pod);
        pods.set(pods.indexOf(pod), next);
        pod.forget(runsOn);
        next.create(startsIn);
    }

    /** kubectl scale. */
    void scale(int replicas) {
        simulation.say("scaled to " + replicas);
        policy = new Policy(timings, replicas, policy.persistent(), policy.strict(), policy.byPriority(), policy.maxLoss());
        api.wanted = replicas;
        while (pods.size() < replicas) {
            pods.add(new MemberPod(this, pods.size()));
        }
        pods.subList(0, replicas).forEach(p -> p.create(1500 * MS));
        leave();
    }

    /** Whoever is scaled away, and was not deleted yet. @return whether there is one */
    boolean leave() {
        List<MemberPod> left = pods.subList(policy.replicas(), pods.size()).stream().filter(p -> !p.gone).toList();
        left.forEach(p -> p.delete(false));
        return !left.isEmpty();
    }

    private Stream<MemberPod> all() {
        return Stream.concat(pods.stream(), ghosts.stream());
    }

    @Override
    public SimulatedRedis at(Address address) {
        MemberPod pod = podAt(address.host());
        return pod == null ? null : pod.redis;
    }

    /** Rule I1 and rule B2, whenever a server starts to accept writes. */
    @Override
    public void opened(SimulatedRedis opened) {
        oneWriter();
        int gap = clients.gap(opened);
        if (gap >= 0) {
            throw new Violation(opened.pod.name + " leads with write " + gap + ", and without one before it of the same master");
        }
        guarded(opened);
        if (opened.log().size() == 0) {
            for (MemberPod p : pods) {
                boolean held = !p.redis.log().empty() && !p.redis.log().expired() && (policy.persistent() || p.up && p.redis.running());
                // a master that nobody could hear, in its first moments: it held writes that no replica and no Lease knew of
                // the Lease's word that clients left nothing is believed, though it may be older than their next write (B2: advice)
                boolean known = volumesCount || api.lease() != null && !api.lease().empty() || !clients.deleted() && p.alive() && simulation.now() - p.wentOn() > 500 * MS && !network.apart(p.place(), opened.pod.place()) && network.loss == 0;
                if (p.redis != opened && held && known) {
                    throw new Violation(opened.pod.name + " leads empty while " + p.name + " holds data");
                }
            }
        }
        int without = confirmed.lost(opened);
        if (confirmedLast && without > 0) {
            throw new Violation(opened.pod.name + " leads without " + without + " writes that WAIT confirmed, though never two pods failed at once since");
        }
        if (checkAll || checkAcked) {
            BitSet promised = checkAll ? clients.all : clients.acked;
            int missing = clients.lost(opened, promised);
            if (missing > 0) {
                throw new Violation(opened.pod.name + " leads without " + missing + " writes that were promised to last");
            }
        }
    }

    /** Rules V4, M2: if the gate was closed already, something else must have ended it at once. */
    private void guarded(SimulatedRedis opened) {
        long since = opened.masterSince();
        MemberPod pod = all().filter(p -> p.redis == opened).findFirst().orElseThrow();
        boolean unguarded = pod.isUnguarded();
        simulation.after(150 * MS, () -> {
            if (unguarded && opened.isMaster() && !opened.silent() && opened.masterSince() == since && pod.awake() && simulation.now() - pod.wentOn() > 500 * MS && pod.isUnguarded()) {
                throw new Violation(pod.name + " is a master behind a closed gate");
            }
        });
    }

    @Override
    public void synced(SimulatedRedis server, SimulatedRedis from) {
        if (all().noneMatch(p -> p.redis == from)) {
            throw new Violation(server.pod.name + " copies " + from.pod.name + " of another release");
        }
    }

    /** Rule D1, also while nothing else fails. */
    boolean oneCopyAtATime;

    /** Rule D1: what one gives up for a copy another has, which is lost only if that one fails as well. */
    void setsAside(MemberPod pod) {
        if (oneCopyAtATime && pods.stream().anyMatch(p -> p != pod && p.redis.awaitsItsCopy())) {
            throw new Violation(pod.name + " sets its files aside while another waits for its copy");
        }
        if (checkAcked && pods.stream().noneMatch(p -> p != pod && p.redis.keeps(clients.acked))) {
            throw new Violation(pod.name + " sets its files aside, and nobody else has what was promised to last");
        }
    }

    /** Of a pod whose agent stands still nobody can ask more than that its server takes no writes, and that only while no second thing fails. */
    void oneWriter() {
        if (all().filter(p -> p.redis.isMaster() && (p.awake() || checkAcked && p.redis.acceptsWrites())).count() > 1) {
            throw new Violation("two members accept writes");
        }
    }

    /** One open master, everybody else linked to it, same data, all of it on the Lease; else what is missing. */
    String unsettled() {
        MemberPod master = null;
        for (MemberPod p : pods) {
            if (p.gone) {
                continue;
            }
            if (!p.awake() || !p.redis.running()) {
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
            return "no master: " + pods.stream().filter(p -> !p.gone).map(p -> p.name + " " + p.member.snapshot().unready()).toList();
        }
        LeaseRecord lease = api.lease();
        if (lease == null || !master.id().equals(lease.holder()) || master.redis.paused()) {
            return master.name + " is master, the Lease says " + lease;
        }
        Set<String> names = new HashSet<>();
        for (MemberPod p : pods) {
            if (p.gone) {
                continue;
            }
            names.add(p.name);
            if (p != master && (p.redis.link() != master.redis || p.redis.log().size() + 5 < master.redis.log().size())) {
                return p.name + " is not in sync with " + master.name + ": " + p.redis + " " + master.redis + " " + p.member.snapshot().unready();
            }
            if (!lease.counts(p.id().member()) || !p.member.snapshot().ready()) {
                return p.name + " is not ready: " + p.member.snapshot().unready() + ", members " + lease.members();
            }
        }
        return lease.members().size() == names.size() && lease.inSync().size() == names.size() ? null
                : "the Lease has " + lease.members() + ", in sync " + lease.inSync();
    }

    /** Every server runs, holds no key, and once did; and none leads, as one of them at least was started since. */
    boolean allEmptied() {
        return master() == null && pods.stream().allMatch(p -> p.redis.running() && p.redis.log().empty()) && pods.stream().anyMatch(p -> p.redis.log().size() > 0);
    }

    MemberPod master() {
        return pods.stream().filter(p -> p.redis.isMaster()).findFirst().orElse(null);
    }

    /** Rule I6: it comes back by itself. */
    void settle(long within) {
        long until = simulation.now() + within;
        while (unsettled() != null) {
            if (simulation.now() >= until) {
                throw new Violation("not whole again within " + within / S + " s: " + unsettled());
            }
            simulation.pass(500 * MS);
        }
    }
}
