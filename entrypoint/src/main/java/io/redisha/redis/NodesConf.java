package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * nodes.conf: what the server of a cluster node remembers of the cluster from one start to the next. Read and written while the server does
 * not run. A line of it is also a line of CLUSTER NODES.
 *
 * @param currentEpoch  the greatest epoch that was seen in the cluster
 * @param lastVoteEpoch the epoch of its last vote: it gives no second one in it
 */
record NodesConf(Topology topology, long currentEpoch, long lastVoteEpoch) {

    private static final Pattern ID = Pattern.compile("[0-9a-z]{40}");
    private static final Pattern FLAG = Pattern.compile("[a-z]+\\??");
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");
    private static final Pattern SLOTS = Pattern.compile("(?:[0-9]{1,5}(?:-[0-9]{1,5})? ?)*");
    /** What the server calls a node that has no flag. */
    private static final String NO_FLAGS = "noflags";
    private static final String SHARD = "shard-id";

    /** The server would not start with it, or would start as somebody else. */
    static final class Corrupt extends Exception {
        private static final long serialVersionUID = 1;

        Corrupt(int line, String reason) {
            super("line " + line + ": " + reason);
        }
    }

    /**
     * Stricter than the server in one thing: it writes the line of variables last, so that a file without one, or without its end, was cut
     * off, and nobody knows how many nodes or slots went with it.
     */
    static NodesConf parse(String text) throws Corrupt {
        List<ClusterNode> nodes = new ArrayList<>();
        Map<String, Long> vars = null;
        int number = 0;
        for (String line : text.split("\n", -1)) {
            number++;
            if (line.isBlank()) {
                continue;
            }
            try {
                if (vars != null) {
                    throw new IllegalArgumentException("nothing is expected after the line of variables, given \"" + shortened(line) + "\"");
                }
                if (line.startsWith("vars ")) {
                    vars = vars(line);
                } else {
                    nodes.add(node(line));
                }
            } catch (IllegalArgumentException e) {
                throw new Corrupt(number, e.getMessage());
            }
        }
        if (nodes.isEmpty()) {
            throw new Corrupt(1, "the file names no node");
        }
        if (vars == null || !text.endsWith("\n")) {
            throw new Corrupt(number, "the file ends before its end, which is the line of variables");
        }
        long self = nodes.stream().filter(ClusterNode::isMyself).count();
        if (self != 1) {
            throw new Corrupt(number, self + " nodes are \"myself\", expected one");
        }
        if (nodes.stream().map(ClusterNode::id).distinct().count() != nodes.size()) {
            throw new Corrupt(number, "a node is there twice");
        }
        return new NodesConf(new Topology(nodes), vars.getOrDefault("currentEpoch", 0L), vars.getOrDefault("lastVoteEpoch", 0L));
    }

    /**
     * The server's answer to CLUSTER NODES.
     *
     * @throws IllegalArgumentException if it is none
     */
    static Topology nodes(String reply) {
        return new Topology(reply.lines().filter(line -> !line.isBlank()).map(NodesConf::node).toList());
    }

    /**
     * What a sibling knows of the cluster, seen from the node with this id, whose own file is lost (rule K3). What only the sibling itself
     * can know (its own moves of slots, whom it can't reach, whom it is just meeting) stays out.
     *
     * @throws IllegalArgumentException if the sibling does not know the id
     */
    static NodesConf ofSibling(Topology seen, String ownId) {
        if (seen.node(ownId).isEmpty()) {
            throw new IllegalArgumentException("nobody there knows the node " + ownId);
        }
        long epoch = seen.nodes().stream().mapToLong(ClusterNode::epoch).max().orElse(0);
        List<ClusterNode> nodes = seen.nodes().stream().filter(node -> !node.isHandshake()).map(node -> {
            Set<String> flags = new LinkedHashSet<>(node.flags());
            flags.remove("myself");
            if (node.id().equals(ownId)) {
                flags.removeAll(List.of("fail", "fail?"));
                Set<String> own = new LinkedHashSet<>(List.of("myself"));
                own.addAll(flags);
                flags = own;
            }
            return new ClusterNode(node.id(), node.redis(), node.busPort(), node.hostname(), node.aux(), flags, node.master(), 0, node.pongReceived(),
                    node.epoch(), node.linkUp(), node.slots(), Map.of(), Map.of());
        }).toList();
        // As if it had voted already: in which epoch it last did is not known, and it must not vote twice in one.
        return new NodesConf(new Topology(nodes), epoch, epoch);
    }

    ClusterNode myself() {
        return topology.myself();
    }

    /**
     * Whoever had this address before is nowhere, until it is met: the server would take its own PING there for another node's word about
     * itself, and turn into the master that it was when it sent it, though it follows a new one by then.
     */
    NodesConf withOwnAddress(String ip, int port, int bus) {
        return with(node -> node.isMyself() ? moved(node, new Address(ip, port), bus) : node.redis().host().equals(ip) && node.busPort() == bus ? nowhere(node) : node);
    }

