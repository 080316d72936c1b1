package io.redisha.decide;

import io.redisha.decide.Tenure.Phase;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseRecord.Taker;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Misconf;
import io.redisha.model.Mode;
import io.redisha.model.PodView;
import io.redisha.model.Pulse;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What r-0 sees of a release of three pods in term 4; a test changes what it is about. */
public final class Scene {

    public static final long MS = Timings.MS;
    public static final long S = 1000 * MS;
    public static final Timings TIMINGS = Timings.defaults();
    public static final long NOW = 1000 * S;
    public static final long TERM = 4;

    /** A member: by default a replica that was in sync when its master vanished. */
    public static final class Pod {
        public final int ordinal;
        public String uid;
        public boolean running = true;
        public boolean stopping;
        public boolean leading;
        public String runId;
        public Role role = Role.REPLICA;
        public Address master = Address.DEAD;
        public String replid = "A";
        public String replid2 = "";
        public long second = -1;
        public long offset = 1000;
        public boolean loading;
        public boolean syncing;
        public boolean linkUp;
        public boolean empty;
        public int priority = 100;
        public int minReplicas = 1;
        public Misconf misconf = Misconf.NONE;
        public int goodReplicas = 2;
        public ServerInfo.Aof aof = ServerInfo.Aof.OFF;
        public String dataset = "set";
        public long term = TERM;
        public boolean complete = true;
        public boolean restored;
        public boolean torn;
        public long heard = TERM;
        public String revision = "new";

        public Pod(int ordinal) {
            this.ordinal = ordinal;
            uid = "u" + ordinal;
            runId = "run" + ordinal;
        }

        public static String name(int ordinal) {
            return "r-" + ordinal;
        }

        public static Address address(int ordinal) {
            return new Address("10.0.0." + ordinal, 6379);
        }

        public MemberId id() {
            return new MemberId(name(ordinal), uid);
        }

        public Identity identity() {
            return new Identity(name(ordinal), uid, "i" + ordinal);
        }

        /** In sync with the pod of that ordinal. */
        public Pod follows(int leader) {
            master = address(leader);
            linkUp = true;
            return this;
        }

        /** Never held anything, never belonged to a release. */
        public Pod blank() {
            empty = true;
            dataset = null;
            term = 0;
            heard = 0;
            offset = 0;
            restored = true;
            complete = false;
            return this;
        }

        /** Just loaded from disk: the history is a random one, what counts is what its state file says. */
        public Pod fromDisk(long lastTerm, long lastOffset) {
            restored = true;
            term = lastTerm;
            offset = lastOffset;
            return this;
        }

        public ServerInfo server() {
            return new ServerInfo(runId, role, replid, replid2, offset, second, loading, syncing, linkUp, empty, priority, master, goodReplicas, minReplicas, aof).misconf(misconf);
        }

        public Data data() {
            return new Data(dataset, term, replid, replid2, second, offset, complete, restored, torn);
        }

        public MemberState state() {
            return new MemberState(id(), address(ordinal), heard, leading, leading && role == Role.MASTER, running, running ? server() : null, data(), revision,
                    stopping);
        }

        public PodView view(boolean terminating, Set<String> deadIncarnations) {
            return new PodView(id(), "10.0.0." + ordinal, "node-" + ordinal, terminating, true, revision, Map.of(), deadIncarnations);
        }
    }

    public static final class Lease {
        public Identity holder = new Pod(1).identity();
        public long term = TERM;
        public Mode mode = Mode.MEMBERS;
        public List<MemberId> members = ids(0, 1, 2);
        public String dataset = "set";
        public String replid = "A";
        public long offset = 900;
        public boolean empty;
        public List<String> inSync = List.of("r-0", "r-1", "r-2");
        public String lastHolder = "r-1";
        public String preferred;
        public List<Taker> takers = List.of();

        public LeaseRecord record() {
            return new LeaseRecord(holder, term, mode, members, dataset, replid, offset, empty, inSync, lastHolder, preferred, Instant.EPOCH).takers(takers);
        }
    }

    public final Pod me = new Pod(0);
    public final List<Pod> siblings = new ArrayList<>();
    public final Lease lease = new Lease();
    public LeaseView.Absent absentLease;
    /** Why nobody may act upon it. */
    public String unusableLease;
    public boolean leaseUnread;
    public long unchangedFor = 3 * S;
    public long heldFor = 60 * S;
    public Promise promise = new Promise(NOW, TERM, 0);
    public Heartbeat leader;
    public long serverAt = NOW - 50 * MS;
    public Stillness stillness = Stillness.begin(NOW);
    public boolean writing;
    public boolean rival;
    public List<PodView> present;
    public long spell = NOW - S;
    public final Set<MemberId> votes = new HashSet<>();
    public long ballot;
    public long yielded = Validity.NEVER;
    public final Set<MemberId> gone = new HashSet<>();
    public long patience;
    public boolean known;

    public Phase phase;
    public String promotedRunId;
    public long ledSince = NOW - 60 * S;
    public long attempted = NOW - 400 * MS;
    public long turned = Validity.NEVER;
    public long validUntil = NOW + S;
    public long highest;

    public int replicas = 3;
    public boolean persistent = true;
    public boolean strict;
    public boolean byPriority;
    /** Rule M8; 0 for no limit. */
    public long maxLoss;
    public long unacknowledged;
    public int ordered = -1;
    /** Rule H7, ns; 0 while the own master takes writes. */
    public long refusing;
    /** Rule M4, ns; 0 while a replica acknowledges. */
    public long unreplicated;

