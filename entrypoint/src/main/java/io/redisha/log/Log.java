package io.redisha.log;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.event.Level;

/**
 * The program's log on stdout: one line per event, for a person or as JSON.
 *
 * <p>It never makes a caller wait. Whoever reads the other end of a container's stdout can stop doing so, and a full pipe
 * must not keep the loop from demoting: lines wait for their own thread, and are counted and dropped when too many do.
 */
public final class Log {

    public enum Format { TEXT, JSON }

    private static final DateTimeFormatter TIME = new DateTimeFormatterBuilder().appendInstant(3).toFormatter();
    private static final int WAITING_LINES = 1024;
    private static final String OURS = "io.redisha.";

    private static final Log STDOUT = new Log(new FileOutputStream(FileDescriptor.out));

    private final OutputStream out;
    private final BlockingQueue<byte[]> lines = new ArrayBlockingQueue<>(WAITING_LINES);
    private final AtomicInteger unwritten = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private boolean started;

    private volatile Format format = Format.TEXT;
    private volatile Level level = Level.INFO;

    Log(OutputStream out) {
        this.out = out;
    }

    static Log stdout() {
        return STDOUT;
    }

    /** May be called again at any time. */
    public static void configure(Format format, Level level) {
        STDOUT.format = format;
        STDOUT.level = level;
    }

    /** Waits until all that was logged is written, but not for ever. */
    public static void flush() {
        STDOUT.drain(TimeUnit.MILLISECONDS.toNanos(500));
    }

    void set(Format newFormat, Level newLevel) {
        format = newFormat;
        level = newLevel;
    }

    /** What libraries find worth a mention is news to their developers; from them only warnings count, unless somebody debugs. */
    boolean shows(Level asked, String logger) {
        Level least = level;
        if (!logger.startsWith(OURS)) {
            least = least == Level.DEBUG ? Level.INFO : least == Level.ERROR ? Level.ERROR : Level.WARN;
        }
        return asked.toInt() >= least.toInt();
    }

    void write(Level at, String logger, String message, Throwable thrown) {
        enqueue(line(at, logger, message, thrown));
    }

    private byte[] line(Level at, String logger, String message, Throwable thrown) {
        Instant now = Instant.now();
        String line = format == Format.JSON ? json(now, at, logger, message, thrown) : text(now, at, logger, message, thrown);
        return line.getBytes(StandardCharsets.UTF_8);
    }

    static String text(Instant time, Level at, String logger, String message, Throwable thrown) {
        StringBuilder line = new StringBuilder(128);
        TIME.formatTo(time, line);
        line.append(at.name().length() == 4 ? " " + at + "  " : " " + at + " ");
        if (!logger.startsWith(OURS)) {
            line.append(simple(logger)).append(": ");
        }
        line.append(message.indexOf('\n') < 0 ? message : message.replace("\n", "\n    ")).append('\n');
        if (thrown != null) {
            line.append(trace(thrown));
        }
        return line.toString();
    }

    static String json(Instant time, Level at, String logger, String message, Throwable thrown) {
        StringBuilder line = new StringBuilder(192);
        line.append("{\"time\":\"");
        TIME.formatTo(time, line);
        line.append("\",\"level\":\"").append(at).append("\",\"logger\":");
        quote(line, simple(logger));
        line.append(",\"message\":");
        quote(line, message);
        if (thrown != null) {
            line.append(",\"exception\":");
            quote(line, trace(thrown));
        }
        return line.append("}\n").toString();
    }

    private static String simple(String logger) {
        return logger.substring(logger.lastIndexOf('.') + 1);
    }

    private static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private static void quote(StringBuilder line, String text) {
        line.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> line.append("\\\"");
                case '\\' -> line.append("\\\\");
                case '\n' -> line.append("\\n");
                case '\r' -> line.append("\\r");
                case '\t' -> line.append("\\t");
                default -> {
                    if (c < ' ') {
                        line.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
                    } else {
                        line.append(c);
                    }
                }
            }
        }
        line.append('"');
    }

    private void enqueue(byte[] line) {
        unwritten.incrementAndGet();
        if (!lines.offer(line)) {
            unwritten.decrementAndGet();
            dropped.incrementAndGet();
        }
        synchronized (lines) {
            if (!started) {
                started = true;
                Thread writer = new Thread(this::writeLines, "log");
                writer.setDaemon(true);
                writer.start();
            }
        }
    }

    private void writeLines() {
        try {
            while (true) {
                byte[] line = lines.take();
                put(line);
                unwritten.decrementAndGet();
                int lost = dropped.getAndSet(0);
                if (lost > 0) {
                    put(line(Level.WARN, Log.class.getName(), lost + " log lines were dropped: nobody read stdout", null));
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void put(byte[] line) {
        try {
            out.write(line);
            out.flush();
        } catch (IOException e) {
            // There is no place left to say it.
        }
    }

    void drain(long nanos) {
        long end = System.nanoTime() + nanos;
        while (unwritten.get() > 0 && System.nanoTime() < end) {
            try {
                Thread.sleep(1);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
