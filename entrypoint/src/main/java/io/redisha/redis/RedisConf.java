package io.redisha.redis;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * The server's configuration file: our defaults, the user's lines over them, and last what only redis-ha may say.
 *
 * @param user       the user's lines
 * @param podIp      what other servers are told as the address of this one
 * @param password   whose characters stand for its bytes; null: no authentication
 * @param persistent the data volume outlives the pod
 * @param data       the server's working directory
 * @param mode       what the server is part of
 */
public record RedisConf(List<String> user, int port, String podIp, String password, boolean persistent, String data, Mode mode) {

    /** What differs between the architectures. */
    public sealed interface Mode {
        /** As the chart names it. */
        String architecture();
    }

    /**
     * A master and its replicas.
     *
     * @param replicas pods of the release
     * @param maxLag   min-replicas-max-lag, seconds
     */
    public record Replication(int replicas, int maxLag) implements Mode {
        @Override
        public String architecture() {
            return "replication";
        }
    }

    /**
     * A master and its replicas, over whom sentinels watch.
     *
     * @param host     under which the sentinels know this server, for as long as there is a pod of its name
     * @param replicas pods of the release
     * @param maxLag   min-replicas-max-lag, seconds
     */
    public record Sentinel(String host, int replicas, int maxLag) implements Mode {
        @Override
        public String architecture() {
            return "sentinel";
        }
    }

    /**
     * A node of a Redis Cluster.
     *
     * @param busPort            of the cluster bus, which has no authentication: only members may reach it
     * @param announcedPort      where clients find the node: the own port, or one outside the pod network
     * @param hostname           under which clients may find the node; null for none
     * @param preferHostname     clients are sent to {@code hostname}, not to the pod's IP
     * @param nodeTimeout        rule K8
     * @param requireFullCoverage no slot is served while one has no master
     */
    public record ClusterNode(int busPort, int announcedPort, String hostname, boolean preferHostname, Duration nodeTimeout,
            boolean requireFullCoverage) implements Mode {
        @Override
        public String architecture() {
            return "cluster";
        }
    }

    /** With these the user may keep data where we would not. */
    private static final Set<String> KEEPS = Set.of("save", "appendonly", "dbfilename");

    /** Of shutdown-timeout, s. */
    private static final int SHUTDOWN = 10;

    /** Of repl-backlog-size, bytes. */
    private static final long BACKLOG = 64L << 20;

    /** In {@code data}: what the server knows of the cluster. */
    public static final String NODES = "nodes.conf";

    /** What the entrypoint sets, under the older names too, and what would let a client or a restart get round it. */
    private static final Set<String> OWNED = Set.of("port", "bind", "daemonize", "supervised", "pidfile", "dir", "replicaof", "slaveof",
            "masterauth", "masteruser", "requirepass", "protected-mode", "replica-serve-stale-data", "slave-serve-stale-data",
            "replica-read-only", "slave-read-only", "min-replicas-to-write", "min-slaves-to-write", "min-replicas-max-lag",
            "min-slaves-max-lag", "replica-announce-ip", "replica-announce-port", "slave-announce-ip",
            "slave-announce-port", "unixsocket", "include", "user", "aclfile", "rename-command", "logfile", "tls-port",
            // Where sentinels find replicas is not for the user to hide.
            "replica-announced", "slave-announced",
            // Valkey's newer names.
            "primaryauth", "primaryuser",
            // Of a cluster; the rest of its directives is for the user to set.
            "cluster-enabled", "cluster-config-file", "cluster-port", "cluster-node-timeout", "cluster-require-full-coverage",
            "cluster-preferred-endpoint-type", "cluster-allow-replica-migration", "cluster-replica-no-failover", "cluster-slave-no-failover",
            "cluster-replica-validity-factor", "cluster-slave-validity-factor", "cluster-announce-ip", "cluster-announce-port",
            "cluster-announce-tls-port", "cluster-announce-bus-port", "cluster-announce-hostname", "cluster-announce-client-ipv4",
            "cluster-announce-client-ipv6", "cluster-announce-client-port", "cluster-announce-client-tls-port");

    public RedisConf {
        user = List.copyOf(user);
    }

