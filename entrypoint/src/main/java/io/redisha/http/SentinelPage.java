package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.decide.sentinel.Hosts;
import io.redisha.loop.Health;
import io.redisha.loop.Snapshot;
import io.redisha.loop.sentinel.DataSnapshot;
import io.redisha.loop.sentinel.WatcherSnapshot;
import io.redisha.model.Address;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.SentinelView;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * A release of the architecture sentinel, as one of its pods sees it: the servers, and side by side what each sentinel says of them.
 *
 * <p>Each pod says of itself what it is, a sentinel's pod what its sentinel says: whoever is asked puts that together.
 */
final class SentinelPage implements Page {

    /** What a pod says beside its row: of the release, as it sees it. */
    private static final String RELEASE = "release";
    private static final Comparator<ObjectNode> BY_ORDINAL = Comparator.comparingInt((ObjectNode row) -> MemberId.ordinal(row.path("pod").asText()))
            .thenComparing(row -> row.path("pod").asText());

    private final Settings settings;
    private final Health health;
    private final String pod;
    private final List<PodView> pods;
    private final long now;
    private final Instant clock;

    /** What this pod says of the release. */
    private final ObjectNode release = JsonNodeFactory.instance.objectNode();
    /** As this pod last heard of the others, and its own. */
    private final Map<String, MemberRow> servers = new TreeMap<>();
    private final Map<String, ObjectNode> sentinels = new TreeMap<>();

    private SentinelPage(Settings settings, Health health, String pod, List<PodView> pods, String master, long epoch, List<String> problems, long now, Instant clock) {
        this.settings = settings;
        this.health = health;
        this.pod = pod;
        this.pods = pods;
        this.now = now;
        this.clock = clock;
        release.put("master", master).put("epoch", epoch);
        release.set("problems", Wire.texts(problems));
        for (PodView one : pods) {
            if (settings.isSentinel(one.id().pod())) {
                sentinels.put(one.id().pod(), unknown(one));
            } else {
                servers.put(one.id().pod(), MemberRow.unknown(one.id().pod(), one.ready(), one.node(), one.labels().get(settings.labels().role().key())));
            }
        }
    }

    SentinelPage(Settings settings, DataSnapshot seen, long now, Instant clock) {
        this(settings, seen, seen.self().id().pod(), seen.pods(), seen.master(), seen.epoch(), seen.problems(), now, clock);
        release.put("leader", seen.office()).put("term", seen.term());
        for (Snapshot.Sibling sibling : seen.siblings()) {
            server(sibling.state(), null, (now - sibling.at()) / 1_000_000);
        }
        server(seen.self(), clock.minusNanos(now - seen.since()).truncatedTo(ChronoUnit.MILLIS), 0);
        servers.computeIfPresent(pod, (_, row) -> row.ready(seen.ready()));
        seen.sentinels().forEach(this::sentinel);
    }

    /** @param pods of both kinds, as the API server last told */
    SentinelPage(Settings settings, WatcherSnapshot seen, List<PodView> pods, long now, Instant clock) {
        this(settings, seen, seen.pod(), pods, podOf(settings, seen.own().master()), seen.own().epoch(), seen.problems(), now, clock);
        seen.others().forEach(this::sentinel);
        sentinel(seen.own());
        sentinels.get(pod).put("ready", seen.ready());
    }

    /** Of a server's pod. @param snapshot gives null until the loop runs */
    static Supplier<Page> ofData(Settings settings, Supplier<DataSnapshot> snapshot) {
        return () -> {
            DataSnapshot seen = snapshot.get();
            return seen == null ? null : new SentinelPage(settings, seen, System.nanoTime(), Instant.now());
        };
    }

    /** Of a sentinel's pod. @param snapshot gives null until the loop runs */
    static Supplier<Page> ofWatcher(Settings settings, Supplier<WatcherSnapshot> snapshot, Supplier<List<PodView>> pods) {
        return () -> {
            WatcherSnapshot seen = snapshot.get();
            return seen == null ? null : new SentinelPage(settings, seen, pods.get(), System.nanoTime(), Instant.now());
        };
    }

    private void server(MemberState state, Instant since, long answered) {
        MemberRow known = servers.get(state.id().pod());
        servers.put(state.id().pod(), MemberRow.of(state, known == null ? null : known.ready(), known, since, answered));
    }

    private void sentinel(SentinelView view) {
        ObjectNode row = sentinels.computeIfAbsent(view.pod(), SentinelPage::blank);
        if (!view.answering()) {
            return;
        }
        row.put("names", podOf(view.master())).put("epoch", view.epoch()).put("quorum", view.quorum()).put("replicas", view.replicas().size())
                .put("replicasDown", down(view.replicas())).put("sentinels", view.sentinels().size()).put("sentinelsDown", down(view.sentinels()))
                .put("answeredMillisAgo", (now - view.at()) / 1_000_000);
        row.set("flags", Wire.texts(view.flags().stream().sorted().toList()));
    }

    private static long down(List<SentinelView.Known> known) {
        return known.stream().filter(SentinelView.Known::isDown).count();
    }

    /** All keys, in the order in which they are shown. A null is something that is not known. */
    private static ObjectNode blank(String pod) {
        ObjectNode row = JsonNodeFactory.instance.objectNode().put("pod", pod);
        for (String key : List.of("ready", "names", "epoch", "quorum", "flags", "replicas", "replicasDown", "sentinels", "sentinelsDown", "node", "answeredMillisAgo")) {
            row.putNull(key);
        }
        return row;
    }

    private static ObjectNode unknown(PodView pod) {
        return blank(pod.id().pod()).put("ready", pod.ready()).put("node", pod.node());
    }

    private String podOf(Address master) {
        return podOf(settings, master);
    }

