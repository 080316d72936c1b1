package io.redisha.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.redisha.model.Identity;
import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import io.redisha.model.MemberId;
import io.redisha.model.Mode;
import io.redisha.model.Term;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A {@link LeaseRecord} as a coordination.k8s.io/v1 Lease. Reading never fails: a Lease edited by hand is read as what is the
 * safest for the release, and never as free unless its holder is empty.
 */
final class LeaseText {

    private static final String PREFIX = "redis-ha/";
    /** What is not a note. */
    private static final Set<String> FIELDS = Set.of("mode", "members", "dataset-id", "replid", "offset", "empty", "in-sync", "last-holder", "preferred");
    /** Kubernetes' MicroTime: exactly six digits. */
    private static final DateTimeFormatter MICRO_TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

    private LeaseText() {}

    /**
     * What is made of a Lease that was read.
     *
     * @param votes   see {@link #read}
     * @param version its resourceVersion
     */
    static LeaseView view(JsonNode lease, boolean votes, String version) {
        LeaseRecord record = read(lease, votes);
        JsonNode term = transitions(lease);
        if (isTerm(term)) {
            return new LeaseView.Present(record, version);
        }
        String name = lease.path("metadata").path("name").asText("");
        // not deleted: it would be made again without what is noted there, where members vote whose data is the newest; with another architecture none hangs on it
        String next = votes ? "only its holder goes on from it; if that one is gone, kubectl patch lease " + name
                + " --type merge -p '{\"spec\":{\"leaseTransitions\":N}}' with N the term that status shows, or more"
                : "it is taken for the term that was seen last";
        return new LeaseView.Unusable(record, version, "the Lease " + name + " says leaseTransitions " + shortened(term.asText()) + ", expected at most " + Term.MOST + ": " + next);
    }

    private static JsonNode transitions(JsonNode lease) {
        return lease.path("spec").path("leaseTransitions");
    }

    /** Words, and nothing at all, are term 0. */
    private static boolean isTerm(JsonNode transitions) {
        return (!transitions.isNumber() || transitions.canConvertToLong()) && transitions.asLong(0) <= Term.MOST;
    }

    private static String shortened(String number) {
        return number.length() <= 20 ? number : number.substring(0, 20) + "...";
    }

    /** @param votes whether members vote in this release: a cluster's Lease has no mode, and must not get one */
    static LeaseRecord read(JsonNode lease, boolean votes) {
        JsonNode spec = lease.path("spec");
        JsonNode annotations = lease.path("metadata").path("annotations");
        return new LeaseRecord(
                holder(spec.path("holderIdentity").asText("")),
                isTerm(transitions(lease)) ? Math.max(0, transitions(lease).asLong(0)) : 0,
                // Without a mode nobody may elect by votes: the slow way is right under either (rule V7).
                !votes ? null : text(annotations, "mode").equals(name(Mode.MEMBERS)) ? Mode.MEMBERS : Mode.API,
                list(annotations, "members").map(MemberId::parse).toList(),
                orNull(text(annotations, "dataset-id")),
                text(annotations, "replid"),
                offset(text(annotations, "offset")),
                // Unknown is "there is data", which nobody may lead empty over (rule B2).
                text(annotations, "empty").equals("true"),
                list(annotations, "in-sync").toList(),
                orNull(text(annotations, "last-holder")),
                orNull(text(annotations, "preferred")),
                time(spec.path("renewTime").asText("")),
                notes(annotations));
    }

    private static Map<String, String> notes(JsonNode annotations) {
        Map<String, String> notes = new TreeMap<>();
        annotations.properties().forEach(one -> {
            if (isNote(one.getKey())) {
                notes.put(one.getKey().substring(PREFIX.length()), one.getValue().asText());
            }
        });
        return notes;
    }

    private static boolean isNote(String annotation) {
        return annotation.startsWith(PREFIX) && !FIELDS.contains(annotation.substring(PREFIX.length()));
    }

    /** Writes into what is there, so that labels and annotations of others survive. */
    static void write(LeaseRecord record, int seconds, ObjectNode lease) {
        ObjectNode metadata = lease.withObject("/metadata");
        ObjectNode annotations = metadata.withObject("/annotations");
        put(annotations, "dataset-id", record.datasetId());
        put(annotations, "last-holder", record.lastHolder());
        if (record.mode() != null) {
            votes(record, annotations);
        } else {
            put(annotations, "empty", record.empty() ? "true" : null);
            // Who votes keeps no notes: it does not carry them along either, and what it finds is not its own.
            annotations.remove(annotations.propertyStream().map(Map.Entry::getKey)
                    .filter(one -> isNote(one) && !record.notes().containsKey(one.substring(PREFIX.length()))).toList());
        }
        record.notes().forEach((key, value) -> annotations.put(PREFIX + key, value));

        ObjectNode spec = lease.withObject("/spec");
        String holder = record.released() ? "" : record.holder().toString();
        String renewed = MICRO_TIME.format(record.renewed());
        if (!holder.equals(spec.path("holderIdentity").asText("")) || !spec.has("acquireTime")) {
            spec.put("acquireTime", renewed);
        }
        spec.put("holderIdentity", holder);
        spec.put("leaseDurationSeconds", seconds);
        spec.put("leaseTransitions", record.term());
        spec.put("renewTime", renewed);
    }

    private static void votes(LeaseRecord record, ObjectNode annotations) {
        annotations.put(PREFIX + "mode", name(record.mode()));
        annotations.put(PREFIX + "members", String.join(",", record.members().stream().map(MemberId::toString).toList()));
        put(annotations, "replid", record.replid());
        annotations.put(PREFIX + "offset", Long.toString(record.offset()));
        annotations.put(PREFIX + "empty", Boolean.toString(record.empty()));
        annotations.put(PREFIX + "in-sync", String.join(",", record.inSync()));
        put(annotations, "preferred", record.preferred());
        put(annotations, LeaseRecord.PATIENCE, record.notes().get(LeaseRecord.PATIENCE));
        put(annotations, LeaseRecord.TAKERS, record.notes().get(LeaseRecord.TAKERS));
        put(annotations, LeaseRecord.KILLS, record.notes().get(LeaseRecord.KILLS));
    }

    /** Another tool's holder is one that we do not know, not none. */
    private static Identity holder(String text) {
        if (text.isBlank()) {
            return null;
        }
        try {
            return Identity.parse(text);
        } catch (IllegalArgumentException e) {
            return new Identity(text, "", "");
        }
    }

    private static String name(Mode mode) {
        return mode.name().toLowerCase(Locale.ROOT);
    }

    private static String text(JsonNode annotations, String key) {
        return annotations.path(PREFIX + key).asText("").strip();
    }

    private static String orNull(String text) {
        return text.isEmpty() ? null : text;
    }

    private static void put(ObjectNode annotations, String key, String value) {
        if (value == null || value.isEmpty()) {
            annotations.remove(PREFIX + key);
        } else {
            annotations.put(PREFIX + key, value);
        }
    }

    private static Stream<String> list(JsonNode annotations, String key) {
        return Stream.of(text(annotations, key).split(",")).map(String::strip).filter(one -> !one.isEmpty());
    }

    private static long offset(String text) {
        try {
            long offset = Long.parseLong(text);
            return offset >= 0 && offset <= Term.MOST_NUMBER ? offset : 0;
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static Instant time(String text) {
        try {
            return Instant.parse(text).truncatedTo(ChronoUnit.MICROS);
        } catch (DateTimeParseException e) {
            return Instant.EPOCH;
        }
    }
}
