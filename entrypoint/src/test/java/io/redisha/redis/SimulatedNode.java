package io.redisha.redis;

import io.redisha.model.Address;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.JedisClusterCRC16;

/** One server of a {@link SimulatedCluster}: its keys, what it knows of the slots that move, and how it answers. */
final class SimulatedNode {

    /**
     * One write, as it is replicated.
     *
     * @param value    of the key from then on, null for none
     * @param appended what a client added by it, null if none did
     * @param deleted  what was in it before it was deleted
     */
    record Entry(String key, List<Long> value, Long appended, List<Long> deleted) {}

    final SimulatedCluster cluster;
    final String id;
    final String pod;
    final int shard;
    final Address address;
    boolean up = true;
    boolean stopping;
    /** A majority says so. */
    boolean failed;
    int starts;
    String master;
    long epoch;
    /** Owners, of the slots that move. */
    final Map<Integer, String> table = new TreeMap<>();
    final Map<Integer, String> migrating = new TreeMap<>();
    final Map<Integer, String> importing = new TreeMap<>();
    TreeMap<String, List<Long>> data = new TreeMap<>();
    /** Everything that was written in this shard, in order; a replica has applied a part of it. */
    List<Entry> stream = new ArrayList<>();
    int applied;
    final Map<String, String> functions = new TreeMap<>();
    long nodeTimeout = 2_000;

    SimulatedNode(SimulatedCluster cluster, int ordinal, int shard) {
        this.cluster = cluster;
        this.shard = shard;
        pod = "r-" + ordinal;
        id = Integer.toString(ordinal).repeat(40);
        address = new Address("10.0.0." + ordinal, 6379);
    }

    boolean isMaster() {
        return master == null;
    }

    boolean isOpen() {
        return !migrating.isEmpty() || !importing.isEmpty();
    }

    static int slot(String key) {
        return JedisClusterCRC16.getSlot(key);
    }

    void write(Entry entry) {
        apply(entry);
        stream.add(entry);
        applied = stream.size();
    }

    private void apply(Entry entry) {
        if (entry.value == null) {
            data.remove(entry.key);
        } else {
            data.put(entry.key, entry.value);
        }
    }

    /** A replica: all that its master had written until then. */
    void catchUp(SimulatedNode of) {
        while (applied < of.stream.size()) {
            Entry next = of.stream.get(applied++);
            apply(next);
            stream.add(next);
        }
    }

    void fullCopy(SimulatedNode of) {
        data = new TreeMap<>(of.data);
        stream = new ArrayList<>(of.stream);
        applied = stream.size();
        functions.clear();
        functions.putAll(of.functions);
    }

    List<String> keys(int slot) {
        return data.keySet().stream().filter(key -> slot(key) == slot).toList();
    }

    // ---- clients

    /** {@code null}, or where else to ask: {@code MOVED id} or {@code ASK id}. */
    String redirection(String key, boolean asking) {
        int slot = slot(key);
        String owner = table.getOrDefault(slot, cluster.base(slot, this));
        if (!owner.equals(id)) {
            return isMaster() && asking && importing.containsKey(slot) ? null : "MOVED " + owner;
        }
        if (!isMaster()) {
            return "MOVED " + master;
        }
        return migrating.containsKey(slot) && !data.containsKey(key) ? "ASK " + migrating.get(slot) : null;
    }

    void append(String key, long value) {
        List<Long> values = new ArrayList<>(data.getOrDefault(key, List.of()));
        values.add(value);
        write(new Entry(key, List.copyOf(values), value, List.of()));
    }

    List<Long> delete(String key) {
        List<Long> was = data.getOrDefault(key, List.of());
        if (!was.isEmpty()) {
            write(new Entry(key, null, null, was));
            cluster.deleted(key, was);
        }
        return was;
    }

    // ---- orders

    /** @param asking the connection has just said ASKING */
    Object answer(byte[][] command, boolean asking) {
        List<String> words = new ArrayList<>();
        for (byte[] word : command) {
            words.add(new String(word, StandardCharsets.UTF_8));
        }
        return switch (words.getFirst()) {
            case "PING" -> bytes("PONG");
            case "ASKING" -> bytes("OK");
            case "CLUSTER" -> clusterCommand(words);
            case "MIGRATE" -> migrate(words);
            case "INFO" -> bytes(info());
            case "MEMORY" -> data.containsKey(words.get(2)) ? (Object) cluster.size(words.get(2)) : null;
            case "CONFIG" -> config(words);
            case "DUMP", "EXISTS", "DEL", "RESTORE", "RESTORE-ASKING", "PTTL" -> keyed(words, asking || words.getFirst().equals("RESTORE-ASKING"));
            case "FUNCTION" -> function(words);
            default -> error("ERR unknown command '" + words.getFirst() + "'");
        };
    }

    private Object keyed(List<String> words, boolean asking) {
        String key = words.get(1);
        String elsewhere = redirection(key, asking);
        if (elsewhere != null) {
            return error(elsewhere);
        }
        List<Long> value = data.get(key);
        switch (words.getFirst()) {
            case "DUMP" -> {
                return value == null ? null : dump(value);
            }
            case "EXISTS" -> {
                return value == null ? 0L : 1L;
            }
            case "PTTL" -> {
                return value == null ? -2L : -1L;
            }
            case "DEL" -> {
                if (value != null) {
                    write(new Entry(key, null, null, List.of()));
                }
                return value == null ? 0L : 1L;
            }
            default -> {
                if (value != null && !words.contains("REPLACE")) {
                    return error("BUSYKEY Target key name already exists.");
                }
                write(new Entry(key, restore(words.get(3)), null, List.of()));
                return bytes("OK");
            }
        }
    }

