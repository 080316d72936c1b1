package io.redisha.bench;

import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Shell;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import redis.clients.jedis.Jedis;

/**
 * Three shards with a million small keys become four, while clients write: by `helm upgrade`, and by `redis-cli --cluster
 * rebalance` with its defaults on the same nodes. Each has them for itself.
 */
final class Resharding {

    /** What moves: a quarter. */
    static final int MOVED = SmallKeys.COUNT / 4;
    private static final Duration BEFORE = Duration.ofSeconds(2);

    private final Scene scene;
    private final String repository;
    private final String tag;

    Resharding(Scene scene, String repository, String tag) {
        this.scene = scene;
        this.repository = repository;
        this.tag = tag;
    }

    /**
     * @param moving  the slots: by redis-cli from its start to its end, by us from the first sight of a new member to the last change
     * @param whole   all that a user has to wait for, from the order to scale on
     * @param latency of the clients' writes while slots moved
     * @param errors  that clients saw, but MOVED and ASK, which they follow
     * @param wrong   with the data, in words
     */
    record Outcome(Duration moving, Duration whole, History.Latency latency, long errors, List<String> wrong) {}

    private record Window(long from, long to) {
        Duration length() {
            return Duration.ofNanos(to - from);
        }
    }

    /** What one master holds in the end. */
    private record Kept(int keys, Map<String, List<Long>> lists) {}

    Outcome byHelm() {
        ClusterRelease cluster = scene.cluster("redis-ha");
        cluster.release().install("architecture=cluster", "image.repository=" + repository, "image.tag=" + tag, "persistence.size=1Gi");
        try {
            cluster.awaitWhole().masters().forEach(pod -> {
                var slots = cluster.view(pod).self().slots();
                cluster.release().redis(pod, jedis -> SmallKeys.write(jedis, slots));
            });
            try (Load load = Load.onShards(cluster.release(), "node1", scene.directory()); SlotWatch watch = new SlotWatch(cluster)) {
                Trial.hold(BEFORE);
                long ordered = System.nanoTime();
                cluster.scale(4, 1);
                Window whole = new Window(ordered, System.nanoTime());
                cluster.awaitWhole().assertBalanced();
                watch.close();
                return outcome(new Window(watch.joined(), watch.lastChange()), whole, load,
                        kept -> cluster.masters().stream().map(pod -> cluster.release().redis(pod, kept)).toList());
            }
        } finally {
            scene.cluster().namespace(scene.namespace());
        }
    }

    Outcome byRedisCli() {
        PlainCluster plain = new PlainCluster(scene, repository + ":" + tag);
        plain.install();
        try {
            plain.masters(3).forEach(pod -> plain.at(pod, jedis -> SmallKeys.write(jedis, PlainCluster.slots(jedis))));
            try (Load load = Load.onShards(scene.lab(), "node1", scene.directory(), plain.host())) {
                Trial.hold(BEFORE);
                long ordered = System.nanoTime();
                plain.addShard();
                long joined = System.nanoTime();
                Shell.Output rebalanced = plain.rebalance();
                long end = System.nanoTime();
                Outcome outcome = outcome(new Window(joined, end), new Window(ordered, end), load,
                        kept -> plain.masters(4).stream().map(pod -> plain.at(pod, kept)).toList());
                if (rebalanced.exit() != 0) {
                    outcome.wrong().add("redis-cli gave up: " + rebalanced.text().strip().lines().toList().getLast());
                }
                return outcome;
            }
        } finally {
            plain.uninstall();
        }
    }

    private static Outcome outcome(Window moving, Window whole, Load load, Function<Function<Jedis, Kept>, List<Kept>> masters) {
        History history = load.stop();
        List<Kept> kept = masters.apply(jedis -> new Kept(SmallKeys.count(jedis), load.keptLists(jedis)));
        Map<String, List<Long>> lists = new TreeMap<>();
        kept.forEach(master -> master.lists().forEach((key, list) -> lists.merge(key, list, Resharding::both)));
        Checker.Report report = Checker.checkShards(history, lists);
        int keys = kept.stream().mapToInt(Kept::keys).sum();
        List<String> wrong = new ArrayList<>();
        if (!report.lost().isEmpty() || !report.sound()) {
            wrong.add(report.toString());
        }
        if (keys != SmallKeys.COUNT) {
            wrong.add(keys + " of " + SmallKeys.COUNT + " keys are there");
        }
        if (!history.errors().isEmpty()) {
            System.out.println("clients were told: " + history.errors().entrySet().stream().map(error -> error.getValue() + " x " + error.getKey()).collect(Collectors.joining("; ")));
        }
        return new Outcome(moving.length(), whole.length(), history.latency(moving.from(), moving.to()), history.refused().size(), wrong);
    }

    private static List<Long> both(List<Long> one, List<Long> other) {
        List<Long> both = new ArrayList<>(one);
        both.addAll(other);
        return both;
    }
}
