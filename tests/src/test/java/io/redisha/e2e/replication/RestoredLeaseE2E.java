package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Rule L3: the Lease is again what it was before the last change of leader, as after a restore of etcd from a backup. It names a pod that lives, and led once. */
@Architecture.Replication
@Level.Full
@Cost.Alone
class RestoredLeaseE2E {

    /** A Lease's duration, and a failover. */
    private static final Duration BUDGET = Duration.ofSeconds(10);

    @Test
    void aLeaseFromABackupMakesNoSecondWriter(@Shared Release release, Path directory) {
        release.switchTo(release.fullname() + "-0", 3);
        Lease backup = release.lease();
        release.switchTo(release.fullname() + "-1", 3);
        int term = release.term();
        try (Trial trial = Trial.of(release, directory)) {
            release.cluster().client().leases().inNamespace(release.namespace()).withName(release.fullname()).edit(lease -> {
                lease.setSpec(backup.getSpec());
                lease.getMetadata().setAnnotations(backup.getMetadata().getAnnotations());
                return lease;
            });
            Trial.hold(BUDGET);
            trial.verdict().lostNothingReplicated().changedMasterAtMost(2).restartedOnly().stoppedAtMost(BUDGET);
        }
        assertThat(release.term()).as("no term is used twice").isGreaterThan(term);
    }
}
