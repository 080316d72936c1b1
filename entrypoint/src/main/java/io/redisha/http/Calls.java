package io.redisha.http;

import io.redisha.http.HttpThread.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The questions to siblings, and the connections that they take. */
final class Calls {

    /** Heartbeats leave five times a second and are worth something for 1.5 s: eight can be under way, and some questions. */
    private static final int MAX_TO_ONE = 12;

    private record Target(String host, int port) {}

    private final HttpThread http;
    private final Selector selector;
    private final Map<Target, Pool> pools = new HashMap<>();
    /** Connections whose answer there is no room for. */
    private final Set<Outgoing> waiting = new LinkedHashSet<>();
    private ExecutorService names;

    Calls(HttpThread http, Selector selector) {
        this.http = http;
        this.selector = selector;
    }

    void start(String host, int port, Call call) {
        pools.computeIfAbsent(new Target(host, port), Pool::new).start(call);
    }

    /** Ends what is over its time. @return when the next one is, or {@code next} if that is earlier */
    long expire(long now, long next) {
        for (Pool pool : List.copyOf(pools.values())) {
            next = HttpThread.earlier(next, pool.expire(now));
        }
        for (Outgoing one : List.copyOf(waiting)) {
            waiting.remove(one);
            one.again();
        }
        return next;
    }

    void close() {
        if (names != null) {
            names.shutdownNow();
        }
    }

    /** One question to a sibling. */
    static final class Call {

        final byte[] request;
        final long deadline;
        private final Answer answer;
        private boolean retried;
        private boolean done;

        Call(byte[] request, long deadline, Answer answer) {
            this.request = request;
            this.deadline = deadline;
            this.answer = answer;
        }

        /** Once, while there is time. */
        boolean mayRetry() {
            boolean may = !retried && !done && deadline - System.nanoTime() > 0;
            retried |= may;
            return may;
        }

        void got(int status, byte[] body) {
            done = true;
            answer.got(status, body);
        }

        void fail(String why) {
            if (!done) {
                done = true;
                answer.failed(why);
            }
        }
    }

    /**
     * The connections to one sibling, one question on each at a time. On a good network there is one; with slow answers or
     * lost packets the next heartbeat takes another instead of waiting behind the last, which is what rule V2 wants: an
     * answer counts from when the question was sent.
     */
    final class Pool {

        private final Target target;
        private final Deque<Outgoing> idle = new ArrayDeque<>();
        private final Set<Outgoing> all = new HashSet<>();
        private final List<Call> unresolved = new ArrayList<>();

        private Pool(Target target) {
            this.target = target;
        }

        private void start(Call call) {
            Outgoing last = idle.pollFirst();
            if (last != null) {
                last.begin(call);
            } else if (all.size() + unresolved.size() >= MAX_TO_ONE) {
                call.fail(MAX_TO_ONE + " questions are unanswered");
            } else if (literal(target.host())) {
                open(call, target.host());
            } else {
                unresolved.add(call);
                if (unresolved.size() == 1) {
                    resolve();
                }
            }
        }

        void idle(Outgoing connection) {
            idle.addFirst(connection);
        }

        void gone(Outgoing connection) {
            idle.remove(connection);
            all.remove(connection);
            waiting.remove(connection);
        }

        void retry(Call call) {
            for (Outgoing other = idle.pollFirst(); other != null; other = idle.pollFirst()) {
                other.end("as old as the one that failed");
            }
            start(call);
        }

        void waitForRoom(Outgoing connection) {
            waiting.add(connection);
        }

        /** A name server that does not answer blocks for seconds: not this thread. */
        private void resolve() {
            if (names == null) {
                names = new ThreadPoolExecutor(0, 16, 5, TimeUnit.SECONDS, new SynchronousQueue<>(), task -> {
                    Thread resolver = new Thread(task, "dns");
                    resolver.setDaemon(true);
                    return resolver;
                }, new ThreadPoolExecutor.DiscardPolicy());
            }
            names.execute(() -> {
                String address;
                try {
                    address = InetAddress.getByName(target.host()).getHostAddress();
                } catch (IOException e) {
                    address = null;
                }
                String found = address;
                http.post(() -> {
                    List<Call> asked = List.copyOf(unresolved);
                    unresolved.clear();
                    for (Call call : asked) {
                        if (found == null) {
                            call.fail("no such name: " + target.host());
                        } else {
                            open(call, found);
                        }
                    }
                });
            });
        }

        private void open(Call call, String address) {
            Outgoing connection = null;
            try {
                SocketChannel channel = SocketChannel.open();
                connection = new Outgoing(http, this, channel, call);
                all.add(connection);
                channel.configureBlocking(false);
                channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
                connection.key = channel.register(selector, SelectionKey.OP_CONNECT, connection);
                if (channel.connect(new InetSocketAddress(address, target.port()))) {
                    connection.connected();
                }
            } catch (IOException | RuntimeException e) {
                if (connection == null) {
                    call.fail(e.toString());
                } else {
                    connection.end(e.toString());
                }
            }
        }

        private long expire(long now) {
            long next = now + 10 * HttpThread.SECOND;
            for (Outgoing one : List.copyOf(all)) {
                if (one.deadline() - now <= 0) {
                    one.end("no answer in time");
                } else {
                    next = HttpThread.earlier(next, one.deadline());
                }
            }
            for (Call call : List.copyOf(unresolved)) {
                if (call.deadline - now <= 0) {
                    unresolved.remove(call);
                    call.fail("no answer from DNS in time");
                } else {
                    next = HttpThread.earlier(next, call.deadline);
                }
            }
            if (all.isEmpty() && unresolved.isEmpty()) {
                pools.remove(target, this);
            }
            return next;
        }
    }

    private static boolean literal(String host) {
        return host.indexOf(':') >= 0 || host.chars().allMatch(c -> c == '.' || c >= '0' && c <= '9');
    }
}
