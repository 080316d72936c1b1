package io.redisha.loop.sentinel;

import io.redisha.decide.Failover;
import io.redisha.decide.Stillness;
import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Asking;
import io.redisha.decide.sentinel.Belief;
import io.redisha.decide.sentinel.Differences;
import io.redisha.decide.sentinel.Fitness;
import io.redisha.decide.sentinel.Following;
import io.redisha.decide.sentinel.Forgetting;
import io.redisha.decide.sentinel.Forgetting.Wanted;
import io.redisha.decide.sentinel.Founding;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.decide.sentinel.Sight;
import io.redisha.decide.sentinel.Step;
import io.redisha.loop.Dataset;
import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.Keeping;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.Patience;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Publisher;
import io.redisha.loop.Remarks;
import io.redisha.loop.Renewable;
import io.redisha.loop.Seat;
import io.redisha.loop.Server;
import io.redisha.loop.Snapshot;
import io.redisha.loop.StateStore;
import io.redisha.loop.Stray;
import io.redisha.loop.WriteBlockers;
import io.redisha.model.Address;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.SentinelView;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The agent of a redis pod over whom sentinels watch: has its server be what a majority of them says, tells them of a server that died, and
 * keeps them from promoting one whose data is not whole.
 *
 * <p>It runs on one thread and never blocks.
 */
public final class DataMember implements Renewable {

    /**
     * Who this is.
     *
     * @param redis by IP
     */
    public record Self(Identity identity, Address redis) {}

    /** What it acts through. */
    public record Ports(LeaseStore leases, Siblings siblings, Server server, Sentinels sentinels, Publisher publisher, Journal journal, StateStore states) {}

    /**
     * What the user decided.
     *
     * @param replicas   redis pods, until the StatefulSet says something else
     * @param watchers   sentinels, likewise
     * @param quorum     0 = the majority of those
     * @param priority   replica-priority of a server whose data is whole
     * @param persistent data is meant to survive the loss of every process
     * @param handover   budget of a planned change of master, ns
     */
    public record Policy(Hosts redis, Hosts sentinels, int replicas, int watchers, int quorum, int priority, boolean persistent, long handover, Timings timings) {}

    private static final long MS = Timings.MS;
    /** A sentinel is asked each second: one that has not answered for this long counts for none. */
    static final long FRESH = 3_000 * MS;
    private static final long ASK = 1_000 * MS;
    private static final long ASK_SOON = 100 * MS;
    /** How old an answer of a sibling may be to be decided upon. */
    private static final long HEARD = 1_500 * MS;
    private static final long AGAIN = 500 * MS;
    private static final long LAGGING = 5_000 * MS;
    /** A replica that is silent for so long is no use to anybody. */
    private static final long SILENT = 2_000 * MS;
    private static final long ABSENT = 10_000 * MS;
    /** How long a preference holds that nobody takes back. */
    private static final long PREFERRED = 20_000 * MS;
    /** A master that refuses writes for so long hands over. */
    private static final long REFUSED = 3_000 * MS;
    /** Between two resets of sentinels. */
    private static final long RESET = 3_000 * MS;
    /** Release with fewer redis pods than this: a master without a replica accepts writes (rule S5). */
    private static final int LIMITED = 3;

    private record Heard(MemberState state, long at) {}

    private final Self self;
    private final String pod;
    private final Policy policy;
    private final Ports ports;
    private final LongSupplier clock;
    private final Seat seat;
    private final Dataset dataset;
    private final Keeping keeping;
    private final Remarks remarks;
    private final WriteBlockers blockers;
    private final Stray stray = new Stray();
    private final Handover handover;
    private final long booted;

    private int replicas;
    private int watchers;
    private ServerView server;
    private final Patience patience;
    private long roleSince;
    private Fitness fitness = Fitness.NONE;
    private long preferredUntil;
    private long priorityAt;
    private long linkedAt;

    private final Map<String, SentinelView> views = new TreeMap<>();
    private Belief belief;
    /** What was believed last; a majority that can't be reached takes nothing of it back. */
    private Belief last;
    /** Why a server of this pod would be master now. */
    private Reason named = Reason.SENTINELS_AGREE;
    private long since;
    private long troubled;
    private long changed;
    private boolean calm = true;
    private long stirredAt;

