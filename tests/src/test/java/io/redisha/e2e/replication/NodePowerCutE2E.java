package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Smoke
@Cost.Alone
class NodePowerCutE2E {

    @Test
    @Promise("A write for which WAIT 1 returned 1")
    void isLedByAnotherAndTakesTheLostOneBack(@Shared Release release, Path directory) {
        Pod lost = release.master();
        String node = lost.getSpec().getNodeName();
        try (Trial trial = Trial.of(release, directory)) {
            release.lab().powerCut(node);
            Awaitility.await("another master").atMost(Duration.ofSeconds(15)).untilAsserted(
                    () -> assertThat(release.master().getMetadata().getName()).isNotEqualTo(lost.getMetadata().getName()));
            release.awaitRenewal();
            release.lab().powerOn(node);
            trial.verdict(3, Duration.ofSeconds(120)).lostNothingReplicated().changedMasterAtMost(1).restartedOnly(lost.getMetadata().getName())
                    .stoppedAtMost(Duration.ofSeconds(4));
        }
    }
}
