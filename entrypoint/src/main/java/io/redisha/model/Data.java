package io.redisha.model;

/**
 * What is known of a dataset, so that two can be compared: the state file on disk and, live, in every answer to a sibling.
 *
 * @param datasetId made at the first bootstrap of the release; null = never belonged to one
 * @param term      last term under which it was led or in sync
 * @param replid    replication history it is on
 * @param replid2   history it was on before
 * @param secondOffset first offset not of {@code replid2}; -1 for none
 * @param offset    bytes of that history that it holds
 * @param complete  no full sync was left unfinished
 * @param restored  came from disk with this start of the server: {@code offset} is what the state file last said, a lower bound
 * @param torn      it did, and the server has cut off an end of its files that it could not read: it may lack some of what the state file says
 */
public record Data(String datasetId, long term, String replid, String replid2, long secondOffset, long offset, boolean complete,
        boolean restored, boolean torn) {

    /** Of files that were read to their ends. */
    public Data(String datasetId, long term, String replid, String replid2, long secondOffset, long offset, boolean complete, boolean restored) {
        this(datasetId, term, replid, replid2, secondOffset, offset, complete, restored, false);
    }

    public static final Data NONE = new Data(null, 0, "", "", -1, 0, false, true);

    /** The server has cut off the end of what it loaded. */
    public Data cutOff() {
        return new Data(datasetId, term, replid, replid2, secondOffset, offset, complete, restored, true);
    }

    /**
     * What a state file is believed where members vote (rule L3): one of a term that leaves no next one only that it is of this dataset, as another release's is
     * still to be refused, and not wiped (B6).
     */
    public Data believed() {
        return term <= Term.MOST_TOLD ? this : new Data(datasetId, 0, "", "", -1, 0, false, true);
    }
}
