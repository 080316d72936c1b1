package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * Keys that both sides of a half-moved slot hold (rule K9). Of a MIGRATE whose outcome the source did not hear, both are the same. They differ if
 * the source's place was taken by a replica that did not know of the move: clients were told that there is no such key, and wrote it again.
 * Neither of the two is the newer one of the other then, so none is overwritten: the target's is kept beside, under another name in the same
 * slot.
 *
 * <p>To be called while the slot is open on both sides: no other key can come to be on both then.
 */
final class BothSides {

    /** What the name of a key that was kept beside begins with. */
    static final String KEPT = "redis-ha:kept:";

    private final NodeLink source;
    private final NodeLink target;

    BothSides(NodeLink source, NodeLink target) {
        this.source = source;
        this.target = target;
    }

    /** @return how many were kept beside */
    int keepBeside(int slot) throws Failed {
        List<byte[]> both = new ArrayList<>();
        List<byte[]> there = SlotKeys.names(target, slot, Integer.MAX_VALUE);
        List<Object> here = source.askEach(there.stream().map(key -> command("EXISTS", key)).toList());
        for (int i = 0; i < there.size(); i++) {
            // whoever lacks a key of an open slot says ASK
            if (here.get(i) instanceof Long found && found > 0) {
                both.add(there.get(i));
            }
        }
        int kept = 0;
        for (byte[] key : both) {
            Object mine = source.ask(List.<byte[][]>of(command("DUMP", key)), NodeLink.ANSWER).getFirst();
            List<Object> replies = target.ask(List.of(Link.bytes("ASKING"), command("DUMP", key), Link.bytes("ASKING"), command("PTTL", key)), NodeLink.ANSWER);
            if (mine instanceof byte[] one && replies.get(1) instanceof byte[] other && !Arrays.equals(one, other)) {
                keep(slot, key, other, Math.max(0, (Long) SlotKeys.answer(target, replies.get(3))));
                kept++;
            }
        }
        return kept;
    }

    private void keep(int slot, byte[] key, byte[] value, long ttl) throws Failed {
        for (int number = 0;; number++) {
            byte[] name = name(number, key);
            if (JedisClusterCRC16.getSlot(name) != slot) {
                continue;
            }
            byte[][] restore = {ascii("RESTORE-ASKING"), name, ascii(Long.toString(ttl)), value};
            Object reply = target.ask(List.<byte[][]>of(restore), NodeLink.ANSWER).getFirst();
            if (!(reply instanceof JedisDataException refusal)) {
                return;
            }
            if (!refusal.getMessage().contains("BUSYKEY")) {
                throw target.refused(refusal, "RESTORE", "of a key of slot " + slot);
            }
        }
    }

    /** The number in braces decides the slot. */
    private static byte[] name(int number, byte[] key) {
        byte[] prefix = ascii(KEPT + "{" + number + "}:");
        byte[] name = Arrays.copyOf(prefix, prefix.length + key.length);
        System.arraycopy(key, 0, name, prefix.length, key.length);
        return name;
    }

    private static byte[][] command(String word, byte[] key) {
        return new byte[][] {ascii(word), key};
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
