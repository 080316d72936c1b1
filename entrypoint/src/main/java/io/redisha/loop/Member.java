package io.redisha.loop;

import io.redisha.decide.Anew;
import io.redisha.decide.Chances;
import io.redisha.decide.Decision;
import io.redisha.decide.Failover;
import io.redisha.decide.LeaseSight;
import io.redisha.decide.Observation;
import io.redisha.decide.Policy;
import io.redisha.decide.Promise;
import io.redisha.decide.Stillness;
import io.redisha.decide.Tenure;
import io.redisha.decide.Tenure.Phase;
import io.redisha.decide.Validity;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.LeaseStore.Read;
import io.redisha.loop.LeaseStore.Write;
import io.redisha.loop.Peers.Peer;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Mode;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import io.redisha.model.Vote;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * One member of a release: keeps what it has seen and promised, lets {@link Failover} decide, and acts.
 *
 * <p>Runs on one thread and never blocks: every call that leaves the process goes through a port and its answer comes back as an
 * input. So a hung API server or sibling delays nothing, and the simulation runs this very class.
 */
public final class Member implements Renewable {

    /**
     * Who this is.
     *
     * @param restarted whether an earlier container of this very pod may have voted
     */
    public record Self(Identity identity, Address redis, boolean restarted) {}

    /** What it acts through. */
    public record Ports(LeaseStore leases, Peers peers, Server server, Publisher publisher, Journal journal, StateStore states) {}

    private static final long MS = Timings.MS;
    private static final long ABSENT = 20_000 * MS;
    /** A replica that is silent for so long is no use to anybody. */
    private static final long SILENT = 2_000 * MS;
    /** A server that is asked answers in half a second, or not. */
    private static final long ASKED = 600 * MS;
    /** A server that can be fenced over the network is by then. */
    private static final long FENCED = 300 * MS;
    /** A server detaches within a round trip or two, unless it is busy. */
    private static final int AGAIN = 40;
    /** An API server that is busy, or fails, may say so in a millisecond: a Lease is not taken or made again sooner than this. */
    private static final long TAKE_AGAIN = 300 * MS;

    private enum Kind { TAKE, RENEW, RELEASE }

    /** @param version that it replaces, null if it makes the Lease */
    private record Pending(Kind kind, LeaseRecord record, String version, Reason reason, long sent) {}

    /** What the server held when it had been fenced, at the end of that term. */
    private record Fenced(long term, ServerInfo server) {}

    /** @param asked when the question was sent that it answers, monotonic ns */
    private record Heard(MemberState state, long asked, long at, boolean accepted) {}

    private record Handover(String target, Reason reason, long started, long deadline, long offset, CatchUp catchUp, Consumer<String> outcome) {}

    private final Self self;
    private final Policy policy;
    private final Timings timings;
    private final Ports ports;
    private final Gate gate;
    private final LongSupplier clock;
    private final Supplier<Instant> wall;
    private final Function<Observation, Decision> failover;
    private final long booted;

    private ServerView server;
    private final Patience patience;
    private final Dataset dataset;
    private final Keeping keeping;
    private final Extension extension;
    private final Loads loads = new Loads();
    private final Permission permission = new Permission();
    private final Remarks remarks;
    private final WriteBlockers blockers;
    private final LossLimit loss;
    private long roleCommand = Validity.NEVER;
    private Promise promise;
    private Heartbeat leader;
    private long leaderAt = Validity.NEVER;
    /** The last open leader heard: whose data the server holds if it follows that address, also when the leader is gone by now. */
    private Heartbeat source;
    private Tenure tenure;
    private final List<Validity.Config> configs = new ArrayList<>();
    private final Acknowledged acked = new Acknowledged();
    private long renewed = Validity.NEVER;
    private long firstTerm;
    private int reign;
    private LeaseSight lease;
    /** It has seen a Lease, which is what rule L10 asks for once it is gone; one that it could not create is none. */
    private boolean known;
    private boolean reading;
    private long readAt = Validity.NEVER;
    private long writeAnswered = Validity.NEVER;
    private Pending pending;
    private final Refusal refusal;
    /** When a Lease was last to be taken or made. */
    private long takenAt = Validity.NEVER;
    private long releasedAt = Validity.NEVER;
    private LeaseRecord attempted;
    private boolean doubtful;
    private Runnable afterWrite;
    private Fenced fenced;
    private final Map<String, Heard> siblings = new HashMap<>();
    private List<PodView> pods;
    private String revision = "";
    private List<Peer> peers = List.of();
    private final Map<MemberId, Long> missingSince = new HashMap<>();
    private long spell;
    private long askedAt = Validity.NEVER;
    private long ballot;
    private long ballotAt = Validity.NEVER;
    /** Of the Lease: votes were given against this leader, and not against a later one. */
    private String ballotVersion;
    private final Set<MemberId> votes = new HashSet<>();
    private Chances chances = Chances.NONE;
    private long sequence;
    private long beatAt = Validity.NEVER;
    private Handover handover;
    private Consumer<String> switched;
    private boolean stopping;
    /** It is being asked to stop its writes, see {@link Server#stopWrites}. */
    private boolean closing;
    private long stopBy;
    private Runnable stopped;
    private Role published;
    private long roleSince;
    private String refused;
    /** Why the API server is of no use now, null if it is. */
    private String apiProblem;
    private long apiLostAt = Validity.NEVER;
    private long dropUntil = Validity.NEVER;
    /** What was last ordered of min-replicas-to-write in this term, and when. */
    private int limited;
    private long limitAt = Validity.NEVER;
    private Address following;
    private final Stray stray = new Stray();
    private final Detachment detachment;
    private boolean demoted;
    private boolean stepping;
    private volatile Snapshot snapshot;
    /** The lowest term in which it has read the Lease since it was started: whoever leads in a later one took it since, and no vote of before counts against that. */
    private long begun = Long.MAX_VALUE;

    public Member(Self self, Policy policy, Ports ports, Gate gate, LongSupplier clock, Supplier<Instant> wall) {
        this(self, policy, ports, gate, clock, wall, Failover::decide);
    }

    /** @param failover {@link Failover#decide}, through whoever watches it */
    Member(Self self, Policy policy, Ports ports, Gate gate, LongSupplier clock, Supplier<Instant> wall, Function<Observation, Decision> failover) {
        this.self = self;
        this.policy = policy;
        this.timings = policy.timings();
        this.ports = ports;
        this.gate = gate;
        this.clock = clock;
        this.wall = wall;
        this.failover = failover;
        booted = clock.getAsLong();
        server = new ServerView(true, null, booted);
        Data remembered = ports.states().load();
        dataset = new Dataset(remembered.believed());
        if (!dataset.data().equals(remembered)) {
            ports.journal().note(Act.DISBELIEVED, null, -1, "its state file, of term " + remembered.term() + ": its data counts as the oldest");
        }
        // the state file remembers the terms this pod has seen, so that a Lease restored from a backup does not take them back
        promise = Promise.atStart(booted, timings.promise(), dataset.data().term());
        spell = booted;
        roleSince = booted;
        patience = new Patience(ports.journal(), ports.server()::kill, booted);
        keeping = new Keeping(ports.states(), dataset.data(), booted);
        remarks = new Remarks(ports.journal());
        blockers = new WriteBlockers(ports.journal());
        loss = new LossLimit(policy, self.redis, ports.journal());
        refusal = new Refusal(ports.journal(), timings.renew());
        extension = new Extension(timings, booted);
        detachment = new Detachment(ports.server());
        snapshot = snap(booted);
    }

