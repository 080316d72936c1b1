package io.redisha.simulation;

import io.redisha.model.Timings;
import java.util.PriorityQueue;
import java.util.Random;

/** What all parts of a simulated release share: one clock, one queue of what is still to happen, chance, and the story for a person. Deterministic by seed. */
public final class Simulation {

    public static final long MS = Timings.MS;
    public static final long S = 1000 * MS;

    private record Event(long at, long order, Runnable run) implements Comparable<Event> {
        @Override
        public int compareTo(Event o) {
            return at != o.at ? Long.compare(at, o.at) : Long.compare(order, o.order);
        }
    }

    public final Random random;
    public final Processor processor = new Processor(this);
    private final PriorityQueue<Event> queue = new PriorityQueue<>();
    private final StringBuilder story;
    private long now;
    private long events;
    private int serial;

    /** @param tracing whether the story is kept */
    public Simulation(long seed, long start, boolean tracing) {
        random = new Random(seed * 0x9E3779B97F4A7C15L + 1);
        now = start;
        story = tracing ? new StringBuilder() : null;
    }

    public long now() {
        return now;
    }

    public void after(long delay, Runnable run) {
        queue.add(new Event(now + Math.max(1, delay), events++, run));
    }

    /** Everything that happens until then. */
    public void run(long until) {
        while (!queue.isEmpty() && queue.peek().at <= until) {
            Event e = queue.poll();
            now = e.at;
            e.run.run();
        }
        now = until;
    }

    public void pass(long time) {
        run(now + time);
    }

    /** Never the same twice. */
    public int serial() {
        return serial++;
    }

    public boolean tracing() {
        return story != null;
    }

    public void say(String what) {
        if (story != null) {
            story.append(String.format("%8.3f %s%n", now / 1e9, what));
        }
    }

    /** Empty unless tracing. */
    public String story() {
        return story == null ? "" : story.toString();
    }
}