    private final Map<String, Heard> siblings = new HashMap<>();
    private List<PodView> pods;
    private List<PodView> sentinelPods;
    private List<Peer> peers = List.of();
    private List<Peer> sentinels = List.of();
    private String revision = "";
    private long askedAt;

    /** The server is the master and was told to be. */
    private boolean served;
    private Long servedTerm;
    private long publishedAt;
    private boolean published;
    private long ordered;
    private Step order;
    private boolean promoting;
    private long dropUntil;
    private Asking asking = Asking.NONE;
    private long limitedAt;
    private long resetAt;
    private boolean resetting;
    private long silentSince;
    private boolean amending;
    private String refused;
    private boolean stepping;
    private boolean stopping;
    private long stopAt;
    private Runnable stopped;
    private volatile DataSnapshot snapshot;

    public DataMember(Self self, Policy policy, Ports ports, LongSupplier clock, Supplier<Instant> wall) {
        this.self = self;
        this.pod = self.identity.pod();
        this.policy = policy;
        this.ports = ports;
        this.clock = clock;
        replicas = policy.replicas;
        watchers = policy.watchers;
        long now = clock.getAsLong();
        booted = now;
        stirredAt = now;
        seat = new Seat(self.identity, "looks after what the sentinels remember", ports.leases, ports.journal, policy.timings, clock, wall);
        dataset = new Dataset(ports.states.load());
        keeping = new Keeping(ports.states, dataset.data(), now);
        remarks = new Remarks(ports.journal);
        blockers = new WriteBlockers(ports.journal);
        handover = new Handover(ports, policy, pod, clock);
        server = new ServerView(true, null, now);
        patience = new Patience(ports.journal, ports.server::kill, now);
        roleSince = now;
        linkedAt = now;
        since = now;
        troubled = now;
        changed = now;
        silentSince = now;
        askedAt = now - ASK;
        ordered = now - AGAIN;
        priorityAt = now - AGAIN;
        limitedAt = now - AGAIN;
        resetAt = now;
        preferredUntil = now;
        dropUntil = now;
        snapshot = snap(now);
    }

    // ---- inputs, all on the loop's thread

    /** Every 100 ms. */
    public void tick() {
        long now = clock.getAsLong();
        // a state file that names no dataset yet says nothing of what is lost once its server can't load (rule D1)
        seat.tick(!stopping && refused == null, last != null && released() == null);
        if (now - askedAt >= (calm ? ASK : now - stirredAt < ABSENT ? ASK_SOON : ASK / 2)) {
            ask(now);
        }
        if (now - dropUntil < 0) {
            ports.server.dropClients();
        }
        step();
        relink(sight(now), now);
        letGo(now);
        office(now);
        mind(now);
        patience.tells(serves() && !stopping, server.at(), pod, term(), now);
        save(now, false);
        snapshot = snap(now);
    }

    public void onServer(ServerView view) {
        long now = clock.getAsLong();
        ServerInfo before = server.info();
        boolean died = server.running() && !view.running();
        server = view;
        if (view.running()) {
            patience.sees(view.at(), view.pulse());
        }
        if (!view.running()) {
            if (dataset.runId() != null && !stopping) {
                ports.journal.note(Act.SERVER_DIED, Reason.SERVER_DIED, term(), view.end());
            }
            dataset.gone();
            blockers.gone(view.end(), now);
            fitness = Fitness.NONE;
            served = false;
            handover.fail("the server died");
            if (died) {
                ask(now);
            }
        } else if (view.info() != null) {
            ServerInfo info = view.info();
            boolean same = before != null && before.runId().equals(info.runId()) && before.role() == info.role() && Objects.equals(before.master(), info.master());
            if (!same) {
                roleSince = now;
            }
            if (before == null || !before.runId().equals(info.runId())) {
                served = false;   // whatever runs now booted read-only (B1)
            }
            learn(info, now);
            blockers.sees(WriteBlockers.Seen.of(info), term(), now);
        }
        step();
    }

    /** The redis pods. */
    public void onPods(List<PodView> seen) {
        pods = seen;
        List<Peer> next = new ArrayList<>();
        for (PodView p : seen) {
            if (p.id().equals(self.identity.member())) {
                revision = p.revision();
            }
            if (p.ip() != null && !p.id().pod().equals(pod)) {
                next.add(new Peer(p.id().pod(), p.ip()));
            }
        }
        peers = next;
        siblings.keySet().retainAll(seen.stream().map(p -> p.id().pod()).toList());
        step();
    }

