package io.redisha.load;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import redis.clients.jedis.util.JedisClusterCRC16;

/** Names of keys by where a cluster puts them. */
public final class SlotKeys {

    public static final int SLOTS = 16384;

    /** From its first slot to its last. */
    public record Range(int first, int last) {

        boolean contains(String key) {
            int slot = slot(key);
            return slot >= first && slot <= last;
        }

        @Override
        public String toString() {
            return first + "-" + last;
        }
    }

    private SlotKeys() {}

    public static int slot(String key) {
        return JedisClusterCRC16.getSlot(key);
    }

    /** All slots in so many equal parts. */
    static List<Range> ranges(int parts) {
        return IntStream.range(0, parts).mapToObj(part -> new Range(border(part, parts), border(part + 1, parts) - 1)).toList();
    }

    /** Rounded as `redis-cli --cluster create` does, so that parts lie within shards when there are a multiple of them. */
    private static int border(int part, int parts) {
        return Math.round((float) part * SLOTS / parts);
    }

    /** So many keys at equal distances over all slots, none of them on the border of one of six ranges. */
    public static List<String> spread(String prefix, int count) {
        String[] keys = new String[count];
        int found = 0;
        for (long n = 0; found < count; n++) {
            String key = prefix + ":" + n;
            int bucket = slot(key) * count / SLOTS;
            if (keys[bucket] == null && !onBorder(slot(key))) {
                keys[bucket] = key;
                found++;
            }
        }
        return new ArrayList<>(Arrays.asList(keys));
    }

    /** Whoever shares out 16384 among three gives one slot more to this one or that one. */
    private static boolean onBorder(int slot) {
        return ranges(6).stream().anyMatch(range -> Math.abs(range.first() - slot) <= 1);
    }
}
