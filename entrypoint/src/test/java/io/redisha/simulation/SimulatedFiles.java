package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import java.util.ArrayDeque;
import java.util.Deque;

/** The files that a server loads when it starts, but for what they hold: whether they are damaged, and what was set aside as it could not be loaded. */
final class SimulatedFiles {

    /** As the product's. */
    private static final int KEPT = 2;
    private static final long FIRST_PAUSE = 100 * MS;
    private static final long LONGEST_PAUSE = 5_000 * MS;
    private static final int DOUBLED = 6;

    private boolean damaged;
    private int torn;
    private final Deque<WriteLog> aside = new ArrayDeque<>();
    /** A whole copy has come since something was set aside. */
    private boolean copied;
    private long container;
    private int ends;

    boolean damaged() {
        return damaged;
    }

    void damage() {
        damaged = true;
    }

    /** @param writes at their end, which the server cuts off when it loads them, and then goes on (aof-load-truncated) */
    void tear(int writes) {
        torn = writes;
    }

    int torn() {
        return torn;
    }

    /** Others have taken their place, or a person has repaired them, or the server has. */
    void areWhole() {
        damaged = false;
        torn = 0;
    }

    void setAside(WriteLog held) {
        if (aside.size() == KEPT) {
            if (!copied) {
                throw new Violation("what was set aside first is removed, and no whole copy has come since");
            }
            aside.removeFirst();
        }
        aside.addLast(held);
        copied = false;
        areWhole();
    }

    void copied() {
        copied = true;
    }

    boolean awaitCopy() {
        return !aside.isEmpty() && !copied;
    }

    int kept() {
        return aside.size();
    }

    /** The volume is another one. */
    void lose() {
        aside.clear();
        areWhole();
    }

    /** Before the server is started once more that could not load them: longer each time, and by each container anew. */
    long pause(long inContainer) {
        ends = inContainer == container ? ends + 1 : 1;
        container = inContainer;
        return Math.min(LONGEST_PAUSE, FIRST_PAUSE << Math.min(ends - 1, DOUBLED));
    }
}
