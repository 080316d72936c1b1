package io.redisha.loop;

/** A member whose data may be given up for a copy of another's, when its server can't load it (rule D1). On the loop's thread. */
public interface Renewable {

    /**
     * Whether it may be, at this moment.
     *
     * @param begins it is about to be: from now on it counts as incomplete, and the state file is on its way to say so
     */
    boolean mayBeginAnew(boolean begins);

    /** Whether what its server would load is whole, by the state file. */
    boolean isWhole();
}
