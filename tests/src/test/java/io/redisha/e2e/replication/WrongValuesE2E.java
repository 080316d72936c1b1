package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Full
@Cost.Together
class WrongValuesE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** What is given, and the key that the refusal must name. */
    private static final Map<String, String> WRONG = Map.of(
            "architecture=ring", "architecture",
            "replicas=0", "replicas",
            "replicas=-1", "replicas",
            "replicas=three", "replicas",
            "replica=3", "replica",
            "failover.leaseDuration=4s", "failover.leaseDuration",
            "failover.memberTimeout=500ms", "failover.memberTimeout",
            "redis.configuration=port 1", "port",
            "redis.configuration=replicaof a 1", "replicaof",
            "redis.configuration=requirepass x", "requirepass");

    @Test
    @Level.Smoke
    void areRefusedByHelmWithTheNameOfTheKey(Scene scene) {
        Release release = scene.release("redis-ha");
        SoftAssertions.assertSoftly(softly -> WRONG.forEach((set, key) -> {
            Shell.Output output = release.installWithoutWaiting(set);
            softly.assertThat(output.exit()).as("exit with " + set).isNotZero();
            softly.assertThat(output.err()).as(set).contains(key);
        }));
        assertThat(Release.names(release.pods(), pod -> true)).isEmpty();
    }

    @Test
    void namesAllProblemsAtOnce(Scene scene) {
        Shell.Output output = scene.release("redis-ha").installWithoutWaiting("architecture=ring", "failover.leaseDuration=4s", "redis.configuration=port 1");
        assertThat(output.err()).contains("architecture").contains("leaseDuration").contains("port");
    }

    @Test
    void waitsForASecretThatIsMissingAndGoesOnWhenItAppears(Scene scene) {
        Release release = scene.release("redis-ha").withSecret("mine");
        release.installWithoutWaiting("auth.existingSecret=mine", "persistence.enabled=false").orThrow();
        Awaitility.await("word about the Secret").atMost(PATIENCE).untilAsserted(() -> {
            assertThat(log(release, release.fullname() + "-0")).contains("mine");
            assertThat(events(release)).contains("mine");
        });
        assertThat(Release.names(release.pods(), Release::ready)).isEmpty();
        scene.cluster().kubectl("-n", scene.namespace(), "create", "secret", "generic", "mine", "--from-literal=other=x").orThrow();
        Trial.hold(Duration.ofMillis(900));
        assertThat(Release.names(release.pods(), Release::ready)).as("ready pods with a Secret that lacks the key").isEmpty();
        scene.cluster().kubectl("-n", scene.namespace(), "patch", "secret", "mine", "-p", "{\"stringData\":{\"redis-password\":\"given\"}}").orThrow();
        // The kubelet may take a minute to notice a Secret of a running pod.
        release.awaitWhole(3, Duration.ofSeconds(150));
        assertThat(release.<String>viaMaster("node1", jedis -> jedis.set("a", "b"))).isEqualTo("OK");
    }

    @Test
    void keepsServingWhileOnePodsServerRejectsItsConfiguration(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.enabled=false").awaitWhole();
        Path directory = scene.directory();
        try (Trial trial = Trial.of(release, directory)) {
            release.installWithoutWaiting("redis.configuration=no-such-directive yes").orThrow();
            Awaitility.await("the server's own words").atMost(PATIENCE).untilAsserted(() -> {
                assertThat(log(release, release.fullname() + "-2")).contains("no-such-directive");
                assertThat(events(release)).contains("no-such-directive");
            });
            assertThat(Release.names(release.pods(), Release::ready)).as("pods that serve on").hasSize(2);
            release.installWithoutWaiting().orThrow();
            List<Pod> broken = release.pods().stream().filter(pod -> !Release.ready(pod)).toList();
            // A StatefulSet waits for a pod that will never be ready: https://github.com/kubernetes/kubernetes/issues/67250
            broken.forEach(pod -> release.delete(pod).orThrow());
            trial.verdict(3, Duration.ofSeconds(90)).lostNothing().changedMasterAtMost(2);
        }
    }

    private static String log(Release release, String pod) {
        String now = release.cluster().kubectl("-n", release.namespace(), "logs", pod, "-c", "redis").text();
        return now + release.cluster().kubectl("-n", release.namespace(), "logs", pod, "-c", "redis", "--previous").out();
    }

    private static String events(Release release) {
        return release.cluster().events(release.namespace());
    }
}
