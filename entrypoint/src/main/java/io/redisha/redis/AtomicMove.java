package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.loop.cluster.Nodes.Permit;
import io.redisha.loop.cluster.Nodes.Watch;
import io.redisha.model.Slots;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Moves slots as Valkey does since 9.0: the server sends a snapshot and what is written meanwhile, and hands over all slots of a job at
 * once. Before that nothing has happened, whoever dies.
 *
 * <p>After a job the source deletes the keys and serves nobody meanwhile (some microseconds for each). So a job is small, and how small
 * is learnt from how long the source does not answer.
 */
final class AtomicMove {

    private static final long MS = 1_000_000L;
    private static final int FIRST_KEYS = 2_000;
    private static final int MOST_KEYS = 20_000;
    private static final int LEAST_KEYS = 1_000;
    /** Slots whose keys are counted in one go. */
    private static final int COUNTED = 64;
    /** Of a quiet machine; a busy one takes several times as long, and a client should not wait 50 ms. */
    private static final long STALL = 20 * MS;
    /** While it deletes the keys of a slot, however many they are, it does not answer. */
    private static final long ANSWER = 10_000 * MS;
    private static final long BETWEEN_LOOKS = 5 * MS;
    /** A job that makes no headway for longer was given up by the server itself. */
    private static final long JOB = 120_000 * MS;

    private final NodeLink source;
    private final String targetId;
    private final Watch watch;
    private final Permit permit;

    private int jobKeys = FIRST_KEYS;
    /** The longest that the source took to answer since the job began. */
    private long stall;

    /** One migration, as the source tells of it. */
    private record Job(String name, boolean export, Slots slots, String target, String state, String message) {

        boolean over() {
            return state.equals("success") || state.equals("failed") || state.equals("cancelled");
        }
    }

    AtomicMove(NodeLink source, String targetId, Watch watch, Permit permit) {
        this.source = source;
        this.targetId = targetId;
        this.watch = watch;
        this.permit = permit;
    }

    /** Asked of the server, as versions say nothing of builds. */
    static boolean known(NodeLink node) throws Failed {
        return node.call("CLUSTER", "HELP") instanceof List<?> help && help.stream().anyMatch(line -> Link.text(line).startsWith("MIGRATESLOTS "));
    }

    /** Until no job with one of these slots is under way, whoever began it. */
    void awaitOthers(Slots slots) throws Failed {
        long start = System.nanoTime();
        while (true) {
            List<Job> busy = jobs().stream().filter(job -> !job.over() && !job.slots().and(slots).isEmpty()).toList();
            if (busy.isEmpty() || !permit.leads()) {
                return;
            }
            if (System.nanoTime() - start > JOB) {
                throw new Failed(source.name() + " is still busy with an earlier move of slots " + busy.getFirst().slots() + " (" + busy.getFirst().state() + ")");
            }
            LockSupport.parkNanos(4 * BETWEEN_LOOKS);
        }
    }

    void move(Slots slots) throws Failed {
        for (Slots left = slots; !left.isEmpty() && permit.mayOpen(); ) {
            Batch batch = next(left);
            stall = 0;
            long start = System.nanoTime();
            carry(batch.slots());
            watch.moved(batch.slots().size(), batch.keys());
            left = left.minus(batch.slots());
            adapt(batch.keys());
            // The source forks for each job, and has sent and deleted; now its clients have their turn.
            LockSupport.parkNanos(Math.min(System.nanoTime() - start, 3 * STALL));
        }
    }

    private void adapt(long keys) throws Failed {
        long asked = System.nanoTime();
        source.ask(List.<byte[][]>of(Link.bytes("PING")), ANSWER);   // answered when it has deleted
        stall = Math.max(stall, System.nanoTime() - asked);
        if (stall > STALL) {
            jobKeys = (int) Math.max(LEAST_KEYS, Math.min(jobKeys, keys) * STALL / stall);
        } else if (stall < STALL / 2 && keys > jobKeys / 2) {
            jobKeys = Math.min(MOST_KEYS, jobKeys + jobKeys / 2);
        }
    }

    private record Batch(Slots slots, long keys) {}

    private Batch next(Slots left) throws Failed {
        long keys = 0;
        int slots = 0;
        while (slots < left.size()) {
            List<byte[][]> questions = new ArrayList<>();
            for (int slot : left.first(slots + COUNTED).minus(left.first(slots)).toArray()) {
                questions.add(Link.bytes("CLUSTER", "COUNTKEYSINSLOT", Integer.toString(slot)));
            }
            for (Object reply : source.askEach(questions)) {
                if (reply instanceof JedisDataException refusal) {
                    throw source.refused(refusal, "CLUSTER", "COUNTKEYSINSLOT");
                }
                long more = (Long) reply;
                if (slots > 0 && keys + more > jobKeys) {
                    return new Batch(left.first(slots), keys);
                }
                keys += more;
                slots++;
            }
        }
        return new Batch(left, keys);
    }

    private void carry(Slots slots) throws Failed {
        Set<String> before = new HashSet<>();
        jobs().forEach(job -> before.add(job.name()));
        List<String> command = new ArrayList<>(List.of(NodeClient.ranges(slots, "CLUSTER", "MIGRATESLOTS", "SLOTSRANGE")));
        command.addAll(List.of("NODE", targetId));
        source.call(command.toArray(String[]::new));
        long start = System.nanoTime();
        while (true) {
            Job job = jobs().stream().filter(one -> one.export() && !before.contains(one.name()) && one.target().equals(targetId)
                    && one.slots().equals(slots)).findFirst().orElse(null);
            if (job != null && job.state().equals("success")) {
                return;
            }
            if (job != null && job.over()) {
                throw new Failed(source.name() + " can't move slots " + slots + ": " + job.state() + (job.message().isBlank() ? "" : ", " + job.message().strip()));
            }
            if (System.nanoTime() - start > JOB) {
                throw new Failed(source.name() + " did not move slots " + slots + " within " + JOB / MS / 1000 + " s" + (job == null ? "" : ": " + job.state()));
            }
            LockSupport.parkNanos(BETWEEN_LOOKS);
        }
    }

    private List<Job> jobs() throws Failed {
        List<Job> jobs = new ArrayList<>();
        long asked = System.nanoTime();
        Object reply = source.ask(List.<byte[][]>of(Link.bytes("CLUSTER", "GETSLOTMIGRATIONS")), ANSWER).getFirst();
        stall = Math.max(stall, System.nanoTime() - asked);
        if (reply instanceof JedisDataException refusal) {
            throw source.refused(refusal, "CLUSTER", "GETSLOTMIGRATIONS");
        }
        for (Object entry : (List<?>) reply) {
            Map<String, String> fields = new LinkedHashMap<>();
            List<?> pairs = (List<?>) entry;
            for (int i = 0; i + 1 < pairs.size(); i += 2) {
                fields.put(Link.text(pairs.get(i)), Link.text(pairs.get(i + 1)));
            }
            jobs.add(new Job(fields.getOrDefault("name", ""), "EXPORT".equals(fields.get("operation")), Slots.parse(fields.getOrDefault("slot_ranges", "")),
                    fields.getOrDefault("target_node", ""), fields.getOrDefault("state", ""), fields.getOrDefault("message", "")));
        }
        return jobs;
    }
}
