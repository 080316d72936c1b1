package io.redisha.loop.sentinel;

import io.redisha.decide.Failover;
import io.redisha.decide.sentinel.Sight;
import io.redisha.loop.Journal.Act;
import io.redisha.loop.Peers.Peer;
import io.redisha.loop.sentinel.DataMember.Policy;
import io.redisha.loop.sentinel.DataMember.Ports;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.SentinelView;
import io.redisha.model.ServerInfo;
import io.redisha.model.Timings;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * A planned change of master (rules H1 to H3): the chosen replica is made the sentinels' first choice while writes go on; then writes pause,
 * the replica catches up, a sentinel promotes it, and the own server is fenced. On the loop's thread only.
 */
final class Handover {

    private static final long MS = Timings.MS;
    /** From the pause to the promotion; nothing is paused for longer. */
    private static final long BUDGET = 4_000 * MS;
    private static final long POLL = 20 * MS;
    /** An answer to a poll may never come. */
    private static final long POLL_LOST = 200 * MS;
    /** For a sentinel to have seen the preference of its own accord; it looks anew before it chooses, at the cost of some of the pause. */
    private static final long SEEN = 2_500 * MS;
    /** After one that failed. */
    private static final long PAUSE = 1_000 * MS;

    private enum Phase { PREFERRING, PAUSING, CATCHING_UP, PROMOTING }

    private final Ports ports;
    private final Policy policy;
    private final String self;
    private final LongSupplier clock;

    private Phase phase;
    private Peer target;
    private Reason reason;
    private Consumer<String> outcome;
    private String sentinel;
    private long started;
    private long paused;
    private long offset;
    private String history;
    private int run;
    private boolean polling;
    private long polledAt;
    private boolean accepted;
    private boolean done;
    private long failedAt;

    Handover(Ports ports, Policy policy, String self, LongSupplier clock) {
        this.ports = ports;
        this.policy = policy;
        this.self = self;
        this.clock = clock;
        failedAt = clock.getAsLong() - PAUSE;
    }

    boolean isUnderWay() {
        return phase != null;
    }

    /** What this pod was the master of is another's. */
    boolean isHandedOver() {
        return done;
    }

    /** The server is the master anew: what was handed over before says nothing any more. */
    void servesAnew() {
        done = false;
    }

    boolean mayBegin() {
        return phase == null && clock.getAsLong() - failedAt >= PAUSE;
    }

    /**
     * Rule H1: to whom it goes; null for nobody.
     *
     * @param wanted  null: the best
     * @param besides what it must be, too
     */
    static MemberState target(Sight s, List<PodView> pods, String wanted, Predicate<MemberState> besides) {
        MemberState best = null;
        for (MemberState m : s.siblings()) {
            boolean there = pods == null || pods.stream().anyMatch(p -> p.id().equals(m.id()) && !p.terminating());
            ServerInfo info = m.server();
            boolean able = there && m.running() && info != null && !m.stopping() && info.linkUp() && !info.syncing() && info.priority() != 0
                    && info.replid().equals(s.me().server().replid()) && s.follows(info, s.me().id().pod()) && besides.test(m);
            if (able && (wanted != null ? m.id().pod().equals(wanted) : best == null || rank(s, m) < rank(s, best))) {
                best = m;
            }
        }
        return best;
    }

    /** As in replication: one that is on another revision is the newer one and will not be replaced again by this roll. */
    private static int rank(Sight s, MemberState m) {
        return (m.id().ordinal() < s.wanted() ? 0 : 1 << 17) + (m.revision().equals(s.me().revision()) ? 1 << 16 : 0) + m.id().ordinal();
    }

    void begin(Peer to, Reason why, Consumer<String> then) {
        phase = Phase.PREFERRING;
        target = to;
        reason = why;
        outcome = then;
        sentinel = null;
        done = false;
        accepted = false;
        started = clock.getAsLong();
        int mine = ++run;
        ports.journal().note(Act.HANDOVER_STARTED, why, -1, "to " + to.pod());
        ports.siblings().prefer(to, true, refusal -> {
            if (mine == run && phase == Phase.PREFERRING) {
                accepted = refusal == null;
                if (!accepted) {
                    fail(refusal);
                }
            }
        });
    }

