package io.redisha.simulation;

import io.redisha.loop.StateStore;
import io.redisha.model.Data;

/** The state file. What comes from it is restored. */
public final class SimulatedDisk implements StateStore {

    private Data saved = Data.NONE;

    @Override
    public Data load() {
        return new Data(saved.datasetId(), saved.term(), saved.replid(), saved.replid2(), saved.secondOffset(), saved.offset(), saved.complete(), true, saved.torn());
    }

    @Override
    public void save(Data data, boolean cleanShutdown) {
        saved = data;
    }

    public void lose() {
        saved = Data.NONE;
    }
}