    // ---- inputs, all on the loop's thread

    /** Every 100 ms. */
    public void tick() {
        long now = clock.getAsLong();
        extension.strain().ticks(now);
        if (tenure == null && leader != null && spell == Validity.NEVER && now - leaderAt > 2 * timings.heartbeat() + leader.patience() / 2) {
            spell = now;   // ask around early, so that all is known when the promise runs out
        }
        if (tenure != null) {
            if (now - beatAt >= loss.heartbeat(extension.heartbeat())) {
                beat(now);
            }
            watchMembers(now);
            if (tenure.phase() == Phase.CLOSED) {
                detachment.begin(this::step);
            }
        } else if (spell != Validity.NEVER) {
            if (now - askedAt >= timings.heartbeat()) {
                ask(now);
            }
        }
        if (readDue(now)) {
            read(now);
        }
        if (handover != null && handover.offset < 0 && now > handover.deadline) {
            abortHandover("no answer from the server");
        } else if (handover != null && handover.offset >= 0 && tenure != null && tenure.phase() == Phase.OPEN) {
            pollTarget(true);
        }
        if (now < dropUntil) {
            ports.server().dropClients();
        }
        relink(now);
        letGo(now);
        step();
        patience.tells(server.answering() && tenure != null && tenure.phase() == Phase.OPEN && !stopping, server.at(), self.identity.pod(), term(), now);
        loss.tells(tenure != null && tenure.phase() == Phase.OPEN, term(), now);
        save(now, false);
        snapshot = snap(now);
    }

    public void onServer(ServerView view) {
        long now = clock.getAsLong();
        if (!view.running()) {
            server = view;
            gate.close();
            if (tenure != null && tenure.phase() != Phase.CLOSED) {
                tenure = tenure.in(Phase.CLOSED);   // a dead server accepts no writes
            }
            if (handover != null) {
                failHandover("the server died");
            }
            if (dataset.runId() != null && !stopping) {
                ports.journal().note(Act.SERVER_DIED, Reason.SERVER_DIED, term(), view.end());
            }
            dataset.gone();
            blockers.gone(view.end(), now);
            step();
            return;
        }
        patience.sees(view.at(), view.pulse());
        boolean loaded = server.info() != null && server.info().loading() && view.info() != null && !view.info().loading() && view.info().follows(Address.DEAD);
        if (loaded && tenure == null && spell != Validity.NEVER) {
            calm();
            spell = now;   // B4: it waits for others from now on; while it loaded itself there was nothing to wait for
        }
        if (view.info() != null && roleCommand != Validity.NEVER && view.at() < roleCommand + 20 * MS && view.info().runId().equals(dataset.runId())
                && server.info() != null && view.info().role() != server.info().role()) {
            return;   // asked before a role command was carried out, answered after
        }
        server = view;
        if (view.info() != null) {
            learn(view.info());
            WriteBlockers.Seen seen = WriteBlockers.Seen.of(view.info());
            blockers.sees(policy.maxLoss() > 0 ? seen.replicated() : seen, term(), now);   // with a limit to losses that is what is told
            loss.looks(view);
        }
        step();
        save(now, false);
    }

    /** Its server has cut off an end of its files that it could not read (aof-load-truncated). Of this process, before what it answers; told as often as wished. */
    public void onTornFiles() {
        dataset.torn();
    }

    public void onPods(List<PodView> seen) {
        pods = seen;
        List<Peer> next = new ArrayList<>();
        for (PodView p : seen) {
            if (p.id().equals(self.identity.member())) {
                revision = p.revision();
            }
            if (p.ip() != null && !p.id().pod().equals(self.identity.pod())) {
                next.add(new Peer(p.id().pod(), p.ip()));
            }
        }
        peers = next;
        step();
    }

    /** Where siblings may be found while the API server has not told: names or addresses of the headless Service. */
    public void onNames(List<Peer> found) {
        if (pods == null) {
            peers = found.stream().filter(p -> !p.pod().equals(self.identity.pod())).toList();
        }
    }

    public boolean knowsPods() {
        return pods != null;
    }

    public Heartbeat.Reply onHeartbeat(Heartbeat beat) {
        long now = clock.getAsLong();
        if (tenure != null && beat.term() > tenure.term()) {
            stepDown(Reason.LEASE_LOST);
        }
        if (tenure != null || !promise.accepts(beat.term())) {
            return new Heartbeat.Reply(false, beat.sequence(), state(), 0, permission.asks());
        }
        boolean changed = leader == null || leader.term() != beat.term() || leader.open() != beat.open() || !leader.redis().equals(beat.redis());
        promise = promise.heard(beat.term(), now, timings.promise() + beat.patience());
        leader = beat;
        leaderAt = now;
        source = beat.open() ? beat : source;
        if (beat.open()) {
            chances = chances.led();
            loads.forget();
            detachment.heardOpenLeader();
        }
        calm();
        if (beat.open() && switched != null) {
            switched.accept(null);
            switched = null;
        }
        if (changed) {
            step();
        }
        return new Heartbeat.Reply(beat.open() || detached(beat) && !mayHaveVoted(beat.term(), now), beat.sequence(), state(), beat.patience(), permission.asks());
    }

    /**
     * Rule V6 (finding R9): before it was started it may have voted for a later term, against this very leader, and whoever has that vote may open at any moment.
     * A leader that is open has lapsed before anybody voted against it, and after as long as a member promises this one's Lease is too old or has changed.
     */
    private boolean mayHaveVoted(long term, long now) {
        return self.restarted && term <= begun && now < Math.min(promise.before(), booted + timings.promise() + Timings.MOST_PATIENCE);
    }

    /** A new leader opens only when a quorum can no longer confirm the old leader's writes (V6). */
    private boolean detached(Heartbeat beat) {
        ServerInfo info = server.info();
        boolean same = source != null && beat.leader().equals(source.leader());
        if (same && info != null && server.at() > roleCommand && info.follows(beat.redis())) {
            return true;   // it has led before: its own server is not open, and no other is copied
        }
        detachment.begin(() -> { });
        return detachment.done();
    }

    public Vote.Reply onVote(Vote vote) {
        long now = clock.getAsLong();
        // a leader votes only after it has fenced and given up its term
        boolean granted = tenure == null && promise.grants(vote.term(), now) && !isReplaced(vote.candidate().member());
        if (granted) {
            promise = promise.votes(vote.term());
            detachment.begin(() -> { });   // its offset stays what it is then; who is elected asks for that in its first heartbeat
            known = true;   // whoever asks for votes has read it
        }
        return new Vote.Reply(granted, vote.term(), state());
    }

    /** It was deleted by force, and runs on: another pod has its name (V8). Whoever does not reach the API server may be told of neither. */
    private boolean isReplaced(MemberId member) {
        return apiProblem == null && pods != null && pods.stream().anyMatch(p -> p.id().pod().equals(member.pod()) && !p.id().equals(member));
    }

    /** The server was asked before: if it did not answer that, what it said before may be from before a leader's last writes. */
    public MemberState onAsk() {
        return state(ASKED);
    }

