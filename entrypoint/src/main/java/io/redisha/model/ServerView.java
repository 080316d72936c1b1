package io.redisha.model;

/**
 * The own server as this agent sees it.
 *
 * @param running the child process exists
 * @param info    the newest answer, null if this process has not answered yet
 * @param at      when that answer (or busy reply: loading, a script) came, monotonic ns; the start of the process before the first
 */
public record ServerView(boolean running, ServerInfo info, long at) {

    public static final ServerView DEAD = new ServerView(false, null, 0);

    public boolean answering() {
        return running && info != null;
    }
}
