package io.redisha.loop.cluster;

import io.redisha.decide.cluster.ShardSync;
import io.redisha.model.LeaseRecord;
import io.redisha.model.Shape;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** What a cluster keeps in the Lease's annotations. */
public final class Notes {

    private static final String CREATING = "creating";
    private static final String TARGET = "target";
    private static final String NODES = "nodes";
    private static final String SHARDS = "shards";
    private static final String SYNCED = "synced";

    private Notes() {}

    public static boolean isCreating(LeaseRecord record) {
        return "true".equals(record.notes().get(CREATING));
    }

    public static LeaseRecord creating(LeaseRecord was, String datasetId) {
        return with(was, datasetId, CREATING, "true");
    }

    static LeaseRecord created(LeaseRecord was) {
        return with(was, was.datasetId(), CREATING, null);
    }

    static LeaseRecord belonging(LeaseRecord was, String datasetId) {
        return with(was, datasetId, CREATING, was.notes().get(CREATING));
    }

    /** What a scale-in that is to come will leave; null if none was announced, or none that can be read. */
    public static Shape target(LeaseRecord record) {
        String[] part = record.notes().getOrDefault(TARGET, "").split(",");
        try {
            return part.length == 3 ? new Shape(Integer.parseInt(part[0].strip()), Integer.parseInt(part[1].strip()), Integer.parseInt(part[2].strip())) : null;
        } catch (NumberFormatException e) {
            return null;   // edited by hand: as if nothing had been announced
        }
    }

    public static LeaseRecord withTarget(LeaseRecord was, Shape target) {
        return with(was, was.datasetId(), TARGET, target == null ? null : target.shards() + "," + target.replicasPerShard() + "," + target.pods());
    }

    /** Node id by pod. */
    public static Map<String, String> nodes(LeaseRecord record) {
        Map<String, String> nodes = new HashMap<>();
        for (String one : record.notes().getOrDefault(NODES, "").split(",")) {
            int at = one.indexOf('=');
            if (at > 0) {
                nodes.put(one.substring(0, at).strip(), one.substring(at + 1).strip());
            }
        }
        return nodes;
    }

    public static LeaseRecord withNodes(LeaseRecord was, Map<String, String> nodes) {
        return with(was, was.datasetId(), NODES, String.join(",", new TreeMap<>(nodes).entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList()));
    }

    /** Number of its shard by pod. */
    static Map<String, Integer> shards(LeaseRecord record) {
        Map<String, Integer> shards = new HashMap<>();
        for (String one : record.notes().getOrDefault(SHARDS, "").split(",")) {
            int at = one.indexOf('=');
            try {
                if (at > 0) {
                    shards.put(one.substring(0, at).strip(), Integer.parseInt(one.substring(at + 1).strip()));
                }
            } catch (NumberFormatException e) {
                // edited by hand: that pod's shard is numbered anew
            }
        }
        return shards;
    }

    static LeaseRecord withShards(LeaseRecord was, Map<String, Integer> shards) {
        return with(was, was.datasetId(), SHARDS, String.join(",", new TreeMap<>(shards).entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList()));
    }

    /** Who is in sync with each master (rule K11), by its node id; nothing of a holder that did not look after it. */
    static Map<String, ShardSync> sync(LeaseRecord record) {
        return ShardSync.parse(record.notes().getOrDefault(SYNCED, ""), record.term());
    }

    static LeaseRecord withSync(LeaseRecord was, Map<String, ShardSync> shards) {
        return with(was, was.datasetId(), SYNCED, shards.isEmpty() ? null : ShardSync.text(was.term(), shards));
    }

    private static LeaseRecord with(LeaseRecord was, String datasetId, String key, String value) {
        Map<String, String> notes = new HashMap<>(was.notes());
        if (value == null) {
            notes.remove(key);
        } else {
            notes.put(key, value);
        }
        return new LeaseRecord(was.holder(), was.term(), was.mode(), was.members(), datasetId, was.replid(), was.offset(), was.empty(), was.inSync(),
                was.lastHolder(), was.preferred(), was.renewed(), Map.copyOf(notes));
    }
}