    /** A sibling passes on the Lease that it has just written. */
    public void onTold(LeaseView.Present told) {
        if (tenure != null || lease != null && lease.view() instanceof LeaseView.Present known && told.record().term() < known.record().term()) {
            return;
        }
        long now = clock.getAsLong();
        lease = LeaseSight.see(lease, told, Validity.NEVER, now);
        known = true;
        writeAnswered = now;   // a read that is under way may be older
        refusal.seen(told);
        patience.reads(told.record().kills(), now);
        seen(told, now);
        step();
    }

    /** @param outcome null for done, else why not */
    public void onSwitchover(String to, Consumer<String> outcome) {
        if (tenure == null || tenure.phase() != Phase.OPEN || handover != null) {
            outcome.accept(handover != null ? "a handover is under way" : "this pod is not the master");
            return;
        }
        if (apiProblem != null) {
            outcome.accept(apiProblem);   // V9
            return;
        }
        if (refusal.problem() != null) {
            outcome.accept(refusal.problem());   // nobody could take it
            return;
        }
        Failover.target(observe(clock.getAsLong()), to).ifPresentOrElse(
                target -> handOver(target.id().pod(), Reason.SWITCHOVER, outcome),
                () -> outcome.accept(to == null ? "no replica is in sync" : to + " is not a replica in sync"));
    }

    /** @param whenSafe the server may be stopped */
    public void onStop(Runnable whenSafe) {
        stopping = true;
        stopBy = clock.getAsLong() + timings.handover();
        stopped = whenSafe;
        step();
        finishStop();
    }

    /** As somebody leads whom it can copy, and that one permits it. */
    @Override
    public boolean mayBeginAnew(boolean begins) {
        boolean may = tenure == null && pending == null && !stopping && !server.answering()
                && Anew.isAllowed(leader, promise.runOut(clock.getAsLong()), dataset.data().datasetId());
        if (!may) {
            return false;
        }
        permission.ask();
        if (!self.identity.pod().equals(leader.anew()) && !Heartbeat.ANYBODY.equals(leader.anew())) {
            return false;
        }
        if (begins) {
            dataset.takes(leader.datasetId());
            ports.states().save(dataset.onDisk());
        }
        return true;
    }

    @Override
    public boolean isWhole() {
        return dataset.onDisk().complete();
    }

    /** The watchdog has fenced the server (rule M2). */
    public void onFenced() {
        if (tenure != null) {
            // once more through the server's own queue, so that a promotion which was under way does not come after it
            stepDown(Reason.VALIDITY_LAPSED);
        }
    }

    public Snapshot snapshot() {
        return snapshot;
    }

    /** Before the server is stopped for good. */
    public void saveClean() {
        save(clock.getAsLong(), true);
    }

    // ---- observe, decide, act

    private void step() {
        if (stepping) {
            return;
        }
        stepping = true;
        patience.ticks(clock.getAsLong());
        try {
            for (int i = 0; i < 8; i++) {
                long now = clock.getAsLong();
                if (!act(failover.apply(observe(now)), now)) {
                    break;
                }
            }
        } finally {
            stepping = false;
        }
        finishStop();
    }

    private Observation observe(long now) {
        List<MemberState> fresh = new ArrayList<>();
        boolean rival = false;
        long recent = extension.recent(now);
        long oldest = tenure != null ? now - recent : spell == Validity.NEVER ? now : spell;
        for (Heard h : siblings.values()) {
            if ((tenure == null ? h.asked : h.at) >= oldest && (tenure == null || h.accepted)) {
                fresh.add(h.state);
            }
            loads.hear(h.state, h.at);
            rival |= now - h.at <= recent && h.state.writable();
        }
        Set<MemberId> absent = new HashSet<>();
        missingSince.forEach((id, since) -> {
            if (now - since > ABSENT) {
                absent.add(id);
            }
        });
        boolean current = lease != null && lease.view() instanceof LeaseView.Present p && p.version().equals(ballotVersion);
        LeaseSight sight = tenure == null && lease != null && spell != Validity.NEVER && lease.at() < spell ? null : lease;
        return new Observation(now, policy, self.identity, state(), server, patience.stillness(), promise, tenure, sight, leader, leaderAt, pending != null || doubtful && tenure != null,
                stopping, fresh, rival, pods, spell == Validity.NEVER ? now : spell, booted, votes, current ? ballot : 0, chances, absent, loads.of(now), cleared(now), extension.wanted(tenure == null ? 0 : tenure.record().patience(), now), known,
                loss.age(now), ordered(now), blockers.refusedFor(now), blockers.unreplicatedFor(now));
    }

    /**
     * Rule C6. In mode {@code members} a quorum has detached when this leader is valid; in mode {@code api} nobody may have, so whoever answers is waited
     * for, and so is the fence of the last leader over the network.
     */
    private boolean cleared(long now) {
        if (tenure == null || tenure.phase() != Phase.CLOSED || tenure.reason() == Reason.HANDED_OVER) {
            return true;
        }
        long since = now - tenure.since();
        boolean quorum = tenure.reason() == Reason.MEMBERS_VOTED && tenure.record().mode() == Mode.MEMBERS;
        boolean fencing = !quorum && detachment.fencing() && since < FENCED;
        boolean attached = !quorum && since < timings.lease() / 2 && siblings.values().stream().anyMatch(h -> !h.accepted && now - h.at <= extension.recent(now)
                && tenure.record().counts(h.state.id()) && h.state.running() && h.state.term() == tenure.term());
        return detachment.done() && !fencing && !attached;
    }

