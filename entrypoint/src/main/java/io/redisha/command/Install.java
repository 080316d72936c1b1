package io.redisha.command;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Copies the program, its runtime and its AOT caches from our image into the volume that the engine's container
 * mounts. The cache belongs to exactly one jar and runtime, so it copies all or fails: never a part.
 */
@Command(name = "install", description = "Copies redis-ha into DIR.", mixinStandardHelpOptions = true)
public final class Install implements Callable<Integer> {

    /** Where the launcher says the program lives; the image's own place when Java was started without it. */
    private static final Path HOME = Path.of(System.getProperty("redisha.home", "/redis-ha"));

    @Spec
    CommandSpec spec;

    @Parameters(paramLabel = "DIR", description = "An existing directory, usually an emptyDir.")
    Path target;

    private final Path source;

    public Install() {
        this(HOME);
    }

    Install(Path source) {
        this.source = source;
    }

    @Override
    public Integer call() {
        try {
            copy(source, target);
            return 0;
        } catch (IOException e) {
            spec.commandLine().getErr().println("redis-ha: cannot install into " + target + ": " + reason(e));
            return 1;
        }
    }

    /**
     * A container that is restarted finds its own earlier copy, whole or cut off, and writes over it. A file is
     * removed first rather than overwritten: a running JVM may have the old one mapped.
     */
    static void copy(Path source, Path target) throws IOException {
        Files.walkFileTree(source, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) throws IOException {
                Path to = target.resolve(source.relativize(dir).toString());
                if (!Files.isDirectory(to)) {
                    Files.createDirectory(to);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                // The JVM refuses an AOT cache when the runtime's modules file has another mtime: keep it.
                Files.copy(
                        file,
                        target.resolve(source.relativize(file).toString()),
                        COPY_ATTRIBUTES, REPLACE_EXISTING, NOFOLLOW_LINKS);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static String reason(IOException e) {
        return switch (e) {
            case AccessDeniedException denied -> denied.getFile() + " is not writable for uid " + uid();
            case NoSuchFileException missing -> missing.getFile() + " does not exist";
            case FileAlreadyExistsException file -> file.getFile() + " is in the way and not a directory";
            case FileSystemException other when other.getReason() != null -> other.getFile() + ": " + other.getReason();
            default -> e.toString();
        };
    }

    private static Object uid() {
        try {
            return Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException | UnsupportedOperationException e) {
            return "?";
        }
    }
}
