package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.loop.cluster.Nodes.Permit;
import io.redisha.loop.cluster.Nodes.Watch;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Moves slots from one master to another. What was done is read from the two servers and from nobody's memory, so that any move that was
 * cut off is finished by the next one.
 */
final class Mover implements AutoCloseable {

    private final Node from;
    private final Node to;
    private final MoverPort port;
    private final String password;
    private final Watch watch;
    private final Permit permit;
    private final NodeLink source;
    private final NodeLink target;
    private final List<NodeLink> others = new ArrayList<>();

    Mover(Node from, Node to, List<Node> others, MoverPort port, String password, Watch watch, Permit permit) {
        this.from = from;
        this.to = to;
        this.port = port;
        this.password = password;
        this.watch = watch;
        this.permit = permit;
        source = port.link(from);
        target = port.link(to);
        others.forEach(other -> this.others.add(port.link(other)));
    }

    void move(Slots wanted) throws Failed {
        boolean atomic = AtomicMove.known(source) && AtomicMove.known(target);
        if (atomic) {
            // One that an earlier leader began ends by itself, one way or the other; until then nobody else may touch its slots.
            new AtomicMove(source, to.id(), watch, permit).awaitOthers(wanted);
        }
        ClusterNode giver = self(source, from);
        ClusterNode taker = self(target, to);
        Slots moved = wanted.and(taker.slots());
        Slots unmoved = wanted.minus(taker.slots());
        Slots leaving = slotsOf(giver.migrating().keySet());
        Slots arriving = slotsOf(taker.importing().keySet());
        Slots lost = unmoved.minus(giver.slots());
        Slots told = lost.and(owned(source.topology(), to.id()));
        if (!lost.minus(told).isEmpty()) {
            throw new Failed("slots " + lost.minus(told) + " are neither " + source.name() + "'s nor " + target.name() + "'s");
        }
        Slots half = unmoved.minus(told).and(leaving.plus(arriving));
        SlotBySlot slow = new SlotBySlot(source, from.id(), target, to, others, port, password, watch, permit);
        // Both are to agree on who owns a slot before anything else: an earlier move may have ended between telling the one and the other.
        // A source that hears it from the target may still call the slot one that is on its way.
        slow.tell(moved.and(giver.slots().plus(leaving).plus(arriving)).plus(told));
        Slots rest = unmoved.minus(half).minus(told);
        if (taker.slots().isEmpty() && !half.plus(rest).isEmpty()) {
            bringFunctions();
        }
        if (atomic) {
            slow.finish(half);
            new AtomicMove(source, to.id(), watch, permit).move(rest);
            return;
        }
        // Nobody takes over from a master without slots: keys must not lie there alone. So it gets a slot before it gets many keys.
        Slots first = taker.slots().isEmpty() && !half.plus(rest).isEmpty() ? slow.emptiest(half.isEmpty() ? rest : half) : Slots.NONE;
        slow.finish(first.and(half));
        slow.move(first.minus(half));
        slow.finish(half.minus(first));
        slow.move(rest.minus(first));
    }

    /** Rule K12: a client calls a function wherever its keys are. Whatever a master without slots had before is from another life. */
    private void bringFunctions() throws Failed {
        byte[] restore = "RESTORE".getBytes(StandardCharsets.US_ASCII);
        byte[][] command = {"FUNCTION".getBytes(StandardCharsets.US_ASCII), restore, (byte[]) source.call("FUNCTION", "DUMP"), "FLUSH".getBytes(StandardCharsets.US_ASCII)};
        if (target.ask(List.<byte[][]>of(command), NodeLink.ANSWER).getFirst() instanceof JedisDataException refusal) {
            throw target.refused(refusal, "FUNCTION", "RESTORE");
        }
    }

    private static ClusterNode self(NodeLink at, Node expected) throws Failed {
        ClusterNode self = at.topology().myself();
        if (self == null || !self.id().equals(expected.id())) {
            throw new Failed(at.name() + " is node " + (self == null ? "of nothing" : self.id()) + ", expected " + expected.id());
        }
        if (!self.isMaster()) {
            throw new Failed(at.name() + " is no master any more");
        }
        return self;
    }

    private static Slots owned(Topology seen, String id) {
        return seen.node(id).map(ClusterNode::slots).orElse(Slots.NONE);
    }

    private static Slots slotsOf(Iterable<Integer> numbers) {
        Slots slots = Slots.NONE;
        for (int number : numbers) {
            slots = slots.plus(Slots.of(number));
        }
        return slots;
    }

    @Override
    public void close() {
        source.close();
        target.close();
        others.forEach(NodeLink::close);
    }
}
