package io.redisha.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Files that the server can't load, out of its way and kept on the same volume (rule D1): {@code .redis-ha/aside-1} and so on, each with what was set
 * aside at one time.
 *
 * <p>It never overwrites anything, and never removes what was set aside last. Should it die between two steps, the next attempt goes on from there: it
 * remembers nothing but which directories there are, and uses one that holds nothing yet.
 */
final class SetAside implements Healing.Files {

    /** What is done to the volume. */
    interface Disk {

        /** Bytes that this user may still write. */
        long usable(Path at) throws IOException;

        /** In one step, and only within the volume. */
        void move(Path from, Path to) throws IOException;

        /** A file, or a directory that holds nothing. */
        void remove(Path file) throws IOException;

        /** What names it has now outlives a power cut. */
        void sync(Path directory) throws IOException;

        Disk REAL = new Disk() {
            @Override
            public long usable(Path at) throws IOException {
                return Files.getFileStore(at).getUsableSpace();
            }

            @Override
            public void move(Path from, Path to) throws IOException {
                Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
            }

            @Override
            public void remove(Path file) throws IOException {
                Files.delete(file);
            }

            @Override
            public void sync(Path directory) throws IOException {
                try (FileChannel entry = FileChannel.open(directory, StandardOpenOption.READ)) {
                    entry.force(true);
                }
            }
        };
    }

    /** Of what was set aside at different times; the oldest goes before one more comes. */
    static final int KEPT = 2;
    private static final String PREFIX = "aside-";
    private static final Pattern NAME = Pattern.compile(PREFIX + "[0-9]{1,9}");
    private static final int CHUNK = 64 * 1024;
    private static final long MIB = 1L << 20;
    /** With which Valkey 9 begins a snapshot: older versions, and Redis, take it for damaged instead of too new (https://github.com/valkey-io/valkey/issues/2888). */
    private static final String VALKEY = "VALKEY";

    private final Path data;
    private final Path kept;
    private final List<String> names;
    private final Disk disk;

    /**
     * @param data  the server's working directory
     * @param names of what it keeps there, in the order in which they are to be moved
     */
    SetAside(Path data, List<String> names, Disk disk) {
        this.data = data.normalize();
        this.kept = this.data.resolve(".redis-ha");
        this.names = List.copyOf(names);
        this.disk = disk;
    }

    /** Reads all of them, which takes as long as the server takes to load them. */
    @Override
    public String obstacle(String said) throws InterruptedException {
        try {
            List<Path> files = files();
            if (files.isEmpty()) {
                return data + " has none of these: " + String.join(", ", names);
            }
            // the file that is sent, and the AOF that is written from it
            long copy = 2 * size(files);
            if (disk.usable(data) < copy - size(surplus())) {   // not their sum: file systems without a limit have near Long.MAX_VALUE
                return "the copy would take about twice as much room as they do, " + (copy + MIB - 1) / MIB + " MiB, and the volume has less left";
            }
            for (Path top : files) {
                for (Path file : regular(top)) {
                    if (isTooNew(file, said)) {
                        return file + " was written by Valkey 9 or later, and can only be loaded by that";
                    }
                    readThrough(file);
                }
            }
            return null;
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            return "the volume can't be read: " + e;
        }
    }

    /** If it dies or fails half-way the rest is where it was, for the next time. */
    @Override
    public Path begin() throws IOException {
        for (Path oldest : surplus()) {
            for (Path file : walk(oldest).reversed()) {
                disk.remove(file);
            }
        }
        Path to = next();
        Files.createDirectories(to);
        disk.sync(kept);
        for (Path file : files()) {
            disk.move(file, to.resolve(file.getFileName()));
        }
        disk.sync(to);
        disk.sync(data);
        return to;
    }

    /** A directory that holds nothing is none of it. */
    @Override
    public List<Path> generations() throws IOException {
        List<Path> found = new ArrayList<>();
        for (Path directory : directories()) {
            if (!isEmpty(directory)) {
                found.add(directory);
            }
        }
        return found;
    }

    /** What there is of the server's files. A name that leads elsewhere is none of a file in its directory. */
    private List<Path> files() {
        return names.stream().map(name -> data.resolve(name).normalize()).distinct()
                .filter(file -> data.equals(file.getParent()) && !file.equals(kept) && Files.exists(file, LinkOption.NOFOLLOW_LINKS)).toList();
    }

    /** Generations that must go before there is one more. */
    private List<Path> surplus() throws IOException {
        List<Path> all = generations();
        return all.subList(0, Math.max(0, all.size() - (KEPT - 1)));
    }

    private Path next() throws IOException {
        List<Path> all = directories();
        if (all.isEmpty()) {
            return kept.resolve(PREFIX + 1);
        }
        Path newest = all.getLast();
        return isEmpty(newest) ? newest : kept.resolve(PREFIX + (number(newest) + 1));
    }

    private List<Path> directories() throws IOException {
        return Files.isDirectory(kept) ? list(kept).stream().filter(file -> NAME.matcher(file.getFileName().toString()).matches() && Files.isDirectory(file))
                .sorted(Comparator.comparingLong(SetAside::number)).toList() : List.of();
    }

    private static long number(Path directory) {
        return Long.parseLong(directory.getFileName().toString().substring(PREFIX.length()));
    }

    private static boolean isEmpty(Path directory) throws IOException {
        return list(directory).isEmpty();
    }

    private static long size(List<Path> files) throws IOException {
        long size = 0;
        for (Path top : files) {
            for (Path file : regular(top)) {
                size += Files.size(file);
            }
        }
        return size;
    }

    private static List<Path> regular(Path top) throws IOException {
        return walk(top).stream().filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).toList();
    }

    /** A server of another engine or an older version says that such a file is damaged, and only its first letters tell. */
    private static boolean isTooNew(Path file, String said) throws IOException {
        if (!said.contains(file.getFileName().toString()) && !said.contains("Wrong signature")) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(VALKEY.length()), StandardCharsets.ISO_8859_1).equals(VALKEY);
        }
    }

    /** A server's words for a block that the disk does not give are those for a file that ends too early. */
    private static void readThrough(Path file) throws IOException, InterruptedException {
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(file)) {
            while (in.read(chunk) >= 0) {
                if (Thread.interrupted()) {
                    throw new InterruptedException();
                }
            }
        }
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Each before what is in it. */
    private static List<Path> walk(Path top) throws IOException {
        try (Stream<Path> all = Files.walk(top)) {
            return all.toList();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
