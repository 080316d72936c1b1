package io.redisha.config;

import java.security.Security;

/** How long names are remembered by this JVM. */
public final class Dns {

    private Dns() {}

    /**
     * A pod that starts has no name for its first second, and a new address after each restart: Java's own 30 s (and
     * 10 s for "no such name") would outlast the whole start. To be called before the first name is asked for.
     */
    public static void forgetSoon() {
        Security.setProperty("networkaddress.cache.ttl", "1");
        Security.setProperty("networkaddress.cache.negative.ttl", "0");
    }
}
