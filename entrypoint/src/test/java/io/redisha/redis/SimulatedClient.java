package io.redisha.redis;

import io.redisha.simulation.Simulation;
import java.util.List;

/** A client of a {@link SimulatedCluster}: appends to keys and deletes them, one after the other, and goes where it is sent. */
final class SimulatedClient {

    private static final long MS = Simulation.MS;
    private static final int HOPS = 12;

    private final SimulatedCluster cluster;
    private final Simulation sim;
    /** Asked first; as a client's own table of slots would say. */
    private SimulatedNode first;

    private String key;
    /** 0 for a deletion. */
    private long value;
    private List<Long> deleted = List.of();

    SimulatedClient(SimulatedCluster cluster) {
        this.cluster = cluster;
        sim = cluster.sim;
        first = cluster.nodes.get(0);
    }

    void start() {
        sim.after((1 + sim.random.nextInt(6)) * MS, this::begin);
    }

    private void begin() {
        if (cluster.quiet) {
            return;
        }
        key = cluster.names.get(sim.random.nextInt(cluster.names.size()));
        value = sim.random.nextInt(8) == 0 ? 0 : cluster.ledger.append(key);
        deleted = List.of();
        hop(first, false, 0);
    }

    private void hop(SimulatedNode node, boolean asking, int hops) {
        sim.after(way(), () -> {
            int starts = node.starts;
            String elsewhere = node.up ? node.redirection(key, asking) : null;
            boolean done = node.up && elsewhere == null;
            if (done) {
                sim.say("client: " + node + (value == 0 ? " DEL " + key : " APPEND " + key + " " + value) + (asking ? ", asking" : ""));
                if (value == 0) {
                    deleted = node.delete(key);
                } else {
                    node.append(key, value);
                }
            }
            sim.after(way(), () -> {
                if (!node.up || node.starts != starts) {
                    unknown();
                } else if (done) {
                    acknowledged();
                } else {
                    redirected(elsewhere, hops);
                }
            });
        });
    }

    private void redirected(String elsewhere, int hops) {
        String[] words = elsewhere.split(" ");
        SimulatedNode next = cluster.byId(words[1]);
        if (hops >= HOPS) {
            unknown();
        } else if (words[0].equals("ASK")) {
            hop(next, true, hops + 1);
        } else {
            first = next;
            hop(next, false, hops + 1);
        }
    }

    private void acknowledged() {
        if (value == 0) {
            cluster.ledger.deleted(deleted, true);
        } else {
            cluster.ledger.acknowledged(value);
        }
        start();
    }

    private void unknown() {
        cluster.ledger.deleted(deleted, false);
        first = cluster.master(sim.random.nextInt(SimulatedCluster.SHARDS));
        sim.after(10 * MS, this::begin);
    }

    private long way() {
        return (100 + sim.random.nextInt(1500)) * MS / 1000;
    }
}
