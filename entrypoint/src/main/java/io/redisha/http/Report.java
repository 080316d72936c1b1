package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.loop.Snapshot;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberState;
import io.redisha.model.PodView;
import io.redisha.model.Role;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Who is what in the release, as {@code status} shows it.
 *
 * @param leader null if none is known
 * @param term   0 and {@code mode} null before the Lease was read
 */
record Report(String name, String leader, long term, String mode, List<String> members, List<String> problems, List<Row> pods) {

    private static final JsonMapper JSON = new JsonMapper();

    /**
     * One pod. A null is something that is not known.
     *
     * @param since    when it took the role that it has
     * @param answered milliseconds since it was heard of
     */
    record Row(String pod, String role, Boolean ready, Long offset, Long lagBytes, String link, Long term, String node, Instant since,
            String label, Boolean writable, Long answered) {

        static final Comparator<Row> BY_ORDINAL =
                Comparator.comparingInt((Row r) -> io.redisha.model.MemberId.ordinal(r.pod())).thenComparing(Row::pod);

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
            String since = text(node, "since");
            return new Row(text(node, "pod"), text(node, "role"), truth(node, "ready"), number(node, "offset"), number(node, "lagBytes"),
                    text(node, "link"), number(node, "term"), text(node, "node"), since == null ? null : Instant.parse(since),
                    text(node, "label"), truth(node, "writable"), number(node, "answeredMillisAgo"));
        }

        private static String text(JsonNode node, String key) {
            return node.hasNonNull(key) ? node.get(key).asText() : null;
        }

        private static Boolean truth(JsonNode node, String key) {
            return node.hasNonNull(key) ? node.get(key).asBoolean() : null;
        }

