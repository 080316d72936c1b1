package io.redisha.decide;

import static io.redisha.model.Mode.API;
import static io.redisha.model.Mode.MEMBERS;

import io.redisha.decide.Tenure.Phase;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseRecord.Taker;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Misconf;
import io.redisha.model.Mode;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.Timings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Decides what a member does next. Pure and total: the same observation gives the same decision.
 *
 * <p>Rules are named as in the project's CONTRIBUTING.md: B boot, L Lease, V validity, M master, C candidate, H handover.
 */
public final class Failover {

    /** Rule L7: a master that hangs for this long is killed. */
    static final long SILENCE = 2_000_000_000L;
    /** Rule C1: how long siblings are given to answer before a candidate decides without them. */
    static final long ASK = 500_000_000L;
    /** Two writes of one leader are at least this far apart, unless it gives up. */
    static final long PACE = 300_000_000L;
    /** Until a role command shows in INFO. */
    static final long SETTLE = 500_000_000L;
    /** A member that loads its data is waited for so many times as long as one that says nothing: its files may be such that it never ends. */
    static final int LOADS = 60;
    /**
     * Rule M8: writes are stopped so long before the limit. A look is 100 ms old at most, a tick comes within 100 ms more, and an order takes a few; the rest is for a
     * machine that is busy.
     */
    public static final long CLOSING = 400_000_000L;
    /** As min-replicas-to-write: more replicas than any server has. */
    public static final int NO_WRITES = 1_000_000;
    /** Redis tries again each second to write its AOF: what lasts longer does not pass by itself. */
    static final long REFUSED = 3_000_000_000L;

    /** A replica further behind than this would stop writes for too long in a handover. */
    static final long NEAR = 1 << 20;

    /** Ways to the Lease after which the leader before may have gone on until a quorum had detached (V6). */
    private static final Set<Reason> COMPARES = Set.of(Reason.MEMBERS_VOTED, Reason.LEASE_EXPIRED, Reason.LEADER_TERMINATED, Reason.LEASE_RELEASED, Reason.LEASE_MISSING);

    private static final String REPLACED = "another pod has this one's name: this one was deleted by force, and is to end";

    private Failover() {}

    public static Decision decide(Observation o) {
        if (o.tenure() != null) {
            return lead(o, o.tenure());
        }
        boolean writable = o.me().writable();
        if (o.leaderHeard()) {
            if (writable && !o.leader().open()) {
                return new Decision.Fence(Reason.UNEXPECTED_MASTER);
            }
            return follow(o);
        }
        return writable ? new Decision.Fence(Reason.UNEXPECTED_MASTER) : elect(o);
    }

    // ---- leading

    private static Decision lead(Observation o, Tenure t) {
        Phase phase = t.phase();
        if (phase == Phase.CLOSING) {
            return Decision.Hold.INSTANCE;   // the fence is under way, and is final
        }
        if (!o.server().running()) {
            return giveUp(o, t, Reason.SERVER_DIED);   // M5; a dead server accepts no writes, so no fence
        }
        // a replica is in nobody's way, and a server that is not open yet has other deadlines
        if (phase == Phase.OPEN && hangs(o)) {
            return new Decision.KillServer(Reason.SERVER_SILENT);
        }
        ServerInfo server = o.server().info();
        if (t.runId() != null && server != null && !t.runId().equals(server.runId())) {
            return giveUp(o, t, Reason.SERVER_RESTARTED);   // L7; whatever runs now booted read-only (B1)
        }
        if (phase != Phase.CLOSED && !t.valid(o.now())) {
            return new Decision.Fence(Reason.VALIDITY_LAPSED);   // V4
        }
        if (phase == Phase.CLOSED) {
            Decision closed = beforeOpening(o, t, server);
            if (closed != null) {
                return closed;
            }
        }
        if (phase == Phase.OPEN) {
            if (server != null && server.role() == Role.REPLICA && o.server().at() - t.since() > SETTLE) {
                return new Decision.Fence(Reason.ROLE_LOST);
            }
            if (server != null && limit(o) != NO_WRITES && atLimit(o.policy(), o.unacknowledged())) {
                return new Decision.LimitWrites(NO_WRITES);   // M8: it waits for neither the Lease nor the target of a handover
            }
            if (o.stopping()) {
                return stop(o);
            }
        }
        Decision write = renew(o, t);
        if (write != null) {
            return write;
        }
        if (phase == Phase.OPEN && server != null && server.minReplicas() != minReplicas(o, t)) {
            return new Decision.LimitWrites(minReplicas(o, t));
        }
        return phase == Phase.OPEN ? relieve(o) : Decision.Hold.INSTANCE;
    }

    /** Rule H7. Not while a write of the Lease is unknown: who lets go of it then may leave nobody who can take it (V9). */
    private static Decision relieve(Observation o) {
        Optional<MemberState> able = o.refusing() < REFUSED || o.writing() ? Optional.empty() : target(o, null, m -> saves(m.server()));
        return able.isPresent() ? new Decision.HandOver(able.get(), Reason.CANNOT_SAVE) : Decision.Hold.INSTANCE;
    }

    /** It would take writes as the master, and they would be where it keeps them. One that could not rewrite its AOF writes none, and has no error to show. */
    public static boolean saves(ServerInfo server) {
        return server.misconf() == Misconf.NONE && (server.aof() == ServerInfo.Aof.WHOLE || server.aof() == ServerInfo.Aof.OFF);
    }

    /**
     * Rule L7. One that its disk holds up is left alone where nobody could lead in its place: its death would only end what goes on when its disk does, and may
     * be the end of the only copy in memory.
     */
    private static boolean hangs(Observation o) {
        long timeout = o.policy().timings().serverTimeout();
        if (o.stopping()) {
            return o.stillness().provesAHang(o.now(), timeout, timeout) && heir(o);   // else its last save gets all that the grace period leaves
        }
        long grown = o.stillness().grown(o.now(), timeout);
        return o.stillness().provesAHang(o.now(), SILENCE, Long.MAX_VALUE) || o.stillness().provesAHang(o.now(), SILENCE, grown) && heir(o);
    }

    /** Somebody could take over: who was in sync before the server fell silent, and has that still. The link may be gone by now. */
    private static boolean heir(Observation o) {
        LeaseRecord r = o.tenure().record();
        List<MemberState> all = everybody(o);
        long heirs = o.siblings().stream().filter(m -> Election.fit(m, r, all) && Election.current(m, r) && Election.comparable(m.data(), o.me().data())).count();
        // a Lease that cannot be written now cannot be taken either (V9); strict: all others know what they have, without this one (C5)
        return !o.writing() && heirs > 0 && (!o.policy().strict() || heirs + 1 > r.members().size() - 1);
    }