    /** The leader, r-1, has fallen silent; r-2 has answered. */
    public static Scene leaderSilent() {
        Scene s = new Scene();
        s.siblings.add(new Pod(2));
        return s;
    }

    /** As {@link #leaderSilent}, but it has let go of the Lease. */
    public static Scene released() {
        Scene s = leaderSilent();
        s.lease.holder = null;
        return s;
    }

    /** Every process of the release has died; r-1, the last leader, is not back yet. */
    public static Scene fullRestart() {
        Scene s = released();
        s.me.fromDisk(TERM, 1000);
        s.sibling(2).fromDisk(TERM, 900);
        return s;
    }

    /** There never was a Lease; all three pods have just started and are empty. */
    public static Scene firstStart() {
        Scene s = new Scene();
        s.siblings.addAll(List.of(new Pod(1).blank(), new Pod(2).blank()));
        s.me.blank();
        s.absentLease = new LeaseView.Absent(false);
        s.promise = new Promise(NOW, 0, 0);
        s.unchangedFor = 0;
        return s;
    }

    /** Calm: r-1 leads and is heard. */
    public static Scene following() {
        Scene s = leaderSilent();
        s.me.follows(1);
        s.promise = new Promise(NOW + S, TERM, 0);
        s.leader = new Heartbeat(new Pod(1).identity(), Pod.address(1), TERM, 7, true, "set", null, true);
        return s;
    }

    /** Calm: this member, r-0, leads, and the others follow. */
    public static Scene leading() {
        Scene s = new Scene();
        s.siblings.addAll(List.of(new Pod(1).follows(0), new Pod(2).follows(0)));
        s.me.role = Role.MASTER;
        s.me.master = null;
        s.me.leading = true;
        s.lease.holder = s.me.identity();
        s.lease.lastHolder = "r-0";
        s.phase = Phase.OPEN;
        s.promotedRunId = s.me.runId;
        return s;
    }

    /** As {@link #leading}, with the Lease just taken and the server still read-only. */
    public static Scene elected() {
        Scene s = leading();
        s.me.role = Role.REPLICA;
        s.me.master = Address.DEAD;
        s.phase = Phase.CLOSED;
        s.promotedRunId = null;
        s.ledSince = NOW - 100 * MS;
        return s;
    }

    public static List<MemberId> ids(int... ordinals) {
        return java.util.Arrays.stream(ordinals).mapToObj(i -> new Pod(i).id()).toList();
    }

    /** The own server has not answered for so long, and its process stood still. */
    public void hangsFor(long duration) {
        hangsFor(duration, 'S');
    }

    /** As {@link #hangsFor}, in the kernel. */
    public void heldUpFor(long duration) {
        hangsFor(duration, 'D');
    }

    private void hangsFor(long duration, char state) {
        serverAt = NOW - duration;
        Pulse pulse = new Pulse(NOW, NOW - duration, state, 5, 70, false);
        stillness = Stillness.begin(NOW - duration).sees(NOW - duration, pulse);
    }

    public Pod sibling(int ordinal) {
        return siblings.stream().filter(p -> p.ordinal == ordinal).findFirst().orElseThrow();
    }

    public void drop(int ordinal) {
        siblings.removeIf(p -> p.ordinal == ordinal);
    }

    /** Nobody else may still accept writes, as far as this member could see to that. */
    public boolean cleared = true;
    /** For them it has let go of the Lease. */
    public Set<String> handedOn = Set.of();
    /** They were waited for in vain. */
    public Set<String> had = Set.of();

    /** Who has been waited for since {@link #yielded}; null for everybody. */
    public Set<String> waitedFor;

    private Chances chances() {
        Map<String, Long> since = yielded == Validity.NEVER ? Map.of() : siblings.stream().map(p -> Pod.name(p.ordinal))
                .filter(pod -> waitedFor == null || waitedFor.contains(pod)).collect(Collectors.toMap(pod -> pod, pod -> yielded));
        return new Chances(since, had, handedOn);
    }

    public Observation observe() {
        Policy policy = new Policy(TIMINGS, replicas, persistent, strict, byPriority, maxLoss);
        LeaseView view = absentLease != null ? absentLease
                : unusableLease != null ? new LeaseView.Unusable(lease.record().in(0), "77", unusableLease) : new LeaseView.Present(lease.record(), "77");
        LeaseSight sight = leaseUnread ? null : new LeaseSight(view, NOW, NOW - unchangedFor, NOW - heldFor, NOW);
        Tenure tenure = phase == null ? null
                : new Tenure(lease.record(), "77", Reason.LEASE_EXPIRED, ledSince, attempted, turned, phase, promotedRunId, validUntil, highest);
        ServerView server = me.running ? new ServerView(true, me.server(), serverAt) : ServerView.DEAD;
        return new Observation(NOW, policy, me.identity(), me.state(), server, stillness, promise, tenure, sight, leader, NOW - 100 * MS, writing, me.stopping,
                siblings.stream().map(Pod::state).toList(), rival, present, spell, NOW - 60 * S, votes, ballot, chances(), gone, siblings.stream().filter(p -> p.running && p.loading).map(Pod::id).collect(Collectors.toSet()), cleared, patience, known,
                unacknowledged, ordered, refusing, unreplicated);
    }

    public Decision decide() {
        return Failover.decide(observe());
    }
}
