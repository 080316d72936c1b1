package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.exceptions.JedisDataException;

/** The life of a release as its README tells it, under restricted Pod Security. */
@Architecture.Replication
@Level.Smoke
@Cost.Together
class InstallE2E {

    @Test
    void installsServesTestsAndFindsTheDataAndPasswordAgainThatUninstallLeaves(Scene scene) {
        Release release = scene.release("redis-ha");
        long start = System.nanoTime();
        String notes = release.tryInstall("persistence.size=1Gi", "selftest.switchover=true").orThrow().out();
        // --wait says that it works: no polling here.
        release.viaMaster("node1", jedis -> jedis.set("first", "write"));
        System.out.println("helm install --wait to a writable master: " + Duration.ofNanos(System.nanoTime() - start).toMillis() + " ms");
        assertThat(notes).as("notes").contains(release.fullname() + "-master").contains("redis-ha status");

        release.awaitWhole(3, Duration.ofSeconds(5));
        readsFromReplicasThatRefuseWrites(release);
        namesEverybodyInTheStatus(release);
        refusesWhoeverHasNoPassword(release);
        leavesNothingForArgoCdToPrune(scene, release);

        String password = release.password();
        String tested = scene.cluster().helm("test", release.name(), "-n", scene.namespace()).orThrow().text();
        assertThat(tested).as("helm test").contains("Succeeded").contains("switchover: ");
        release.awaitWhole();

        scene.cluster().helm("uninstall", release.name(), "-n", scene.namespace(), "--wait").orThrow();
        Awaitility.await("the rest of the release").atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofSeconds(1)).untilAsserted(
                () -> assertThat(scene.left()).allMatch(name -> name.startsWith("persistentvolumeclaim/") || name.equals("secret/" + release.fullname())));
        assertThat(scene.left()).as("what uninstall leaves").hasSize(4).contains("secret/" + release.fullname());
        assertThat(notes).as("notes say what uninstall leaves").containsIgnoringCase("uninstall").contains("pvc");

        asVersion030MadeIt(scene, release);
        release.install().awaitWhole();
        assertThat(release.password()).isEqualTo(password);
        leavesNothingForArgoCdToPrune(scene, release);
        assertThat(release.<String>viaMaster("node1", jedis -> jedis.get("first"))).as("found again").isEqualTo("write");
    }

    /**
     * By its default it takes for its own what has the release's name in this label, and no owner, and prunes what of that is not in Git. Volumes
     * it knows for the StatefulSet's; what the chart renders says who manages it.
     */
    private static void leavesNothingForArgoCdToPrune(Scene scene, Release release) {
        String foundling = "{{range .items}}{{if not (or .metadata.ownerReferences (index .metadata.labels \"app.kubernetes.io/managed-by\"))}}"
                + "{{.kind}}/{{.metadata.name}} {{end}}{{end}}";
        String found = scene.cluster().kubectl("-n", scene.namespace(), "get", Scene.EVERYTHING, "-l", "app.kubernetes.io/instance=" + release.name(),
                "-o", "go-template=" + foundling).orThrow().out();
        assertThat(found.split(" ")).as("what Argo CD would prune").allMatch(name -> name.startsWith("PersistentVolumeClaim/"));
        String options = scene.cluster().kubectl("-n", scene.namespace(), "get", "secret", "-l", "redis-ha/release=" + release.name(), "-o", "yaml").orThrow().out();
        assertThat(options).as("the generated Secret").contains("name: " + release.fullname()).contains("Prune=false");
    }

    private static void asVersion030MadeIt(Scene scene, Release release) {
        scene.cluster().kubectl("-n", scene.namespace(), "label", "secret", release.fullname(), "app.kubernetes.io/instance=" + release.name(),
                "redis-ha/release-").orThrow();
        scene.cluster().kubectl("-n", scene.namespace(), "annotate", "secret", release.fullname(), "argocd.argoproj.io/sync-options-").orThrow();
    }

    private static void readsFromReplicasThatRefuseWrites(Release release) {
        assertThat(release.<String>viaReplicas("node2", jedis -> jedis.get("first"))).isEqualTo("write");
        for (Pod replica : release.replicas()) {
            assertThatThrownBy(() -> release.redis(replica, jedis -> jedis.set("x", "y"))).isInstanceOf(JedisDataException.class).hasMessageContaining("READONLY");
        }
    }

    private static void namesEverybodyInTheStatus(Release release) {
        for (Pod pod : release.pods()) {
            String table = release.exec(pod.getMetadata().getName(), "redis-ha", "status").orThrow().out();
            assertThat(table.lines().toList()).as("status at " + pod.getMetadata().getName()).satisfies(lines -> release.pods().forEach(
                    each -> assertThat(lines).anyMatch(line -> line.contains(each.getMetadata().getName())
                            && line.contains(each.getMetadata().getLabels().get("role")))));
            assertThat(release.status(pod.getMetadata().getName()).toString()).contains(release.master().getMetadata().getName());
        }
    }

    private static void refusesWhoeverHasNoPassword(Release release) {
        String address = release.master().getStatus().getPodIP();
        assertThatThrownBy(() -> io.redisha.lab.Netns.call("node1", () -> {
            try (var jedis = new redis.clients.jedis.Jedis(address, 6379)) {
                return jedis.get("first");
            }
        })).hasMessageContaining("NOAUTH");
    }
}
