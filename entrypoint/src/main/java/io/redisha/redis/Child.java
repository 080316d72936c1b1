package io.redisha.redis;

/** The process of the own server, as far as talking to it needs to know. */
public interface Child {

    boolean running();

    /** When the running process was started, monotonic ns. */
    long since();

    /** SIGKILL. When it returns, the server carries out nothing more. */
    void kill();
}