    public void onSentinelPods(List<PodView> seen) {
        sentinelPods = seen;
        watch(seen.stream().filter(p -> p.ip() != null).map(p -> new Peer(p.id().pod(), p.ip())).toList());
    }

    /** Where redis pods may be found while the API server has not told: names or addresses of the headless Service. */
    public void onNames(List<Peer> found) {
        if (pods == null) {
            peers = found.stream().filter(p -> !p.pod().equals(pod)).toList();
        }
    }

    /** Likewise for sentinels. */
    public void onSentinelNames(List<Peer> found) {
        if (sentinelPods == null) {
            watch(found);
        }
    }

    private void watch(List<Peer> found) {
        if (!found.equals(sentinels)) {
            sentinels = found;
            ports.sentinels.watch(found);
        }
    }

    public boolean knowsPods() {
        return pods != null && sentinelPods != null;
    }

    /** What sentinels have answered; of each that is not in it the last answer holds. */
    public void onSentinels(List<SentinelView> answers) {
        for (SentinelView v : answers) {
            SentinelView known = views.get(v.pod());
            if (known == null || v.at() - known.at() >= 0) {
                views.put(v.pod(), v);
            }
        }
        step();
    }

    /** How many pods the StatefulSets are to have. */
    public void onWanted(int wantedReplicas, int wantedWatchers) {
        replicas = wantedReplicas;
        watchers = wantedWatchers;
    }

    public MemberState onAsk() {
        return state();
    }

    /** @return null for done, else why not */
    public String onPrefer(boolean preferred) {
        if (preferred && (!server.answering() || server.info().loading() || server.info().receiving() || stopping || refused != null)) {
            return pod + " is not ready to be the master";
        }
        preferredUntil = clock.getAsLong() + (preferred ? PREFERRED : 0);
        mind(clock.getAsLong());
        return null;
    }

    /**
     * @param to      null = whoever is best
     * @param outcome null for done, else why not
     */
    public void onSwitchover(String to, Consumer<String> outcome) {
        if (!serves() || handover.isUnderWay()) {
            outcome.accept(handover.isUnderWay() ? "a handover is under way" : "this pod is not the master");
            return;
        }
        Peer target = target(sight(clock.getAsLong()), to);
        if (target == null) {
            outcome.accept(to == null ? "no replica is in sync" : to + " is not a replica in sync");
            return;
        }
        handover.begin(target, Reason.SWITCHOVER, outcome);
        step();
    }

    /** @param whenSafe the server may be stopped */
    public void onStop(Runnable whenSafe) {
        stopping = true;
        stopped = whenSafe;
        stopAt = clock.getAsLong();
        seat.release(() -> { });
        step();
    }

    @Override
    public boolean mayBeginAnew(boolean begins) {
        long now = clock.getAsLong();
        believe(now);
        boolean may = refused == null && Following.mayBeginAnew(sight(now));
        if (may && begins) {
            dataset.takes(dataset.data().datasetId());
            ports.states.save(dataset.onDisk());   // also if it says so already: whoever waits for it has not seen it written
        }
        return may;
    }

    @Override
    public boolean isWhole() {
        return dataset.onDisk().complete();
    }

    /** From any thread. */
    public DataSnapshot snapshot() {
        return snapshot;
    }

    /** Before the server is stopped for good. */
    public void saveClean() {
        save(clock.getAsLong(), true);
    }

    // ---- observe

    private void learn(ServerInfo info, long now) {
        dataset.see(info);
        // an hour without a majority changes nothing about whose data this is
        Sight sight = sight(now);
        String master = belief != null ? sight.master() : last != null ? last.pod() : null;
        long epoch = last == null ? 0 : Objects.equals(master, last.pod()) ? last.epoch() : last.epoch() + 1;
        boolean follows = master != null && !master.equals(pod) && info.role() == Role.REPLICA && sight.follows(info, master) && !strayed(sight, info, master);
        if (info.role() == Role.MASTER && pod.equals(master)) {
            dataset.leads(datasetId(), epoch, info);
        } else if (follows || info.role() == Role.REPLICA && info.syncing()) {
            dataset.follows(datasetId(), epoch, info);
        } else {
            dataset.goesOn(info);
        }
        if (info.linkUp() || info.role() == Role.MASTER) {
            linkedAt = now;
        }
        fitness = fitness.see(info, belief, follows && master.equals(last.pod()), leftBehind(now));
    }

