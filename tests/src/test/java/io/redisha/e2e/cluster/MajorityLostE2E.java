package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Processes;
import io.redisha.load.SlotKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class MajorityLostE2E {

    /** Frozen pods can't tell anybody that they are gone, and the two replicas can't be elected by the one master that is left. */
    @Test
    void refusesSaysSoAndServesAgainWhenTheyAreBack(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            List<Pod> masters = cluster.masters();
            Pod left = masters.getLast();
            BitSet slots = cluster.view(left).self().slots();
            String own = SlotKeys.spread("own", 100).stream().filter(key -> slots.get(SlotKeys.slot(key))).findFirst().orElseThrow();
            List<Processes.Found> frozen = masters.subList(0, 2).stream().flatMap(pod -> Processes.of(pod.getMetadata().getUid()).stream()).toList();
            frozen.forEach(process -> process.signal("STOP"));
            try {
                Awaitility.await("refusal").atMost(Duration.ofSeconds(10)).untilAsserted(
                        () -> assertThatThrownBy(() -> cluster.release().redis(left, jedis -> jedis.set(own, "x"))).hasMessageContaining("CLUSTERDOWN"));
                Awaitility.await("status").atMost(Duration.ofSeconds(5)).untilAsserted(() -> assertThat(
                        cluster.release().exec(left.getMetadata().getName(), "redis-ha", "status").text()).containsIgnoringCase("majority"));
            } finally {
                frozen.forEach(process -> process.signal("CONT"));
            }
            trial.verdict().lostNothingReplicated();
        }
    }
}
