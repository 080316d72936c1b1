package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Netns;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import io.redisha.load.SlotKeys;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The life of a cluster as its README tells it, under restricted Pod Security. */
@Architecture.Cluster
@Level.Smoke
@Cost.Together
class InstallE2E {

    @Test
    void installsCoversAllSlotsTestsAndLeavesOnlyDataAndPasswordBehind(Scene scene) {
        ClusterRelease cluster = scene.cluster("redis-ha");
        Release release = cluster.release();
        long start = System.nanoTime();
        String printed = release.tryInstall("architecture=cluster", "persistence.size=1Gi", "selftest.switchover=true").orThrow().text();
        // --wait and the hook say that it works: what is waited for is the tests' own view, of a busy machine.
        cluster.awaitWhole(Duration.ofSeconds(3));
        System.out.println("helm install --wait to all slots covered: " + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms");
        cluster.assertBalanced();
        assertThat(printed).as("notes").contains(release.fullname() + "." + scene.namespace()).contains("redis-ha status");
        assertThat(cluster.masters().stream().map(ClusterRelease::ordinal)).as("ordinals of the masters, by number of shard").isSorted();
        spreadsEachShardOverNodes(cluster);
        namesEverybodyInTheStatus(cluster);
        refusesToBecomeSomethingElse(release);
        writesToEachShardAndOnlyWithThePassword(cluster);

        String tested = scene.cluster().helm("test", release.name(), "-n", scene.namespace()).orThrow().text();
        assertThat(tested).as("helm test").contains("Succeeded").contains("switchover: ");
        cluster.awaitWhole();

        scene.cluster().helm("uninstall", release.name(), "-n", scene.namespace(), "--wait").orThrow();
        Awaitility.await("the rest of the release").atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofSeconds(1)).untilAsserted(
                () -> assertThat(scene.left()).allMatch(name -> name.startsWith("persistentvolumeclaim/") || name.equals("secret/" + release.fullname())));
        assertThat(scene.left()).as("what uninstall leaves").hasSize(7).contains("secret/" + release.fullname());

        release.install();
        cluster.awaitWhole(Duration.ofSeconds(3));
        assertThat(cluster.onMasters(jedis -> jedis.dbSize()).values()).as("keys after uninstall and install again").allMatch(keys -> keys > 0);
    }

    private static void spreadsEachShardOverNodes(ClusterRelease cluster) {
        assertThat(ClusterRelease.nodes(cluster.masters())).as("nodes that have a master").hasSize(3);
        for (int shard = 0; shard < cluster.shards(); shard++) {
            assertThat(ClusterRelease.nodes(cluster.shard(shard))).as("nodes of shard %d", shard).hasSize(2);
        }
    }

    private static void namesEverybodyInTheStatus(ClusterRelease cluster) {
        List<Pod> pods = cluster.release().pods();
        for (Pod pod : pods) {
            String table = cluster.release().exec(pod.getMetadata().getName(), "redis-ha", "status").orThrow().out();
            assertThat(table.lines().toList()).as("status at " + pod.getMetadata().getName()).satisfies(lines -> pods.forEach(
                    each -> assertThat(lines).anyMatch(line -> line.contains(each.getMetadata().getName()) && line.contains(each.getMetadata().getLabels().get("role")))));
            assertThat(table).contains("16384");
        }
        assertThat(cluster.release().status().toString()).contains(cluster.master(0).getMetadata().getName());
    }

    private static void writesToEachShardAndOnlyWithThePassword(ClusterRelease cluster) {
        for (Pod master : cluster.masters()) {
            BitSet own = cluster.view(master).self().slots();
            String key = IntStream.range(0, 1_000).mapToObj(n -> "kept:" + n).filter(name -> own.get(SlotKeys.slot(name))).findFirst().orElseThrow();
            cluster.release().redis(master, jedis -> jedis.set(key, "value"));
            String address = master.getStatus().getPodIP();
            assertThatThrownBy(() -> Netns.call("node1", () -> {
                try (Jedis jedis = new Jedis(address, 6379)) {
                    return jedis.get(key);
                }
            })).hasMessageContaining("NOAUTH");
        }
    }

    /** Data of one architecture is of no use to another. */
    private static void refusesToBecomeSomethingElse(Release release) {
        SoftAssertions.assertSoftly(softly -> Map.of("architecture=replication", "as this release was installed", "cluster.shards=2", "at least 3").forEach((set, reason) -> {
            Shell.Output output = release.installWithoutWaiting(set);
            softly.assertThat(output.exit()).as("exit with " + set).isNotZero();
            softly.assertThat(output.err()).as(set).contains(reason);
        }));
    }
}
