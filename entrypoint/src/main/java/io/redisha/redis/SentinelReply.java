package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * What a sentinel says of a master, its replicas and the other sentinels, all of one moment.
 *
 * @param master          null: it monitors no master of this name
 * @param flags           empty where there is no master
 * @param quorum          as it has it now
 * @param highest         last epoch of which it says something: of the master, or of a vote
 */
record SentinelReply(Address master, long epoch, Set<String> flags, int quorum, List<Known> replicas, List<Known> sentinels, long highest) {

    static final SentinelReply NONE = new SentinelReply(null, 0, Set.of(), 0, List.of(), List.of(), 0);

    private static final int ATTEMPTS = 3;

    /** @param deadline monotonic ns */
    static SentinelReply ask(Link link, long deadline, String masterName) {
        for (int attempt = 1; ; attempt++) {
            // MASTER names the old master up to the end of a failover, with the new one's epoch; it is this that clients are told.
            List<Object> replies = link.calls(deadline, address(masterName), sentinel("MASTER", masterName), sentinel("REPLICAS", masterName),
                    sentinel("SENTINELS", masterName), address(masterName));
            Address before = address(replies.getFirst());
            Address after = address(replies.getLast());
            if (before == null || after == null) {
                refuse(replies.getFirst());
                return NONE;
            }
            // It serves them in one go, but nowhere says that it must.
            if (before.equals(after) || attempt == ATTEMPTS) {
                for (Object reply : replies) {
                    refuse(reply);
                }
                return parse(after, fields(replies.get(1)), all(replies.get(2)), all(replies.get(3)));
            }
        }
    }

    private static void refuse(Object reply) {
        if (reply instanceof JedisDataException error) {
            throw error;
        }
    }

    private static String[] sentinel(String what, String masterName) {
        return new String[] {"SENTINEL", what, masterName};
    }

    private static String[] address(String masterName) {
        return sentinel("GET-MASTER-ADDR-BY-NAME", masterName);
    }

    private static Address address(Object reply) {
        return reply instanceof List<?> pair && pair.size() == 2
                ? new Address(Link.text(pair.getFirst()), Integer.parseInt(Link.text(pair.get(1)))) : null;
    }

    static SentinelReply parse(Address master, Map<String, String> fields, List<Map<String, String>> replicas, List<Map<String, String>> sentinels) {
        long epoch = number(fields, "config-epoch");
        long voted = sentinels.stream().mapToLong(sentinel -> number(sentinel, "voted-leader-epoch")).max().orElse(0);
        return new SentinelReply(master, epoch, flags(fields), (int) number(fields, "quorum"), replicas.stream().map(SentinelReply::known).toList(),
                sentinels.stream().map(SentinelReply::known).toList(), Math.max(epoch, voted));
    }

    private static Known known(Map<String, String> of) {
        return new Known(of.getOrDefault("ip", ""), (int) number(of, "port"), flags(of), (int) number(of, "slave-priority"),
                of.getOrDefault("master-host", "?"), number(of, "slave-repl-offset"));
    }

    /** A server it can give orders to. */
    static boolean isLinked(Map<String, String> server) {
        Set<String> flags = flags(server);
        return !flags.contains("s_down") && !flags.contains("disconnected") && !server.getOrDefault("runid", "").isEmpty();
    }

    /** Milliseconds since its last INFO. */
    static long infoAge(Map<String, String> server) {
        return number(server, "info-refresh");
    }

    private static Set<String> flags(Map<String, String> of) {
        return Set.of(of.getOrDefault("flags", "").split(","));
    }

    private static long number(Map<String, String> of, String key) {
        String value = of.get(key);
        return value == null ? 0 : Long.parseLong(value);
    }

    static List<Map<String, String>> all(Object reply) {
        List<Map<String, String>> all = new ArrayList<>();
        for (Object one : (List<?>) reply) {
            all.add(fields(one));
        }
        return all;
    }

    /** Name after value after name. */
    static Map<String, String> fields(Object reply) {
        List<?> words = (List<?>) reply;
        Map<String, String> fields = HashMap.newHashMap(words.size() / 2);
        for (int i = 0; i + 1 < words.size(); i += 2) {
            fields.put(Link.text(words.get(i)), Link.text(words.get(i + 1)));
        }
        return fields;
    }

    SentinelView view(String pod, long at) {
        return new SentinelView(pod, at, true, master, epoch, quorum, flags, replicas, sentinels);
    }
}