    /** Rule C6, between the taken Lease and the promotion; null if there is nothing to do but renew. */
    private static Decision beforeOpening(Observation o, Tenure t, ServerInfo server) {
        if (o.stopping()) {
            return giveUp(o, t, Reason.POD_STOPS);
        }
        if (o.now() - t.since() > o.policy().timings().lease()) {
            return giveUp(o, t, Reason.NOT_OPENED);   // C7
        }
        if (server != null && server.empty() && !Election.stillFit(o.me(), t.record(), o.siblings())) {
            return giveUp(o, t, Reason.NO_CANDIDATE);   // the server that was fit may have died while the Lease was written
        }
        // a sibling that is still writable under an older term fences itself when it hears ours: not before then
        if (o.rival() || !t.valid(o.now()) || server == null || server.loading() || !o.cleared()) {
            return null;
        }
        // those that acknowledge it have detached: what the leader before confirmed with one of them it has, and no more comes
        Optional<MemberState> further = further(o, t);
        if (further.isPresent()) {
            return o.writing() ? Decision.Hold.INSTANCE : new Decision.PassOn(further.get(), released(t.record(), null), t.version());
        }
        if (o.policy().strict() && t.reason() != Reason.HANDED_OVER && !mayLeadStrictly(o, t.record())) {
            // what was answered before may have become more, or be gone: what counts is what those have that have detached
            return o.now() - t.since() > o.policy().timings().renew() ? giveUp(o, t, Reason.NO_CANDIDATE) : null;
        }
        return new Decision.Open(t.reason());   // V4
    }

    /** Of what came from a disk the offset is only a lower bound, and a tail of it may never have been confirmed: that was compared before (B4). */
    private static Optional<MemberState> further(Observation o, Tenure t) {
        boolean compares = COMPARES.contains(t.reason()) && !o.policy().byPriority() && !o.me().data().restored();
        return o.siblings().stream().filter(m -> compares && !o.chances().handedOn().contains(m.id().pod()) && t.record().counts(m.id())
                && !m.data().restored() && Election.fit(m, t.record(), everybody(o)) && Election.isFurther(m, o.me())).findFirst();
    }

    private static Decision giveUp(Observation o, Tenure t, Reason why) {
        return o.writing() ? Decision.Hold.INSTANCE : new Decision.Release(released(t.record(), null), t.version(), why);
    }

    private static Decision stop(Observation o) {
        Optional<MemberState> target = target(o, null);
        if (target.isPresent()) {
            return new Decision.HandOver(target.get(), Reason.POD_STOPS);
        }
        Decision write = confirm(o, o.tenure());
        return write != null ? write : new Decision.Wait(Reason.NO_CANDIDATE, "no replica is in sync");
    }

    /**
     * A last save may take longer than a leader is believed that renews nothing. Who is a member and who was in sync stays as it was: all the
     * others may be stopping, too, and come back with what they have. Null if nothing is due.
     */
    private static Decision confirm(Observation o, Tenure t) {
        if (o.writing()) {
            return null;
        }
        LeaseRecord r = t.record();
        LeaseRecord n = next(o, t);
        long since = o.now() - t.attempted();
        boolean changed = n.mode() != r.mode() || n.term() != r.term() || n.patience() > r.patience();
        return since >= o.policy().timings().renew() || changed && since >= PACE ? new Decision.Renew(new LeaseRecord(n.holder(), n.term(), n.mode(), r.members(),
                n.datasetId(), n.replid(), n.offset(), n.empty(), r.inSync(), n.lastHolder(), null, n.renewed(), n.notes())) : null;
    }

    /** Rule H1: to whom a planned change goes. {@code wanted} null: to the best. */
    public static Optional<MemberState> target(Observation o, String wanted) {
        return target(o, wanted, any -> true);
    }

    private static Optional<MemberState> target(Observation o, String wanted, Predicate<MemberState> suits) {
        LeaseRecord lease = o.tenure().record();
        MemberState best = null;
        for (MemberState m : o.siblings()) {
            boolean there = o.present() == null || o.present().stream().anyMatch(p -> p.id().equals(m.id()) && !p.terminating());
            // not Election.fit: its last answer may be from before the first write; it has everything before it leads (H2)
            boolean able = there && lease.names(m.id().pod()) && !m.stopping() && inSync(o, m) && m.server().priority() != 0 && !m.server().loading()
                    && suits.test(m);
            if (!able) {
                continue;
            }
            if (wanted != null ? m.id().pod().equals(wanted) : best == null || rank(o, m) < rank(o, best)) {
                best = m;
            }
        }
        return Optional.ofNullable(best);
    }

    /**
     * Smaller is better. A pod that is already on another revision than the one that stops is the newer one, and will not be replaced
     * again by this roll; among those still to be replaced the lowest ordinal is replaced last.
     */
    private static long rank(Observation o, MemberState m) {
        boolean sameRevision = m.revision().equals(o.me().revision());
        boolean far = o.me().server().offset() - m.server().offset() > NEAR;
        boolean refuses = m.server().misconf() != Misconf.NONE;   // not one whose AOF is rewritten: that of a pod that was just replaced often is
        return (refuses ? 1L << 33 : 0) + (far ? 1L << 32 : 0) + (sameRevision ? 1L << 31 : 0) + m.id().ordinal();
    }

    /** The next write of a leader that goes on, null if none is due. */
    private static Decision renew(Observation o, Tenure t) {
        if (o.writing()) {
            return null;
        }
        LeaseRecord next = next(o, t);
        long since = o.now() - t.attempted();
        // that there is data is told at once; that there is none, of a queue that is pushed to and popped all the time, once in a renew interval (B2)
        boolean turned = next.empty() ? !t.record().empty() && (t.turned() == Validity.NEVER || o.now() - t.turned() >= o.policy().timings().renew())
                : t.record().empty();
        boolean changed = next.mode() != t.record().mode() || next.term() != t.record().term() || !next.members().equals(t.record().members())
                || !next.inSync().equals(t.record().inSync()) || turned || next.patience() > t.record().patience() || next.replid() != null && !next.replid().equals(t.record().replid());
        return since >= o.policy().timings().renew() || changed && since >= PACE ? new Decision.Renew(next) : null;
    }

