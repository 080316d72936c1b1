package io.redisha.process;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.redisha.loop.StateStore;
import io.redisha.model.Data;
import io.redisha.model.Term;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rule B5: what this pod knows of its data, on the volume beside the data. Written by a thread of its own, because a slow disk may take
 * seconds to sync; of several states that wait, only the newest is written.
 */
public final class StateFile implements StateStore, AutoCloseable {

    private static final JsonMapper JSON = JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final Pattern ID = Pattern.compile("[\\w.-]*");
    /** A whole one has some 250 bytes. What is far longer is none, and must not be read into memory to find that out. */
    private static final int MOST_BYTES = 16 * 1024;
    /** What a file says that has no {@code format}, as none has so far. A later program that means something else by these fields gives it a higher one. */
    private static final long FORMAT = 1;

    private final Path file;
    private final Duration again;
    private final Logger log;
    private final Thread writer;
    private String next;
    private String written;
    private boolean writing;
    private boolean closed;
    private boolean failing;

    /** @param data the server's data directory */
    public StateFile(Path data) {
        this(data, Duration.ofSeconds(3), LoggerFactory.getLogger(StateFile.class));
    }

    /** @param again after which a write that failed is tried again: there may be nothing new to write for days */
    StateFile(Path data, Duration again, Logger log) {
        this.again = again;
        this.log = log;
        file = data.resolve(".redis-ha").resolve("state.json");
        writer = Thread.ofPlatform().name("state-file").daemon().start(this::write);
    }

    @Override
    public Data load() {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new IOException("longer than " + MOST_BYTES + " bytes");
            }
            return parse(new String(bytes, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            return Data.NONE;
        } catch (IOException | IllegalArgumentException e) {
            log.warn("{} is unreadable, taken as missing, and this pod's data for the oldest: {}", file, e.toString());
            return Data.NONE;
        }
    }

    @Override
    public synchronized void save(Data data) {
        String text = render(data);
        if (!text.equals(next != null ? next : written)) {
            next = text;
            notifyAll();
        }
    }

    static String render(Data data) {
        return "{\"term\":" + data.term() + ",\"datasetId\":" + (data.datasetId() == null ? "null" : quoted(data.datasetId()))
                + ",\"replid\":" + quoted(data.replid()) + ",\"replid2\":" + quoted(data.replid2()) + ",\"secondOffset\":"
                + data.secondOffset() + ",\"offset\":" + data.offset() + ",\"inSync\":" + data.complete() + ",\"torn\":" + data.torn() + "}\n";
    }

    private static String quoted(String id) {
        return '"' + id + '"';
    }

    /**
     * Reads what {@link #render} writes, whole: half a file is not half the truth. What a later version adds is no error.
     *
     * @throws IllegalArgumentException if anything is missing or can't be
     */
    static Data parse(String text) {
        JsonNode state;
        try {
            state = JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
        if (state == null || !state.isObject()) {
            throw new IllegalArgumentException("not an object");
        }
        if (state.has("format") && number(state, "format", 0) != FORMAT) {
            throw new IllegalArgumentException("its format is that of another version: " + state.get("format").asLong() + ", expected " + FORMAT);
        }
        return new Data(present(state, "datasetId").isNull() ? null : id(state, "datasetId"), number(state, "term", 0), id(state, "replid"), id(state, "replid2"),
                number(state, "secondOffset", -1), number(state, "offset", -1), flag(state, "inSync"), true,
                state.has("torn") && flag(state, "torn"));
    }

    private static long number(JsonNode state, String name, long least) {
        JsonNode value = present(state, name);
        if (!value.isIntegralNumber() || !value.canConvertToLong() || value.asLong() < least || value.asLong() > Term.MOST_NUMBER) {
            throw new IllegalArgumentException(name + " is no number from " + least + " to " + Term.MOST_NUMBER);
        }
        return value.asLong();
    }

    private static String id(JsonNode state, String name) {
        JsonNode value = present(state, name);
        if (!value.isTextual() || !ID.matcher(value.asText()).matches()) {
            throw new IllegalArgumentException(name + " is no id");
        }
        return value.asText();
    }

    private static boolean flag(JsonNode state, String name) {
        JsonNode value = present(state, name);
        if (!value.isBoolean()) {
            throw new IllegalArgumentException(name + " is neither true nor false");
        }
        return value.asBoolean();
    }

    private static JsonNode present(JsonNode state, String name) {
        JsonNode value = state.get(name);
        if (value == null) {
            throw new IllegalArgumentException(name + " is missing");
        }
        return value;
    }

    private void write() {
        String failed = null;
        try {
            while (true) {
                String text;
                synchronized (this) {
                    while (next == null && failed == null && !closed) {
                        wait();
                    }
                    if (next == null && !closed) {
                        wait(again.toMillis());   // woken early, it only tries sooner
                    }
                    if (next == null && closed) {
                        return;
                    }
                    text = next != null ? next : failed;
                    next = null;
                    writing = true;
                }
                boolean done = replace(text);
                failed = done ? null : text;
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
                log.info("{} can be written again", file);
            }
            return true;
        } catch (IOException e) {
            if (!failing) {
                failing = true;
                log.warn("{} cannot be written: {}", file, e.toString());
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
