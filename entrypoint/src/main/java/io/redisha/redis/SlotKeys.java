package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.List;
import redis.clients.jedis.exceptions.JedisDataException;

/** What a server says of the keys that it has in slots, its own or not. */
final class SlotKeys {

    private SlotKeys() {}

    /** How many there are in each of the slots, in their order. */
    static List<Long> counts(NodeLink node, Slots slots) throws Failed {
        List<Long> counts = new ArrayList<>();
        for (Object reply : node.askEach(each(slots, "COUNTKEYSINSLOT"))) {
            counts.add((Long) answer(node, reply));
        }
        return counts;
    }

    /** Those in which it has a key. */
    static Slots withKeys(NodeLink node, Slots among) throws Failed {
        List<Long> counts = counts(node, among);
        Slots found = Slots.NONE;
        int[] numbers = among.toArray();
        for (int i = 0; i < numbers.length; i++) {
            if (counts.get(i) > 0) {
                found = found.plus(Slots.of(numbers[i]));
            }
        }
        return found;
    }

    static List<byte[]> names(NodeLink node, int slot, int most) throws Failed {
        Object reply = node.ask(List.<byte[][]>of(names(slot, most)), NodeLink.ANSWER).getFirst();
        return names(node, reply);
    }

    static byte[][] names(int slot, int most) {
        return Link.bytes("CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), Integer.toString(most));
    }

    static List<byte[]> names(NodeLink node, Object reply) throws Failed {
        return ((List<?>) answer(node, reply)).stream().map(key -> (byte[]) key).toList();
    }

    static List<byte[][]> each(Slots slots, String question) {
        List<byte[][]> commands = new ArrayList<>(slots.size());
        for (int slot : slots.toArray()) {
            commands.add(Link.bytes("CLUSTER", question, Integer.toString(slot)));
        }
        return commands;
    }

    static Object answer(NodeLink node, Object reply) throws Failed {
        if (reply instanceof JedisDataException refusal) {
            throw new Failed(node.name() + ": " + refusal.getMessage());
        }
        return reply;
    }
}
