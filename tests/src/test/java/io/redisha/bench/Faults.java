package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.load.History;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

/** One fault of a release again and again, each time of one that is whole. */
final class Faults {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    /** A node's proxy writes its rules once a second: what the fault before it changed last, it may still have to catch up with. */
    private static final Duration CALM = Duration.ofSeconds(5);

    private Faults() {}

    /** What breaks a promise is a remark: the figure says how long, never whether it was right. */
    static void measure(Figure figure, Release release, Path directory, ToDoubleFunction<History> measured, Consumer<Trial> fault, Consumer<Trial.Verdict> promise) {
        for (int run = 0; run < Figures.RUNS; run++) {
            release.awaitWhole(3, PATIENCE);
            try (Trial trial = Trial.of(release, directory)) {
                Trial.hold(CALM);
                try {
                    fault.accept(trial);
                    promise.accept(trial.verdict(3, PATIENCE));
                } catch (AssertionError | RuntimeException broken) {
                    figure.remark(words(broken));
                } finally {
                    release.lab().heal();
                }
                figure.add(measured.applyAsDouble(trial.history()));
            }
            refresh(release);
        }
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
        return String.valueOf(broken.getMessage()).strip().replaceAll("\\s+", " ");
    }
}
