package io.redisha.loop;

import io.redisha.model.LeaseRecord;
import io.redisha.model.LeaseView;
import java.util.function.Consumer;

/**
 * The release's Lease object. No call blocks; every answer comes back on the loop's thread, exactly once, at the latest after
 * one renew interval.
 */
public interface LeaseStore {

    void read(Consumer<Read> then);

    /** Writes only if the object still has this version (rule L2); {@code version} null: creates it, only if there is none. */
    void write(LeaseRecord next, String version, Consumer<Write> then);

    /** What a read came to. */
    sealed interface Read {
        record Seen(LeaseView view) implements Read {}

        record Unreachable(String why) implements Read {}
    }

    /** What a write came to. */
    sealed interface Write {
        record Done(String version) implements Write {}

        /** Another version is there (or, for a create, any): nothing of ours was written, or it was by an earlier try of this call. */
        record Conflict() implements Write {}

        /** The API server's no (403, 422, a quota): nothing was written, nor would it be if it were asked again at once. */
        record Refused(String why) implements Write {}

        /** No answer, or one that settles nothing (429, 5xx): it may have been written, or may still be. */
        record Unknown(String why) implements Write {}
    }
}
