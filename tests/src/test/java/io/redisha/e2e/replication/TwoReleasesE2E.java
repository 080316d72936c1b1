package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

@Architecture.Replication
@Level.Full
@Cost.Together
class TwoReleasesE2E {

    @Test
    void liveInOneNamespaceWithoutMeeting(Scene scene) {
        Release one = scene.release("redis-ha");
        Release other = scene.release("cache");
        CompletableFuture<Release> installing = CompletableFuture.supplyAsync(() -> one.install("persistence.enabled=false"), Shell::aside);
        other.install("persistence.enabled=false");
        installing.join();
        one.awaitWhole().viaMaster("node1", jedis -> jedis.set("who", "one"));
        other.awaitWhole().viaMaster("node1", jedis -> jedis.set("who", "other"));
        int term = other.term();

        try (Trial trial = Trial.of(one, scene.directory())) {
            one.killContainer(one.master());
            trial.verdict().lostNothingReplicated();
        }

        assertThat(other.awaitWhole().term()).as("term of the one that was left alone").isEqualTo(term);
        assertThat(one.<String>viaMaster("node1", jedis -> jedis.get("who"))).isEqualTo("one");
        assertThat(other.<String>viaMaster("node1", jedis -> jedis.get("who"))).isEqualTo("other");
        assertThat(other.<Long>redis(other.master(), jedis -> jedis.dbSize())).isEqualTo(1);
        assertThat(one.password()).isNotEqualTo(other.password());
    }
}
