package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.loop.cluster.Nodes.Watch;
import io.redisha.model.Slots;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Moves slots as every server can: open a slot on both sides, MIGRATE its keys, tell both sides, and then the rest, who owns it.
 *
 * <p>Many slots are on their way at once, so that orders go out many at a time; but a MIGRATE blocks the source, and its clients with it,
 * until the target has taken the keys. What one of them carries is adapted to the time it takes.
 */
final class SlotBySlot {

    private static final Logger LOG = LoggerFactory.getLogger(SlotBySlot.class);
    private static final long MS = 1_000_000L;

    /** Open slots: a client that asks for a key that is not there (yet) is sent on to the target for nothing. */
    private static final int OPEN_SLOTS = 256;
    private static final int OPEN_KEYS = 8_000;
    /** Key names asked for in one go, so that the servers are not waited for after each slot. */
    private static final int NAMES = 2_000;

    /** Of a quiet machine; a busy one takes several times as long, and a client should not wait 50 ms. */
    private static final long BATCH = 5 * MS;
    private static final int FIRST_KEYS = 32;
    private static final int MOST_KEYS = 1_000;
    /** In one go. Should the target be gone without a word, the source stands still for this many timeouts: less than a node timeout. */
    private static final int MIGRATES = 2;
    private static final int TIMEOUT_MS = 700;
    private static final int LONGEST_TIMEOUT_MS = 60_000;

    private static final byte[] MIGRATE = "MIGRATE".getBytes(StandardCharsets.US_ASCII);

    private final NodeLink source;
    private final String sourceId;
    private final NodeLink target;
    private final Node to;
    private final List<NodeLink> others;
    private final String password;
    private final Watch watch;
    private final BooleanSupplier goOn;

    private int batch = FIRST_KEYS;
    private int timeout = TIMEOUT_MS;
    private long untold;

    /** @param keys of one slot */
    private record Portion(int slot, List<byte[]> keys) {}

    SlotBySlot(NodeLink source, String sourceId, NodeLink target, Node to, List<NodeLink> others, String password, Watch watch, BooleanSupplier goOn) {
        this.source = source;
        this.sourceId = sourceId;
        this.target = target;
        this.to = to;
        this.others = others;
        this.password = password;
        this.watch = watch;
        this.goOn = goOn;
    }

    void move(Slots slots) throws Failed {
        for (Slots left = slots; !left.isEmpty() && goOn.getAsBoolean(); ) {
            Slots some = some(left);
            // First the target: once the source sends clients on, they must be welcome there.
            refuseNone(target, "IMPORTING", sourceId, target.askEach(setSlots(some, "IMPORTING", sourceId)));
            refuseNone(source, "MIGRATING", to.id(), source.askEach(setSlots(some, "MIGRATING", to.id())));
            if (!drain(some)) {
                return;
            }
            tell(some);
            watch.moved(some.size(), untold);
            untold = 0;
            left = left.minus(some);
        }
    }

    /** The one of them that has the fewest keys. */
    Slots emptiest(Slots slots) throws Failed {
        Map<Integer, Long> keys = keys(slots);
        for (int slot : slots.toArray()) {
            if (!keys.containsKey(slot)) {
                return Slots.of(slot);
            }
        }
        return Slots.of(keys.entrySet().stream().min(Map.Entry.comparingByValue()).orElseThrow().getKey());
    }

    private Slots some(Slots left) throws Failed {
        Slots next = left.first(OPEN_SLOTS);
        int[] slots = next.toArray();
        List<Object> counts = source.askEach(each(next, "COUNTKEYSINSLOT"));
        long keys = 0;
        for (int i = 0; i < slots.length; i++) {
            keys += count(counts.get(i));
            if (keys > OPEN_KEYS && i > 0) {
                return next.first(i);
            }
        }
        return next;
    }

    /** Until the source has no key of them; none can come there any more. @return false if it was told to stop */
    private boolean drain(Slots slots) throws Failed {
        for (Map<Integer, Long> full = keys(slots); !full.isEmpty(); full = keys(slots)) {
            List<Integer> next = new ArrayList<>();
            long names = 0;
            for (Map.Entry<Integer, Long> slot : full.entrySet()) {
                next.add(slot.getKey());
                names += Math.min(MOST_KEYS, slot.getValue());
                if (names >= NAMES) {
                    if (!carry(names(next))) {
                        return false;
                    }
                    next.clear();
                    names = 0;
                }
            }
            if (!carry(names(next))) {
                return false;
            }
        }
        return true;
    }

