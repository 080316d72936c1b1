package io.redisha.redis;

import io.redisha.model.Address;
import io.redisha.model.ClusterNode;
import io.redisha.model.Slots;
import io.redisha.model.Topology;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;

/** Any nodes.conf that a server could have written, drawn from a seed. */
final class GeneratedNodes {

    private final Random random;
    /** The engine knows fields behind the host name. */
    private final boolean aux;

    private GeneratedNodes(long seed, boolean aux) {
        this.random = new Random(seed);
        this.aux = aux;
    }

    static NodesConf of(long seed, boolean aux) {
        return new GeneratedNodes(seed, aux).generate();
    }

    private NodesConf generate() {
        int masters = 1 + random.nextInt(6);
        List<ClusterNode> nodes = new ArrayList<>();
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < masters; i++) {
            ids.add(id());
        }
        int self = random.nextInt(masters);
        boolean replica = random.nextBoolean();
        int width = Slots.COUNT / masters;
        long epoch = 0;
        for (int i = 0; i < masters; i++) {
            Map<String, String> aux = aux();
            Set<String> flags = new LinkedHashSet<>();
            boolean me = i == self && !replica;
            if (me) {
                flags.add("myself");
            }
            flags.add("master");
            trouble(flags, me);
            epoch += random.nextInt(3);
            Slots slots = random.nextInt(8) == 0 ? Slots.NONE : Slots.range(i * width, i * width + random.nextInt(width));
            if (slots.size() > 20 && random.nextBoolean()) {
                slots = slots.minus(Slots.range(i * width + 3, i * width + 7)).minus(Slots.of(i * width + 1));
            }
            Map<Integer, String> migrating = new TreeMap<>();
            Map<Integer, String> importing = new TreeMap<>();
            if (me && masters > 1) {
                String other = ids.get((i + 1) % masters);
                for (int n = random.nextInt(3); n > 0 && !slots.isEmpty(); n--) {
                    migrating.put(slots.toArray()[random.nextInt(slots.size())], other);
                }
                if (random.nextBoolean()) {
                    importing.put((i + 1) % masters * width, other);
                }
            }
            nodes.add(node(ids.get(i), aux, flags, null, epoch, slots, migrating, importing));
            for (int n = random.nextInt(3) + (i == self && replica ? 1 : 0); n > 0; n--) {
                Set<String> flagsOfReplica = new LinkedHashSet<>();
                boolean first = i == self && replica && nodes.stream().noneMatch(ClusterNode::isMyself);
                if (first) {
                    flagsOfReplica.add("myself");
                }
                flagsOfReplica.add("slave");
                trouble(flagsOfReplica, first);
                nodes.add(node(id(), aux, flagsOfReplica, ids.get(i), epoch, Slots.NONE, Map.of(), Map.of()));
            }
        }
        if (random.nextInt(4) == 0) {
            nodes.add(node(id(), aux(), Set.of("handshake"), null, 0, Slots.NONE, Map.of(), Map.of()));
        }
        Collections.shuffle(nodes, random);
        return new NodesConf(new Topology(nodes), epoch + random.nextInt(5), random.nextInt((int) epoch + 1));
    }

    private void trouble(Set<String> flags, boolean me) {
        if (me) {
            return;
        }
        switch (random.nextInt(8)) {
            case 0 -> flags.add("fail");
            case 1 -> flags.add("fail?");
            case 2 -> flags.add("noaddr");
            default -> { }
        }
    }

    private ClusterNode node(String id, Map<String, String> aux, Set<String> flags, String master, long epoch, Slots slots, Map<Integer, String> migrating,
            Map<Integer, String> importing) {
        boolean noaddr = flags.contains("noaddr");
        Map<String, String> own = new LinkedHashMap<>(aux);
        if (own.containsKey("nodename")) {
            own.put("nodename", "node-" + id.substring(0, 6));
        }
        return new ClusterNode(id, noaddr ? new Address("", 0) : new Address(host(), 1024 + random.nextInt(40_000)), noaddr ? 0 : 16379,
                random.nextInt(3) == 0 ? "redis-ha-" + random.nextInt(9) + ".redis-ha-headless.default.svc.cluster.local" : "", own, flags, master, 0,
                random.nextInt(3) == 0 ? 0 : 1_795_000_000_000L + random.nextInt(1_000_000), epoch, flags.contains("myself"), slots, migrating, importing);
    }

    private Map<String, String> aux() {
        Map<String, String> fields = new LinkedHashMap<>();
        if (aux && random.nextInt(5) > 0) {
            if (random.nextBoolean()) {
                fields.put("nodename", "");
            }
            fields.put("tls-port", "0");
            fields.put("shard-id", id());
        }
        return fields;
    }

    private String host() {
        return switch (random.nextInt(4)) {
            case 0 -> "fd00:10:244::" + Integer.toHexString(1 + random.nextInt(0xfffe));
            case 1 -> "::1";
            default -> "10.244." + random.nextInt(4) + "." + (1 + random.nextInt(250));
        };
    }

    private String id() {
        StringBuilder id = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            id.append(Character.forDigit(random.nextInt(16), 16));
        }
        return id.toString();
    }
}
