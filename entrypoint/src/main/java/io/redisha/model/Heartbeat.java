package io.redisha.model;

/**
 * What a leader tells every pod of the release, five times a second.
 *
 * @param sequence rises with each; a reply repeats it, so that a late one is not taken for a fresh one
 * @param open     the leader accepts writes: follow it
 * @param datasetId names the release's data, null while unknown
 * @param replid   history that the leader's server writes, null while it is not open
 * @param counted  the receiver, by name and UID, is in the member list
 */
public record Heartbeat(Identity leader, Address redis, long term, long sequence, boolean open, String datasetId, String replid,
        boolean counted) {

    /** @param accepted the promise of rule V1 was given */
    public record Reply(boolean accepted, long sequence, MemberState state) {}
}