    private static LeaseRecord next(Observation o, Tenure t) {
        LeaseRecord r = t.record();
        List<MemberId> members = members(o, r);
        long answering = o.siblings().stream().filter(m -> r.counts(m.id())).count();
        // V5; who has just taken the Lease has not been acknowledged yet
        boolean early = t.phase() == Phase.CLOSED && o.now() - t.since() < Math.min(o.policy().timings().memberTimeout(), o.policy().timings().lease() / 4);
        Mode mode = answering + 1 >= LeaseRecord.quorum(r.members().size()) ? MEMBERS : early ? r.mode() : API;
        // whoever has voted for a later term no longer answers this one (V6): go past it
        long term = t.highest() > t.term() ? t.highest() + 1 : t.term();
        boolean open = t.phase() == Phase.OPEN && o.server().info() != null;
        ServerInfo server = o.server().info();
        // its replicas lose their links to one that stands still; what they had in sync with it they have still, and it accepts nothing more meanwhile
        boolean quiet = o.stillness().stillFor(o.now()) > SETTLE;
        return new LeaseRecord(o.self(), term, mode, members, r.datasetId(), open ? server.replid() : r.replid(), open ? server.offset() : r.offset(),
                open ? server.empty() : r.empty(), open && !quiet ? inSync(o, r) : r.inSync(), open ? o.self().pod() : r.lastHolder(), null, r.renewed()).patience(o.patience())
                .takers(open ? List.of() : taking(r.takers(), o.self().pod(), term));
    }

    /** Rule V8: changed by the leader only, one member at a time; a member is admitted when its data is whole. */
    private static List<MemberId> members(Observation o, LeaseRecord r) {
        for (MemberState m : o.siblings()) {
            if (!r.counts(m.id()) && inSync(o, m) && !m.stopping()) {
                List<MemberId> next = new ArrayList<>(r.members());
                next.removeIf(old -> old.pod().equals(m.id().pod()));
                next.add(m.id());
                return List.copyOf(next);
            }
        }
        for (MemberId m : r.members()) {
            if (o.absent().contains(m) && !m.equals(o.self().member())) {
                List<MemberId> next = new ArrayList<>(r.members());
                next.remove(m);
                return List.copyOf(next);
            }
        }
        return r.members();
    }

    private static boolean inSync(Observation o, MemberState m) {
        return m.running() && m.server() != null && m.server().linkUp() && !m.server().syncing() && m.server().follows(o.me().redis())
                && o.me().server() != null && m.server().replid().equals(o.me().server().replid());
    }

    /**
     * Whom the Lease names. Nobody new before the server itself refuses writes without a replica (M4): whoever is named may be voted for, and detaches from a
     * leader whose agent may stand still by then, and whose server must not go on alone.
     */
    private static List<String> inSync(Observation o, LeaseRecord r) {
        int least = minReplicas(o.policy(), r);
        boolean guarded = o.server().info().minReplicas() >= least && limit(o) >= least;
        List<String> pods = new ArrayList<>();
        pods.add(o.self().pod());
        for (MemberState m : o.siblings()) {
            if (inSync(o, m) && (guarded || r.inSync().contains(m.id().pod()))) {
                pods.add(m.id().pod());
            }
        }
        pods.sort(null);
        return pods;
    }

    /** Rule M4: relaxed only when the Lease records that no replica is left, and never when the user wants {@code strict}, or a limit to what may be lost (M8). */
    private static int minReplicas(Observation o, Tenure t) {
        if (atLimit(o.policy(), o.unacknowledged())) {
            return NO_WRITES;
        }
        LeaseRecord r = t.record();
        boolean alone = r.inSync().equals(List.of(o.self().pod())) && o.siblings().stream().noneMatch(m -> inSync(o, m))
                && (r.mode() == API || r.members().size() < 3 || noneCanFollow(o, r));
        return alone && !o.policy().strict() && o.policy().maxLoss() == 0 ? 0 : minReplicas(o.policy(), r);
    }

    /** Rule M8: what only the own server has is about to be as old as the user allows. Writes go on when a replica has acknowledged what is that old. */
    public static boolean atLimit(Policy policy, long unacknowledged) {
        return policy.maxLoss() > 0 && unacknowledged >= policy.maxLoss() - CLOSING;
    }

    /** What the server has of min-replicas-to-write, or is about to have. */
    private static int limit(Observation o) {
        return o.ordered() >= 0 ? o.ordered() : o.server().info().minReplicas();
    }

    /**
     * As their own agents report: a server that is down, loads its data, or gets a full copy must not stop everybody's writes (finding R5). Once it is
     * so, it ends only with the first that is in sync: on its way there a server is for moments none of these, and not linked either.
     *
     * <p>Of an agent that is not heard, and a server that hangs, that holds when nobody has acknowledged anything for as long as a Lease lasts. It does not of a
     * server that runs and is only not linked: somebody may keep it from this one, and the fence over the network too, so that nothing else would stop this
     * master should its agent stand still while another leads.
     */
    private static boolean noneCanFollow(Observation o, LeaseRecord r) {
        if (o.server().info().minReplicas() == 0) {
            return true;
        }
        boolean lasts = o.unreplicated() >= o.policy().timings().lease() && !o.writing();   // V9: not in an outage of the API server
        return r.members().stream().filter(id -> !id.equals(o.self().member()) && !o.absent().contains(id)).allMatch(id -> o.siblings().stream()
                .filter(m -> m.id().equals(id)).findFirst().map(m -> m.server() == null || m.server().loading() || m.server().syncing() || lasts && !m.running()).orElse(lasts));
    }

    /**
     * What M4 asks for before anything else is known: a server that is promoted again may still have what was right in its last term. With a limit to what may be
     * lost also of two pods: of a master without a replica nothing can be counted, as one that never had any does not even move its offset (without an AOF).
     */
    public static int minReplicas(Policy policy, LeaseRecord r) {
        return policy.maxLoss() == 0 && Math.max(policy.replicas(), r.members().size()) < 3 ? 0 : 1;
    }

    // ---- following

    private static Decision follow(Observation o) {
        if (!o.leader().open() || !o.server().answering() || o.server().info().loading()) {
            return Decision.Hold.INSTANCE;
        }
        if (foreign(o, o.leader().datasetId())) {
            return refuseForeign(o, o.leader().datasetId());
        }
        return o.server().info().follows(o.leader().redis()) ? Decision.Hold.INSTANCE
                : new Decision.Follow(o.leader().redis(), Reason.LEADER_CHANGED);
    }

    /** Rule B6. Without persistence there is no volume to mix up: what is in memory from before the data was declared lost gives way. */
    private static boolean foreign(Observation o, String datasetId) {
        String ours = o.me().data().datasetId();
        return o.policy().persistent() && datasetId != null && ours != null && !ours.equals(datasetId) && !o.me().empty();
    }

    private static Decision refuseForeign(Observation o, String datasetId) {
        return new Decision.Refuse(Reason.FOREIGN_DATA, "the volume holds dataset " + o.me().data().datasetId() + ", the release has " + datasetId
                + ": give this pod an empty volume, or the release its own one back");
    }

    // ---- nobody leads