    /** @param ips by node id; who has no port yet is left to be met */
    NodesConf withAddresses(Map<String, String> ips) {
        return with(node -> ips.containsKey(node.id()) && node.redis().port() > 0
                ? moved(node, new Address(ips.get(node.id()), node.redis().port()), node.busPort()) : node);
    }

    /**
     * The own node has lost its place to a replica of its shard (rule K5) and starts as a replica of that one. The slots go to the new
     * master here as they did out there; the server hears the rest from the others.
     *
     * @throws IllegalArgumentException if that node is not known, or is the own one
     */
    NodesConf asReplicaOf(String masterId) {
        ClusterNode me = myself();
        ClusterNode master = topology.node(masterId).orElseThrow(() -> new IllegalArgumentException("nobody here knows the node " + masterId));
        if (master.isMyself()) {
            throw new IllegalArgumentException("a node can't be a replica of itself");
        }
        return with(node -> {
            if (node.isMyself()) {
                return replica(node, masterId, master.aux().get(SHARD));
            }
            if (node.id().equals(masterId)) {
                return master(node, me.slots());
            }
            return me.id().equals(node.master()) ? replica(node, masterId, master.aux().get(SHARD)) : node;
        });
    }

    /** @param shard the server refuses a file in which a replica's differs from its master's; null: it takes the master's */
    private static ClusterNode replica(ClusterNode node, String masterId, String shard) {
        Map<String, String> aux = new LinkedHashMap<>(node.aux());
        aux.remove(SHARD);
        if (shard != null) {
            aux.put(SHARD, shard);
        }
        return new ClusterNode(node.id(), node.redis(), node.busPort(), node.hostname(), aux, role(node, "slave"), masterId, node.pingSent(),
                node.pongReceived(), node.epoch(), node.linkUp(), Slots.NONE, Map.of(), Map.of());
    }

    private static ClusterNode master(ClusterNode node, Slots more) {
        return new ClusterNode(node.id(), node.redis(), node.busPort(), node.hostname(), node.aux(), role(node, "master"), null, node.pingSent(),
                node.pongReceived(), node.epoch(), node.linkUp(), node.slots().plus(more), node.migrating(), node.importing());
    }

    private static Set<String> role(ClusterNode node, String role) {
        Set<String> flags = new LinkedHashSet<>();
        for (String flag : node.flags()) {
            flags.add(flag.equals("master") || flag.equals("slave") || flag.equals("replica") || flag.equals(NO_FLAGS) ? role : flag);
        }
        flags.add(role);
        return flags;
    }

    private static ClusterNode nowhere(ClusterNode node) {
        Set<String> flags = new LinkedHashSet<>(node.flags());
        flags.add("noaddr");
        return new ClusterNode(node.id(), new Address("", 0), 0, node.hostname(), node.aux(), flags, node.master(), node.pingSent(), node.pongReceived(), node.epoch(),
                false, node.slots(), node.migrating(), node.importing());
    }

    private static ClusterNode moved(ClusterNode node, Address to, int bus) {
        Set<String> flags = new LinkedHashSet<>(node.flags());
        flags.remove("noaddr");
        return new ClusterNode(node.id(), to, bus, node.hostname(), node.aux(), flags, node.master(), node.pingSent(), node.pongReceived(), node.epoch(),
                node.linkUp(), node.slots(), node.migrating(), node.importing());
    }

    private NodesConf with(UnaryOperator<ClusterNode> change) {
        return new NodesConf(new Topology(topology.nodes().stream().map(change).toList()), currentEpoch, lastVoteEpoch);
    }

    /** The file's text. */
    String text() {
        StringBuilder out = new StringBuilder();
        for (ClusterNode node : topology.nodes()) {
            write(node, out);
        }
        return out.append("vars currentEpoch ").append(currentEpoch).append(" lastVoteEpoch ").append(lastVoteEpoch).append('\n').toString();
    }

    private static void write(ClusterNode node, StringBuilder out) {
        out.append(node.id()).append(' ').append(node.redis().host()).append(':').append(node.redis().port()).append('@').append(node.busPort());
        // Redis 7.0 knows no more than a host name here, and takes none that is empty.
        if (!node.hostname().isEmpty() || !node.aux().isEmpty()) {
            out.append(',').append(node.hostname());
        }
        node.aux().forEach((key, value) -> out.append(',').append(key).append('=').append(value));
        out.append(' ').append(node.flags().isEmpty() ? NO_FLAGS : String.join(",", node.flags())).append(' ')
                .append(node.master() == null ? "-" : node.master()).append(' ').append(node.pingSent()).append(' ').append(node.pongReceived()).append(' ')
                .append(node.epoch()).append(' ').append(node.linkUp() ? "connected" : "disconnected");
        if (!node.slots().isEmpty()) {
            out.append(' ').append(node.slots());
        }
        node.migrating().forEach((slot, to) -> out.append(" [").append(slot).append("->-").append(to).append(']'));
        node.importing().forEach((slot, from) -> out.append(" [").append(slot).append("-<-").append(from).append(']'));
        out.append('\n');
    }

