package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;

@Architecture.Sentinel
@Level.Full
@Cost.Together
class WrongValuesE2E {

    /** What is given, and the key that the refusal must name. */
    private static final Map<String, String> WRONG = Map.of(
            "sentinel.replicas=2", "sentinel.replicas",
            "sentinel.replicas=4", "sentinel.replicas",
            "sentinel.replicas=1", "sentinel.replicas",
            "sentinel.quorum=4", "sentinel.quorum",
            "sentinel.quorum=0", "sentinel.quorum: given 0, expected at least 1",
            "sentinel.downAfter=499ms", "sentinel.downAfter",
            "sentinel.masterName=my master", "sentinel.masterName",
            "sentinel.failover=3s", "sentinel",
            "redis.configuration=replica-announce-ip 1.2.3.4", "replica-announce-ip",
            "redis.configuration=min-replicas-to-write 0", "min-replicas-to-write");

    @Test
    @Level.Smoke
    void areRefusedByHelmWithTheNameOfTheKey(Scene scene) {
        Release release = scene.release("redis-ha");
        SoftAssertions.assertSoftly(softly -> WRONG.forEach((set, key) -> {
            Shell.Output output = release.installWithoutWaiting("architecture=sentinel", set);
            softly.assertThat(output.exit()).as("exit with " + set).isNotZero();
            softly.assertThat(output.err()).as(set).contains(key);
        }));
        SoftAssertions.assertSoftly(softly -> Map.of("replication", "sentinel.downAfter=4s", "cluster", "sentinel.replicas=5").forEach((architecture, set) -> {
            Shell.Output output = release.installWithoutWaiting("architecture=" + architecture, set);
            softly.assertThat(output.exit()).as("exit of " + architecture + " with " + set).isNotZero();
            softly.assertThat(output.err()).as(architecture + " with " + set).contains("sentinel");
        }));
        assertThat(Release.names(release.pods(), pod -> true)).isEmpty();
    }
}
