package io.redisha.load;

import io.redisha.load.Event.Phase;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.providers.SentineledConnectionProvider;

/**
 * Appends uniquely numbered values and writes down what it was told about each, in a JVM of its own so that nothing of the
 * test pauses it. It never repeats a write: what failed is followed by the next number. Runs until its input is closed.
 */
public final class LoadClient {

    /** A client that waits longer makes a short stop look long. */
    private static final int TIMEOUT_MS = 300;
    private static final int KEYS = 4;
    private static final JedisClientConfig SENTINEL_CLIENT = DefaultJedisClientConfig.builder().timeoutMillis(TIMEOUT_MS)
            .resp2().autoNegotiateProtocol(false).clientSetInfoConfig(ClientSetInfoConfig.DISABLED).build();

    private final Map<String, String> options;
    private final JedisClientConfig config;
    private final Set<HostAndPort> sentinels;
    /** Jedis' own Sentinel client, which all but the first client take their connections from; null without. */
    private final SentineledConnectionProvider jedis;
    private final HistoryFile history;
    private volatile boolean stopped;

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>(Map.of("port", "6379", "d0", "2", "d1", "1", "pause-us", "5000", "timeout-ms", Integer.toString(TIMEOUT_MS), "sentinels", "", "jedis-sentinels", "", "master", "mymaster", "host", "", "prefix", "load"));
        for (int i = 0; i < arguments.length; i += 2) {
            options.put(arguments[i].substring(2), arguments[i + 1]);
        }
        new LoadClient(options).run();
    }

    private LoadClient(Map<String, String> options) throws IOException {
        // A Service's address stays, a pod's doesn't: names are asked again.
        java.security.Security.setProperty("networkaddress.cache.ttl", "1");
        java.security.Security.setProperty("networkaddress.cache.negative.ttl", "0");
        this.options = options;
        var builder = DefaultJedisClientConfig.builder().timeoutMillis(number("timeout-ms")).resp2().autoNegotiateProtocol(false)
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
        String password = System.getenv().getOrDefault("REDIS_PASSWORD", "");
        config = (password.isEmpty() ? builder : builder.password(password)).build();
        sentinels = addresses(options.get("sentinels"));
        Set<HostAndPort> asked = addresses(options.get("jedis-sentinels"));
        jedis = asked.isEmpty() ? null : new SentineledConnectionProvider(options.get("master"), config, asked, config);
        history = new HistoryFile(Path.of(options.get("out")), number("d0") + number("d1"));
    }

    private void run() throws IOException, InterruptedException {
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < number("d0") + number("d1"); i++) {
            boolean waits = i >= number("d0");
            int ordinal = i;
            clients.add(Thread.ofPlatform().start(() -> new Client(ordinal, waits).run()));
        }
        history.untilInputCloses();
        stopped = true;
        for (Thread client : clients) {
            client.join();
        }
        if (jedis != null) {
            jedis.close();
        }
        history.close();
    }

    private static Set<HostAndPort> addresses(String list) {
        Set<HostAndPort> addresses = new LinkedHashSet<>();
        for (String address : list.split(",")) {
            if (!address.isEmpty()) {
                addresses.add(HostAndPort.from(address));
            }
        }
        return addresses;
    }

    private int number(String option) {
        return Integer.parseInt(options.get(option));
    }

    private final class Client {

        private final String name;
        private final boolean waits;
        private final boolean borrows;
        /** Which life of which server a connection leads to. */
        private final Map<Connection, String> sides = new WeakHashMap<>();
        private long value;
        private long acknowledged;
        private Connection connection;
        private String side = "";

        Client(int ordinal, boolean waits) {
            this.waits = waits;
            this.borrows = jedis != null && ordinal > 0;
            this.name = (waits ? "d1-" : "d0-") + ordinal + (borrows ? "-jedis" : "");
            this.value = (ordinal + 1) * 1_000_000_000L;
        }

        void run() {
            while (!stopped) {
                append(++value, options.get("prefix") + ":" + value % KEYS);
                java.util.concurrent.locks.LockSupport.parkNanos(number("pause-us") * 1_000L);
            }
            close();
        }

        private void append(long value, String key) {
            history.record(new Event(System.nanoTime(), name, side, key, value, Phase.INVOKE, -1, ""));
            Phase phase = Phase.FAIL;      // nothing has been sent yet
            int acks = -1;
            String error = "";
            try {
                connect();
                phase = Phase.INFO;        // from here on an error leaves the outcome unknown
                send(key, value);
                answer();
                phase = Phase.OK;
                if (waits) {
                    acks = Math.toIntExact((Long) connection.getOne());
                }
            } catch (Refused refused) {
                phase = Phase.FAIL;
                error = refused.getMessage();
                discard();
            } catch (JedisException broken) {
                error = message(broken);
                discard();
            }
            if (phase == Phase.OK) {
                history.acknowledged(++acknowledged);
            }
            history.record(new Event(System.nanoTime(), name, side, key, value, phase, acks, error));
            if (borrows) {
                // Back to the pool, which knows better than we do whether it may be lent again.
                close();
            }
        }

        private void connect() {
            if (connection != null) {
                return;
            }
            side = "";
            Connection fresh = borrows ? jedis.getConnection()
                    : new Connection(sentinels.isEmpty() ? new HostAndPort(options.get("host"), number("port")) : master(), config);
            try {
                fresh.connect();
                side = sides.computeIfAbsent(fresh, Client::runId);
                connection = fresh;
            } catch (RuntimeException refused) {
                fresh.close();
                throw refused;
            }
        }

        private static String runId(Connection connection) {
            connection.sendCommand(Command.INFO, "server");
            return connection.getBulkReply().lines().filter(line -> line.startsWith("run_id:")).map(line -> line.substring(7)).findFirst().orElse("");
        }

        /** As a Sentinel client does: the first Sentinel that answers names the master. */
        private HostAndPort master() {
            JedisException last = new JedisConnectionException("no Sentinel knows the master");
            for (HostAndPort sentinel : sentinels) {
                try (Connection asked = new Connection(sentinel, SENTINEL_CLIENT)) {
                    asked.sendCommand(Command.SENTINEL, "GET-MASTER-ADDR-BY-NAME", "mymaster");
                    List<String> found = asked.getMultiBulkReply();
                    if (found != null) {
                        return new HostAndPort(found.get(0), Integer.parseInt(found.get(1)));
                    }
                } catch (JedisException down) {
                    last = down;
                }
            }
            throw last;
        }

        /** In one packet: a transaction that is half sent would be neither done nor refused. */
        private void send(String key, long value) {
            connection.sendCommand(Command.MULTI);
            connection.sendCommand(Command.RPUSH, key, Long.toString(value));
            connection.sendCommand(Command.SADD, key + ":set", Long.toString(value));
            connection.sendCommand(Command.EXEC);
            if (waits) {
                connection.sendCommand(Command.WAIT, "1", "500");
            }
        }

        /** EXEC's answer decides; what was said while queueing only tells why it was refused. */
        private void answer() {
            String why = "";
            for (int queued = 0; queued < 3; queued++) {
                try {
                    connection.getOne();
                } catch (JedisDataException refused) {
                    why = message(refused) + "; ";
                }
            }
            Object done;
            try {
                done = connection.getOne();
            } catch (JedisDataException refused) {
                if (message(refused).startsWith("UNBLOCKED")) {
                    throw refused;
                }
                throw new Refused(why + message(refused));
            }
            // Half done would be neither: unknown.
            if (!(done instanceof List<?> results) || results.stream().anyMatch(JedisDataException.class::isInstance)) {
                throw new JedisException("EXEC answered " + done);
            }
        }

        /** Answers that nobody has read are still to come on it: who is lent it next would take them for its own. */
        private void discard() {
            if (connection != null) {
                connection.setBroken();
            }
            close();
        }

        private void close() {
            if (connection != null) {
                try {
                    connection.close();
                } catch (JedisException already) {
                    // It is why we close.
                }
                connection = null;
            }
        }
    }

    static String message(JedisException error) {
        return error.getCause() == null ? String.valueOf(error.getMessage()) : error.getMessage() + ": " + error.getCause().getMessage();
    }

    /** The server said that it did not do it. */
    private static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        Refused(String why) {
            super(why, null, false, false);
        }
    }
}
