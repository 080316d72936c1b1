package io.redisha.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Where the time of a run goes: a line for each wait that is not a test's own, which tests/bin/report sums up. */
public final class Spent implements AutoCloseable {

    private static final Path FILE = Path.of("target", "e2e", "times.tsv");

    private final String what;
    private final String where;
    private final long since = System.nanoTime();

    private Spent(String what, String where) {
        this.what = what;
        this.where = where;
    }

    /** Until it is closed. @param where namespace */
    public static Spent on(String what, String where) {
        return new Spent(what, where);
    }

    @Override
    public void close() {
        String line = what + "\t" + where + "\t" + (System.nanoTime() - since) / 1_000_000 + "\n";
        try {
            Files.createDirectories(FILE.getParent());
            Files.writeString(FILE, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }
}
