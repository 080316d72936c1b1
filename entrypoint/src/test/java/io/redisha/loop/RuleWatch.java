package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;
import static io.redisha.simulation.Simulation.S;

import io.redisha.decide.Decision;
import io.redisha.decide.Election;
import io.redisha.decide.Failover;
import io.redisha.decide.Observation;
import io.redisha.decide.Tenure;
import io.redisha.decide.Tenure.Phase;
import io.redisha.decide.Validity;
import io.redisha.loop.Journal.Act;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.Mode;
import io.redisha.model.Reason;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerInfo.Aof;
import io.redisha.model.Timings;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;

/**
 * Looks on as one pod's member decides, writes the Lease and notes what it does, over all of its restarts, and counts the rules that show in it. It never
 * changes anything.
 *
 * <p>A rule fires when it keeps a member from what it would do without it, or makes it do what it would not; not as long as nothing is in its way.
 * What goes on from one decision to the next is counted once.
 */
final class RuleWatch {

    /** A master that is silent for longer, and alive, is so by rule W4: others are killed after 2 s. */
    private static final long SILENT = 3 * S;
    /** From when it makes a difference that a renewal counts from its sending and not from its answer. */
    private static final long LATE = 500 * MS;

    /** Why the Lease is taken. */
    private static final Map<Reason, Rule> TAKES = Map.of(
            Reason.LEASE_RELEASED, Rule.L8,
            Reason.HANDED_OVER, Rule.L8,
            Reason.LEADER_TERMINATED, Rule.L9,
            Reason.LEASE_IS_OURS, Rule.V4,
            Reason.MEMBERS_VOTED, Rule.V6,
            Reason.LEASE_EXPIRED, Rule.V7,
            Reason.MEMBERS_REPLACED, Rule.V7);
    /** Why it is let go of. */
    private static final Map<Reason, Rule> RELEASES = Map.of(
            Reason.PREDECESSOR_DIED, Rule.L1,
            Reason.SERVER_RESTARTED, Rule.L7,
            Reason.SERVER_DIED, Rule.M5,
            Reason.NOT_OPENED, Rule.C7);
    /** Why a leader has stopped its writes. */
    private static final Map<Reason, Rule> FENCES = Map.of(
            Reason.LEASE_LOST, Rule.V8,
            Reason.NOT_OPENED, Rule.C7,
            Reason.POD_STOPS, Rule.H4);
    private static final Map<Act, Rule> ACTS = Map.of(
            Act.HANDOVER_STARTED, Rule.H1,
            Act.HANDED_OVER, Rule.H2,
            Act.HANDOVER_FAILED, Rule.H3);
    /** Many waits have one reason: what they say tells the rule. */
    private static final Map<String, Rule> WORDS = Map.of(
            "asking the siblings", Rule.C1,
            "not fit to lead", Rule.C2,
            "holds no key", Rule.B2,
            "another pod holds the data", Rule.B2,
            "nobody leads empty", Rule.B2,
            "to say what they hold", Rule.B2,
            "waiting for the data of", Rule.B4,
            ", which loads its data", Rule.B4,
            "durability: strict waits", Rule.C5,
            "is no member by the Lease", Rule.V8);

    private final Firings firings;
    private final Timings timings;
    private final StateStore disk;
    /** What the decision before showed. */
    private Set<Rule> lasting = Set.of();
    /** When the last write of the Lease was sent that has made this member its holder, or left it so. */
    private long renewed = Validity.NEVER;
    private boolean led;
    private boolean ready;

    /** @param disk of the pod: what its state file says */
    RuleWatch(Firings firings, Timings timings, StateStore disk) {
        this.firings = firings;
        this.timings = timings;
        this.disk = disk;
    }

    /** As {@link Failover#decide}. */
    Decision decide(Observation o) {
        Decision decision = Failover.decide(o);
        Set<Rule> rules = EnumSet.noneOf(Rule.class);
        decided(decision, o, rules);
        if (o.tenure() != null) {
            leads(decision, o, o.tenure(), rules);
        }
        ServerInfo server = o.server().info();
        if (server != null && server.aof() == Aof.REWRITING && o.me().data().complete() && !disk.load().complete()) {
            rules.add(Rule.B5);
        }
        for (Rule rule : rules) {
            if (!lasting.contains(rule)) {
                firings.fired(rule);
            }
        }
        lasting = rules;
        return decision;
    }

