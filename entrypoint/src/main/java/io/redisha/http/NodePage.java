package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.loop.Health;
import io.redisha.loop.cluster.ClusterSnapshot;
import io.redisha.loop.cluster.ClusterSnapshot.Progress;
import io.redisha.model.ClusterNode;
import io.redisha.model.MemberId;
import io.redisha.model.NodeState;
import io.redisha.model.PodView;
import io.redisha.model.Reason;
import io.redisha.model.Role;
import io.redisha.model.Slots;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A release of the architecture cluster, as one node's agent sees it.
 *
 * <p>Each pod says of itself what it is, and the leader also what it does with the cluster's shape: whoever is asked puts that together.
 */
final class NodePage implements Page {

    /** What a pod says beside its row: of the release, as it sees it. */
    private static final String RELEASE = "release";
    /** More ranges than these are counted instead of listed. */
    private static final int RANGES = 2;

    private final String name;
    private final String roleKey;
    private final String shardKey;
    private final ClusterSnapshot seen;
    private final long now;
    private final Instant clock;

    /** @param now monotonic ns */
    NodePage(Settings settings, ClusterSnapshot seen, long now, Instant clock) {
        this.name = settings.name();
        this.roleKey = settings.labels().role().key();
        this.shardKey = settings.labels().shard();
        this.seen = seen;
        this.now = now;
        this.clock = clock;
    }

    /** @param snapshot gives null until the loop runs */
    static Supplier<Page> of(Settings settings, Supplier<ClusterSnapshot> snapshot) {
        return () -> {
            ClusterSnapshot seen = snapshot.get();
            return seen == null ? null : new NodePage(settings, seen, System.nanoTime(), Instant.now());
        };
    }

    /** Null for a node that is no part of a cluster's work: one without slots and without a master. */
    static Role role(NodeState state) {
        ClusterNode self = state.topology().myself();
        return !state.running() || self == null ? null : self.isReplica() ? Role.REPLICA : self.ownsSlots() ? Role.MASTER : null;
    }

    @Override
    public Health health() {
        return seen;
    }

    @Override
    public String pod() {
        return seen.self().pod();
    }

    @Override
    public ObjectNode self() {
        ObjectNode row = own();
        int pods = seen.pods().stream().mapToInt(p -> p.id().ordinal() + 1).max().orElse(0);
        ObjectNode release = row.putObject(RELEASE).put("leader", seen.leader()).put("term", seen.term()).put("pods", pods);
        if (seen.shape() != null) {
            NodeWire.put(release.putObject("shape"), seen.shape());
        }
        release.put("settled", seen.settled());
        if (seen.progress() != null) {
            release.set("progress", tree(seen.progress()));
        }
        release.set("problems", Wire.texts(seen.problems()));
        release.put("foreign", seen.unready().equals(Reason.FOREIGN_DATA.text()));
        return row;
    }

    @Override
    public Map<String, String> others() {
        Map<String, String> hosts = new HashMap<>();
        for (PodView pod : seen.pods()) {
            if (pod.ip() != null) {
                hosts.put(pod.id().pod(), pod.ip());
            }
        }
        for (ClusterSnapshot.Sibling sibling : seen.siblings()) {
            if (sibling.state().redis() != null) {
                hosts.putIfAbsent(sibling.state().pod(), sibling.state().redis().host());
            }
        }
        hosts.remove(pod());
        return hosts;
    }

    @Override
    public Report report(Map<String, JsonNode> fresh) {
        Map<String, ObjectNode> rows = new TreeMap<>();
        for (PodView pod : seen.pods()) {
            rows.put(pod.id().pod(), unknown(pod));
        }
        for (ClusterSnapshot.Sibling sibling : seen.siblings()) {
            rows.put(sibling.state().pod(), row(sibling.state(), (now - sibling.at()) / 1_000_000));
        }
        Map<String, JsonNode> releases = new TreeMap<>();
        fresh.forEach((pod, node) -> {
            ObjectNode row = node.deepCopy();
            JsonNode release = row.remove(RELEASE);
            if (release != null) {
                releases.put(pod, release);
            }
            rows.put(pod, row);
        });
        ObjectNode own = self();
        releases.put(pod(), own.remove(RELEASE));
        rows.put(pod(), own);
        rows.values().forEach(row -> lag(row, rows));
        List<ObjectNode> pods = rows.values().stream().sorted(BY_SHARD).toList();
        ObjectNode tree = tree(pods, releases);
        return new Report(tree, head(tree), table(pods));
    }

    /** Shards in order, after them what belongs to none; of each the master first. */
    private static final Comparator<ObjectNode> BY_SHARD = Comparator
            .comparingInt((ObjectNode row) -> row.hasNonNull("shard") ? row.get("shard").asInt() : Integer.MAX_VALUE)
            .thenComparing(row -> !"master".equals(Report.text(row, "role")))
            .thenComparingInt(row -> MemberId.ordinal(row.path("pod").asText()))
            .thenComparing(row -> row.path("pod").asText());

