package io.redisha.model;

/**
 * What a member says of itself, in every answer to a sibling.
 *
 * @param term      highest term it has heard of or voted for
 * @param leading   it holds the Lease, as far as it knows
 * @param open      it leads and its server accepts writes
 * @param running   its server process exists and answers
 * @param server    newest INFO, null before the first
 * @param revision  controller-revision-hash of its pod, "" if unknown
 * @param stopping  it was told to stop
 */
public record MemberState(MemberId id, Address redis, long term, boolean leading, boolean open, boolean running, ServerInfo server,
        Data data, String revision, boolean stopping) {

    public MemberState server(ServerInfo now) {
        return new MemberState(id, redis, term, leading, open, running, now, data, revision, stopping);
    }

    public boolean empty() {
        return server == null || server.empty();
    }

    public boolean writable() {
        return running && server != null && server.role() == Role.MASTER;
    }
}
