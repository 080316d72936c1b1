package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.Misconf;
import io.redisha.model.ServerInfo;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.BooleanSupplier;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.commands.ProtocolCommand;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** One connection to one server, opened when needed, for one thread. Whatever is asked has to be answered by a deadline. */
final class Link implements MoverPort.Connection {

    private static final String OUT_OF_TIME = "out of time";
    private static final String[] PING = {"PING"};
    private static final String[] MIN_REPLICAS = {"CONFIG", "GET", "min-replicas-to-write"};
    /** It tells nothing that is decided upon, and is not asked for with each look. */
    private static final String[] MEMORY = {"INFO", "memory"};
    private static final long MEMORY_AGAIN = 1_000_000_000L;
    private static final String[] SAVE = {"CONFIG", "GET", "save"};
    private static final String[] STOP_WRITES = {"CONFIG", "GET", "stop-writes-on-bgsave-error"};

    private final HostAndPort address;
    private final String password;
    private Connection connection;
    private boolean stops;
    private boolean full;
    private Long memoryAt;

    /** @param password null for a server without one */
    Link(Address address, String password) {
        this.address = new HostAndPort(address.host(), address.port());
        this.password = password;
    }

    /**
     * @param deadline monotonic ns
     * @throws JedisDataException       the server answered, with an error
     * @throws JedisConnectionException it did not answer, and may or may not have done it
     */
    Object call(long deadline, String... command) {
        Object reply = calls(deadline, command).getFirst();
        if (reply instanceof JedisDataException error) {
            throw error;
        }
        return reply;
    }

    /** Sends all commands at once; an error is one of the replies. */
    List<Object> calls(long deadline, String[]... commands) {
        return calls(deadline, java.util.Arrays.stream(commands).map(Link::bytes).toList());
    }

    static byte[][] bytes(String... words) {
        byte[][] bytes = new byte[words.length][];
        for (int i = 0; i < words.length; i++) {
            bytes[i] = words[i].getBytes(StandardCharsets.UTF_8);
        }
        return bytes;
    }

    /** As {@link #calls(long, String[]...)}, for words that need not be text. */
    @Override
    public List<Object> calls(long deadline, List<byte[][]> commands) {
        boolean reused = connection != null;
        try {
            return exchange(deadline, commands);
        } catch (JedisConnectionException e) {
            // Our connections are "normal" clients too: CLIENT KILL drops them, and so does a restart. What must not be done twice is sent by once().
            if (!reused || System.nanoTime() - deadline >= 0) {
                throw e;
            }
            return exchange(deadline, commands);
        }
    }

    /**
     * Sent once, over a connection on which the server has just answered: a fence over another one, which drops this one with what was not answered yet, is not
     * undone.
     *
     * @param may asked right before it is sent
     * @return false if it was not
     */
    boolean once(long deadline, BooleanSupplier may, String... command) {
        calls(deadline, PING);   // an error is an answer, too
        if (!may.getAsBoolean()) {
            return false;
        }
        if (exchange(deadline, List.<byte[][]>of(bytes(command))).getFirst() instanceof JedisDataException error) {
            throw error;
        }
        return true;
    }

    private List<Object> exchange(long deadline, List<byte[][]> commands) {
        try {
            if (connection == null) {
                connection = open(deadline);
            }
            connection.setSoTimeout(left(deadline));   // first: what lies in the buffer when there is no time left would be sent by close()
            for (byte[][] command : commands) {
                connection.sendCommand(new Word(command[0]), java.util.Arrays.copyOfRange(command, 1, command.length));
            }
            return connection.getMany(commands.size());
        } catch (JedisConnectionException e) {
            close();
            throw e;
        }
    }

