package io.redisha.loop.cluster;

import io.redisha.decide.Stillness;
import io.redisha.decide.cluster.Belonging;
import io.redisha.decide.cluster.ClusterView;
import io.redisha.decide.cluster.Problems;
import io.redisha.decide.cluster.ShardSync;
import io.redisha.decide.cluster.Shards;
import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.Patience;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Renewable;
import io.redisha.loop.Seat;
import io.redisha.loop.StateStore;
import io.redisha.loop.WriteBlockers;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Data;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.Misconf;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.ShardWord;
import io.redisha.model.Slots;
import io.redisha.model.Timings;
import io.redisha.model.Topology;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/**
 * The agent of one node of a Redis Cluster: keeps it connected (rule K1), fit to be elected or not (K4), labelled, and hands over its slots
 * before it stops (K6). Who is master the masters themselves elect; what the cluster consists of is the {@link Shaper}'s matter.
 *
 * <p>It runs on one thread and never blocks.
 */
public final class ClusterMember implements Office, ClusterAnswers, Renewable {

    /** Who this is. */
    public record Self(Identity identity, Address redis, int bus, String node) {}

    /**
     * What it acts through.
     *
     * @param orders carries out the blocking {@link Nodes} calls, one after the other
     */
    public record Ports(LeaseStore leases, Siblings siblings, NodeServer server, Nodes nodes, Executor orders, Labels labels, ShapeSource shapes, Journal journal,
            StateStore states) {}

    /** Keys and values of the labels. */
    public record Names(String roleKey, String master, String replica, String shardKey) {}

    private static final long MS = Timings.MS;
    private static final long ASK = 2_000 * MS;
    private static final long ASK_SOON = 250 * MS;
    private static final long MEET_AGAIN = 2_000 * MS;
    /** How long a connection of the bus may be down before it is helped; the nodes try by themselves, too. */
    private static final long BUS = 2_000 * MS;
    /** How long a replica may be without its data link while the bus reaches its master: as long as one try of the server takes. */
    private static final long RELINK = 5_000 * MS;
    private static final long READ_SHAPE = 2_000 * MS;
    private static final long ORDER_AGAIN = 500 * MS;
    private static final long NOTE_NODES = 5_000 * MS;
    /** A node that owns slots and has just started is not ready before it has heard a majority; for as long as this, because it may never. */
    private static final long HEAR_MAJORITY = 10_000 * MS;
    /** A master that hangs for this long is killed (as rule L7); the others have elected its successor long before. */
    private static final long SILENCE = 10_000 * MS;
    /** How long a server may contradict itself about its role. */
    private static final long TORN = 2_000 * MS;
    private static final long ROUND = 500 * MS;
    /** How long a sibling is asked sooner that has not answered. */
    private static final long MISSED = 10_000 * MS;
    /** How long a master that has handed over goes on telling clients who has its slots. */
    private static final long FAREWELL = 1_000 * MS;
    /** How long a master refuses writes, as it can't save, before another takes over. */
    private static final long UNSAVED = 3_000 * MS;
    private static final String ZONE = "topology.kubernetes.io/zone";

    /**
     * What the settings say.
     *
     * @param persistent a server that is started again has its data
     * @param patience   for how long after SIGTERM a handover may begin, ns
     * @param nodeTimeout of the servers, ns
     * @param endsWithSnapshot the server makes one when it stops
     */
    public record Policy(boolean persistent, long patience, long nodeTimeout, boolean endsWithSnapshot) {}

    private record Heard(NodeState state, long at) {}

    private final Self self;
    private final Ports ports;
    private final Names names;
    private final Executor loop;
    private final LongSupplier clock;
    private final Supplier<String> bootId;
    private final HandoverTries tries;
    private final boolean endsWithSnapshot;
    private final Seat seat;

    private NodeServer.View server;
    private final Patience patience;
    private final WriteBlockers blockers;
    private long serverSince;
    private final Electable electable;
    private final SyncWatch inSync = new SyncWatch();
    private final OlderData older;
    private final CopyTurns turns;
    /** What the state file says. */
    private Data data;
    private boolean stateSeenOk;
    private final Map<String, Heard> siblings = new HashMap<>();
    private final Map<String, String> ids = new HashMap<>();
    private volatile List<PodView> pods;
    private volatile List<Peer> peers = List.of();
    private String revision = "";
    private String zone = "";
    private long askedAt;
    private final Map<String, Long> metAt = new HashMap<>();
    private final Map<String, Long> strayedSince = new HashMap<>();
    private long unlinkedSince;
    private long allowedAt;
    private Shape shape;
    private long shapeAt;
    private boolean shapeAsked;
    private long nodesNotedAt;
    private Role role;
    /** Node id of the master followed last, "" for none. */
    private String lastMaster = "";
    private long roleSince;
    private String refused;
    /** Since when the server contradicts itself, null while it doesn't. */
    private Long tornSince;
    private boolean stopping;
    private Boolean leavingForGood;
    private Runnable stopped;
    private String handingTo;
    private boolean handedOver;
    private long stopAskedAt;
    private Shaper shaper;
    private volatile ClusterSnapshot snapshot;

