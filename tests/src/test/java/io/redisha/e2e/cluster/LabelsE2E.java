package io.redisha.e2e.cluster;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.lab.ClusterRelease;
import io.redisha.lab.Release;
import java.time.Duration;
import org.junit.jupiter.api.Test;

@Architecture.Cluster
@Level.Full
@Cost.Alone
class LabelsE2E {

    @Test
    void areCorrectedWhenAHandHasChangedThem(@Shared(Shared.Kind.CLUSTER) ClusterRelease cluster) {
        Pod master = cluster.master(0);
        Pod replica = cluster.replicas(0).getFirst();
        label(cluster.release(), replica, "role=master", "shard=2");
        label(cluster.release(), master, "role-", "shard-");
        cluster.awaitWhole(Duration.ofSeconds(6));
    }

    private static void label(Release release, Pod pod, String... labels) {
        String[] command = {"-n", release.namespace(), "label", "pod", pod.getMetadata().getName(), "--overwrite", labels[0], labels[1]};
        release.cluster().kubectl(command).orThrow();
    }
}
