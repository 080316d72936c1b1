package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;

/**
 * Finding R15: a change that Kubernetes refuses. 0.3.0 left its ConfigMap behind: pods that started again came up without persistence beside full
 * disks, and 1,000 of 1,000 keys were gone, also after `helm rollback`.
 */
@Architecture.Replication
@Level.Smoke
@Cost.Together
class RefusedUpgradeE2E {

    private static final int KEYS = 1_000;
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Test
    void isToldInWordsAndHasChangedNothing(Scene scene) {
        Release release = installed(scene);
        Map<String, String> before = objects(release);

        Shell.Output volumes = release.tryInstall("persistence.enabled=false", "replicas=5");
        Shell.Output address = release.tryInstall("service.all.type=NodePort");
        Shell.Output size = release.tryInstall("persistence.size=2Gi");

        assertThat(volumes.exit()).isNotZero();
        assertThat(volumes.err()).contains("persistence.enabled: given false, expected true, as this release was installed");
        assertThat(address.err()).contains("service.all.type: given \"NodePort\", expected \"ClusterIP\"");
        assertThat(size.err()).contains("persistence.size: given 2Gi, expected 1Gi");
        assertThat(objects(release)).isEqualTo(before);
    }

    /** As when helm is killed after the ConfigMap, or Kubernetes refuses the StatefulSet for a reason that the chart cannot see. */
    @Test
    void thatStopsHalfWayLeavesPodsThatStartAgainTheirVolumes(Scene scene) {
        Release release = installed(scene);
        String half = scene.cluster().helm("template", release.name(), Release.chart(), "-n", release.namespace(),
                "-f", Shell.repository().resolve("tests/lab/image.yaml").toString(), "--set", "persistence.enabled=false",
                "-s", "templates/configmap.yaml").orThrow().out();
        scene.cluster().apply(release.namespace(), half);

        scene.cluster().delete(release.pods()).orThrow();

        release.awaitWhole(3, PATIENCE);
        for (Pod pod : release.pods()) {
            assertThat(release.<Long>redis(pod, Jedis::dbSize)).as("keys on " + pod.getMetadata().getName()).isEqualTo(KEYS);
        }
    }

    private static Release installed(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.size=1Gi").awaitWhole();
        release.redis(release.master(), jedis -> {
            Pipeline pipeline = jedis.pipelined();
            for (int n = 0; n < KEYS; n++) {
                pipeline.set("key:" + n, "value");
            }
            pipeline.sync();
            return jedis.waitReplicas(2, 5_000);
        });
        return release;
    }

    /** Each as it is wanted to be. Helm's own memory of the release is among them, and so are pods of hooks. */
    private static Map<String, String> objects(Release release) {
        var client = release.cluster().client();
        Stream<List<? extends HasMetadata>> all = Stream.of(
                client.configMaps().inNamespace(release.namespace()).list().getItems(),
                client.secrets().inNamespace(release.namespace()).list().getItems(),
                client.services().inNamespace(release.namespace()).list().getItems(),
                client.apps().statefulSets().inNamespace(release.namespace()).list().getItems(),
                client.batch().v1().jobs().inNamespace(release.namespace()).list().getItems(),
                client.pods().inNamespace(release.namespace()).list().getItems());
        return all.flatMap(List::stream).map(HasMetadata.class::cast)
                .collect(Collectors.toMap(found -> found.getKind() + "/" + found.getMetadata().getName(), RefusedUpgradeE2E::version));
    }

    /** Of a pod or a StatefulSet the resource version would tell of its status, too. */
    private static String version(HasMetadata found) {
        ObjectMeta metadata = found.getMetadata();
        return metadata.getUid() + " " + (found instanceof Pod ? "" : metadata.getGeneration() != null ? metadata.getGeneration() : metadata.getResourceVersion());
    }
}
