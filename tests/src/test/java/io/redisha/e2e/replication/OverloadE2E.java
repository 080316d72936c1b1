package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Scene;
import io.redisha.lab.Release;
import io.redisha.lab.Shell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Finding R20: more than the machine can carry at once: whoever is slow must be left to get done, or the restarts are what it can't carry. With
 * 0.3.0, 15 releases on two cores collapsed: 605 servers were killed, and 40 of 45 pods not ready for over five minutes.
 */
@Architecture.Replication
@Level.Full
@Cost.Long
class OverloadE2E {

    private static final int RELEASES = 12;
    private static final int AT_A_TIME = 4;
    private static final Duration AFTER_THE_LAST = Duration.ofMinutes(5);

    @Test
    void killsNoServerWhileTwelveReleasesAreInstalledFourAtATime(Scene scene) throws Exception {
        List<Release> releases = IntStream.range(0, RELEASES).mapToObj(n -> scene.release("small-" + n)).toList();
        ExecutorService hands = Executors.newFixedThreadPool(AT_A_TIME);
        try {
            List<Future<Shell.Output>> installed = new ArrayList<>();
            releases.forEach(release -> installed.add(hands.submit(() -> release.tryInstall("persistence.enabled=false", "resources.requests.cpu=10m", "resources.requests.memory=64Mi"))));
            for (Future<Shell.Output> one : installed) {
                System.out.println(one.get(10, TimeUnit.MINUTES).text().lines().findFirst().orElse(""));
            }
        } finally {
            hands.shutdownNow();
        }
        long last = System.nanoTime();
        for (Release release : releases) {
            Duration left = AFTER_THE_LAST.minusNanos(System.nanoTime() - last);
            release.awaitWhole(3, left.isPositive() ? left : Duration.ofSeconds(1));
        }
        System.out.println("all whole " + Duration.ofNanos(System.nanoTime() - last).toSeconds() + " s after the last was installed; terms "
                + releases.stream().map(Release::term).toList());

        for (Release release : releases) {
            assertThat(Servers.ends(release)).as("servers that died, in the words of their agents").isEmpty();
            assertThat(release.term()).as("term of " + release.name()).isLessThan(10);
        }
    }
}
