package io.redisha.model;

/**
 * What a leader tells every pod of the release, five times a second.
 *
 * @param sequence rises with each; a reply repeats it, so that a late one is not taken for a fresh one
 * @param open     the leader accepts writes: follow it
 * @param datasetId names the release's data, null while unknown
 * @param replid   history that the leader's server writes, null while it is not open
 * @param counted  the receiver, by name and UID, is in the member list
 * @param patience by how many ns longer than rule V1 says the receiver shall promise (rule W4); 0 from 0.3.0
 * @param anew     the one pod that may give up what its server can't load for a copy (rule D1), null for none, {@link #ANYBODY} from a leader that permits nobody in particular
 */
public record Heartbeat(Identity leader, Address redis, long term, long sequence, boolean open, String datasetId, String replid,
        boolean counted, long patience, String anew) {

    /** Before 0.3.1 each decided for itself. */
    public static final String ANYBODY = "*";

    public Heartbeat(Identity leader, Address redis, long term, long sequence, boolean open, String datasetId, String replid, boolean counted) {
        this(leader, redis, term, sequence, open, datasetId, replid, counted, 0, null);
    }

    /**
     * @param accepted the promise of rule V1 was given
     * @param patience by how many ns longer, 0 from a member of 0.3.0
     * @param anew     it asks whether it may give up what its server can't load, and has no copy yet
     */
    public record Reply(boolean accepted, long sequence, MemberState state, long patience, boolean anew) {

        public Reply(boolean accepted, long sequence, MemberState state) {
            this(accepted, sequence, state, 0, false);
        }
    }
}
