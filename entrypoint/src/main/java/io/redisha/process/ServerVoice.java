package io.redisha.process;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a redis-server or valkey-server says: into the log, at the level that it means. */
final class ServerVoice extends Voice {

    private static final Logger SERVER = LoggerFactory.getLogger("redis");

    /** Both engines, in all versions. Not after a last save that failed: the next one, killed in the middle, would leave half a file on a full disk. */
    private static final String REFUSAL = "Writing initial AOF, can't exit.";

    private final AtomicBoolean refused = new AtomicBoolean();
    private final boolean quiet;
    private final Runnable torn;
    private final Thread reader;
    private boolean nobody;
    /** When each message of the last second was said, monotonic ns. */
    private final Map<String, Long> recent = new HashMap<>();

    /**
     * @param quiet it is the same complaint every five seconds
     * @param torn  told that it goes on without the end of a file
     */
    ServerVoice(Process process, boolean quiet, Runnable torn) {
        this.quiet = quiet;
        this.torn = torn;
        this.reader = listen(process.getInputStream(), "server-output", this::read);
    }

    @Override
    void finish() {
        finish(reader);
    }

    @Override
    boolean refused() {
        return refused.getAndSet(false);
    }

    private void read(InputStream from) throws IOException {
        BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8), 512);
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (!line.isBlank()) {
                remember(line);
                if (line.endsWith(REFUSAL)) {
                    refused.set(true);
                }
                if (Corruption.isCutOff(line)) {
                    torn.run();
                }
                log(line);
            }
        }
    }

    private void log(String said) {
        ServerProcess.Line line = ServerProcess.Line.of(said);
        if (quiet || line.sign() == '.' || line.sign() == '-' || ofTheDeadAddress(line.text()) || again(line.text())) {
            SERVER.debug(line.text());
        } else if (line.warns()) {
            SERVER.warn(line.text());
        } else {
            SERVER.info(line.text());
        }
    }

    /** A replica whose master refuses it tries hundreds of times a second; once a second is enough to read. */
    private boolean again(String text) {
        long now = System.nanoTime();
        recent.values().removeIf(at -> now - at > 1_000_000_000L);
        return recent.putIfAbsent(text, now) != null;
    }

    /** A server that was told to follow nobody tries it every second, and says so each time in three lines. */
    private boolean ofTheDeadAddress(String text) {
        if (text.startsWith("Connecting to ")) {
            nobody = text.endsWith(" 127.0.0.1:1");
        }
        return nobody && (text.startsWith("Connecting to ") || text.endsWith("REPLICA sync started")
                || text.startsWith("Error condition on socket for SYNC"));
    }
}
