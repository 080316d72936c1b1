package io.redisha.load;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What all clients asked and were told, and how long they could not write. */
public record History(List<Op> ops) {

    /** Shorter gaps are the scheduler's on a busy machine, not ours. */
    static final Duration NOTICEABLE = Duration.ofMillis(50);

    /** A write reaches the replicas in a fraction of it, unless the machine is very busy. */
    private static final Duration MOMENT = Duration.ofMillis(100);

    /**
     * @param longest the longest time one client had no good write, from its last good one to its next
     * @param sum     of such times, of the client that had most of them
     */
    public record Stop(Duration longest, Duration sum, int count) {
        @Override
        public String toString() {
            return "longest " + longest.toMillis() + " ms, sum " + sum.toMillis() + " ms, " + count + " stops";
        }
    }

    public static History read(Path file) {
        ObjectMapper json = new ObjectMapper();
        Map<Long, Op> ops = new LinkedHashMap<>();
        try {
            for (String line : Files.readAllLines(file)) {
                JsonNode event = json.readTree(line);
                Event.Phase phase = Event.Phase.valueOf(event.get("phase").asText().toUpperCase(Locale.ROOT));
                long at = event.get("t_ns").asLong();
                long value = event.get("value").asLong();
                Op before = ops.get(value);
                ops.put(value, phase == Event.Phase.INVOKE
                        ? new Op(event.get("client").asText(), "", event.get("key").asText(), value, at, Long.MAX_VALUE, Event.Phase.INFO, -1, "no answer")
                        : new Op(before.client(), event.get("side").asText(), before.key(), value, before.invoked(), at, phase, event.get("acks").asInt(), event.get("error").asText()));
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return new History(List.copyOf(ops.values()));
    }

    public long acknowledged() {
        return ops.stream().filter(Op::acknowledged).count();
    }

    /** Lives of servers that have acknowledged anything. */
    public int masters() {
        return (int) ops.stream().filter(Op::acknowledged).map(Op::side).distinct().count();
    }

    /** Asked and not acknowledged. */
    public List<Op> refused() {
        return ops.stream().filter(op -> !op.acknowledged()).toList();
    }

    /**
     * Of these writes those that their server had acknowledged well before the last that it did. One that is killed may have told its client of
     * a write, and not its replicas yet: that much of plain writes nobody promises to keep.
     */
    public List<Long> settled(Collection<Long> values) {
        Map<String, Long> last = ops.stream().filter(Op::acknowledged).collect(Collectors.toMap(Op::side, Op::ended, Math::max));
        return ops.stream().filter(op -> values.contains(op.value()) && op.ended() < last.getOrDefault(op.side(), 0L) - MOMENT.toNanos()).map(Op::value).toList();
    }

    /** How long before that moment the first of these writes was acknowledged; zero if none was. @param moment by System.nanoTime */
    public Duration age(Collection<Long> values, long moment) {
        Set<Long> asked = Set.copyOf(values);
        return ops.stream().filter(op -> op.acknowledged() && asked.contains(op.value())).map(op -> Duration.ofNanos(moment - op.ended())).reduce(Duration.ZERO, History::max);
    }

    /** Of these writes those that were acknowledged after that moment. @param moment by System.nanoTime */
    public List<Long> after(Collection<Long> values, long moment) {
        Set<Long> asked = Set.copyOf(values);
        return ops.stream().filter(op -> op.acknowledged() && asked.contains(op.value()) && op.ended() > moment).map(Op::value).toList();
    }

    /** What the clients were told instead, and how often: servers' own words first, without what differs each time. */
    public Map<String, Long> errors() {
        return refused().stream().collect(Collectors.groupingBy(op -> op.error().replaceAll("[0-9.:]{7,}|[0-9]{4,}", "*"), TreeMap::new, Collectors.counting()));
    }

    /** Of the clients that wait for nobody. */
    public Stop writeStop() {
        return stop(Op::acknowledged, ops.stream().filter(op -> op.client().startsWith("d0")).toList());
    }

    /** The same for each of these clients. Those of a cluster are named by the slots they write to. */
    public Map<String, Stop> writeStops() {
        Map<String, List<Op>> clients = ops.stream().filter(op -> op.client().startsWith("d0")).collect(Collectors.groupingBy(Op::client, TreeMap::new, Collectors.toList()));
        Map<String, Stop> stops = new TreeMap<>();
        clients.forEach((client, asked) -> stops.put(client, stop(Op::acknowledged, asked)));
        return stops;
    }

    /** @param max of the writes that were acknowledged in the end */
    public record Latency(Duration p50, Duration p99, Duration max) {
        @Override
        public String toString() {
            return "p50 %.1f ms, p99 %.1f ms, max %.1f ms".formatted(p50.toNanos() / 1e6, p99.toNanos() / 1e6, max.toNanos() / 1e6);
        }
    }

    /** Of acknowledged writes of the clients that wait for nobody. */
    public Latency latency() {
        return latency(Long.MIN_VALUE, Long.MAX_VALUE);
    }

    /** Of those asked between two moments, by System.nanoTime. */
    public Latency latency(long from, long to) {
        long[] took = ops.stream().filter(op -> op.acknowledged() && op.client().startsWith("d0") && op.invoked() >= from && op.invoked() <= to)
                .mapToLong(op -> op.ended() - op.invoked()).sorted().toArray();
        return took.length == 0 ? new Latency(Duration.ZERO, Duration.ZERO, Duration.ZERO)
                : new Latency(Duration.ofNanos(took[took.length / 2]), Duration.ofNanos(took[(int) (took.length * 0.99)]), Duration.ofNanos(took[took.length - 1]));
    }

    /** Of the clients that wait for a replica, a write counts when they have it. */
    public Stop replicatedWriteStop() {
        return stop(Op::replicated, ops.stream().filter(op -> op.client().startsWith("d1")).toList());
    }

    private static Stop stop(Predicate<Op> good, List<Op> ops) {
        Stop worst = new Stop(Duration.ZERO, Duration.ZERO, 0);
        for (List<Op> client : ops.stream().collect(Collectors.groupingBy(Op::client)).values()) {
            List<Duration> gaps = gaps(good, client);
            Duration longest = gaps.stream().max(Comparator.naturalOrder()).orElse(Duration.ZERO);
            Duration sum = gaps.stream().reduce(Duration.ZERO, Duration::plus);
            worst = new Stop(max(worst.longest, longest), max(worst.sum, sum), Math.max(worst.count, gaps.size()));
        }
        return worst;
    }

    private static List<Duration> gaps(Predicate<Op> good, List<Op> client) {
        List<Duration> gaps = new ArrayList<>();
        long last = Long.MIN_VALUE;
        long end = Long.MIN_VALUE;
        for (Op op : client) {
            if (op.ended() == Long.MAX_VALUE) {
                continue;
            }
            end = op.ended();
            if (good.test(op)) {
                note(gaps, last, op.ended());
                last = op.ended();
            }
        }
        note(gaps, last, end);
        return gaps;
    }

    private static void note(List<Duration> gaps, long from, long to) {
        if (from != Long.MIN_VALUE && Duration.ofNanos(to - from).compareTo(NOTICEABLE) > 0) {
            gaps.add(Duration.ofNanos(to - from));
        }
    }

    private static Duration max(Duration a, Duration b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
