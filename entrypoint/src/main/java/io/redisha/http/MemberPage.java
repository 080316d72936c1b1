package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.config.Settings;
import io.redisha.loop.Health;
import io.redisha.loop.Snapshot;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Role;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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

    /**
     * One pod. A null is something that is not known.
     *
     * @param since    when it took the role that it has
     * @param answered milliseconds since it was heard of
     */
    private record Row(String pod, String role, Boolean ready, Long offset, Long lagBytes, String link, Long term, String node, Instant since,
            String label, Boolean writable, Long answered) {

        static final Comparator<Row> BY_ORDINAL = Comparator.comparingInt((Row r) -> MemberId.ordinal(r.pod())).thenComparing(Row::pod);

        static Row unknown(String pod, Boolean ready, String node, String label) {
            return new Row(pod, null, ready, null, null, null, null, node, null, label, null, null);
        }

        Row lagging(Long bytes) {
            return new Row(pod, role, ready, offset, bytes, link, term, node, since, label, writable, answered);
        }

        ObjectNode tree() {
            return JsonNodeFactory.instance.objectNode()
                    .put("pod", pod).put("role", role).put("ready", ready).put("offset", offset).put("lagBytes", lagBytes).put("link", link)
                    .put("term", term).put("node", node).put("since", since == null ? null : since.toString()).put("label", label)
                    .put("writable", writable).put("answeredMillisAgo", answered);
        }

        static Row of(JsonNode node) {
            return new Row(Report.text(node, "pod"), Report.text(node, "role"), Report.truth(node, "ready"), Report.number(node, "offset"),
                    Report.number(node, "lagBytes"), Report.text(node, "link"), Report.number(node, "term"), Report.text(node, "node"),
                    Report.instant(node, "since"), Report.text(node, "label"), Report.truth(node, "writable"), Report.number(node, "answeredMillisAgo"));
        }
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
        return own().tree();
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
        Map<String, Row> rows = new TreeMap<>();
        for (PodView pod : seen.pods()) {
            rows.put(pod.id().pod(), Row.unknown(pod.id().pod(), pod.ready(), pod.node(), pod.labels().get(labelKey)));
        }
        for (Snapshot.Sibling sibling : seen.siblings()) {
            MemberState state = sibling.state();
            Row known = rows.get(state.id().pod());
            rows.put(state.id().pod(), row(state, known == null ? null : known.ready(), known, null, (now - sibling.at()) / 1_000_000));
        }
        fresh.forEach((pod, node) -> rows.put(pod, Row.of(node)));
        rows.put(pod(), own());
        List<String> members = new ArrayList<>();
        String mode = null;
        if (seen.lease() instanceof LeaseView.Present present) {
            var record = present.record();
            record.members().forEach(m -> members.add(m.pod()));
            members.forEach(m -> rows.computeIfAbsent(m, pod -> Row.unknown(pod, null, null, null)));
            mode = record.mode() == null ? null : record.mode().name().toLowerCase(Locale.ROOT);
        }
        // Each pod knows its own offset best, and only here are they side by side.
        Row leader = seen.leader() == null ? null : rows.get(seen.leader());
        Long head = leader == null ? null : leader.offset();
        List<Row> pods = rows.values().stream().sorted(Row.BY_ORDINAL)
                .map(r -> r.lagging(head == null || r.offset() == null || r.link() == null || r == leader || !r.link().equals("up")
                        ? null : Math.max(0, head - r.offset())))
                .toList();
        return new Report(tree(mode, members, pods), head(mode, members), table(pods));
    }

    private ObjectNode tree(String mode, List<String> members, List<Row> pods) {
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("name", name).put("leader", seen.leader()).put("term", seen.self().term())
                .put("mode", mode);
        root.set("members", Wire.texts(members));
        root.set("problems", Wire.texts(seen.problems()));
        ArrayNode rows = root.putArray("pods");
        pods.forEach(row -> rows.add(row.tree()));
        return root;
    }

    private List<String> head(String mode, List<String> members) {
        List<String> head = new ArrayList<>();
        head.add(name + ": leader " + (seen.leader() == null ? "none" : seen.leader()) + ", term " + seen.self().term() + ", mode " + Report.shown(mode)
                + ", members " + (members.isEmpty() ? "-" : String.join(" ", members)));
        seen.problems().forEach(problem -> head.add("problem: " + problem));
        return head;
    }

    private List<String[]> table(List<Row> pods) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"POD", "ROLE", "READY", "OFFSET", "LAG", "LINK", "TERM", "NODE", "SINCE"});
        for (Row row : pods) {
            lines.add(new String[] {row.pod(), Report.shown(row.role()), Report.shown(row.ready()), Report.shown(row.offset()),
                    Report.shown(row.lagBytes()), Report.link(row.link(), row.answered()), Report.shown(row.term()), Report.shown(row.node()),
                    Report.since(row.since(), clock)});
        }
        return lines;
    }

    private Row own() {
        PodView pod = seen.pods().stream().filter(p -> p.id().equals(seen.self().id())).findFirst().orElse(null);
        Row known = pod == null ? null : Row.unknown(pod.id().pod(), null, pod.node(), pod.labels().get(labelKey));
        return row(seen.self(), seen.ready(), known, clock.minusNanos(now - seen.since()).truncatedTo(ChronoUnit.MILLIS), 0);
    }

    private static Row row(MemberState state, Boolean ready, Row known, Instant since, long answered) {
        boolean answers = state.running() && state.server() != null;
        return new Row(state.id().pod(), answers ? state.server().role().name().toLowerCase(Locale.ROOT) : null, ready,
                answers ? state.server().offset() : null, null, link(state), state.term(), known == null ? null : known.node(), since,
                known == null ? null : known.label(), state.writable(), answered);
    }

    private static String link(MemberState state) {
        if (!state.running() || state.server() == null) {
            return "no server";
        }
        if (state.server().loading()) {
            return "loading";
        }
        if (state.server().role() == Role.MASTER) {
            return "-";
        }
        return state.server().syncing() ? "syncing" : state.server().linkUp() ? "up" : "down";
    }

    /** Bytes that {@code replica} is behind, null where the two offsets do not compare (rule C3). */
    static Long lag(MemberState leader, MemberState replica) {
        if (leader.server() == null || replica.server() == null || !leader.server().replid().equals(replica.server().replid())) {
            return null;
        }
        return Math.max(0, leader.server().offset() - replica.server().offset());
    }
}
