package io.redisha.http;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Counts what one port refuses, and says so once a minute at most: a stranger must not be able to fill the log. */
final class Refusals {

    private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);
    private static final long PAUSE = 60_000_000_000L;

    private final int port;
    private long untold;
    private long toldAt;

    Refusals(int port, long now) {
        this.port = port;
        this.toldAt = now - PAUSE;
    }

    /** @param fault of this program's, null if it is the client's */
    void note(String why, String from, Exception fault) {
        String line = line(why, from, System.nanoTime());
        if (line != null) {
            LOG.warn(line, fault);
        }
    }

    /** Null if the last one was told less than a minute ago. */
    String line(String why, String from, long now) {
        untold++;
        if (now - toldAt < PAUSE) {
            return null;
        }
        String line = "port " + port + ": " + (untold == 1 ? "a request from " + from + " was refused: "
                : untold + " requests were refused, the last one from " + from + ": ") + why;
        untold = 0;
        toldAt = now;
        return line;
    }
}