    /** The pod, or the host itself if it is none of this release. */
    private static String podOf(Settings settings, Address master) {
        if (master == null) {
            return null;
        }
        String pod = new Hosts(settings.name(), settings.sentinel().hostSuffix(), settings.ports().redis()).podOf(master.host());
        return pod == null ? master.host() : pod;
    }

    @Override
    public Health health() {
        return health;
    }

    @Override
    public String pod() {
        return pod;
    }

    @Override
    public ObjectNode self() {
        ObjectNode row = settings.isSentinel(pod) ? sentinels.get(pod).deepCopy() : servers.get(pod).tree().put("names", Report.text(release, "master"));
        row.set(RELEASE, release);
        return row;
    }

    @Override
    public Map<String, String> others() {
        Map<String, String> found = new HashMap<>();
        for (PodView one : pods) {
            if (one.ip() != null && !one.id().pod().equals(pod)) {
                found.put(one.id().pod(), one.ip());
            }
        }
        return found;
    }

    @Override
    public Report report(Map<String, JsonNode> fresh) {
        Map<String, MemberRow> rows = new TreeMap<>(servers);
        Map<String, ObjectNode> views = new TreeMap<>(sentinels);
        Map<String, String> named = new TreeMap<>();
        Map<String, JsonNode> releases = new TreeMap<>(Map.of(pod, release));
        if (!settings.isSentinel(pod)) {
            named.put(pod, Report.text(release, "master"));
        }
        fresh.forEach((from, node) -> {
            releases.put(from, node.path(RELEASE));
            if (settings.isSentinel(from)) {
                ObjectNode row = node.deepCopy();
                row.remove(RELEASE);
                views.put(from, row);
            } else {
                rows.put(from, MemberRow.of(node));
                named.put(from, Report.text(node, "names"));
            }
        });
        // A server's agent says what it goes by, and who holds the Lease; a sentinel's only what its sentinel says.
        JsonNode best = named.containsKey(pod) || named.isEmpty() ? release : releases.get(named.keySet().iterator().next());
        List<MemberRow> shown = MemberRow.sideBySide(rows, Report.text(best, "master"));
        List<ObjectNode> watching = views.values().stream().sorted(BY_ORDINAL).toList();
        ObjectNode tree = tree(best, shown, named, watching, problems(releases, named));
        return new Report(tree, head(tree, watching), MemberRow.table(shown, clock), table(watching));
    }

    private ObjectNode tree(JsonNode best, List<MemberRow> shown, Map<String, String> named, List<ObjectNode> watching, Set<String> problems) {
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("name", settings.name()).put("master", Report.text(best, "master"))
                .put("epoch", best.path("epoch").asLong()).put("leader", Report.text(best, "leader")).put("term", best.path("term").asLong());
        root.set("problems", Wire.texts(List.copyOf(problems)));
        ArrayNode rows = root.putArray("pods");
        shown.forEach(row -> rows.add(row.tree().put("names", named.get(row.pod()))));
        ArrayNode views = root.putArray("sentinels");
        watching.forEach(views::add);
        return root;
    }

    /** What the agents say; and that the servers do not go by the same master, which only shows side by side. */
    private static Set<String> problems(Map<String, JsonNode> releases, Map<String, String> named) {
        Set<String> problems = new LinkedHashSet<>();
        releases.values().forEach(said -> said.path("problems").forEach(problem -> problems.add(problem.asText())));
        Map<String, List<String>> by = new TreeMap<>();
        named.forEach((pod, master) -> by.computeIfAbsent(master == null ? "none" : master, _ -> new ArrayList<>()).add(pod));
        if (by.size() > 1) {
            problems.add("the servers go by different masters: "
                    + String.join(", ", by.entrySet().stream().map(side -> side.getKey() + " (" + String.join(" ", side.getValue()) + ")").toList()));
        }
        return problems;
    }

    private static boolean answers(ObjectNode row) {
        return row.hasNonNull("names") && row.path("answeredMillisAgo").asLong() <= Report.SILENT;
    }

    private List<String> head(ObjectNode tree, List<ObjectNode> watching) {
        List<String> head = new ArrayList<>();
        String master = Report.text(tree, "master");
        long agree = watching.stream().filter(row -> answers(row) && row.path("names").asText().equals(master)).count();
        head.add(settings.name() + ": master " + (master == null ? "none" : master) + ", epoch " + tree.path("epoch").asLong() + ", named by " + agree + " of "
                + watching.size() + " sentinels, leader " + (tree.hasNonNull("leader") ? tree.get("leader").asText() : "none"));
        tree.path("problems").forEach(problem -> head.add("problem: " + problem.asText()));
        return head;
    }

    private static List<String[]> table(List<ObjectNode> watching) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"SENTINEL", "READY", "MASTER", "EPOCH", "QUORUM", "FLAGS", "REPLICAS", "SENTINELS", "NODE"});
        for (ObjectNode row : watching) {
            List<String> flags = new ArrayList<>();
            row.path("flags").forEach(flag -> flags.add(flag.asText()));
            lines.add(new String[] {cell(row, "pod"), Report.shown(Report.truth(row, "ready")),
                    Report.link(Report.text(row, "names"), Report.number(row, "answeredMillisAgo")), cell(row, "epoch"), cell(row, "quorum"),
                    flags.isEmpty() ? "-" : String.join(",", flags), known(row, "replicas"), known(row, "sentinels"), cell(row, "node")});
        }
        return lines;
    }

    private static String known(ObjectNode row, String what) {
        long down = row.path(what + "Down").asLong();
        return cell(row, what) + (down > 0 ? " (" + down + " down)" : "");
    }

    private static String cell(ObjectNode row, String key) {
        return Report.shown(Report.text(row, key));
    }
}