    private static boolean strayed(Sight sight, ServerInfo replica, String master) {
        MemberState there = sight.of(master);
        return there != null && there.writable() && Stray.is(replica, there.server().replid());
    }

    private void relink(Sight sight, long now) {
        String master = belief == null ? null : sight.master();
        boolean astray = master != null && !master.equals(pod) && server.answering() && sight.follows(server.info(), master) && strayed(sight, server.info(), master);
        if (stray.isLasting(astray, now)) {
            Stray.linkAnew(ports.server, sight.address(master));
            ports.journal.note(Act.FOLLOWING, Reason.HISTORY_DIFFERS, term(), master);
        }
    }

    private boolean leftBehind(long now) {
        return last != null && now - linkedAt > LAGGING && fresh(now).stream().anyMatch(m -> m.id().pod().equals(last.pod()) && m.writable());
    }

    /** Of the release; what the own data has as long as nobody says. */
    private String datasetId() {
        String known = released();
        return known != null ? known : dataset.data().datasetId();
    }

    private String released() {
        LeaseRecord record = seat.record();
        if (record != null && record.datasetId() != null) {
            return record.datasetId();
        }
        return last == null ? null : siblings.values().stream().map(Heard::state).filter(m -> m.id().pod().equals(last.pod()) && m.open()).map(m -> m.data().datasetId())
                .filter(Objects::nonNull).findFirst().orElse(null);
    }

    private List<SentinelView> answers(long now) {
        return views.values().stream().filter(v -> v.answering() && now - v.at() <= FRESH && MemberId.ordinal(v.pod()) < watchers).toList();
    }

    private List<MemberState> fresh(long now) {
        return siblings.values().stream().filter(h -> now - h.at <= HEARD).map(Heard::state).toList();
    }

    private void believe(long now) {
        belief = Belief.of(answers(now), watchers, last, policy.redis);
        if (belief != null && !belief.equals(last)) {
            named = last == null ? Reason.SENTINELS_AGREE : switched(now);
            last = belief;
            since = now;
            troubled = now;
            silentSince = now;
            asking = Asking.NONE;
            preferredUntil = now;
            remarks.forget();
            // what was in sync with the master of another epoch may have more than this one: it is fit again when it is linked to this one
            fitness = fitness.see(server.info(), belief, false, false);
            ports.server.look();
            ask(now);
        }
        boolean me = last != null && pod.equals(last.pod());
        if (last == null || stopping || (me ? state().writable() : isHeard(now, last.pod()))) {
            silentSince = now;
        }
        if (belief == null || !me || state().writable()) {
            troubled = now;
        }
        if (!Sight.changing(answers(now), belief)) {
            changed = now;
        }
    }

    private boolean isHeard(long now, String who) {
        return fresh(now).stream().anyMatch(m -> m.id().pod().equals(who));
    }

    private Sight sight(long now) {
        Map<String, String> addresses = new HashMap<>();
        peers.forEach(p -> addresses.put(p.pod(), p.host()));
        addresses.put(pod, self.redis.host());
        Set<String> present = null;
        if (pods != null) {
            present = new HashSet<>();
            for (PodView p : pods) {
                if (p.ip() != null && !p.terminating()) {
                    present.add(p.id().pod());
                }
            }
        }
        LeaseRecord record = seat.record();
        boolean newborn = !policy.persistent || record != null && record.empty();
        boolean had = record != null && record.datasetId() != null && !record.empty();
        return new Sight(now, policy.redis, replicas, state(), server, patience.stillness(), roleSince, belief, since, served, answers(now), fresh(now), now - silentSince, addresses, present, newborn,
                had, released(), troubled, changed);
    }

    private void ask(long now) {
        askedAt = now;
        for (Peer p : peers) {
            ports.siblings.ask(p, state -> {
                if (state.id().pod().equals(p.pod())) {
                    siblings.put(p.pod(), new Heard(state, clock.getAsLong()));
                    step();
                }
            });
        }
    }

