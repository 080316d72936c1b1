package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.bench.Faults.Measured;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** A release of this version and one of the version before, on the same nodes. Their runs take turns: what the machine does meanwhile, it does to both. */
final class Versions implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(120);

    private final Scene scene;
    private final Figures figures;
    private final String namespaceBefore;
    private final Release ours;
    /** Null if it could not be installed, or not again: ours is measured all the same. */
    private Release before;
    private final String column;

    /** @param values files, beside what is set */
    Versions(Scene scene, Figures figures, List<Path> values, String... set) {
        this.scene = scene;
        this.figures = figures;
        this.namespaceBefore = scene.namespace() + "-before";
        this.ours = scene.release("redis-ha");
        values.forEach(ours::with);
        ours.install(set);
        Release other = new Release(scene.lab(), scene.cluster(), namespaceBefore, "redis-ha");
        values.forEach(other::with);
        String version = "";
        try {
            scene.cluster().namespace(namespaceBefore);
            other.installPrevious(set);
            version = version(scene.lab().previousChart());
        } catch (AssertionError | RuntimeException failed) {
            System.out.println("nothing beside ours, the version before could not be installed: " + Faults.words(failed));
            other = null;
            close();
        }
        this.before = other;
        this.column = version;
    }

    private static String version(Path chart) {
        try {
            return Files.readAllLines(chart.resolve("Chart.yaml")).stream().filter(line -> line.startsWith("version: ")).findFirst().orElseThrow().substring("version: ".length());
        } catch (IOException missing) {
            throw new UncheckedIOException(missing);
        }
    }

    /**
     * @param runs       of this version
     * @param runsBefore of the version before, beside the last of these: what they break for good costs the others no time
     */
    void measure(List<Measured> measured, int runs, int runsBefore, Fault fault) {
        for (int run = 0; run < runs; run++) {
            once(measured, ours, before, run, fault);
            if (before != null && run >= runs - runsBefore) {
                once(beside(measured), before, ours, run, fault);
            }
        }
        figures.print();
    }

    private List<Measured> beside(List<Measured> measured) {
        return measured.stream().map(one -> new Measured(figures.beside(column, one.figure().unit(), one.figure().name()), one.read())).toList();
    }

    private void once(List<Measured> measured, Release release, Release idle, int run, Fault fault) {
        try {
            mend(release);
            fault.prepared().accept(release, run);
            if (idle != null) {
                settle(idle, release.master());
            }
        } catch (AssertionError | RuntimeException failed) {
            Faults.remark(measured, failed);
            return;
        }
        Faults.once(measured, release, scene.directory().resolve(slug(measured.getFirst().figure()) + "-" + run), fault.strike(), fault.promise());
    }

    /** What one run has broken for good is that run's failure, not that of all that come after it. */
    private void mend(Release release) {
        try {
            release.awaitWhole(3, PATIENCE);
        } catch (AssertionError | RuntimeException broken) {
            System.out.println(release.namespace() + " is broken, installing it again: " + Faults.words(broken));
            scene.cluster().dump(release.namespace(), scene.directory().resolve("broken-" + release.namespace()));
            scene.cluster().namespace(release.namespace());
            release.install().awaitWhole(3, PATIENCE);
        }
    }

    /** The one that is idle does nothing meanwhile, and its master is on another node: what breaks this one is not to make both fail over at once. */
    private void settle(Release idle, Pod master) {
        try {
            mend(idle);
            String node = master.getSpec().getNodeName();
            if (idle.master().getSpec().getNodeName().equals(node)) {
                idle.replicas().stream().filter(pod -> !pod.getSpec().getNodeName().equals(node)).findFirst().ifPresent(pod -> idle.switchTo(pod.getMetadata().getName(), 3));
            }
        } catch (AssertionError | RuntimeException failed) {
            System.out.println(idle.namespace() + ", which is idle, is not as it is to be: " + Faults.words(failed));
            before = idle == before ? null : before;
        }
    }

    /** By name of the figure, since a fault's moment is drawn by the name of its directory: the same for both versions, another one for each run. */
    private static String slug(Figure figure) {
        String name = figure.name().replaceAll("[^A-Za-z0-9]+", "-");
        return name.substring(0, Math.min(60, name.length()));
    }

    /** That of the scene goes with it. */
    @Override
    public void close() {
        scene.cluster().deleteNamespace(namespaceBefore);
    }
}
