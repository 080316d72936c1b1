package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Drawn;
import io.redisha.lab.Release;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import java.time.Duration;
import java.util.Optional;

/** What the death of a master costs of plain writes with `failover.maxLoss`, and what that costs at other times. */
final class Losses {

    static final int CUTS = Optional.ofNullable(System.getenv("CUTS")).filter(cuts -> !cuts.isBlank()).map(Integer::valueOf).orElse(20);
    private static final int PAIRS = 10;
    private static final String LIMITED = "failover.maxLoss=1s";
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration FAILOVER = Duration.ofSeconds(20);
    /** Under load before the cut. */
    private static final Duration FLOWING = Duration.ofMillis(1_500);
    /** Until all clients write to the new master. */
    private static final Duration SEEN = Duration.ofSeconds(2);
    /** In which a client may still read what its server said before it died. */
    private static final Duration READING = Duration.ofMillis(300);

    private final Scene scene;
    private final Figure age;
    private final Figure lost;

    Losses(Scene scene, Figures figures) {
        this.scene = scene;
        age = figures.atMost(1, "s", "`failover.maxLoss: 1s`, power cut of the master's node, no `WAIT`: age of the oldest acknowledged write that is lost").neverOver(1);
        lost = figures.without("writes", "the same: acknowledged writes that are lost");
    }

    void cuts() {
        Release release = scene.release("redis-ha").install("persistence.size=1Gi", LIMITED);
        for (int cut = 0; cut < CUTS; cut++) {
            try {
                cut(release, cut);
            } catch (AssertionError | RuntimeException failed) {
                age.remark("cut " + (cut + 1) + ": " + Faults.words(failed));
            } finally {
                scene.lab().heal();
            }
        }
    }

    private void cut(Release release, int cut) {
        release.awaitWhole(3, PATIENCE);
        scene.cluster().settle();
        Pod master = release.master();
        String node = master.getSpec().getNodeName();
        try (Load load = Load.on(release, scene.lab().otherThan(node), scene.directory(), "--d0", "4", "--d1", "0", "--pause-us", "2000")) {
            Trial.hold(FLOWING.plus(Drawn.moment("cut " + cut)));
            scene.lab().powerCut(node);
            // the node has been dead for some milliseconds: what that adds is counted against us
            long moment = System.nanoTime();
            Hangs.awaitAnother(release, master, FAILOVER);
            Trial.hold(SEEN);
            History history = load.stop();
            scene.lab().heal();
            release.awaitWhole(3, PATIENCE);
            Checker.Report report = Checker.check(history, release.redis(release.master(), load::kept));
            System.out.println("cut " + (cut + 1) + ": write stop: " + history.writeStop() + "; " + report);
            age.add(Faults.seconds(history.age(report.lost(), moment)));
            lost.add(report.lost().size());
            if (!report.sound() || !history.after(report.lost(), moment + READING.toNanos()).isEmpty()) {
                age.remark("cut " + (cut + 1) + ": lost after the cut " + history.after(report.lost(), moment + READING.toNanos()).size() + "; " + report);
            }
        }
    }

    /** Of two releases, one of which has it. */
    static void cost(Scene scene, Figures figures) {
        String name = "`redis-benchmark -t set` with `failover.maxLoss: 1s`";
        Release limited = scene.release("redis-ha").install("persistence.size=1Gi", LIMITED).awaitWhole();
        Release unlimited = scene.release("unlimited").install("persistence.size=1Gi").awaitWhole();
        String node = limited.master().getSpec().getNodeName();
        Throughput.meet(unlimited, node);
        Pairs pairs = new Throughput(scene, scene.lab().otherThan(node)).compare(PAIRS, Throughput.Server.of(limited), figures.without("requests/s", name),
                Throughput.Server.of(unlimited), figures.beside("without", "requests/s", name));
        figures.without("%", name + ", of what it is without: mean").add(100 * pairs.mean());
        figures.without("%", name + ", of what it is without: lower 95 % bound (one-sided)").add(100 * pairs.lowerBound());
    }
}
