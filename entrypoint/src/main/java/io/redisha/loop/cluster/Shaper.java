package io.redisha.loop.cluster;

import io.redisha.decide.cluster.ByHand;
import io.redisha.decide.cluster.ClusterView;
import io.redisha.decide.cluster.Fixing;
import io.redisha.decide.cluster.Plan;
import io.redisha.decide.cluster.Shaping;
import io.redisha.decide.cluster.Spreading;
import io.redisha.decide.cluster.Step;
import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.cluster.ClusterSnapshot.Progress;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.LeaseRecord;
import io.redisha.model.NodeState;
import io.redisha.model.Reason;
import io.redisha.model.Shape;
import io.redisha.model.Slots;
import io.redisha.model.Timings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the cluster its shape, on the pod that holds the Lease: looks, lets {@link Shaping} decide, acts, and looks again.
 *
 * <p>It remembers nothing between two rounds that it could not do without: another pod goes on where this one was killed. Its thread may
 * wait; the member's never does.
 */
public final class Shaper {

    private static final Logger LOG = LoggerFactory.getLogger(Shaper.class);
    private static final long MS = Timings.MS;
    /** Between two rounds when all is as it should be. */
    private static final long CALM = 2_000 * MS;
    private static final long WAIT = 200 * MS;
    private static final long AFTER_TROUBLE = 1_000 * MS;
    private static final long SAY_EVERY = 10_000 * MS;
    /** How long one Kubernetes node may hold so many masters that the others are no majority. */
    private static final long CROWDED = 15_000 * MS;
    /** How long a master that has given its slots away, and whoever copies it, goes on telling clients where they are. */
    private static final long FAREWELL = 5_000 * MS;

    /** Between two keys that a person moves there are milliseconds; a value of some 100 MB takes seconds. */
    private static final long BY_HAND = 10_000 * MS;
    private static final long LOOK_FOR_OTHERS = 200 * MS;

    private final Office office;
    private final Nodes nodes;
    private final Journal journal;
    private final int bus;
    private final LongSupplier clock;
    private final Thread thread = Thread.ofPlatform().name("shaper").daemon().unstarted(this::run);

    private final ConcurrentLinkedQueue<Fix> fixes = new ConcurrentLinkedQueue<>();

    private volatile Progress progress;
    private volatile List<String> problems = List.of();
    private volatile boolean poked;
    private volatile Shape settledFor;

    private Shape shape;
    private long began;
    private long crowdedSince = Long.MAX_VALUE;
    /** When each pod was last known to have slots. */
    private final Map<String, Long> ownedAt = new HashMap<>();
    private List<String> said = List.of();
    private String trouble = "";
    private Moving moving;
    private ByHand byHand = new ByHand(BY_HAND);

    /** @param bus port of the cluster bus */
    public Shaper(Office office, Nodes nodes, Journal journal, int bus, LongSupplier clock) {
        this.office = office;
        this.nodes = nodes;
        this.journal = journal;
        this.bus = bus;
        this.clock = clock;
    }

    public void start() {
        thread.start();
    }

    /** Something has changed: look now. From any thread. */
    public void poke() {
        poked = true;
        LockSupport.unpark(thread);
    }

    /** Slots on their way, null if there are none. */
    public Progress progress() {
        return progress;
    }

    /** What is not as it should be, in words. */
    public List<String> problems() {
        return problems;
    }

    /** The shape that was there, whole, when it was last looked; null if none was. */
    public Shape settledFor() {
        return settledFor;
    }

    private void run() {
        while (true) {
            long pause;
            try {
                orders();
                pause = office.leads() ? round() : rest();
            } catch (InterruptedException e) {
                return;
            } catch (RuntimeException e) {
                LOG.error("defect", e);
                pause = AFTER_TROUBLE;
            }
            long until = clock.getAsLong() + pause;
            while (!poked && until - clock.getAsLong() > 0) {
                LockSupport.parkNanos(until - clock.getAsLong());
            }
            poked = false;
        }
    }

    /** Carries out what persons have ordered. */
    void orders() throws InterruptedException {
        for (Fix asked = fixes.poll(); asked != null; asked = fixes.poll()) {
            fix(asked);
        }
    }