    // ---- decide, act

    private void step() {
        if (stepping) {
            return;
        }
        stepping = true;
        try {
            long now = clock.getAsLong();
            patience.ticks(now);
            believe(now);
            Sight sight = sight(now);
            act(Following.decide(sight), sight, now);
            handover.step(sight, served);
            relieve(sight, now);
            leave(sight, now);
        } finally {
            stepping = false;
        }
    }

    private void act(Step step, Sight sight, long now) {
        boolean was = calm;
        calm = step instanceof Step.Hold && linked() && !handover.isUnderWay() || step instanceof Step.Serve && served && !handover.isUnderWay();
        if (was && !calm) {
            stirredAt = now;
        }
        refused = step instanceof Step.Refuse r ? r.reason().text() + ": " + r.detail() : null;
        switch (step) {
            case Step.Hold hold -> { }
            case Step.Wait wait -> say(Act.WAITING, wait.reason(), wait.detail());
            case Step.Refuse refuse -> {
                say(Act.REFUSED, refuse.reason(), refuse.detail());
                turnAway(now);
            }
            case Step.Serve serve -> {
                if (!stopping || stopped != null) {   // it is being ended, and says nothing new
                    serve(serve.term(), now);
                }
            }
            case Step.Follow follow -> follow(follow, now);
            case Step.Promote promote -> promote(promote, now);
            case Step.AskFailover ask -> askFailover(ask, sight, now);
            case Step.KillServer kill -> patience.end(kill.reason(), term(), now);
        }
    }

    /** The sentinels themselves have servers follow whom they name; one that is a stranger would wipe ours. */
    private void turnAway(long now) {
        if (followsAStranger() && now - ordered >= ASK_SOON) {
            detach(now);
        }
    }

    /** Rule B6: the address of a master that is gone may be given to a pod of another release, and a server connects to it again by itself. */
    private void letGo(long now) {
        // not while a sentinel may be promoting it
        if (pods != null && seat.reachable() && followsAStranger() && now - ordered >= AGAIN && !sight(now).changesStill()) {
            detach(now);
        }
    }

    private boolean followsAStranger() {
        ServerInfo info = server.answering() ? server.info() : null;
        return info != null && info.role() == Role.REPLICA && !info.loading() && !Address.DEAD.equals(info.master()) && policy.redis.podOf(info.master().host()) == null
                && peers.stream().noneMatch(p -> p.host().equals(info.master().host()));
    }

    private void detach(long now) {
        ordered = now;
        order = null;
        ports.server.follow(Address.DEAD);
    }

    private boolean linked() {
        return server.answering() && server.info().linkUp() && belief != null;
    }

    private void serve(long term, long now) {
        boolean news = !served || servedTerm == null || servedTerm != term;
        asking = Asking.NONE;
        if (!served) {
            served = true;
            handover.servesAnew();
            // told by one sentinel before a majority names it: then that is still to come
            ports.journal.note(Act.PROMOTED, pod.equals(last.pod()) ? named : switched(now), term, "offset " + server.info().offset());
            named = Reason.SENTINELS_AGREE;
            dataset.leads(datasetId(), term, server.info());
        }
        if (news || now - publishedAt >= policy.timings.renew()) {
            servedTerm = term;
            publishedAt = now;
            published = true;
            ports.publisher.master(state());
        }
    }

    /** Whether somebody had planned it. */
    private Reason switched(long now) {
        return now - preferredUntil < 0 ? Reason.HANDED_OVER : Reason.SENTINELS_SWITCHED;
    }

    private void follow(Step.Follow follow, long now) {
        if (order instanceof Step.Follow before && before.master().equals(follow.master()) && now - ordered < AGAIN) {
            return;   // what is seen may be from before it was carried out
        }
        order = follow;
        ordered = now;
        boolean was = served;
        served = false;
        servedTerm = null;
        if (follow.fence() || !fitness.isFit()) {
            // one that only follows the same by another name stays fit: its master may just have died
            ports.server.priority(0);
        }
        if (follow.fence()) {
            ports.server.fence(true, () -> { });
            ports.journal.note(was ? Act.DEMOTED : Act.FENCED, follow.reason(), term(), "");
        }
        if (was || follow.fence()) {
            dropUntil = now + 1_000 * MS;   // M7: whoever reconnected before the new address was known everywhere
        }
        if (server.info().empty() && datasetId() != null && !(fitness.isFit() && dataset.holds(datasetId()))) {
            dataset.takes(datasetId());
        }
        ports.server.follow(follow.master());
        ports.journal.note(Act.FOLLOWING, follow.reason(), term(), follow.pod());
        replica();
    }

