package io.redisha.loop.cluster;

import io.redisha.model.Address;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Orders that nobody should have given. */
class NoNodes implements Nodes {

    private static Failed unexpected(String what) {
        throw new AssertionError("unexpected: " + what);
    }

    @Override
    public void epoch(Address at, long epoch) throws Failed {
        throw unexpected("epoch");
    }

    @Override
    public void meet(Address at, Address with, int busPort) throws Failed {
        throw unexpected("meet");
    }

    @Override
    public void own(Address at, Slots slots) throws Failed {
        throw unexpected("own");
    }

    @Override
    public void replicate(Address at, String masterId) throws Failed {
        throw unexpected("replicate");
    }

    @Override
    public void stable(Address at, int slot) throws Failed {
        throw unexpected("stable");
    }

    @Override
    public void seize(Address at, Slots slots, String ownerId) throws Failed {
        throw unexpected("seize");
    }

    @Override
    public Map<Integer, Long> keys(Address at, Slots slots) throws Failed {
        throw unexpected("keys");
    }

    @Override
    public void gather(Node from, Node to, Slots slots) throws Failed {
        throw unexpected("gather");
    }

    @Override
    public long migrations(Address at) throws Failed {
        throw unexpected("migrations");
    }

    @Override
    public void promote(Address at, boolean force) throws Failed {
        throw unexpected("promote");
    }

    @Override
    public void forget(Address at, String nodeId) throws Failed {
        throw unexpected("forget");
    }

    @Override
    public void reset(Address at, boolean flush) throws Failed {
        throw unexpected("reset");
    }

    @Override
    public Topology topology(Address at) throws Failed {
        throw unexpected("topology");
    }

    @Override
    public void move(Node from, Node to, Slots slots, List<Node> others, Watch watch, BooleanSupplier goOn) throws Failed {
        throw unexpected("move");
    }
}
