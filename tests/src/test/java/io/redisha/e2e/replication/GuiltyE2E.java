package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Netns;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import io.redisha.load.WriterProber;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** The same load, checker and prober must find fault with plain servers: else their silence about ours proves nothing. */
@Architecture.Replication
@Level.Smoke
@Cost.Together
class GuiltyE2E {

    @Test
    void findsAServerThatComesBackEmptyAndASecondMaster(Scene scene) throws Exception {
        try (InputStream manifest = GuiltyE2E.class.getResourceAsStream("/plain.yaml")) {
            scene.cluster().apply(scene.namespace(), new String(manifest.readAllBytes(), StandardCharsets.UTF_8));
        }
        Awaitility.await("plain pods").atMost(Duration.ofSeconds(60)).until(() -> pods(scene).stream().filter(Release::ready).count() == 2);
        Pod first = pods(scene).getFirst();
        String address = first.getStatus().getPodIP();
        List<WriterProber.Target> targets = pods(scene).stream()
                .map(pod -> new WriterProber.Target(pod.getMetadata().getName(), pod.getStatus().getPodIP())).toList();
        try (Load load = Load.start(scene.lab(), "node1", scene.directory(), "", "--host", "plain-0.plain." + scene.namespace() + ".svc.cluster.local");
                WriterProber prober = new WriterProber(List.of("node1", "node2"), "", () -> targets)) {
            Awaitility.await("writes").atMost(Duration.ofSeconds(20)).until(() -> prober.taken() > 20 && !kept(load, address).lists().isEmpty());
            Processes.server(first.getMetadata().getUid()).orElseThrow().signal("KILL");
            Awaitility.await("restart, and writes again").atMost(Duration.ofSeconds(60)).ignoreExceptions()
                    .until(() -> Release.restarts(pods(scene).getFirst()) == 1 && !kept(load, address).lists().isEmpty() && !prober.overlaps().isEmpty());
            History history = load.stop();
            prober.close();
            Checker.Report report = Checker.check(history, kept(load, address));
            System.out.println(report + "; write stop: " + history.writeStop() + "; overlaps: " + prober.overlaps().size());
            assertThat(report.lost()).isNotEmpty();
            assertThat(history.writeStop().longest()).isPositive();
            assertThat(prober.overlaps()).isNotEmpty();
        }
    }

    private static Checker.Kept kept(Load load, String address) {
        return Netns.call("node1", () -> {
            try (Jedis jedis = new Jedis(address, 6379)) {
                return load.kept(jedis);
            }
        });
    }

    private static List<Pod> pods(Scene scene) {
        return scene.cluster().client().pods().inNamespace(scene.namespace()).withLabel("app", "plain").list().getItems();
    }
}