    /** What nodes.conf said before the server was started: the own id, and that of the master, null for none. */
    public record Booted(Supplier<String> id, Supplier<String> master) {}

    public ClusterMember(Self self, Ports ports, Names names, Timings timings, Policy policy, Booted booted, Executor loop, LongSupplier clock, Supplier<Instant> wall) {
        this.self = self;
        this.ports = ports;
        this.names = names;
        tries = new HandoverTries(policy.persistent(), policy.patience());
        endsWithSnapshot = policy.endsWithSnapshot();
        bootId = booted.id();
        turns = new CopyTurns(booted.master());
        this.loop = loop;
        this.clock = clock;
        long now = clock.getAsLong();
        seat = new Seat(self.identity(), "looks after the shape of the cluster", ports.leases(), ports.journal(), timings, clock, wall);
        server = new NodeServer.View(true, null, Topology.NONE, now);
        patience = new Patience(ports.journal(), ports.server()::kill, now);
        blockers = new WriteBlockers(ports.journal());
        serverSince = now;
        roleSince = now;
        data = ports.states().load();
        older = new OlderData(ports.journal());
        electable = new Electable(policy.persistent(), data.complete(), policy.nodeTimeout(), now);
        seat.inherit((was, next) -> inSync.taken(was, next, server.topology(), this.clock.getAsLong()));
        askedAt = now - ASK;
        unlinkedSince = now;
        shapeAt = now - READ_SHAPE;
        nodesNotedAt = now - NOTE_NODES;
        snapshot = snap(now);
    }

    /** Before the loop starts. */
    public void shaper(Shaper looksAfterTheShape) {
        shaper = looksAfterTheShape;
    }

    // ---- inputs, all on the loop's thread

    /** Every 100 ms. */
    public void tick() {
        timers();
        long now = clock.getAsLong();
        patience.ticks(now);
        checkVolume();
        seat.tick(!stopping && refused == null);
        if (now - askedAt >= (calm() ? ASK : ASK_SOON)) {
            ask(now, () -> { });
        }
        if (seat.leads() && !shapeAsked && now - shapeAt >= READ_SHAPE) {
            readShape(now);
        }
        judgeData();
        turns.sees(server.running() && own() != null && own().ownsSlots(), electable.whole(), now);
        meet(now);
        relink(now);
        allow(now);
        label();
        noteNodes(now);
        noteSync(now);
        watchServer(now);
        saveElsewhere(now);
        if (stopping) {
            goOnStopping(now);
        }
        snapshot = snap(now);
    }

    public void onServer(NodeServer.View view) {
        long now = clock.getAsLong();
        boolean another = view.info() != null && (server.info() == null || !view.info().runId().equals(server.info().runId()));
        if (!view.running() && server.running()) {
            if (server.info() != null && !stopping) {
                ports.journal().note(Act.SERVER_DIED, Reason.SERVER_DIED, -1, view.end());
            }
            electable.ends();
            blockers.gone(view.end(), now);
        }
        server = view;
        if (view.running()) {
            patience.sees(view.answered(), view.pulse());
        }
        if (another) {
            serverSince = now;
            stateSeenOk = false;
            electable.starts(data.complete(), now);
        }
        if (view.info() != null) {
            learn(now);
            blockers.sees(WriteBlockers.Seen.of(view.info()), -1, now);
        }
        if (another || view.info() != null && (role != null) != joined()) {
            poke();
        }
    }

    public void onPods(List<PodView> seen) {
        Set<String> before = pods == null ? Set.of() : names(pods);
        pods = seen;
        List<Peer> next = new ArrayList<>();
        for (PodView p : seen) {
            if (p.id().equals(self.identity().member())) {
                revision = p.revision();
                zone = p.labels().getOrDefault(ZONE, "");
            }
            if (p.ip() != null && !p.id().pod().equals(self.identity().pod())) {
                next.add(new Peer(p.id().pod(), p.ip()));
            }
        }
        boolean changed = !next.equals(peers);
        peers = next;
        if (changed || !before.equals(names(seen))) {
            askedAt = clock.getAsLong() - ASK;
            poke();
        }
    }

    /** Where siblings may be found while the API server has not told: names or addresses of the headless Service. */
    public void onNames(List<Peer> found) {
        if (pods == null) {
            peers = found.stream().filter(p -> !p.pod().equals(self.identity().pod())).toList();
        }
    }

    /** Siblings with an address, as last told; of any thread. */
    public List<Peer> peers() {
        return peers;
    }

    public boolean knowsPods() {
        return pods != null;
    }

    @Override
    public NodeState onAsk() {
        return state();
    }

