package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Trial;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import redis.clients.jedis.exceptions.JedisException;

/** Masters that neither go on nor end, and one that ends when hardly anybody can take over. */
final class Hangs {

    /** In which another must lead: the version before never gets there when its server cannot be killed. */
    private static final Duration CAP = Duration.ofSeconds(60);
    /** Until each client has tried again. */
    private static final Duration SEEN = Duration.ofSeconds(1);
    /** Longer than any failover, shorter than the liveness probe's patience. */
    private static final Duration STILL = Duration.ofSeconds(6);
    /** With the three runs before it more than a minute. */
    private static final Duration BETWEEN = Duration.ofSeconds(20);
    private static final int KEYS = 3_000_000;
    private static final int AT_A_TIME = 50_000;
    private static final String FILL = "for i = ARGV[1], ARGV[2] do redis.call('set', 'key:' .. i, i) end";

    private Hangs() {}

    /** Storage hangs, the server is in the kernel, and SIGKILL stays pending until the end of this. */
    static final Fault UNKILLABLE = Fault.of(release -> {
        Pod master = release.master();
        try (Processes.Frozen frozen = Processes.server(uid(master)).orElseThrow().freeze()) {
            awaitAnother(release, master, CAP);
            Trial.hold(SEEN);
        }
    }, verdict -> verdict.lostNothingReplicated().changedMasterAtMost(1).restartedOnly());

    /**
     * The agent stands still and its server goes on: two writers are what {@link Trial#verdict()} looks for. Each pod's does so in its turn, and
     * not twice within a minute: that counts as short of processor, and is waited for.
     */
    static final Fault STANDS_STILL = new Fault((release, run) -> {
        if (run > 0 && run % 3 == 0) {
            Trial.hold(BETWEEN);
        }
        release.switchTo(release.fullname() + "-" + run % 3, 3);
    }, release -> {
        Pod master = release.master();
        Processes.Found agent = Processes.entrypoint(uid(master)).orElseThrow();
        agent.signal("STOP");
        try {
            Trial.hold(STILL);
            if (isMaster(release, master)) {
                throw new AssertionError("no other master within " + STILL.toSeconds() + " s");
            }
        } finally {
            agent.signal("CONT");
        }
    }, verdict -> verdict.lostNothingReplicated().changedMasterAtMost(2).restartedOnly());

    /** One of the two replicas loads its data when the master's server dies. Of a release with {@link #slowToLoad values} by which that takes a while. */
    static final Fault ONE_LOADS = new Fault((release, run) -> fill(release), release -> {
        Pod master = release.master();
        Pod loading = release.replicas().getFirst();
        release.killServer(loading);
        Awaitility.await("the replica to load").atMost(Duration.ofSeconds(10)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(20)).until(() -> loads(release, loading));
        release.killServer(master);
        awaitAnother(release, master, CAP);
        if (!loads(release, loading)) {
            throw new AssertionError("the replica had loaded when another led");
        }
    }, verdict -> verdict.lostNothingReplicated().changedMasterAtMost(1).restartedOnly());

    /** A values file: an AOF that was never rewritten takes longest to load. */
    static Path slowToLoad(Path directory) {
        try {
            return Files.writeString(Files.createDirectories(directory).resolve("values.yaml"), """
                    redis:
                      configuration: |
                        auto-aof-rewrite-percentage 0
                    """);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    /** Unless it is. */
    private static void fill(Release release) {
        release.redis(release.master(), jedis -> {
            for (int i = 0; jedis.dbSize() < KEYS && i < KEYS; i += AT_A_TIME) {
                jedis.eval(FILL, List.of(), List.of(Integer.toString(i), Integer.toString(i + AT_A_TIME - 1)));
            }
            return null;
        });
        release.awaitWhole();
    }

    private static boolean loads(Release release, Pod pod) {
        try {
            return release.<String>redis(pod, jedis -> jedis.info("persistence")).contains("loading:1");
        } catch (JedisException down) {
            return false;
        }
    }

    static void awaitAnother(Release release, Pod than, Duration limit) {
        try {
            Awaitility.await("another master").atMost(limit).pollInterval(Duration.ofMillis(50)).ignoreExceptions().until(() -> !isMaster(release, than));
        } catch (ConditionTimeoutException none) {
            throw new AssertionError("no other master within " + limit.toSeconds() + " s", none);
        }
    }

    private static boolean isMaster(Release release, Pod pod) {
        return release.master().getMetadata().getName().equals(pod.getMetadata().getName());
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }
}
