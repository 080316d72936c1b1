package io.redisha.redis;

import io.redisha.loop.cluster.NodeServer;
import io.redisha.model.Address;
import io.redisha.model.Topology;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * The own server as a node of a cluster: one thread gives the orders, in order; another looks. It never decides, and an order that fails
 * shows in what is seen next.
 */
public final class ClusterServer implements NodeServer, AutoCloseable {

    private static final long ANSWER = 500_000_000L;

    private final Link link;
    private final Orders orders = new Orders();
    private final Looks<NodeReply> looks;
    /** Of the newest answer; of the loop's thread. */
    private View newest = new View(false, null, Topology.NONE, 0);

    /**
     * @param password null for a server without one
     * @param seen     called by {@code loop} with each look
     */
    public ClusterServer(int port, String password, Child child, Executor loop, Consumer<View> seen) {
        this(new Address("127.0.0.1", port), password, child, loop, seen);
    }

    ClusterServer(Address address, String password, Child child, Executor loop, Consumer<View> seen) {
        link = new Link(address, password);
        looks = new Looks<>(new Link(address, password), child, NodeReply::ask, (answer, of, asked) -> { }, loop, now -> {
            NodeReply answer = now.answer();
            newest = new View(now.running(), answer == null ? null : answer.info(), answer == null ? Topology.NONE : answer.topology(), now.answered(), now.pulse(), now.end());
            seen.accept(newest);
        });
    }

    public void start() {
        looks.start();
    }

    /** The process was started: look now. */
    public void started() {
        looks.look();
    }

    /** @param how for a person */
    public void died(String how) {
        looks.ended(how);
    }

    /** Asks the server, and nobody's memory; null if it does not answer. What was seen is handed to the loop first. */
    public void fresh(Consumer<View> then) {
        looks.fresh(answer -> then.accept(answer == null ? null : newest));
    }

    @Override
    public void look() {
        looks.look();
    }

    @Override
    public void meet(Address redis, int busPort) {
        orders.give("meet " + redis, () -> call("CLUSTER", "MEET", redis.host(), Integer.toString(redis.port()), Integer.toString(busPort)));
    }

    @Override
    public void allowFailover(boolean allowed) {
        orders.give("allow failover " + allowed, () -> {
            call("CONFIG", "SET", "cluster-replica-no-failover", allowed ? "no" : "yes");
            looks.look();
        });
    }

    private void call(String... command) {
        link.call(System.nanoTime() + ANSWER, command);
    }

    @Override
    public void kill() {
        orders.give("kill", looks.kill());
    }

    /** Ends both threads after the orders given so far. */
    @Override
    public void close() {
        looks.close();
        orders.close();
    }
}
