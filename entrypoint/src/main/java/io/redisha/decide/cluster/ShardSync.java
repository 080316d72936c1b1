package io.redisha.decide.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Who has all that the master of a shard wrote (rule K11), by node ids: a pod whose volume is another is another node.
 *
 * @param epoch    configuration epoch of the master when that was so
 * @param offset   the master's then, bytes
 * @param replicas in sync
 */
public record ShardSync(long epoch, long offset, Set<String> replicas) {

    public ShardSync {
        replicas = Set.copyOf(replicas);
    }

    /** Whether the replica may be elected with what its disk has, as far as this goes. @param known epoch of that master as the replica's own disk and the others tell it */
    public boolean covers(String replica, long known) {
        return known <= epoch && replicas.contains(replica);
    }

    /**
     * As a note of the Lease, with the term in which it is kept: whoever holds it in another term, and knows nothing of the note, carries it along and lets it go stale.
     *
     * @param shards by node id of the master
     */
    public static String text(long term, Map<String, ShardSync> shards) {
        List<String> words = new ArrayList<>(List.of(Long.toString(term)));
        new TreeMap<>(shards).forEach((master, s) -> words.add(master + "@" + s.epoch + "/" + s.offset + "=" + String.join("+", new TreeSet<>(s.replicas))));
        return String.join(",", words);
    }

    /** Nothing of another term, and nothing that was edited by hand so that it can't be read. */
    public static Map<String, ShardSync> parse(String text, long term) {
        Map<String, ShardSync> shards = new TreeMap<>();
        try {
            String[] words = text.split(",");
            if (Long.parseLong(words[0].strip()) != term) {
                return Map.of();
            }
            for (int i = 1; i < words.length; i++) {
                String word = words[i].strip();
                int at = word.indexOf('@');
                int slash = word.indexOf('/', at);
                int is = word.indexOf('=', slash);
                String names = word.substring(is + 1);
                shards.put(word.substring(0, at), new ShardSync(Long.parseLong(word.substring(at + 1, slash)), Long.parseLong(word.substring(slash + 1, is)),
                        names.isEmpty() ? Set.of() : Set.of(names.split("\\+"))));
            }
            return shards;
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            return Map.of();
        }
    }
}
