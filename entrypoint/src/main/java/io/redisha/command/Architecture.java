package io.redisha.command;

import io.redisha.config.Invalid;
import io.redisha.http.HttpThread;
import io.redisha.process.ServerProcess;
import io.redisha.redis.RedisConf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** What one architecture adds to what every pod does: the wiring of its agent. Called in this order. */
interface Architecture {

    /** Answers probes from now on: alive, and not ready until there is an agent. */
    void probe(HttpThread http) throws IOException;

    /** The server's working directory. */
    Path directory();

    /**
     * @param user     the user's lines
     * @param password of siblings always, of clients unless authentication is off
     */
    RedisConf conf(List<String> user, String password) throws Invalid, InterruptedException;

    /**
     * Before each start of the server.
     *
     * @param last how the run before ended, null before the first
     */
    void prepare(ServerProcess.Exit last) throws InterruptedException;

    /** The agent, while the server starts. */
    void serve(ServerProcess process) throws IOException;

    /** The server was started or died. */
    void changed();

    /** SIGTERM: returns when the server may be stopped. */
    void handOver() throws InterruptedException;

    /** The server has ended for good. */
    void stopped() throws InterruptedException;
}
