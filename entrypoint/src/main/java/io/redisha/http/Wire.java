package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Heartbeat;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Misconf;
import io.redisha.model.Mode;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import io.redisha.model.Term;
import io.redisha.model.Timings;
import io.redisha.model.Vote;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What members say to each other, as JSON. Field by field and without reflection: the same message is read by an older and
 * a newer program during an upgrade, so a field that is missing or unknown is no error, and null stays null. Two things make the whole message none: a term or
 * an offset that can't be, for what is compared by it and counted on from it must not overflow (rule L3), and that nobody says of whom it is.
 */
final class Wire {

    private static final JsonMapper JSON = new JsonMapper();
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Wire() {}

    static byte[] encode(Heartbeat heartbeat) {
        return bytes(NODES.objectNode()
                .put("leader", text(heartbeat.leader()))
                .put("redis", text(heartbeat.redis()))
                .put("term", heartbeat.term())
                .put("sequence", heartbeat.sequence())
                .put("open", heartbeat.open())
                .put("datasetId", heartbeat.datasetId())
                .put("replid", heartbeat.replid())
                .put("counted", heartbeat.counted())
                .put("patience", heartbeat.patience() / Timings.MS)
                .put("anew", heartbeat.anew()));
    }

    static Heartbeat heartbeat(byte[] body) throws IOException {
        JsonNode node = tree(body);
        return new Heartbeat(identity(present(node, "leader")), address(present(node, "redis")), number(node, "term", 0, Term.MOST_TOLD),
                node.path("sequence").asLong(), node.path("open").asBoolean(), text(node.get("datasetId")), text(node.get("replid")),
                node.path("counted").asBoolean(), patience(node), node.has("anew") ? text(node.get("anew")) : Heartbeat.ANYBODY);
    }

    /** Milliseconds there, as all that a person may read; nanoseconds here. */
    private static long patience(JsonNode node) {
        return Math.clamp(node.path("patience").asLong(), 0, Timings.MOST_PATIENCE / Timings.MS) * Timings.MS;
    }

    static byte[] encode(Heartbeat.Reply reply) {
        ObjectNode node = NODES.objectNode().put("accepted", reply.accepted()).put("sequence", reply.sequence())
                .put("patience", reply.patience() / Timings.MS)
                .put("anew", reply.anew());
        node.set("state", node(reply.state()));
        return bytes(node);
    }

    static Heartbeat.Reply heartbeatReply(byte[] body) throws IOException {
        JsonNode node = tree(body);
        return new Heartbeat.Reply(node.path("accepted").asBoolean(), node.path("sequence").asLong(), state(present(node, "state"), Term.MOST_TOLD),
                patience(node), node.path("anew").asBoolean());
    }

    static byte[] encode(Vote vote) {
        return bytes(NODES.objectNode().put("candidate", text(vote.candidate())).put("term", vote.term()));
    }

    static Vote vote(byte[] body) throws IOException {
        JsonNode node = tree(body);
        return new Vote(identity(present(node, "candidate")), number(node, "term", 0, Term.MOST_TOLD));
    }

    static byte[] encode(Vote.Reply reply) {
        ObjectNode node = NODES.objectNode().put("granted", reply.granted()).put("term", reply.term());
        node.set("state", node(reply.state()));
        return bytes(node);
    }

    static Vote.Reply voteReply(byte[] body) throws IOException {
        JsonNode node = tree(body);
        return new Vote.Reply(node.path("granted").asBoolean(), number(node, "term", 0, Term.MOST_TOLD), state(present(node, "state"), Term.MOST_TOLD));
    }

    static byte[] encode(MemberState state) {
        return bytes(node(state));
    }

    /** Of a member that votes. */
    static MemberState state(byte[] body) throws IOException {
        return state(tree(body), Term.MOST_TOLD);
    }

    /** Of a server that sentinels watch over: its term is their epoch, which no Lease has to say. */
    static MemberState watched(byte[] body) throws IOException {
        return state(tree(body), Term.MOST_NUMBER);
    }

