package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.model.Slots;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Brings keys of slots that a node does not own to their owner, one by one. A node sends keys of slots that are open only, so the slot is opened
 * at the node, as if it came from the owner; the owner does not hear of it, and clients are still sent there.
 */
final class Gathering {

    private static final long MS = 1_000_000L;
    private static final int NAMES = 100;
    private static final int TIMEOUT_MS = 5_000;

    private final NodeLink node;
    private final Node owner;
    private final String password;

    /** @param node that has keys which are not its own */
    Gathering(NodeLink node, Node owner, String password) {
        this.node = node;
        this.owner = owner;
        this.password = password;
    }

    void gather(Slots slots) throws Failed {
        for (int slot : slots.toArray()) {
            String number = Integer.toString(slot);
            node.call("CLUSTER", "SETSLOT", number, "IMPORTING", owner.id());
            try {
                for (List<?> keys = names(number); !keys.isEmpty(); keys = names(number)) {
                    for (Object key : keys) {
                        send((byte[]) key);
                    }
                }
            } finally {
                node.call("CLUSTER", "SETSLOT", number, "STABLE");
            }
        }
    }

    private List<?> names(String slot) throws Failed {
        return (List<?>) node.call("CLUSTER", "GETKEYSINSLOT", slot, Integer.toString(NAMES));
    }

    private void send(byte[] key) throws Failed {
        Object reply = node.ask(List.<byte[][]>of(migrate(key)), 3L * TIMEOUT_MS * MS).getFirst();
        if (reply instanceof JedisDataException refusal) {
            if (!refusal.getMessage().contains("BUSYKEY")) {
                throw node.refused(refusal, "MIGRATE");
            }
            // clients see the owner's
            Object deleted = node.ask(List.of(Link.bytes("ASKING"), new byte[][] {"DEL".getBytes(StandardCharsets.US_ASCII), key}), 3L * TIMEOUT_MS * MS).getLast();
            if (deleted instanceof JedisDataException no) {
                throw node.refused(no, "DEL");
            }
        }
    }

    private byte[][] migrate(byte[] key) {
        List<byte[]> words = new ArrayList<>();
        for (String word : List.of("MIGRATE", owner.redis().host(), Integer.toString(owner.redis().port()), "", "0", Integer.toString(TIMEOUT_MS))) {
            words.add(word.getBytes(StandardCharsets.UTF_8));
        }
        if (password != null) {
            words.add("AUTH".getBytes(StandardCharsets.US_ASCII));
            words.add(Link.password(password));
        }
        words.add("KEYS".getBytes(StandardCharsets.US_ASCII));
        words.add(key);
        return words.toArray(byte[][]::new);
    }
}
