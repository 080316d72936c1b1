package io.redisha.loop;

import io.redisha.model.Data;
import io.redisha.model.Timings;
import java.util.Objects;

/** Has the disk say of the dataset what is known of it: at once when more than the offset has changed, which is written now and then. */
public final class Keeping {

    private static final long EVERY = 3_000 * Timings.MS;

    private final StateStore store;
    private Data saved;
    private long savedAt;

    /** @param remembered what the disk says */
    public Keeping(StateStore store, Data remembered, long now) {
        this.store = store;
        saved = remembered;
        savedAt = now - EVERY;
    }

    /** @param clean the server is about to be stopped */
    public void keep(Data data, long now, boolean clean) {
        boolean changed = data.term() != saved.term() || data.complete() != saved.complete() || data.restored() != saved.restored() || data.torn() != saved.torn()
                || !Objects.equals(data.datasetId(), saved.datasetId());
        if (data.datasetId() != null && (clean || changed || now - savedAt > EVERY && !data.equals(saved))) {
            savedAt = now;
            saved = data;
            store.save(data);
        }
    }
}