    /**
     * Mends by a person's order what is never mended unasked, because data may be lost by it.
     *
     * @param confirmed false: only says what would be done
     */
    void fix(boolean confirmed, Consumer<Outcome> then) {
        fixes.add(new Fix(confirmed, then));
        poke();
    }

    private record Fix(boolean confirmed, Consumer<Outcome> then) {}

    private void fix(Fix asked) throws InterruptedException {
        ClusterView view = answer(office.look(), null);
        if (view == null) {
            asked.then.accept(new Outcome(false, "the leader does not know the cluster yet"));
            return;
        }
        String byHand = movedByHand(view);
        if (byHand != null) {
            asked.then.accept(new Outcome(false, byHand));
            return;
        }
        Fixing.Remedy remedy;
        try {
            remedy = Fixing.of(view, keys(view));
        } catch (Nodes.Failed e) {
            asked.then.accept(new Outcome(false, e.getMessage()));
            return;
        }
        if (remedy.steps().isEmpty() || !asked.confirmed) {
            asked.then.accept(new Outcome(true, remedy.steps().isEmpty() ? "there is nothing to fix" : "would " + String.join("\nwould ", remedy.words())));
            return;
        }
        try {
            for (Step step : remedy.steps()) {
                carryOut(view, step);
            }
            journal.note(Act.MENDED, Reason.ORDERED, -1, String.join("; ", remedy.words()));
            asked.then.accept(new Outcome(true, String.join("\n", remedy.words())));
        } catch (Nodes.Failed e) {
            asked.then.accept(new Outcome(false, e.getMessage()));
        }
    }

    /** What each master has of slots that are not its own. */
    private Map<String, Map<Integer, Long>> keys(ClusterView view) throws Nodes.Failed {
        Map<String, Map<Integer, Long>> keys = new HashMap<>();
        for (NodeState one : view.states()) {
            if (one.usable() && one.topology().myself().isMaster() && !one.topology().isAlone()) {
                keys.put(one.pod(), nodes.keys(one.redis(), Slots.ALL.minus(one.topology().myself().slots())));
            }
        }
        return keys;
    }

    /** In words, null if nobody but this shaper moves slots. */
    private String movedByHand(ClusterView view) {
        long now = clock.getAsLong();
        for (String source : byHand.sees(view, now)) {
            try {
                byHand.migrates(source, nodes.migrations(at(view, source)), now);
            } catch (Nodes.Failed e) {
                LOG.debug("whether it moves keys is not known: {}", e.getMessage());
            }
        }
        return byHand.words(now);
    }

    private long rest() {
        byHand = new ByHand(BY_HAND);
        problems = List.of();
        progress = null;
        settledFor = null;
        moving = null;
        shape = null;
        said = List.of();
        ownedAt.clear();
        return WAIT;
    }

    /** One look and what follows from it. @return how long to wait for the next, ns */
    long round() throws InterruptedException {
        ClusterView view = answer(office.look(), null);
        if (view == null) {
            return WAIT;
        }
        if (shape == null) {
            began = clock.getAsLong();
        }
        if (!view.shape().equals(shape)) {
            if (shape != null || view.datasetId() == null) {
                journal.note(Act.SHAPE_CHANGED, Reason.SHAPE_WANTED, -1, view.shape().shards() + " shards with " + view.shape().replicasPerShard() + " replicas each, on "
                        + view.shape().pods() + " pods");
            }
            shape = view.shape();
        }
        for (NodeState state : view.states()) {
            if (state.usable() && state.topology().myself().ownsSlots()) {
                ownedAt.put(state.pod(), clock.getAsLong());
            }
        }
        Plan plan = Shaping.decide(view, movedByHand(view));
        complain(plan.problems());
        if (!(plan instanceof Plan.Go) && moving != null && Shaping.slotsToMove(view) == 0) {
            moved(view);   // something else may have to wait, but the slots are where they belong
        }
        if (!(plan instanceof Plan.Done)) {
            crowdedSince = Long.MAX_VALUE;
        }
        settledFor = plan instanceof Plan.Done && !view.creating() ? view.shape() : null;
        try {
            return switch (plan) {
                case Plan.Done done -> {
                    moved(view);
                    if (view.creating()) {
                        created(view);
                    }
                    spread(view);
                    yield CALM;
                }
                case Plan.Wait wait -> {
                    say(wait.why());
                    yield WAIT;
                }
                case Plan.Refuse refuse -> {
                    say(refuse.why());
                    yield AFTER_TROUBLE;
                }
                case Plan.Go go -> {
                    if (Shaping.creates(view) && !view.creating()) {
                        begin(view);
                        yield WAIT;
                    }
                    boolean all = carryOut(view, go.steps());
                    trouble = "";
                    yield all ? 0 : WAIT;
                }
            };
        } catch (Nodes.Failed e) {
            if (!e.getMessage().equals(trouble)) {
                trouble = e.getMessage();
                LOG.warn("will be tried again: {}", trouble);
            }
            List<String> all = new ArrayList<>(plan.problems());
            all.add(e.getMessage());
            problems = List.copyOf(all);
            return AFTER_TROUBLE;
        }
    }