    private void replica() {
        published = true;
        ports.publisher.replica(state());
    }

    private void promote(Step.Promote promote, long now) {
        if (promoting || order instanceof Step.Promote && now - ordered < AGAIN) {
            return;
        }
        order = promote;
        ordered = now;
        named = promote.reason();
        promoting = true;
        ports.server.promote(promoted -> {
            promoting = false;
            ports.server.look();
        });
    }

    private void askFailover(Step.AskFailover ask, Sight sight, long now) {
        String heir = ask.heir().id().pod();
        String sentinel = asking.next(sight.views(), belief, heir, policy.redis, now);
        if (sentinel == null) {
            return;
        }
        if (asking.pod() == null) {
            ports.journal.note(Act.HANDOVER_STARTED, ask.reason(), term(), "by " + sentinel);
        }
        Asking asked = new Asking(sentinel, now, false);
        asking = asked;
        Runnable order = () -> ports.sentinels.failover(sentinel, refusal -> {
            if (asking == asked && refusal != null) {
                asking = new Asking(sentinel, asked.at(), true);
                say(Act.WAITING, ask.reason(), sentinel + ": " + refusal);
            }
        });
        if (ask.heir().server().priority() != 0) {
            order.run();
        } else if (heir.equals(pod)) {
            onPrefer(true);
            order.run();
        } else if (peer(heir) != null) {
            ports.siblings.prefer(peer(heir), true, why -> {
                if (asking == asked && why == null) {
                    order.run();
                } else if (asking == asked) {
                    asking = new Asking(sentinel, asked.at(), true);
                }
            });
        }
    }

    private Peer target(Sight sight, String wanted) {
        return target(sight, wanted, m -> true);
    }

    private Peer target(Sight sight, String wanted, Predicate<MemberState> able) {
        MemberState target = Handover.target(sight, pods, wanted, able);
        return target == null ? null : peer(target.id().pod());
    }

    private Peer peer(String who) {
        return peers.stream().filter(p -> p.pod().equals(who)).findFirst().orElse(null);
    }

    private void say(Act act, Reason reason, String detail) {
        remarks.say(act, reason, term(), detail, clock.getAsLong());
    }

    private long term() {
        return last == null ? dataset.data().term() : last.epoch();
    }

    // ---- what the own server is told besides

    private void mind(long now) {
        ServerInfo info = server.info();
        if (!server.answering() || info.loading()) {
            return;
        }
        int priority = now - preferredUntil < 0 ? 1 : fitness.isFit() ? policy.priority : 0;
        if (info.role() == Role.REPLICA && info.priority() != priority && now - priorityAt >= (priority == 1 ? ASK_SOON : AGAIN)) {
            priorityAt = now;
            ports.server.priority(priority);
        }
        int limit = replicas >= LIMITED ? 1 : 0;
        if (info.minReplicas() != limit && now - limitedAt >= AGAIN) {
            limitedAt = now;
            ports.server.minReplicas(limit);
        }
        if (!published && last != null && info.role() == Role.REPLICA) {
            replica();   // an earlier run of this pod may have left it labelled as the master
        }
    }

    private void save(long now, boolean clean) {
        keeping.keep(dataset.onDisk(), now, clean);
    }

    // ---- the office

    private void office(long now) {
        if (!seat.leads() || stopping || refused != null) {
            return;
        }
        LeaseRecord record = seat.record();
        if (belief == null) {
            found(record, now);
            return;
        }
        if (belief.pod() == null) {
            return;
        }
        Sight sight = sight(now);
        remember(record, sight);
        Step rescue = Following.rescue(sight);
        if (rescue instanceof Step.AskFailover ask) {
            askFailover(ask, sight, now);
        } else if (rescue instanceof Step.Wait wait) {
            say(Act.WAITING, wait.reason(), wait.detail());
        }
        forget(now);
    }

