package io.redisha.model;

/** The Lease as last read. */
public sealed interface LeaseView {

    /** @param version resourceVersion, the condition of the next write (rule L2) */
    record Present(LeaseRecord record, String version) implements LeaseView {}

    /**
     * It is there, and its term is none: somebody has edited it to one that leaves too few next ones (rule L3). Nobody knows by it what the next term is, but
     * its holder knows its own.
     *
     * @param record  what else it says, in term 0
     * @param version as of {@link Present}
     * @param why     in words, with what there is to do
     */
    record Unusable(LeaseRecord record, String version, String why) implements LeaseView {

        /** As who knows the term reads it. */
        public Present in(long term) {
            return new Present(record.in(term), version);
        }
    }

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
