package io.redisha.loop;

import io.redisha.decide.Validity;
import io.redisha.model.Address;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The own redis-server or valkey-server. No call blocks; answers come on the loop's thread, exactly once. Calls are carried out in
 * the order given. The state of the server is not asked for here: it is polled, and handed to the loop unasked.
 */
public interface Server {

    /** Asks for INFO at once instead of at the next poll. */
    void look();

    /** REPLICAOF host port. */
    void follow(Address master);

    /**
     * REPLICAOF a dead address; true when it copies nobody, and what it holds then was handed to the loop before. A server that is loading a full sync
     * refuses the command, and its data is not whole: it is killed.
     */
    void detach(Consumer<Boolean> then);

    /**
     * REPLICAOF NO ONE, sent once and to a server that has just answered; true when it then said role:master, null if it did not answer in time: it may be one,
     * or become one when it does.
     *
     * @param valid monotonic ns until which it may be one: not sent later, and where processors are short waited for until then, up to 2 s
     * @param may   asked right before it is sent, by whichever thread sends it: it may have waited behind other orders, and a fence not for those
     */
    void promote(long valid, BooleanSupplier may, Consumer<Boolean> then);

    /** Not for long. */
    default void promote(Consumer<Boolean> then) {
        promote(Validity.NEVER, () -> true, then);
    }

    /**
     * Rule M1: REPLICAOF a dead address and CLIENT KILL TYPE normal and pubsub; a server that has not done it in time is killed. When
     * {@code then} runs the server accepts no writes.
     *
     * @param dropClients false in a handover: the clients get -READONLY and are dropped when the successor is reachable
     * @param bound       monotonic ns from which the time to obey counts, if that is later than now: until then nobody else can lead
     */
    void fence(boolean dropClients, long bound, Runnable then);

    /** At once. */
    default void fence(boolean dropClients, Runnable then) {
        fence(dropClients, Validity.NEVER, then);
    }

    /**
     * The same of a server that is about to be stopped: it is not killed for being slow, which would cost its last save. False: it may accept
     * writes still, and may obey later.
     */
    void stopWrites(Consumer<Boolean> then);

    /** CONFIG SET min-replicas-to-write. */
    void minReplicas(int count);

    /** CONFIG SET replica-priority: 0 = no sentinel promotes it. */
    void priority(int priority);

    /** CLIENT PAUSE nanos WRITE, then the master's offset; null if it failed. */
    void pause(long nanos, Consumer<Long> then);

    /** CLIENT UNPAUSE. */
    void unpause();

    /** Kills normal and pubsub connections (rule M7). */
    void dropClients();

    /** SIGKILL; it is started again, read-only. */
    void kill();
}
