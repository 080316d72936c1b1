package io.redisha.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.Drawn;
import io.redisha.lab.LeaseWatch;
import io.redisha.lab.Release;
import io.redisha.lab.SentinelRelease;
import io.redisha.load.Checker;
import io.redisha.load.History;
import io.redisha.load.Load;
import io.redisha.load.WriterProber;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.params.SetParams;

/**
 * One fault under load: data that was there before, clients that write during it, a prober that looks for two masters, and
 * a verdict after everything is whole again.
 */
public final class Trial implements AutoCloseable {

    private static final int FLOOR = 500;
    /** Longest time without a good write when nothing stops but the machine. */
    public static final Duration UNNOTICED = Duration.ofSeconds(1);

    private final Release release;
    /** Of this trial alone: what an earlier one wrote may come from a disk. */
    private final String floor = "floor:" + Long.toString(System.nanoTime(), 36) + ":";
    private final LeaseWatch lease;
    private final Map<String, Integer> restartsBefore;
    private final Load load;
    private final WriterProber prober;
    private History history;

    private Trial(Release release, String node, Path directory, String... options) {
        this.release = release;
        release.cluster().settle();
        this.restartsBefore = release.pods().stream().collect(Collectors.toMap(Trial::uid, Release::restarts));
        writeFloor();
        lease = release.watchLease();
        load = Load.on(release, node, directory, options);
        prober = new WriterProber(List.of(node), release.password(), () -> release.pods().stream()
                .filter(pod -> pod.getStatus().getPodIP() != null)
                .map(pod -> new WriterProber.Target(pod.getMetadata().getName(), pod.getStatus().getPodIP()))
                .toList());
        hold(Drawn.moment(directory.getFileName().toString()));
    }

    /** From a node that the master is not on: users are elsewhere too. */
    public static Trial of(Release release, Path directory) {
        return from(release.lab().otherThan(release.master().getSpec().getNodeName()), release, directory);
    }

    public static Trial from(String node, Release release, Path directory) {
        return new Trial(release, node, directory);
    }

    /** With clients that don't lose patience, for what nobody is to be refused during: one that gives up after 0.3 s counts what is the machine's. */
    public static Trial patient(Release release, Path directory) {
        return new Trial(release, release.lab().otherThan(release.master().getSpec().getNodeName()), directory, "--timeout-ms", "2000");
    }

    /** On every pod before the fault, so a missing one was wiped. */
    private void writeFloor() {
        release.redis(release.master(), jedis -> {
            Pipeline pipeline = jedis.pipelined();
            for (int n = 0; n < FLOOR; n++) {
                pipeline.set(floor + n, Integer.toString(n), SetParams.setParams());
            }
            pipeline.sync();
            assertThat(jedis.waitReplicas(release.pods().size() - 1, 5_000)).as("replicas that have the floor").isEqualTo(release.pods().size() - 1);
            return null;
        });
    }

    public static void hold(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    public Verdict verdict() {
        return verdict(3, Duration.ofSeconds(60));
    }

    /** Everything must be whole again within that time (I6). */
    public Verdict verdict(int replicas, Duration deadline) {
        release.awaitWhole(replicas, deadline);
        release.awaitRenewal();
        history();
        List<WriterProber.Overlap> overlaps = prober.overlaps();
        boolean probed = prober.taken() > 0;
        endLoad();
        release.awaitWhole(replicas, deadline);
        // an epoch is lost with each vote that came to nothing, and with each sentinel that lost its memory
        int changes = release instanceof SentinelRelease ? history.masters() - 1 : lease.changes();
        Verdict verdict = new Verdict(history, Checker.check(history, release.redis(release.master(), load::kept)), overlaps, changes, lease.toString(), restarts());
        System.out.println(verdict);
        assertThat(probed).as("the prober got a write through").isTrue();
        for (Pod pod : release.pods()) {
            assertThat(floor(pod)).as("keys on " + pod.getMetadata().getName() + " of those written before the fault").isEqualTo(FLOOR);
            Checker.Report here = Checker.check(history, held(pod, load::kept));
            assertThat(here).as("what " + pod.getMetadata().getName() + " holds").isEqualTo(verdict.report());
        }
        assertThat(prober.smallestDataset().orElseThrow()).as("smallest dataset of a pod that took writes").isGreaterThanOrEqualTo(FLOOR);
        assertThat(verdict.overlaps()).as("two masters at once").isEmpty();
        assertThat(verdict.report()).as("what is left").matches(Checker.Report::sound);
        return verdict;
    }

    /** What the clients were told so far; the load ends here, also when the verdict is that nothing became whole again. */
    public History history() {
        if (history == null) {
            history = load.stop();
        }
        return history;
    }

    private long floor(Pod pod) {
        String[] keys = java.util.stream.IntStream.range(0, FLOOR).mapToObj(n -> floor + n).toArray(String[]::new);
        return held(pod, jedis -> jedis.exists(keys));
    }

    /** Also of who was the master until a moment ago, and cuts all connections for a second (rule M7). */
    private <T> T held(Pod pod, Function<Jedis, T> question) {
        return Awaitility.await("an answer of " + pod.getMetadata().getName()).atMost(Duration.ofSeconds(5)).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(200))
                .ignoreException(JedisConnectionException.class).until(() -> release.redis(pod, question), Objects::nonNull);
    }

    private Map<String, Integer> restarts() {
        return release.pods().stream().collect(Collectors.toMap(pod -> pod.getMetadata().getName(),
                pod -> Release.restarts(pod) - restartsBefore.getOrDefault(uid(pod), 0)));
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }

    private void endLoad() {
        prober.close();
        load.close();
    }

    @Override
    public void close() {
        endLoad();
        lease.close();
    }

    /** @param changes of leader meanwhile; @param lease what the Lease said; @param restarts of containers, by pod */
    public record Verdict(History history, Checker.Report report, List<WriterProber.Overlap> overlaps, int changes, String lease, Map<String, Integer> restarts) {

        public Verdict lostNothing() {
            assertThat(report.lost()).as("acknowledged writes that are gone").isEmpty();
            return this;
        }

        /** Plain writes may have been on their way to the replicas. */
        public Verdict lostOnlyTheLastMoment() {
            assertThat(history.settled(report.lost())).as("writes that are gone, and were acknowledged long before the fault").isEmpty();
            return this;
        }

        public Verdict lostNothingReplicated() {
            assertThat(report.lostReplicated()).as("writes that WAIT had counted and are gone").isEmpty();
            return this;
        }

        public Verdict refusedNothing() {
            assertThat(history.refused()).as("writes that were not acknowledged").isEmpty();
            return this;
        }

        /** The last of what is asked: see {@link TooSlow}. */
        public void stoppedAtMost(Duration budget) {
            TooSlow.unless(history.writeStop().longest(), budget, "longest time without a good write");
        }

        public Verdict changedMasterAtMost(int times) {
            assertThat(changes).as("changes of leader; the Lease named %s", lease).isLessThanOrEqualTo(times);
            return this;
        }

        /** I9: nobody else was hurt. */
        public Verdict restartedOnly(String... pods) {
            assertThat(restarts.entrySet().stream().filter(pod -> pod.getValue() > 0).map(Map.Entry::getKey)).as("pods that restarted").isSubsetOf(pods);
            return this;
        }

        @Override
        public String toString() {
            return "write stop: " + history.writeStop() + "; with WAIT 1: " + history.replicatedWriteStop() + "; " + report
                    + "; changes of leader " + changes + " (the Lease named " + lease + "); restarts " + restarts + "; two masters: " + (overlaps.isEmpty() ? "never" : overlaps);
        }
    }
}