    private ObjectNode own() {
        ObjectNode row = row(seen.self(), 0);
        return row.put("ready", seen.ready()).put("since", clock.minusNanos(now - seen.since()).truncatedTo(ChronoUnit.MILLIS).toString());
    }

    private PodView view(String pod) {
        return seen.pods().stream().filter(p -> p.id().pod().equals(pod)).findFirst().orElse(null);
    }

    private ObjectNode unknown(PodView pod) {
        return blank(pod.id().pod()).put("ready", pod.ready()).put("node", pod.node()).put("label", pod.labels().get(roleKey))
                .put("shardLabel", pod.labels().get(shardKey));
    }

    /** All keys, in the order in which they are shown. A null is something that is not known. */
    private ObjectNode blank(String pod) {
        ObjectNode row = JsonNodeFactory.instance.objectNode().put("shard", seen.shards().get(pod)).put("pod", pod);
        for (String key : List.of("id", "role", "master", "ready", "slots", "slotCount", "keys", "offset", "lagBytes", "link", "stateOk", "moving", "knows",
                "node", "zone", "since", "label", "shardLabel", "engine", "answeredMillisAgo")) {
            row.putNull(key);
        }
        return row;
    }

    /** @param answered milliseconds since it was heard of */
    private ObjectNode row(NodeState state, long answered) {
        PodView view = view(state.pod());
        ObjectNode row = view == null ? blank(state.pod()) : unknown(view);
        row.put("id", state.nodeId()).put("link", link(state)).put("answeredMillisAgo", answered);
        if (state.node() != null && !state.node().isEmpty()) {
            row.put("node", state.node());
        }
        if (state.zone() != null && !state.zone().isEmpty()) {
            row.put("zone", state.zone());
        }
        ClusterNode self = state.topology().myself();
        // of one that is silent others have the slots by now, or will have them: with what it said last it would be a second master
        if (answered > Report.SILENT || !state.running() || state.server() == null || self == null) {
            return row;
        }
        Role role = role(state);
        row.put("role", role == null ? null : role.name().toLowerCase(Locale.ROOT))
                .put("keys", state.server().keys()).put("offset", state.server().offset()).put("stateOk", state.server().stateOk())
                .put("moving", self.migrating().size() + self.importing().size())
                .put("knows", state.topology().nodes().stream().filter(n -> !n.isHandshake()).count())
                .put("engine", state.server().engine() + " " + state.server().version());
        if (self.isReplica()) {
            row.put("master", podOf(self.master()));
        } else {
            row.put("slots", self.slots().toString()).put("slotCount", self.slots().size());
        }
        return row;
    }

    private String podOf(String id) {
        if (id == null) {
            return null;
        }
        if (id.equals(seen.self().nodeId())) {
            return pod();
        }
        return seen.siblings().stream().map(ClusterSnapshot.Sibling::state).filter(s -> id.equals(s.nodeId())).map(NodeState::pod).findFirst()
                // one that has been silent since this agent started may still be known by its host name
                .or(() -> seen.self().topology().node(id).map(node -> node.hostname().split("\\.")[0]).filter(host -> host.startsWith(name + "-")))
                .orElse(id);
    }

    private static String link(NodeState state) {
        if (!state.running() || state.server() == null) {
            return "no server";
        }
        if (state.server().loading()) {
            return "loading";
        }
        ClusterNode self = state.topology().myself();
        if (self == null || self.isMaster()) {
            return role(state) == Role.MASTER ? "-" : state.topology().isAlone() ? "alone" : "no slots";
        }
        return state.server().syncing() ? "syncing" : state.server().linkUp() ? "up" : "down";
    }

    /** Each pod knows its own offset best, and only here are they side by side. */
    private static void lag(ObjectNode row, Map<String, ObjectNode> rows) {
        ObjectNode master = row.hasNonNull("master") ? rows.get(row.get("master").asText()) : null;
        if (master != null && master.hasNonNull("offset") && row.hasNonNull("offset") && row.path("link").asText().equals("up")) {
            row.put("lagBytes", Math.max(0, master.get("offset").asLong() - row.get("offset").asLong()));
        }
    }

    private ObjectNode tree(List<ObjectNode> pods, Map<String, JsonNode> releases) {
        List<ObjectNode> nodes = pods.stream().filter(NodePage::isNode).toList();
        Slots covered = Slots.NONE;
        Set<String> masters = new LinkedHashSet<>();
        for (ObjectNode row : nodes) {
            if (row.path("slotCount").asInt() > 0) {
                covered = covered.plus(slots(row));
                masters.add(row.path("pod").asText());
            }
        }
        boolean ok = !nodes.isEmpty() && nodes.stream().allMatch(row -> row.path("stateOk").asBoolean());
        // whoever was asked may not have heard yet who leads; the leader knows
        String leader = releases.entrySet().stream().filter(e -> e.getKey().equals(Report.text(e.getValue(), "leader"))).map(Map.Entry::getKey).findFirst()
                .orElse(seen.leader());
        JsonNode said = leader == null || !releases.containsKey(leader) ? JsonNodeFactory.instance.objectNode() : releases.get(leader);
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("name", name).put("state", ok ? "ok" : "fail").put("slotsCovered", covered.size())
                .put("shards", masters.size()).put("leader", leader).put("term", said.has("term") ? said.get("term").asLong() : seen.term());
        root.set("shape", said.get("shape"));
        root.put("settled", Report.truth(said, "settled"));
        root.set("progress", said.get("progress"));
        root.set("problems", Wire.texts(problems(leader, releases, nodes)));
        ArrayNode rows = root.putArray("pods");
        pods.forEach(rows::add);
        return root;
    }

