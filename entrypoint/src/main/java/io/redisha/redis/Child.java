package io.redisha.redis;

import io.redisha.model.Pulse;

/** The process of the own server, as far as talking to it needs to know. */
public interface Child {

    boolean running();

    /** When the running process was started, monotonic ns. */
    long since();

    /** Whether the running process works, as the kernel sees it; null if that cannot be read. */
    Pulse pulse();

    /** SIGKILL. When it returns, the server carries out nothing more. */
    void kill();
}
