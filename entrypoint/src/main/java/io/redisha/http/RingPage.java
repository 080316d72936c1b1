package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.loop.Health;
import io.redisha.loop.peers.RingSnapshot;
import io.redisha.model.MemberId;
import io.redisha.model.PeerPhase;
import io.redisha.model.PeerState;
import io.redisha.model.Sighting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

/** A release of the architecture peers, as one pod's agent sees it. A pod's row is also what the other agents read of it. */
public final class RingPage implements Page {

    private final String name;
    private final RingSnapshot seen;
    private final String node;
    private final long now;
    private final Instant clock;

    /** @param now monotonic ns */
    RingPage(Settings settings, RingSnapshot seen, String node, long now, Instant clock) {
        this.name = settings.name();
        this.seen = seen;
        this.node = node;
        this.now = now;
        this.clock = clock;
    }

    /** @param node where this pod runs */
    static Supplier<Page> of(Settings settings, Supplier<RingSnapshot> snapshot, String node) {
        return () -> {
            RingSnapshot seen = snapshot.get();
            return seen == null ? null : new RingPage(settings, seen, node, System.nanoTime(), Instant.now());
        };
    }

    /** The state in a row. @throws IOException if it is none, such as that of another architecture's pod */
    public static PeerState state(String row) throws IOException {
        JsonNode tree = Wire.tree(row.getBytes(StandardCharsets.UTF_8));
        String phase = Report.text(tree, "phase");
        String pod = Report.text(tree, "pod");
        if (phase == null || pod == null) {
            throw new IOException("no peer");
        }
        Map<String, String> given = new HashMap<>();
        tree.path("given").properties().forEach(entry -> given.put(entry.getKey(), entry.getValue().asText()));
        try {
            return new PeerState(pod, tree.path("run").asText(""), PeerPhase.valueOf(phase.toUpperCase(Locale.ROOT)), tree.path("answers").asBoolean(),
                    tree.path("ring").asText(""), given);
        } catch (IllegalArgumentException e) {
            throw new IOException("phase: " + phase, e);
        }
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
        ObjectNode row = row(seen.self());
        row.put("ready", seen.ready()).put("since", clock.minusNanos(now - seen.since()).truncatedTo(ChronoUnit.MILLIS).toString()).put("node", node);
        row.put("waitsFor", seen.self().phase() == PeerPhase.WAITING ? seen.unready() : null);
        row.set("problems", Wire.texts(seen.problems()));
        return row;
    }

    @Override
    public Map<String, String> others() {
        Map<String, String> hosts = new HashMap<>();
        for (Sighting other : seen.seen()) {
            if (other.pod() != null) {
                hosts.put(other.pod(), other.ip());
            }
        }
        return hosts;
    }

    @Override
    public Report report(Map<String, JsonNode> fresh) {
        Map<String, ObjectNode> rows = new TreeMap<>(Comparator.<String>comparingInt(MemberId::ordinal).thenComparing(Comparator.naturalOrder()));
        for (Sighting other : seen.seen()) {
            rows.put(other.name(), JsonNodeFactory.instance.objectNode().put("pod", other.name()));
        }
        fresh.forEach((pod, row) -> rows.put(pod, row.deepCopy()));
        ObjectNode own = self();
        rows.put(pod(), own);
        seen.seen().forEach(other -> rows.get(other.name()).put("address", other.ip()));

        Set<String> rings = new LinkedHashSet<>();
        Set<String> problems = new LinkedHashSet<>();
        int ready = 0;
        for (ObjectNode row : rows.values()) {
            ready += row.path("ready").asBoolean() ? 1 : 0;
            if (row.path("ready").asBoolean() && !row.path("ring").asText("").isEmpty()) {
                rings.add(row.get("ring").asText());
            }
            row.path("problems").forEach(problem -> problems.add(row.path("pod").asText() + ": " + problem.asText()));
            row.remove("problems");
        }
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("name", name).put("ready", ready).put("rings", rings.size());
        root.set("problems", Wire.texts(List.copyOf(problems)));
        root.putArray("pods").addAll(rows.values());
        List<String> head = new ArrayList<>();
        head.add(name + ": " + ready + " of " + rows.size() + " pods answer" + (rings.size() > 1 ? ", " + rings.size() + " rings" : ""));
        problems.forEach(problem -> head.add("problem: " + problem));
        return new Report(root, head, table(rows.values()));
    }

    private static ObjectNode row(PeerState state) {
        ObjectNode row = JsonNodeFactory.instance.objectNode().put("pod", state.pod()).put("phase", state.phase().name().toLowerCase(Locale.ROOT))
                .put("answers", state.answers()).put("run", state.run()).put("ring", state.ring());
        ObjectNode given = row.putObject("given");
        new TreeMap<>(state.given()).forEach(given::put);
        return row;
    }

    private List<String[]> table(Iterable<ObjectNode> pods) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"POD", "READY", "PHASE", "JOINED", "RING", "NODE", "SINCE"});
        for (ObjectNode row : pods) {
            boolean silent = !row.has("phase");
            lines.add(new String[] {row.path("pod").asText(), Report.shown(Report.truth(row, "ready")), silent ? "no answer" : row.get("phase").asText(),
                    silent || row.path("given").isEmpty() ? "-" : String.join(" ", row.path("given").properties().stream().map(Map.Entry::getKey).toList()),
                    Report.shown(row.path("ring").asText("").isEmpty() ? null : row.get("ring").asText().split(" ")[0]), Report.shown(Report.text(row, "node")),
                    Report.since(Report.instant(row, "since"), clock)});
        }
        return lines;
    }
}