    static byte[] encode(LeaseView.Present lease) {
        LeaseRecord record = lease.record();
        ObjectNode node = NODES.objectNode()
                .put("version", lease.version())
                .put("holder", text(record.holder()))
                .put("term", record.term())
                .put("mode", text(record.mode()))
                .put("datasetId", record.datasetId())
                .put("replid", record.replid())
                .put("offset", record.offset())
                .put("empty", record.empty())
                .put("lastHolder", record.lastHolder())
                .put("preferred", record.preferred())
                .put("renewed", text(record.renewed()))
                .put(LeaseRecord.TAKERS, record.notes().get(LeaseRecord.TAKERS))
                .put(LeaseRecord.KILLS, record.notes().get(LeaseRecord.KILLS));
        node.set("members", texts(record.members()));
        node.set("inSync", texts(record.inSync()));
        return bytes(node);
    }

    static LeaseView.Present lease(byte[] body) throws IOException {
        JsonNode node = tree(body);
        String renewed = text(node.get("renewed"));
        LeaseRecord record = new LeaseRecord(
                identity(node.get("holder")),
                number(node, "term", 0, Term.MOST),
                constant(Mode.class, node.get("mode")),
                texts(node.get("members")).stream().map(MemberId::parse).toList(),
                text(node.get("datasetId")),
                text(node.get("replid")),
                offset(node, "offset"),
                node.path("empty").asBoolean(),
                texts(node.get("inSync")),
                text(node.get("lastHolder")),
                text(node.get("preferred")),
                renewed == null ? null : Instant.parse(renewed),
                notes(node));
        return new LeaseView.Present(record, text(node.get("version")));
    }

    private static Map<String, String> notes(JsonNode node) {
        Map<String, String> notes = new TreeMap<>();
        for (String note : List.of(LeaseRecord.TAKERS, LeaseRecord.KILLS)) {
            String said = text(node.get(note));
            if (said != null) {
                notes.put(note, said);
            }
        }
        return notes;
    }

    static String switchoverTo(byte[] body) throws IOException {
        return body.length == 0 ? null : text(tree(body).get("to"));
    }

    static byte[] switchoverTo(String pod) {
        return bytes(NODES.objectNode().put("to", pod));
    }

    static boolean preferred(byte[] body) throws IOException {
        return tree(body).path("preferred").asBoolean();
    }

    static byte[] preferred(boolean preferred) {
        return bytes(NODES.objectNode().put("preferred", preferred));
    }

    static JsonNode tree(byte[] body) throws IOException {
        JsonNode node = JSON.readTree(body);
        if (!node.isObject()) {
            throw new IOException("not a JSON object");
        }
        return node;
    }

    private static JsonNode node(MemberState state) {
        if (state == null) {
            return NODES.nullNode();
        }
        ObjectNode node = NODES.objectNode()
                .put("id", text(state.id()))
                .put("redis", text(state.redis()))
                .put("term", state.term())
                .put("leading", state.leading())
                .put("open", state.open())
                .put("running", state.running())
                .put("revision", state.revision())
                .put("stopping", state.stopping());
        node.set("server", node(state.server()));
        node.set("data", node(state.data()));
        return node;
    }

    /** @param most highest that a term may be */
    private static MemberState state(JsonNode node, long most) throws IOException {
        return new MemberState(MemberId.parse(present(node, "id").asText()), address(present(node, "redis")), number(node, "term", 0, most),
                node.path("leading").asBoolean(), node.path("open").asBoolean(), node.path("running").asBoolean(), server(node.get("server")),
                data(present(node, "data"), most), text(node.get("revision")), node.path("stopping").asBoolean());
    }

    private static JsonNode node(ServerInfo server) {
        if (server == null) {
            return NODES.nullNode();
        }
        return NODES.objectNode()
                .put("runId", server.runId())
                .put("role", text(server.role()))
                .put("replid", server.replid())
                .put("replid2", server.replid2())
                .put("offset", server.offset())
                .put("secondOffset", server.secondOffset())
                .put("loading", server.loading())
                .put("syncing", server.syncing())
                .put("linkUp", server.linkUp())
                .put("empty", server.empty())
                .put("priority", server.priority())
                .put("master", text(server.master()))
                .put("goodReplicas", server.goodReplicas())
                .put("minReplicas", server.minReplicas())
                .put("aof", server.aof().name())
                .put("misconf", server.misconf().name())
                .put("receiving", server.receiving());
    }