    @Override
    public String onBelong(String datasetId) {
        if (datasetId.equals(data.datasetId())) {
            return null;
        }
        if (data.datasetId() != null && !blank()) {
            return self.identity().pod() + ": its volume belongs to another release";
        }
        data = new Data(datasetId, 0, "", "", -1, 0, false, false);
        ports.states().save(data);
        return null;
    }

    @Override
    public void onTarget(Shape target, Consumer<String> outcome) {
        if (!seat.leads()) {
            outcome.accept("this pod does not hold the Lease");
            return;
        }
        if (java.util.Objects.equals(target, Notes.target(seat.record()))) {
            poke();
            outcome.accept(null);
            return;
        }
        seat.amend(was -> Notes.withTarget(was, target), written -> {
            poke();
            outcome.accept(written ? null : "the Lease could not be written");
        });
    }

    @Override
    public void onSwitchover(Integer shard, String to, Consumer<Outcome> outcome) {
        ask(clock.getAsLong(), () -> {
            List<NodeState> all = states();
            Map<String, Integer> shards = shards();
            Integer wanted = shard != null ? shard : shards.get(to);
            NodeState master = all.stream().filter(s -> s.usable() && s.topology().myself().ownsSlots() && wanted != null && wanted.equals(shards.get(s.pod()))).findFirst().orElse(null);
            if (master == null) {
                outcome.accept(new Outcome(false, wanted == null ? to + " is in no shard" : "shard " + wanted + " has no master that answers"));
                return;
            }
            NodeState heir = Belonging.heir(master, all, to).orElse(null);
            if (heir == null) {
                outcome.accept(new Outcome(false, to == null ? "no replica of shard " + wanted + " is in sync" : to + " is not a replica of shard " + wanted + " in sync"));
                return;
            }
            long start = clock.getAsLong();
            String what = "shard " + wanted + " from " + master.pod() + " to " + heir.pod();
            ports.journal().note(Act.HANDOVER_STARTED, Reason.SWITCHOVER, -1, what);
            order(() -> ports.nodes().promote(heir.redis(), false), failed -> {
                long took = clock.getAsLong() - start;
                if (failed != null) {
                    ports.journal().note(Act.HANDOVER_FAILED, Reason.SWITCHOVER, -1, failed);
                    outcome.accept(new Outcome(false, failed));
                } else {
                    ports.journal().note(Act.HANDED_OVER, Reason.SWITCHOVER, -1, what + " after " + took / MS + " ms");
                    outcome.accept(new Outcome(true, String.format(java.util.Locale.ROOT, "%s is master of shard %d now (%.2f s)", heir.pod(), wanted, took / 1e9)));
                }
            });
        });
    }

    @Override
    public void onFix(boolean confirmed, Consumer<Outcome> outcome) {
        if (!seat.leads()) {
            outcome.accept(new Outcome(false, "this pod does not hold the Lease"));
            return;
        }
        shaper.fix(confirmed, done -> loop.execute(() -> outcome.accept(done)));
    }

    /**
     * @param comesBack whether the StatefulSet wants this pod still; null if the API server does not say
     * @param whenSafe  the server may be stopped
     */
    public void onStop(Boolean comesBack, Runnable whenSafe) {
        long now = clock.getAsLong();
        stopping = true;
        stopped = whenSafe;
        leavingForGood = Boolean.FALSE.equals(comesBack);
        tries.begin(now);
        stopAskedAt = now;
        seat.release(() -> { });
        if (leavingForGood) {
            ports.journal().note(Act.WAITING, Reason.SCALED_IN, -1, "leaves when it owns no slots any more and the others have forgotten it");
        }
        ask(now, () -> {
            stopAskedAt = Long.MIN_VALUE;
            goOnStopping(clock.getAsLong());
        });
    }

    @Override
    public boolean mayBeginAnew(boolean begins) {
        boolean may = refused == null && turns.mayBeginAnew(state(), states());
        if (may && begins) {
            electable.begins();
            data = marked(false);
            ports.states().save(data);   // also if it says so already: whoever waits for it has not seen it written
        }
        return may;
    }

    @Override
    public boolean isWhole() {
        return data.complete();
    }

    public ClusterSnapshot snapshot() {
        return snapshot;
    }

    /** Before the server is stopped for good. */
    public void saveClean() {
        if (data.datasetId() != null) {
            ports.states().save(marked(electable.isDiskInSync(seat.reachable())));
        }
    }

    // ---- for the shaper, from any thread

    @Override
    public boolean leads() {
        return seat.leads() && !stopping;
    }

    @Override
    public CompletableFuture<ClusterView> look() {
        CompletableFuture<ClusterView> view = new CompletableFuture<>();
        loop.execute(() -> ask(clock.getAsLong(), () -> view.complete(view())));
        return view;
    }

