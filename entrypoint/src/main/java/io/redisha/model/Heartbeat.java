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
 */
public record Heartbeat(Identity leader, Address redis, long term, long sequence, boolean open, String datasetId, String replid,
        boolean counted, long patience) {

    public Heartbeat(Identity leader, Address redis, long term, long sequence, boolean open, String datasetId, String replid, boolean counted) {
        this(leader, redis, term, sequence, open, datasetId, replid, counted, 0);
    }

    /**
     * @param accepted the promise of rule V1 was given
     * @param patience by how many ns longer, 0 from a member of 0.3.0
     */
    public record Reply(boolean accepted, long sequence, MemberState state, long patience) {

        public Reply(boolean accepted, long sequence, MemberState state) {
            this(accepted, sequence, state, 0);
        }
    }
}
