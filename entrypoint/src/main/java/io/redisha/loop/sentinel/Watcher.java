package io.redisha.loop.sentinel;

import io.redisha.decide.sentinel.Appointment;
import io.redisha.decide.sentinel.Beginning;
import io.redisha.decide.sentinel.Belief;
import io.redisha.decide.sentinel.Forgetting.Wanted;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.loop.Journal;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.LeaseStore;
import io.redisha.loop.LeaseStore.Read;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.Remarks;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.SentinelView;
import io.redisha.model.Timings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The agent of a sentinel: sees to it that it begins with the master that is, never with one of the past, and keeps its quorum.
 *
 * <p>It runs on one thread and never blocks.
 */
public final class Watcher {

    /**
     * What it acts through.
     *
     * @param restart kills the own sentinel; it is started again, and asks {@link #master} before
     */
    public record Ports(LeaseStore leases, Sentinels sentinels, Runnable restart, Journal journal) {}

    /**
     * What the user decided.
     *
     * @param watchers sentinels, until the StatefulSet says something else
     * @param quorum   0 = the majority of those
     */
    public record Policy(Hosts redis, Hosts sentinels, int watchers, int quorum) {}

    private static final long MS = Timings.MS;
    private static final long READ = 300 * MS;
    private static final long AGAIN = 1_000 * MS;
    /** How long a sentinel may differ before it begins anew: hellos, and the end of a failover, take two seconds. */
    private static final long ASTRAY = 5_000 * MS;
    /** How long it may lack others while its master is down: a failover takes less, and it may be one of others. */
    private static final long INCOMPLETE = 15_000 * MS;
    /** A failover that is tried for so long gets no votes. */
    private static final long VAIN = 45_000 * MS;
    /** So much later than the one before: never all at once. */
    private static final long TURN = 5_000 * MS;
    /** Between two restarts for that. */
    private static final long PATIENCE = 60_000 * MS;
    /** How old the word of the API server may be on how many there are to be: a sentinel that counted too few could agree with itself. */
    private static final long COUNTED = 12_000 * MS;

    private final String pod;
    private final Policy policy;
    private final Ports ports;
    private final Executor loop;
    private final LongSupplier clock;
    private final Remarks remarks;

    private int watchers;
    private Wanted wanted;
    private long wantedAt;
    private SentinelView own;
    private final Map<String, SentinelView> others = new TreeMap<>();
    private boolean knowsPods;
    /** Pods of sentinels, with an address or without. */
    private Set<String> existing = Set.of();
    private List<Peer> peers = List.of();
    private CompletableFuture<Appointment> waiting;
    private Appointment remembered;
    private long waitingSince;
    private boolean reading;
    private boolean readOnce;
    private long readAt;
    private Appointment noted;
    private long quorumAt;
    private long straySince;
    private long completeAt;
    private long anewAt;
    private boolean agreed;
    private boolean stopping;
    private volatile WatcherSnapshot snapshot;

    public Watcher(String pod, Policy policy, Ports ports, Executor loop, LongSupplier clock) {
        this.pod = pod;
        this.policy = policy;
        this.ports = ports;
        this.loop = loop;
        this.clock = clock;
        remarks = new Remarks(ports.journal);
        watchers = policy.watchers;
        long now = clock.getAsLong();
        own = SentinelView.silent(pod, now);
        readAt = now - READ;
        quorumAt = now - AGAIN;
        straySince = now;
        completeAt = now;
        anewAt = now - PATIENCE;
        snapshot = snap(now);
    }

    // ---- inputs, all on the loop's thread

    /** Every 100 ms. */
    public void tick() {
        long now = clock.getAsLong();
        begin(now);
        keepQuorum(now);
        mend(now);
        snapshot = snap(now);
    }

    /** What the own sentinel says. */
    public void onOwn(SentinelView view) {
        own = view;
    }

    /** Its process has ended. @param how for a person */
    public void onDied(String how) {
        if (own.answering() && !stopping) {
            ports.journal.note(Act.SERVER_DIED, Reason.SERVER_DIED, own.epoch(), how);
        }
        own = SentinelView.silent(pod, clock.getAsLong());
    }

    /** What the other sentinels have answered. */
    public void onSentinels(List<SentinelView> views) {
        for (SentinelView v : views) {
            if (!v.pod().equals(pod)) {
                others.put(v.pod(), v);
            }
        }
        begin(clock.getAsLong());
    }

    public void onSentinelPods(List<PodView> seen) {
        knowsPods = true;
        existing = seen.stream().map(p -> p.id().pod()).collect(Collectors.toSet());
        watch(seen.stream().filter(p -> p.ip() != null).map(p -> new Peer(p.id().pod(), p.ip())).toList());
    }

    public void onSentinelNames(List<Peer> found) {
        if (!knowsPods) {
            watch(found);
        }
    }

    private void watch(List<Peer> found) {
        if (!found.equals(peers)) {
            peers = found;
            ports.sentinels.watch(found);
        }
    }

    public boolean knowsPods() {
        return knowsPods;
    }

    /** How many pods there are to be. */
    public void onWanted(int servers, int sentinels) {
        watchers = sentinels;
        wanted = new Wanted(policy.redis, servers, policy.sentinels, sentinels);
        wantedAt = clock.getAsLong();
    }

    /** SIGTERM: not ready from now on. */
    public void onStop() {
        stopping = true;
        snapshot = snap(clock.getAsLong());
    }