    @Override
    public CompletableFuture<Boolean> amend(UnaryOperator<LeaseRecord> change) {
        CompletableFuture<Boolean> written = new CompletableFuture<>();
        loop.execute(() -> seat.amend(change, written::complete));
        return written;
    }

    @Override
    public CompletableFuture<String> belong(String pod, String datasetId) {
        CompletableFuture<String> done = new CompletableFuture<>();
        loop.execute(() -> {
            if (pod.equals(self.identity().pod())) {
                done.complete(onBelong(datasetId));
            } else if (peer(pod) == null) {
                done.complete("the address of " + pod + " is not known");
            } else {
                ports.siblings().belong(peer(pod), datasetId, done::complete);
            }
        });
        return done;
    }

    private Peer peer(String pod) {
        return peers.stream().filter(p -> p.pod().equals(pod)).findFirst().orElse(null);
    }

    /** Null as long as it is not known what is wanted. */
    private ClusterView view() {
        LeaseRecord record = seat.record();
        if (record == null || shape == null || pods == null) {
            return null;
        }
        String datasetId = record.datasetId();
        if (datasetId == null) {
            // the Lease was lost: the volumes say whose they are
            datasetId = states().stream().filter(s -> s.datasetId() != null && s.usable() && !s.topology().isAlone()).map(NodeState::datasetId).findFirst().orElse(null);
            if (datasetId != null) {
                String found = datasetId;
                seat.amend(was -> Notes.belonging(was, found), written -> { });
            }
        }
        Shape target = Notes.target(record);
        if (target != null && target.pods() >= shape.pods()) {
            seat.amend(was -> Notes.withTarget(was, null), written -> { });   // it has come true
        }
        Map<String, String> all = new HashMap<>(Notes.nodes(record));
        all.putAll(ids);
        Map<String, String> homeless = new HashMap<>();
        pods.stream().filter(p -> !p.homeless().isEmpty()).forEach(p -> homeless.put(p.id().pod(), p.homeless()));
        return new ClusterView(wanted(record), datasetId, Notes.isCreating(record), states(), names(pods), homeless, all);
    }

    /** A scale-in that was announced, until the StatefulSet has come down to it; else what that says. */
    private Shape wanted(LeaseRecord record) {
        Shape target = record == null ? null : Notes.target(record);
        return target != null && shape != null && target.pods() < shape.pods() ? target : shape;
    }

    // ---- observe

    private void ask(long now, Runnable then) {
        askedAt = now;
        inSync.sees(state(), now);
        List<Peer> asked = List.copyOf(peers);
        Set<String> open = new HashSet<>(asked.stream().map(Peer::pod).toList());
        boolean[] done = {false};
        Runnable finish = () -> {
            if (!done[0]) {
                done[0] = true;
                then.run();
            }
        };
        for (Peer peer : asked) {
            ports.siblings().ask(peer, state -> {
                if (state.pod().equals(peer.pod())) {
                    heard(state);
                }
                open.remove(peer.pod());
                if (open.isEmpty()) {
                    finish.run();
                }
            });
        }
        if (open.isEmpty()) {
            finish.run();
        } else {
            after(now + ROUND, finish);
        }
    }

    private record Timer(long at, Runnable task) {}

    private final List<Timer> timers = new ArrayList<>();

    private void after(long at, Runnable task) {
        timers.add(new Timer(at, task));
    }

    private void timers() {
        long now = clock.getAsLong();
        List<Timer> due = timers.stream().filter(t -> now - t.at >= 0).toList();
        timers.removeAll(due);
        due.forEach(t -> t.task.run());
    }

    private void heard(NodeState state) {
        siblings.put(state.pod(), new Heard(state, clock.getAsLong()));
        inSync.sees(state, clock.getAsLong());
        turns.hears(state, server.topology(), clock.getAsLong());
        if (state.nodeId() != null) {
            ids.put(state.pod(), state.nodeId());
        }
    }

    /** The own one, and what others said within the last round. */
    private List<NodeState> states() {
        long now = clock.getAsLong();
        List<NodeState> states = new ArrayList<>();
        states.add(state());
        siblings.values().stream().filter(h -> now - h.at <= 2 * ROUND).forEach(h -> states.add(h.state));
        return states;
    }

    private boolean calm() {
        if (stopping || server.info() == null || pods == null || !server.info().stateOk() || role == Role.REPLICA && !server.info().linkUp()) {
            return false;
        }
        long now = clock.getAsLong();
        if (siblings.values().stream().anyMatch(h -> now - h.at > ASK + ROUND && now - h.at < MISSED)) {
            return false;   // whoever does not answer one question must not seem to lack what its master writes
        }
        return server.topology().nodes().stream().allMatch(n -> n.isMyself() || n.linkUp() && !n.isFailed() && !n.isSuspected() && !n.isHandshake());
    }

    private ClusterNode own() {
        return server.topology().myself();
    }

    private boolean joined() {
        ClusterNode me = own();
        return me != null && (me.ownsSlots() || me.isReplica());
    }

