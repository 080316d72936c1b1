package io.redisha.http;

import static io.redisha.http.Wire.NODES;
import static io.redisha.http.Wire.absent;
import static io.redisha.http.Wire.address;
import static io.redisha.http.Wire.bytes;
import static io.redisha.http.Wire.constant;
import static io.redisha.http.Wire.offset;
import static io.redisha.http.Wire.text;
import static io.redisha.http.Wire.texts;
import static io.redisha.http.Wire.tree;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeInfo;
import io.redisha.model.NodeState;
import io.redisha.model.Role;
import io.redisha.model.Shape;
import io.redisha.model.ShardWord;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the agents of cluster nodes say to each other, as JSON, in the manner of {@link Wire}. */
final class NodeWire {

    private NodeWire() {}

    /** @param shard null if {@code to} tells, which is null for whoever is best */
    record Switchover(Integer shard, String to) {}

    static byte[] encode(NodeState state) {
        ObjectNode node = NODES.objectNode()
                .put("id", text(state.id()))
                .put("redis", text(state.redis()))
                .put("node", state.node())
                .put("zone", state.zone())
                .put("running", state.running())
                .put("nodeId", state.nodeId())
                .put("whole", state.whole())
                .put("datasetId", state.datasetId())
                .put("revision", state.revision())
                .put("stopping", state.stopping());
        node.set("server", node(state.server()));
        node.set("topology", node(state.topology()));
        node.set("word", node(state.word()));
        return bytes(node);
    }

    static NodeState state(byte[] body) throws IOException {
        JsonNode node = tree(body);
        String id = text(node.get("id"));
        if (id == null) {
            throw new IOException("no pod says this");
        }
        return new NodeState(MemberId.parse(id), address(node.get("redis")), text(node.get("node")), text(node.get("zone")),
                node.path("running").asBoolean(), server(node.get("server")), topology(node.get("topology")), text(node.get("nodeId")),
                node.path("whole").asBoolean(), text(node.get("datasetId")), text(node.get("revision")), node.path("stopping").asBoolean(), word(node.get("word")));
    }

    private static ObjectNode node(ShardWord word) {
        ObjectNode node = NODES.objectNode().put("applied", word.applied()).put("lost", word.lost()).put("asks", word.asks()).put("permits", word.permits());
        ObjectNode behind = NODES.objectNode();
        word.behind().forEach(behind::put);
        node.set("behind", behind);
        return node;
    }

    /** An older agent says none. */
    private static ShardWord word(JsonNode node) throws IOException {
        if (absent(node)) {
            return ShardWord.NONE;
        }
        Map<String, Long> behind = new LinkedHashMap<>();
        node.path("behind").properties().forEach(entry -> behind.put(entry.getKey(), Math.max(0, entry.getValue().asLong())));
        return new ShardWord(behind, offset(node, "applied"), node.path("lost").asLong(-1), node.path("asks").asBoolean(), text(node.get("permits")));
    }

    static byte[] datasetId(String datasetId) {
        return bytes(NODES.objectNode().put("datasetId", datasetId));
    }

    static String datasetId(byte[] body) throws IOException {
        String datasetId = text(tree(body).get("datasetId"));
        if (datasetId == null || datasetId.isBlank()) {
            throw new IOException("no datasetId");
        }
        return datasetId;
    }

    /** @param target null: what the StatefulSet says */
    static byte[] target(Shape target) {
        ObjectNode node = NODES.objectNode();
        return bytes(target == null ? node : put(node, target));
    }

    static ObjectNode put(ObjectNode node, Shape shape) {
        return node.put("shards", shape.shards()).put("replicasPerShard", shape.replicasPerShard()).put("pods", shape.pods());
    }

    static Shape target(byte[] body) throws IOException {
        JsonNode node = tree(body);
        return node.isEmpty() ? null : new Shape(whole(node, "shards"), whole(node, "replicasPerShard"), whole(node, "pods"));
    }

    static byte[] switchover(Integer shard, String to) {
        return bytes(NODES.objectNode().put("shard", shard).put("to", to));
    }

    static Switchover switchover(byte[] body) throws IOException {
        JsonNode node = tree(body);
        return new Switchover(absent(node.get("shard")) ? null : whole(node, "shard"), text(node.get("to")));
    }

    static byte[] confirmed(boolean confirmed) {
        return bytes(NODES.objectNode().put("confirmed", confirmed));
    }

