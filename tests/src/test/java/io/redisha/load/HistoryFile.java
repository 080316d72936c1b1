package io.redisha.load;

import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;

/** Where a load's clients write down what they asked and learnt, one line after the other. */
final class HistoryFile implements Closeable {

    /** Of each client, before a test may begin: the first ones of a JVM are slow. */
    private static final int WARM = 3;

    private final BufferedWriter lines;
    private final CountDownLatch flowing;

    HistoryFile(Path file, int clients) throws IOException {
        lines = Files.newBufferedWriter(file);
        // A client that died unnoticed would be one that saw no fault.
        Thread.setDefaultUncaughtExceptionHandler((client, bug) -> {
            bug.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        flowing = new CountDownLatch(clients);
    }

    void record(Event event) {
        synchronized (lines) {
            try {
                lines.write(event.json());
                lines.write('\n');
            } catch (IOException full) {
                throw new UncheckedIOException(full);
            }
        }
    }

    /** @param acknowledged writes of this client so far */
    void acknowledged(long acknowledged) {
        if (acknowledged == WARM) {
            flowing.countDown();
        }
    }

    /** Says so to the parent process once every client writes; returns when the parent closes our input. */
    void untilInputCloses() throws IOException {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                flowing.await();
                System.out.println("flowing");
            } catch (InterruptedException stopping) {
                Thread.currentThread().interrupt();
            }
        });
        while (System.in.read() >= 0) {
            continue;
        }
    }

    @Override
    public void close() throws IOException {
        lines.close();
    }
}