    private void complain(List<String> found) {
        problems = List.copyOf(found);
    }

    private void say(List<String> why) {
        List<String> all = new ArrayList<>(problems);
        all.addAll(why);
        problems = List.copyOf(all);
        if (!why.equals(said)) {
            said = why;
            journal.note(Act.WAITING, null, -1, String.join("; ", why));
        }
    }

    /** The Lease says first that a cluster is being created, so that whoever finds a half of it goes on with it. */
    private void begin(ClusterView view) throws InterruptedException {
        if (view.datasetId() != null) {
            LOG.warn("{}", Reason.DATA_LOST.text());
        }
        String datasetId = UUID.randomUUID().toString();
        answer(office.amend(was -> Notes.creating(was, datasetId)), false);
    }

    /** Not in the midst of a roll, which would gather them again: only when all has been calm for some time. */
    private void spread(ClusterView view) throws Nodes.Failed, InterruptedException {
        Spreading.Risk risk = Spreading.of(view).orElse(null);
        if (risk == null) {
            crowdedSince = Long.MAX_VALUE;
            return;
        }
        problems = Stream.concat(problems.stream(), Stream.of(risk.words())).toList();
        long now = clock.getAsLong();
        crowdedSince = Math.min(crowdedSince, now);
        if (risk.remedy() != null && now - crowdedSince >= CROWDED) {
            crowdedSince = Long.MAX_VALUE;
            journal.note(Act.HANDOVER_STARTED, Reason.NODE_CROWDED, -1, "a shard to " + risk.remedy().pod());
            try {
                handOver(view, risk.remedy(), Reason.NODE_CROWDED);
            } catch (Nodes.Failed e) {
                journal.note(Act.HANDOVER_FAILED, Reason.NODE_CROWDED, -1, e.getMessage());
                throw e;
            }
        }
    }

    private void created(ClusterView view) throws InterruptedException {
        if (answer(office.amend(Notes::created), false)) {
            journal.note(Act.CREATED, Reason.BOOTSTRAP, -1, view.shape().shards() + " shards with " + view.shape().replicasPerShard() + " replicas each");
        }
    }

    /** @return false if some of it has to wait */
    private boolean carryOut(ClusterView view, List<Step> steps) throws Nodes.Failed, InterruptedException {
        List<Step.Move> moves = new ArrayList<>();
        boolean all = true;
        long now = clock.getAsLong();   // of both steps of a node: one that retires has been forgotten
        for (Step step : steps) {
            if (!office.leads()) {
                return false;
            }
            if (isAskedStill(view, step, now)) {
                all = false;
            } else if (step instanceof Step.Move move) {
                moves.add(move);
            } else {
                carryOut(view, step);
            }
        }
        if (!moves.isEmpty()) {
            move(view, moves);
        }
        return all;
    }

