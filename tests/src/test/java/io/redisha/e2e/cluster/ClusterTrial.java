package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Trial;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Drawn;
import io.redisha.lab.Release;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import io.redisha.load.SlotKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;

/**
 * One fault of a cluster under load: keys that were there before, clients that write to all slots during it, and a verdict
 * after everything is whole again.
 */
public final class ClusterTrial implements AutoCloseable {

    private static final int FLOOR = 500;

    private final ClusterRelease cluster;
    private final Map<String, Integer> restartsBefore;
    private final int floor;
    /** Several trials meet in one release: each has keys of its own. */
    private final String floorKey = "floor:" + Long.toString(System.nanoTime(), 36) + ":";
    private final Load load;
    private History history;

    private ClusterTrial(ClusterRelease cluster, int floor, Path directory, java.util.function.Supplier<Load> load) {
        this.cluster = cluster;
        this.floor = floor;
        cluster.release().cluster().settle();
        restartsBefore = cluster.release().pods().stream().collect(Collectors.toMap(ClusterTrial::uid, Release::restarts));
        writeFloor();
        this.load = load.get();
        Trial.hold(Drawn.moment(directory.getFileName().toString()));
    }

    public static ClusterTrial of(ClusterRelease cluster, Path directory) {
        return from("node1", cluster, FLOOR, directory);
    }

    /** @param floor keys that are there before, on all shards */
    public static ClusterTrial from(String node, ClusterRelease cluster, int floor, Path directory) {
        return new ClusterTrial(cluster, floor, directory, () -> Load.onShards(cluster.release(), node, directory));
    }

    /**
     * With clients that don't lose patience, for what takes long and must not be noticed: on a machine that is busy with it, a
     * client that gives up after 0.3 s counts errors that are the machine's.
     */
    public static ClusterTrial patient(String node, ClusterRelease cluster, int floor, Path directory) {
        return new ClusterTrial(cluster, floor, directory, () -> Load.onShards(cluster.release(), node, directory, "--timeout-ms", "2000"));
    }

    /** Clients on this machine, outside of the pods' network. */
    public static ClusterTrial fromOutside(ClusterRelease cluster, Path directory, String host, int port) {
        return new ClusterTrial(cluster, FLOOR, directory,
                () -> Load.fromOutside(cluster.lab(), directory, cluster.release().password(), "--host", host, "--port", Integer.toString(port)));
    }

    /** On every member of a shard before the fault, so a missing one was wiped. */
    private void writeFloor() {
        for (Pod master : cluster.masters()) {
            java.util.BitSet own = cluster.view(master).self().slots();
            cluster.release().redis(master, jedis -> {
                Pipeline pipeline = jedis.pipelined();
                IntStream.range(0, floor).filter(n -> own.get(SlotKeys.slot(floorKey + n))).forEach(n -> pipeline.set(floorKey + n, Integer.toString(n)));
                pipeline.sync();
                assertThat(jedis.waitReplicas(cluster.replicasPerShard(), 5_000)).as("replicas that have the floor").isEqualTo(cluster.replicasPerShard());
                return null;
            });
        }
    }

    public ClusterVerdict verdict() {
        return verdict(Duration.ofSeconds(60));
    }

    /** Everything must be whole again within that time (I6), as the release is to look now. */
    public ClusterVerdict verdict(Duration deadline) {
        cluster.awaitWhole(deadline);
        cluster.release().awaitRenewal();
        history();
        close();
        cluster.awaitWhole(deadline).awaitCaughtUp();
        Map<String, List<Long>> all = new TreeMap<>();
        Map<String, String> floorNow = new HashMap<>();
        List<String> doubled = new ArrayList<>();
        for (Pod master : cluster.masters()) {
            Map<String, List<Long>> lists = cluster.release().redis(master, load::keptLists);
            lists.forEach((key, list) -> all.merge(key, list, ClusterTrial::both));
            Map<String, String> here = cluster.release().redis(master, this::floor);
            here.forEach((key, value) -> {
                if (floorNow.put(key, value) != null) {
                    doubled.add(key);
                }
            });
            replicasHoldTheSame(master, lists, here);
        }
        ClusterVerdict verdict = new ClusterVerdict(history, Checker.checkShards(history, all), restarts());
        System.out.println(verdict);
        assertThat(doubled).as("keys that two shards hold").isEmpty();
        assertThat(floorNow.size()).as("keys that are left of those written before").isEqualTo(floor);
        assertThat(floorNow).as("values written before").allSatisfy((key, value) -> assertThat(key).isEqualTo(floorKey + value));
        assertThat(verdict.report()).as("what is left").matches(Checker.Report::sound);
        return verdict;
    }

    private void replicasHoldTheSame(Pod master, Map<String, List<Long>> lists, Map<String, String> floorThere) {
        int shard = Integer.parseInt(master.getMetadata().getLabels().get(ClusterRelease.LABEL));
        for (Pod replica : cluster.replicas(shard)) {
            cluster.release().redis(replica, jedis -> {
                jedis.readonly();
                assertThat(load.keptLists(jedis)).as("lists of " + replica.getMetadata().getName()).isEqualTo(lists);
                assertThat(floor(jedis).equals(floorThere)).as("what " + replica.getMetadata().getName() + " holds of the keys written before is what its master holds").isTrue();
                return null;
            });
        }
    }

    private static List<Long> both(List<Long> one, List<Long> other) {
        List<Long> both = new ArrayList<>(one);
        both.addAll(other);
        return both;
    }

    private Map<String, String> floor(Jedis jedis) {
        List<String> keys = List.copyOf(jedis.keys(floorKey + "*"));
        Pipeline pipeline = jedis.pipelined();
        List<Response<String>> values = keys.stream().map(pipeline::get).toList();
        pipeline.sync();
        return IntStream.range(0, keys.size()).boxed().collect(Collectors.toMap(keys::get, i -> values.get(i).get()));
    }

    /** What the clients were told so far; the load ends here. */
    public History history() {
        if (history == null) {
            history = load.stop();
        }
        return history;
    }

    private Map<String, Integer> restarts() {
        return cluster.release().pods().stream().collect(Collectors.toMap(pod -> pod.getMetadata().getName(),
                pod -> Release.restarts(pod) - restartsBefore.getOrDefault(uid(pod), 0), (a, b) -> a, TreeMap::new));
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }

    @Override
    public void close() {
        load.close();
    }
}