    // ---- from any thread

    /**
     * Before each start of the sentinel: whom to monitor. Done when that is known, which may be never.
     *
     * @param before what the sentinel's file of an earlier run says; null if there is none
     */
    public CompletableFuture<Appointment> master(Appointment before) {
        CompletableFuture<Appointment> answer = new CompletableFuture<>();
        loop.execute(() -> {
            long now = clock.getAsLong();
            waiting = answer;
            remembered = before;
            waitingSince = now;
            readOnce = false;
            begin(now);
        });
        return answer;
    }

    public WatcherSnapshot snapshot() {
        return snapshot;
    }

    // ---- before the sentinel starts

    private void begin(long now) {
        if (waiting == null) {
            return;
        }
        Appointment found = Beginning.of(remembered, readOnce, noted, fresh(now), watchers, policy.redis);
        if (found != null) {
            CompletableFuture<Appointment> answer = waiting;
            waiting = null;
            answer.complete(found);
        } else if (!reading && now - readAt >= READ) {
            reading = true;
            readAt = now;
            ports.leases.read(read -> {
                reading = false;
                if (read instanceof Read.Seen seen) {
                    noted = switch (seen.view()) {
                        case LeaseView.Absent absent -> null;
                        case LeaseView.Present present -> Appointment.noted(present.record());
                        case LeaseView.Unusable unusable -> Appointment.noted(unusable.record());   // for its term only
                    };
                    readOnce = true;
                    begin(clock.getAsLong());
                }
            });
        }
    }

    // ---- while it runs

    private List<SentinelView> fresh(long now) {
        return others.values().stream().filter(v -> v.answering() && now - v.at() <= DataMember.FRESH && MemberId.ordinal(v.pod()) < watchers).toList();
    }

    private int quorum() {
        return Belief.quorum(policy.quorum, watchers);
    }

    private void keepQuorum(long now) {
        if (own.answering() && own.master() != null && own.quorum() != quorum() && now - quorumAt >= AGAIN) {
            quorumAt = now;
            ports.sentinels.set(pod, "quorum", Integer.toString(quorum()), why -> { });
        }
    }

    private void mend(long now) {
        if (!Beginning.isAstray(own, fresh(now), watchers, policy.redis)) {
            straySince = now;
        } else if (now - straySince >= ASTRAY) {
            straySince = now;
            beginAnew("its sentinel, which named " + own.master() + " in the same epoch", now);
        }
        boolean incomplete = wanted != null && knowsPods && now - wantedAt <= COUNTED && Beginning.isIncomplete(own, wanted);
        List<String> awaited = incomplete ? Beginning.scaledAway(existing, watchers) : List.of();
        if (!awaited.isEmpty()) {
            String detail = "may be waiting for the votes of sentinels that were scaled away and still exist: if they are dead, kubectl delete pod " + String.join(" ", awaited)
                    + " --force";
            remarks.say(Act.WAITING, Reason.NO_CANDIDATE, own.epoch(), detail, now);
            remarks.withoutMaster(Reason.NO_CANDIDATE, own.epoch(), detail, now);
        }
        if (!incomplete || !awaited.isEmpty()) {
            completeAt = now;
        } else if (now - completeAt >= INCOMPLETE + MemberId.ordinal(pod) * TURN && now - anewAt >= PATIENCE && (now - completeAt >= VAIN
                || !own.isFailingOver() && others.values().stream().noneMatch(SentinelView::isFailingOver))) {
            completeAt = now;
            anewAt = now;
            beginAnew("its sentinel, which had lost " + own.master() + ", and not learnt again of all that there are to be", now);
        }
    }

    private void beginAnew(String which, long now) {
        ports.journal.note(Act.MENDED, Reason.SENTINELS_AGREE, own.epoch(), which);
        own = SentinelView.silent(pod, now);
        ports.restart.run();
    }

    // ---- what others are told

    private WatcherSnapshot snap(long now) {
        List<SentinelView> seen = new ArrayList<>();
        for (int i = 0; i < watchers; i++) {
            String other = policy.sentinels.pod(i);
            if (!other.equals(pod)) {
                SentinelView v = others.get(other);
                seen.add(v != null && now - v.at() <= DataMember.FRESH ? v : SentinelView.silent(other, v == null ? now : v.at()));
            }
        }
        String unready = unready(now, seen);
        List<String> problems = Stream.of(unready == null ? "" : unready, remarks.awaited(now)).filter(problem -> !problem.isEmpty()).map(problem -> pod + ": " + problem).toList();
        return new WatcherSnapshot(now, pod, unready == null, unready == null ? "" : unready, own, quorum(), watchers, List.copyOf(seen), problems);
    }

    /**
     * In words; null = ready. That the others are there is asked for once after a start only: a sentinel that has lost them can tell a client
     * of the master as well as before.
     */
    private String unready(long now, List<SentinelView> seen) {
        if (stopping) {
            return "stopping";
        }
        if (waiting != null) {
            return "waiting to be told of a master since " + (now - waitingSince) / 1_000_000_000L + " s";
        }
        if (!own.answering()) {
            agreed = false;
            return "the sentinel does not answer";
        }
        if (own.master() == null) {
            return "the sentinel monitors no master";
        }
        long alive = own.sentinels().stream().filter(k -> !k.isDown()).count() + 1;
        agreed |= alive >= Belief.majority(watchers);
        return agreed ? null : "sees " + alive + " of " + watchers + " sentinels";
    }
}
