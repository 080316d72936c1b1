package io.redisha.lab;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** What a run draws instead of having it the same each time: the moments of its faults, and the engine. The same SEED draws the same. */
public final class Drawn {

    /** Longer than a heartbeat's interval and a poll's, so that a fault comes at any point of either. */
    private static final int LATEST_MS = 900;
    private static final long SEED = Optional.ofNullable(System.getenv("SEED")).filter(seed -> !seed.isBlank()).map(Long::valueOf).orElseGet(Drawn::one);
    private static final String ENGINE = Optional.ofNullable(System.getenv("ENGINE")).filter(engine -> !engine.isBlank()).orElse("redis-8.0");

    private Drawn() {}

    private static long one() {
        long seed = System.nanoTime() & 0x3fffffff;
        System.out.println("SEED=" + seed);
        return seed;
    }

    /** The same for the same name, whatever runs before it. */
    public static Random random(String name) {
        return new Random(SEED ^ (long) name.hashCode() << 20);
    }

    public static Duration moment(String name) {
        return Duration.ofMillis(random(name).nextInt(LATEST_MS));
    }

    /** As values of the chart. */
    /** An image of Redis that the lab has in this run, and whose nodes.conf the drawn engine reads. */
    public static String redis() {
        return ENGINE.equals("redis-7.0") ? "redis:7.0" : "redis:8.0";
    }

    static List<String> engine() {
        String version = ENGINE.substring(ENGINE.lastIndexOf('-') + 1);
        String name = ENGINE.substring(0, ENGINE.lastIndexOf('-'));
        return List.of("image.repository=" + (name.equals("valkey") ? "valkey/valkey" : name), "image.tag=" + version);
    }
}