    private void learn(long now) {
        NodeInfo info = server.info();
        ClusterNode me = own();
        if (me == null) {
            return;
        }
        ids.put(self.identity().pod(), me.id());
        stateSeenOk |= info.stateOk();
        electable.sees(info, server.topology(), atWork(now), Math.min(now, server.answered()));
        if (me.isReplica()) {
            lastMaster = me.master();
        }
        Role is = me.isReplica() ? Role.REPLICA : me.ownsSlots() ? Role.MASTER : null;
        if (is != role) {
            changed(is, me, now);
        }
    }

    private void changed(Role is, ClusterNode me, long now) {
        Role was = role;
        role = is;
        roleSince = now;
        if (is == Role.MASTER && was == Role.REPLICA) {
            String before = lastMaster;
            // whether that was planned only its agent can tell: it answers still if so
            ask(now, () -> ports.journal().note(Act.PROMOTED, states().stream().anyMatch(s -> before.equals(s.nodeId()) && (s.running() || s.stopping()))
                    ? Reason.HANDED_OVER : Reason.CLUSTER_ELECTED, -1, "slots " + me.slots()));
        } else if (is == Role.REPLICA) {
            ports.journal().note(was == Role.MASTER ? Act.DEMOTED : Act.FOLLOWING, Reason.LEADER_CHANGED, -1, podOf(me.master()));
        } else if (is == Role.MASTER && was == null) {
            ports.journal().note(Act.SERVES, Reason.SHAPE_WANTED, -1, me.slots().toString());
        }
        label();
        poke();
    }

    private String podOf(String id) {
        return ids.entrySet().stream().filter(e -> e.getValue().equals(id)).map(Map.Entry::getKey).findFirst()
                .or(() -> server.topology().node(id).map(ClusterNode::hostname).filter(h -> h.contains(".")).map(h -> h.substring(0, h.indexOf('.')))).orElse(String.valueOf(id));
    }

    // ---- act

    /**
     * The state file remembers whether the data was in sync, for a start after which no master comes back. While the API server is away it says no: the Lease would
     * go on to name this node.
     */
    private void judgeData() {
        boolean good = electable.isDiskInSync(seat.reachable());
        if (data.datasetId() != null && data.complete() != good && (good || electable.whole() || electable.isOutdated())) {
            data = marked(good);
            ports.states().save(data);
        }
    }

    private Data marked(boolean complete) {
        return new Data(data.datasetId(), data.term(), data.replid(), data.replid2(), data.secondOffset(), applied(), complete, false);
    }

    /** After a start from the disk a server counts from 0. */
    private long applied() {
        return server.info() == null || electable.isFromDisk() ? data.offset() : server.info().offset();
    }

    /** Rule B6: what is on this volume is not to be met by this release's nodes, nor wiped. */
    private void checkVolume() {
        LeaseRecord record = seat.record();
        boolean foreign = record != null && record.datasetId() != null && data.datasetId() != null && !record.datasetId().equals(data.datasetId()) && !blank();
        if (foreign && refused == null) {
            ports.journal().note(Act.REFUSED, Reason.FOREIGN_DATA, -1, "dataset " + data.datasetId() + ", the release has " + record.datasetId());
        }
        refused = foreign ? Reason.FOREIGN_DATA.text() : null;
    }

    /** Else clients would be sent to it, and take what is on a stranger's volume for theirs. While the API server is away a sibling's word will do. */
    private boolean vouchedFor() {
        return seat.record() != null || data.datasetId() == null || blank() || siblings.values().stream().anyMatch(h -> data.datasetId().equals(h.state.datasetId()));
    }

    private boolean blank() {
        return server.info() != null && server.info().keys() == 0 && server.topology().isAlone() && own() != null && own().slots().isEmpty();
    }

    /** Rule K1. */
    private void meet(long now) {
        if (server.info() == null || own() == null) {
            return;
        }
        NodeState mine = state();
        Set<String> astray = new HashSet<>();
        for (NodeState sibling : Belonging.meets(mine, siblings.values().stream().filter(h -> now - h.at < ASK && h.state.running()).map(Heard::state).toList())) {
            String pod = sibling.pod();
            astray.add(pod);
            boolean moved = mine.topology().node(sibling.nodeId()).map(n -> !n.redis().host().equals(sibling.redis().host())).orElse(false);
            long since = strayedSince.computeIfAbsent(pod, p -> now);
            if ((moved || now - since >= BUS) && now - metAt.getOrDefault(pod, now - MEET_AGAIN) >= MEET_AGAIN) {
                metAt.put(pod, now);
                if (moved) {
                    ports.journal().note(Act.MET, Reason.ADDRESS_CHANGED, -1, pod);
                }
                ports.server().meet(sibling.redis(), self.bus());
            }
        }
        strayedSince.keySet().retainAll(astray);
    }