    /** True if something changed that is worth deciding upon at once. */
    private boolean act(Decision decision, long now) {
        if (!(decision instanceof Decision.Yield) && tenure == null && !(decision instanceof Decision.Wait) && !(decision instanceof Decision.Hold)
                && !(decision instanceof Decision.ReadLease) && !(decision instanceof Decision.Refuse)) {
            remarks.forget();
        }
        if (!(decision instanceof Decision.Refuse)) {
            refused = null;
        }
        switch (decision) {
            case Decision.Hold hold -> { }
            case Decision.Wait wait -> {
                if (tenure == null && now - spell < 3 * timings.lastHolderWait()) {
                    chances = chances.again();   // C4: a better one has its chance while nothing else stands in the way, but not for ever
                }
                if (stopping && tenure != null && handover == null && (now >= stopBy || alone())) {
                    stopWrites(Reason.POD_STOPS);   // H4
                } else if (tenure == null && wait.reason() != Reason.LEASE_IS_OURS) {
                    say(Act.WAITING, wait.reason(), wait.detail());
                    withoutMaster(wait.reason(), wait.detail(), now);
                }
            }
            case Decision.Yield yield -> {
                if (!chances.since().containsKey(yield.better().id().pod())) {
                    tellThatItIsFree(yield.better().id().pod());
                }
                chances = chances.yields(yield.better().id().pod(), now);
                String detail = yield.better().id().pod() + " is the better candidate";
                say(Act.WAITING, Reason.NO_CANDIDATE, detail);
                withoutMaster(Reason.NO_CANDIDATE, detail, now);
            }
            case Decision.Refuse refuse -> {
                refused = refuse.detail();
                say(Act.REFUSED, refuse.reason(), refuse.detail());
            }
            case Decision.ReadLease read -> {
                if (!reading && now - readAt >= 100 * MS) {
                    read(now);
                }
            }
            case Decision.CallBallot call -> {
                withoutMaster(Reason.MEMBERS_VOTED, "waiting for votes of members that the Lease names", now);
                callBallot(call.term(), now);
            }
            case Decision.Take take -> {
                if (refusal.rests(now) || now - takenAt < TAKE_AGAIN) {
                    return false;
                }
                takenAt = now;
                chances = chances.takes(now, timings.renew());
                promise = promise.votes(take.next().term());   // from now on no leader of a lower term is answered
                ballot = 0;
                write(Kind.TAKE, take.next(), take.version(), take.reason(), now);
            }
            case Decision.Renew renew -> {
                if (!refusal.rests(now) && (handover == null || now - renewed > timings.renewDeadline() / 2)) {
                    write(Kind.RENEW, renew.next(), tenure.version(), null, now);
                }
            }
            case Decision.PassOn on -> {
                chances = chances.handsOn(on.further().id().pod());
                release(on.next(), on.version(), Reason.BETTER_CANDIDATE, now);
            }
            case Decision.Release release -> {
                if (tenure == null && (refusal.rests(now) || now - releasedAt < TAKE_AGAIN)) {
                    return false;
                }
                releasedAt = tenure == null ? now : releasedAt;
                release(release.next(), release.version(), release.reason(), now);
                return false;
            }
            case Decision.Open open -> {
                open(open.reason());
            }
            case Decision.Fence fence -> {
                if (stopping && fence.reason() == Reason.ROLE_LOST) {
                    stopWrites(fence.reason());   // it may have obeyed late: no reason to kill it
                } else {
                    fence(fence.reason());
                }
            }
            case Decision.KillServer kill -> {
                if (refusal.problem() == null) {   // else nobody could take the Lease
                    patience.end(kill.reason(), term(), now);
                }
            }
            case Decision.Follow follow -> follow(follow, now);
            case Decision.LimitWrites limit -> {
                // one that stops writes (M8) waits for none before it, and is taken back half a second later at the earliest
                boolean closes = limit.minReplicas() == Failover.NO_WRITES;
                if (closes ? ordered(now) != Failover.NO_WRITES : ordered(now) < 0) {
                    limitAt = now;
                    limited = limit.minReplicas();
                    ports.server().minReplicas(limited);
                    return closes;   // the Lease may be due as well
                }
            }
            case Decision.HandOver over -> {
                if (handover == null && !closing) {
                    if (over.reason() == Reason.CANNOT_SAVE) {
                        if (apiProblem != null || refusal.problem() != null) {
                            return false;   // V9, and nobody could take it
                        }
                        blockers.handsOver(now);
                    }
                    if (!stopping || now < stopBy) {
                        handOver(over.target().id().pod(), over.reason(), outcome -> { });
                    } else {
                        stopWrites(Reason.POD_STOPS);
                    }
                }
            }
        }
        return false;
    }

    /** What was ordered of min-replicas-to-write, and need not show yet: a server that is silent is not told again before it answers. -1 for nothing. */
    private int ordered(long now) {
        return now - limitAt < 500 * MS || server.at() < limitAt ? limited : -1;
    }

    /** Every sibling is stopping too, or there is none: nobody will be in sync in time. */
    private boolean alone() {
        long now = clock.getAsLong();
        return siblings.values().stream().filter(h -> now - h.at <= extension.recent(now)).allMatch(h -> h.state.stopping());
    }

    /** By the Lease: who is cut off from a leader that renews it, only does not hear it. */
    private boolean nobodyLeads() {
        return lease != null && (!(lease.view() instanceof LeaseView.Present p) || p.record().released() || lease.unchangedFor() >= timings.lease());
    }

    private void withoutMaster(Reason reason, String detail, long now) {
        if (tenure == null && nobodyLeads()) {
            remarks.withoutMaster(reason, term(), detail, now);
        }
    }

    private void say(Act act, Reason reason, String detail) {
        remarks.say(act, reason, term(), detail, clock.getAsLong());
    }

    private long term() {
        return tenure != null ? tenure.term() : promise.highest();
    }

    // ---- the Lease

    private boolean readDue(long now) {
        if (reading || pending != null) {
            return false;
        }
        if (tenure != null) {
            return doubtful && now - readAt >= 250 * MS && !refusal.rests(now);
        }
        if (spell == Validity.NEVER) {
            // calm: the leader renews, the others look now and then, together no more often than every 5 s
            return now - readAt >= 5_000 * MS * Math.max(1, policy.replicas() - 1);
        }
        return now - readAt >= (now - spell < 15_000 * MS ? 250 : 1_000) * MS;
    }

    private void read(long now) {
        reading = true;
        readAt = now;
        ports.leases().read(answer -> onRead(answer, now));
    }

    private void onRead(Read answer, long sent) {
        reading = false;
        long now = clock.getAsLong();
        switch (answer) {
            case Read.Unreachable gone -> api(false, gone.why(), now);
            case Read.Seen seen -> {
                api(true, null, now);
                LeaseView view = asItsHolder(seen.view());
                known |= !(view instanceof LeaseView.Absent);
                promise = promise.learns(booted, timings.promise() + forgotten(view));
                if (view instanceof LeaseView.Present p) {
                    begun = Math.min(begun, p.record().term());
                    patience.reads(p.record().kills(), now);
                }
                if (sent < writeAnswered || pending != null) {
                    return;   // may be older than what we know
                }
                refusal.seen(view);
                lease = LeaseSight.see(lease, view, sent, now);
                if (tenure != null) {
                    confirm(view, now);
                } else {
                    seen(view, now);
                }
            }
        }
        step();
    }

    /** Rule L3: whoever the Lease names knows its term, whatever somebody has made of that, and writes it there again. */
    private LeaseView asItsHolder(LeaseView view) {
        return view instanceof LeaseView.Unusable unusable && self.identity.equals(unusable.record().holder())
                ? unusable.in(tenure != null ? tenure.term() : promise.term()) : view;
    }

    /** By how much longer than rule V1 says this member may have promised before it was started: whom a Lease that was deleted named is not known. */
    private long forgotten(LeaseView view) {
        return switch (view) {
            case LeaseView.Present p -> p.record().patience();
            case LeaseView.Absent absent -> absent.initialized() || promise.term() > 0 ? Timings.MOST_PATIENCE : 0;
            case LeaseView.Unusable unusable -> Timings.MOST_PATIENCE;   // the note may have been edited, too
        };
    }

    /** What the Lease says of the leader that this member follows. */
    private void seen(LeaseView view, long now) {
        if (view instanceof LeaseView.Present p && p.record().released() && (source == null || p.record().term() == source.term())) {
            // by that very leader: one that let go of a later term may never have opened, and this server copy the one before
            detachment.freed();
        }
        if (view instanceof LeaseView.Present p && p.record().released() && leader != null && p.record().term() >= leader.term()) {
            promise = promise.released(p.record().term(), now);
            leader = null;
            calm();
            spell = now;   // what was asked before may be from before its last writes
            ports.server().look();
            ask(now);
        }
    }

