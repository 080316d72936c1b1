package io.redisha.redis;

import io.redisha.loop.cluster.Nodes;
import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import redis.clients.jedis.exceptions.JedisDataException;

/** Orders to the servers of all pods; for any number of threads. */
public final class NodeClient implements Nodes, AutoCloseable {

    private static final long MS = 1_000_000L;
    /** A server drops nobody for idleness by default, so we do. */
    private static final long UNUSED = 30_000 * MS;
    /** What a node hears of a newcomer comes by gossip, once or twice a second. */
    private static final long KNOWN_WITHIN = 3_000 * MS;
    /** The server's own limit of a handover; an election takes less, or has been lost. */
    private static final long HANDOVER = 5_000 * MS;
    private static final long ELECTION = 2_000 * MS;
    private static final long BETWEEN_LOOKS = 5 * MS;

    private record Idle(NodeLink link, long since) {}

    @FunctionalInterface
    private interface Order<T> {
        T at(NodeLink node) throws Failed;
    }

    private final String password;
    /** Newest last; guarded by itself. */
    private final Map<Address, Deque<Idle>> idle = new HashMap<>();

    /** @param password null for servers without one */
    public NodeClient(String password) {
        this.password = password;
    }

    private <T> T at(Address address, Order<T> order) throws Failed {
        NodeLink node = borrow(address);
        try {
            return order.at(node);
        } finally {
            giveBack(address, node);
        }
    }

    private NodeLink borrow(Address address) {
        synchronized (idle) {
            Deque<Idle> known = idle.get(address);
            Idle one = known == null ? null : known.pollLast();
            return one == null ? new NodeLink(address.toString(), address, password) : one.link();
        }
    }

    private void giveBack(Address address, NodeLink node) {
        long now = System.nanoTime();
        List<NodeLink> unused = new ArrayList<>();
        synchronized (idle) {
            idle.computeIfAbsent(address, any -> new ArrayDeque<>()).addLast(new Idle(node, now));
            for (Iterator<Deque<Idle>> all = idle.values().iterator(); all.hasNext(); ) {
                Deque<Idle> links = all.next();
                while (!links.isEmpty() && now - links.getFirst().since() > UNUSED) {
                    unused.add(links.removeFirst().link());
                }
                if (links.isEmpty()) {
                    all.remove();
                }
            }
        }
        unused.forEach(NodeLink::close);
    }

    @Override
    public void epoch(Address at, long epoch) throws Failed {
        at(at, node -> {
            ClusterNode self = node.topology().myself();
            return self != null && self.epoch() > 0 ? null : node.call("CLUSTER", "SET-CONFIG-EPOCH", Long.toString(epoch));
        });
    }

    @Override
    public void meet(Address at, Address with, int busPort) throws Failed {
        at(at, node -> node.call("CLUSTER", "MEET", with.host(), Integer.toString(with.port()), Integer.toString(busPort)));
    }

    @Override
    public void own(Address at, Slots slots) throws Failed {
        at(at, node -> {
            ClusterNode self = node.topology().myself();
            Slots missing = self == null ? slots : slots.minus(self.slots());
            return missing.isEmpty() ? null : node.call(ranges(missing, "CLUSTER", "ADDSLOTSRANGE"));
        });
    }

    /** {@code words 0 5460 7000 7000}. */
    static String[] ranges(Slots slots, String... words) {
        List<String> command = new ArrayList<>(List.of(words));
        for (Slots.Range range : slots.ranges()) {
            command.add(Integer.toString(range.first()));
            command.add(Integer.toString(range.last()));
        }
        return command.toArray(String[]::new);
    }

    @Override
    public void replicate(Address at, String masterId) throws Failed {
        at(at, node -> {
            long start = System.nanoTime();
            while (true) {
                try {
                    return node.ask("CLUSTER", "REPLICATE", masterId);
                } catch (JedisDataException e) {
                    if (!e.getMessage().contains("Unknown node") || System.nanoTime() - start > KNOWN_WITHIN) {
                        throw node.refused(e, "CLUSTER", "REPLICATE", masterId);
                    }
                    LockSupport.parkNanos(10 * BETWEEN_LOOKS);
                }
            }
        });
    }

