package io.redisha.loop;

import static io.redisha.simulation.Simulation.MS;

import io.redisha.simulation.Network;
import io.redisha.simulation.SimulatedRedis;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The writes that are not to be lost by the README's word, whatever fails: those that {@code WAIT 1} has confirmed, while at most one pod at a time is down,
 * unreachable or not in sync again, of up to three. When there are two, nothing is promised any more; when there are not, what all the others have is. (Of five
 * pods a quorum may do without the one replica that has it.)
 */
final class ConfirmedWrites {

    private static final long LOOK = 20 * MS;
    /** Writes that a replica in sync may be behind: it applies what there is every 30 ms. */
    private static final int NEAR = 5;
    /** And that one is behind which is not in sync any more. */
    private static final int FAR = 25;

    private final World world;
    /** Names: a pod that is made in another's place has its fault. */
    private final Set<String> hurt = new HashSet<>();
    private final BitSet seen = new BitSet();
    private final BitSet promised = new BitSet();
    private boolean several = true;
    /** There was a Lease, and nobody has led since it was deleted. */
    private boolean forgotten;

    ConfirmedWrites(World world) {
        this.world = world;
        again();
    }

    private void again() {
        world.simulation.after(LOOK, () -> {
            look();
            again();
        });
    }

    /** Before {@code opened} is known as a master: how many it lacks of what was promised until now. */
    int lost(SimulatedRedis opened) {
        strike();
        count();
        if (isEmptiedBeyondProof()) {
            BitSet has = new BitSet();
            opened.log().addTo(has);
            promised.and(has);
        }
        return world.clients.lost(opened, promised);
    }

    /**
     * Who was in sync went with the Lease. So a pod that holds no key, because it has applied the deletion of the last one, can't be told from one that was cut off
     * before there were keys: it does not lead beside a disk that has some and may be further (B2), and whoever does has them again.
     */
    private boolean isEmptiedBeyondProof() {
        return forgotten && world.pods.stream().anyMatch(p -> !hurt.contains(p.name) && p.redis.log().empty() && p.redis.log().missing(promised) == 0)
                && world.pods.stream().anyMatch(p -> p.awake() && p.redis.running() && !p.redis.log().empty() && p.member.onAsk().data().restored());
    }

    /** In sync again is who the Lease says is. */
    private void look() {
        strike();
        MemberPod master = world.pods.stream().filter(p -> p.redis.isMaster() && !hurts(p)).findFirst().orElse(null);
        List<String> inSync = world.api.lease() == null ? List.of() : world.api.lease().inSync();
        forgotten = world.api.lease() == null ? !seen.isEmpty() : forgotten && master == null;
        for (MemberPod p : world.pods) {
            if (master != null && p != master && (p.redis.link() != master.redis || p.redis.log().size() + FAR < master.redis.log().size())) {
                hurt.add(p.name);
            } else if (master != null && !hurts(p) && inSync.contains(p.name) && p.redis.log().size() + NEAR >= master.redis.log().size()) {
                hurt.remove(p.name);
            }
        }
        count();
    }

    private void strike() {
        world.pods.stream().filter(this::hurts).forEach(p -> hurt.add(p.name));
        world.ghosts.stream().filter(p -> p.up).forEach(p -> hurt.add(p.name));   // what runs on may confirm, and is no member
    }

    private boolean hurts(MemberPod p) {
        SimulatedRedis server = p.redis;
        return !p.awake() || !server.running() || server.info().loading() || server.silent() || server.syncing() || world.network.loss > 0 || !isShown(p) || !world.network.isWhole() && isUnreachable(p);
    }

    /** Where it is, others know from the API server. */
    private boolean isShown(MemberPod p) {
        return world.restored == null || world.restored.stream().anyMatch(view -> view.id().equals(p.id().member()) && view.ip() != null);
    }

    /** Of two that don't hear each other it is the one that others don't hear either; else both. */
    private boolean isUnreachable(MemberPod p) {
        Network network = world.network;
        List<MemberPod> deaf = world.pods.stream().filter(q -> q != p && network.apart(p.place(), q.place())).toList();
        return network.apart(p.place(), Network.API) || deaf.stream().anyMatch(q -> !isIsolated(q)) || deaf.size() == world.pods.size() - 1 && !deaf.isEmpty();
    }

    private boolean isIsolated(MemberPod p) {
        return world.pods.stream().allMatch(q -> q == p || world.network.apart(p.place(), q.place()));
    }

    private void count() {
        boolean two = hurt.size() > 1 || world.pods.size() > 3;
        BitSet acked = world.clients.acked;
        if (two) {
            promised.clear();
        } else if (several) {
            promised.or(acked);
            world.pods.stream().filter(p -> !hurt.contains(p.name)).forEach(p -> {
                BitSet has = new BitSet();
                p.redis.log().addTo(has);
                promised.and(has);
            });
        } else {
            BitSet more = (BitSet) acked.clone();
            more.andNot(seen);
            promised.or(more);
        }
        several = two;
        seen.or(acked);
    }
}
