package io.redisha.decide.sentinel;

import io.redisha.decide.Stillness;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Pulse;
import io.redisha.model.Role;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An observation of r-0's agent, a calm one unless told otherwise: three redis pods, three sentinels, r-0 named as the master. */
final class Case {

    static final long S = 1000 * Timings.MS;
    static final Hosts REDIS = new Hosts("r", "h", 6379);
    static final Hosts SENTINELS = new Hosts("r-sentinel", "sh", 26379);

    long now = 1000 * S;
    long since = 0;
    long roleSince = 0;
    long troubled = now;
    long changed = now;
    long silence;
    boolean served;
    Stillness stillness = Stillness.begin(now);
    boolean newborn;
    boolean had;
    String datasetId;
    Belief belief = named(0, 5);
    final List<SentinelView> views = new ArrayList<>(List.of(view(0, 0, 5), view(1, 0, 5), view(2, 0, 5)));
    Pod me = new Pod(0);
    final Map<String, Pod> others = new HashMap<>();
    Set<String> present = new HashSet<>(Set.of("r-0", "r-1", "r-2"));

    Case() {
        others.put("r-1", new Pod(1));
        others.put("r-2", new Pod(2));
    }

    static Belief named(int pod, long epoch) {
        return new Belief("r-" + pod, REDIS.of("r-" + pod), epoch);
    }

    static SentinelView view(int sentinel, int master, long epoch, String... flags) {
        List<Known> replicas = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            if (i != master) {
                replicas.add(known("r-" + i + ".h"));
            }
        }
        List<Known> sentinels = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            if (i != sentinel) {
                sentinels.add(known("r-sentinel-" + i + ".sh"));
            }
        }
        return new SentinelView("r-sentinel-" + sentinel, 1000 * S, true, REDIS.of("r-" + master), epoch, 2, Set.of(flags), replicas, sentinels);
    }

    static Known known(String host, String... flags) {
        return new Known(host, 1, Set.of(flags), 100, "", 0);
    }

    /** The own server has not answered for so long, and its process stood still. */
    void hangsFor(long duration) {
        me.at = now - duration;
        stillness = Stillness.begin(me.at).sees(me.at, new Pulse(now, me.at, 'S', 5, 70, false));
    }

    Pod pod(int ordinal) {
        return ordinal == 0 ? me : others.get("r-" + ordinal);
    }

    Case believes(int pod, long epoch) {
        belief = named(pod, epoch);
        views.clear();
        views.addAll(List.of(view(0, pod, epoch), view(1, pod, epoch), view(2, pod, epoch)));
        return this;
    }

    Sight sight() {
        Map<String, String> ips = new HashMap<>(Map.of("r-0", "ip0"));
        others.keySet().forEach(p -> ips.put(p, "ip" + MemberId.ordinal(p)));
        return new Sight(now, REDIS, 3, me.state(), me.view(), stillness, roleSince, belief, since, served, views, others.values().stream().map(Pod::state).toList(), silence, ips, present,
                newborn, had, datasetId, troubled, changed);
    }

    Step decide() {
        return Following.decide(sight());
    }

    /** A replica of r-0, whole and in sync, unless told otherwise. */
    final class Pod {
        final int ordinal;
        boolean running = true;
        boolean answers = true;
        /** Its server does not answer any more; what it said last is known. */
        boolean silent;
        boolean stopping;
        /** By its agent it is the master. */
        boolean open;
        boolean loading;
        boolean syncing;
        /** For a copy, of which nothing arrives. */
        boolean asksInVain;
        boolean linkUp = true;
        boolean empty;
        boolean complete = true;
        boolean restored;
        Role role = Role.REPLICA;
        Address master = new Address("ip0", 6379);
        String replid = "h";
        long offset = 100;
        long term = 5;
        int priority = 100;
        long at = now;
        String datasetId = "d";

        Pod(int ordinal) {
            this.ordinal = ordinal;
        }

        Pod master() {
            role = Role.MASTER;
            open = true;
            return this;
        }

        /** Was master in that term when it was last seen: each has a history of its own. */
        Pod leads(long in) {
            term = in;
            replid = "h" + in;
            return this;
        }

        /** Its server was restarted: what it holds is what its disk says. */
        Pod restarted() {
            restored = true;
            priority = 0;
            linkUp = false;
            master = Address.DEAD;
            return this;
        }

        Pod emptied() {
            restarted();
            empty = true;
            return this;
        }

        private ServerInfo info() {
            return running && answers ? new ServerInfo("run" + ordinal, role, replid, "", offset, -1, loading, syncing || asksInVain, linkUp, empty, priority, role == Role.MASTER ? null : master, 2, 1)
                    .receiving(syncing) : null;
        }

        MemberState state() {
            return new MemberState(new MemberId("r-" + ordinal, "u" + ordinal), new Address("ip" + ordinal, 6379), term, false, open, running && answers && !silent, info(),
                    new Data(datasetId, term, replid, "", -1, offset, complete, restored), "1", stopping);
        }

        ServerView view() {
            return running ? new ServerView(true, info(), at) : ServerView.DEAD;
        }
    }
}