    private static Decision elect(Observation o) {
        if (o.writing()) {
            return Decision.Hold.INSTANCE;
        }
        if (o.lease() == null) {
            return new Decision.ReadLease();
        }
        return switch (o.lease().view()) {
            case LeaseView.Absent absent -> missing(o, absent);
            case LeaseView.Present present -> candidate(o, present);
            // what its holder confirmed last, and in which term, only that one knows
            case LeaseView.Unusable unusable -> o.stopping() ? Decision.Hold.INSTANCE : new Decision.Refuse(Reason.LEASE_UNUSABLE, unusable.why());
        };
    }

    private static Decision candidate(Observation o, LeaseView.Present lease) {
        boolean older = isOlder(o, lease.record());
        LeaseRecord r = older ? lease.record().ofNobody() : lease.record();
        Identity holder = r.holder();
        boolean ours = o.self().equals(holder) && !older;
        if (holder != null && !ours && !older && holder.member().equals(o.self().member())) {
            // L1: the kubelet starts a container of a pod only after the one before it is dead
            return new Decision.Release(released(r, null), lease.version(), Reason.PREDECESSOR_DIED);
        }
        if (o.stopping()) {
            return ours ? new Decision.Release(released(r, null), lease.version(), Reason.POD_STOPS) : Decision.Hold.INSTANCE;
        }
        if (!ours && isReplaced(o)) {
            return new Decision.Wait(Reason.NO_CANDIDATE, REPLACED);
        }
        boolean later = Election.isLater(o.me(), r);
        if (!later && foreign(o, r.datasetId())) {
            return refuseForeign(o, r.datasetId());
        }
        Decision.Wait not = whyNot(o, r);
        boolean lost = not != null && dataLost(o, r);
        boolean resort = not != null && !lost && lastResort(o, r);
        if (not != null && !lost && !resort) {
            return ours && not.reason() != Reason.LEASE_IS_OURS ? new Decision.Release(released(r, null), lease.version(), Reason.NO_CANDIDATE) : not;
        }
        Reason way = way(o, r, ours);
        if (way == Reason.MEMBERS_VOTED && !elected(o, r)) {
            return new Decision.CallBallot(ballotTerm(o, r));
        }
        if (way == null) {
            return new Decision.Wait(Reason.LEASE_EXPIRED, older ? "the Lease is of term " + r.term() + ", and there was a leader of term " + latest(o)
                    + ": somebody has restored it, and whoever leads may not have read it yet" : "the Lease still names " + holder);
        }
        boolean nameOnly = !ours && way != Reason.LEADER_TERMINATED && !r.counts(o.self().member()) && !vouched(o, r);
        if (nameOnly && !deserted(o, r)) {
            return o.siblings().stream().anyMatch(m -> mayVouch(o, r, m)) ? new Decision.CallBallot(ballotTerm(o, r))
                    : new Decision.Wait(way, "the Lease names another pod of this name, which may still run, and no member that it names answers");
        }
        // only now, when nothing else stands in the way: a better candidate has had its chance when this has been so for one R (C4)
        MemberState better = lost || resort ? null : better(o, r, m -> (ours || !waited(o, m)) && (!o.policy().strict() || hasAllConfirmed(o, r, m)));
        if (better != null) {
            // strict: that one proves itself, as nothing is handed over to it (C5)
            String next = o.policy().strict() ? null : better.id().pod();
            return ours ? new Decision.Release(released(r, next), lease.version(), Reason.NO_CANDIDATE) : new Decision.Yield(better);   // B3
        }
        long term = way == Reason.MEMBERS_VOTED ? o.ballot() : Math.max(r.term(), highest(o)) + 1;
        Mode mode = way == Reason.MEMBERS_VOTED ? MEMBERS : mode(o, r);
        String dataset = lost ? o.self().incarnation() + "." + term : later ? o.me().data().datasetId() : r.datasetId();
        return new Decision.Take(taken(o, r, term, mode, dataset, lost), lease.version(), lost ? Reason.DATA_LOST : resort ? Reason.LAST_RESORT
                : nameOnly && way == Reason.LEASE_EXPIRED ? Reason.MEMBERS_REPLACED : way);
    }

    /**
     * Rule L3: there has been a later leader than this Lease knows of, so it comes from a backup. Whoever it names, or lets have it, let go of it long ago, and who leads
     * now may not have read it yet: it is taken only as one is that somebody renews. A member that was down meanwhile goes by what the others hold.
     */
    private static boolean isOlder(Observation o, LeaseRecord r) {
        return r.term() < o.promise().term() || o.siblings().stream().anyMatch(m -> m.data().term() > r.term()
                && Objects.equals(m.data().datasetId(), o.me().data().datasetId()));
    }

    /** Of a leader that this member or a sibling knows of. */
    private static long latest(Observation o) {
        return Math.max(o.promise().term(), o.siblings().stream().mapToLong(m -> m.data().term()).max().orElse(0));
    }

    /** By which rule the Lease may be had, null if by none yet; MEMBERS_VOTED also while votes are still missing. */
    private static Reason way(Observation o, LeaseRecord r, boolean ours) {
        if (ours) {
            return Reason.LEASE_IS_OURS;
        }
        if (isOlder(o, r)) {
            return o.promise().isFree(o.now()) && o.lease().unchangedFor() >= o.policy().timings().lease() ? Reason.LEASE_EXPIRED : null;
        }
        if (r.released()) {
            return o.self().pod().equals(r.preferred()) ? Reason.HANDED_OVER : Reason.LEASE_RELEASED;   // L8
        }
        if (o.present() != null && o.present().stream().anyMatch(p -> p.id().equals(r.holder().member())
                && p.deadIncarnations().contains(r.holder().incarnation()))) {
            return Reason.LEADER_TERMINATED;   // L9b
        }
        if (!o.promise().isFree(o.now())) {
            return null;   // V1
        }
        if (o.lease().unchangedFor() >= o.policy().timings().lease()) {
            return Reason.LEASE_EXPIRED;   // V7
        }
        // a leader of whom this member has not heard yet gets as long to be heard of as one that has fallen silent
        boolean silent = o.promise().term() >= r.term() || o.now() - o.lease().heldSince() >= o.policy().timings().promise() + r.patience();
        return silent && r.mode() == MEMBERS && r.counts(o.self().member()) ? Reason.MEMBERS_VOTED : null;   // V6
    }

    private static boolean elected(Observation o, LeaseRecord r) {
        long votes = o.votes().stream().filter(r::counts).filter(m -> !m.equals(o.self().member())).count();
        return o.ballot() == ballotTerm(o, r) && votes + 1 >= LeaseRecord.quorum(r.members().size());
    }

