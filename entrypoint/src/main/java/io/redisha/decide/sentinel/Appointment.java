package io.redisha.decide.sentinel;

import io.redisha.model.LeaseRecord;
import java.util.HashMap;
import java.util.Map;

/**
 * Which pod was made master, in which configuration epoch: what a sentinel begins with. Kept in the Lease too, so that the sentinels have a
 * memory that outlives them all.
 */
public record Appointment(String pod, long epoch) {

    private static final String NOTE = "master";

    /** Null if there is none, or none that can be read. */
    public static Appointment noted(LeaseRecord record) {
        String[] part = record == null ? new String[0] : record.notes().getOrDefault(NOTE, "").split(",");
        try {
            return part.length == 2 && !part[0].isBlank() ? new Appointment(part[0].strip(), Long.parseLong(part[1].strip())) : null;
        } catch (NumberFormatException e) {
            return null;   // edited by hand: the sentinels that live remember better
        }
    }

    public LeaseRecord in(LeaseRecord was) {
        Map<String, String> notes = new HashMap<>(was.notes());
        notes.put(NOTE, pod + "," + epoch);
        return new LeaseRecord(was.holder(), was.term(), was.mode(), was.members(), was.datasetId(), was.replid(), was.offset(), was.empty(), was.inSync(),
                was.lastHolder(), was.preferred(), was.renewed(), Map.copyOf(notes));
    }

    /** The later one; null if there is neither. */
    static Appointment later(Appointment a, Appointment b) {
        return a == null || b != null && b.epoch > a.epoch ? b : a;
    }
}
