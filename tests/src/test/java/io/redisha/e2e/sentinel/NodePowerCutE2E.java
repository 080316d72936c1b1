package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.SentinelRelease;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Smoke
@Cost.Alone
class NodePowerCutE2E {

    /** downAfter's default and what the sentinels need after it. */
    private static final Duration BUDGET = Duration.ofSeconds(3 + 4);

    /** A sentinel goes with it, and nothing that was on that node is left. */
    @Test
    void isServedByAnotherAndTakesTheLostOneBack(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease release, Path directory) {
        Pod lost = release.master();
        String node = lost.getSpec().getNodeName();
        try (Trial trial = Trial.of(release, directory)) {
            release.lab().powerCut(node);
            Awaitility.await("another master").atMost(Duration.ofSeconds(20)).untilAsserted(
                    () -> assertThat(release.master().getMetadata().getName()).isNotEqualTo(lost.getMetadata().getName()));
            release.awaitRenewal();
            release.lab().powerOn(node);
            String[] there = release.everybody().stream().filter(pod -> node.equals(pod.getSpec().getNodeName())).map(pod -> pod.getMetadata().getName()).toArray(String[]::new);
            trial.verdict(3, Duration.ofSeconds(120)).lostNothingReplicated().changedMasterAtMost(2).restartedOnly(there).stoppedAtMost(BUDGET);
        }
    }
}