    /**
     * Rules V7 and V8: of a pod that only has a member's name. It may be the one that was deleted by force, and know less than the one in its place. Or the
     * one before it runs on, and leads as long as all others acknowledge it, or is one of all; so one of those says that it acknowledges nobody any more.
     */
    private static boolean vouched(Observation o, LeaseRecord r) {
        return o.ballot() == ballotTerm(o, r) && o.votes().stream().anyMatch(r::counts);
    }

    /** It has answered, and its pod is not known to be gone since. */
    private static boolean mayVouch(Observation o, LeaseRecord r, MemberState m) {
        return r.counts(m.id()) && (o.present() == null || o.present().stream().anyMatch(p -> p.id().equals(m.id())));
    }

    /** By the API server's word this pod does not exist any more, and another one of its name does (V8). */
    private static boolean isReplaced(Observation o) {
        return o.present() != null && o.present().stream().map(PodView::id).anyMatch(id -> id.pod().equals(o.self().pod()) && !id.equals(o.self().member()));
    }

    /** Rule V7: no member is left that could be asked. Who deletes each by force says that they are dead. A leader that has let go of the Lease is not feared. */
    private static boolean deserted(Observation o, LeaseRecord r) {
        if (o.siblings().stream().anyMatch(m -> mayVouch(o, r, m))) {
            return false;
        }
        boolean shown = o.present() == null || o.present().stream().anyMatch(p -> r.counts(p.id()) && !(r.released() && p.terminating()));
        if (r.released()) {
            return !shown || o.now() - o.spell() >= o.policy().timings().lastHolderWait();
        }
        return !shown && o.lease().unchangedFor() >= o.policy().timings().lease() + o.policy().timings().promise() + r.patience();
    }

    /** A running ballot goes on as long as its term is still worth voting for. */
    private static long ballotTerm(Observation o, LeaseRecord r) {
        long least = Math.max(r.term(), o.promise().term()) + 1;
        long above = r.counts(o.self().member()) ? 0 : 1;   // the only one to be asked may know of a later term than the Lease, as of one that was restored
        return o.ballot() >= Math.max(least, o.promise().voted()) ? o.ballot() : Math.max(least, highest(o) + above);
    }

    private static long highest(Observation o) {
        long highest = o.promise().highest();
        for (MemberState m : o.siblings()) {
            highest = Math.max(highest, m.term());
        }
        return highest;
    }

    /** Null if this member should lead, as far as it knows. */
    private static Decision.Wait whyNot(Observation o, LeaseRecord r) {
        List<MemberState> all = everybody(o);
        String unfit = Election.unfit(o.me(), r, all);
        if (unfit != null) {
            boolean soon = !o.me().running() || o.me().server() == null || o.me().server().loading();
            return new Decision.Wait(soon ? Reason.LEASE_IS_OURS : Reason.NO_CANDIDATE, soon ? "the server is loading" : "this member is not fit to lead: it " + unfit);
        }
        String pod = o.self().pod();
        // the own answer and the others' must be from after the leader was lost, or a write that one replica has may be overlooked
        boolean asking = o.server().at() < o.spell() || o.now() - o.spell() < ASK && !askedInVain(o, r);
        if (!pod.equals(r.preferred()) && asking) {
            return new Decision.Wait(Reason.LEASE_IS_OURS, "asking the siblings");   // C1
        }
        // only the Lease's word, which is advice, says that there is nothing: siblings that have not answered may know better (B2)
        boolean lostIt = o.me().empty() && o.me().data().restored() && !allAnswered(o, r) && o.now() - o.spell() < o.policy().timings().lastHolderWait();
        if (lostIt && !pod.equals(r.preferred()) && !askedInVain(o, r)) {
            return new Decision.Wait(Reason.NO_CANDIDATE, "waiting for the other members to say what they hold");
        }
        if (r.preferred() != null && !r.preferred().equals(pod) && o.now() - Math.max(o.spell(), o.lease().heldSince()) < o.policy().timings().renew()) {
            return new Decision.Wait(Reason.NO_CANDIDATE, "the last leader handed over to " + r.preferred());
        }
        Decision.Wait wait = awaitLastHolder(o, r);
        if (wait != null) {
            return wait;
        }
        // to whom the last leader has handed over it has given all that it had (H2)
        boolean given = pod.equals(r.preferred()) && !o.me().data().torn();
        return o.policy().strict() && !given && !mayLeadStrictly(o, r) ? new Decision.Wait(Reason.NO_CANDIDATE, strictly(o, r)) : null;
    }

    /** Rules B3, B4, C4: the best of those that suit; null if none does. */
    private static MemberState better(Observation o, LeaseRecord r, Predicate<MemberState> suits) {
        List<MemberState> all = everybody(o);
        boolean current = Election.current(o.me(), r);
        String last = lastHolder(o, r);
        MemberState best = null;
        for (MemberState m : o.siblings()) {
            if (!Election.fit(m, r, all) || !suits.test(m)) {
                continue;
            }
            if (!current && m.id().pod().equals(last) && !m.empty()) {
                return m;
            }
            if (Election.compare(m, best == null ? o.me() : best, r, last, o.policy().byPriority()) > 0) {
                best = m;
            }
        }
        return !current && o.self().pod().equals(last) && (best == null || !Election.current(best, r)) ? null : best;
    }

    /** Of disks the better one may be the only one with the newest writes, and its pod only slow to begin. */
    private static boolean waited(Observation o, MemberState better) {
        String pod = better.id().pod();
        boolean had = o.chances().had().contains(pod) || o.chances().handedOn().contains(pod);
        boolean disks = o.me().data().restored() && better.data().restored() && !better.empty() && !had;
        Timings timings = o.policy().timings();
        return o.chances().over(pod, o.now(), timings.renew()) && (!disks || o.now() - o.chances().first() >= timings.lastHolderWait());
    }

    /**
     * Rule B4: who may have accepted writes last, the likeliest first. Who took the Lease after the last holder is among them until its disk, which knows of no
     * term as late as its own, says that it never came to open; until then nobody knows.
     */
    private static List<String> mayHaveLedLast(Observation o, LeaseRecord r) {
        List<MemberState> all = everybody(o);
        List<String> pods = new ArrayList<>();
        for (Taker taker : r.takers().reversed()) {
            MemberState m = answer(o, taker.pod());
            boolean opened = m != null && m.data().term() >= taker.term();
            if (opened && r.takers().stream().anyMatch(t -> !t.pod().equals(taker.pod()) && t.term() > taker.term() && t.term() <= m.data().term())) {
                return pods;   // it followed one that opened later
            }
            if (m == null || opened || m.leading()) {
                pods.add(taker.pod());
            }
            if (opened && Election.fit(m, r, all)) {
                return pods;   // else it may come to nothing, and what the one before has is the most that is left
            }
        }
        if (r.lastHolder() != null) {
            pods.add(r.lastHolder());
        }
        return pods;
    }