    private static Map<String, Long> vars(String line) {
        String[] words = line.strip().split(" +");
        if (words.length % 2 == 0) {
            throw new IllegalArgumentException("a variable without a value: \"" + shortened(line) + "\"");
        }
        Map<String, Long> vars = new LinkedHashMap<>();
        for (int i = 1; i < words.length; i += 2) {
            vars.put(words[i], number(words[i + 1], words[i]));
        }
        if (!vars.containsKey("currentEpoch")) {
            throw new IllegalArgumentException("no currentEpoch among the variables");
        }
        return vars;
    }

    private static ClusterNode node(String line) {
        String[] words = line.strip().split(" +");
        if (words.length < 8) {
            throw new IllegalArgumentException(words.length + " words, expected at least 8: \"" + shortened(line) + "\"");
        }
        String id = id(words[0], "node");
        String[] parts = words[1].split(",", -1);
        int at = parts[0].lastIndexOf('@');
        int colon = parts[0].lastIndexOf(':', at < 0 ? parts[0].length() : at);
        if (colon < 0) {
            throw new IllegalArgumentException("no address: \"" + shortened(words[1]) + "\"");
        }
        int port = (int) number(parts[0].substring(colon + 1, at < 0 ? parts[0].length() : at), "port");
        // The server's own rule for a file that is older than the field.
        int bus = at < 0 ? port + 10_000 : (int) number(parts[0].substring(at + 1), "bus port");
        Map<String, String> aux = new LinkedHashMap<>();
        for (int i = 2; i < parts.length; i++) {
            int is = parts[i].indexOf('=');
            if (is <= 0) {
                throw new IllegalArgumentException("expected key=value: \"" + shortened(parts[i]) + "\"");
            }
            aux.put(parts[i].substring(0, is), parts[i].substring(is + 1));
        }
        Set<String> flags = new LinkedHashSet<>(Arrays.asList(words[2].split(",")));
        for (String flag : flags) {
            // Not by a list: a flag of a newer server must not pass for garbage.
            if (!FLAG.matcher(flag).matches()) {
                throw new IllegalArgumentException("no flag: \"" + shortened(flag) + "\"");
            }
        }
        flags.remove(NO_FLAGS);
        boolean linkUp = switch (words[7]) {
            case "connected" -> true;
            case "disconnected" -> false;
            default -> throw new IllegalArgumentException("expected connected or disconnected, given \"" + shortened(words[7]) + "\"");
        };
        StringBuilder slots = new StringBuilder();
        Map<Integer, String> migrating = new TreeMap<>();
        Map<Integer, String> importing = new TreeMap<>();
        for (String word : Arrays.asList(words).subList(8, words.length)) {
            if (word.startsWith("[")) {
                open(word, migrating, importing);
            } else {
                slots.append(word).append(' ');
            }
        }
        return new ClusterNode(id, new Address(parts[0].substring(0, colon), port), bus, parts.length > 1 ? parts[1] : "", aux, flags,
                words[3].equals("-") ? null : id(words[3], "master"), number(words[4], "ping"), number(words[5], "pong"), number(words[6], "epoch"), linkUp,
                slots(slots.toString()), migrating, importing);
    }

    /** {@code [93-<-id]} comes from there, {@code [77->-id]} goes there. */
    private static void open(String word, Map<Integer, String> migrating, Map<Integer, String> importing) {
        int in = word.indexOf("-<-");
        int out = word.indexOf("->-");
        int sign = Math.max(in, out);
        if (sign < 0 || !word.endsWith("]")) {
            throw new IllegalArgumentException("no slot on its way: \"" + shortened(word) + "\"");
        }
        Slots slot = slots(word.substring(1, sign));
        if (slot.size() != 1) {
            throw new IllegalArgumentException("not one slot on its way: \"" + shortened(word) + "\"");
        }
        (in < 0 ? migrating : importing).put(slot.toArray()[0], id(word.substring(sign + 3, word.length() - 1), "other node"));
    }

    private static Slots slots(String text) {
        if (!SLOTS.matcher(text).matches()) {
            throw new IllegalArgumentException("no slots: \"" + shortened(text) + "\"");
        }
        return Slots.parse(text);
    }

    private static String id(String word, String what) {
        if (!ID.matcher(word).matches()) {
            throw new IllegalArgumentException("no id of a " + what + ": \"" + shortened(word) + "\"");
        }
        return word;
    }

    private static long number(String word, String what) {
        if (!NUMBER.matcher(word).matches()) {
            throw new IllegalArgumentException(what + ": expected a number, given \"" + shortened(word) + "\"");
        }
        return Long.parseLong(word);
    }

    /** Of garbage, as much as fits into a line of log, and nothing a terminal would act upon. */
    private static String shortened(String text) {
        String clean = text.strip().replaceAll("\\P{Print}", "?");
        return clean.length() <= 60 ? clean : clean.substring(0, 60) + "...";
    }
}