    /** @param maxLag as in {@link InfoReply#parse} */
    ServerInfo info(long deadline, int maxLag) {
        long now = System.nanoTime();
        boolean memory = memoryAt == null || now - memoryAt >= MEMORY_AGAIN;
        List<Object> replies = memory ? calls(deadline, InfoReply.COMMAND, MIN_REPLICAS, MEMORY) : calls(deadline, InfoReply.COMMAND, MIN_REPLICAS);
        for (Object reply : replies) {
            if (reply instanceof JedisDataException error) {
                throw error;
            }
        }
        List<?> setting = (List<?>) replies.get(1);
        int minReplicas = setting.size() < 2 ? 0 : Integer.parseInt(text(setting.get(1)));
        if (memory) {
            memoryAt = now;
            full = InfoMemory.full(text(replies.get(2)));
        }
        ServerInfo info = InfoReply.parse(text(replies.getFirst()), minReplicas, maxLag).full(full);
        return info.misconf() == Misconf.SNAPSHOT && !stopsWithoutSnapshot(deadline) ? info.misconf(Misconf.NONE) : info;
    }

    /** Whether a snapshot that has failed stops writes: one that a replica or a backup asked for does not. Asked only then; what it said last if it is late. */
    boolean stopsWithoutSnapshot(long deadline) {
        try {
            List<Object> replies = calls(deadline, SAVE, STOP_WRITES);
            stops = !setting(replies.get(0)).isEmpty() && setting(replies.get(1)).equals("yes");
        } catch (JedisConnectionException late) {
            // INFO was answered, and is worth more than this
        }
        return stops;
    }

    private static String setting(Object reply) {
        return reply instanceof List<?> pair && pair.size() == 2 ? text(pair.get(1)) : "";
    }

    static String text(Object reply) {
        return reply instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : String.valueOf(reply);
    }

    /** Nobody listens there: then there is also nobody who could carry out a client's write. */
    static boolean refused(JedisConnectionException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConnectException) {
                return true;
            }
            for (Throwable other : cause.getSuppressed()) {
                if (other instanceof ConnectException) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The server has closed the connection: what it had not carried out by then it never will. Of one that only does not answer nobody knows. */
    static boolean closed(JedisConnectionException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            if (isLate(cause)) {
                return false;
            }
            for (Throwable other : cause.getSuppressed()) {
                if (isLate(other)) {
                    return false;
                }
            }
        }
        return !refused(e);
    }

    private static boolean isLate(Throwable cause) {
        return cause instanceof SocketTimeoutException || OUT_OF_TIME.equals(cause.getMessage());
    }

    private Connection open(long deadline) {
        return open(address, password, left(deadline));
    }

    /** @param millis for the connection, the log-in, and each answer */
    static Connection open(HostAndPort address, String password, int millis) {
        return new Bytewise(address, DefaultJedisClientConfig.builder().protocol(RedisProtocol.RESP2).autoNegotiateProtocol(false)
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED).password(password).connectionTimeoutMillis(millis)
                .socketTimeoutMillis(millis).build());
    }

    /** Jedis would take a password for text, and send it as UTF-8. */
    private static final class Bytewise extends Connection {

        Bytewise(HostAndPort address, JedisClientConfig config) {
            super(address, config);
        }

        @Override
        protected byte[] encodeToBytes(char[] characters) {
            return Link.password(new String(characters));
        }
    }

    /** The bytes that a password's characters stand for. */
    static byte[] password(String password) {
        return password.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Milliseconds; at least one, because a socket takes zero for "for ever". */
    private static int left(long deadline) {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left < 0) {
            throw new JedisConnectionException(OUT_OF_TIME);
        }
        return (int) Math.max(1, left);
    }

    @Override
    public void close() {
        if (connection != null) {
            try {
                connection.close();
            } catch (JedisConnectionException e) {
                // It was broken already.
            }
            connection = null;
        }
    }

    /** A command's name; Jedis' own enumeration of them would be five hundred objects for six names. */
    record Word(byte[] raw) implements ProtocolCommand {

        @Override
        public byte[] getRaw() {
            return raw;
        }
    }
}
