package io.redisha.e2e.sentinel;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.TooSlow;
import io.redisha.lab.SentinelRelease;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Clients of other languages, each as its manual says, none of them told anything but where the sentinels are. Jedis is what all other tests use. */
@Architecture.Sentinel
@Level.Full
@Cost.Alone
class ClientsE2E {

    /** The change of master and, after it, each library's own pace of trying again. */
    private static final Duration BUDGET = Duration.ofSeconds(4);

    @Test
    void loseNothingWhenTheMasterIsDeleted(@Shared(Shared.Kind.SENTINEL) SentinelRelease release, Path directory) {
        Map<String, Outcome> outcomes = during(release, directory, release::delete);
        outcomes.forEach((client, outcome) -> assertThat(outcome.report.lost()).as("acknowledged to " + client + " and gone").isEmpty());
        outcomes.forEach(Outcome::stoppedAtMostTheBudget);
    }

    @Test
    void followWhenTheMastersServerIsKilled(@Shared(Shared.Kind.SENTINEL_EPHEMERAL) SentinelRelease release, Path directory) {
        during(release, directory, release::killServer).forEach(Outcome::stoppedAtMostTheBudget);
    }

    private record Outcome(Checker.Report report, Duration stop) {

        static void stoppedAtMostTheBudget(String client, Outcome outcome) {
            TooSlow.unless(outcome.stop, BUDGET, "longest time without a good write by " + client);
        }
    }

    private static Map<String, Outcome> during(SentinelRelease release, Path directory, Consumer<Pod> fault) {
        Path clients = release.lab().clients();
        Map<String, List<String>> programs = new LinkedHashMap<>();
        programs.put("redis-py", List.of(clients.resolve("python/bin/python").toString(), clients.resolve("python/writer.py").toString()));
        programs.put("ioredis", List.of("node", clients.resolve("node/writer.js").toString()));
        programs.put("go-redis", List.of(clients.resolve("go/writer").toString()));
        release.cluster().settle();
        Pod master = release.master();
        String node = release.lab().otherThan(master.getSpec().getNodeName());
        Map<String, Load> loads = new LinkedHashMap<>();
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        try {
            programs.forEach((client, program) -> loads.put(client, Load.by(program, release, node, directory,
                    "--sentinels", String.join(",", release.sentinelAddresses()), "--master", SentinelRelease.MASTER_NAME)));
            fault.accept(master);
            release.awaitWhole();
            release.awaitRenewal();
            Pod now = release.master();
            assertThat(now.getMetadata().getName()).as("master").isNotEqualTo(master.getMetadata().getName());
            loads.forEach((client, load) -> {
                History history = load.stop();
                Checker.Report report = Checker.check(history, release.redis(now, load::kept));
                System.out.println(client + ": write stop: " + history.writeStop() + "; " + report + "; errors " + history.errors());
                outcomes.put(client, new Outcome(report, history.writeStop().longest()));
                assertThat(report).as("what is left of " + client + "'s").matches(Checker.Report::sound);
                assertThat(history.ops().getLast().acknowledged()).as("that " + client + " writes in the end").isTrue();
            });
        } finally {
            loads.values().forEach(Load::close);
        }
        return outcomes;
    }
}
