package io.redisha.model;

/** The Lease as last read. */
public sealed interface LeaseView {

    /** @param version resourceVersion, the condition of the next write (rule L2) */
    record Present(LeaseRecord record, String version) implements LeaseView {}

    /**
     * @param initialized the second object says that this release has had a Lease before (rule B2)
     * @param pods        how many the release is to have, as its StatefulSet says; 0 if that says nothing, or none
     */
    record Absent(boolean initialized, int pods) implements LeaseView {

        public Absent(boolean initialized) {
            this(initialized, 0);
        }
    }
}
