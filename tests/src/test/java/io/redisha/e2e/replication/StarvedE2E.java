package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** As beside a neighbour that takes what it can get, or with a limit that was meant well. */
@Architecture.Replication
@Level.Full
@Cost.Long
class StarvedE2E {

    private static final Duration LONG = Duration.ofMinutes(10);
    private static final double TENTH = 0.1;

    @Test
    void isSlowAndNotDeadWithATenthOfAProcessor(Scene scene) {
        // without persistence: each kill of a master would be lost data
        Release release = scene.release("redis-ha").install("persistence.enabled=false");
        release.awaitWhole();
        try (Trial trial = Trial.patient(release, scene.directory())) {
            release.pods().forEach(pod -> Processes.limit(pod.getMetadata().getUid(), TENTH));
            Trial.hold(LONG);
            release.pods().forEach(pod -> Processes.unlimit(pod.getMetadata().getUid()));
            trial.verdict(3, Duration.ofSeconds(30)).lostNothing().restartedOnly();
        }
        assertThat(Servers.ends(release)).as("servers that died, in the words of their agents").isEmpty();
    }
}