    /** How many keys there are in each slot that has some. */
    private Map<Integer, Long> keys(Slots slots) throws Failed {
        int[] numbers = slots.toArray();
        List<Object> counts = source.askEach(each(slots, "COUNTKEYSINSLOT"));
        Map<Integer, Long> full = new LinkedHashMap<>();
        for (int i = 0; i < numbers.length; i++) {
            long count = count(counts.get(i));
            if (count > 0) {
                full.put(numbers[i], count);
            }
        }
        return full;
    }

    private Deque<Portion> names(List<Integer> slots) throws Failed {
        List<byte[][]> questions = new ArrayList<>();
        slots.forEach(slot -> questions.add(Link.bytes("CLUSTER", "GETKEYSINSLOT", Integer.toString(slot), Integer.toString(MOST_KEYS))));
        Deque<Portion> portions = new ArrayDeque<>();
        List<Object> replies = source.askEach(questions);
        for (int i = 0; i < replies.size(); i++) {
            List<?> keys = (List<?>) answer(source, replies.get(i));
            if (!keys.isEmpty()) {
                portions.add(new Portion(slots.get(i), keys.stream().map(key -> (byte[]) key).toList()));
            }
        }
        return portions;
    }

    private long count(Object reply) throws Failed {
        return (Long) answer(source, reply);
    }

    /** @return false if it was told to stop */
    private boolean carry(Deque<Portion> portions) throws Failed {
        while (!portions.isEmpty()) {
            if (!goOn.getAsBoolean()) {
                return false;
            }
            List<Portion> now = new ArrayList<>();
            int keys = 0;
            while (!portions.isEmpty() && now.size() < MIGRATES && keys < batch) {
                Portion next = portions.removeFirst();
                int room = batch - keys;
                if (next.keys().size() > room) {
                    portions.addFirst(new Portion(next.slot(), next.keys().subList(room, next.keys().size())));
                    next = new Portion(next.slot(), next.keys().subList(0, room));
                }
                now.add(next);
                keys += next.keys().size();
            }
            long start = System.nanoTime();
            List<Object> replies = source.ask(now.stream().map(portion -> migrate(portion, false)).toList(), patience(now.size()));
            long took = System.nanoTime() - start;
            adapt(keys, took);
            for (int i = 0; i < now.size(); i++) {
                carried(now.get(i), replies.get(i));
            }
            watch.moved(0, untold);
            untold = 0;
            // As long for the clients of both sides as for the move.
            LockSupport.parkNanos(Math.min(took, BATCH));
        }
        return true;
    }

    private void adapt(int keys, long took) {
        if (took > BATCH) {
            batch = (int) Math.max(1, keys * BATCH / took * 3 / 4);
        } else if (took < BATCH / 2 && keys >= batch) {
            batch = Math.min(MOST_KEYS, batch + Math.max(1, batch / 2));
        }
    }

    private void carried(Portion portion, Object reply) throws Failed {
        if (!(reply instanceof JedisDataException refusal)) {
            // NOKEY: all of them have expired or been deleted meanwhile.
            untold += Link.text(reply).equals("NOKEY") ? 0 : portion.keys().size();
            return;
        }
        String why = refusal.getMessage();
        if (why.contains("IOERR")) {
            insist(portion, why);
        } else if (why.contains("BUSYKEY")) {
            replace(portion);
        } else {
            throw new Failed(source.name() + " can't move keys of slot " + portion.slot() + " to " + target.name() + ": " + why);
        }
    }