    /** Of the user's lines what the server must not be started with, all of it; empty if nothing is. What only the server knows it says itself at its start. */
    public List<String> problems() {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < user.size(); i++) {
            List<String> words = words(user.get(i));
            if (!words.isEmpty() && OWNED.contains(words.getFirst())) {
                found.add("redis.configuration: line " + (i + 1) + ": " + words.getFirst() + ": is set by redis-ha; remove it");
            } else if (unfit(words) != null && UnfitValues.losesData(words)) {
                found.add("redis.configuration: line " + (i + 1) + ": given " + String.join(" ", words) + ", expected " + unfit(words));
            } else if (user.get(i).chars().anyMatch(c -> c < ' ' && c != '\t' && c != '\r')) {
                found.add("redis.configuration: line " + (i + 1) + ": given a control character, expected text");
            }
        }
        return found;
    }

    /** Of the user's lines what the chart refuses, and no data is lost by: a pod that has run with it does so again (finding R18). */
    public List<String> warnings() {
        List<String> found = new ArrayList<>();
        for (int i = 0; i < user.size(); i++) {
            List<String> words = words(user.get(i));
            if (unfit(words) != null && !UnfitValues.losesData(words)) {
                found.add("redis.configuration: line " + (i + 1) + ": given " + String.join(" ", words) + ", expected " + unfit(words));
            }
        }
        int ping = number(1, "repl-ping-replica-period", "repl-ping-slave-period");
        int timeout = number(10, "repl-timeout");
        if (ping >= timeout) {
            found.add("redis.configuration: given repl-ping-replica-period " + ping + " with repl-timeout " + timeout
                    + ", expected less than that, or replicas lose their links while nothing is written");
        }
        if (appends() && snapshotName().equalsIgnoreCase(logDirectory())) {
            found.add("redis.configuration: given dbfilename " + snapshotName() + " and appenddirname " + logDirectory() + ", expected two names, or no replica can keep a copy");
        }
        return found;
    }

    private String unfit(List<String> words) {
        return words.isEmpty() ? null : UnfitValues.expected(words, mode.architecture());
    }

    private boolean isSilenced() {
        return user.stream().map(RedisConf::words).anyMatch(words -> unfit(words) != null && UnfitValues.silences(words));
    }

    /** What the server waits for its replicas when it ends. */
    public Duration shutdownTimeout() {
        return Duration.ofSeconds(number(SHUTDOWN, "shutdown-timeout"));
    }

    /** It makes one when it ends: there are save points. */
    public boolean endsWithSnapshot() {
        return user.stream().map(RedisConf::words).filter(words -> !words.isEmpty() && words.getFirst().equals("save")).map(words -> words.size() > 2)
                .reduce(false, (before, last) -> last);
    }

    /** What the user's last line of these says; {@code usual} if there is none, or it says no number, of which the server speaks at its start. */
    private int number(int usual, String... directives) {
        int number = usual;
        for (String line : user) {
            List<String> words = words(line);
            if (words.size() == 2 && List.of(directives).contains(words.getFirst()) && words.getLast().matches("[0-9]{1,9}")) {
                number = Integer.parseInt(words.getLast());
            }
        }
        return number;
    }

    private long maxmemory() {
        return user.stream().map(RedisConf::words).filter(words -> words.size() == 2 && words.getFirst().equals("maxmemory")).map(words -> ReplicaBuffer.bytes(words.getLast()))
                .reduce(0L, (before, last) -> last);
    }

    /** Nobody asked for anything to be kept: a snapshot on disk is left over from a transfer, and older than what siblings have in memory. */
    public boolean isVolatile() {
        return !persistent && user.stream().map(RedisConf::directive).filter(Objects::nonNull).noneMatch(KEEPS::contains);
    }

    /** replica-priority as the user wants it, where the server's file must say something else. */
    public int priority() {
        return number(100, "replica-priority", "slave-priority");
    }

    /** By name what the server may load from its directory at its start, in the order in which to take it away: what remains is never loaded in place of what has gone. */
    public List<String> dataFiles() {
        String snapshot = snapshotName();
        // of Redis 6: a server that finds it, and no directory, makes that of it; so it goes first
        String former = logName();
        return appends() ? List.of(former, logDirectory(), snapshot) : List.of(snapshot, former, logDirectory());
    }

    /** Its data is in append-only files: of a snapshot it loads nothing. */
    public boolean appends() {
        return last(yes(persistent), "appendonly").equalsIgnoreCase("yes");
    }

    private String snapshotName() {
        return last("dump.rdb", "dbfilename");
    }

    /** By name where the append-only files are, in its directory. */
    public String logDirectory() {
        return last("appendonlydir", "appenddirname");
    }

    /** With what their names begin. */
    public String logName() {
        return last("appendonly.aof", "appendfilename");
    }

    /** What the user's last line of this directive says; {@code usual} if there is none. */
    private String last(String usual, String directive) {
        return user.stream().map(RedisConf::words).filter(words -> words.size() == 2 && words.getFirst().equals(directive)).map(List::getLast)
                .reduce(usual, (before, last) -> last);
    }

    /** The first word, null for an empty line or a comment. */
    private static String directive(String line) {
        List<String> words = words(line);
        return words.isEmpty() ? null : words.getFirst();
    }

    /** As the server reads them: perhaps in quotes, and the first in any case. None for an empty line or a comment. */
    private static List<String> words(String line) {
        String text = line.strip();
        List<String> words = new ArrayList<>();
        if (text.isEmpty() || text.charAt(0) == '#') {
            return words;
        }
        StringBuilder word = new StringBuilder();
        char quote = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quote == 0 && (c == '"' || c == '\'')) {
                quote = c;
            } else if (c == quote) {
                quote = 0;
            } else if (quote == 0 && Character.isWhitespace(c)) {
                if (!Character.isWhitespace(text.charAt(i - 1))) {
                    words.add(word.toString());
                    word.setLength(0);
                }
            } else if (quote == '"' && c == '\\' && i + 3 < text.length() && text.charAt(i + 1) == 'x'
                    && Character.digit(text.charAt(i + 2), 16) >= 0 && Character.digit(text.charAt(i + 3), 16) >= 0) {
                word.append((char) Integer.parseInt(text, i + 2, i + 4, 16));
                i += 3;
            } else if (quote != 0 && c == '\\' && i + 1 < text.length()) {
                word.append(text.charAt(++i));
            } else {
                word.append(c);
            }
        }
        words.add(word.toString());
        words.set(0, words.getFirst().toLowerCase(Locale.ROOT));
        return words;
    }

    /** The file's text where nothing is known of the container's memory. */
    public String render() {
        return render(0);
    }

    /**
     * The file's text. It holds the password.
     *
     * @param memory of the container, bytes; 0 for no limit
     */
    public String render(long memory) {
        StringBuilder out = new StringBuilder(2048);
        out.append("# Defaults of redis-ha\n");
        // Snapshots cost a fork and say nothing the append-only file does not.
        out.append("save \"\"\n");
        out.append("appendonly ").append(yes(persistent)).append('\n');
        // Where nothing is kept on disk, what a full sync left there would be taken for the data by a server that restarts.
        out.append("rdb-del-sync-files yes\n");
        // A replica need not wait 5 s for others that might want the same snapshot.
        out.append("repl-diskless-sync-delay 0\n");
        // A link that died without a FIN is given up after 10 s, not 60; the ping keeps an idle one from looking dead.
        out.append("repl-ping-replica-period 1\n");
        out.append("repl-timeout 10\n");
        // What may be written while a pod is replaced, without a full sync after it: 5 s at 12 MB/s. It is only taken when it is filled, and counts
        // as data: a server whose maxmemory is filled by it refuses all writes.
        out.append("repl-backlog-size ").append(maxmemory() > 0 && maxmemory() < 4 * BACKLOG ? maxmemory() / 4 : BACKLOG).append('\n');
        // After a failover the replicas are there a second later; what waited an hour for them may be needed still.
        out.append("repl-backlog-ttl 0\n");
        long buffer = ReplicaBuffer.megabytes(maxmemory(), memory);
        if (buffer > 0) {
            out.append("client-output-buffer-limit replica ").append(buffer).append("mb ").append(buffer).append("mb 60\n");
        }
        // Else a replica whose volume is full ends at its next write, again and again: the copy in its memory is worth more, and is on disk when there is room.
        out.append("replica-ignore-disk-write-errors yes\n");
        out.append("shutdown-timeout ").append(SHUTDOWN).append('\n');
        out.append("enable-debug-command no\n");

        out.append("# redis.configuration\n");
        for (String line : user) {
            out.append(line).append('\n');
        }

        out.append("# Set by redis-ha\n");
        out.append("port ").append(port).append('\n');
        out.append("bind * -::*\n");
        // The official images turn it off, Debian's package does not; the password and the NetworkPolicy are what protects.
        out.append("protected-mode no\n");
        out.append("daemonize no\n");
        out.append("supervised no\n");
        out.append("pidfile \"\"\n");
        out.append("logfile \"\"\n");
        if (isSilenced()) {
            out.append("loglevel warning\n");   // the least from which an end that was cut off, or damaged files, can be heard
        }
        out.append("dir ").append(quoted(data)).append('\n');
        out.append("replica-read-only yes\n");
        switch (mode) {
            case Replication replication -> render(replication, out);
            case Sentinel watched -> render(watched, out);
            case ClusterNode node -> render(node, out);
        }
        out.append("replica-announce-ip ").append(mode instanceof Sentinel watched ? watched.host() : podIp).append('\n');
        out.append("replica-announce-port ").append(port).append('\n');
        if (password != null) {
            out.append("requirepass ").append(quotedPassword(password)).append('\n');
            out.append("masterauth ").append(quotedPassword(password)).append('\n');
        }
        return out.toString();
    }

    private static void render(Replication replication, StringBuilder out) {
        // Rule B1: it follows nobody, and accepts and serves nothing, until it is told otherwise.
        out.append("replicaof 127.0.0.1 1\n");
        out.append("replica-serve-stale-data no\n");
        // Rule M4. With two pods it would stop the master whenever the other is away; where that is wanted (M8) the agent raises it before it promotes.
        out.append("min-replicas-to-write ").append(replication.replicas() >= 3 ? 1 : 0).append('\n');
        out.append("min-replicas-max-lag ").append(replication.maxLag()).append('\n');
    }

    private static void render(Sentinel watched, StringBuilder out) {
        render(new Replication(watched.replicas(), watched.maxLag()), out);
        // No sentinel promotes it before the agent has seen that its data is whole: then it is given the user's priority.
        out.append("replica-priority 0\n");
    }

    private void render(ClusterNode node, StringBuilder out) {
        out.append("cluster-enabled yes\n");
        out.append("cluster-config-file ").append(NODES).append('\n');
        out.append("cluster-port ").append(node.busPort()).append('\n');
        out.append("cluster-node-timeout ").append(node.nodeTimeout().toMillis()).append('\n');
        out.append("cluster-require-full-coverage ").append(yes(node.requireFullCoverage())).append('\n');
        // Who replicates whom is decided by the release's wanted shape: a replica that moves by itself would be moved back.
        out.append("cluster-allow-replica-migration no\n");
        // Rule K4: however long the master was away, a replica may take over, once the agent has seen it in sync.
        out.append("cluster-replica-validity-factor 0\n");
        out.append("cluster-replica-no-failover yes\n");
        // The bus goes from pod to pod. Where clients come from outside, the port is theirs, and replicas come by it too.
        out.append("cluster-announce-ip ").append(podIp).append('\n');
        out.append("cluster-announce-port ").append(node.announcedPort()).append('\n');
        out.append("cluster-announce-bus-port ").append(node.busPort()).append('\n');
        if (node.hostname() != null) {
            out.append("cluster-announce-hostname ").append(quoted(node.hostname())).append('\n');
        }
        out.append("cluster-preferred-endpoint-type ").append(node.preferHostname() && node.hostname() != null ? "hostname" : "ip").append('\n');
        // A replica sends clients on to its master; one that asked for READONLY has asked for what is there.
        out.append("replica-serve-stale-data yes\n");
        out.append("min-replicas-to-write 0\n");
    }

    private static String yes(boolean yes) {
        return yes ? "yes" : "no";
    }

    /** As the server's own parser takes it: bytes that are not plain text as \xHH. */
    static String quoted(String text) {
        return quoted(text.getBytes(StandardCharsets.UTF_8));
    }

    static String quotedPassword(String password) {
        return quoted(Link.password(password));
    }

    private static String quoted(byte[] bytes) {
        StringBuilder out = new StringBuilder("\"");
        for (byte b : bytes) {
            if (b == '"' || b == '\\') {
                out.append('\\').append((char) b);
            } else if (b >= ' ' && b < 127) {
                out.append((char) b);
            } else {
                out.append(String.format("\\x%02x", b & 0xff));
            }
        }
        return out.append('"').toString();
    }
}
