package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.model.MemberId;
import io.redisha.model.MemberState;
import io.redisha.model.Role;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One pod with a master or a replica. A null is something that is not known.
 *
 * @param since    when it took the role that it has
 * @param answered milliseconds since it was heard of
 */
record MemberRow(String pod, String role, Boolean ready, Long offset, Long lagBytes, String link, Long term, String node, Instant since,
        String label, Boolean writable, Long answered) {

    static final Comparator<MemberRow> BY_ORDINAL = Comparator.comparingInt((MemberRow r) -> MemberId.ordinal(r.pod())).thenComparing(MemberRow::pod);

    static MemberRow unknown(String pod, Boolean ready, String node, String label) {
        return new MemberRow(pod, null, ready, null, null, null, null, node, null, label, null, null);
    }

    MemberRow ready(boolean now) {
        return new MemberRow(pod, role, now, offset, lagBytes, link, term, node, since, label, writable, answered);
    }

    /** Each pod knows its own offset best, and only here are they side by side. @param master its pod, null if nobody knows it */
    static List<MemberRow> sideBySide(Map<String, MemberRow> rows, String master) {
        MemberRow leader = master == null ? null : rows.get(master);
        Long head = leader == null ? null : leader.offset();
        return rows.values().stream().sorted(BY_ORDINAL)
                .map(r -> r.lagging(head == null || r.offset() == null || r.link() == null || r == leader || !r.link().equals("up")
                        ? null : Math.max(0, head - r.offset())))
                .toList();
    }

    private MemberRow lagging(Long bytes) {
        return new MemberRow(pod, role, ready, offset, bytes, link, term, node, since, label, writable, answered);
    }

    static List<String[]> table(List<MemberRow> rows, Instant clock) {
        List<String[]> lines = new ArrayList<>();
        lines.add(new String[] {"POD", "ROLE", "READY", "OFFSET", "LAG", "LINK", "TERM", "NODE", "SINCE"});
        for (MemberRow row : rows) {
            lines.add(new String[] {row.pod, Report.shown(row.role), Report.shown(row.ready), Report.shown(row.offset), Report.shown(row.lagBytes),
                    Report.link(row.link, row.answered), Report.shown(row.term), Report.shown(row.node), Report.since(row.since, clock)});
        }
        return lines;
    }

    ObjectNode tree() {
        return JsonNodeFactory.instance.objectNode()
                .put("pod", pod).put("role", role).put("ready", ready).put("offset", offset).put("lagBytes", lagBytes).put("link", link)
                .put("term", term).put("node", node).put("since", since == null ? null : since.toString()).put("label", label)
                .put("writable", writable).put("answeredMillisAgo", answered);
    }

    static MemberRow of(JsonNode node) {
        return new MemberRow(Report.text(node, "pod"), Report.text(node, "role"), Report.truth(node, "ready"), Report.number(node, "offset"),
                Report.number(node, "lagBytes"), Report.text(node, "link"), Report.number(node, "term"), Report.text(node, "node"),
                Report.instant(node, "since"), Report.text(node, "label"), Report.truth(node, "writable"), Report.number(node, "answeredMillisAgo"));
    }

    static MemberRow of(MemberState state, Boolean ready, MemberRow known, Instant since, long answered) {
        boolean answers = state.running() && state.server() != null;
        return new MemberRow(state.id().pod(), answers ? state.server().role().name().toLowerCase(Locale.ROOT) : null, ready,
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
