package io.redisha.decide.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.cluster.Placement.Place;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PlacementTest {

    private static Place place(int ordinal, String node, String zone) {
        return new Place("r-" + ordinal, node, zone);
    }

    private static List<Place> pods(String... nodes) {
        List<Place> pods = new ArrayList<>();
        for (String n : nodes) {
            pods.add(place(pods.size(), n, ""));
        }
        return pods;
    }

    @Test
    void spreadsMastersOverNodesThenZones() {
        assertThat(Placement.masters(List.of(), pods("n1", "n1", "n2", "n2", "n3", "n3"), 3)).extracting(Place::pod).containsExactly("r-0", "r-2", "r-4");
        List<Place> free = List.of(place(0, "n1", "a"), place(1, "n2", "a"), place(2, "n3", "b"), place(3, "n4", "c"));
        assertThat(Placement.masters(List.of(), free, 3)).extracting(Place::zone).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void takesNoAccountOfUnknownNodesAndZones() {
        assertThat(Placement.masters(List.of(), pods("", "", "", ""), 3)).extracting(Place::pod).containsExactly("r-0", "r-1", "r-2");
    }

    @Test
    void mindsMastersThatAreThereAlready() {
        assertThat(Placement.masters(pods("n1", "n2"), List.of(place(2, "n1", ""), place(3, "n3", "")), 1)).extracting(Place::pod).containsExactly("r-3");
    }

    @Test
    void membersOfAShardAreOnDifferentNodesWheneverThatIsPossible() {
        for (long seed = 0; seed < 3_000; seed++) {
            Random r = new Random(seed);
            int shards = 3 + r.nextInt(2);
            int each = 1 + r.nextInt(2);
            int nodes = 2 + r.nextInt(4);
            List<Place> pods = new ArrayList<>();
            Map<String, Integer> crowd = new HashMap<>();
            for (int i = 0; i < shards * (1 + each); i++) {
                int n = r.nextInt(nodes);
                pods.add(place(i, "n" + n, "z" + n % 3));
                crowd.merge("n" + n, 1, Integer::sum);
            }
            List<Place> masters = Placement.masters(List.of(), pods, shards);
            List<List<Place>> all = new ArrayList<>();
            masters.forEach(m -> all.add(new ArrayList<>(List.of(m))));
            List<Place> free = pods.stream().filter(p -> !masters.contains(p)).toList();
            Map<String, Integer> to = Placement.replicas(all, free);
            free.forEach(p -> all.get(to.get(p.pod())).add(p));
            int together = 0;
            for (List<Place> shard : all) {
                assertThat(shard).hasSize(1 + each);
                for (int i = 0; i < shard.size(); i++) {
                    for (int j = i + 1; j < shard.size(); j++) {
                        together += shard.get(i).sharesNode(shard.get(j)) ? 1 : 0;
                    }
                }
            }
            // a node with more pods than shards has to have some twice in a shard, spread over the shards at best
            int unavoidable = crowd.values().stream().mapToInt(n -> pairs(n, shards)).sum();
            assertThat(together).as("seed %d: %s", seed, all).isEqualTo(unavoidable);
        }
    }

    private static int pairs(int pods, int shards) {
        int pairs = 0;
        for (int i = 0; i < shards; i++) {
            int here = pods / shards + (i < pods % shards ? 1 : 0);
            pairs += here * (here - 1) / 2;
        }
        return pairs;
    }
}
