package io.redisha.lab;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.lab.Release.Info;
import java.time.Duration;
import java.util.BitSet;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.awaitility.core.ThrowingRunnable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisException;

/** A release of architecture cluster, seen from outside: by its servers' own words and by its pods' labels. */
public final class ClusterRelease {

    public static final int SLOTS = 16384;
    public static final String LABEL = "shard";
    /** What is called balanced, of a shard's fair share. */
    private static final double TOLERANCE = 0.02;
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Release release;
    private int shards;
    private int replicasPerShard;

    /** What one server says of itself and of all. */
    public record View(Pod pod, List<ClusterNode> nodes, Map<String, String> cluster, Info info, long keys) {

        public ClusterNode self() {
            return nodes.stream().filter(ClusterNode::isMyself).findFirst().orElseThrow();
        }

        String name() {
            return pod.getMetadata().getName();
        }
    }

    public ClusterRelease(Release release, int shards, int replicasPerShard) {
        this.release = release;
        want(shards, replicasPerShard);
    }

    /** What it is to look like from now on, whoever sees to it. */
    public ClusterRelease want(int shards, int replicasPerShard) {
        this.shards = shards;
        this.replicasPerShard = replicasPerShard;
        return this;
    }

    /** By helm, as a user does; returns when helm does. */
    public ClusterRelease scale(int shards, int replicasPerShard) {
        want(shards, replicasPerShard);
        release.install("cluster.shards=" + shards, "cluster.replicasPerShard=" + replicasPerShard);
        return this;
    }

    public Release release() {
        return release;
    }

    public Lab lab() {
        return release.lab();
    }

    public int shards() {
        return shards;
    }

    public int replicasPerShard() {
        return replicasPerShard;
    }

    public int size() {
        return shards * (1 + replicasPerShard);
    }

    /** By labels, as a user would look for it. */
    public Pod master(int shard) {
        List<Pod> found = shard(shard).stream().filter(pod -> "master".equals(pod.getMetadata().getLabels().get("role"))).toList();
        assertThat(Release.names(found, pod -> true)).as("pods labelled role=master, %s=%d", LABEL, shard).hasSize(1);
        return found.getFirst();
    }

    public List<Pod> masters() {
        return IntStream.range(0, shards).mapToObj(this::master).toList();
    }

    public List<Pod> replicas(int shard) {
        return shard(shard).stream().filter(pod -> "replica".equals(pod.getMetadata().getLabels().get("role"))).toList();
    }

    public List<Pod> shard(int shard) {
        return release.pods().stream().filter(pod -> Integer.toString(shard).equals(pod.getMetadata().getLabels().get(LABEL))).toList();
    }

    /** The pod that looks after the shape. */
    public Pod leader() {
        String holder = release.lease().getSpec().getHolderIdentity();
        return release.pods().stream().filter(pod -> holder.startsWith(pod.getMetadata().getName() + "/")).findFirst()
                .orElseThrow(() -> new AssertionError("the Lease is held by " + holder));
    }

    public View view(Pod pod) {
        try {
            return release.redis(pod, jedis -> new View(pod, ClusterNode.all(jedis.clusterNodes()), fields(jedis.clusterInfo()), new Info(fields(jedis.info())), jedis.dbSize()));
        } catch (JedisException | NullPointerException silent) {
            throw new AssertionError("no answer from the server of " + pod.getMetadata().getName(), silent);
        }
    }

    public String id(Pod pod) {
        return view(pod).self().id();
    }

    private static Map<String, String> fields(String text) {
        return text.lines().filter(line -> line.contains(":"))
                .collect(Collectors.toMap(line -> line.substring(0, line.indexOf(':')), line -> line.substring(line.indexOf(':') + 1).strip(), (a, b) -> b));
    }

    /** All that answer now, by pod. */
    public Map<String, View> views() {
        Map<String, CompletableFuture<View>> asked = new LinkedHashMap<>();
        release.pods().forEach(pod -> asked.put(pod.getMetadata().getName(), CompletableFuture.supplyAsync(() -> view(pod), Thread::startVirtualThread)));
        Map<String, View> views = new LinkedHashMap<>();
        try {
            asked.forEach((pod, answer) -> views.put(pod, answer.join()));
        } catch (CompletionException failed) {
            if (failed.getCause() instanceof AssertionError silent) {
                throw silent;
            }
            throw failed;
        }
        return views;
    }

