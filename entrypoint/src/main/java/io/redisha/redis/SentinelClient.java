package io.redisha.redis;

import io.redisha.loop.Peers.Peer;
import io.redisha.loop.sentinel.Sentinels;
import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** The sentinels of the release over their port: what each of them says, unasked, and orders to them. It never decides. */
public final class SentinelClient implements Sentinels, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SentinelClient.class);
    private static final long ANSWER = 1_000_000_000L;

    private final String masterName;
    private final int port;
    private final String password;
    private final String serverPassword;
    private final UnaryOperator<Address> servers;
    private final Executor loop;
    private final Consumer<List<SentinelView>> seen;
    /** By pod. */
    private final Map<String, SentinelWatch> watches = new HashMap<>();
    private volatile long highest;

    /**
     * @param password       null for sentinels without one
     * @param serverPassword null for servers without one
     * @param servers        where a server is found that sentinels know by this name; called by other threads than the loop's
     * @param seen           called by {@code loop} with what was seen of one of them or more
     */
    public SentinelClient(String masterName, int port, String password, String serverPassword, UnaryOperator<Address> servers, Executor loop,
            Consumer<List<SentinelView>> seen) {
        this.masterName = masterName;
        this.port = port;
        this.password = password;
        this.serverPassword = serverPassword;
        this.servers = servers;
        this.loop = loop;
        this.seen = seen;
    }

    @Override
    public void watch(List<Peer> sentinels) {
        Map<String, Address> addresses = new HashMap<>();
        sentinels.forEach(sentinel -> addresses.put(sentinel.pod(), new Address(sentinel.host(), port)));
        watch(addresses);
    }

    synchronized void watch(Map<String, Address> addresses) {
        watches.entrySet().removeIf(watched -> {
            boolean gone = !watched.getValue().address().equals(addresses.get(watched.getKey()));
            if (gone) {
                watched.getValue().close();
            }
            return gone;
        });
        addresses.forEach((pod, address) -> {
            if (!watches.containsKey(pod)) {
                SentinelWatch[] self = new SentinelWatch[1];
                self[0] = new SentinelWatch(pod, address, password, masterName, view -> saw(self[0], view));
                watches.put(pod, self[0]);
                self[0].start();
            }
        });
    }

    /** Last epoch that any of them has told of, if only of a vote in it. From any thread. */
    public long highestEpoch() {
        return highest;
    }

    /** Under the lock up to the hand-over: the loop must not see an older view last. */
    private synchronized void saw(SentinelWatch watch, SentinelView view) {
        if (watches.get(view.pod()) != watch) {
            return;
        }
        highest = Math.max(highest, watch.highest());
        try {
            loop.execute(() -> seen.accept(List.of(view)));
        } catch (RejectedExecutionException e) {
            LOG.debug("{} was seen too late, closed", view.pod());
        }
    }

    @Override
    public void failover(String pod, Consumer<String> then) {
        order(pod, "SENTINEL FAILOVER " + masterName, then, leader -> {
            SentinelFailover failover = new SentinelFailover(masterName, leader, others(pod), password, serverPassword, servers);
            failover.begin();
            return failover;
        });
    }

    /** One that is gone would be waited for by those that come after it. */
    private synchronized List<Address> others(String pod) {
        return watches.entrySet().stream().filter(other -> !other.getKey().equals(pod) && other.getValue().isAnswering()).map(other -> other.getValue().address()).toList();
    }

    @Override
    public void reset(String pod, Consumer<String> then) {
        order(pod, "SENTINEL RESET " + masterName, then, this::reset);
    }

    /**
     * With the reset, and before anything else can happen, it is told again of the others that are there: until it heard of them it would take
     * itself for the only one, and its own vote for a majority.
     */
    private Runnable reset(Address sentinel) {
        try (Link link = new Link(sentinel, password)) {
            long deadline = System.nanoTime() + ANSWER;
            SentinelReply now = SentinelReply.ask(link, deadline, masterName);
            List<String[]> commands = new ArrayList<>();
            commands.add(new String[] {"SENTINEL", "RESET", masterName});
            for (Map<String, String> other : SentinelReply.all(link.call(deadline, "SENTINEL", "SENTINELS", masterName))) {
                if (SentinelReply.isLinked(other)) {
                    commands.add(SentinelHello.command(other, Long.toUnsignedString(now.highest()), masterName, now.master(),
                            Long.toUnsignedString(now.epoch())));
                }
            }
            for (Object reply : link.calls(deadline, commands.toArray(String[][]::new))) {
                if (reply instanceof JedisDataException refusal) {
                    throw refusal;
                }
            }
        }
        return () -> { };
    }

    @Override
    public void set(String pod, String option, String value, Consumer<String> then) {
        order(pod, "SENTINEL SET " + masterName + " " + option + " " + value, then,
                sentinel -> call(sentinel, "SENTINEL", "SET", masterName, option, value));
    }

    private Runnable call(Address sentinel, String... command) {
        try (Link link = new Link(sentinel, password)) {
            link.call(System.nanoTime() + ANSWER, command);
        }
        return () -> { };
    }

    /**
     * A thread and a connection each, as this is rare: none waits for another, which may be to a sentinel that does not answer.
     *
     * @param doing gives what is to be done after the answer
     */
    private void order(String pod, String what, Consumer<String> then, Function<Address, Runnable> doing) {
        SentinelWatch watch;
        synchronized (this) {
            watch = watches.get(pod);
        }
        if (watch == null) {
            tell(then, pod + " is not there");
            return;
        }
        Thread.ofPlatform().name("order-" + pod).daemon().start(() -> {
            String why = null;
            Runnable rest = () -> { };
            try {
                rest = doing.apply(watch.address());
            } catch (JedisDataException e) {
                why = pod + " refuses " + what + ": " + e.getMessage();
            } catch (JedisConnectionException e) {
                why = pod + " does not answer " + what + ": " + e.getMessage();
            } catch (RuntimeException e) {
                LOG.error("{} at {}", what, pod, e);
                why = pod + ": " + e;
            }
            tell(then, why);
            watch.look();
            rest.run();
        });
    }

    private void tell(Consumer<String> then, String why) {
        try {
            loop.execute(() -> then.accept(why));
        } catch (RejectedExecutionException e) {
            LOG.debug("an order was answered too late, closed: {}", why);
        }
    }

    @Override
    public void close() {
        watch(Map.of());
    }
}
