package io.redisha.e2e.replication;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Architecture;
import io.redisha.e2e.Cost;
import io.redisha.e2e.Level;
import io.redisha.e2e.Promise;
import io.redisha.e2e.Scene;
import io.redisha.e2e.Trial;
import io.redisha.lab.Drawn;
import io.redisha.lab.Processes;
import io.redisha.lab.Release;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * An upgrade from the version before, at each step of which two are killed: the pod that is being replaced, and when everything is whole
 * again the one that leads, of whichever version. Never two at a time, as that is what WAIT 1 is promised for: so each step waits to be
 * allowed, by the StatefulSet's partition.
 */
@Architecture.Replication
@Level.Full
@Cost.Alone
class UpgradeInterruptedE2E {

    private static final int PODS = 3;
    /** From the beginning of its stop a pod has handed over and ended in about that time, ms. */
    private static final int STOPS_MS = 500;
    /** From its agent's first sign of life a pod is in sync in about that time, ms. */
    private static final int STARTS_MS = 1_500;
    /** After a kill, until all is whole: a container that ends for the third time waits 20 s. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @Test
    @Promise("A write for which WAIT 1 returned 1")
    @Promise("Two pods accepting writes at once")
    void losesNothingThatWaitConfirmedWhoeverIsKilledAtWhicheverStep(Scene scene) {
        Release release = scene.release("redis-ha").installPrevious("persistence.size=1Gi", "updateStrategy.rollingUpdate.partition=" + PODS).awaitWhole();
        release.switchTo(release.fullname() + "-0", PODS);
        Random random = Drawn.random("upgrade");
        List<Kill> replaced = Kill.inAnyOrder(random);
        List<Kill> leading = Kill.inAnyOrder(random);
        try (Trial trial = Trial.of(release, scene.directory())) {
            release.upgrade();
            for (int step = 0; step < PODS; step++) {
                String name = release.fullname() + "-" + (PODS - 1 - step);
                Pod before = release.pod(name);
                allow(release, PODS - 1 - step);
                killWhileReplaced(release, before, replaced.get(step), random);
                release.awaitWhole(PODS, PATIENCE);
                assertThat(uid(release.pod(name))).as("uid of " + name + ", which has been replaced").isNotEqualTo(uid(before));

                Pod leader = release.master();
                Trial.hold(Drawn.moment("leader of step " + step));
                assertThat(leading.get(step).hits(release, leader)).as("the leader was killed").isTrue();
                tell(leader, leading.get(step), "while it led");
                release.awaitWhole(PODS, PATIENCE);
            }
            trial.verdict(PODS, PATIENCE).lostNothingReplicated();
        }
    }

    /** The StatefulSet replaces pods from this ordinal on. */
    private static void allow(Release release, int ordinal) {
        release.cluster().kubectl("-n", release.namespace(), "patch", "statefulset", release.fullname(), "--type=merge",
                "-p", "{\"spec\":{\"updateStrategy\":{\"rollingUpdate\":{\"partition\":" + ordinal + "}}}}").orThrow();
    }

    /** Either the old one, which may have ended by then, or the new one. */
    private static void killWhileReplaced(Release release, Pod old, Kill kill, Random random) {
        if (random.nextBoolean()) {
            int after = random.nextInt(STOPS_MS);
            Awaitility.await(name(old) + " to be stopped").atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> isGoing(release, old));
            Trial.hold(Duration.ofMillis(after));
            tell(old, kill, (kill.hits(release, old) ? "" : "in vain ") + after + " ms after the beginning of its stop");
        } else {
            int after = random.nextInt(STARTS_MS);
            Pod next = successor(release, old);
            Trial.hold(Duration.ofMillis(after));
            Awaitility.await(name(next) + " to be hit").atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(50))
                    .until(() -> kill.hits(release, next));
            tell(next, kill, after + " ms after its start, or as soon as there was one");
        }
    }

    private static boolean isGoing(Release release, Pod pod) {
        Pod now = release.pod(name(pod));
        return now == null || !uid(now).equals(uid(pod)) || now.getMetadata().getDeletionTimestamp() != null;
    }

    /** When its agent runs. */
    private static Pod successor(Release release, Pod of) {
        return Awaitility.await("the successor of " + name(of)).atMost(PATIENCE).pollInterval(Duration.ofMillis(50))
                .until(() -> release.pod(name(of)), now -> now != null && !uid(now).equals(uid(of)) && Processes.entrypoint(uid(now)).isPresent());
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getName();
    }

    private static String uid(Pod pod) {
        return pod.getMetadata().getUid();
    }

    private static void tell(Pod pod, Kill kill, String when) {
        System.out.println(name(pod) + ": " + kill + " killed " + when);
    }

    private enum Kill {
        AGENT, SERVER, POD;

        /** Each once. */
        static List<Kill> inAnyOrder(Random random) {
            List<Kill> kills = new ArrayList<>(List.of(values()));
            Collections.shuffle(kills, random);
            return kills;
        }

        /**
         * A pod is deleted by its name, and may be the next one already.
         *
         * @return false if there was nothing to be killed
         */
        boolean hits(Release release, Pod pod) {
            return switch (this) {
                case AGENT -> kill(Processes.entrypoint(uid(pod)));
                case SERVER -> kill(Processes.server(uid(pod)));
                case POD -> release.delete(pod, "--force", "--grace-period=0").exit() == 0;
            };
        }

        /** It may end meanwhile, which is no error here. */
        private static boolean kill(Optional<Processes.Found> process) {
            return process.flatMap(found -> ProcessHandle.of(found.pid())).filter(ProcessHandle::destroyForcibly).isPresent();
        }
    }
}
