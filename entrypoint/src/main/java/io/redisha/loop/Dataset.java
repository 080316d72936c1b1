package io.redisha.loop;

import io.redisha.model.Data;
import io.redisha.model.ServerInfo;
import java.util.Objects;

/** What is known of the own server's dataset, from one INFO to the next: whose history it is on, how far, and whether it is whole. */
public final class Dataset {

    private Data data;
    private String runId;
    /** The history that the server began with when it started: a random one if it came from an AOF. */
    private String born;
    private final Persisted persisted = new Persisted();

    /** @param remembered what the disk says */
    public Dataset(Data remembered) {
        data = remembered;
    }

    public Data data() {
        return data;
    }

    /** What a server that started now would have: whole in memory is not whole on disk. */
    public Data onDisk() {
        return from(data, data.datasetId(), wholeOnDisk(), data.restored());
    }

    private boolean wholeOnDisk() {
        return data.complete() && !persisted.isBehind();
    }

    /** What keeps the disk behind for longer than a rewrite takes, for a person; null if nothing does. */
    public String problem() {
        return data.torn() ? "the server could not read the end of its AOF, and has cut it off: a member that was in sync has more" : persisted.problem();
    }

    /** Of the server seen last; null if that has died. */
    public String runId() {
        return runId;
    }

    /** The server has died: what its successor will have, comes from disk. */
    public void gone() {
        runId = null;
        fromDisk();
    }

    private void fromDisk() {
        data = from(data, data.datasetId(), wholeOnDisk(), true);
        persisted.starts();
    }

    /** The server has cut off an end of its files that it could not read. */
    public void torn() {
        if (data.restored()) {
            data = data.cutOff();
        }
    }

    /** First of all, with each INFO. */
    public void see(ServerInfo info) {
        if (!info.runId().equals(runId)) {
            fromDisk();
            runId = info.runId();
            born = info.replid();
        }
        persisted.sees(info);
    }

    /** It is the master's. */
    public void leads(String datasetId, long term, ServerInfo info) {
        data = of(datasetId, term, info, true);
    }

    /** It is that of a replica which follows the master of that dataset and term. */
    public void follows(String datasetId, long term, ServerInfo info) {
        if (info.syncing() && !info.receiving() && !info.loading()) {
            goesOn(info);
        } else if (info.syncing()) {
            // while the transfer runs the old dataset is whole, but INFO no longer tells its offset; once the new one loads it is gone
            data = from(data, data.datasetId(), data.complete() && !info.loading(), data.restored() || info.loading());
        } else if (info.linkUp() || !info.empty() && !info.replid().equals(born) && !info.replid().equals(data.replid()) && info.offset() > 1) {
            // linked, or it was between two looks: the server is on the leader's history only once its data is
            data = of(datasetId, term, info, true);
        } else {
            goesOn(info);
        }
    }

    /** Without a link: a dataset that is in memory since it was last in sync, so the server's own offset is the truth. */
    public void goesOn(ServerInfo info) {
        if (data.restored()) {
            return;
        }
        // a full sync that was asked for and failed leaves the dataset in memory, and takes its offset from INFO: it has what it last said
        boolean lost = info.offset() <= 1 && data.offset() > 1;
        data = lost ? data : of(data.datasetId(), data.term(), info, data.complete());
    }

    /** What is in memory is of that dataset, and whole: if there is no key, those that there were have been deleted. */
    public boolean holds(String datasetId) {
        return data.complete() && !data.restored() && Objects.equals(datasetId, data.datasetId());
    }

    /** It is empty, or about to be: what it will hold is of that dataset, whatever a state file says of the data that was. */
    public void takes(String datasetId) {
        data = from(data, datasetId, false, true);
    }

    private static Data of(String datasetId, long term, ServerInfo info, boolean complete) {
        return new Data(datasetId, term, info.replid(), info.replid2(), info.secondOffset(), info.offset(), complete, false);
    }

    private static Data from(Data was, String datasetId, boolean complete, boolean restored) {
        return new Data(datasetId, was.term(), was.replid(), was.replid2(), was.secondOffset(), was.offset(), complete, restored, restored && was.torn());
    }
}
