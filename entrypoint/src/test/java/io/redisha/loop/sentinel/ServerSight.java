package io.redisha.loop.sentinel;

import io.redisha.model.Role;
import io.redisha.simulation.SimulatedRedis;

/** What a simulated sentinel knows of a server, by PING and INFO. */
final class ServerSight {

    /** To whom it is connected under that name. */
    DataPod connected;
    long answered;
    long asked;
    Role role;
    long roleSince;
    long offset;
    int priority;
    /** For how long its link to its master has been down. */
    long linkDown;

    ServerSight(long now) {
        answered = now;
        roleSince = now;
    }

    void info(SimulatedRedis server, long now) {
        answered = now;
        if (role != server.role()) {
            role = server.role();
            roleSince = now;
        }
        offset = server.offset();
        priority = server.priority();
        linkDown = server.unlinkedFor();
    }
}
