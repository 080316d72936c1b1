package io.redisha.model;

import java.util.Map;
import java.util.Set;

/**
 * One node of a Redis Cluster, as one node sees it: a line of CLUSTER NODES, which is also a line of nodes.conf.
 *
 * @param redis    where clients and replicas reach it; host "" if no address is known
 * @param busPort  port of the cluster bus
 * @param hostname what it announces, "" for nothing
 * @param aux      what newer servers append to the address ({@code shard-id=...}, {@code nodename=...}), kept as it is
 * @param flags    {@code myself}, {@code master}, {@code slave}, {@code fail?}, {@code fail}, {@code handshake}, {@code noaddr}, ...
 * @param master   id of the master it follows, null for none
 * @param epoch    configuration epoch: the greater claims a slot
 * @param linkUp   the bus connection to it is up
 * @param migrating of its slots, those on their way: to which node id; known only of {@code myself}
 * @param importing slots on their way to it: from which node id; known only of {@code myself}
 */
public record ClusterNode(String id, Address redis, int busPort, String hostname, Map<String, String> aux, Set<String> flags, String master, long pingSent,
        long pongReceived, long epoch, boolean linkUp, Slots slots, Map<Integer, String> migrating, Map<Integer, String> importing) {

    public boolean isMyself() {
        return flags.contains("myself");
    }

    public boolean isMaster() {
        return flags.contains("master");
    }

    public boolean isReplica() {
        return flags.contains("slave") || flags.contains("replica");
    }

    /** A majority of masters agree that it is gone. */
    public boolean isFailed() {
        return flags.contains("fail");
    }

    /** The node that was asked does not reach it. */
    public boolean isSuspected() {
        return flags.contains("fail?");
    }

    public boolean isHandshake() {
        return flags.contains("handshake");
    }

    public boolean hasAddress() {
        return !redis.host().isEmpty() && !flags.contains("noaddr");
    }

    public boolean ownsSlots() {
        return isMaster() && !slots.isEmpty();
    }
}
