package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.load.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** One fault of a release again and again, each time of one that is whole. */
final class Faults {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    /**
     * A node's proxy writes its rules once a second: what the fault before it changed last, it may still have to catch up with. It has had the
     * start of the clients for it, too.
     */
    private static final Duration CALM = Duration.ofSeconds(2);

    /** Of what went wrong: the table is to stay one. */
    private static final int WORDS = 300;

    private Faults() {}

    /** What is read from what the clients were told, and where it goes. */
    record Measured(Figure figure, ToDoubleFunction<History> read) {}

    static void measure(Figure figure, Release release, Path directory, ToDoubleFunction<History> measured, Consumer<Release> fault, Consumer<Trial.Verdict> promise) {
        for (int run = 0; run < Figures.RUNS; run++) {
            once(List.of(new Measured(figure, measured)), release, directory.resolve("run-" + run), fault, promise);
        }
    }

    /** What breaks a promise is a remark, and so is a run that came to nothing: the figure says how long, never whether it was right. */
    static void once(List<Measured> measured, Release release, Path directory, Consumer<Release> fault, Consumer<Trial.Verdict> promise) {
        try {
            release.awaitWhole(3, PATIENCE);
            try (Trial trial = Trial.of(release, directory)) {
                Trial.hold(CALM);
                try {
                    fault.accept(release);
                    promise.accept(trial.verdict(3, PATIENCE));
                } catch (AssertionError | RuntimeException broken) {
                    remark(measured, broken);
                } finally {
                    release.lab().heal();
                }
                measured.forEach(one -> one.figure().add(one.read().applyAsDouble(trial.history())));
            }
            refresh(release);
        } catch (AssertionError | RuntimeException failed) {
            remark(measured, failed);
        }
    }

    static void remark(List<Measured> measured, Throwable broken) {
        measured.forEach(one -> one.figure().remark(words(broken)));
    }

    /** Crash loops wait longer each time; what is measured is the first crash. */
    private static void refresh(Release release) {
        for (Pod pod : release.pods()) {
            if (Release.restarts(pod) > 1) {
                release.awaitWhole(3, PATIENCE);
                release.delete(pod);
            }
        }
    }

    static double longest(History history) {
        return seconds(history.writeStop().longest());
    }

    static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }

    static String words(Throwable broken) {
        String all = String.valueOf(broken.getMessage()).strip().replaceAll("\\s+", " ");
        return all.length() > WORDS ? all.substring(0, WORDS) + " ..." : all;
    }
}
