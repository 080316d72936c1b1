package io.redisha.process;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What one child says; the last lines are kept. */
abstract class Voice {

    private static final Logger LOG = LoggerFactory.getLogger(Voice.class);
    private static final int LAST_WORDS = 20;

    private final ArrayDeque<String> words = new ArrayDeque<>();

    interface Reading {
        void read(InputStream from) throws IOException;
    }

    final Thread listen(InputStream to, String name, Reading reading) {
        return Thread.ofPlatform().name(name).daemon().start(() -> {
            try (InputStream in = to) {
                reading.read(in);
            } catch (IOException e) {
                LOG.debug("the {} ended: {}", name, e.getMessage());
            }
        });
    }

    final void remember(String line) {
        synchronized (words) {
            if (words.size() == LAST_WORDS) {
                words.removeFirst();
            }
            words.addLast(line);
        }
    }

    final List<String> words() {
        synchronized (words) {
            return List.copyOf(words);
        }
    }

    /** Whether it has said, since this was asked last, that it can't end though it was told to. */
    boolean refused() {
        return false;
    }

    /** Not for ever: a process of the child's may hold the pipe open after its death. */
    static void finish(Thread reader) {
        try {
            reader.join(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits for the last of it, after the child's death. */
    abstract void finish();
}