    /** Rule L2: what became of a write of ours that was not answered, or met another version. */
    private void confirm(LeaseView view, long now) {
        if (tenure.phase() == Phase.CLOSING) {
            return;
        }
        switch (view) {
            case LeaseView.Absent absent -> {
                // L10: the holder makes it again, in the same term
                if (refusal.rests(now) || now - takenAt < TAKE_AGAIN) {
                    return;
                }
                takenAt = now;
                doubtful = false;
                write(Kind.RENEW, tenure.record(), null, null, now);
            }
            case LeaseView.Unusable unusable -> stepDown(Reason.LEASE_LOST);   // V8: it names another
            case LeaseView.Present p -> {
                if (!self.identity.equals(p.record().holder())) {
                    stepDown(Reason.LEASE_LOST);   // V8
                    return;
                }
                doubtful = false;
                boolean mine = attempted != null && attempted.renewed().equals(p.record().renewed());
                if (mine) {
                    adopt(p.record(), p.version(), tenure.attempted(), now);
                } else if (!p.version().equals(tenure.version())) {
                    // edited by somebody who left us the holder: keep to it, and to our own term if that is higher
                    tenure = tenure.with(p.record().term() < tenure.term() ? tenure.record() : p.record(), p.version());
                    if (p.record().term() < tenure.term()) {
                        tenure = tenure.highest(Math.max(tenure.highest(), tenure.term()));
                    }
                    configs.add(config(p.record()));
                    revalue();
                }
            }
        }
    }

    private void write(Kind kind, LeaseRecord record, String version, Reason reason, long now) {
        LeaseRecord stamped = record.kills(patience.kills(now)).stamped(wall.get());
        pending = new Pending(kind, stamped, version, reason, now);
        if (kind == Kind.RENEW) {
            attempted = stamped;
            configs.add(config(stamped));   // V5: what it demands counts from sending
            tenure = tenure.writing(stamped, now);
            revalue();
        }
        Pending sent = pending;
        ports.leases().write(stamped, version, answer -> onWritten(sent, answer));
    }

    private void onWritten(Pending sent, Write answer) {
        long now = clock.getAsLong();
        boolean newest = pending == sent;
        if (newest) {
            pending = null;
        }
        writeAnswered = now;
        ports.journal().renewed(answer instanceof Write.Done, now - sent.sent);
        switch (answer) {
            case Write.Done done -> {
                api(true, null, now);
                refusal.written(sent.record.term(), now);
                doubtful = false;
                known = true;
                lease = LeaseSight.see(lease, new LeaseView.Present(sent.record, done.version()), Validity.NEVER, now);
                switch (sent.kind) {
                    case TAKE -> taken(sent, done.version(), now);
                    case RENEW -> {
                        if (tenure != null) {
                            adopt(sent.record, done.version(), sent.sent, now);
                        }
                    }
                    case RELEASE -> released(sent, done.version(), now);
                }
            }
            case Write.Conflict conflict -> {
                api(true, null, now);
                takenAt = Validity.NEVER;
                releasedAt = Validity.NEVER;
                unsure(now);
            }
            case Write.Refused no -> {
                api(true, null, now);
                refusal.refused(no.why(), sent.version, sent.record.term(), sent.sent, now);
                if (tenure != null && newest) {
                    unwritten(sent, now);
                }
            }
            case Write.Unknown unknown -> {
                api(false, unknown.why(), now);
                unsure(now);
            }
        }
        Runnable then = afterWrite;
        afterWrite = null;
        if (then != null) {
            then.run();
        }
        step();
    }

    /** Nothing of it can come into force any more. What the Lease says now is looked at once, and one that is gone when it may be made again. */
    private void unwritten(Pending sent, long now) {
        if (sent.kind == Kind.RENEW) {
            configs.remove(config(sent.record));
            revalue();
        }
        if (sent.version == null) {
            doubtful = true;
        } else {
            unsure(now);
        }
    }

    private void unsure(long now) {
        if (tenure != null) {
            doubtful = true;
        } else {
            lease = null;
        }
        if (!reading) {
            read(now);
        } else {
            readAt = Validity.NEVER;
        }
    }

    private void taken(Pending sent, String version, long now) {
        if (promise.highest() > sent.record.term() || tenure != null) {
            // voted for a later term while the write was under way: void
            release(Failover.released(sent.record, null), version, Reason.LEASE_LOST, now);
            return;
        }
        tenure = new Tenure(sent.record, version, sent.reason, now, sent.sent, Validity.NEVER, Phase.CLOSED, null, Validity.NEVER, 0);
        attempted = sent.record;
        promise = new Promise(now, sent.record.term(), promise.voted());
        leader = null;
        configs.clear();
        configs.add(config(sent.record));
        acked.clear();
        detachment.newTerm();
        for (Peer p : peers) {
            Heard heard = siblings.get(p.pod());
            if (heard == null || now - heard.at > 3 * timings.heartbeat()) {
                Address silent = new Address(p.host(), self.redis.port());   // C6
                if (sent.record.mayHaveLed(p.pod())) {
                    detachment.fence(ports.peers(), silent, this::step);
                } else {
                    ports.peers().fence(silent, () -> { });
                }
            }
        }
        siblings.clear();
        missingSince.clear();
        renewed = sent.sent;
        firstTerm = sent.record.term();
        reign++;
        remarks.forget();
        permission.begin(now);
        if (server.info() != null && server.info().syncing()) {
            detachment.ordered();   // promoted out of that it may take seconds to answer, while it waits for its thread that reads
        }
        detachment.begin(this::step);
        ports.journal().note(Act.ELECTED, sent.reason, sent.record.term(), "members " + pods(sent.record));
        revalue();
        beat(now);
        save(now, false);
    }

    /** A write of ours is in force: nothing sent before it can be any more. */
    private void adopt(LeaseRecord record, String version, long sentAt, long now) {
        LeaseRecord before = tenure.record();
        tenure = tenure.with(record, version);
        configs.clear();
        configs.add(config(record));
        renewed = Math.max(renewed, sentAt);
        promise = new Promise(promise.until(), Math.max(promise.term(), record.term()), promise.voted());
        revalue();
        if (before.mode() != record.mode()) {
            ports.journal().note(Act.MODE_CHANGED, Reason.LEASE_IS_OURS, record.term(), record.mode().name().toLowerCase(java.util.Locale.ROOT));
        }
        if (!before.members().equals(record.members())) {
            ports.journal().note(Act.MEMBERS_CHANGED, Reason.LEASE_IS_OURS, record.term(), pods(record));
            beat(now);
        }
        if (tenure.phase() == Phase.OPEN) {
            ports.publisher().master(state());
        }
    }

    private static Validity.Config config(LeaseRecord record) {
        return new Validity.Config(record.mode(), record.members(), record.patience());
    }

    private static String pods(LeaseRecord record) {
        return String.join(",", record.members().stream().map(MemberId::pod).toList());
    }

    /** The holder is emptied; the server is read-only or dead already (rule L8). */
    private void release(LeaseRecord next, String version, Reason reason, long now) {
        boolean led = tenure != null;
        boolean opened = led && tenure.runId() != null;
        gate.close();
        tenure = null;
        doubtful = false;
        configs.clear();
        restartSpell(now);
        if (led) {
            String heir = next.preferred() == null ? "" : "in favour of " + next.preferred();
            if (opened) {
                ports.journal().note(Act.DEMOTED, reason, next.term(), heir);
            } else {
                ports.journal().note(Act.DEPOSED, reason, next.term(), ("leads no longer " + heir).strip());
            }
            publish(Role.REPLICA);
        }
        // not what the last renewal said: keys may have gone, or come, since (B2)
        boolean known = fenced != null && fenced.term == next.term();
        write(Kind.RELEASE, known ? next.holding(fenced.server) : next, version, reason, now);
    }

