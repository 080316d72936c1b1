package io.redisha.decide.sentinel;

import io.redisha.model.MemberState;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.Timings;
import java.util.List;
import java.util.Optional;

/**
 * Has the own server be what a majority of the sentinels says it is (rules S1, B1 to B4). Pure and total.
 *
 * <p>Nobody appoints itself: a server is promoted here only if a majority names its pod, and never one that holds less than a sibling.
 */
public final class Following {

    private static final long MS = Timings.MS;
    /** A master that hangs for this long is killed; the sentinels have acted long before. */
    static final long SILENCE = 10_000 * MS;
    /** What a role command or the sentinels' own may take to show in INFO. */
    static final long SETTLE = 500 * MS;
    /** A link by name that does not come up in this time is made by IP. */
    static final long LINK = 1_500 * MS;
    /** How long the end of a failover is waited for that was begun. */
    static final long CHANGE = 15_000 * MS;
    /** How long a sentinel may take to tell of the failover in which it has promoted a server. */
    static final long NEWS = 2_000 * MS;
    /** How long pods that do not answer are waited for, if they may hold more (rule B4). */
    static final long ABSENT = 10_000 * MS;

    private Following() {}

    public static Step decide(Sight s) {
        if (isInTheWay(s) && s.stillness().provesAHang(s.now(), SILENCE)) {
            return new Step.KillServer(Reason.SERVER_SILENT);
        }
        Belief belief = s.belief();
        if (belief == null) {
            return new Step.Wait(Reason.NO_CANDIDATE, "no majority of the sentinels names a master");
        }
        if (belief.pod() == null) {
            return new Step.Refuse(Reason.FOREIGN_MASTER, belief.master().toString());
        }
        if (isForeign(s)) {
            return new Step.Refuse(Reason.FOREIGN_DATA, "dataset " + s.me().data().datasetId() + ", the release has " + s.datasetId());
        }
        String master = s.master();
        if (!master.equals(s.self())) {
            return obey(s, master);
        }
        if (s.me().writable()) {
            return new Step.Serve(belief.pod().equals(master) ? belief.epoch() : belief.epoch() + 1);
        }
        return reign(s.withoutVainSyncs());
    }

    /** As only a master is that works no more: not one that loads, or is being stopped. */
    private static boolean isInTheWay(Sight s) {
        return s.server().answering() && s.server().info().role() == Role.MASTER && !s.server().info().loading() && !s.me().stopping();
    }

    /** Rule B6. */
    private static boolean isForeign(Sight s) {
        return s.isForeign(s.me()) && s.server().answering() && !s.me().empty();
    }

    // ---- another pod is the master

    private static Step obey(Sight s, String master) {
        ServerInfo info = s.server().info();
        if (!s.server().answering() || info.loading()) {
            return Step.Hold.INSTANCE;
        }
        // whom a sentinel promotes, or has follow another, learns why a moment later
        boolean meanwhile = s.changing() && s.now() - s.roleSince() < CHANGE;
        if (info.role() == Role.MASTER) {
            boolean promoted = !s.served() && (meanwhile || s.now() - s.roleSince() < NEWS);
            return promoted ? Step.Hold.INSTANCE
                    : new Step.Follow(master, s.address(master), true, Reason.SENTINELS_NAME_ANOTHER);
        }
        boolean right = s.follows(info, master) || meanwhile && followsSibling(s, info) || isReadOnly(s.of(master));
        if (right && !s.served()) {
            return Step.Hold.INSTANCE;
        }
        return new Step.Follow(master, s.address(master), false, Reason.LEADER_CHANGED);
    }

    /** One that is not promoted yet has nothing to tell a replica, and says so in a way on which that asks for a sync without a history. */
    private static boolean isReadOnly(MemberState master) {
        return master != null && master.running() && master.server() != null && master.server().role() == Role.REPLICA;
    }

    private static boolean followsSibling(Sight s, ServerInfo info) {
        return s.siblings().stream().anyMatch(m -> s.follows(info, m.id().pod()) && m.writable());
    }

    // ---- this pod is to be the master, and its server is none: it died, or was restarted, or is new

    private static Step reign(Sight s) {
        boolean running = s.server().running();
        if (s.me().stopping() || running && (s.now() - s.since() < SETTLE || s.now() - s.roleSince() < SETTLE && s.served())) {
            return Step.Hold.INSTANCE;
        }
        long waited = s.now() - s.troubled();
        if (s.changesStill()) {
            return new Step.Wait(Reason.NO_CANDIDATE, "the sentinels are making another pod the master");
        }
        List<MemberState> good = s.siblings().stream().filter(m -> !s.isForeign(m) && Heirs.asGood(m, s.me())).toList();
        Optional<MemberState> heir = Heirs.best(good, s.self());
        boolean less = good.stream().anyMatch(m -> Heirs.unknown(s.me()) || Heirs.holdsMore(m, s.me()));
        if (heir.isPresent() && (less || waited < ABSENT)) {
            return new Step.AskFailover(heir.get(), running ? Reason.SERVER_RESTARTED : Reason.SERVER_DIED);
        }
        if (waited >= ABSENT && Heirs.unknown(s.me()) && (s.server().info() == null || !s.server().info().loading())) {
            return replace(s, s.self());   // what is on the disk of a server that does not come up is as far away as that of a pod that does not
        }
        if (!Heirs.ready(s.me())) {
            return new Step.Wait(Reason.NO_CANDIDATE, "the server is not ready to be promoted");
        }
        return promote(s, waited);
    }

