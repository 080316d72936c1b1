package io.redisha.redis;

import io.redisha.model.Address;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The configuration file of a sentinel, which is also its memory: it writes what it learns into it. It is never given back to it as it left
 * it: what is ours is rendered anew, and of the rest only what {@link Memory} holds is taken over. (A password is written back without the
 * quotes it needs.)
 *
 * @param id         of this sentinel: the same in every start, so that the others know it again, under whichever address
 * @param host       under which others find this sentinel
 * @param directory  the sentinel's working directory
 * @param password   of the servers; null for none
 * @param auth       the sentinels ask for the password too
 * @param sentinels  the others that there should be, by id
 * @param replicas   the servers that there should be; the master may be among them
 */
public record SentinelConf(String id, String host, int port, String directory, String masterName, String password, boolean auth, int quorum,
        Duration downAfter, Duration failoverTimeout, Map<String, Address> sentinels, List<Address> replicas, Memory memory) {

    /**
     * What a sentinel must not forget.
     *
     * @param master      whom it monitors
     * @param configEpoch of the failover that made it master (rule S1)
     * @param currentEpoch highest epoch it has heard of
     * @param votedEpoch  last epoch in which it has voted: it has one vote for each
     */
    public record Memory(Address master, long configEpoch, long currentEpoch, long votedEpoch) {

        /**
         * Of a sentinel that has lost its own: as if it had voted in every epoch of which anybody knows, for it may have.
         *
         * @param highest epoch known to anybody
         */
        public static Memory of(Address master, long configEpoch, long highest) {
            long current = Math.max(configEpoch, highest);
            return new Memory(master, configEpoch, current, current);
        }
    }

    public SentinelConf {
        sentinels = new LinkedHashMap<>(sentinels);
        replicas = List.copyOf(replicas);
    }

    /** Forty hexadecimal digits that are the pod's for ever: a new pod of this name takes the old one's place. */
    public static String id(String release, String pod) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest((release + "/" + pod).getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);   // every Java has it
        }
    }

    /** Of the file as the sentinel left it, with a password in it that need not be text; null if it monitors no such master. */
    public static Memory read(Path file, String masterName) throws IOException {
        return parse(Files.readString(file, StandardCharsets.ISO_8859_1), masterName);
    }

    static Memory parse(String text, String masterName) {
        Address master = null;
        long configEpoch = 0;
        long currentEpoch = 0;
        long votedEpoch = 0;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            String[] words = line.strip().split("\\s+");
            if (words.length < 3 || !words[0].equalsIgnoreCase("sentinel")) {
                continue;
            }
            try {
                if (words[1].equalsIgnoreCase("current-epoch")) {
                    currentEpoch = Long.parseUnsignedLong(words[2]);
                } else if (words.length > 3 && words[2].equals(masterName)) {
                    switch (words[1].toLowerCase(Locale.ROOT)) {
                        case "monitor" -> master = new Address(words[3], words.length > 4 ? Integer.parseInt(words[4]) : 0);
                        case "config-epoch" -> configEpoch = Long.parseUnsignedLong(words[3]);
                        case "leader-epoch" -> votedEpoch = Long.parseUnsignedLong(words[3]);
                        default -> { }
                    }
                }
            } catch (NumberFormatException e) {
                return null;   // Half a file: what it said besides is not to be trusted either.
            }
        }
        return master == null || master.port() == 0 ? null
                : new Memory(master, configEpoch, Math.max(currentEpoch, Math.max(configEpoch, votedEpoch)), votedEpoch);
    }

    /** The file's text. It holds the password. */
    public String render() {
        StringBuilder out = new StringBuilder(2048);
        out.append("port ").append(port).append('\n');
        out.append("bind * -::*\n");
        out.append("protected-mode no\n");
        out.append("daemonize no\n");
        out.append("supervised no\n");
        out.append("pidfile \"\"\n");
        out.append("logfile \"\"\n");
        out.append("dir ").append(RedisConf.quoted(directory)).append('\n');
        if (password != null && auth) {
            out.append("requirepass ").append(RedisConf.quotedPassword(password)).append('\n');
            out.append("sentinel sentinel-pass ").append(RedisConf.quotedPassword(password)).append('\n');
        }
        out.append("sentinel myid ").append(id).append('\n');
        // A dead pod's address is another pod's tomorrow (rule S3).
        out.append("sentinel resolve-hostnames yes\n");
        out.append("sentinel announce-hostnames yes\n");
        out.append("sentinel announce-ip ").append(host).append('\n');
        out.append("sentinel announce-port ").append(port).append('\n');
        out.append("sentinel current-epoch ").append(Long.toUnsignedString(memory.currentEpoch())).append('\n');
        ofMaster(out, "monitor", memory.master().host(), memory.master().port(), quorum);
        if (password != null) {
            ofMaster(out, "auth-pass", RedisConf.quotedPassword(password));
        }
        ofMaster(out, "down-after-milliseconds", downAfter.toMillis());
        ofMaster(out, "failover-timeout", failoverTimeout.toMillis());
        ofMaster(out, "parallel-syncs", Math.max(1, replicas.size()));
        ofMaster(out, "config-epoch", Long.toUnsignedString(memory.configEpoch()));
        ofMaster(out, "leader-epoch", Long.toUnsignedString(memory.votedEpoch()));
        for (Address replica : distinct(replicas)) {
            if (!replica.equals(memory.master())) {
                ofMaster(out, "known-replica", replica.host(), replica.port());
            }
        }
        // Known from the start: a majority is one of all, not of those that have been heard of so far.
        sentinels.forEach((other, address) -> {
            if (!other.equals(id)) {
                ofMaster(out, "known-sentinel", address.host(), address.port(), other);
            }
        });
        return out.toString();
    }

    /** A replica that is named twice would keep the sentinel from starting. */
    private static Collection<Address> distinct(List<Address> replicas) {
        return new LinkedHashSet<>(replicas);
    }

    private void ofMaster(StringBuilder out, String directive, Object... values) {
        out.append("sentinel ").append(directive).append(' ').append(masterName);
        for (Object value : values) {
            out.append(' ').append(value);
        }
        out.append('\n');
    }
}