    private void found(LeaseRecord record, long now) {
        Sight sight = sight(now);
        List<MemberState> all = new ArrayList<>(sight.siblings());
        all.add(sight.me());
        boolean present = now - booted >= ABSENT && sight.present() != null
                && sight.present().stream().allMatch(p -> all.stream().anyMatch(m -> m.id().pod().equals(p)));
        switch (Founding.decide(record, sight.views(), all, replicas, present)) {
            case null -> { }
            case Founding.Outcome.Wait wait -> say(Act.WAITING, Reason.NO_CANDIDATE, wait.detail());
            case Founding.Outcome.Refuse refuse -> say(Act.REFUSED, refuse.reason(), refuse.detail());
            case Founding.Outcome.Found found -> {
                String datasetId = found.datasetId() != null ? found.datasetId() : self.identity.incarnation() + "." + found.first().epoch();
                amend(was -> of(found.first().in(was), datasetId, found.empty()), written -> {
                    if (written) {
                        ports.journal.note(Act.FOUNDED, found.reason(), found.first().epoch(), found.first().pod());
                    }
                });
            }
        }
    }

    /** What the sentinels agree upon is what they shall begin with after all of them have lost their memory. */
    private void remember(LeaseRecord record, Sight sight) {
        Appointment now = belief.appointment();
        MemberState master = sight.siblings().stream().filter(m -> m.id().pod().equals(now.pod())).findFirst().orElse(pod.equals(now.pod()) ? sight.me() : null);
        boolean writable = master != null && master.writable();
        // once there was data the release is no newborn any more; and whoever is master with none, by all rules, makes it one again
        boolean empty = writable ? master.empty() : record.empty();
        String datasetId = record.datasetId() != null || !writable ? record.datasetId()
                : master.data().datasetId() != null ? master.data().datasetId() : self.identity.incarnation() + "." + now.epoch();
        if (!now.equals(Appointment.noted(record)) || empty != record.empty() || !Objects.equals(datasetId, record.datasetId())) {
            amend(was -> of(now.in(was), datasetId, empty), written -> { });
        }
    }

    private void amend(UnaryOperator<LeaseRecord> change, Consumer<Boolean> then) {
        if (!amending) {
            amending = true;
            seat.amend(change, written -> {
                amending = false;
                then.accept(written);
            });
        }
    }

    private static LeaseRecord of(LeaseRecord was, String datasetId, boolean empty) {
        return new LeaseRecord(was.holder(), was.term(), was.mode(), was.members(), datasetId, was.replid(), was.offset(), empty, was.inSync(), was.lastHolder(),
                was.preferred(), was.renewed(), was.notes());
    }

    private void forget(long now) {
        if (resetting || now - resetAt < RESET || pods == null || sentinelPods == null) {
            return;
        }
        Set<String> existing = new HashSet<>();
        pods.forEach(p -> existing.add(p.id().pod()));
        sentinelPods.forEach(p -> existing.add(p.id().pod()));
        String next = Forgetting.next(answers(now), belief, wanted(), existing, resetAt);
        if (next != null) {
            resetting = true;
            ports.sentinels.reset(next, why -> {
                resetting = false;
                resetAt = clock.getAsLong();
                if (why == null) {
                    ports.journal.note(Act.FORGOT, Reason.SCALED_IN, term(), "pods that are gone, at " + next);
                }
            });
        }
    }

    private Wanted wanted() {
        return new Wanted(policy.redis, replicas, policy.sentinels, watchers);
    }

    /** Rule H7. */
    private void relieve(Sight sight, long now) {
        if (!serves() || stopping || !handover.mayBegin() || blockers.refusedFor(now) < REFUSED) {
            return;
        }
        Peer target = target(sight, null, m -> Failover.saves(m.server()));
        if (target != null) {
            blockers.handsOver(now);
            handover.begin(target, Reason.CANNOT_SAVE, outcome -> { });
        }
    }

    // ---- stopping (rules H1-H4)

    private boolean serves() {
        return served && server.answering() && server.info().role() == Role.MASTER;
    }

