package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.loop.Health;
import io.redisha.loop.Snapshot;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;

/** A release of the architecture replication, as one member sees it. */
final class MemberPage implements Page {

    private final String name;
    private final String labelKey;
    private final Snapshot seen;
    private final long now;
    private final Instant clock;

    /** @param now monotonic ns */
    MemberPage(Settings settings, Snapshot seen, long now, Instant clock) {
        this.name = settings.name();
        this.labelKey = settings.labels().role().key();
        this.seen = seen;
        this.now = now;
        this.clock = clock;
    }

    /** @param snapshot gives null until the loop runs */
    static Supplier<Page> of(Settings settings, Supplier<Snapshot> snapshot) {
        return () -> {
            Snapshot seen = snapshot.get();
            return seen == null ? null : new MemberPage(settings, seen, System.nanoTime(), Instant.now());
        };
    }

    @Override
    public Health health() {
        return seen;
    }

    @Override
    public String pod() {
        return seen.self().id().pod();
    }

    @Override
    public ObjectNode self() {
        ObjectNode row = own().tree();
        row.set("problems", Wire.texts(seen.problems()));
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
        for (Snapshot.Sibling sibling : seen.siblings()) {
            MemberState state = sibling.state();
            if (state.redis() != null) {
                hosts.putIfAbsent(state.id().pod(), state.redis().host());
            }
        }
        hosts.remove(pod());
        return hosts;
    }

    @Override
    public Report report(Map<String, JsonNode> fresh) {
        Map<String, MemberRow> rows = new TreeMap<>();
        for (PodView pod : seen.pods()) {
            rows.put(pod.id().pod(), MemberRow.unknown(pod.id().pod(), pod.ready(), pod.node(), pod.labels().get(labelKey)));
        }
        for (Snapshot.Sibling sibling : seen.siblings()) {
            MemberState state = sibling.state();
            MemberRow known = rows.get(state.id().pod());
            rows.put(state.id().pod(), MemberRow.of(state, known == null ? null : known.ready(), known, null, (now - sibling.at()) / 1_000_000));
        }
        fresh.forEach((pod, node) -> rows.put(pod, MemberRow.of(node)));
        rows.put(pod(), own());
        List<String> members = new ArrayList<>();
        String mode = null;
        if (seen.lease() instanceof LeaseView.Present present) {
            var record = present.record();
            record.members().forEach(m -> members.add(m.pod()));
            members.forEach(m -> rows.computeIfAbsent(m, pod -> MemberRow.unknown(pod, null, null, null)));
            mode = record.mode() == null ? null : record.mode().name().toLowerCase(Locale.ROOT);
        }
        List<MemberRow> pods = MemberRow.sideBySide(rows, seen.leader());
        Set<String> problems = new LinkedHashSet<>(seen.problems());
        new TreeMap<>(fresh).values().forEach(row -> row.path("problems").forEach(problem -> problems.add(problem.asText())));
        return new Report(tree(mode, members, problems, pods), head(mode, members, problems), MemberRow.table(pods, clock));
    }

    private ObjectNode tree(String mode, List<String> members, Set<String> problems, List<MemberRow> pods) {
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("name", name).put("leader", seen.leader()).put("term", seen.self().term())
                .put("mode", mode);
        root.set("members", Wire.texts(members));
        root.set("problems", Wire.texts(List.copyOf(problems)));
        ArrayNode rows = root.putArray("pods");
        pods.forEach(row -> rows.add(row.tree()));
        return root;
    }

    private List<String> head(String mode, List<String> members, Set<String> problems) {
        List<String> head = new ArrayList<>();
        head.add(name + ": leader " + (seen.leader() == null ? "none" : seen.leader()) + ", term " + seen.self().term() + ", mode " + Report.shown(mode)
                + ", members " + (members.isEmpty() ? "-" : String.join(" ", members)));
        problems.forEach(problem -> head.add("problem: " + problem));
        return head;
    }

    private MemberRow own() {
        PodView pod = seen.pods().stream().filter(p -> p.id().equals(seen.self().id())).findFirst().orElse(null);
        MemberRow known = pod == null ? null : MemberRow.unknown(pod.id().pod(), null, pod.node(), pod.labels().get(labelKey));
        return MemberRow.of(seen.self(), seen.ready(), known, clock.minusNanos(now - seen.since()).truncatedTo(ChronoUnit.MILLIS), 0);
    }
}
