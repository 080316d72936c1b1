package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.model.Address;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** What a move of slots needs of the world: connections to servers, and time. */
interface MoverPort {

    /** A connection to one server; for one thread. */
    interface Connection extends AutoCloseable {

        /**
         * Sends all commands at once; an error is one of the replies.
         *
         * @param deadline monotonic ns
         * @throws redis.clients.jedis.exceptions.JedisConnectionException it did not answer, and may or may not have done any of it
         */
        List<Object> calls(long deadline, List<byte[][]> commands);

        @Override
        void close();
    }

    Connection connect(Address to);

    /** Monotonic ns. */
    long now();

    void pause(long nanos);

    /** For messages: a pod, and where it was reached. */
    default NodeLink link(Node node) {
        return new NodeLink(node.pod() + " (" + node.redis() + ")", connect(node.redis()), this::now);
    }

    /** @param password null for servers without one */
    static MoverPort ofServers(String password) {
        return new MoverPort() {
            @Override
            public Connection connect(Address to) {
                return new Link(to, password);
            }

            @Override
            public long now() {
                return System.nanoTime();
            }

            @Override
            public void pause(long nanos) {
                LockSupport.parkNanos(nanos);
            }
        };
    }
}