    /** Rule C4: it may wait for the leader still, as whoever let go of the Lease knew nobody to tell, and then its time passes unused. */
    private void tellThatItIsFree(String pod) {
        if (lease != null && lease.view() instanceof LeaseView.Present free && free.record().released()) {
            peers.stream().filter(p -> p.pod().equals(pod)).forEach(p -> ports.peers().tell(p, free));
        }
    }

    private void released(Pending sent, String version, long now) {
        LeaseView.Present view = new LeaseView.Present(sent.record, version);
        for (Peer p : peers) {
            ports.peers().tell(p, view);
        }
        restartSpell(now);
        ask(now);
    }

    /** One request that fails is no outage: it is tried again, and nothing depends on a single one. */
    private void api(boolean reachable, String why, long now) {
        if (reachable) {
            if (apiProblem != null) {
                ports.journal().note(Act.API_BACK, Reason.LEASE_IS_OURS, term(), "after " + (now - apiLostAt) / 1_000_000_000L + " s");
            }
            apiProblem = null;
            apiLostAt = Validity.NEVER;
        } else if (apiLostAt == Validity.NEVER) {
            apiLostAt = now;
        } else if (apiProblem != null) {
            apiProblem = Refusal.apiProblem(why);   // an outage may end in a missing right
        } else if (now - apiLostAt > 2 * timings.renew()) {
            apiProblem = Refusal.apiProblem(why);
            ports.journal().note(Act.API_LOST, Reason.LEASE_IS_OURS, term(), why);
        }
    }

    // ---- members

    private void beat(long now) {
        beatAt = now;
        long patience = extension.ask(configs, now);
        for (Peer p : peers) {
            beat(p, patience, AGAIN, now);
        }
    }

    /** @param again how often it is asked at once whether it has detached, if it has not; after that, with the next heartbeat */
    private void beat(Peer p, long patience, int again, long now) {
        boolean open = tenure.phase() == Phase.OPEN && handover == null;
        boolean counted = tenure.record().members().stream().anyMatch(m -> m.pod().equals(p.pod()) && m.equals(idOf(p.pod())));
        Heartbeat beat = new Heartbeat(self.identity, self.redis, tenure.term(), ++sequence, open, tenure.record().datasetId(),
                open && server.info() != null ? server.info().replid() : null, counted, patience, permission.named(now));
        ports.peers().heartbeat(p, beat, reply -> {
            onReply(beat, reply, now);
            boolean soon = !reply.accepted() && tenure != null && tenure.phase() == Phase.CLOSED && tenure.term() == beat.term() && reply.state().term() == beat.term();
            if (soon && again > 0 && patience == 0 && extension.strain().patience() == 0) {   // under pressure less is asked (W4)
                beat(p, patience, again - 1, clock.getAsLong());
            }
        });
    }

    private MemberId idOf(String pod) {
        Heard heard = siblings.get(pod);
        return heard == null ? null : heard.state.id();
    }

    private void onReply(Heartbeat beat, Heartbeat.Reply reply, long sent) {
        long now = clock.getAsLong();
        extension.strain().replied(sent, now);
        Heard before = siblings.get(reply.state().id().pod());
        hear(new Heard(reply.state(), sent, now, reply.accepted()));
        permission.hears(reply.state(), reply.anew(), now);
        if (tenure == null) {
            return;
        }
        // an answer to a tenure before this one does not count: its promise may have ended early, with the release
        if (reply.accepted() && beat.term() >= firstTerm) {
            acked.by(reply.state().id(), sent, Math.min(reply.patience(), beat.patience()));
            loss.hears(reply.state(), tenure.record().counts(reply.state().id()), now);
            revalue();
        } else if (reply.state().term() > tenure.highest()) {
            tenure = tenure.highest(reply.state().term());
        }
        boolean news = before == null || !before.accepted || tenure.phase() == Phase.CLOSED;
        if (news) {
            step();
        }
    }

    private void revalue() {
        long until = Validity.until(configs, self.identity.member(), acked.counted(), renewed, timings);
        long bound = acked.promised() == acked.counted() ? until : Validity.until(configs, self.identity.member(), acked.promised(), renewed, timings);
        until = Math.max(until, bound - Timings.FENCE_PART);
        if (tenure.phase() != Phase.CLOSING) {
            gate.validUntil(until, bound);   // a fence is final (V4): late acknowledgements do not give the watchdog second thoughts
        }
        tenure = tenure.validUntil(until);
    }

    private void watchMembers(long now) {
        if (pods == null || apiProblem != null) {
            missingSince.clear();
            return;
        }
        for (MemberId m : tenure.record().members()) {
            boolean there = m.equals(self.identity.member()) || pods.stream().anyMatch(p -> p.id().pod().equals(m.pod()));
            if (there) {
                missingSince.remove(m);
            } else {
                missingSince.putIfAbsent(m, now);
            }
        }
    }

    /** Answers overtake each other: one to an earlier question may be older than what is known, and says nothing any more. */
    private void hear(Heard heard) {
        Heard known = siblings.get(heard.state.id().pod());
        if (known == null || heard.asked >= known.asked) {
            siblings.put(heard.state.id().pod(), heard);
        }
    }

    private void ask(long now) {
        askedAt = now;
        for (Peer p : peers) {
            ports.peers().ask(p, state -> {
                hear(new Heard(state, now, clock.getAsLong(), false));
                if (tenure == null) {
                    step();
                }
            });
        }
    }

    private void callBallot(long term, long now) {
        String version = lease.view() instanceof LeaseView.Present p ? p.version() : null;
        if (ballot != term || version == null || !version.equals(ballotVersion)) {
            ballot = term;
            ballotVersion = version;
            votes.clear();
            ballotAt = Validity.NEVER;
        }
        if (now - ballotAt < 100 * MS && ballotAt != Validity.NEVER) {
            return;
        }
        ballotAt = now;
        for (Peer p : peers) {
            ports.peers().vote(p, new Vote(self.identity, term), reply -> {
                hear(new Heard(reply.state(), now, clock.getAsLong(), false));
                if (reply.granted() && reply.term() == ballot && tenure == null && Objects.equals(version, ballotVersion)) {
                    votes.add(reply.state().id());
                    step();
                }
            });
        }
    }

    private void calm() {
        spell = Validity.NEVER;
        chances = chances.again();
        ballot = 0;
        votes.clear();
    }

    private void restartSpell(long now) {
        calm();
        spell = now;
        leader = null;
        lease = null;
    }

    // ---- the server

    /** What INFO tells about the own data. */
    private void learn(ServerInfo info) {
        dataset.see(info);
        if (tenure != null && tenure.phase() == Phase.OPEN && info.role() == Role.MASTER) {
            dataset.leads(tenure.record().datasetId(), tenure.term(), info);
        } else if (tenure == null && !strayed(info) && source != null && info.follows(source.redis()) && source.datasetId() != null) {
            dataset.follows(source.datasetId(), source.term(), info);
        } else {
            dataset.goesOn(info);
        }
        if (!info.loading() && dataset.data().complete()) {
            permission.isWhole();
        }
    }