    /**
     * A server that hears of its master's new address by gossip goes on asking for the data at the old one (redis: clusterProcessGossipSection
     * changes the address and not the replication). To be told again whom it follows has it look up where that is.
     */
    private void relink(long now) {
        ClusterNode me = own();
        NodeInfo info = server.info();
        boolean unlinked = info != null && me != null && me.isReplica() && !info.linkUp() && !info.syncing() && !info.loading()
                && server.topology().node(me.master()).map(m -> m.linkUp() && m.hasAddress() && !m.isFailed() && !m.isSuspected()).orElse(false);
        if (!unlinked || stopping) {
            unlinkedSince = now;
        } else if (now - unlinkedSince >= RELINK) {
            unlinkedSince = now;
            String master = me.master();
            order(() -> ports.nodes().replicate(self.redis(), master), failed -> {
                if (failed == null) {
                    ports.journal().note(Act.MET, Reason.ADDRESS_CHANGED, -1, podOf(master));
                }
            });
        }
    }

    /** Rule K4. */
    private void allow(long now) {
        if (server.info() == null || server.info().loading() || now - allowedAt < ORDER_AGAIN) {
            return;
        }
        older.sees(electable.waits(server.info(), server.topology(), noted(), atWork(now), now) ? podOf(own().master()) : null, now);
        boolean allowed = electable.mayBeElected(server.info(), server.topology(), noted(), atWork(now), now);
        if (allowed != server.info().failoverAllowed()) {
            allowedAt = now;
            ports.server().allowFailover(allowed);
        }
    }

    /** What the Lease says of the own shard; null for nothing, and while it can't be read. */
    private ShardSync noted() {
        return seat.record() == null || seat.isOutdated() || !seat.reachable() || own() == null || !own().isReplica() ? null : Notes.sync(seat.record()).get(own().master());
    }

    /** When the own master was last seen at work, by an agent that says that it goes on without this node; null for never. */
    private Long atWork(long now) {
        if (own() == null) {
            return null;
        }
        String id = own().id();
        Stream<Long> seen = Stream.ofNullable(inSync.behind(server.topology(), now).get(id)).map(age -> now - age * MS);
        Stream<Long> told = siblings.values().stream().filter(h -> now - h.at <= 2 * ASK && h.state.word().behind().containsKey(id))
                .map(h -> h.at - h.state.word().behind().get(id) * MS);
        return Stream.concat(seen, told).max(Comparator.naturalOrder()).orElse(null);
    }

    private void noteSync(long now) {
        if (!seat.leads() || seat.record() == null) {
            return;
        }
        Map<String, ShardSync> noted = Notes.sync(seat.record());
        boolean sure = server.info() != null && server.info().stateOk();
        Map<String, ShardSync> next = inSync.now(noted, server.topology(), sure, now);
        if (inSync.isDue(noted, next, now)) {
            inSync.isWritten(now);
            seat.amend(was -> Notes.withSync(was, inSync.now(Notes.sync(was), server.topology(), sure, now)), written -> { });
        }
    }

    private void label() {
        if (pods == null || seat.record() == null) {
            return;   // the Lease knows the shards' numbers
        }
        // who has just started with slots on its disk may have lost them to another since: so it says only when the others agree
        boolean serves = role != null && refused == null && (role == Role.REPLICA || stateSeenOk);
        Integer shard = serves ? shards().get(self.identity().pod()) : null;
        Map<String, String> own = new HashMap<>();
        own.put(names.roleKey(), !serves ? null : role == Role.MASTER ? names.master() : names.replica());
        own.put(names.shardKey(), shard == null ? null : shard.toString());
        Map<String, Map<String, String>> others = new HashMap<>();
        if (serves && role == Role.MASTER) {
            for (PodView pod : pods) {
                boolean ofThisShard = shard != null && shard.toString().equals(pod.labels().get(names.shardKey()));
                if (!pod.id().equals(self.identity().member()) && ofThisShard && names.master().equals(pod.labels().get(names.roleKey()))) {
                    others.put(pod.id().pod(), Map.of(names.roleKey(), names.replica()));
                }
            }
        }
        ports.labels().publish(own, others);
    }

    private Map<String, Integer> shards() {
        LeaseRecord record = seat.record();
        Map<String, String> all = new HashMap<>(record == null ? Map.of() : Notes.nodes(record));
        all.putAll(ids);
        return refused != null ? Map.of() : Shards.of(server.topology(), all, record == null ? Map.of() : Notes.shards(record));
    }

