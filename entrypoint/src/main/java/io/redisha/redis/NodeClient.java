package io.redisha.redis;

import io.redisha.loop.cluster.Nodes;
import io.redisha.model.Address;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** Orders to any node of the cluster, over a connection for each. */
public final class NodeClient implements Nodes {

    private static final long MS = 1_000_000L;
    private static final long PATIENCE = 2_000 * MS;

    private final String password;

    public NodeClient(String password) {
        this.password = password;
    }

    private Object call(Address at, String... command) throws Failed {
        return call(at, PATIENCE, command);
    }

    private Object call(Address at, long patience, String... command) throws Failed {
        try (Link link = new Link(at, password)) {
            return link.call(System.nanoTime() + patience, command);
        } catch (JedisDataException | JedisConnectionException e) {
            throw new Failed(at + ": " + command[0] + " " + (command.length > 1 ? command[1] : "") + ": " + e.getMessage());
        }
    }

    @Override
    public void epoch(Address at, long epoch) throws Failed {
        try {
            call(at, "CLUSTER", "SET-CONFIG-EPOCH", Long.toString(epoch));
        } catch (Failed e) {
            if (!e.getMessage().contains("epoch is already")) {
                throw e;
            }
        }
    }

    @Override
    public void meet(Address at, Address with, int busPort) throws Failed {
        call(at, "CLUSTER", "MEET", with.host(), Integer.toString(with.port()), Integer.toString(busPort));
    }

    @Override
    public void own(Address at, Slots slots) throws Failed {
        Slots mine = topology(at).myself().slots();
        List<String> command = new ArrayList<>(List.of("CLUSTER", "ADDSLOTSRANGE"));
        for (Slots.Range range : slots.minus(mine).ranges()) {
            command.add(Integer.toString(range.first()));
            command.add(Integer.toString(range.last()));
        }
        if (command.size() > 2) {
            call(at, command.toArray(String[]::new));
        }
    }

    @Override
    public void replicate(Address at, String masterId) throws Failed {
        call(at, "CLUSTER", "REPLICATE", masterId);
    }

    @Override
    public void stable(Address at, int slot) throws Failed {
        call(at, "CLUSTER", "SETSLOT", Integer.toString(slot), "STABLE");
    }

    @Override
    public void seize(Address at, Slots slots, String ownerId) throws Failed {
        for (int slot : slots.toArray()) {
            call(at, "CLUSTER", "SETSLOT", Integer.toString(slot), "NODE", ownerId);
        }
    }

    @Override
    public void promote(Address at, boolean force) throws Failed {
        if (force) {
            call(at, "CLUSTER", "FAILOVER", "FORCE");
        } else {
            call(at, "CLUSTER", "FAILOVER");
        }
        long until = System.nanoTime() + (force ? 1_000 : 5_000) * MS;
        while (System.nanoTime() < until) {
            if (topology(at).myself().isMaster()) {
                return;
            }
            try {
                Thread.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        throw new Failed(at + " has not become a master in time");
    }

    @Override
    public void forget(Address at, String nodeId) throws Failed {
        try {
            call(at, "CLUSTER", "FORGET", nodeId);
        } catch (Failed e) {
            if (!e.getMessage().contains("Unknown node")) {
                throw e;
            }
        }
    }

    @Override
    public void reset(Address at, boolean flush) throws Failed {
        if (flush) {
            call(at, 30_000 * MS, "FLUSHALL");
        }
        call(at, 30_000 * MS, "CLUSTER", "RESET", "HARD");
    }

    @Override
    public Topology topology(Address at) throws Failed {
        return NodesConf.nodes(Link.text(call(at, "CLUSTER", "NODES")));
    }

    @Override
    public void move(Node from, Node to, Slots slots, List<Node> others, Watch watch, BooleanSupplier goOn) throws Failed {
        throw new Failed("slots cannot be moved yet");
    }
}
