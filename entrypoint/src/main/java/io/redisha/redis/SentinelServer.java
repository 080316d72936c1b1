package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** The own server as a sentinel, seen and handed to the loop twice a second, and kept at our pace. */
public final class SentinelServer implements AutoCloseable {

    private static final long MS = 1_000_000L;
    private static final long ANSWER = 500 * MS;
    private static final long EVERY = 500 * MS;
    /** It loses its pace with each start, and who hurried it may have died over it. */
    private static final long PACE = 10_000 * MS;

    private final Link link;
    private final Orders orders = new Orders();
    private final Looks<SentinelView> looks;
    /** Start of the process that was told our pace, and when; of the looks. */
    private long told;
    private long toldAt;

    /**
     * @param pod      the own one
     * @param password null for a sentinel without one
     * @param seen     called by {@code loop} with each look
     */
    public SentinelServer(String pod, int port, String password, String masterName, Child child, Executor loop, Consumer<SentinelView> seen) {
        this(pod, new Address("127.0.0.1", port), password, masterName, child, loop, seen);
    }

    SentinelServer(String pod, Address address, String password, String masterName, Child child, Executor loop, Consumer<SentinelView> seen) {
        link = new Link(address, password);
        looks = new Looks<>(new Link(address, password), EVERY, child,
                (with, deadline) -> SentinelReply.ask(with, deadline, masterName).view(pod, System.nanoTime()), this::tell, loop,
                now -> seen.accept(now.answer() == null || System.nanoTime() - now.answered() > 2 * EVERY ? SentinelView.silent(pod, System.nanoTime())
                        : now.answer()));
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

    private void tell(SentinelView answer, long of, long asked) {
        if (of != told || asked - toldAt > PACE) {
            told = of;
            toldAt = asked;
            orders.give("sentinel's pace", () -> link.call(System.nanoTime() + ANSWER, SentinelPace.CALM));
        }
    }

    /** Ends both threads after the orders given so far. */
    @Override
    public void close() {
        looks.close();
        orders.close();
    }
}
