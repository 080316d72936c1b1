package io.redisha.redis;

/**
 * How often a sentinel does things, where its own defaults are too slow for us. By SENTINEL DEBUG, the only way there is; a sentinel that is
 * started has its defaults again.
 */
final class SentinelPace {

    private static final long INFO_MS = 1_000;

    /**
     * INFO each second, not each ten: by it a sentinel knows who is fit to lead and how far each has come; after a reset it finds the replicas
     * by it. A link to an address where nobody is any more is given up after 3 s, not 15.
     */
    static final String[] CALM = {"SENTINEL", "DEBUG", "INFO-PERIOD", Long.toString(INFO_MS), "MIN-LINK-RECONNECT-PERIOD", "3000"};

    /** All INFOs at its next turn, 100 ms later at most. */
    static final String[] HASTE = {"SENTINEL", "DEBUG", "INFO-PERIOD", "1"};

    private SentinelPace() {}
}
