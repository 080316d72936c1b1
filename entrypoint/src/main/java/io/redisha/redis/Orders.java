package io.redisha.redis;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** Orders to the own server, carried out one after the other. One that fails is not told of: it shows in what is seen next. */
final class Orders implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Orders.class);

    private final ExecutorService orderly = Executors.newSingleThreadExecutor(Thread.ofPlatform().name("redis-orders").daemon().factory());

    void give(String what, Runnable how) {
        try {
            orderly.execute(() -> {
                try {
                    how.run();
                } catch (JedisDataException | JedisConnectionException e) {
                    LOG.debug("{}: {}", what, e.getMessage());
                } catch (RuntimeException e) {
                    LOG.error("{}", what, e);
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("{}: too late, closed", what);
        }
    }

    /** After the orders given so far. */
    @Override
    public void close() {
        orderly.shutdown();
        try {
            orderly.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
