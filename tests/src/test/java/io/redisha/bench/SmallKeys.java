package io.redisha.bench;

import io.redisha.load.SlotKeys;
import java.util.BitSet;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/** A million keys with a few bytes each, over all slots. */
final class SmallKeys {

    static final int COUNT = 1_000_000;
    private static final String PREFIX = "key:";
    private static final int BATCH = 5_000;

    private SmallKeys() {}

    /** Those that belong to a master's slots, to that master, and to its replica. */
    static Void write(Jedis master, BitSet slots) {
        Pipeline pipeline = master.pipelined();
        int batch = 0;
        for (int n = 0; n < COUNT; n++) {
            String key = PREFIX + n;
            if (slots.get(SlotKeys.slot(key))) {
                pipeline.set(key, "value-" + n);
                if (++batch % BATCH == 0) {
                    pipeline.sync();
                }
            }
        }
        pipeline.sync();
        if (master.waitReplicas(1, 5_000) < 1) {
            throw new IllegalStateException("the replica does not have the keys after 5 s");
        }
        return null;
    }

    static int count(Jedis master) {
        return master.keys(PREFIX + "*").size();
    }
}