    /** Whose disk goes before others' of its term, whatever state files say of offsets; null if nobody's. In place of one that lacks its end the best of those that have it. */
    private static String lastHolder(Observation o, LeaseRecord r) {
        List<MemberState> all = everybody(o);
        List<MemberState> fit = all.stream().filter(m -> Election.fit(m, r, all)).toList();
        long latest = fit.stream().mapToLong(m -> m.data().term()).max().orElse(0);
        Optional<MemberState> last = mayHaveLedLast(o, r).stream().flatMap(pod -> fit.stream().filter(m -> m.id().pod().equals(pod) && m.data().term() >= latest)).findFirst();
        return last.map(m -> fit.stream().filter(other -> Election.makesUpFor(other, m, r))
                .reduce((a, b) -> Election.compare(a, b, r, null, o.policy().byPriority()) > 0 ? a : b).orElse(m).id().pod()).orElse(null);
    }

    private static MemberState answer(Observation o, String pod) {
        return everybody(o).stream().filter(m -> m.id().pod().equals(pod)).findFirst().orElse(null);
    }

    /** Nobody has in memory what the last leader had, so its disk may be the only one with the newest writes. */
    private static Decision.Wait awaitLastHolder(Observation o, LeaseRecord r) {
        List<String> led = mayHaveLedLast(o, r);
        // nobody knows who, of a Lease from a backup (L3), or that was made again by whoever did not come to open (L10): it may have been anybody
        List<String> any = r.members().stream().map(MemberId::pod).filter(pod -> !pod.equals(o.self().pod())).toList();
        return (led.isEmpty() ? any : led).stream().map(last -> await(o, r, last)).filter(Objects::nonNull).findFirst().orElse(null);
    }

    private static Decision.Wait await(Observation o, LeaseRecord r, String last) {
        boolean mine = o.self().pod().equals(last);
        long waited = o.now() - o.spell();
        long patience = o.policy().timings().lastHolderWait();
        if (Election.current(o.me(), r) || waited >= LOADS * patience) {
            return null;
        }
        boolean lacks = o.me().data().torn() && !inSyncAnswered(o, r);
        String awaited = mine ? "whoever was in sync with this pod" : last + (last.equals(r.lastHolder()) ? ", the last leader" : ", which may have led last");
        MemberState loading = null;
        for (MemberState m : o.siblings()) {
            boolean holder = m.id().pod().equals(last);
            if (m.stopping()) {
                continue;   // it is on its way out, and may come again with what it has
            }
            if (o.loading().contains(m.id())) {
                MemberState led = answer(o, last);
                boolean more = Election.mayHoldMore(m, o.me(), r, mine || o.self().pod().equals(r.lastHolder())) || led != null && Election.hasTheRest(m, led, r);
                loading = holder || loading == null && more ? m : loading;
            } else if (holder && m.running() && m.server() != null && !m.server().loading()) {
                if (m.empty() || m.data().complete() && !m.data().torn() || inSyncAnswered(o, r)) {
                    return null;   // it is back: with data it is the better candidate, without there is nothing to wait for
                }
                awaited = "whoever was in sync with " + last;   // its disk is behind, or lacks its end: what it confirmed, one of these has
            }
            if (Election.fit(m, r, everybody(o)) && Election.current(m, r)) {
                return null;   // somebody has it in memory, and is compared with
            }
        }
        return loading != null ? new Decision.Wait(Reason.NO_CANDIDATE, "waiting for " + loading.id().pod() + ", which loads its data")
                : (!mine || lacks) && waited < patience ? new Decision.Wait(Reason.NO_CANDIDATE, "waiting for the data of " + awaited) : null;
    }

    private static boolean inSyncAnswered(Observation o, LeaseRecord r) {
        return r.inSync().stream().allMatch(pod -> pod.equals(o.self().pod()) || o.siblings().stream().anyMatch(m -> m.id().pod().equals(pod) && !m.stopping()
                && m.running() && m.server() != null && !m.server().loading()));
    }

    /** Rule C5. Where all have answered and nobody can be told to have every write, nobody is left to be waited for: the likeliest leads. */
    private static boolean mayLeadStrictly(Observation o, LeaseRecord r) {
        if (hasAllConfirmed(o, r, o.me())) {
            return true;
        }
        List<MemberState> all = everybody(o);
        if (!silent(o, r).isEmpty() || all.stream().anyMatch(m -> Election.fit(m, r, all) && hasAllConfirmed(o, r, m))) {
            return false;
        }
        String last = lastHolder(o, r);
        return last != null ? last.equals(o.self().pod()) : o.siblings().stream()
                .noneMatch(m -> Election.fit(m, r, all) && Election.compare(m, o.me(), r, null, o.policy().byPriority()) > 0);
    }

    /**
     * Rule C5, with W = 1: a write that counts is one that the leader and one more had. All of the last leader's has whoever led last itself, or holds what that
     * one does, or what each of the others can have confirmed; those before it had, or it would not have led. If it can't be told who it was: whoever it was.
     */
    private static boolean hasAllConfirmed(Observation o, LeaseRecord r, MemberState m) {
        String pod = m.id().pod();
        return mayHaveOpenedLast(o, r).stream().allMatch(last -> last.equals(pod) && !m.data().torn() || covers(o, r, m, last)
                || r.members().stream().map(MemberId::pod).allMatch(other -> other.equals(pod) || other.equals(last) || covers(o, r, m, other)));
    }

    private static boolean covers(Observation o, LeaseRecord r, MemberState m, String other) {
        MemberState answer = answer(o, other);
        return answer != null && Election.covers(m, answer, r);
    }

    /** As {@link #mayHaveLedLast}, but a state file is not believed that says that its pod never opened: it may have been written too late. */
    private static Set<String> mayHaveOpenedLast(Observation o, LeaseRecord r) {
        Set<String> pods = new HashSet<>();
        for (Taker taker : r.takers().reversed()) {
            if (everybody(o).stream().anyMatch(m -> m.data().term() >= taker.term())) {
                pods.add(taker.pod());
                return pods;   // it has opened, or nobody had come to that term
            }
            MemberState m = answer(o, taker.pod());
            boolean now = o.tenure() != null && taker.term() == o.tenure().term();   // this very member, which is about to
            if (!now && (m == null || m.leading() || m.data().restored())) {
                pods.add(taker.pod());
            }
        }
        pods.add(Objects.requireNonNullElse(r.lastHolder(), ""));
        return pods;
    }