    void step(Sight sight, boolean served) {
        if (phase == null) {
            return;
        }
        long now = clock.getAsLong();
        if (sight.belief() != null && target.pod().equals(sight.belief().pod())) {
            finish();
        } else if (!served) {
            fail("the server is not the master any more");
        } else if (phase == Phase.PREFERRING) {
            if (now - started > policy.handover()) {
                fail("no sentinel knows " + target.pod() + " as a replica that is there");
            } else {
                boolean patient = now - started < SEEN;
                sentinel = sight.belief() == null || !accepted ? null
                        : sight.views().stream().filter(v -> knows(v, sight, patient)).map(SentinelView::pod).findFirst().orElse(null);
                if (sentinel != null) {
                    history = sight.me().server().replid();
                    pause(now);
                }
            }
        } else if (now - paused > BUDGET) {
            if (phase == Phase.PROMOTING) {
                // the order was given: what is written from now on may be lost with it. If nothing comes of it, this one is promoted again
                ports.server().fence(true, () -> { });
            }
            fail(target.pod() + (phase == Phase.PROMOTING ? " was not promoted in time" : " did not catch up in time"));
        } else if (phase != Phase.PAUSING && now - polledAt >= (polling ? POLL_LOST : POLL)) {
            poll();
        }
    }

    private boolean knows(SentinelView v, Sight sight, boolean preferred) {
        return sight.belief().master().equals(v.master()) && sight.belief().epoch() == v.epoch() && !v.isFailingOver() && v.replicas().stream()
                .anyMatch(k -> target.pod().equals(policy.redis().podOf(k.host())) && (k.priority() == 1 || !preferred) && !k.isDown());
    }

    private void pause(long now) {
        phase = Phase.PAUSING;
        paused = now;
        int mine = run;
        // it outlasts the budget: nothing may be written between the offset that was read and the fence
        ports.server().pause(BUDGET + 2_000 * MS, at -> {
            if (mine != run || phase != Phase.PAUSING) {
                return;
            }
            if (at == null) {
                fail("the server did not pause");
                return;
            }
            offset = at;
            phase = Phase.CATCHING_UP;
            poll();
        });
    }

    private void poll() {
        polling = true;
        polledAt = clock.getAsLong();
        int mine = run;
        ports.siblings().ask(target, state -> {
            polling = false;
            if (mine == run && phase != null) {
                heard(state);
            }
        });
    }

    private void heard(MemberState state) {
        ServerInfo info = state.server();
        boolean late = clock.getAsLong() - paused > BUDGET;   // what it has is no news then, that it is the master is
        if (phase == Phase.CATCHING_UP && !late && info != null && info.replid().equals(history) && info.offset() >= offset && info.linkUp() && !state.stopping()
                && (reason != Reason.CANNOT_SAVE || Failover.saves(info))) {
            phase = Phase.PROMOTING;
            int mine = run;
            ports.sentinels().failover(sentinel, refusal -> {
                if (mine == run && phase == Phase.PROMOTING && refusal != null) {
                    fail(sentinel + ": " + refusal);
                }
            });
        } else if (phase == Phase.PROMOTING && state.writable()) {
            finish();
        }
    }

    /** Fence first, a pause ends by itself; then the clients that were held up get -READONLY. */
    private void finish() {
        phase = null;
        done = true;
        int mine = run;
        long took = (clock.getAsLong() - (paused - started > 0 ? paused : started)) / MS;
        ports.server().priority(0);
        ports.server().fence(true, () -> {
            ports.server().unpause();
            ports.journal().note(Act.HANDED_OVER, reason, -1, "to " + target.pod() + " at offset " + offset + " after " + took + " ms");
            if (mine == run) {
                outcome.accept(null);
            }
        });
        ports.server().look();
    }

    void fail(String why) {
        if (phase == null) {
            return;
        }
        boolean held = phase != Phase.PREFERRING;
        phase = null;
        run++;
        failedAt = clock.getAsLong();
        if (held) {
            ports.server().unpause();   // H3: still the master
        }
        ports.siblings().prefer(target, false, refusal -> { });
        ports.journal().note(Act.HANDOVER_FAILED, reason, -1, why);
        outcome.accept(why);
    }
}
