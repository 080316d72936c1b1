package io.redisha.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;

/**
 * Who is what in the release, as {@code status} shows it: the same facts for a program and for a person.
 *
 * @param tree  what JSON and YAML tell; of what there are several, one object each
 * @param head  what stands above the table, a line each
 * @param table its heading and its lines
 * @param below another one, of pods that are something else; empty for none
 */
record Report(ObjectNode tree, List<String> head, List<String[]> table, List<String[]> below) {

    private static final JsonMapper JSON = new JsonMapper();
    /** Milliseconds after which what a pod said last is no news any more. */
    static final long SILENT = 5000;

    Report(ObjectNode tree, List<String> head, List<String[]> table) {
        this(tree, head, table, List.of());
    }

    String json() {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree) + "\n";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same keys as YAML. Each value is written as JSON, which is YAML too. */
    String yaml() {
        StringBuilder yaml = new StringBuilder();
        tree.properties().forEach(entry -> {
            yaml.append(entry.getKey()).append(":");
            if (entry.getValue().isArray() && entry.getValue().path(0).isObject()) {
                entry.getValue().forEach(row -> yaml(row, yaml.append('\n')));
            } else {
                yaml.append(' ').append(entry.getValue());
            }
            yaml.append('\n');
        });
        return yaml.toString();
    }

    private static void yaml(JsonNode row, StringBuilder yaml) {
        String lead = "- ";
        for (Map.Entry<String, JsonNode> entry : row.properties()) {
            yaml.append(lead).append(entry.getKey()).append(": ").append(entry.getValue());
            lead = "\n  ";
        }
    }

    String text() {
        StringBuilder text = new StringBuilder();
        head.forEach(line -> text.append(line).append('\n'));
        text(table, text);
        if (!below.isEmpty()) {
            text(below, text.append('\n'));
        }
        return text.toString();
    }

    private static void text(List<String[]> table, StringBuilder text) {
        int[] width = new int[table.getFirst().length];
        for (String[] line : table) {
            for (int i = 0; i < line.length; i++) {
                width[i] = Math.max(width[i], line[i].length());
            }
        }
        for (String[] cells : table) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < cells.length; i++) {
                line.append(cells[i]).append(" ".repeat(width[i] - cells[i].length() + 2));
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
    }

    /** A cell of the table. */
    static String shown(Object value) {
        return value == null ? "-" : value instanceof Boolean truth ? truth ? "yes" : "no" : value.toString();
    }

    /** A cell that says how long ago something was. */
    static String since(Instant since, Instant clock) {
        return since == null ? "-" : age(Duration.between(since, clock));
    }

    /** The link of a pod that was heard of so many milliseconds ago, null for never. */
    static String link(String link, Long answered) {
        return answered == null ? "no answer" : answered > SILENT ? "silent " + age(Duration.ofMillis(answered)) : shown(link);
    }

    /** As kubectl writes it: two units at most. */
    static String age(Duration age) {
        long s = Math.max(0, age.toSeconds());
        return s < 120 ? s + "s"
                : s < 7200 ? s / 60 + "m" + (s % 60 == 0 ? "" : s % 60 + "s")
                : s < 172_800 ? s / 3600 + "h" + (s / 60 % 60 == 0 ? "" : s / 60 % 60 + "m")
                : s / 86_400 + "d" + (s / 3600 % 24 == 0 ? "" : s / 3600 % 24 + "h");
    }

    // a row is sent from pod to pod: what an older program does not say is not known

    static String text(JsonNode node, String key) {
        return node.hasNonNull(key) ? node.get(key).asText() : null;
    }

    static Boolean truth(JsonNode node, String key) {
        return node.hasNonNull(key) ? node.get(key).asBoolean() : null;
    }

    static Long number(JsonNode node, String key) {
        return node.hasNonNull(key) ? node.get(key).asLong() : null;
    }

    static Instant instant(JsonNode node, String key) {
        String text = text(node, key);
        try {
            return text == null ? null : Instant.parse(text);
        } catch (DateTimeParseException e) {
            return null;
        }
    }
}