        private static Long number(JsonNode node, String key) {
            return node.hasNonNull(key) ? node.get(key).asLong() : null;
        }
    }

    /**
     * @param fresh what the others said of themselves just now; who did not is shown as this pod last heard of it
     * @param now   monotonic ns
     */
    static Report of(String name, String labelKey, Snapshot seen, Map<String, Row> fresh, long now, Instant clock) {
        Map<String, Row> rows = new TreeMap<>();
        for (PodView pod : seen.pods()) {
            rows.put(pod.id().pod(), new Row(pod.id().pod(), null, pod.ready(), null, null, null, null, pod.node(), null,
                    pod.labels().get(labelKey), null, null));
        }
        for (Snapshot.Sibling sibling : seen.siblings()) {
            MemberState state = sibling.state();
            Row known = rows.get(state.id().pod());
            rows.put(state.id().pod(), row(state, known == null ? null : known.ready(), known, null, (now - sibling.at()) / 1_000_000));
        }
        rows.putAll(fresh);
        rows.put(seen.self().id().pod(), self(labelKey, seen, now, clock));
        boolean hasLease = seen.lease() instanceof LeaseView.Present;
        if (hasLease) {
            ((LeaseView.Present) seen.lease()).record().members()
                    .forEach(m -> rows.computeIfAbsent(m.pod(), p -> new Row(p, null, null, null, null, null, null, null, null, null, null, null)));
        }
        // Each pod knows its own offset best, and only here are they side by side.
        Row leader = seen.leader() == null ? null : rows.get(seen.leader());
        Long head = leader == null ? null : leader.offset();
        List<Row> pods = rows.values().stream().sorted(Row.BY_ORDINAL)
                .map(r -> r.lagging(head == null || r.offset() == null || r.link() == null || r == leader || !r.link().equals("up")
                        ? null : Math.max(0, head - r.offset())))
                .toList();
        List<String> members = new ArrayList<>();
        String mode = null;
        if (hasLease) {
            var record = ((LeaseView.Present) seen.lease()).record();
            record.members().forEach(m -> members.add(m.pod()));
            mode = record.mode() == null ? null : record.mode().name().toLowerCase(Locale.ROOT);
        }
        return new Report(name, seen.leader(), seen.self().term(), mode, members, seen.problems(), pods);
    }

    /** What this pod says of itself. */
    static Row self(String labelKey, Snapshot seen, long now, Instant clock) {
        PodView pod = seen.pods().stream().filter(p -> p.id().equals(seen.self().id())).findFirst().orElse(null);
        Row known = pod == null ? null : new Row(pod.id().pod(), null, null, null, null, null, null, pod.node(), null,
                pod.labels().get(labelKey), null, null);
        return row(seen.self(), seen.ready(), known, clock.minusNanos(now - seen.since()).truncatedTo(java.time.temporal.ChronoUnit.MILLIS), 0);
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

    String json() {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree()) + "\n";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private ObjectNode tree() {
        ObjectNode root = JsonNodeFactory.instance.objectNode().put("name", name).put("leader", leader).put("term", term).put("mode", mode);
        ArrayNode memberNames = root.putArray("members");
        members.forEach(memberNames::add);
        ArrayNode complaints = root.putArray("problems");
        problems.forEach(complaints::add);
        ArrayNode rows = root.putArray("pods");
        pods.forEach(row -> rows.add(row.tree()));
        return root;
    }

    /** The same keys as YAML. Each value is written as JSON, which is YAML too. */
    String yaml() {
        StringBuilder yaml = new StringBuilder();
        ObjectNode root = tree();
        root.properties().forEach(entry -> {
            if (!entry.getKey().equals("pods")) {
                yaml.append(entry.getKey()).append(": ").append(entry.getValue()).append('\n');
            }
        });
        yaml.append(pods.isEmpty() ? "pods: []\n" : "pods:\n");
        for (Row row : pods) {
            String lead = "- ";
            for (Map.Entry<String, JsonNode> entry : row.tree().properties()) {
                yaml.append(lead).append(entry.getKey()).append(": ").append(entry.getValue()).append('\n');
                lead = "  ";
            }
        }
        return yaml.toString();
    }

    String table(Instant clock) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"POD", "ROLE", "READY", "OFFSET", "LAG", "LINK", "TERM", "NODE", "SINCE"});
        for (Row row : pods) {
            String link = row.answered() == null ? "no answer"
                    : row.answered() > 5000 ? "silent " + age(Duration.ofMillis(row.answered())) : row.link();
            lines.add(new String[] {row.pod(), shown(row.role()), row.ready() == null ? "-" : row.ready() ? "yes" : "no",
                    shown(row.offset()), shown(row.lagBytes()), shown(link), shown(row.term()), shown(row.node()),
                    row.since() == null ? "-" : age(Duration.between(row.since(), clock))});
        }
        int[] width = new int[lines.getFirst().length];
        for (String[] line : lines) {
            for (int i = 0; i < line.length; i++) {
                width[i] = Math.max(width[i], line[i].length());
            }
        }
        StringBuilder table = new StringBuilder();
        table.append(name).append(": leader ").append(leader == null ? "none" : leader).append(", term ").append(term)
                .append(", mode ").append(shown(mode)).append(", members ").append(members.isEmpty() ? "-" : String.join(" ", members))
                .append('\n');
        problems.forEach(problem -> table.append("problem: ").append(problem).append('\n'));
        for (String[] line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < line.length; i++) {
                text.append(line[i]).append(" ".repeat(width[i] - line[i].length() + 2));
            }
            table.append(text.toString().stripTrailing()).append('\n');
        }
        return table.toString();
    }

    private static String shown(Object value) {
        return value == null ? "-" : value.toString();
    }

    /** As kubectl writes it: two units at most. */
    static String age(Duration age) {
        long s = Math.max(0, age.toSeconds());
        return s < 120 ? s + "s"
                : s < 7200 ? s / 60 + "m" + (s % 60 == 0 ? "" : s % 60 + "s")
                : s < 172_800 ? s / 3600 + "h" + (s / 60 % 60 == 0 ? "" : s / 60 % 60 + "m")
                : s / 86_400 + "d" + (s / 3600 % 24 == 0 ? "" : s / 3600 % 24 + "h");
    }
}