    private void noteNodes(long now) {
        if (!seat.leads() || now - nodesNotedAt < NOTE_NODES || seat.record() == null) {
            return;
        }
        nodesNotedAt = now;
        Map<String, String> known = Notes.nodes(seat.record());
        Map<String, String> next = new HashMap<>(known);
        next.putAll(ids);
        next.values().removeIf(id -> server.topology().node(id).isEmpty());
        // who is away for a moment keeps its number
        Map<String, Integer> numbered = Notes.shards(seat.record());
        Map<String, Integer> numbers = new HashMap<>(numbered);
        if (seat.record().datasetId() != null && !Notes.isCreating(seat.record()) && server.topology().covered().size() == Slots.COUNT) {
            numbers.putAll(shards());   // and not a moment before all of them are there, in their order
        }
        numbers.keySet().retainAll(next.keySet());
        if (!next.isEmpty() && !(next.equals(known) && numbers.equals(numbered))) {
            seat.amend(was -> Notes.withShards(Notes.withNodes(was, next), numbers), written -> { });
        }
    }

    private void readShape(long now) {
        shapeAsked = true;
        shapeAt = now;
        ports.shapes().read(found -> {
            shapeAsked = false;
            if (found != null) {
                boolean changed = !found.equals(shape);
                shape = found;
                if (changed) {
                    poke();
                }
            }
        });
    }

    private void poke() {
        if (shaper != null) {
            shaper.poke();
        }
    }

    private void watchServer(long now) {
        // a replica is in nobody's way
        boolean master = server.running() && server.info() != null && !server.info().loading() && !stopping && server.info().role() == Role.MASTER;
        if (master && patience.stillness().provesAHang(now, SILENCE)) {
            patience.end(Reason.SERVER_SILENT, -1, now);
        }
        patience.tells(master, server.answered(), self.identity().pod(), -1, now);
        if (!torn()) {
            tornSince = null;
        } else if (tornSince == null) {
            tornSince = now;
        } else if (now - tornSince > TORN) {
            ports.journal().note(Act.SERVER_KILLED, Reason.ROLES_DIFFER, -1, "");
            server = new NodeServer.View(true, null, server.topology(), now);
            ports.server().kill();
        }
    }

    /** No order mends it: REPLICATE is refused by a master with keys, and FLUSHALL by a replica. Started anew it is a master of no slots. */
    private boolean torn() {
        return !stopping && server.running() && server.info() != null && !server.info().loading() && server.info().role() == Role.REPLICA && own() != null && own().isMaster();
    }

    /** Rule H7: a master that refuses writes because it can't save gives its slots to a replica that can; not while slots are half moved (K9). */
    private void saveElsewhere(long now) {
        ClusterNode me = own();
        if (stopping || role != Role.MASTER || me == null || blockers.refusedFor(now) < UNSAVED || !me.migrating().isEmpty() || !me.importing().isEmpty()) {
            return;
        }
        NodeState heir = Belonging.heir(state(), states().stream().filter(s -> s.usable() && s.server().misconf() == Misconf.NONE).toList(), null).orElse(null);
        if (heir == null) {
            return;
        }
        blockers.handsOver(now);
        ports.journal().note(Act.HANDOVER_STARTED, Reason.CANNOT_SAVE, -1, "to " + heir.pod());
        order(() -> ports.nodes().promote(heir.redis(), false), failed -> ports.journal().note(failed == null ? Act.HANDED_OVER : Act.HANDOVER_FAILED, Reason.CANNOT_SAVE, -1,
                failed == null ? "to " + heir.pod() : failed));
    }

    private interface Order {
        void run() throws Nodes.Failed;
    }

    /** @param then null for done, else why not; on the loop */
    private void order(Order order, Consumer<String> then) {
        ports.orders().execute(() -> {
            String failed = null;
            try {
                order.run();
            } catch (Nodes.Failed e) {
                failed = e.getMessage();
            }
            String outcome = failed;
            loop.execute(() -> then.accept(outcome));
        });
    }

    // ---- stopping (rules K6, K7)

    private void goOnStopping(long now) {
        if (stopped == null || stopAskedAt != Long.MIN_VALUE && now - stopAskedAt < 2 * ROUND) {
            return;   // the siblings were asked, and have not answered yet
        }
        ClusterNode me = own();
        if (!server.running() || me == null || refused != null) {
            leave();   // who was refused has nothing that anybody here would miss
        } else if (leavingForGood) {
            if (!joined() && server.topology().isAlone()) {
                leave();
            }
        } else if (!me.ownsSlots()) {
            // clients that ask for its slots yet hear where those are; an address that is gone would tell them nothing
            if (!handedOver || now - roleSince >= FAREWELL) {
                leave();
            }
        } else if (handingTo == null) {
            handOver(now);
        }
    }

