package io.redisha.bench;

import io.fabric8.kubernetes.api.model.Pod;
import io.redisha.e2e.Trial;
import io.redisha.lab.ClusterNode;
import io.redisha.lab.ClusterRelease;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import redis.clients.jedis.exceptions.JedisException;

/** Asks one server twenty times a second who is a member and whose the slots are. What that adds is counted against us. */
final class SlotWatch implements AutoCloseable {

    private static final Duration EVERY = Duration.ofMillis(50);

    private final int before;
    private final Thread thread;
    private volatile boolean closed;
    private volatile long joined;
    private volatile long lastChange;

    SlotWatch(ClusterRelease cluster) {
        before = cluster.size();
        Pod pod = cluster.master(0);
        thread = Thread.ofPlatform().daemon().start(() -> cluster.release().redis(pod, jedis -> {
            Map<String, Integer> slots = Map.of();
            while (!closed) {
                try {
                    List<ClusterNode> nodes = ClusterNode.all(jedis.clusterNodes());
                    long now = System.nanoTime();
                    Map<String, Integer> next = nodes.stream().collect(Collectors.toMap(ClusterNode::id, node -> node.slots().cardinality(), Integer::sum));
                    next.values().removeIf(count -> count == 0);
                    lastChange = next.equals(slots) ? lastChange : now;
                    slots = next;
                    joined = joined == 0 && nodes.stream().filter(ClusterNode::isSound).count() > before ? now : joined;
                } catch (JedisException busy) {
                    // It stalls, or hands over: the next look tells.
                }
                Trial.hold(EVERY);
            }
            return null;
        }));
    }

    /** When somebody new was first known to be sound. */
    long joined() {
        return joined;
    }

    long lastChange() {
        return lastChange;
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
