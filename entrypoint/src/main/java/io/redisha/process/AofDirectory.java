package io.redisha.process;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Whether a server would start without data that its append-only files hold. What it can't load it says itself, and ends; but what its manifest does not
 * name it passes over without a word, and begins anew with the same file names.
 *
 * <p>It only reads. What it can't read, or does not understand, it leaves to the server.
 */
public final class AofDirectory {

    /** Of each answer: what distinguishes it from the words of a server. */
    static final String WITHOUT = ", and the server would start without what ";
    /** Of an RDB file without keys; the first base file is one until the first rewrite. */
    private static final long NO_KEYS = 1024;
    /** One of a real server has two or three lines. */
    private static final long MOST_BYTES = 1 << 20;
    private static final Pattern LINE = Pattern.compile("file (\\S+) seq (\\d{1,18}) type ([bhi])( .*)?");

    /** @param number with which the server counts its base files, and its logs */
    private record Part(String name, boolean base, long number, long size) {

        boolean holdsKeys() {
            return base ? number > 1 && size > 0 || size > NO_KEYS : size > 0;
        }
    }

    private final Path directory;
    private final Path manifest;
    private final Pattern part;

    /**
     * @param directory of the server's configuration: appenddirname, in its working directory
     * @param name      appendfilename
     */
    public AofDirectory(Path directory, String name) {
        this.directory = directory;
        this.manifest = directory.resolve(name + ".manifest");
        this.part = Pattern.compile(Pattern.quote(name) + "\\.(\\d{1,18})\\.(base\\.(?:rdb|aof)|incr\\.aof)");
    }

    /** In words for a person; null if the server may start. */
    public String loss() {
        try {
            if (!Files.isDirectory(directory)) {
                return null;
            }
            List<Part> parts = parts();
            if (Files.isRegularFile(manifest)) {
                return beside(parts);
            }
            Part lost = Files.exists(manifest) || Files.notExists(manifest) ? first(parts.stream().filter(Part::holdsKeys)) : null;
            return lost == null ? null : loss(lost, Files.exists(manifest) ? manifest + " is no file" : "there is no " + manifest);
        } catch (IOException e) {
            return null;
        }
    }

    private String beside(List<Part> parts) throws IOException {
        List<Part> named = named(parts);
        if (named.isEmpty()) {
            return null;
        }
        Part empty = first(named.stream().filter(file -> file.size() == 0 && file.name().endsWith(".base.rdb")));
        if (empty != null) {
            return directory.resolve(empty.name()) + " is empty, which no such file is" + WITHOUT + "was in it";
        }
        long base = named.stream().filter(Part::base).mapToLong(Part::number).max().orElse(0);
        if (base > 0 && named.stream().anyMatch(Part::holdsKeys) && parts.stream().anyMatch(file -> file.base() && file.number() > base)) {
            return null;   // the first rewrite after a full copy renames its log, too, before it writes the manifest; a server that has begun anew names no keys
        }
        boolean based = base > 0;
        long newest = named.stream().filter(file -> !file.base()).mapToLong(Part::number).max().orElse(0);
        // Between two steps of any other rewrite older files have no name any more, and a log is empty as long as it has none.
        Part lost = first(parts.stream().filter(file -> file.holdsKeys() && (file.base() ? !based : file.number() > newest)));
        return lost == null ? null : loss(lost, manifest + " does not name it");
    }

    private String loss(Part lost, String why) {
        return "there is " + directory.resolve(lost.name()) + ", but " + why + WITHOUT + "is in it";
    }

    private static Part first(Stream<Part> files) {
        return files.findFirst().orElse(null);
    }

    private List<Part> parts() throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(directory)) {
            files = all.sorted().toList();
        }
        List<Part> found = new ArrayList<>();
        for (Path file : files) {
            Matcher name = part.matcher(file.getFileName().toString());
            if (name.matches() && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                found.add(new Part(name.group(), name.group(2).startsWith("base"), Long.parseLong(name.group(1)), Files.size(file)));
            }
        }
        return found;
    }

    /** None if the server won't understand it, or it has other names for its files than servers give. */
    private List<Part> named(List<Part> parts) throws IOException {
        List<Part> named = new ArrayList<>();
        if (Files.size(manifest) > MOST_BYTES) {
            return named;
        }
        for (String text : Files.readString(manifest, StandardCharsets.ISO_8859_1).split("\n")) {
            Matcher line = LINE.matcher(text);
            if (!line.matches()) {
                return List.of();
            }
            if (!line.group(3).equals("h")) {
                named.add(parts.stream().filter(file -> file.name().equals(line.group(1))).findFirst()
                        .orElse(new Part(line.group(1), line.group(3).equals("b"), Long.parseLong(line.group(2)), -1)));
            }
        }
        return named;
    }
}