    private static void decided(Decision decision, Observation o, Set<Rule> rules) {
        switch (decision) {
            case Decision.Hold hold -> { }
            case Decision.ReadLease read -> { }
            case Decision.CallBallot call -> { }
            case Decision.Open open -> { }
            case Decision.Follow follow -> { }
            case Decision.HandOver over -> {
                if (over.reason() == Reason.CANNOT_SAVE) {
                    rules.add(Rule.H7);
                }
            }
            case Decision.Wait wait -> waits(wait, o, rules);
            case Decision.Yield yield -> {
                rules.add(Rule.C4);
                compares(o, rules);
            }
            case Decision.Refuse refuse -> rules.add(Rule.B6);
            case Decision.Take take -> {
                add(TAKES.get(take.reason()), rules);
                compares(o, rules);
            }
            case Decision.Renew renew -> {
                if (o.tenure().record().mode() == Mode.API) {
                    rules.add(Rule.V3);
                }
                if (renew.next().patience() > 0) {
                    rules.add(Rule.W4);
                }
            }
            case Decision.Release release -> {
                add(RELEASES.get(release.reason()), rules);
                if (o.tenure() == null && release.next().preferred() != null) {
                    rules.add(Rule.B3);
                }
            }
            case Decision.PassOn on -> rules.add(Rule.C6);
            case Decision.Fence fence -> {
                if (fence.reason() == Reason.VALIDITY_LAPSED && o.tenure().record().mode() == Mode.MEMBERS) {
                    rules.add(Rule.V2);
                }
            }
            case Decision.KillServer kill -> rules.add(Rule.L7);
            case Decision.LimitWrites limit -> {
                if (limit.minReplicas() != Failover.NO_WRITES && o.policy().maxLoss() == 0) {
                    rules.add(Rule.M4);
                }
            }
        }
    }

    private static void waits(Decision.Wait wait, Observation o, Set<Rule> rules) {
        WORDS.forEach((words, rule) -> {
            if (wait.detail().contains(words)) {
                rules.add(rule);
            }
        });
        if (wait.reason() == Reason.LEASE_EXPIRED && !o.promise().isFree(o.now())) {
            rules.add(Rule.V1);
        } else if (wait.reason() == Reason.LEASE_EXPIRED && o.lease().view() instanceof LeaseView.Present p && hasNoVote(o, p.record())) {
            rules.add(Rule.V8);
        }
    }

    /** It is another pod of a member's name. */
    private static boolean hasNoVote(Observation o, LeaseRecord record) {
        return record.mode() == Mode.MEMBERS && !record.counts(o.self().member());
    }

    /** What somebody else holds is on another history, so that offsets say nothing. */
    private static void compares(Observation o, Set<Rule> rules) {
        if (!o.me().empty() && o.siblings().stream().anyMatch(m -> !m.empty() && !Election.comparable(m.data(), o.me().data()))) {
            rules.add(Rule.C3);
        }
    }

    private void leads(Decision decision, Observation o, Tenure tenure, Set<Rule> rules) {
        ServerInfo server = o.server().info();
        if (server == null || !tenure.valid(o.now())) {
            return;
        }
        if (tenure.phase() == Phase.CLOSED && !o.rival() && !server.loading() && !o.cleared()) {
            rules.add(Rule.C6);
        }
        if (tenure.phase() == Phase.OPEN && o.now() - renewed > timings.renewDeadline()) {
            rules.add(Rule.V9);
        }
        if (tenure.phase() == Phase.OPEN && o.now() - o.server().at() > SILENT && !(decision instanceof Decision.KillServer)) {
            rules.add(Rule.W4);
        }
        if (server.minReplicas() == Failover.NO_WRITES) {
            rules.add(Rule.M8);
        }
    }

    private static void add(Rule rule, Set<Rule> rules) {
        if (rule != null) {
            rules.add(rule);
        }
    }

    /** A write of the Lease by this member was answered. Times are of its own clock. */
    void written(LeaseRecord next, LeaseStore.Write answer, long sent, long now) {
        if (answer instanceof LeaseStore.Write.Conflict) {
            firings.fired(Rule.L2);
        } else if (answer instanceof LeaseStore.Write.Done && next.holder() != null) {
            renewed = sent;
            if (now - sent >= LATE) {
                firings.fired(Rule.L5);
            }
        }
    }

    /** What the member notes there, it notes here. */
    Journal notes(Journal there) {
        return new Journal() {
            @Override
            public void note(Act act, Reason reason, long term, String detail) {
                noted(act, reason);
                there.note(act, reason, term, detail);
            }

            @Override
            public void renewed(boolean success, long nanos) {
                there.renewed(success, nanos);
            }
        };
    }

    private void noted(Act act, Reason reason) {
        Rule rule = act == Act.FENCED ? FENCES.get(reason) : ACTS.get(act);
        if (rule != null) {
            firings.fired(rule);
        }
        if (act == Act.PROMOTED) {
            led = true;
        } else if (act == Act.FOLLOWING && led) {
            led = false;
            firings.fired(Rule.B3);
        }
    }

    /** After each tick. */
    void ticked(Snapshot snapshot) {
        if (ready && !snapshot.ready()) {
            firings.fired(Rule.P2);
        }
        ready = snapshot.ready();
    }
}
