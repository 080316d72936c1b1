package io.redisha.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What happens to a pod's disk. */
@Architecture.Cluster
@Level.Full
@Cost.Together
class VolumeE2E {

    /** For so long a forgotten id is kept out; the old one must be gone everywhere within that. */
    private static final Duration MINUTE = Duration.ofSeconds(60);

    @Test
    void isReplacedByANewNodeWhenItsVolumeIsLost(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) {
        Release release = cluster.release();
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            Pod lost = cluster.master(1);
            String name = lost.getMetadata().getName();
            String oldId = cluster.id(lost);
            release.cluster().kubectl("-n", release.namespace(), "delete", "pvc", "data-" + name, "--wait=false").orThrow();
            release.delete(lost, "--force", "--grace-period=0").orThrow();
            // Whole means that no node knows an id that is nobody's.
            trial.verdict(MINUTE).lostNothingReplicated().restartedOnly();
            assertThat(cluster.id(release.pod(name))).as("id of " + name).isNotEqualTo(oldId);
            assertThat(release.pod(name).getMetadata().getLabels()).as("its shard is still the one it was of").containsEntry(ClusterRelease.LABEL, "1");
        }
    }

    /** Redis itself refuses to start with it. */
    @Test
    void isReplacedByANewNodeWhenItsNodesConfIsCorrupt(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster, Path directory) throws IOException {
        try (ClusterTrial trial = ClusterTrial.of(cluster, directory)) {
            Pod hit = cluster.master(2);
            Path conf = Processes.data(hit.getMetadata().getUid()).resolve(hit.getMetadata().getName()).resolve("nodes.conf");
            Processes.Found server = Processes.server(hit.getMetadata().getUid()).orElseThrow();
            // Frozen, it can't write a good one over the bad one.
            server.signal("STOP");
            Files.writeString(conf, "this is no nodes.conf\n");
            server.signal("KILL");
            trial.verdict(MINUTE).lostNothing();
        }
    }
}