    private static byte[] dump(List<Long> value) {
        return bytes(String.join(",", value.stream().map(String::valueOf).toList()));
    }

    private static List<Long> restore(String payload) {
        List<Long> value = new ArrayList<>();
        for (String one : payload.split(",")) {
            value.add(Long.parseLong(one));
        }
        return List.copyOf(value);
    }

    private Object clusterCommand(List<String> words) {
        return switch (words.get(1)) {
            case "NODES" -> bytes(cluster.nodes(this));
            case "HELP" -> List.of(bytes("SETSLOT <slot> (IMPORTING|MIGRATING|STABLE|NODE <node-id>)"));
            case "INFO" -> bytes("cluster_state:ok\r\ncluster_my_epoch:" + cluster.masterOf(this).epoch + "\r\n");
            case "COUNTKEYSINSLOT" -> (long) keys(Integer.parseInt(words.get(2))).size();
            case "GETKEYSINSLOT" -> keys(Integer.parseInt(words.get(2))).stream().limit(Long.parseLong(words.get(3))).map(SimulatedNode::bytes).toList();
            case "SETSLOT" -> isMaster() ? setSlot(Integer.parseInt(words.get(2)), words.get(3), words.size() > 4 ? words.get(4) : null)
                    : error("ERR You can use SETSLOT only with masters.");
            default -> error("ERR unknown subcommand");
        };
    }

    private Object setSlot(int slot, String state, String node) {
        boolean mine = id.equals(table.get(slot));
        switch (state) {
            case "MIGRATING" -> {
                if (!mine) {
                    return error("ERR I'm not the owner of hash slot " + slot);
                }
                migrating.put(slot, node);
            }
            case "IMPORTING" -> {
                if (mine) {
                    return error("ERR I'm already the owner of hash slot " + slot);
                }
                importing.put(slot, node);
            }
            case "STABLE" -> {
                migrating.remove(slot);
                importing.remove(slot);
            }
            default -> {
                if (mine && !node.equals(id) && !keys(slot).isEmpty()) {
                    return error("ERR Can't assign hashslot " + slot + " to a different node while I still hold keys for this hash slot.");
                }
                if (keys(slot).isEmpty()) {
                    migrating.remove(slot);
                }
                if (node.equals(id) && importing.remove(slot) != null) {
                    epoch = cluster.nextEpoch(this);
                }
                table.put(slot, node);
            }
        }
        cluster.replicateSlots(this);
        return bytes("OK");
    }

    private Object migrate(List<String> words) {
        SimulatedNode target = cluster.at(new Address(words.get(1), Integer.parseInt(words.get(2))));
        List<String> keys = words.subList(words.indexOf("KEYS") + 1, words.size()).stream().filter(data::containsKey).toList();
        int slot = slot(words.getLast());
        if (!isMaster() || !id.equals(table.get(slot)) && !importing.containsKey(slot)) {
            return error("MOVED " + slot);
        }
        if (keys.isEmpty()) {
            return bytes("NOKEY");
        }
        SimulatedCluster.Cut cut = cluster.cutOff();
        if (!target.up || cut == SimulatedCluster.Cut.BEFORE) {
            return error("IOERR error or timeout writing to target instance");
        }
        String why = null;
        keys.forEach(cluster::migrated);
        for (String key : keys) {
            if (!target.isMaster() || !target.id.equals(target.table.get(slot)) && !target.importing.containsKey(slot)) {
                why = "MOVED " + slot + " elsewhere";
            } else if (target.data.containsKey(key) && !words.contains("REPLACE")) {
                why = "BUSYKEY Target key name already exists.";
            } else {
                target.write(new Entry(key, data.get(key), null, List.of()));
                if (cut == SimulatedCluster.Cut.AFTER) {
                    cluster.copied(key);
                } else {
                    cluster.carried(key);
                    write(new Entry(key, null, null, data.get(key)));
                }
            }
        }
        return cut == SimulatedCluster.Cut.AFTER ? error("IOERR error or timeout reading from target instance")
                : why == null ? bytes("OK") : error("ERR Target instance replied with error: " + why);
    }

    private String info() {
        StringBuilder text = new StringBuilder("role:" + (isMaster() ? "master" : "slave") + "\r\nmaster_repl_offset:" + applied + "\r\n");
        int number = 0;
        for (SimulatedNode replica : cluster.replicasOf(this)) {
            text.append("slave").append(number++).append(":ip=").append(replica.address.host()).append(",port=6379,state=online,offset=").append(replica.applied)
                    .append(",lag=0\r\n");
        }
        return text.toString();
    }

    private Object config(List<String> words) {
        if (words.get(1).equals("SET")) {
            nodeTimeout = Long.parseLong(words.get(3));
            return bytes("OK");
        }
        return List.of(bytes("cluster-node-timeout"), bytes(Long.toString(nodeTimeout)));
    }

    private Object function(List<String> words) {
        return switch (words.get(1)) {
            case "DUMP" -> bytes(String.join("\n", functions.values()));
            case "LIST" -> functions.keySet().stream().map(SimulatedNode::bytes).toList();
            default -> bytes("OK");
        };
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static JedisDataException error(String text) {
        return new JedisDataException(text);
    }

    @Override
    public String toString() {
        return pod;
    }
}
