package io.redisha.process;

import io.redisha.loop.StateStore;
import io.redisha.model.Data;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rule B5: what this pod knows of its data, on the volume beside the data. Written by a thread of its own, because a slow disk may take
 * seconds to sync; of several states that wait, only the newest is written.
 */
public final class StateFile implements StateStore, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(StateFile.class);
    private static final Pattern FIELD = Pattern.compile("\"(\\w+)\":(?:\"([\\w.-]*)\"|(-?\\d{1,18})|(true|false)|(null))");

    private final Path file;
    private final Thread writer;
    private String next;
    private String written;
    private boolean writing;
    private boolean closed;
    private boolean failing;

    /** @param data the server's data directory */
    public StateFile(Path data) {
        file = data.resolve(".redis-ha").resolve("state.json");
        writer = Thread.ofPlatform().name("state-file").daemon().start(this::write);
    }

    @Override
    public Data load() {
        try {
            return parse(Files.readString(file));
        } catch (NoSuchFileException e) {
            return Data.NONE;
        } catch (IOException | IllegalArgumentException e) {
            LOG.warn("{} is unreadable, taken as missing: {}", file, e.toString());
            return Data.NONE;
        }
    }

    @Override
    public synchronized void save(Data data, boolean cleanShutdown) {
        String text = render(data, cleanShutdown);
        if (!text.equals(next != null ? next : written)) {
            next = text;
            notifyAll();
        }
    }

    static String render(Data data, boolean cleanShutdown) {
        return "{\"term\":" + data.term() + ",\"datasetId\":" + (data.datasetId() == null ? "null" : quoted(data.datasetId()))
                + ",\"replid\":" + quoted(data.replid()) + ",\"replid2\":" + quoted(data.replid2()) + ",\"secondOffset\":"
                + data.secondOffset() + ",\"offset\":" + data.offset() + ",\"inSync\":" + data.complete() + ",\"cleanShutdown\":"
                + cleanShutdown + "}\n";
    }

    private static String quoted(String id) {
        return '"' + id + '"';
    }

    /** Reads what {@link #render} writes, and nothing else: half a file is not half the truth. */
    static Data parse(String text) {
        String body = text.strip();
        if (!body.startsWith("{") || !body.endsWith("}")) {
            throw new IllegalArgumentException("not a whole object");
        }
        Map<String, String> fields = new HashMap<>();
        for (String part : body.substring(1, body.length() - 1).split(",")) {
            Matcher field = FIELD.matcher(part.strip());
            if (!field.matches()) {
                throw new IllegalArgumentException("not a field: " + part);
            }
            String value = null;
            for (int group = 2; group <= 4 && value == null; group++) {
                value = field.group(group);
            }
            fields.put(field.group(1), value);
        }
        String datasetId = fields.get("datasetId");
        return new Data(datasetId, Long.parseLong(present(fields, "term")), present(fields, "replid"), present(fields, "replid2"),
                Long.parseLong(present(fields, "secondOffset")), Long.parseLong(present(fields, "offset")),
                Boolean.parseBoolean(present(fields, "inSync")), true);
    }

    private static String present(Map<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    private void write() {
        try {
            while (true) {
                String text;
                synchronized (this) {
                    while (next == null) {
                        if (closed) {
                            return;
                        }
                        wait();
                    }
                    text = next;
                    next = null;
                    writing = true;
                }
                boolean done = replace(text);
                synchronized (this) {
                    writing = false;
                    written = done ? text : null;
                    notifyAll();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean replace(String text) {
        Path directory = file.getParent();
        Path half = directory.resolve("state.json.new");
        try {
            Files.createDirectories(directory);
            try (FileChannel out = FileChannel.open(half, StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                out.force(true);
            }
            Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
            // The new name is durable only when the directory is.
            try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
                entry.force(true);
            }
            if (failing) {
                failing = false;
                LOG.info("{} can be written again", file);
            }
            return true;
        } catch (IOException e) {
            if (!failing) {
                failing = true;
                LOG.warn("{} cannot be written: {}", file, e.toString());
            }
            return false;
        }
    }

    /** Waits until the newest state is on the disk. */
    public synchronized boolean flush(Duration atMost) {
        long deadline = System.nanoTime() + atMost.toNanos();
        try {
            while (next != null || writing) {
                long left = (deadline - System.nanoTime()) / 1_000_000;
                if (left <= 0) {
                    return false;
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        return written != null;
    }

    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
