package io.redisha.model;

/**
 * The own server as this agent sees it.
 *
 * @param running the child process exists
 * @param info    the newest answer, null if this process has not answered yet
 * @param at      when that answer (or busy reply: loading, a script) came, monotonic ns; the start of the process before the first
 * @param pulse   newest of this process, null if it cannot be read
 * @param end     how the process ended, for a person; empty while it runs, and if that was told before
 * @param asked   when that answer was asked for: what it says was so then, or became so before {@code at}
 */
public record ServerView(boolean running, ServerInfo info, long at, Pulse pulse, String end, long asked) {

    /** Part of an end that was the kernel's, for want of memory. */
    public static final String MEMORY_LIMIT = "the container's memory limit was reached";

    public static final ServerView DEAD = new ServerView(false, null, 0);

    /** Of an answer that took no time. */
    public ServerView(boolean running, ServerInfo info, long at, Pulse pulse, String end) {
        this(running, info, at, pulse, end, at);
    }

    /** Without what only the kernel knows. */
    public ServerView(boolean running, ServerInfo info, long at) {
        this(running, info, at, null, "");
    }

    public boolean answering() {
        return running && info != null;
    }

    /**
     * What it said last, within that time, may be told to others as what it is. Of a replica that has fallen silent nobody knows what it holds by now; a master that has may
     * go on at any moment, and that it can't be written to is not for its agent to say.
     */
    public boolean holds(long now, long within) {
        return answering() && (now - at <= within || info.role() == Role.MASTER);
    }
}
