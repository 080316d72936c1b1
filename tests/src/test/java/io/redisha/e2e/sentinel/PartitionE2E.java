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
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

@Architecture.Sentinel
@Level.Full
@Cost.Alone
class PartitionE2E {

    /** Clients on the master's side are told no, as soon as nobody is left who could have a copy. */
    @Test
    void costsTheLonelyMasterNothingThatAReplicaHas(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        Pod lonely = release.master();
        String node = lonely.getSpec().getNodeName();
        List<String> others = release.lab().nodes().stream().filter(other -> !other.equals(node)).toList();
        try (Trial trial = Trial.from(node, release, directory)) {
            others.forEach(other -> release.lab().cut(node, other));
            Awaitility.await("another master").atMost(Duration.ofSeconds(20)).untilAsserted(
                    () -> assertThat(release.master().getMetadata().getName()).isNotEqualTo(lonely.getMetadata().getName()));
            Awaitility.await("refusal by the lonely master").atMost(Duration.ofSeconds(10)).ignoreExceptions().untilAsserted(
                    () -> assertThat(release.<String>redis(lonely, PartitionE2E::refusal)).containsPattern("NOREPLICAS|READONLY"));
            others.forEach(other -> release.lab().join(node, other));
            trial.verdict(3, Duration.ofSeconds(90)).lostNothingReplicated().restartedOnly();
        }
    }

    private static String refusal(Jedis jedis) {
        try {
            return jedis.set("lonely", "x");
        } catch (JedisDataException refused) {
            return refused.getMessage();
        }
    }
}
