package io.redisha.http;

import io.redisha.http.HttpThread.Handler;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The connections that clients opened, and who goes when there are too many, or too much is kept for them: always a stranger,
 * the one whose last whole request is longest ago. A probe asks as soon as it is connected and is answered in the same turn, so
 * it is never that one. Nor is it one that has had no turn yet: what it has sent may show that it is a sibling.
 */
final class Clients {

    static final int MAX = 128;
    /** Far fewer than may be connected: all of those that are new, at most twice as many, can stay until they are read. */
    private static final int MAX_AT_ONCE = 16;

    private final HttpThread http;
    private final Set<Incoming> all = new HashSet<>();
    /** Those that have had no turn yet. */
    private final Set<Incoming> unread = new HashSet<>();

    Clients(HttpThread http) {
        this.http = http;
    }

    void accept(Selector selector, ServerSocketChannel listener, Handler handler, Refusals refusals) throws IOException {
        for (int i = 0; i < MAX_AT_ONCE; i++) {
            SocketChannel channel = listener.accept();
            if (channel == null) {
                return;
            }
            if (all.size() >= MAX && !makeWay()) {
                channel.close();
                continue;
            }
            try {
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                Incoming connection = new Incoming(http, this, channel, handler, refusals);
                connection.key = channel.register(selector, SelectionKey.OP_READ, connection);
                all.add(connection);
                unread.add(connection);
                http.nextTurn(() -> unread.remove(connection));
            } catch (IOException e) {
                channel.close();
            }
        }
    }

    private boolean makeWay() {
        Optional<Incoming> stranger = oldest(one -> !one.proven());
        stranger.ifPresent(one -> one.drop("too many connections"));
        if (stranger.isPresent()) {
            return true;
        }
        // A sibling whose connection is gone opens another one with its next question.
        Optional<Incoming> idle = oldest(one -> !one.busy());
        idle.ifPresent(one -> one.end("too many"));
        return idle.isPresent();
    }

    /** Drops a stranger for whom bytes are kept. @param but not this one @return false if there is none */
    boolean dropStranger(Connection but) {
        Optional<Incoming> stranger = oldest(one -> one != but && !one.proven() && one.kept() > 0);
        stranger.ifPresent(one -> one.drop("too much is kept for connections that wait"));
        return stranger.isPresent();
    }

    private Optional<Incoming> oldest(Predicate<Incoming> which) {
        long now = System.nanoTime();
        return all.stream().filter(one -> !unread.contains(one)).filter(which).max(Comparator.comparingLong(one -> now - one.since()));
    }

    void gone(Incoming connection) {
        all.remove(connection);
        unread.remove(connection);
    }

    /** Ends what is over its time; a scan of so few is cheap. @return when the next one is, or {@code next} if that is earlier */
    long expire(long now, long next) {
        for (Incoming one : List.copyOf(all)) {
            if (!one.ended() && one.deadline() - now <= 0) {
                one.late();
            }
            if (!one.ended()) {
                next = HttpThread.earlier(next, one.deadline());
            }
        }
        return next;
    }
}
