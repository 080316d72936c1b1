package io.redisha.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.model.Shape;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class ClusterFormationTest {

    private static ObjectNode row(SortedMap<String, JsonNode> answers, int ordinal) {
        return (ObjectNode) answers.get("redis-ha-" + ordinal);
    }

    /** What pods say before the upgrade is what they say after it. */
    private static ObjectNode release(SortedMap<String, JsonNode> answers) {
        return (ObjectNode) row(answers, 1).get("release");
    }

    /** After an installation or an upgrade. */
    @Nested
    class Form {

        private final SortedMap<String, JsonNode> answers = Files.nodes(3);

        private List<String> missing() {
            return ClusterFormation.missing(Files.cluster(6379, 8379, 8380), answers);
        }

        @Test
        void findsNothingMissingInAWholeCluster() {
            assertThat(missing()).isEmpty();
        }

        @Test
        void waitsForNoProblemToEnd() {
            release(answers).putArray("problems").add("redis-ha-1: its AOF can't be written");

            assertThat(missing()).isEmpty();
        }

        @Test
        void missesAPodThatDoesNotAnswerAndWhatItOwned() {
            answers.remove("redis-ha-2");

            assertThat(missing()).containsExactly("redis-ha-2 does not answer", "5461 of 16384 slots have no master", "2 pods own slots, not 3");
        }

        @Test
        void saysInOneLineThatThereIsNoClusterYet() {
            IntStream.range(0, 6).forEach(i -> row(answers, i).putNull("role").put("link", "alone").put("slots", "").put("slotCount", 0));
            release(answers).put("settled", false).putArray("problems").add("redis-ha-5 holds keys of somebody else");

            assertThat(missing()).containsExactly("the cluster is not created yet", "redis-ha-5 holds keys of somebody else");
        }

        @Test
        void doesNotTakeTwoOwnersForOne() {
            row(answers, 1).put("slots", "5461-10922");

            assertThat(missing()).containsExactly("redis-ha-1 and another pod both say that they own slots 5461");
        }

        @Test
        void wantsEveryReplica() {
            row(answers, 4).put("master", "redis-ha-0");
            row(answers, 5).put("link", "syncing").put("ready", false);

            assertThat(missing()).containsExactly("redis-ha-1 has 0 of 1 replicas in sync", "redis-ha-2 has 0 of 1 replicas in sync",
                    "redis-ha-5 is not in sync (link syncing)");
        }

        @Test
        void wantsEveryPodToBeReadyAndOfOneMind() {
            row(answers, 0).put("ready", false);
            row(answers, 1).put("stateOk", false);
            row(answers, 3).put("knows", 7);
            row(answers, 5).putNull("role").put("link", "no slots");

            assertThat(missing()).containsExactly("redis-ha-2 has 0 of 1 replicas in sync", "redis-ha-0 is not ready",
                    "redis-ha-1 says that the cluster is down (cluster_state:fail)", "redis-ha-3 counts on 7 nodes, not 6",
                    "redis-ha-5 is not part of the cluster yet (no slots)");
        }

        @Test
        void wantsTheLabelsThatFit() {
            row(answers, 0).put("label", "replica");
            row(answers, 3).putNull("shardLabel");
            row(answers, 4).put("shardLabel", "2");

            assertThat(missing()).containsExactly("redis-ha-0 has label role=replica, not master", "redis-ha-3 has label shard=, not 0",
                    "redis-ha-4 has label shard=2, not 1");
        }

        @Test
        void waitsWhileSlotsMove() {
            row(answers, 2).put("moving", 1);

            assertThat(missing()).containsExactly("slots are moving");
        }

        @Test
        void waitsForNoReplicaThatRemembersAMoveOfItsMaster() {
            row(answers, 3).put("moving", 1);

            assertThat(missing()).isEmpty();
        }

        /** Balance and what else belongs to a shape is for one place to judge. */
        @Test
        void waitsUntilTheLeaderIsDoneWithTheShapeOfTheSettings() {
            release(answers).put("settled", false);
            assertThat(missing()).containsExactly("the leader redis-ha-1 is not done yet");

            ((ObjectNode) release(answers).get("shape")).put("shards", 4);
            release(answers).putArray("problems").add("redis-ha-7 does not exist");
            assertThat(missing()).containsExactly("the leader redis-ha-1 has not taken up the new shape yet", "redis-ha-7 does not exist");

            release(answers).put("leader", "redis-ha-9");
            assertThat(missing()).containsExactly("no pod leads");
        }

        /** What it says when all is well is no reason to wait: a spread that can't be had, for example. */
        @Test
        void doesNotWaitForAProblemThatTheLeaderCanLiveWith() {
            release(answers).putArray("problems").add("shard 0 has all its pods on node-1");

            assertThat(missing()).isEmpty();
        }
    }

    /** Before an upgrade, from five shards to three. */
    @Nested
    class Leaving {

        private final Shape target = Shape.of(3, 1);
        private final List<String> go = List.of("redis-ha-6", "redis-ha-7", "redis-ha-8", "redis-ha-9");
        private final SortedMap<String, JsonNode> answers = new TreeMap<>(Files.nodes(3));

        Leaving() {
            Files.nodes(5).forEach((pod, row) -> answers.putIfAbsent(pod, row));
            go.forEach(pod -> ((ObjectNode) answers.get(pod)).putNull("role").put("slots", "").put("slotCount", 0).put("knows", 1).put("link", "alone"));
        }

        private List<String> missing() {
            return ClusterFormation.leaving(target, go, answers);
        }

        @Test
        void letsThemGoWhenTheyOwnNothingAndAreForgotten() {
            assertThat(missing()).isEmpty();
        }

        @Test
        void doesNotWaitForAPodWithForeignDataThatNeverWasPartOfTheCluster() {
            row(answers, 6).put("slotCount", 16384);
            row(answers, 6).putObject("release").put("foreign", true);

            assertThat(missing()).isEmpty();
        }

        @Test
        void keepsWhoOwnsSlotsOrIsPartOfTheCluster() {
            row(answers, 6).put("slotCount", 1).put("knows", 10);
            row(answers, 7).put("role", "replica").put("knows", 10);
            row(answers, 9).putNull("knows").putNull("slotCount").put("link", "no server");
            row(answers, 0).put("knows", 8);
            release(answers).putArray("problems").add("redis-ha-2 does not answer: slots can't move to it");

            assertThat(missing()).containsExactly("redis-ha-6 owns slots", "redis-ha-7 is still part of the cluster", "redis-ha-9 has no server (no server)",
                    "the cluster still counts on more than 6 nodes", "redis-ha-2 does not answer: slots can't move to it");
        }

        @Test
        void asksTheOthersAboutADeadPod() {
            answers.remove("redis-ha-8");
            assertThat(missing()).isEmpty();

            row(answers, 4).put("knows", 7);
            assertThat(missing()).containsExactly("the cluster still counts on more than 6 nodes");
        }

        @Test
        void asksTheOthersAboutAPodWhoseServerCannotStart() {
            row(answers, 9).putNull("knows").putNull("slotCount").put("link", "no server");
            assertThat(missing()).isEmpty();

            row(answers, 4).put("knows", 7);
            assertThat(missing()).containsExactly("redis-ha-9 has no server (no server)", "the cluster still counts on more than 6 nodes");
        }

        @Test
        void believesNobodyWhenTheOthersAreSilent() {
            IntStream.range(0, 6).forEach(i -> answers.remove("redis-ha-" + i));

            assertThat(missing()).containsExactly("none of the pods that stay answers", "no leader has taken up the new shape yet");
        }

        @Test
        void waitsForALeaderThatWorksForTheNewShape() {
            ((ObjectNode) release(answers).get("shape")).put("pods", 10);

            assertThat(missing()).containsExactly("no leader has taken up the new shape yet");
        }
    }
}