    private boolean strayed(ServerInfo info) {
        return source != null && info.follows(source.redis()) && Stray.is(info, source.replid());
    }

    private void relink(long now) {
        boolean astray = tenure == null && leader != null && leader.open() && server.info() != null && strayed(server.info());
        if (stray.isLasting(astray, now)) {
            Stray.linkAnew(ports.server(), leader.redis());
            detachment.ordered();
            ports.journal().note(Act.FOLLOWING, Reason.HISTORY_DIFFERS, term(), leader.leader().pod());
        }
    }

    /** Rule B6: the address of a leader that is gone may be given to a pod of another release, and a server connects to it again by itself. */
    private void letGo(long now) {
        ServerInfo info = server.answering() ? server.info() : null;
        boolean follows = tenure == null && promise.runOut(now) && info != null && info.role() == Role.REPLICA && !info.syncing() && !info.loading()
                && server.at() > roleCommand && !info.follows(Address.DEAD);
        if (follows && apiProblem == null && pods != null && pods.stream().noneMatch(p -> p.ip() != null && info.follows(new Address(p.ip(), self.redis.port())))) {
            detachment.ordered();
            detachment.begin(this::step);
        }
    }

    private void open(Reason reason) {
        tenure = tenure.in(Phase.OPENING);
        int term = reign;
        int opening = gate.opening();
        loss.opens(server.info(), clock.getAsLong());
        limitAt = Validity.NEVER;
        int least = Failover.minReplicas(policy, tenure.record());
        if (server.info() != null && server.info().minReplicas() != least) {
            ports.server().minReplicas(least);
        }
        ports.server().promote(tenure.validUntil(), () -> gate.isOpening(opening, clock.getAsLong()), promoted -> {
            roleCommand = clock.getAsLong();
            if (promoted == null) {
                // a fence, and no judgement: when it reads that command at last another may lead
                ports.server().kill();
            }
            boolean ours = tenure != null && reign == term && tenure.phase() == Phase.OPENING;
            if (!ours || !tenure.valid(roleCommand) || !gate.open(opening)) {
                // closed meanwhile: the fence that closed it may have run before the promotion did
                ports.server().fence(true, () -> { });
                if (ours) {
                    fence(Reason.VALIDITY_LAPSED);
                }
                return;
            }
            if (!Boolean.TRUE.equals(promoted)) {
                fence(Reason.NOT_OPENED);
                return;
            }
            ServerInfo info = server.info();
            tenure = tenure.opened(reason, roleCommand, info == null ? null : info.runId());
            detachment.freed();
            chances = chances.led();
            loads.forget();
            if (info != null) {
                server = new ServerView(true, as(info, Role.MASTER), roleCommand);
                dataset.leads(tenure.record().datasetId(), tenure.term(), info);
            }
            beat(roleCommand);
            publish(Role.MASTER);
            ports.journal().note(Act.PROMOTED, reason, tenure.term(), "offset " + (info == null ? 0 : info.offset()));
            save(roleCommand, false);
            step();
        });
    }

    private static ServerInfo as(ServerInfo i, Role role) {
        return new ServerInfo(i.runId(), role, i.replid(), i.replid2(), i.offset(), i.secondOffset(), i.loading(), i.syncing(), false, i.empty(), i.priority(),
                role == Role.MASTER ? null : Address.DEAD, i.goodReplicas(), i.minReplicas(), i.aof(), i.misconf(), i.receiving());
    }

    private void stepDown(Reason reason) {
        if (tenure.phase() == Phase.CLOSING) {
            return;
        }
        if (handover != null) {
            failHandover(reason.text());
        }
        fence(reason);
    }

    private void fence(Reason reason) {
        long bound = reason == Reason.VALIDITY_LAPSED ? gate.bound() : Validity.NEVER;
        gate.validUntil(Validity.NEVER, bound);   // should this queue be stuck, the watchdog does it
        if (tenure != null) {
            tenure = tenure.in(Phase.CLOSING);
        }
        boolean led = tenure != null;
        int closing = reign;
        long began = clock.getAsLong();
        ports.server().fence(true, bound, () -> {
            long now = clock.getAsLong();
            fenced(began);
            readOnly(now);
            gate.close();
            if (led && (tenure == null || reign != closing)) {
                return;
            }
            ports.journal().note(Act.FENCED, reason, term(), "");
            if (led) {
                leadsNoMore(now);
            }
        });
    }

    private void leadsNoMore(long now) {
        tenure = null;
        doubtful = false;
        configs.clear();
        restartSpell(now);
        publish(Role.REPLICA);
        save(now, false);
        ask(now);
        step();
    }

    /**
     * The fence of a planned stop without a successor. A server that is slow is not killed: that would cost the last save, and its disk, older than
     * the others', would win when the release starts again. So until it obeys, or has ended, it stays the leader in every respect: with a validity
     * that the watchdog guards, and a Lease that is renewed and not released (L8). It is asked again until it does.
     */
    private void stopWrites(Reason reason) {
        if (closing || stopped == null) {
            return;   // it is asked already, or saves
        }
        closing = true;
        int term = reign;
        long began = clock.getAsLong();
        ports.server().stopWrites(obeyed -> {
            closing = false;
            long now = clock.getAsLong();
            if (tenure == null || reign != term || tenure.phase() != Phase.OPEN) {
                return;   // it has died, or was fenced for another reason
            }
            if (obeyed) {
                fenced(began);
                readOnly(now);
                gate.close();
                ports.journal().note(Act.FENCED, reason, term(), "");
                leadsNoMore(now);
            } else if (now >= stopBy) {
                endServer();   // SIGTERM: it pauses writes when it hears that, and saves
            }
        });
    }

    /** Right after the fence, of which the server's newest answer is a part: one that still says master is from before, and clients wrote since. */
    private void fenced(long began) {
        boolean known = tenure != null && server.answering() && server.at() >= began && server.info().role() == Role.REPLICA && server.info().runId().equals(tenure.runId());
        fenced = known ? new Fenced(tenure.term(), server.info()) : null;
    }

    private void readOnly(long now) {
        roleCommand = now;
        following = null;
        if (server.info() != null) {
            server = new ServerView(server.running(), as(server.info(), Role.REPLICA), now);
        }
    }

    private void follow(Decision.Follow follow, long now) {
        if (roleCommand != Validity.NEVER && now - roleCommand < 500 * MS && follow.master().equals(following)) {
            return;
        }
        boolean wasMaster = server.info() != null && server.info().role() == Role.MASTER;
        roleCommand = now;
        following = follow.master();
        ports.server().follow(follow.master());
        detachment.ordered();
        if (server.info().empty() && !dataset.holds(leader.datasetId())) {
            // what it will hold is the leader's, whatever a state file says of the data that was
            dataset.takes(leader.datasetId());
        }
        if (wasMaster || demoted) {
            demoted = false;
            dropUntil = now + 1_000 * MS;   // M7: whoever reconnected before the new address was known everywhere
            ports.server().dropClients();
        }
        ports.journal().note(Act.FOLLOWING, follow.reason(), leader.term(), leader.leader().pod());
        publish(Role.REPLICA);
    }

