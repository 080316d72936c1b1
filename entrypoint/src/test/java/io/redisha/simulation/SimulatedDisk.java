package io.redisha.simulation;

import io.redisha.loop.StateStore;
import io.redisha.model.Data;

/** The state file. What comes from it is restored. */
public final class SimulatedDisk implements StateStore {

    private Data saved = Data.NONE;
    private Data waiting;
    private boolean hangs;

    @Override
    public Data load() {
        return new Data(saved.datasetId(), saved.term(), saved.replid(), saved.replid2(), saved.secondOffset(), saved.offset(), saved.complete(), true, saved.torn());
    }

    @Override
    public void save(Data data) {
        if (hangs) {
            waiting = data;
        } else {
            saved = data;
        }
    }

    public void lose() {
        saved = Data.NONE;
    }

    /** What is saved from now on waits. */
    public void hang() {
        hangs = true;
    }

    public void goOn() {
        hangs = false;
        saved = waiting != null ? waiting : saved;
        waiting = null;
    }

    /** Its writer is gone, and with it what waits. */
    public void forget() {
        waiting = null;
        hangs = false;
    }

    public void copy(SimulatedDisk other) {
        saved = other.saved;
    }
}