    @Override
    public void stable(Address at, int slot) throws Failed {
        at(at, node -> node.call("CLUSTER", "SETSLOT", Integer.toString(slot), "STABLE"));
    }

    @Override
    public void seize(Address at, Slots slots, String ownerId) throws Failed {
        at(at, node -> {
            SlotBySlot.refuseNone(node, "NODE", ownerId, node.askEach(SlotBySlot.setSlots(slots, "NODE", ownerId)));
            return null;
        });
    }

    @Override
    public Map<Integer, Long> keys(Address at, Slots slots) throws Failed {
        return at(at, node -> {
            Map<Integer, Long> keys = new HashMap<>();
            int[] numbers = slots.toArray();
            List<Object> counts = node.askEach(SlotBySlot.each(slots, "COUNTKEYSINSLOT"));
            for (int i = 0; i < numbers.length; i++) {
                if (counts.get(i) instanceof JedisDataException refusal) {
                    throw node.refused(refusal, "CLUSTER", "COUNTKEYSINSLOT");
                }
                if ((Long) counts.get(i) > 0) {
                    keys.put(numbers[i], (Long) counts.get(i));
                }
            }
            return keys;
        });
    }

    @Override
    public void gather(Node from, Node to, Slots slots) throws Failed {
        at(from.redis(), node -> {
            new Gathering(node, to, password).gather(slots);
            return null;
        });
    }

    @Override
    public long migrations(Address at) throws Failed {
        return at(at, node -> {
            for (InfoFields info = new InfoFields(node.text("INFO", "commandstats")); info.next();) {
                if (info.key().equals("cmdstat_migrate")) {
                    return Long.parseLong(info.value().substring(info.value().indexOf('=') + 1, info.value().indexOf(',')));
                }
            }
            return 0L;
        });
    }

    @Override
    public void promote(Address at, boolean force) throws Failed {
        at(at, node -> {
            String[] command = force ? new String[] {"CLUSTER", "FAILOVER", "FORCE"} : new String[] {"CLUSTER", "FAILOVER"};
            long start = System.nanoTime();
            try {
                node.ask(command);
            } catch (JedisDataException e) {
                if (isMaster(node)) {
                    return null;
                }
                throw node.refused(e, command);
            }
            while (!isMaster(node)) {
                if (System.nanoTime() - start > (force ? ELECTION : HANDOVER)) {
                    throw new Failed(node.name() + (force ? " asked for the votes of the other masters and did not get them"
                            : " did not become master: its master did not hand over") + " within " + (force ? ELECTION : HANDOVER) / MS + " ms");
                }
                LockSupport.parkNanos(BETWEEN_LOOKS);
            }
            return null;
        });
    }

    private static boolean isMaster(NodeLink node) throws Failed {
        ClusterNode self = node.topology().myself();
        return self != null && self.isMaster();
    }

    @Override
    public void forget(Address at, String nodeId) throws Failed {
        at(at, node -> {
            try {
                return node.ask("CLUSTER", "FORGET", nodeId);
            } catch (JedisDataException e) {
                if (e.getMessage().contains("Unknown node")) {
                    return null;
                }
                throw node.refused(e, "CLUSTER", "FORGET", nodeId);
            }
        });
    }

    @Override
    public void reset(Address at, boolean flush) throws Failed {
        at(at, node -> {
            if (flush && isMaster(node)) {
                // A replica takes no order to write, and drops its data in the reset.
                node.call("FLUSHALL", "ASYNC");
            }
            return node.call("CLUSTER", "RESET", "HARD");
        });
    }

    @Override
    public Topology topology(Address at) throws Failed {
        return at(at, NodeLink::topology);
    }

    @Override
    public void move(Node from, Node to, Slots slots, List<Node> others, Watch watch, BooleanSupplier goOn) throws Failed {
        try (Mover mover = new Mover(from, to, others, password, watch, goOn)) {
            mover.move(slots);
        }
    }

    @Override
    public void close() {
        synchronized (idle) {
            idle.values().forEach(links -> links.forEach(one -> one.link().close()));
            idle.clear();
        }
    }
}