    /** Members that have not answered, or not with all that they have. */
    private static List<String> silent(Observation o, LeaseRecord r) {
        return r.members().stream().map(MemberId::pod).filter(pod -> {
            MemberState m = answer(o, pod);
            return m == null || !m.running() || m.server() == null || m.server().loading();
        }).toList();
    }

    /** Whom it waits for, and what a person can do who knows that they won't come. */
    private static String strictly(Observation o, LeaseRecord r) {
        List<MemberState> all = everybody(o);
        Optional<MemberState> knows = o.siblings().stream().filter(m -> Election.fit(m, r, all) && hasAllConfirmed(o, r, m)).findFirst();
        List<String> silent = silent(o, r);
        if (knows.isPresent() || silent.isEmpty()) {
            return "durability: strict leaves it to " + knows.map(m -> m.id().pod() + ", which has every write that a replica confirmed").orElse("another member, which is likelier to have every write that a replica confirmed");
        }
        Set<String> last = mayHaveOpenedLast(o, r);
        String led = last.size() == 1 ? ", the last leader" : ", which may have led last";
        String release = o.self().pod().substring(0, o.self().pod().lastIndexOf('-'));
        // A person's word counts only in a Lease that is not older than the last leader (L3). At once with it: else whom the backup names would be believed in between.
        String command = isOlder(o, r)
                ? "kubectl patch lease " + release + " --type merge -p '{\"spec\":{\"leaseTransitions\":" + highest(o)
                + "},\"metadata\":{\"annotations\":{\"redis-ha/last-holder\":\"POD\",\"redis-ha/takers\":null,\"redis-ha/preferred\":null}}}'"
                : "kubectl annotate lease " + release + " redis-ha/last-holder=POD redis-ha/takers- --overwrite";
        return "durability: strict waits for " + silent.stream().map(pod -> last.contains(pod) ? pod + led : pod).collect(Collectors.joining(", or for "))
                + ": nobody who answers has every write for sure that a replica confirmed. If nobody else comes: " + command + " has POD lead with what it has";
    }

    /** Nobody is left who might answer yet: a pod that does not exist has no address to be asked at. */
    private static boolean askedInVain(Observation o, LeaseRecord r) {
        return r.members().stream().map(MemberId::pod).noneMatch(pod -> !pod.equals(o.self().pod()) && o.siblings().stream().noneMatch(s -> s.id().pod().equals(pod))
                && (o.present() == null || o.present().stream().anyMatch(p -> p.id().pod().equals(pod))));
    }

    private static boolean allAnswered(Observation o, LeaseRecord r) {
        for (MemberId m : r.members()) {
            if (!m.pod().equals(o.self().pod()) && o.siblings().stream().noneMatch(s -> s.id().pod().equals(m.pod()))) {
                return false;
            }
        }
        return true;
    }

    /** Nothing persists, and every pod says that it has nothing: there is nothing left to protect. */
    private static boolean dataLost(Observation o, LeaseRecord r) {
        if (o.policy().persistent() || Election.anyData(everybody(o)) || !everybody(o).stream().allMatch(m -> ready(m, o))) {
            return false;
        }
        boolean all = allAnswered(o, r) || o.now() - o.spell() >= o.policy().timings().lastHolderWait() && presentAnswered(o, true);
        return all && (lowest(o, r) || o.now() - o.spell() >= o.policy().timings().lastHolderWait() + o.policy().timings().renew()) && r.names(o.self().pod());
    }

    /**
     * Rule C2 leaves nobody, though every member has answered: each dataset was last seen in the middle of a sync. Redis empties a dataset
     * only when it has the next one whole on disk, so what a server holds that neither loads nor syncs is a dataset; the best one leads,
     * after everybody has had the time to be found better.
     */
    private static boolean lastResort(Observation o, LeaseRecord r) {
        boolean patience = o.now() - o.spell() >= o.policy().timings().lastHolderWait();
        if (o.policy().strict() || !patience || !allAnswered(o, r) || !r.names(o.self().pod()) || !usable(o.me(), r, o)) {
            return false;
        }
        List<MemberState> all = everybody(o);
        return o.siblings().stream().allMatch(m -> ready(m, o) && !Election.fit(m, r, all)
                && (!usable(m, r, o) || Election.compare(o.me(), m, r, o.policy().byPriority()) > 0));
    }

    private static boolean usable(MemberState m, LeaseRecord r, Observation o) {
        return ready(m, o) && !m.empty() && m.server().priority() != 0 && (m.data().datasetId() == null || m.data().datasetId().equals(r.datasetId()));
    }

    private static boolean ready(MemberState m, Observation o) {
        return m.running() && m.server() != null && !m.server().loading() && (!m.server().syncing() || Election.asksInVain(m, everybody(o)));
    }

    /** @param known the release is not a new one: also who never ran may have a volume that counts */
    private static boolean presentAnswered(Observation o, boolean known) {
        return o.present() != null && o.present().stream().filter(p -> p.ip() != null && !p.terminating() && (known || p.ran())).map(PodView::id)
                .allMatch(id -> id.equals(o.self().member()) || o.siblings().stream().anyMatch(m -> m.id().equals(id)));
    }

    /** Of those that may lead: a pod that is no member (V8) never takes the turn that it would be left. */
    private static boolean lowest(Observation o, LeaseRecord r) {
        return o.siblings().stream().filter(m -> !m.stopping() && r.names(m.id().pod())).allMatch(m -> o.self().member().ordinal() < m.id().ordinal());
    }

