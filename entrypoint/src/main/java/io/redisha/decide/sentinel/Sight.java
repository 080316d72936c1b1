package io.redisha.decide.sentinel;

import io.redisha.decide.Stillness;
import io.redisha.model.Address;
import io.redisha.model.MemberState;
import io.redisha.model.Role;
import io.redisha.model.SentinelView;
import io.redisha.model.ServerInfo;
import io.redisha.model.ServerView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Everything that a redis pod's agent decides upon.
 *
 * @param now       monotonic ns, the only clock
 * @param wanted    redis pods there are to be
 * @param me        own state, as siblings are told
 * @param stillness of the own server
 * @param roleSince when the own server was first seen in its role, following whom it follows
 * @param belief    null: no majority names a master now
 * @param since     when it was first believed
 * @param served    the own server was the master, and told to be, and has not been fenced since
 * @param views     answers of the wanted sentinels that are not too old
 * @param siblings  answers of the other redis pods that are not too old
 * @param silence   for how long the agent of the believed master has not answered
 * @param addresses IP by redis pod
 * @param present   redis pods that exist, with an address; null while the API server has not told
 * @param newborn   the Lease says that the release has never had data, or nothing is meant to survive
 * @param had       the Lease says that there was data
 * @param datasetId of the release, null if not known
 * @param troubled  since when the believed master is not one, {@code now} if it is
 * @param changed   since when it is {@link #changing}, {@code now} if it is not
 */
public record Sight(long now, Hosts redis, int wanted, MemberState me, ServerView server, Stillness stillness, long roleSince, Belief belief, long since, boolean served,
        List<SentinelView> views, List<MemberState> siblings, long silence, Map<String, String> addresses, Set<String> present, boolean newborn, boolean had,
        String datasetId, long troubled, long changed) {

    String self() {
        return me.id().pod();
    }

    List<MemberState> all() {
        List<MemberState> all = new ArrayList<>(siblings);
        all.add(me);
        return all;
    }

    /** Null if it has not answered. */
    public MemberState of(String pod) {
        return all().stream().filter(m -> m.id().pod().equals(pod)).findFirst().orElse(null);
    }

    /**
     * A sentinel is making another pod the master, or has made it and not told all of the others yet. The one that has made the believed master
     * that, and names the one before it until it has seen to the replicas, does not.
     */
    public boolean changing() {
        return changing(views, belief);
    }

    /** One that is cut off from the others may stay in a later epoch for ever. */
    public boolean changesStill() {
        return changing() && now - changed < Following.CHANGE;
    }

    public static boolean changing(Collection<SentinelView> views, Belief belief) {
        return belief != null && views.stream().anyMatch(v -> v.epoch() > belief.epoch() || v.isFailingOver() && belief.master().equals(v.master()));
    }

    /**
     * Who is the master by now, though a majority may not have been told yet: between the moment in which a sentinel has promoted a server
     * and that in which all know it lies a second. Only the old master's own agent can say that it accepts no more writes.
     */
    public String master() {
        String named = belief.pod();
        MemberState was = of(named);
        if (was == null || was.writable() || !changing()) {
            return named;
        }
        List<MemberState> writable = all().stream().filter(m -> m.writable() && !m.id().pod().equals(named) && isAhead(m)).toList();
        return writable.size() == 1 ? writable.getFirst().id().pod() : named;
    }

    /** It was promoted after the named one. The one before that is a master too until it has been told, and what the named one has said may be older. */
    private boolean isAhead(MemberState m) {
        return m.term() > belief.epoch() || m == me && roleSince - since > 0;
    }

    /** Each server as it was before it asked for a copy, where there is none to be had: whom it asks has no master itself. So it goes on, and on Valkey 9.1 looks as if it synced. */
    Sight withoutVainSyncs() {
        return new Sight(now, redis, wanted, unlessInVain(me), server, stillness, roleSince, belief, since, served, views, siblings.stream().map(this::unlessInVain).toList(), silence,
                addresses, present, newborn, had, datasetId, troubled, changed);
    }

    private MemberState unlessInVain(MemberState m) {
        ServerInfo info = m.server();
        boolean vain = info != null && info.syncing() && !info.receiving() && all().stream().anyMatch(o -> o.running() && o.server() != null && o.server().role() == Role.REPLICA
                && !o.server().linkUp() && (info.follows(o.redis()) || info.follows(redis.of(o.id().pod()))));
        return vain ? m.server(info.unsynced()) : m;
    }

    /** Rule B6: what it holds is another release's, and it refuses to lead this one. Of a volume that does not say whose it is that is not known. */
    boolean isForeign(MemberState m) {
        String whose = m.data().datasetId();
        return datasetId != null && whose != null && !datasetId.equals(whose) && m.data().restored();
    }

    boolean allAnswered() {
        return siblings.stream().filter(m -> m.id().ordinal() < wanted).count() + 1 >= wanted;
    }

    /** Nobody who could answer is silent. */
    boolean presentAnswered() {
        return present != null && present.stream().allMatch(pod -> of(pod) != null);
    }

    /** By its IP as long as that is known: no name has to be looked up, and none is remembered for longer than it is true. */
    public Address address(String pod) {
        String ip = addresses.get(pod);
        return ip == null ? redis.of(pod) : new Address(ip, redis.port());
    }

    /** By name too: so the sentinels have it follow. */
    public boolean follows(ServerInfo info, String pod) {
        return info.follows(address(pod)) || info.follows(redis.of(pod)) && (info.linkUp() || now - roleSince < Following.LINK);
    }
}