    /** It answers, and is a part of the cluster. */
    private static boolean isNode(ObjectNode row) {
        return row.hasNonNull("role");
    }

    private static Slots slots(ObjectNode row) {
        try {
            return Slots.parse(row.path("slots").asText(""));
        } catch (IllegalArgumentException e) {
            return Slots.NONE;
        }
    }

    /** The leader's first: it sees the whole. */
    private static List<String> problems(String leader, Map<String, JsonNode> releases, List<ObjectNode> nodes) {
        Set<String> problems = new LinkedHashSet<>();
        if (leader != null && releases.containsKey(leader)) {
            releases.get(leader).path("problems").forEach(problem -> problems.add(problem.asText()));
        }
        releases.values().forEach(release -> release.path("problems").forEach(problem -> problems.add(problem.asText())));
        List<String> down = nodes.stream().filter(row -> !row.path("stateOk").asBoolean()).map(row -> row.path("pod").asText()).toList();
        if (!down.isEmpty()) {
            problems.add((down.size() == nodes.size() ? "every node says" : String.join(", ", down) + (down.size() == 1 ? " says" : " say"))
                    + " that the cluster is down (cluster_state:fail)");
        }
        return List.copyOf(problems);
    }

    private List<String> head(ObjectNode tree) {
        List<String> head = new ArrayList<>();
        JsonNode shape = tree.path("shape");
        head.add(name + ": state " + tree.path("state").asText() + ", " + tree.path("slotsCovered").asInt() + " of " + Slots.COUNT + " slots covered, "
                + counted(tree.path("shards").asInt(), "shard") + ", leader " + (tree.hasNonNull("leader") ? tree.get("leader").asText() : "none")
                + (shape.isObject() ? ", shape " + inWords(shape) : ""));
        tree.path("problems").forEach(problem -> head.add("problem: " + problem.asText()));
        if (tree.hasNonNull("progress")) {
            head.add(tree.get("progress").path("inWords").asText());
        }
        return head;
    }

    private static String inWords(JsonNode shape) {
        return counted(shape.path("shards").asInt(), "shard") + " with " + counted(shape.path("replicasPerShard").asInt(), "replica") + " each on " + shape.path("pods").asInt()
                + " pods";
    }

    private static String counted(int count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private static ObjectNode tree(Progress progress) {
        return JsonNodeFactory.instance.objectNode().put("what", progress.what()).put("slotsDone", progress.done()).put("slotsTotal", progress.total())
                .put("keys", progress.keys()).put("keysPerSecond", progress.keysPerSecond())
                .put("secondsLeft", progress.secondsLeft() < 0 ? null : progress.secondsLeft()).put("inWords", inWords(progress));
    }

    private static String inWords(Progress p) {
        return "moving slots: " + p.done() + "/" + p.total() + " (" + (p.total() == 0 ? 100 : p.done() * 100 / p.total()) + " %), " + p.keysPerSecond() + " keys/s"
                + (p.secondsLeft() < 0 ? "" : ", " + p.secondsLeft() + " s left") + " (" + p.what() + ")";
    }

    private List<String[]> table(List<ObjectNode> pods) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"SHARD", "POD", "ROLE", "READY", "SLOTS", "KEYS", "OFFSET", "LAG", "LINK", "NODE", "SINCE"});
        for (ObjectNode row : pods) {
            lines.add(new String[] {cell(row, "shard"), cell(row, "pod"), cell(row, "role"), Report.shown(Report.truth(row, "ready")), shownSlots(row),
                    cell(row, "keys"), cell(row, "offset"), cell(row, "lagBytes"), Report.link(Report.text(row, "link"), Report.number(row, "answeredMillisAgo")),
                    cell(row, "node"), Report.since(Report.instant(row, "since"), clock)});
        }
        return lines;
    }

    private static String cell(ObjectNode row, String key) {
        return Report.shown(Report.text(row, key));
    }

    private static String shownSlots(ObjectNode row) {
        List<Slots.Range> ranges = slots(row).ranges();
        return ranges.isEmpty() ? "-" : ranges.size() <= RANGES ? String.join(" ", ranges.stream().map(Slots.Range::toString).toList())
                : row.path("slotCount").asInt() + " in " + ranges.size() + " ranges";
    }
}
