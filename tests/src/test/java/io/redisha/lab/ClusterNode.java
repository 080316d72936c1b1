package io.redisha.lab;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Set;

/**
 * A node of a Redis Cluster as another one sees it: a line of CLUSTER NODES. Read by the tests' own eyes: what the program
 * takes it for is what is tested.
 *
 * @param open slots on their way, as the server writes them
 */
public record ClusterNode(String id, String host, String hostname, Set<String> flags, String master, boolean linked, BitSet slots, List<String> open) {

    public static List<ClusterNode> all(String clusterNodes) {
        return clusterNodes.lines().filter(line -> !line.isBlank()).map(ClusterNode::one).toList();
    }

    private static ClusterNode one(String line) {
        String[] fields = line.strip().split(" ");
        String[] address = fields[1].split(",");
        String endpoint = address[0].substring(0, address[0].indexOf('@'));
        BitSet slots = new BitSet();
        List<String> open = new ArrayList<>();
        for (String field : Arrays.asList(fields).subList(8, fields.length)) {
            if (field.startsWith("[")) {
                open.add(field);
            } else {
                String[] ends = field.split("-");
                slots.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
            }
        }
        return new ClusterNode(fields[0], endpoint.substring(0, endpoint.lastIndexOf(':')), address.length > 1 ? address[1] : "",
                Set.of(fields[2].split(",")), fields[3], fields[7].equals("connected"), slots, open);
    }

    public boolean isMyself() {
        return flags.contains("myself");
    }

    public boolean isMaster() {
        return flags.contains("master");
    }

    /** Neither lost, nor suspected to be, nor half known. */
    public boolean isSound() {
        return flags.stream().allMatch(flag -> flag.matches("myself|master|slave|nofailover")) && (linked || isMyself());
    }

    @Override
    public String toString() {
        return id.substring(0, 8) + " " + host + " " + flags + (master.equals("-") ? "" : " of " + master.substring(0, 8)) + " " + slots.cardinality() + " slots" + (open.isEmpty() ? "" : " " + open)
                + (linked ? "" : " not linked");
    }
}
