package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Finding R22: a right is taken away, a quota is used up, a webhook objects. `status` of 0.3.0 said nothing of it. */
@Architecture.Replication
@Level.Full
@Cost.Long
class RefusedLeaseE2E {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Test
    void isToldInStatusAndByAnEventAndEndsNoWrite(Scene scene) {
        Release release = scene.release("redis-ha").install("persistence.enabled=false");
        String rules = scene.cluster().kubectl("-n", scene.namespace(), "get", "role", release.fullname(), "-o", "jsonpath={.rules}").orThrow().out();
        String master = release.master().getMetadata().getName();
        try (Trial trial = Trial.patient(release, scene.directory())) {
            may(scene, release, rules.replace("\"update\"", "\"list\""));
            told(release, master, "the API server refuses to write the Lease: ");
            Awaitility.await("Event").atMost(PATIENCE).untilAsserted(() -> assertThat(scene.cluster().events(scene.namespace())).contains("LeaseRefused"));
            // the right to read it goes too
            may(scene, release, rules.replace("\"update\"", "\"list\"").replace("\"get\"", "\"list\""));
            String replica = release.replicas().getFirst().getMetadata().getName();
            told(release, replica, "the API server cannot be used: ");
            may(scene, release, rules);
            Awaitility.await("no problem").atMost(PATIENCE).untilAsserted(() -> assertThat(release.status(master).path("problems")).isEmpty());
            trial.verdict().lostNothing().changedMasterAtMost(0).restartedOnly().stoppedAtMost(Trial.UNNOTICED);
        }
    }

    private static void may(Scene scene, Release release, String rules) {
        scene.cluster().kubectl("-n", scene.namespace(), "patch", "role", release.fullname(), "--type=merge", "-p", "{\"rules\":" + rules + "}").orThrow();
    }

    private static void told(Release release, String pod, String problem) {
        Awaitility.await(problem).atMost(PATIENCE).untilAsserted(() -> assertThat(release.exec(pod, "redis-ha", "status").out()).contains(problem).contains("forbidden"));
    }
}
