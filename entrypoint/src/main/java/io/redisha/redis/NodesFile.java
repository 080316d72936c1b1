package io.redisha.redis;

import io.redisha.loop.cluster.NodeFile;
import io.redisha.model.Topology;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** nodes.conf in the server's directory; written as the server writes it: beside it, to the disk, then in its place. */
public final class NodesFile implements NodeFile {

    private static final String KEPT = RedisConf.NODES + ".corrupt-";
    /** A server that ends again and again must not fill the volume with what it could not read. */
    private static final int GENERATIONS = 2;

    private final Path directory;
    private final Path file;
    private final String ip;
    private final int port;
    private final int bus;

    /**
     * @param directory the server's; made when something is written
     * @param ip        the pod's
     * @param port      that the server announces
     */
    public NodesFile(Path directory, String ip, int port, int bus) {
        this.directory = directory;
        this.file = directory.resolve(RedisConf.NODES);
        this.ip = ip;
        this.port = port;
        this.bus = bus;
    }

    @Override
    public Topology read() throws Corrupt, IOException {
        if (!Files.exists(file)) {
            return Topology.NONE;
        }
        try {
            return load().topology();
        } catch (NodesConf.Corrupt e) {
            throw new Corrupt(file + ": " + e.getMessage());
        }
    }

    private NodesConf load() throws NodesConf.Corrupt, IOException {
        byte[] text;
        try {
            text = Files.readAllBytes(file);
        } catch (IOException e) {
            throw unusable("read", e);
        }
        // Garbage is told from a file by its lines, not by its bytes.
        return NodesConf.parse(new String(text, StandardCharsets.ISO_8859_1));
    }

    /** The exceptions of a file system often name the file and nothing else. */
    private IOException unusable(String what, IOException e) {
        String why = switch (e) {
            case AccessDeniedException denied -> "permission denied: check the volume and podSecurityContext.fsGroup";
            case FileSystemException other when other.getReason() != null -> other.getReason();
            case FileSystemException other -> other.getClass().getSimpleName().replace("Exception", "");
            default -> e.getMessage();
        };
        return new IOException(file + " can't be " + what + ": " + why, e);
    }

    @Override
    public void correctAddress() throws IOException {
        change(conf -> conf.withOwnAddress(ip, port, bus));
    }

    /** At once with the own address, for those of whom it is known: they are met sooner (rule K1). */
    public void correctAddresses(Map<String, String> ips) throws IOException {
        change(conf -> conf.withAddresses(ips).withOwnAddress(ip, port, bus));
    }

    @Override
    public void follow(String masterId) throws IOException {
        change(conf -> conf.asReplicaOf(masterId));
    }

    @Override
    public void rebuild(Topology seen, String ownId) throws IOException {
        write(NodesConf.ofSibling(seen, ownId).withOwnAddress(ip, port, bus));
    }

    private void change(UnaryOperator<NodesConf> how) throws IOException {
        if (!Files.exists(file)) {
            return;
        }
        try {
            NodesConf was = load();
            NodesConf now = how.apply(was);
            if (!now.equals(was)) {
                write(now);
            }
        } catch (NodesConf.Corrupt e) {
            throw new IllegalStateException(file + ": " + e.getMessage());
        }
    }

    private void write(NodesConf conf) throws IOException {
        Path beside = directory.resolve(RedisConf.NODES + ".new");
        try {
            Files.createDirectories(directory);
            try (FileChannel out = FileChannel.open(beside, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer text = ByteBuffer.wrap(conf.text().getBytes(StandardCharsets.ISO_8859_1));
                while (text.hasRemaining()) {
                    out.write(text);
                }
                out.force(true);
            }
            Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(beside);
            } catch (IOException second) {
                e.addSuppressed(second);
            }
            throw unusable("written", e);
        }
    }

    @Override
    public String keep() throws IOException {
        String name = KEPT + Instant.now().truncatedTo(ChronoUnit.SECONDS).toString().replace(':', '-');
        try {
            Files.copy(file, directory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            List<Path> kept;
            try (Stream<Path> all = Files.list(directory)) {
                kept = all.filter(path -> path.getFileName().toString().startsWith(KEPT)).sorted(Comparator.reverseOrder()).toList();
            }
            for (Path old : kept.subList(Math.min(GENERATIONS, kept.size()), kept.size())) {
                Files.delete(old);
            }
        } catch (IOException e) {
            throw unusable("copied", e);
        }
        return name;
    }

    @Override
    public void drop() throws IOException {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw unusable("removed", e);
        }
    }

    @Override
    public boolean hasData() throws IOException {
        return holds(directory, "*.rdb") || holds(directory, "*/*.manifest");
    }

    /** The names are the user's to set, the endings are the server's; {@code temp-*} is a save that was cut off. */
    private static boolean holds(Path where, String what) throws IOException {
        int slash = what.indexOf('/');
        try (DirectoryStream<Path> found = Files.newDirectoryStream(where, slash < 0 ? what : what.substring(0, slash))) {
            for (Path one : found) {
                if (slash >= 0) {
                    if (Files.isDirectory(one) && holds(one, what.substring(slash + 1))) {
                        return true;
                    }
                } else if (!one.getFileName().toString().startsWith("temp-") && Files.size(one) > 0) {
                    return true;
                }
            }
            return false;
        } catch (NoSuchFileException e) {
            return false;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }
}