    /**
     * A node that has just given its slots away, to another shard or to its heir, or copies one that has: clients that have not heard of it
     * yet ask it, and must hear where the slots are. Alone it would say that nobody serves them.
     */
    private boolean isAskedStill(ClusterView view, Step step, long now) {
        NodeState goes = switch (step) {
            case Step.Retire retire -> view.of(retire.pod()).orElse(null);
            case Step.Forget forget -> of(view, forget.nodeId());
            default -> null;
        };
        if (goes == null || !goes.usable()) {
            return false;
        }
        NodeState copied = of(view, goes.topology().myself().master());
        return hasJustOwned(goes, now) || copied != null && copied.usable() && !copied.topology().myself().ownsSlots() && hasJustOwned(copied, now);
    }

    private boolean hasJustOwned(NodeState node, long now) {
        return now - ownedAt.getOrDefault(node.pod(), began) < FAREWELL;
    }

    private static NodeState of(ClusterView view, String nodeId) {
        return view.states().stream().filter(s -> s.nodeId() != null && s.nodeId().equals(nodeId)).findFirst().orElse(null);
    }

    private void carryOut(ClusterView view, Step step) throws Nodes.Failed, InterruptedException {
        LOG.debug("{}", step);
        switch (step) {
            case Step.Belong belong -> {
                String why = answer(office.belong(belong.pod(), belong.datasetId()), belong.pod() + " does not answer");
                if (why != null) {
                    throw new Nodes.Failed(why);
                }
            }
            case Step.Epoch epoch -> nodes.epoch(at(view, epoch.pod()), epoch.epoch());
            case Step.Meet meet -> {
                nodes.meet(at(view, meet.pod()), at(view, meet.with()), bus);
                if (view.datasetId() != null && !view.creating()) {
                    journal.note(Act.JOINED, Reason.SHAPE_WANTED, -1, meet.pod() + " and " + meet.with());
                }
            }
            case Step.Own own -> nodes.own(at(view, own.pod()), own.slots());
            case Step.Replicate replicate -> nodes.replicate(at(view, replicate.pod()), state(view, replicate.masterPod()).nodeId());
            case Step.Stable stable -> close(view, state(view, stable.pod()), stable.slot());
            case Step.Promote promote -> handOver(view, promote, Reason.SHAPE_WANTED);
            case Step.Forget forget -> {
                lookAgain(view, forget.nodeId());
                for (NodeState one : view.states()) {
                    if (one.usable() && !forget.nodeId().equals(one.nodeId())) {
                        nodes.forget(one.redis(), forget.nodeId());
                    }
                }
                journal.note(Act.FORGOT, forget.why(), -1, forget.name());
            }
            case Step.Retire retire -> {
                lookAgain(view, state(view, retire.pod()).nodeId());
                nodes.reset(at(view, retire.pod()), false);
                journal.note(Act.RETIRED, view.shape().keeps(retire.pod()) ? Reason.SHAPE_WANTED : Reason.SCALED_IN, -1, retire.pod());
            }
            case Step.Renew renew -> {
                lookAgain(view, state(view, renew.pod()).nodeId());
                nodes.reset(at(view, renew.pod()), true);
                journal.note(Act.MENDED, Reason.KEYS_OUTDATED, -1, renew.pod() + ", which begins anew and empty");
            }
            case Step.Seize seize -> {
                NodeState to = state(view, seize.pod());
                byHand.orders(seize.slots(), to.nodeId());
                nodes.seize(to.redis(), seize.slots(), to.nodeId());
                for (NodeState one : masters(view)) {
                    nodes.seize(one.redis(), seize.slots(), to.nodeId());   // replicas take no such order, and hear of it from their masters
                }
            }
            case Step.Gather gather -> nodes.gather(node(state(view, gather.from())), node(state(view, gather.to())), gather.slots());
            case Step.Move move -> throw new IllegalStateException();
        }
    }

    private static List<NodeState> masters(ClusterView view) {
        return view.states().stream().filter(s -> s.usable() && s.topology().myself().isMaster() && !s.topology().isAlone()).toList();
    }

