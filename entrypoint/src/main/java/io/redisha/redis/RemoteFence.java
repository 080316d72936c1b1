package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.Role;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** Fences another pod's server over the network, past its agent, which may be frozen or cut off (rule C6). Touches masters only. */
public final class RemoteFence {

    private static final Logger LOG = LoggerFactory.getLogger(RemoteFence.class);
    private static final long DEADLINE = 300_000_000L;

    private final String password;
    private final Set<Address> underWay = ConcurrentHashMap.newKeySet();

    /** @param password null for servers without one */
    public RemoteFence(String password) {
        this.password = password;
    }

    /** Returns at once. A thread each, as this is rare. @param then when it was tried, by any thread; not if that is under way already */
    public void start(Address server, Runnable then) {
        if (underWay.add(server)) {
            Thread.ofPlatform().name("fence-" + server.host()).daemon().start(() -> {
                try {
                    fence(server);
                } finally {
                    underWay.remove(server);
                    then.run();
                }
            });
        }
    }

    /** @return whether a master was found and made a replica of nobody; within 300 ms */
    public boolean fence(Address server) {
        long deadline = System.nanoTime() + DEADLINE;
        try (Link link = new Link(server, password)) {
            if (link.info(deadline, 0).role() != Role.MASTER) {
                return false;
            }
            link.call(deadline, "REPLICAOF", Address.DEAD.host(), Integer.toString(Address.DEAD.port()));
            LOG.info("fenced the server at {} over the network", server);
            link.calls(deadline, new String[] {"CLIENT", "KILL", "TYPE", "normal"}, new String[] {"CLIENT", "KILL", "TYPE", "pubsub"});
            return true;
        } catch (JedisConnectionException | JedisDataException e) {
            LOG.debug("{} was not fenced over the network: {}", server, e.getMessage());
            return false;
        }
    }
}
