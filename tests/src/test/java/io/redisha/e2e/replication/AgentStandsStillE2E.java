package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Finding R7: the agent of the master stands still, and its server goes on: nobody tells that one that another leads now. 0.3.0 lost nothing here
 * in five tries; the simulation showed how it could.
 */
@Architecture.Replication
@Level.Full
@Cost.Alone
class AgentStandsStillE2E {

    /** Faults, row 4. */
    private static final Duration BUDGET = Duration.ofSeconds(3);
    /** Longer than any failover, shorter than the liveness probe's patience. */
    private static final Duration STILL = Duration.ofSeconds(8);

    /** Nobody three times: whose agent has stood still twice in a minute is short of processor, and is waited for (rule W4). */
    @RepeatedTest(5)
    void aMasterWhoseAgentStandsStillIsReplacedAndHasNothingConfirmedAnyMore(@Shared Release release, Path directory, RepetitionInfo run) {
        release.switchTo(release.fullname() + "-" + run.getCurrentRepetition() % 3, 3);
        try (Trial trial = Trial.of(release, directory)) {
            Pod master = release.master();
            Processes.Found agent = Processes.entrypoint(master.getMetadata().getUid()).orElseThrow();
            agent.signal("STOP");
            try {
                Trial.hold(STILL);
                assertThat(release.master().getMetadata().getName()).as("master meanwhile").isNotEqualTo(master.getMetadata().getName());
            } finally {
                agent.signal("CONT");
            }
            // whoever is elected first passes it on, once, if the other has a higher offset: the old server took writes meanwhile (C6)
            trial.verdict().lostNothingReplicated().changedMasterAtMost(2).restartedOnly().stoppedAtMost(BUDGET);
        }
    }
}
