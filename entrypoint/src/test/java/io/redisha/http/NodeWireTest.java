package io.redisha.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.Misconf;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.ShardWord;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.Random;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NodeWireTest {

    private final Random random = new Random(4);

    private <T> T maybe(Supplier<T> value) {
        return random.nextInt(4) == 0 ? null : value.get();
    }

    private String word() {
        return maybe(() -> List.of("", "a", "redis-ha-1", "0123456789abcdef", "\"\\\n ü").get(random.nextInt(5)));
    }

    private Address address() {
        return maybe(() -> new Address(List.of("10.0.0.1", "fd00::7", "").get(random.nextInt(3)), random.nextInt(65536)));
    }

    private Slots slots() {
        Slots slots = Slots.NONE;
        for (int i = random.nextInt(20); i > 0; i--) {
            int first = random.nextInt(Slots.COUNT);
            slots = slots.plus(Slots.range(first, Math.min(Slots.COUNT - 1, first + random.nextInt(300))));
        }
        return slots;
    }

    private Map<Integer, String> onTheirWay() {
        Map<Integer, String> map = new LinkedHashMap<>();
        IntStream.range(0, random.nextInt(4)).forEach(i -> map.put(random.nextInt(Slots.COUNT), "id" + i));
        return map;
    }

    private ClusterNode node() {
        Map<String, String> aux = new LinkedHashMap<>();
        IntStream.range(0, random.nextInt(3)).forEach(i -> aux.put("key-" + (9 - i), "v" + i));
        LinkedHashSet<String> flags = new LinkedHashSet<>(List.of("slave", "myself", "fail?", "noaddr").subList(0, random.nextInt(5)));
        return new ClusterNode(word(), address(), random.nextInt(65536), word(), aux, flags, word(), random.nextLong(), random.nextLong(), random.nextLong(),
                random.nextBoolean(), slots(), onTheirWay(), onTheirWay());
    }

    private NodeInfo server() {
        return maybe(() -> new NodeInfo(word(), word(), word(), maybe(() -> Role.values()[random.nextInt(2)]), word(), random.nextLong(-1, (1L << 62) + 1), random.nextBoolean(),
                random.nextBoolean(), random.nextBoolean(), random.nextLong(), random.nextBoolean(), random.nextLong(), random.nextLong(), Misconf.values()[random.nextInt(3)],
                random.nextBoolean()));
    }

    @Test
    void readsEveryStateThatItWrote() throws IOException {
        for (int i = 0; i < 500; i++) {
            NodeState state = new NodeState(new MemberId("p-" + random.nextInt(9), "u"), address(), word(), word(), random.nextBoolean(), server(),
                    new Topology(IntStream.range(0, random.nextInt(7)).mapToObj(n -> node()).toList()), word(), random.nextBoolean(), word(), word(),
                    random.nextBoolean(), new ShardWord(List.of(Map.<String, Long>of(), Map.of("a", 0L), Map.of("a", 7L, "b", 1L << 40)).get(random.nextInt(3)), random.nextLong(1L << 62), random.nextLong(-1, 99),
                            random.nextBoolean(), word()));

            assertThat(NodeWire.state(NodeWire.encode(state))).isEqualTo(state);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"4611686018427387905", "-2", "99999999999999999999", "\"7\""})
    void aStateWithAnOffsetThatCannotBeIsNone(String offset) {
        String state = "{\"id\":\"redis-ha-0=u\",\"server\":{\"offset\":" + offset + "}}";

        assertThatThrownBy(() -> NodeWire.state(state.getBytes(StandardCharsets.UTF_8))).isInstanceOf(IOException.class).hasMessageStartingWith("offset is no number from ");
    }

    /** Rule K3: a sibling's nodes.conf may have to be written from it. */
    @Test
    void keepsTheOrderOfWhatTheServerSays() throws IOException {
        Map<String, String> aux = new LinkedHashMap<>();
        List.of("z", "shard-id", "a", "nodename").forEach(key -> aux.put(key, key));
        ClusterNode node = new ClusterNode("id", new Address("10.0.0.1", 6379), 16379, "h", aux, new LinkedHashSet<>(List.of("myself", "master", "fail?")), null, 0, 0,
                1, true, Slots.ALL, Map.of(), Map.of());

        ClusterNode read = NodeWire.state(NodeWire.encode(SomeCluster.state(0, "a", null, new Topology(List.of(node))))).topology().myself();

        assertThat(read.aux().keySet()).containsExactly("z", "shard-id", "a", "nodename");
        assertThat(read.flags()).containsExactly("myself", "master", "fail?");
    }

    @Test
    void understandsANewerAndAnOlderProgram() throws IOException {
        NodeState state = NodeWire.state("{\"id\":\"redis-ha-0=u\",\"color\":\"red\",\"topology\":[{\"id\":\"x\",\"flags\":[\"myself\"],\"new\":1}]}"
                .getBytes(StandardCharsets.UTF_8));

        assertThat(state.pod()).isEqualTo("redis-ha-0");
        assertThat(state.server()).isNull();
        assertThat(state.topology().myself().slots()).isEqualTo(Slots.NONE);
        assertThat(state.usable()).isFalse();
    }

    @Test
    void carriesOrders() throws IOException {
        assertThat(NodeWire.datasetId(NodeWire.datasetId("set-1"))).isEqualTo("set-1");
        assertThat(NodeWire.target(NodeWire.target(Shape.of(3, 2)))).isEqualTo(Shape.of(3, 2));
        assertThat(NodeWire.target(NodeWire.target((Shape) null))).isNull();
        assertThat(NodeWire.switchover(NodeWire.switchover(2, null))).isEqualTo(new NodeWire.Switchover(2, null));
        assertThat(NodeWire.switchover(NodeWire.switchover(null, "a"))).isEqualTo(new NodeWire.Switchover(null, "a"));
        assertThat(NodeWire.confirmed(NodeWire.confirmed(true))).isTrue();
        assertThat(NodeWire.confirmed("{}".getBytes(StandardCharsets.UTF_8))).isFalse();
    }

    @Test
    void refusesHalfAnOrder() {
        for (String half : List.of("{\"shards\":3}", "{\"shards\":3,\"replicasPerShard\":\"1\",\"pods\":6}", "{\"shards\":3,\"replicasPerShard\":1.5,\"pods\":6}", "[]", "")) {
            assertThatThrownBy(() -> NodeWire.target(half.getBytes(StandardCharsets.UTF_8))).as(half).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> NodeWire.datasetId("{}".getBytes(StandardCharsets.UTF_8))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> NodeWire.state("{}".getBytes(StandardCharsets.UTF_8))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> NodeWire.switchover("{\"shard\":\"one\"}".getBytes(StandardCharsets.UTF_8))).isInstanceOf(IOException.class);
    }
}
