package io.redisha.loop;

import io.redisha.model.ServerView;

/**
 * What a server has loaded lacks an end of its files (rule B4), which it says once, while it loads: kept until it has loaded, as it may end right after it has
 * cut that off, and the next finds nothing to cut off any more.
 */
public final class TornFiles {

    private volatile boolean torn;

    /** By the server's words; on any thread. */
    public void cutOff() {
        torn = true;
    }

    /**
     * With each look at the server.
     *
     * @return whether its data lacks an end; also once more with the first look that does not load, and not after it: what it gets as a copy later is not
     *         what it has loaded
     */
    public boolean sees(ServerView view) {
        boolean lacks = torn;
        if (lacks) {
            torn = view.info() == null || view.info().loading();   // and else not touched: the word may come at this very moment
        }
        return lacks;
    }
}