    private static ServerInfo server(JsonNode node) throws IOException {
        if (absent(node)) {
            return null;
        }
        return new ServerInfo(text(node.get("runId")), constant(Role.class, node.get("role")), text(node.get("replid")),
                text(node.get("replid2")), offset(node, "offset"), offset(node, "secondOffset"),
                node.path("loading").asBoolean(), node.path("syncing").asBoolean(), node.path("linkUp").asBoolean(),
                node.path("empty").asBoolean(), node.path("priority").asInt(), address(node.get("master")),
                node.path("goodReplicas").asInt(), node.path("minReplicas").asInt(), absent(node.get("aof")) ? ServerInfo.Aof.OFF : constant(ServerInfo.Aof.class, node.get("aof")),
                misconf(node), node.path("receiving").asBoolean(node.path("syncing").asBoolean()));
    }

    /** What 0.3.0 does not say, and a later version may say in words of its own. At worst a master that refuses writes hands over to one that does so too (H7). */
    static Misconf misconf(JsonNode server) {
        String said = server.path("misconf").asText("");
        return Arrays.stream(Misconf.values()).filter(known -> known.name().equals(said)).findFirst().orElse(Misconf.NONE);
    }

    private static JsonNode node(Data data) {
        if (data == null) {
            return NODES.nullNode();
        }
        return NODES.objectNode()
                .put("datasetId", data.datasetId())
                .put("term", data.term())
                .put("replid", data.replid())
                .put("replid2", data.replid2())
                .put("secondOffset", data.secondOffset())
                .put("offset", data.offset())
                .put("complete", data.complete())
                .put("restored", data.restored())
                .put("torn", data.torn());
    }

    private static Data data(JsonNode node, long most) throws IOException {
        return new Data(text(node.get("datasetId")), number(node, "term", 0, most), text(node.get("replid")), text(node.get("replid2")),
                offset(node, "secondOffset"), offset(node, "offset"), node.path("complete").asBoolean(), node.path("restored").asBoolean(),
                node.path("torn").asBoolean());
    }

    /** -1 is none, as Redis says it. */
    static long offset(JsonNode node, String key) throws IOException {
        return number(node, key, -1, Term.MOST_NUMBER);
    }

    /** 0 where nothing is said. */
    private static long number(JsonNode node, String key, long least, long most) throws IOException {
        JsonNode said = node.path(key);
        if (absent(said) || said.isMissingNode()) {
            return 0;
        }
        if (!said.isIntegralNumber() || !said.canConvertToLong() || said.asLong() < least || said.asLong() > most) {
            throw new IOException(key + " is no number from " + least + " to " + most);
        }
        return said.asLong();
    }

    private static JsonNode present(JsonNode node, String key) throws IOException {
        JsonNode said = node.get(key);
        if (absent(said)) {
            throw new IOException(key + " is missing");
        }
        return said;
    }

    static Identity identity(JsonNode node) throws IOException {
        try {
            return absent(node) ? null : Identity.parse(node.asText());
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    static Address address(JsonNode node) {
        if (absent(node)) {
            return null;
        }
        String text = node.asText();
        int colon = text.lastIndexOf(':');
        return new Address(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
    }

    static <E extends Enum<E>> E constant(Class<E> type, JsonNode node) {
        return absent(node) ? null : Enum.valueOf(type, node.asText());
    }

    static boolean absent(JsonNode node) {
        return node == null || node.isNull();
    }

    static String text(JsonNode node) {
        return absent(node) ? null : node.asText();
    }

    static String text(Object value) {
        return value == null ? null : value.toString();
    }

    static ArrayNode texts(List<?> values) {
        ArrayNode array = NODES.arrayNode();
        values.forEach(value -> array.add(value.toString()));
        return array;
    }

    static List<String> texts(JsonNode node) {
        List<String> texts = new ArrayList<>();
        if (node != null) {
            node.forEach(item -> texts.add(item.asText()));
        }
        return List.copyOf(texts);
    }

    static byte[] bytes(JsonNode node) {
        try {
            return JSON.writeValueAsBytes(node);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
