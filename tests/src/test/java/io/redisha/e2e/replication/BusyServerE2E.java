package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Shared;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.SortingParams;

/**
 * Finding R6: a command that takes long is no hang, however often it comes. 0.3.0 killed the master for a script of 3 s or a SORT, and the next
 * one when the client tried again.
 */
@Architecture.Replication
@Level.Full
@Cost.Alone
class BusyServerE2E {

    private static final int TIMES = 3;
    private static final int MEMBERS = 1_000_000;
    /** The time stands still in a script, so it counts. */
    private static final String COUNT = "local n = 0; for i = 1, tonumber(ARGV[1]) do n = n + i % 7 end; return n";
    private static final long SOME = 5_000_000;
    private static final Duration LONG = Duration.ofSeconds(3);
    /** Of a client, ms: beside the load a script takes longer than it did alone. */
    private static final int PATIENCE = 30_000;

    @Test
    void isNeitherKilledNorReplacedForALongScriptOrALongSort(@Shared(Shared.Kind.EPHEMERAL) Release release, Path directory) {
        Pod master = release.master();
        release.redis(master, jedis -> {
            Pipeline pipeline = jedis.pipelined();
            for (int i = 0; i < MEMBERS; i += 1_000) {
                pipeline.rpush("long", IntStream.range(i, i + 1_000).mapToObj(n -> Integer.toString(n * 31 % MEMBERS)).toArray(String[]::new));
            }
            pipeline.sync();
            return null;
        });
        release.awaitWhole();
        long began = System.nanoTime();
        count(release, master, SOME);
        long enough = SOME * LONG.toNanos() / (System.nanoTime() - began);
        try (Trial trial = Trial.of(release, directory)) {
            for (int i = 0; i < TIMES; i++) {
                count(release, master, enough);
                release.redis(master, jedis -> jedis.sort("long", new SortingParams().alpha().limit(0, 1)));
            }
            trial.verdict().lostNothing().changedMasterAtMost(0).restartedOnly();
            assertThat(release.cluster().events(release.namespace())).doesNotContain("killed its server");
        } finally {
            release.redis(release.master(), jedis -> jedis.unlink("long"));
        }
    }

    private static void count(Release release, Pod master, long times) {
        release.redis(master, jedis -> {
            jedis.getConnection().setSoTimeout(PATIENCE);
            return jedis.eval(COUNT, List.of(), List.of(Long.toString(times)));
        });
    }
}
