package io.redisha.model;

/** The Lease as last read. */
public sealed interface LeaseView {

    /** @param version resourceVersion, the condition of the next write (rule L2) */
    record Present(LeaseRecord record, String version) implements LeaseView {}

    /** @param initialized the second object says that this release has had a Lease before (rule B2) */
    record Absent(boolean initialized) implements LeaseView {}
}