    private void leave(Sight sight, long now) {
        if (stopped == null) {
            return;
        }
        boolean late = now - stopAt > policy.handover;
        if (serves() && !late) {
            if (!handover.isUnderWay() && !handover.isHandedOver()) {
                Peer target = target(sight, null);
                boolean alone = haveAnswered(now) && sight.siblings().stream().allMatch(MemberState::stopping);
                if (target != null && handover.mayBegin()) {
                    handover.begin(target, Reason.POD_STOPS, outcome -> { });
                } else if (target == null && alone && belief != null) {
                    gone();   // every sibling is stopping too, or there is none
                }
            }
            return;
        }
        // clients of the sentinels are told of the new master only when those have agreed
        if (late || !handover.isHandedOver() || belief != null && !pod.equals(belief.pod())) {
            gone();
        }
    }

    /** All that can be asked, since this pod was told to stop; or they do not answer. */
    private boolean haveAnswered(long now) {
        return now - stopAt > HEARD || peers.stream().map(p -> siblings.get(p.pod())).allMatch(h -> h != null && h.at - stopAt >= 0);
    }

    private void gone() {
        Runnable then = stopped;
        stopped = null;
        if (served) {
            served = false;
            handover.fail("the pod stops");
            ports.server.stopWrites(obeyed -> then.run());   // H4; one that is slow stops them when it is told to end, and saves
            replica();
        } else {
            then.run();
        }
    }

    // ---- what others are told

    private MemberState state() {
        boolean open = belief != null && pod.equals(belief.pod()) && server.answering() && server.info().role() == Role.MASTER;
        return new MemberState(self.identity.member(), self.redis, last == null ? dataset.data().term() : Math.max(last.epoch(), servedTerm == null ? 0 : servedTerm),
                seat.leads(), open, server.holds(clock.getAsLong(), SILENT), server.info(), dataset.data(), revision, stopping);
    }

    private DataSnapshot snap(long now) {
        String unready = unready();
        List<Snapshot.Sibling> others = new ArrayList<>();
        siblings.values().forEach(h -> others.add(new Snapshot.Sibling(h.state, h.at)));
        List<SentinelView> seen = new ArrayList<>();
        for (int i = 0; i < watchers; i++) {
            SentinelView v = views.get(policy.sentinels.pod(i));
            seen.add(v != null && now - v.at() <= FRESH ? v : SentinelView.silent(policy.sentinels.pod(i), v == null ? booted : v.at()));
        }
        List<String> problems = new ArrayList<>();
        if (unready != null) {
            problems.add(pod + ": " + unready);
        }
        blockers.problems(now).forEach(problem -> problems.add(pod + ": " + problem));
        problems.addAll(seat.problems());
        problems.addAll(Differences.of(seen, belief, wanted(), Belief.quorum(policy.quorum, watchers)));
        List<PodView> all = new ArrayList<>(pods == null ? List.of() : pods);
        all.addAll(sentinelPods == null ? List.of() : sentinelPods);
        LeaseRecord record = seat.record();
        String office = seat.leads() ? pod : record == null || record.released() ? null : record.holder().pod();
        return new DataSnapshot(now, state(), unready == null, unready == null ? "" : unready, last == null ? null : last.pod(), last == null ? 0 : last.epoch(), belief != null, serves(),
                office, record == null ? 0 : record.term(), roleSince, seat.reachable(), replicas, List.copyOf(others), List.copyOf(seen), List.copyOf(all), List.copyOf(problems));
    }

    /** Rule P2 in words; null = ready. Sentinels that can't be asked for a while make nobody unready. */
    private String unready() {
        if (refused != null) {
            return refused;
        }
        if (stopping) {
            return "stopping";
        }
        if (!server.answering()) {
            return server.running() ? "the server does not answer yet" : "the server is not running";
        }
        if (server.info().loading()) {
            return "the server is loading its data";
        }
        String silent = Stillness.problem(clock.getAsLong(), server.at());
        if (silent != null) {
            return silent;
        }
        if (last == null) {
            return "no majority of the sentinels has named a master yet";
        }
        if (serves()) {
            return null;
        }
        if (pod.equals(last.pod())) {
            return "named as the master, but not promoted yet";
        }
        if (!server.info().linkUp()) {
            return server.info().syncing() ? "a full sync from " + last.pod() + " is under way" : "not linked to " + last.pod();
        }
        return null;
    }
}