    private static Step promote(Sight s, long waited) {
        boolean all = s.allAnswered();
        if (s.siblings().stream().anyMatch(m -> !m.stopping() && Heirs.unknown(m)) && waited < ABSENT) {
            return new Step.Wait(Reason.NO_CANDIDATE, "another server is still loading");
        }
        if (Heirs.whole(s.me())) {
            return all || waited >= ABSENT ? new Step.Promote(Reason.SENTINELS_AGREE)
                    : new Step.Wait(Reason.NO_CANDIDATE, "waiting for the other pods of the release");
        }
        if (!s.me().empty()) {
            return all && waited >= ABSENT ? new Step.Promote(Reason.LAST_RESORT)
                    : new Step.Wait(Reason.NO_CANDIDATE, "the last full sync was not finished");
        }
        Optional<MemberState> rest = Heirs.best(s.siblings().stream().filter(m -> !m.empty() && !s.isForeign(m)).toList(), s.self());
        if (all && waited >= ABSENT && rest.isPresent() && s.siblings().stream().noneMatch(Heirs::unknown)) {
            return new Step.AskFailover(rest.get(), Reason.LAST_RESORT);   // a part of the data, and nobody has more
        }
        // where nothing survives a server, one that does not come up holds nothing; but not one that hangs, and has said that it holds some
        Optional<MemberState> holder = s.siblings().stream().filter(m -> !m.empty()).findFirst();   // a stranger's volume, too: a person put it there
        if (holder.isPresent()) {
            return new Step.Wait(Reason.NO_CANDIDATE, holder.get().id().pod() + " holds data" + (!holder.get().running() ? ", and its server does not answer" : ""));
        }
        boolean somebody = s.siblings().stream().anyMatch(m -> Heirs.unknown(m) && (!s.newborn() || waited < ABSENT));
        if (somebody || !all && !(s.newborn() && s.presentAnswered() && waited >= ABSENT)) {
            return new Step.Wait(Reason.NO_CANDIDATE, "another pod may hold the data");   // B2
        }
        return new Step.Promote(s.had() || s.me().data().term() > 0 ? Reason.DATA_LOST : Reason.BOOTSTRAP);
    }

    /**
     * Rule D1: whether the pod's own data, which its server can't load, may be given up for a copy: a majority names another pod, whose agent says that it is the
     * master, and has data of the release of which this volume says to be. Else this may be what is left of the data. That the others copy, too, takes nothing
     * from it: what can't be loaded is no copy, and it is kept.
     */
    public static boolean mayBeginAnew(Sight s) {
        Belief belief = s.belief();
        MemberState master = belief == null || belief.pod() == null || s.changing() || s.me().stopping() || s.server().answering() ? null : s.of(belief.pod());
        String own = s.me().data().datasetId();
        return master != null && !belief.pod().equals(s.self()) && master.open() && master.writable() && own != null && own.equals(master.data().datasetId());
    }

    // ---- of the office

    /**
     * Where the master that the sentinels name does not come back, and they have nobody to replace it with because no server has been in
     * sync since it was started: after a full restart (rule B4). Null if nothing is to be done.
     */
    public static Step rescue(Sight s) {
        Belief belief = s.belief();
        if (belief == null || belief.pod() == null || s.changing() || s.silence() < ABSENT || belief.pod().equals(s.self())) {
            return null;
        }
        boolean fit = s.all().stream().anyMatch(m -> Heirs.ready(m) && m.server().priority() != 0 && (!m.empty() || s.newborn() || Heirs.emptied(m)));
        if (fit || s.views().stream().filter(v -> v.isDown()).count() * 2 <= s.views().size()) {
            return null;   // the sentinels' own matter
        }
        return replace(s, belief.pod());
    }

    private static Step replace(Sight s, String gone) {
        Optional<MemberState> best = Heirs.best(s.all().stream().filter(m -> !m.id().pod().equals(gone) && !s.isForeign(m)).toList(), gone);
        // that there is none the Lease may say of data that is only a moment old
        boolean none = s.newborn() && s.presentAnswered() && s.all().stream().allMatch(m -> m.empty() || s.isForeign(m));
        if (best.isEmpty() || best.get().empty() && !Heirs.emptied(best.get()) && !none) {
            return new Step.Wait(Reason.NO_CANDIDATE, gone + " holds the data, and its server does not answer");
        }
        return new Step.AskFailover(best.get(), Reason.MASTER_GONE);
    }
}