    /** Asks all masters, each with its own keys. */
    public <T> Map<String, T> onMasters(java.util.function.Function<Jedis, T> question) {
        Map<String, T> answers = new TreeMap<>();
        masters().forEach(pod -> answers.put(pod.getMetadata().getName(), release.redis(pod, question)));
        return answers;
    }

    public ClusterRelease awaitWhole() {
        return awaitWhole(PATIENCE);
    }

    /**
     * Invariant I6: all slots served by as many masters as wanted, each with its replicas linked and holding the same; all nodes
     * know the same nodes, and no others; labels say what the servers say; nothing is on its way.
     */
    public ClusterRelease awaitWhole(Duration deadline) {
        return await("whole", deadline, this::assertWhole);
    }

    /** Whole it is also between two batches of slots. */
    public ClusterRelease awaitBalanced(Duration deadline) {
        return await("whole and balanced", deadline, () -> {
            assertWhole();
            assertBalanced();
        });
    }

    /** Each replica has what its master has now; without writes. */
    public ClusterRelease awaitCaughtUp() {
        return await("caught up", Duration.ofSeconds(10), () -> {
            for (Pod master : masters()) {
                long written = Long.parseLong(release.info(master).text("master_repl_offset"));
                for (Pod replica : replicas(Integer.parseInt(master.getMetadata().getLabels().get(LABEL)))) {
                    assertThat(Long.parseLong(release.info(replica).text("slave_repl_offset"))).as("how far " + replica.getMetadata().getName() + " has copied").isGreaterThanOrEqualTo(written);
                }
            }
        });
    }