    /** Not before the others were asked for keys of it: whoever has some was to get the slot, or has begun to, and gets the rest. */
    private void close(ClusterView view, NodeState at, int slot) throws Nodes.Failed {
        for (NodeState other : masters(view)) {
            boolean owns = other.topology().myself().slots().contains(slot);
            if (other != at && !owns && at.topology().myself().slots().contains(slot) && !nodes.keys(other.redis(), Slots.of(slot)).isEmpty()) {
                byHand.orders(Slots.of(slot), other.nodeId());
                List<Nodes.Node> others = masters(view).stream().filter(n -> n != at && n != other).map(Shaper::node).toList();
                nodes.move(node(at), node(other), Slots.of(slot), others, (slots, keys) -> journal.moved(slots, keys), office::leads);
                return;
            }
        }
        nodes.stable(at.redis(), slot);
    }

    private void handOver(ClusterView view, Step.Promote to, Reason why) throws Nodes.Failed {
        long start = clock.getAsLong();
        nodes.promote(at(view, to.pod()), false);
        journal.note(Act.HANDED_OVER, why, -1, "a shard to " + to.pod() + " after " + (clock.getAsLong() - start) / MS + " ms");
    }

    /**
     * A node that leaves may have been elected since it was looked at, or have been handed slots: an owner is never forgotten. Nor is a replica
     * whose master has just gone, maybe with its volume: it may be the only one that has their data, and nobody votes for whom he does not know.
     */
    private void lookAgain(ClusterView view, String nodeId) throws Nodes.Failed {
        NodeState one = of(view, nodeId);
        ClusterNode me = one == null || !one.usable() ? null : nodes.topology(one.redis()).myself();
        if (me == null) {
            return;
        }
        if (me.ownsSlots()) {
            throw new Nodes.Failed(one.pod() + " owns slots by now: it is not forgotten");
        }
        if (!me.importing().isEmpty()) {
            throw new Nodes.Failed(one.pod() + " is being given slots by now: it is not forgotten");
        }
        Slots copied = me.isReplica() ? one.topology().node(me.master()).map(ClusterNode::slots).orElse(Slots.NONE) : Slots.NONE;
        NodeState master = of(view, me.master());
        if (!copied.isEmpty() && (master == null || nodes.topology(master.redis()).owners().stream().noneMatch(n -> n.isMyself() && n.id().equals(me.master())))) {
            throw new Nodes.Failed(one.pod() + " stays: its master has just gone, and nobody else may have the data of slots " + copied);
        }
    }

    /** Side by side: each has a source of its own. */
    private void move(ClusterView view, List<Step.Move> moves) throws Nodes.Failed, InterruptedException {
        if (moving == null) {
            moving = new Moving(Shaping.slotsToMove(view), clock.getAsLong());
            journal.note(Act.SLOTS_MOVING, Reason.SHAPE_WANTED, -1, moving.total == 0 ? "that an earlier move left open" : Integer.toString(moving.total));
        }
        moving.outstanding(Shaping.slotsToMove(view));
        List<Nodes.Node> masters = view.states().stream().filter(s -> s.usable() && s.topology().myself().isMaster()).map(Shaper::node).toList();
        for (Step.Move move : moves) {
            byHand.orders(move.slots(), state(view, move.to()).nodeId());
        }
        Slots all = moves.stream().map(Step.Move::slots).reduce(Slots.NONE, Slots::plus);
        Map<Step.Move, Nodes.Failed> failures = new HashMap<>();
        List<Thread> threads = new ArrayList<>();
        for (Step.Move move : moves) {
            Nodes.Node from = node(state(view, move.from()));
            Nodes.Node to = node(state(view, move.to()));
            List<Nodes.Node> others = masters.stream().filter(n -> !n.equals(from) && !n.equals(to)).toList();
            threads.add(Thread.ofPlatform().name("move-" + move.from()).daemon().start(() -> {
                try {
                    nodes.move(from, to, move.slots(), others, (slots, keys) -> report(move, slots, keys), undisturbed(view, from, to, all));
                } catch (Nodes.Failed e) {
                    synchronized (failures) {
                        failures.put(move, e);
                    }
                }
            }));
        }
        for (Thread one : threads) {
            one.join();
        }
        moves.forEach(move -> ownedAt.put(move.from(), clock.getAsLong()));
        if (!failures.isEmpty()) {
            throw failures.values().iterator().next();
        }
    }

