package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Shared;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** A release that holds nothing but a queue, which its workers keep empty (finding R1). 0.3.0 had no master any more after the second deletion. */
@Architecture.Replication
@Level.Full
@Cost.Long
class PoppedQueueE2E {

    private static final int DELETIONS = 10;

    @Test
    @Promise("Deletion, drain, upgrade, scale, switchover")
    void hasTenMastersAfterTenDeletions(@Shared Release release) throws InterruptedException {
        release.redis(release.master(), Jedis::flushAll);
        String from = release.master().getSpec().getNodeName();
        AtomicLong jobs = new AtomicLong();
        AtomicBoolean done = new AtomicBoolean();
        Thread workers = Thread.ofPlatform().daemon().start(() -> work(release, from, jobs, done));
        try {
            for (int i = 1; i <= DELETIONS; i++) {
                Pod was = release.master();
                long before = jobs.get();
                release.delete(was).orThrow();
                Awaitility.await("a master after deletion " + i).atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(250)).ignoreExceptions()
                        .untilAsserted(() -> assertThat(release.master().getMetadata().getUid()).isNotEqualTo(was.getMetadata().getUid()));
                release.awaitWhole();
                assertThat(jobs.get()).as("jobs done since deletion " + i).isGreaterThan(before);
            }
        } finally {
            done.set(true);
            workers.join();
        }
    }

    private static void work(Release release, String from, AtomicLong jobs, AtomicBoolean done) {
        while (!done.get()) {
            try {
                release.viaMaster(from, jedis -> {
                    while (!done.get()) {
                        jedis.lpush("queue", "job");
                        jedis.rpop("queue");
                        jobs.incrementAndGet();
                    }
                    return null;
                });
            } catch (JedisException | IllegalStateException cut) {
                // by the change of master: again, at the next
            }
        }
    }
}