    private ClusterRelease await(String what, Duration deadline, ThrowingRunnable asserted) {
        try (var _ = Spent.on("until " + what, release.namespace())) {
            Awaitility.await(release.fullname() + " " + what).atMost(deadline).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(500)).ignoreExceptions().untilAsserted(asserted);
        } catch (ConditionTimeoutException never) {
            System.out.println(describe());
            throw never;
        }
        return this;
    }

    public void assertWhole() {
        List<Pod> pods = release.pods();
        assertThat(Release.names(pods, pod -> true)).as("pods").hasSize(size());
        assertThat(Release.names(pods, pod -> pod.getMetadata().getDeletionTimestamp() != null)).as("terminating pods").isEmpty();
        assertThat(Release.names(pods, pod -> !Release.ready(pod))).as("pods that are not ready").isEmpty();
        Map<String, View> views = views();
        Map<String, String> ids = new TreeMap<>();
        views.forEach((pod, view) -> ids.put(pod, view.self().id()));
        BitSet served = new BitSet();
        for (View view : views.values()) {
            agrees(view, ids, views);
            served.or(view.self().slots());
        }
        assertThat(served.cardinality()).as("slots that have a master").isEqualTo(SLOTS);
        Collection<List<View>> found = shards(views);
        assertThat(found).as("shards: " + found.stream().map(ClusterRelease::names).toList()).hasSize(shards);
        found.forEach(this::serves);
        assertThat(found.stream().map(members -> members.getFirst().pod().getMetadata().getLabels().get(LABEL))).as("numbers of the shards")
                .containsExactlyInAnyOrderElementsOf(IntStream.range(0, shards).mapToObj(Integer::toString).toList());
        assertThat(ids.keySet()).as("who may hold the Lease").contains(leader().getMetadata().getName());
    }

    /** Each node's own word is what all others say of it. */
    private void agrees(View view, Map<String, String> ids, Map<String, View> views) {
        String who = view.name();
        assertThat(view.cluster()).as("cluster of " + who).containsEntry("cluster_state", "ok").containsEntry("cluster_slots_ok", Integer.toString(SLOTS))
                .containsEntry("cluster_known_nodes", Integer.toString(size())).containsEntry("cluster_size", Integer.toString(shards));
        assertThat(view.nodes()).as("nodes that " + who + " knows").allMatch(ClusterNode::isSound);
        assertThat(view.nodes().stream().map(ClusterNode::id).toList()).as("ids that " + who + " knows").containsExactlyInAnyOrderElementsOf(ids.values());
        if (view.self().isMaster()) {   // a replica of Valkey 8 may go on to remember a move of its master
            assertThat(view.self().open()).as("slots of " + who + " on their way").isEmpty();
        }
        for (View other : views.values()) {
            ClusterNode seen = view.nodes().stream().filter(node -> node.id().equals(other.self().id())).findFirst().orElseThrow();
            assertThat(seen.host()).as("where " + who + " sees " + other.name()).isEqualTo(other.pod().getStatus().getPodIP());
            assertThat(seen.slots()).as("slots that " + who + " thinks are " + other.name() + "'s").isEqualTo(other.self().slots());
            assertThat(seen.master()).as("whom " + who + " thinks that " + other.name() + " follows").isEqualTo(other.self().master());
        }
    }

    private static Collection<List<View>> shards(Map<String, View> views) {
        return views.values().stream().collect(Collectors.groupingBy(view -> view.self().isMaster() ? view.self().id() : view.self().master())).values();
    }

    private void serves(List<View> members) {
        String number = members.getFirst().pod().getMetadata().getLabels().get(LABEL);
        List<View> masters = members.stream().filter(view -> view.self().isMaster()).toList();
        assertThat(names(masters)).as("masters of shard " + number).hasSize(1);
        View master = masters.getFirst();
        assertThat(master.self().slots().isEmpty()).as("shard " + number + " has no slots").isFalse();
        assertThat(names(members)).as("members of shard " + number).hasSize(1 + replicasPerShard);
        for (View member : members) {
            boolean leads = member == master;
            assertThat(member.pod().getMetadata().getLabels()).as("labels of " + member.name()).containsEntry("role", leads ? "master" : "replica").containsEntry(LABEL, number);
            if (!leads) {
                assertThat(member.info().text("master_link_status")).as("link of " + member.name()).isEqualTo("up");
                assertThat(member.info().text("master_replid")).as("history of " + member.name()).isEqualTo(master.info().text("master_replid"));
            }
            if (member.info().text("master_repl_offset").equals(master.info().text("master_repl_offset"))) {
                assertThat(member.keys()).as("keys of " + member.name() + " at its master's offset").isEqualTo(master.keys());
            }
        }
    }

    /** Slots by master, each within 2 % of its fair share. */
    public void assertBalanced() {
        Map<String, Integer> slots = new TreeMap<>();
        masters().forEach(pod -> slots.put(pod.getMetadata().getName(), view(pod).self().slots().cardinality()));
        double share = (double) SLOTS / shards;
        assertThat(slots.values()).as("slots by master: " + slots).allSatisfy(count -> assertThat((double) count).isBetween(share * (1 - TOLERANCE), share * (1 + TOLERANCE)));
    }

    /** Everybody's word on everybody, for a person who reads why a test failed. */
    private String describe() {
        return release.pods().stream().map(pod -> {
            try {
                View view = view(pod);
                return view.name() + " " + pod.getMetadata().getLabels() + " " + view.cluster().get("cluster_state") + " keys=" + view.keys() + "\n    " + view.nodes().stream().map(ClusterNode::toString).collect(Collectors.joining("\n    "));
            } catch (AssertionError | RuntimeException silent) {
                return pod.getMetadata().getName() + ": " + silent.getMessage();
            }
        }).collect(Collectors.joining("\n"));
    }

    private static List<String> names(List<View> views) {
        return views.stream().map(View::name).toList();
    }

    public static int ordinal(Pod pod) {
        String name = pod.getMetadata().getName();
        return Integer.parseInt(name.substring(name.lastIndexOf('-') + 1));
    }

    /** Which node each pod is on. */
    public static Set<String> nodes(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getSpec().getNodeName()).collect(Collectors.toSet());
    }
}