    static boolean confirmed(byte[] body) throws IOException {
        return tree(body).path("confirmed").asBoolean();
    }

    private static int whole(JsonNode node, String key) throws IOException {
        if (!node.path(key).isInt()) {
            throw new IOException(key + " is no number");
        }
        return node.get(key).asInt();
    }

    private static JsonNode node(NodeInfo server) {
        if (server == null) {
            return NODES.nullNode();
        }
        return NODES.objectNode()
                .put("runId", server.runId())
                .put("engine", server.engine())
                .put("version", server.version())
                .put("role", text(server.role()))
                .put("replid", server.replid())
                .put("offset", server.offset())
                .put("loading", server.loading())
                .put("syncing", server.syncing())
                .put("linkUp", server.linkUp())
                .put("keys", server.keys())
                .put("stateOk", server.stateOk())
                .put("epoch", server.epoch())
                .put("memory", server.memory())
                .put("misconf", server.misconf().name())
                .put("failoverAllowed", server.failoverAllowed());
    }

    private static NodeInfo server(JsonNode node) throws IOException {
        if (absent(node)) {
            return null;
        }
        return new NodeInfo(text(node.get("runId")), text(node.get("engine")), text(node.get("version")), constant(Role.class, node.get("role")),
                text(node.get("replid")), offset(node, "offset"), node.path("loading").asBoolean(), node.path("syncing").asBoolean(),
                node.path("linkUp").asBoolean(), node.path("keys").asLong(), node.path("stateOk").asBoolean(), node.path("epoch").asLong(),
                node.path("memory").asLong(), Wire.misconf(node), node.path("failoverAllowed").asBoolean());
    }

    private static ArrayNode node(Topology topology) {
        ArrayNode nodes = NODES.arrayNode();
        topology.nodes().forEach(node -> nodes.add(node(node)));
        return nodes;
    }

    private static Topology topology(JsonNode array) {
        List<ClusterNode> nodes = new ArrayList<>();
        if (!absent(array)) {
            array.forEach(node -> nodes.add(clusterNode(node)));
        }
        return nodes.isEmpty() ? Topology.NONE : new Topology(nodes);
    }

    private static ObjectNode node(ClusterNode one) {
        ObjectNode node = NODES.objectNode()
                .put("id", one.id())
                .put("redis", text(one.redis()))
                .put("busPort", one.busPort())
                .put("hostname", one.hostname())
                .put("master", one.master())
                .put("pingSent", one.pingSent())
                .put("pongReceived", one.pongReceived())
                .put("epoch", one.epoch())
                .put("linkUp", one.linkUp())
                .put("slots", one.slots().toString());
        node.set("flags", texts(List.copyOf(one.flags())));
        node.set("aux", node(one.aux()));
        node.set("migrating", node(one.migrating()));
        node.set("importing", node(one.importing()));
        return node;
    }

    private static ClusterNode clusterNode(JsonNode node) {
        Map<Integer, String> migrating = new LinkedHashMap<>();
        Map<Integer, String> importing = new LinkedHashMap<>();
        map(node.get("migrating")).forEach((slot, id) -> migrating.put(Integer.valueOf(slot), id));
        map(node.get("importing")).forEach((slot, id) -> importing.put(Integer.valueOf(slot), id));
        // in the order of the server: a sibling may have to write its nodes.conf from this (rule K3)
        Set<String> flags = Collections.unmodifiableSet(new LinkedHashSet<>(texts(node.get("flags"))));
        return new ClusterNode(text(node.get("id")), address(node.get("redis")), node.path("busPort").asInt(), text(node.get("hostname")),
                Collections.unmodifiableMap(map(node.get("aux"))), flags, text(node.get("master")), node.path("pingSent").asLong(),
                node.path("pongReceived").asLong(), node.path("epoch").asLong(), node.path("linkUp").asBoolean(),
                Slots.parse(node.path("slots").asText("")), Map.copyOf(migrating), Map.copyOf(importing));
    }

    private static ObjectNode node(Map<?, String> map) {
        ObjectNode node = NODES.objectNode();
        map.forEach((key, value) -> node.put(key.toString(), value));
        return node;
    }

    private static Map<String, String> map(JsonNode node) {
        Map<String, String> map = new LinkedHashMap<>();
        if (!absent(node)) {
            node.properties().forEach(entry -> map.put(entry.getKey(), entry.getValue().asText()));
        }
        return map;
    }
}
