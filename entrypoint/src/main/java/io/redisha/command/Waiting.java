package io.redisha.command;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Looks until nothing is missing any more, and prints what is when that changes. */
final class Waiting {

    private static final Duration PAUSE = Duration.ofMillis(250);
    /** What changes all the time is printed this often. */
    private static final long EVERY = 5_000_000_000L;

    /** @param progress how far it is, null if nothing is on its way */
    record Seen(List<String> missing, String progress) {}

    interface Look {
        Seen look() throws InterruptedException;
    }

    private final PrintWriter out;
    private final long within;
    private final long start = System.nanoTime();

    Waiting(PrintWriter out, Duration within) {
        this.out = out;
        this.within = within.toNanos();
    }

    /** @return what is still missing when the time is over; empty when nothing is */
    List<String> until(Look look) throws InterruptedException {
        List<String> before = List.of();
        String progress = null;
        long told = start - EVERY;
        while (true) {
            Seen seen = look.look();
            if (seen.missing().isEmpty()) {
                return List.of();
            }
            if (!seen.missing().equals(before)) {
                say("waiting: " + String.join("; ", seen.missing()));
                before = seen.missing();
            }
            long now = System.nanoTime();
            if (seen.progress() != null && !seen.progress().equals(progress) && now - told >= EVERY) {
                say(seen.progress());
                progress = seen.progress();
                told = now;
            }
            if (now - start > within) {
                return before;
            }
            Thread.sleep(PAUSE);
        }
    }

    void say(String line) {
        out.println(String.format(Locale.ROOT, "%5.1f s  ", (System.nanoTime() - start) / 1e9) + line);
        out.flush();
    }
}