    /** There is no Lease: the first start of the release (B2), or somebody deleted it (L10). */
    private static Decision missing(Observation o, LeaseView.Absent absent) {
        if (o.stopping()) {
            return Decision.Hold.INSTANCE;
        }
        if (isReplaced(o)) {
            return new Decision.Wait(Reason.NO_CANDIDATE, REPLACED);
        }
        List<MemberState> all = everybody(o);
        if (!ready(o.me(), o)) {
            return new Decision.Wait(Reason.NO_CANDIDATE, "the server is loading");
        }
        long waiting = o.now() - Math.max(o.spell(), o.booted());
        int pods = pods(o, absent);
        // a term that was only asked for, in a create that was refused, is no Lease that was deleted
        boolean known = o.known() || absent.initialized() || o.promise().term() > 0 || all.stream().anyMatch(m -> m.data().term() > 0 || m.data().datasetId() != null);
        boolean complete = o.siblings().size() + 1 >= pods || waiting >= o.policy().timings().lastHolderWait() && presentAnswered(o, known);
        if (!complete || !o.siblings().stream().allMatch(m -> ready(m, o))) {
            return new Decision.Wait(Reason.NO_CANDIDATE, "waiting for the other pods of the release");
        }
        if ((known || highest(o) > 0) && (!o.promise().isFree(o.now()) || o.lease().unchangedFor() < o.policy().timings().lease())) {
            return new Decision.Wait(Reason.LEASE_MISSING, known ? "the Lease is gone; its holder may make it again" : "the Lease could not be made; trying again");   // L10
        }
        long datasets = all.stream().filter(m -> !m.empty() && m.data().datasetId() != null).map(m -> m.data().datasetId()).distinct().count();
        if (datasets > 1 || !known && all.stream().filter(m -> !m.empty()).count() > 1) {
            return new Decision.Refuse(Reason.FOREIGN_DATA, "several volumes hold data, and nothing says which is the release's: keep one, empty the others");
        }
        boolean data = Election.anyData(all);
        // a member that has applied the deletion of all that the others hold may lead (B2)
        if (data && o.me().empty() && !Election.fit(o.me(), null, all) || known && !data && o.policy().persistent() && all.stream().anyMatch(m -> m.data().term() > 0 && !m.data().complete())) {
            return new Decision.Wait(Reason.NO_CANDIDATE, "another pod holds the data");
        }
        String unheard = known && !data && o.policy().persistent() ? unheard(o, pods) : "";
        if (!unheard.isEmpty()) {
            // B2: what it has outlives its absence, and only the Lease knew of it
            return new Decision.Wait(Reason.NO_CANDIDATE, "the Lease is gone, and nobody leads empty before each pod has said that it holds nothing: not yet " + unheard);
        }
        MemberState best = o.me();
        for (MemberState m : o.siblings()) {
            if (!m.stopping() && !waited(o, m) && (!data || !m.empty() || Election.fit(m, null, all)) && Election.compare(m, best, null, o.policy().byPriority()) > 0) {
                best = m;   // C4: after the best, which has not come, the next best
            }
        }
        if (best != o.me()) {
            return new Decision.Yield(best);
        }
        long term = highest(o) + 1;
        // one that was emptied by its clients is of its release all the same
        boolean ours = !o.me().empty() || o.me().data().complete() && !o.me().data().restored();
        String dataset = o.me().data().datasetId() != null && ours ? o.me().data().datasetId() : o.self().incarnation() + "." + term;
        List<MemberId> members = all.stream().map(MemberState::id).sorted(java.util.Comparator.comparing(MemberId::pod)).toList();
        boolean strict = known && o.policy().strict();   // who led last only the Lease knew: it may have been anybody (C5)
        LeaseRecord first = new LeaseRecord(o.self(), term, members.size() == 1 ? API : MEMBERS, members, dataset, "", 0, !data,
                List.of(o.self().pod()), known ? null : o.self().pod(), null, null).patience(o.patience());
        if (strict && !mayLeadStrictly(o, first)) {
            return new Decision.Wait(Reason.NO_CANDIDATE, strictly(o, first));
        }
        first = known ? first.takers(taking(List.of(), o.self().pod(), term)) : first;
        long latest = Math.max(o.promise().term(), all.stream().mapToLong(m -> m.data().term()).max().orElse(0));
        boolean lost = !data && all.stream().noneMatch(m -> m.data().term() >= latest && isEmptyByRight(m, o.policy()));
        return new Decision.Take(first, null, !known ? Reason.BOOTSTRAP : lost ? Reason.DATA_LOST : Reason.LEASE_MISSING);
    }

    /** How many the release has: what Kubernetes says may be known although their pods are not there; else what is to be seen. */
    private static int pods(Observation o, LeaseView.Absent absent) {
        int seen = o.present() == null ? 0 : o.present().stream().filter(p -> !p.terminating()).mapToInt(p -> p.id().ordinal() + 1).max().orElse(0);
        return absent.pods() > 0 ? absent.pods() : Math.max(o.policy().replicas(), seen);
    }

    /** Pods of the release that have not said what they hold; empty if all have. */
    private static String unheard(Observation o, int pods) {
        String self = o.self().pod();
        String name = self.substring(0, self.lastIndexOf('-') + 1);
        return IntStream.range(0, pods).mapToObj(i -> name + i).filter(pod -> !pod.equals(self) && o.siblings().stream().noneMatch(m -> m.id().pod().equals(pod)))
                .collect(Collectors.joining(", "));
    }

    /** It has the release's data, and that is no key: by what it applied, or by a disk that was whole. */
    private static boolean isEmptyByRight(MemberState m, Policy policy) {
        return m.data().term() > 0 && m.data().complete() && (policy.persistent() || !m.data().restored());
    }

    // ---- records

    private static List<MemberState> everybody(Observation o) {
        List<MemberState> all = new ArrayList<>(o.siblings());
        all.add(o.me());
        return all;
    }

    private static Mode mode(Observation o, LeaseRecord r) {
        long answering = 1 + o.siblings().stream().filter(m -> r.counts(m.id())).count();
        return answering >= LeaseRecord.quorum(r.members().size()) ? MEMBERS : API;
    }

    private static LeaseRecord taken(Observation o, LeaseRecord r, long term, Mode mode, String dataset, boolean lost) {
        List<MemberId> members = new ArrayList<>(r.members());
        members.replaceAll(m -> m.pod().equals(o.self().pod()) ? o.self().member() : m);
        return new LeaseRecord(o.self(), term, mode, List.copyOf(members), dataset, r.replid(), r.offset(), lost || r.empty(), r.inSync(),
                lost ? o.self().pod() : r.lastHolder(), null, r.renewed()).patience(o.patience()).takers(lost ? List.of() : taking(r.takers(), o.self().pod(), term));
    }

    /** Also by who has it, and goes on to a later term before it has opened. Of a run of the same pod the first and the last count: it may have opened in the first. */
    private static List<Taker> taking(List<Taker> before, String pod, long term) {
        List<Taker> next = new ArrayList<>(before);
        int run = 0;
        while (run < next.size() && next.get(next.size() - 1 - run).pod().equals(pod)) {
            run++;
        }
        if (run > 0 && next.getLast().term() == term) {
            return before;
        }
        if (run > 1) {
            next.removeLast();
        }
        next.add(new Taker(pod, term));
        return List.copyOf(next);
    }

    /** Rule H2: the target has everything, whatever the last renewal said of it. */
    public static LeaseRecord handedOver(LeaseRecord r, String target) {
        LeaseRecord next = released(r, target);
        return next.inSync().contains(target) ? next : next.inSync(Stream.concat(next.inSync().stream(), Stream.of(target)).sorted().toList());
    }

    /** The record of a leader that lets go; {@code preferred} has the first go at it. */
    public static LeaseRecord released(LeaseRecord r, String preferred) {
        return new LeaseRecord(null, r.term(), r.mode(), r.members(), r.datasetId(), r.replid(), r.offset(), r.empty(), r.inSync(),
                r.lastHolder(), preferred, r.renewed()).takers(r.takers());
    }
}