    /**
     * The target did not take them in time, or the source did not hear so. One by one then, each with the time that it needs: a value of
     * some 100 MB takes seconds.
     */
    private void insist(Portion portion, String why) throws Failed {
        target.call("PING");
        batch = FIRST_KEYS;
        for (byte[] key : portion.keys()) {
            while (true) {
                Object reply = source.ask(List.<byte[][]>of(migrate(new Portion(portion.slot(), List.of(key)), true)), patience(1)).getFirst();
                if (!(reply instanceof JedisDataException refusal)) {
                    untold++;
                    break;
                }
                if (!refusal.getMessage().contains("IOERR") || timeout >= LONGEST_TIMEOUT_MS) {
                    throw new Failed(source.name() + " can't move a key of slot " + portion.slot() + " to " + target.name() + ": " + refusal.getMessage());
                }
                target.call("PING");
                timeout = Math.min(LONGEST_TIMEOUT_MS, timeout * 4);
                LOG.info("a key of slot {} takes long to move from {} to {}, giving it {} ms ({})", portion.slot(), source.name(), target.name(), timeout, why);
            }
        }
        timeout = TIMEOUT_MS;
    }

    /**
     * A key is on both sides after a MIGRATE whose outcome the source did not hear. The source's is the right one: a key that it has is read
     * and written there, and a client is sent on to the target only for keys that the source does not have.
     */
    private void replace(Portion portion) throws Failed {
        LOG.info("keys of slot {} are at {} and at {} since a move that was cut off: those of {} are the newer ones", portion.slot(), source.name(),
                target.name(), source.name());
        Object reply = source.ask(List.<byte[][]>of(migrate(portion, true)), patience(1)).getFirst();
        if (reply instanceof JedisDataException refusal) {
            if (refusal.getMessage().contains("IOERR")) {
                insist(portion, refusal.getMessage());
                return;
            }
            throw new Failed(source.name() + " can't move keys of slot " + portion.slot() + " to " + target.name() + ": " + refusal.getMessage());
        }
        untold += portion.keys().size();
    }

    private long patience(int migrates) {
        return (5_000L + 2L * migrates * timeout) * MS;
    }

    private byte[][] migrate(Portion portion, boolean replace) {
        List<byte[]> words = new ArrayList<>(portion.keys().size() + 10);
        words.add(MIGRATE);
        for (String word : List.of(to.redis().host(), Integer.toString(to.redis().port()), "", "0", Integer.toString(timeout))) {
            words.add(word.getBytes(StandardCharsets.UTF_8));
        }
        if (replace) {
            words.add("REPLACE".getBytes(StandardCharsets.US_ASCII));
        }
        if (password != null) {
            words.add("AUTH".getBytes(StandardCharsets.US_ASCII));
            words.add(Link.password(password));
        }
        words.add("KEYS".getBytes(StandardCharsets.US_ASCII));
        words.addAll(portion.keys());
        return words.toArray(byte[][]::new);
    }

    /**
     * The target first: from then on it serves them by its own right, with a greater epoch, and nothing is lost if the others never hear of
     * it from us. The source first would send clients to a target that sends them back.
     */
    void tell(Slots slots) throws Failed {
        if (slots.isEmpty()) {
            return;
        }
        refuseNone(target, "NODE", to.id(), target.askEach(setSlots(slots, "NODE", to.id())));
        refuseNone(source, "NODE", to.id(), source.askEach(setSlots(slots, "NODE", to.id())));
        for (NodeLink other : others) {
            try {
                other.askEach(setSlots(slots, "NODE", to.id()));
            } catch (Failed e) {
                LOG.debug("it will hear of slots {} from the others: {}", slots, e.getMessage());
            }
        }
    }

    private static Object answer(NodeLink node, Object reply) throws Failed {
        if (reply instanceof JedisDataException refusal) {
            throw new Failed(node.name() + ": " + refusal.getMessage());
        }
        return reply;
    }

    static void refuseNone(NodeLink node, String state, String id, List<Object> replies) throws Failed {
        for (Object reply : replies) {
            if (reply instanceof JedisDataException refusal) {
                throw node.refused(refusal, "CLUSTER", "SETSLOT", state, id);
            }
        }
    }

    static List<byte[][]> setSlots(Slots slots, String state, String id) {
        List<byte[][]> commands = new ArrayList<>(slots.size());
        for (int slot : slots.toArray()) {
            commands.add(Link.bytes("CLUSTER", "SETSLOT", Integer.toString(slot), state, id));
        }
        return commands;
    }

    static List<byte[][]> each(Slots slots, String question) {
        List<byte[][]> commands = new ArrayList<>(slots.size());
        for (int slot : slots.toArray()) {
            commands.add(Link.bytes("CLUSTER", question, Integer.toString(slot)));
        }
        return commands;
    }
}
