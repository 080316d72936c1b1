package io.redisha.model;

/**
 * What the kernel says of the own server's process: whether it works, also while it answers nobody.
 *
 * @param at     up to when it is known, monotonic ns
 * @param still  since when the process has stood still, by what is known
 * @param state  of the thread that carries out commands, as {@code /proc} has it; {@code R} also if another thread of the process runs or waits
 *               for a processor
 * @param cpu    time that all of its threads have used, clock ticks
 * @param turns  how often that thread has been given a processor: an idle server still wakes ten times a second
 * @param saving it has a child of its own, which writes a snapshot or an append-only file
 */
public record Pulse(long at, long still, char state, long cpu, long turns, boolean saving) {

    /** Runs, or waits for a processor. */
    public static final char RUNNABLE = 'R';
    private static final char WAITS_FOR_THE_KERNEL = 'D';
    private static final char STOPPED = 'T';

    /** @param before of the same process, null if there is none */
    public Pulse after(Pulse before) {
        boolean same = before != null && state != RUNNABLE && cpu == before.cpu && turns == before.turns;
        return same ? new Pulse(at, before.still, state, cpu, turns, saving) : this;
    }

    /** It has done something since it was looked at before, or would if there were a processor for it. */
    public boolean moved() {
        return still - at >= 0;
    }

    /** What it waits for is not its own doing: a disk, as a rule. */
    public boolean isHeldUp() {
        return state == WAITS_FOR_THE_KERNEL || saving && state != STOPPED;
    }
}