    private void publish(Role role) {
        if (published == Role.MASTER && role == Role.REPLICA) {
            demoted = true;
        }
        if (role != published) {
            roleSince = clock.getAsLong();
        }
        published = role;
        if (role == Role.MASTER) {
            ports.publisher().master(state());
        } else {
            ports.publisher().replica(state());
        }
    }

    // ---- handover (rules H1-H4)

    private void handOver(String target, Reason reason, Consumer<String> outcome) {
        long now = clock.getAsLong();
        handover = new Handover(target, reason, now, now + timings.handover(), -1, new CatchUp(), outcome);
        Handover started = handover;
        ports.journal().note(Act.HANDOVER_STARTED, reason, tenure.term(), "to " + target);
        // the pause outlasts the budget: nothing may be written between the offset that was read and the fence
        ports.server().pause(timings.handover() + timings.renew(), offset -> {
            if (handover != started) {
                return;
            }
            if (offset == null) {
                abortHandover("the server did not pause");
                return;
            }
            handover = new Handover(target, reason, started.started, started.deadline, offset, started.catchUp, outcome);
            pollTarget(true);
        });
    }

    private void pollTarget(boolean tick) {
        Handover h = handover;
        if (clock.getAsLong() > h.deadline) {
            abortHandover(h.target + " did not catch up in time");
            return;
        }
        Peer peer = peers.stream().filter(p -> p.pod().equals(h.target)).findFirst().orElse(null);
        if (peer == null) {
            abortHandover(h.target + " is gone");
            return;
        }
        if (!h.catchUp.asks(tick, clock.getAsLong())) {
            return;
        }
        int question = h.catchUp.asked();
        ports.peers().ask(peer, state -> {
            h.catchUp.answered(question);
            if (handover != h || tenure == null || tenure.phase() != Phase.OPEN || clock.getAsLong() > h.deadline) {
                return;   // what comes after the deadline counts for nothing (H3b)
            }
            ServerInfo there = state.server();
            boolean caughtUp = there != null && state.running() && !state.stopping() && there.follows(self.redis) && there.replid().equals(server.info().replid())
                    && there.offset() >= h.offset && (h.reason != Reason.CANNOT_SAVE || Failover.saves(there));
            if (caughtUp) {
                close(h);
            } else {
                pollTarget(false);
            }
        });
    }

    /** The target has everything. Fence first, then let go of the Lease: a pause ends by itself, a fence does not. */
    private void close(Handover h) {
        tenure = tenure.in(Phase.CLOSING);
        int closing = reign;
        long began = clock.getAsLong();
        ports.server().fence(false, () -> {
            fenced(began);
            readOnly(clock.getAsLong());
            gate.close();
            ports.server().unpause();   // now they get -READONLY
            Runnable letGo = () -> {
                if (tenure == null || reign != closing) {
                    return;
                }
                handover = null;
                switched = h.outcome;
                ports.journal().note(Act.HANDED_OVER, h.reason, tenure.term(), "to " + h.target + " at offset " + h.offset + " after "
                        + (clock.getAsLong() - h.started) / MS + " ms");
                release(Failover.handedOver(tenure.record(), h.target), tenure.version(), h.reason, clock.getAsLong());
            };
            if (pending != null) {
                afterWrite = letGo;
            } else {
                letGo.run();
            }
        });
    }

    private void abortHandover(String why) {
        ports.server().unpause();   // H3: still the master
        failHandover(why);
    }

    private void failHandover(String why) {
        Handover h = handover;
        handover = null;
        ports.journal().note(Act.HANDOVER_FAILED, h.reason, term(), why);
        h.outcome.accept(why);
    }

    private void finishStop() {
        if (stopping && stopped != null && tenure == null && pending == null) {
            // not known right after a fence: the Lease is read first, and released if it is ours
            boolean ours = lease == null ? reign > 0 : lease.view() instanceof LeaseView.Present p && self.identity.equals(p.record().holder());
            if (!ours || clock.getAsLong() >= stopBy + 2 * timings.renew()) {
                endServer();
            }
        }
    }

    private void endServer() {
        Runnable then = stopped;
        stopped = null;
        if (then != null) {
            then.run();
        }
    }

    // ---- what others are told

    private MemberState state() {
        return state(SILENT);
    }

    /** @param within how old what the server said last may be */
    private MemberState state(long within) {
        boolean open = tenure != null && tenure.phase() == Phase.OPEN;
        return new MemberState(self.identity.member(), self.redis, Math.max(promise.highest(), tenure == null ? 0 : tenure.term()), tenure != null, open,
                server.holds(clock.getAsLong(), within), server.info(), dataset.data(), revision, stopping);
    }

    private void save(long now, boolean clean) {
        keeping.keep(dataset.onDisk(), now, clean);
    }

    private Snapshot snap(long now) {
        String unready = unready(now);
        List<Snapshot.Sibling> others = new ArrayList<>();
        siblings.values().forEach(h -> others.add(new Snapshot.Sibling(h.state, h.at)));
        boolean valid = tenure != null && tenure.phase() == Phase.OPEN && tenure.valid(now);
        List<String> problems = new ArrayList<>();
        if (unready != null) {
            problems.add(self.identity.pod() + ": " + unready);
        }
        if (dataset.problem() != null) {
            problems.add(self.identity.pod() + ": " + dataset.problem());
        }
        blockers.problems(now).forEach(problem -> problems.add(self.identity.pod() + ": " + problem));
        if (loss.problem() != null) {
            problems.add(self.identity.pod() + ": " + loss.problem());
        }
        if (apiProblem != null) {
            problems.add(apiProblem);
        }
        if (refusal.problem() != null) {
            problems.add(refusal.problem());
        }
        String leads = tenure != null ? self.identity.pod() : leader != null && !promise.runOut(now) ? leader.leader().pod() : null;
        LeaseView view = tenure != null ? new LeaseView.Present(tenure.record(), tenure.version()) : lease == null ? null : lease.view();
        return new Snapshot(now, state(), unready == null, unready == null ? "" : unready, view, leads, roleSince, apiProblem == null, valid, List.copyOf(others),
                pods == null ? List.of() : pods, problems);
    }

    /** Rule P2 in words; null = ready. */
    private String unready(long now) {
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
        String silent = Stillness.problem(now, server.at());
        if (silent != null) {
            return silent;
        }
        if (tenure != null) {
            return tenure.phase() == Phase.OPEN && tenure.valid(now) ? null : "leads, but may not accept writes yet";
        }
        if (leader == null || promise.runOut(now)) {
            String awaited = remarks.awaited(now);
            return awaited.isEmpty() ? "no leader is heard" : "no leader is heard: " + awaited;
        }
        if (!leader.open()) {
            return "the leader " + leader.leader().pod() + " does not accept writes yet";
        }
        if (!server.info().follows(leader.redis()) || !server.info().linkUp()) {
            return server.info().syncing() ? "a full sync from " + leader.leader().pod() + " is under way" : "not linked to " + leader.leader().pod();
        }
        if (strayed(server.info())) {
            return "linked to " + leader.leader().pod() + ", but not on its history";
        }
        return leader.counted() ? null : "not on the member list yet";
    }
}