    private void handOver(long now) {
        tries.saves(endsWithSnapshot && server.info() != null ? Math.max(0, server.info().snapshot()) * 1_000 * MS : 0);
        NodeState heir = Belonging.heir(state(), tries.now(states(), now), null).orElse(null);
        if (heir == null && !tries.isOver(now) && tries.isWorthWaiting(state(), states(), pods, server.topology())) {
            return;   // nothing is lost if it may finish its copy
        }
        if (heir == null || !tries.mayAsk(now)) {
            ports.journal().note(Act.HANDOVER_FAILED, Reason.POD_STOPS, -1, heir == null ? "no replica is in sync: slots " + own().slots() + " are not served until this pod is back"
                    : "not within the grace period");
            leave();
            return;
        }
        handingTo = heir.pod();
        ports.journal().note(Act.HANDOVER_STARTED, Reason.POD_STOPS, -1, "to " + heir.pod());
        long start = now;
        order(() -> ports.nodes().promote(heir.redis(), false), failed -> {
            handingTo = null;
            handedOver |= failed == null;
            if (failed != null) {
                if (tries.fails(heir.pod(), failed, clock.getAsLong())) {
                    ports.journal().note(Act.HANDOVER_FAILED, Reason.POD_STOPS, -1, failed);
                }
            } else {
                ports.journal().note(Act.HANDED_OVER, Reason.POD_STOPS, -1, "to " + heir.pod() + " after " + (clock.getAsLong() - start) / MS + " ms");
            }
            ports.server().look();
        });
    }

    private void leave() {
        Runnable then = stopped;
        stopped = null;
        if (then != null) {
            then.run();
        }
    }

    // ---- what others are told

    private NodeState state() {
        boolean running = server.running() && server.info() != null && clock.getAsLong() - server.answered() < 2_000 * MS;
        ClusterNode me = own();
        return new NodeState(self.identity().member(), self.redis(), self.node(), zone, running, server.info(), server.running() ? server.topology() : Topology.NONE,
                me != null ? me.id() : bootId.get(), electable.whole(), data == null ? null : data.datasetId(), revision, stopping, word());
    }

    private ShardWord word() {
        long now = clock.getAsLong();
        return new ShardWord(inSync.behind(server.topology(), now), Math.max(0, applied()), electable.lost(server.topology(), now), turns.asks(), turns.permits(now));
    }

    private static Set<String> names(List<PodView> pods) {
        Set<String> names = new HashSet<>();
        pods.forEach(p -> names.add(p.id().pod()));
        return names;
    }

    private ClusterSnapshot snap(long now) {
        String unready = unready(now);
        List<ClusterSnapshot.Sibling> others = new ArrayList<>();
        siblings.values().forEach(h -> others.add(new ClusterSnapshot.Sibling(h.state, h.at)));
        List<String> problems = new ArrayList<>();
        if (unready != null) {
            problems.add(self.identity().pod() + ": " + unready);
        }
        blockers.problems(now).forEach(problem -> problems.add(self.identity().pod() + ": " + problem));
        if (older.problem() != null) {
            problems.add(self.identity().pod() + ": " + older.problem());
        }
        problems.addAll(seat.problems());
        if (seat.leads() && shaper != null) {
            problems.addAll(shaper.problems());
        } else {
            Problems.refusal(server.topology()).ifPresent(problems::add);
        }
        LeaseRecord record = seat.record();
        String leader = seat.leads() ? self.identity().pod() : record == null || record.released() ? null : record.holder().pod();
        return new ClusterSnapshot(now, state(), unready == null, unready == null ? "" : unready, leader, record == null ? 0 : record.term(), roleSince, shards(), seat.reachable(),
                seat.leads() ? wanted(record) : null, List.copyOf(others), pods == null ? List.of() : pods, seat.leads() && shaper != null ? shaper.progress() : null,
                seat.leads() && shaper != null && shape != null && wanted(record).equals(shaper.settledFor()), List.copyOf(problems));
    }

    /** In words; null = ready. A cluster that is still to be created makes nobody wait: what creates it may wait for the pods. */
    private String unready(long now) {
        if (refused != null) {
            return refused;
        }
        if (stopping) {
            return "stopping";
        }
        NodeInfo info = server.info();
        if (!server.running()) {
            return "the server is not running";
        }
        if (info == null) {
            return "the server does not answer yet";
        }
        if (info.loading()) {
            return "the server is loading its data";
        }
        String silent = Stillness.problem(now, server.answered());
        if (silent != null) {
            return silent;
        }
        ClusterNode me = own();
        if (me == null) {
            return "the server does not tell of its cluster yet";
        }
        if (!vouchedFor()) {
            return "has not heard yet which data is the release's";
        }
        if (me.isReplica() && !info.linkUp()) {
            return info.syncing() ? "a full sync from " + podOf(me.master()) + " is under way" : "not linked to " + podOf(me.master());
        }
        if (!joined()) {
            // a release that has its cluster: a pod that is not part of it yet must not count as replaced in a roll
            LeaseRecord record = seat.record();
            return record == null ? "has not read the Lease yet"
                    : record.datasetId() != null && !Notes.isCreating(record) ? "not part of the cluster yet" : null;
        }
        if (me.ownsSlots() && !stateSeenOk && now - serverSince < HEAR_MAJORITY) {
            return "has not heard a majority of the masters yet";
        }
        return null;
    }
}
