package io.redisha.load;

import io.redisha.lab.Netns;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Invariant I1: asks every pod, past every Service, every 50 ms, from one process with one clock, to take a write. Two pods
 * that both do at the same time are two masters. Along the way it notes the smallest dataset that a writable pod had (I5).
 */
public final class WriterProber implements AutoCloseable {

    private static final Duration TICK = Duration.ofMillis(50);
    private static final int TIMEOUT_MS = 300;

    /** @param pod with its address: a pod that was deleted by force can still run beside a new one of its name */
    public record Target(String pod, String address) {
        public Target {
            pod = pod + "@" + address;
        }
    }

    enum Answer { TAKEN, REFUSED, NONE }

    record Probe(String pod, String from, long asked, long answered, Answer answer) {}

    /** One pod's uninterrupted acceptance, proven from the answer to its first write to the question of its last. */
    record Reign(String pod, List<Probe> taken) {

        long provenFrom() {
            return taken.getFirst().answered();
        }

        long provenTo() {
            return taken.getLast().asked();
        }

        boolean meets(Reign other) {
            boolean spansCross = Math.max(provenFrom(), other.provenFrom()) < Math.min(provenTo(), other.provenTo());
            return spansCross || other.containsOneOf(this) || containsOneOf(other);
        }

        /** A single write that began and ended while this pod was proven to be writable. */
        private boolean containsOneOf(Reign other) {
            return other.taken.stream().anyMatch(probe -> probe.asked() >= provenFrom() && probe.answered() <= provenTo());
        }

        Duration with(Reign other) {
            return Duration.ofNanos(Math.max(0, Math.min(provenTo(), other.provenTo()) - Math.max(provenFrom(), other.provenFrom())));
        }
    }

    public record Overlap(String one, String other, Duration length) {}

    private final ConcurrentLinkedQueue<Probe> probes = new ConcurrentLinkedQueue<>();
    private final Set<String> probed = ConcurrentHashMap.newKeySet();
    private final Map<String, Long> smallest = new ConcurrentHashMap<>();
    private final List<String> nodes;
    private final JedisClientConfig config;
    private volatile boolean closed;

    /** @param targets asked again and again: pods come and go */
    public WriterProber(List<String> fromNodes, String password, Supplier<List<Target>> targets) {
        nodes = fromNodes;
        var builder = DefaultJedisClientConfig.builder().timeoutMillis(TIMEOUT_MS).resp2().autoNegotiateProtocol(false)
                .clientSetInfoConfig(ClientSetInfoConfig.DISABLED);
        config = (password.isEmpty() ? builder : builder.password(password)).build();
        Thread.ofPlatform().name("prober-targets").daemon().start(() -> follow(targets));
    }

    private void follow(Supplier<List<Target>> targets) {
        while (!closed) {
            try {
                for (Target target : targets.get()) {
                    for (String node : nodes) {
                        if (target.address() != null && probed.add(node + target)) {
                            Netns.start(node, "prober-" + node + "-" + target.pod(), () -> probe(node, target));
                        }
                    }
                }
            } catch (RuntimeException apiDown) {
                // Those we know stay probed.
            }
            LockSupport.parkNanos(TICK.multipliedBy(6).toNanos());
        }
    }

    private void probe(String from, Target target) {
        Connection connection = null;
        for (long n = 0; !closed; n++) {
            long asked = System.nanoTime();
            Answer answer = Answer.NONE;
            try {
                if (connection == null) {
                    connection = new Connection(HostAndPort.from(target.address() + ":6379"), config);
                }
                connection.sendCommand(Command.SET, "probe:" + from + ":" + target.pod(), Long.toString(n));
                connection.sendCommand(Command.DBSIZE);
                connection.getOne();
                long answered = System.nanoTime();
                probes.add(new Probe(target.pod(), from, asked, answered, Answer.TAKEN));
                smallest.merge(target.pod(), (Long) connection.getOne(), Math::min);
            } catch (JedisDataException refused) {
                answer = Answer.REFUSED;
            } catch (JedisException | ClassCastException silent) {
                answer = silent.getCause() instanceof java.net.ConnectException ? Answer.REFUSED : Answer.NONE;
            }
            if (answer == Answer.REFUSED || connection != null && connection.isBroken()) {
                probes.add(new Probe(target.pod(), from, asked, System.nanoTime(), answer));
                // After an error the second answer is still to come: a new connection is simpler than to keep count.
                try {
                    if (connection != null) {
                        connection.close();
                    }
                } catch (JedisException already) {
                    // It is why we close.
                }
                connection = null;
            }
            LockSupport.parkNanos(TICK.toNanos() - (System.nanoTime() - asked));
        }
        if (connection != null) {
            connection.close();
        }
    }

    /** Of pods while they took writes; empty if none ever did. */
    public java.util.OptionalLong smallestDataset() {
        return smallest.values().stream().mapToLong(Long::longValue).min();
    }

    public List<Overlap> overlaps() {
        return overlaps(probes);
    }

    static List<Overlap> overlaps(Collection<Probe> probes) {
        List<Reign> reigns = new ArrayList<>();
        // A reign is what one prober saw of one pod: another prober's view may end elsewhere.
        probes.stream().collect(Collectors.groupingBy(probe -> probe.from() + "/" + probe.pod())).values().forEach(one -> reigns.addAll(reigns(one)));
        reigns.sort(java.util.Comparator.comparingLong(Reign::provenFrom));
        List<Overlap> overlaps = new ArrayList<>();
        for (int i = 0; i < reigns.size(); i++) {
            for (Reign other : reigns.subList(i + 1, reigns.size())) {
                Reign one = reigns.get(i);
                if (!one.pod().equals(other.pod()) && one.meets(other)) {
                    overlaps.add(new Overlap(one.pod(), other.pod(), one.with(other)));
                }
            }
        }
        return overlaps;
    }

    private static List<Reign> reigns(List<Probe> ofOnePod) {
        List<Reign> reigns = new ArrayList<>();
        List<Probe> taken = new ArrayList<>();
        for (Probe probe : ofOnePod.stream().sorted(java.util.Comparator.comparingLong(Probe::asked)).toList()) {
            if (probe.answer() == Answer.TAKEN) {
                taken.add(probe);
            } else if (!taken.isEmpty()) {
                reigns.add(new Reign(probe.pod(), List.copyOf(taken)));
                taken.clear();
            }
        }
        if (!taken.isEmpty()) {
            reigns.add(new Reign(taken.getFirst().pod(), List.copyOf(taken)));
        }
        return reigns;
    }

    /** Writes that were taken: a prober that never got one proves nothing. */
    public long taken() {
        return probes.stream().filter(probe -> probe.answer() == Answer.TAKEN).count();
    }

    @Override
    public void close() {
        closed = true;
    }
}
