package io.redisha.loop;

import io.redisha.model.Data;

/** The state file (rule B5). Saving must not block the loop. */
public interface StateStore {

    /** What the disk says, {@link Data#NONE} if there is nothing or nothing readable. */
    Data load();

    void save(Data data);
}
