package io.redisha.model;

/**
 * What a term may be (rule L3). There must always be a next one: a number that is garbled, or made up, must neither use up all that there are nor overflow.
 */
public final class Term {

    /** So many next terms there are at least. */
    private static final long SPARE = 1_000_000;
    /** Highest that the Lease may say: Kubernetes keeps it in an int32, and a higher one is written by nobody who counts changes of leader. */
    public static final long MOST = Integer.MAX_VALUE - 2 * SPARE;
    /**
     * Highest that is believed of a sibling or a state file, also if the Lease says far less: a Lease that was restored, or made again, goes back by any number,
     * and each write that is refused makes voters go on by one, for weeks. A leader that has to go past a number as high still finds a term that Kubernetes keeps.
     */
    public static final long MOST_TOLD = MOST + SPARE;
    /** No term, offset or epoch gets there, and what little is added to one does not overflow: 2^62. */
    public static final long MOST_NUMBER = 1L << 62;

    private Term() {}

    /**
     * Whether what an EndpointSlice says may be the term of a successor.
     *
     * @param led that this member leads
     */
    public static boolean isNear(long term, long led) {
        return term >= 0 && term <= Math.min(led, MOST) + SPARE;
    }
}
