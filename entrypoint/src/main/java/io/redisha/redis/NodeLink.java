package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.model.Address;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** A connection to another pod's server, whose failures are told in words that name it. For one thread. */
final class NodeLink implements AutoCloseable {

    private static final long MS = 1_000_000L;
    /** An idle server answers in a millisecond; one that forks or writes its file to a slow disk may need a moment. */
    static final long ANSWER = 2_000 * MS;

    /** Of the slower orders, such as SETSLOT, it takes this many to hold a server up for some milliseconds. */
    private static final int PORTION = 32;

    private final String name;
    private final MoverPort.Connection link;
    private final LongSupplier clock;

    /** @param name for messages */
    NodeLink(String name, Address address, String password) {
        this(name, new Link(address, password), System::nanoTime);
    }

    /** @param clock monotonic ns */
    NodeLink(String name, MoverPort.Connection link, LongSupplier clock) {
        this.name = name;
        this.link = link;
        this.clock = clock;
    }

    String name() {
        return name;
    }

    /** @throws JedisDataException the server's refusal, for those who know what to do about it */
    Object ask(String... command) throws Failed {
        Object reply = ask(List.<byte[][]>of(Link.bytes(command)), ANSWER).getFirst();
        if (reply instanceof JedisDataException refusal) {
            throw refusal;
        }
        return reply;
    }

    Object call(String... command) throws Failed {
        try {
            return ask(command);
        } catch (JedisDataException e) {
            throw refused(e, command);
        }
    }

    String text(String... command) throws Failed {
        return Link.text(call(command));
    }

    Topology topology() throws Failed {
        String reply = text("CLUSTER", "NODES");
        try {
            return NodesConf.nodes(reply);
        } catch (IllegalArgumentException e) {
            throw new Failed(name + " answers CLUSTER NODES with something else: " + e.getMessage());
        }
    }

    /** Sends all at once; a refusal is one of the replies. */
    List<Object> ask(List<byte[][]> commands, long nanos) throws Failed {
        try {
            return link.calls(clock.getAsLong() + nanos, commands);
        } catch (JedisConnectionException e) {
            throw new Failed(name + " does not answer " + words(Link.text(commands.getFirst()[0]), commands.getFirst().length > 1
                    ? Link.text(commands.getFirst()[1]) : "") + ": " + e.getMessage());
        } catch (JedisDataException e) {
            // Of the log-in.
            throw new Failed(name + " lets nobody in: " + e.getMessage());
        }
    }

    /** As {@link #ask(List, long)} with any number of short commands, a portion at a time, so that its clients get their turn. */
    List<Object> askEach(List<byte[][]> commands) throws Failed {
        List<Object> replies = new ArrayList<>(commands.size());
        for (int i = 0; i < commands.size(); i += PORTION) {
            replies.addAll(ask(commands.subList(i, Math.min(commands.size(), i + PORTION)), 5 * ANSWER));
        }
        return replies;
    }

    Failed refused(JedisDataException refusal, String... command) {
        return new Failed(name + " refuses " + words(command) + ": " + refusal.getMessage());
    }

    /** As much of a command as says what was wanted. */
    private static String words(String... command) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < Math.min(5, command.length); i++) {
            text.append(i == 0 ? "" : " ").append(command[i]);
        }
        return text.append(command.length > 5 ? " ..." : "").toString().strip();
    }

    @Override
    public void close() {
        link.close();
    }
}
