package io.redisha.load;

import io.redisha.load.Event.Phase;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.locks.LockSupport;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.CommandObject;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.StaticCommandFlagsRegistry;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.executors.ClusterCommandExecutor;
import redis.clients.jedis.providers.ClusterConnectionProvider;

/**
 * The load of a Redis Cluster: appends uniquely numbered values through Jedis' own cluster client, which follows MOVED and ASK
 * as everybody's does. Each client has a range of slots for itself, so that a shard that stops keeps no other's clients waiting.
 * It never repeats a write whose outcome it doesn't know. Runs until its input is closed.
 */
public final class ClusterLoadClient {

    private static final int WAIT_MS = 200;
    /** Jedis' own number: redirections, and connects that failed. */
    private static final int ATTEMPTS = 5;
    /** Who seldom writes may never be told of a move by MOVED: its last word of a pod that has gone would be the end of the connection. */
    private static final Duration REFRESH = Duration.ofSeconds(2);

    private final Map<String, String> options;
    private final JedisClientConfig config;
    private final HistoryFile history;
    private volatile boolean stopped;

    public static void main(String[] arguments) throws Exception {
        Map<String, String> options = new HashMap<>(Map.of("port", "6379", "d0", "6", "d1", "3", "keys", "1000", "pause-us", "10000", "prefix", "load",
                // A client that waits longer makes a short stop look long.
                "timeout-ms", "300"));
        for (int i = 0; i < arguments.length; i += 2) {
            options.put(arguments[i].substring(2), arguments[i + 1]);
        }
        new ClusterLoadClient(options).run();
        System.exit(0);   // Jedis leaves a thread behind that looks where the slots are, if it once found nobody
    }

    private ClusterLoadClient(Map<String, String> options) throws IOException {
        // The Service's name leads to pods, which come and go.
        java.security.Security.setProperty("networkaddress.cache.ttl", "1");
        java.security.Security.setProperty("networkaddress.cache.negative.ttl", "0");
        this.options = options;
        var builder = DefaultJedisClientConfig.builder().timeoutMillis(number("timeout-ms")).resp2().autoNegotiateProtocol(false)
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
        String password = System.getenv().getOrDefault("REDIS_PASSWORD", "");
        config = (password.isEmpty() ? builder : builder.password(password)).build();
        history = new HistoryFile(Path.of(options.get("out")), number("d0") + number("d1"));
    }

    private void run() throws IOException, InterruptedException {
        List<String> keys = SlotKeys.spread(options.get("prefix"), number("keys"));
        List<Thread> clients = new ArrayList<>();
        for (String kind : List.of("d0", "d1")) {
            for (SlotKeys.Range range : SlotKeys.ranges(number(kind))) {
                int ordinal = clients.size();
                clients.add(Thread.ofPlatform().start(() -> new Client(kind, range, ordinal, keys).run()));
            }
        }
        history.untilInputCloses();
        stopped = true;
        for (Thread client : clients) {
            client.join();
        }
        history.close();
    }

    private int number(String option) {
        return Integer.parseInt(options.get(option));
    }

    private final class Client {

        private final String name;
        private final boolean waits;
        private final List<String> keys;
        private long value;
        private long acknowledged;
        private Appender appender;
        private RedisClusterClient redis;

        Client(String kind, SlotKeys.Range range, int ordinal, List<String> all) {
            name = kind + "-" + range;
            waits = kind.equals("d1");
            keys = all.stream().filter(range::contains).toList();
            value = (ordinal + 1) * 1_000_000_000L;
        }

        void run() {
            while (!stopped) {
                append(++value, keys.get((int) (value % keys.size())));
                LockSupport.parkNanos(number("pause-us") * 1_000L);
            }
            if (redis != null) {
                redis.close();
            }
        }

        private void append(long value, String key) {
            history.record(new Event(System.nanoTime(), name, "", key, value, Phase.INVOKE, -1, ""));
            Phase phase = Phase.FAIL;
            String error = "";
            try {
                connect();
                appender.begin();
                redis.rpush(key, Long.toString(value));
                phase = Phase.OK;
                history.acknowledged(++acknowledged);
            } catch (Unknown unknown) {
                phase = Phase.INFO;
                error = unknown.getMessage();
                renew();
            } catch (JedisException refused) {
                // Said no, led astray, or never reached: Unknown is thrown for whatever was sent.
                error = LoadClient.message(refused);
                if (!(refused instanceof JedisDataException)) {
                    // Jedis asks where the slots are only after its second try, and our patience ends before that.
                    renew();
                }
            }
            String side = appender == null ? "" : appender.side;
            history.record(new Event(System.nanoTime(), name, side, key, value, phase, phase == Phase.OK ? appender.acks : -1, error));
        }

        private void connect() {
            if (redis != null) {
                return;
            }
            Set<HostAndPort> start = Set.of(new HostAndPort(options.get("host"), number("port")));
            ClusterConnectionProvider provider = new ClusterConnectionProvider(start, config, new ConnectionPoolConfig(), REFRESH);
            appender = new Appender(provider, waits, Duration.ofMillis(number("timeout-ms")));
            redis = RedisClusterClient.builder().nodes(start).clientConfig(config).connectionProvider(provider).commandExecutor(appender).build();
        }

        private void renew() {
            if (appender == null) {
                return;
            }
            try {
                appender.provider.renewSlotCache();
            } catch (JedisException nobodyAnswers) {
                // The next write tries again.
            }
        }
    }

    /** Jedis' executor, but for one thing: an order that was sent and not answered is not sent again. */
    private static final class Appender extends ClusterCommandExecutor {

        private final boolean waits;
        private final Map<Connection, String> lives = new WeakHashMap<>();
        private String side = "";
        private int acks = -1;

        Appender(ClusterConnectionProvider provider, boolean waits, Duration patience) {
            super(provider, ATTEMPTS, patience, StaticCommandFlagsRegistry.registry());
            this.waits = waits;
        }

        void begin() {
            side = "";
            acks = -1;
        }

        @Override
        protected <T> T execute(Connection connection, CommandObject<T> command) {
            T done;
            try {
                done = super.execute(connection, command);
            } catch (JedisConnectionException broken) {
                throw new Unknown(LoadClient.message(broken));
            }
            // It is done, whatever happens now.
            try {
                if (waits) {
                    connection.sendCommand(Command.WAIT, "1", Integer.toString(WAIT_MS));
                    acks = Math.toIntExact((Long) connection.getOne());
                }
                side = lives.computeIfAbsent(connection, Appender::life);
            } catch (JedisException unconfirmed) {
                // acks says so.
            }
            return done;
        }

        private static String life(Connection connection) {
            connection.sendCommand(Command.INFO, "server");
            return connection.getBulkReply().lines().filter(line -> line.startsWith("run_id:")).map(line -> line.substring(7)).findFirst().orElse("");
        }
    }

    private static final class Unknown extends RuntimeException {
        private static final long serialVersionUID = 1;

        Unknown(String why) {
            super(why, null, false, false);
        }
    }
}