    /** This pod leads, and nobody else moves slots of the two: looked for several times a second, from one thread. */
    private BooleanSupplier undisturbed(ClusterView before, Nodes.Node from, Nodes.Node to, Slots slots) {
        long[] lookedAt = {clock.getAsLong() - LOOK_FOR_OTHERS};
        return () -> {
            if (!office.leads()) {
                return false;
            }
            if (clock.getAsLong() - lookedAt[0] < LOOK_FOR_OTHERS) {
                return true;
            }
            lookedAt[0] = clock.getAsLong();
            try {
                return !ByHand.disturbs(slots, before, nodes.topology(from.redis()), nodes.topology(to.redis()));
            } catch (Nodes.Failed e) {
                LOG.debug("whether anybody else moves slots is not known: {}", e.getMessage());
                return true;   // who does not answer lets nobody move anything
            }
        };
    }

    private void report(Step.Move move, int slots, long keys) {
        journal.moved(slots, keys);
        Moving now = moving;
        if (now != null) {
            Progress seen = now.moved(move.from() + " to " + move.to(), slots, keys, clock.getAsLong());
            progress = seen;
            if (now.due(clock.getAsLong(), SAY_EVERY)) {
                LOG.info("moved {} slots, {} keys/s{}", seen.total() == 0 ? "the keys of open" : seen.done() + " of " + seen.total(), seen.keysPerSecond(), seen.secondsLeft() < 0 ? "" : ", " + seen.secondsLeft() + " s left");
            }
        }
    }

    private void moved(ClusterView view) {
        progress = null;
        if (moving != null) {
            long took = Math.max(1, (clock.getAsLong() - moving.start) / MS);
            journal.note(Act.SLOTS_MOVED, Reason.SHAPE_WANTED, -1, (moving.total == 0 ? "left open" : moving.total) + " with " + moving.keys() + " keys in " + took / 1000 + "." + took / 100 % 10 + " s");
            moving = null;
        }
    }

    private static Address at(ClusterView view, String pod) throws Nodes.Failed {
        return state(view, pod).redis();
    }

    private static NodeState state(ClusterView view, String pod) throws Nodes.Failed {
        return view.of(pod).orElseThrow(() -> new Nodes.Failed(pod + " does not answer any more"));
    }

    private static Nodes.Node node(NodeState state) {
        return new Nodes.Node(state.nodeId(), state.pod(), state.redis());
    }

    private static <T> T answer(CompletableFuture<T> future, T otherwise) throws InterruptedException {
        try {
            return future.get(5, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.debug("no answer: {}", e.toString());
            return otherwise;
        }
    }

    /** How far the slots are that have to move. */
    private static final class Moving {

        private static final long WINDOW = 5_000 * MS;

        private final int total;
        private final long start;
        private int done;
        private long keys;
        private long windowStart;
        private long windowKeys;
        private int windowDone;
        private long rate;
        private double slotRate;
        private long saidAt;

        Moving(int total, long now) {
            this.total = total;
            this.start = now;
            windowStart = now;
            saidAt = now;
        }

        synchronized void outstanding(int left) {
            done = Math.max(0, total - left);
        }

        synchronized Progress moved(String what, int slots, long moved, long now) {
            done = Math.min(total, done + slots);
            keys += moved;
            windowKeys += moved;
            windowDone += slots;
            long took = now - windowStart;
            if (took >= WINDOW || rate == 0 && took > 200 * MS) {
                rate = windowKeys * 1_000 / Math.max(1, took / MS);
                slotRate = windowDone * 1_000.0 / Math.max(1, took / MS);
                windowStart = now;
                windowKeys = 0;
                windowDone = 0;
            }
            return new Progress(what, done, total, keys, rate, slotRate <= 0 ? -1 : (long) Math.ceil((total - done) / slotRate));
        }

        synchronized long keys() {
            return keys;
        }

        synchronized boolean due(long now, long every) {
            if (now - saidAt < every) {
                return false;
            }
            saidAt = now;
            return true;
        }
    }
}
