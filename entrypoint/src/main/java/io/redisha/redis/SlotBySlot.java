package io.redisha.redis;

import io.redisha.loop.cluster.Nodes.Failed;
import io.redisha.loop.cluster.Nodes.Node;
import io.redisha.loop.cluster.Nodes.Permit;
import io.redisha.loop.cluster.Nodes.Watch;
import io.redisha.model.Slots;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Moves slots as every server can: open a slot on both sides, MIGRATE its keys, tell both sides, and then the rest, who owns it.
 *
 * <p>Only the two masters know that a slot is open. Should one of them be replaced meanwhile, clients are told that keys are not there which are
 * at the other. So few are open at a time, and each is closed before the next is opened (rule K9). A MIGRATE blocks the source, and its clients
 * with it, until the target has taken the keys: what one of them carries is adapted to the time it takes, and bounded in bytes.
 */
final class SlotBySlot {

    private static final Logger LOG = LoggerFactory.getLogger(SlotBySlot.class);
    private static final long MS = 1_000_000L;

    private static final int OPEN_SLOTS = 4;
    /** Of the slots that are open together, unless one alone has more. */
    private static final int OPEN_KEYS = 8_000;
    /** Slots whose keys are counted in one go. */
    private static final int COUNTED = 256;
    /** Slots after which the other masters are told, who would hear of it from the target soon. */
    private static final int TOLD = 64;

    /** Of a quiet machine; a busy one takes several times as long, and a client should not wait 50 ms. */
    private static final long BATCH = 5 * MS;
    private static final int FIRST_KEYS = 32;
    private static final int MOST_KEYS = 1_000;
    /** In one go. Should the target be gone without a word, the source stands still for this many timeouts: less than a node timeout. */
    private static final int MIGRATES = 2;
    private static final int TIMEOUT_MS = 700;
    private static final int LONGEST_TIMEOUT_MS = 60_000;
    /** Keys whose sizes are asked for in one go. */
    private static final int SIZES = 256;
    /** What one MIGRATE carries, unless a value alone is larger. */
    private static final long BYTES = 4L << 20;
    /** At least, of a value of many elements; one piece takes a tenth. */
    private static final long BYTES_PER_MS = 20_000;
    /** A value that may take longer than the timeout. */
    private static final long LARGE = TIMEOUT_MS * BYTES_PER_MS;
    /** Of what a server takes in one command ({@code proto-max-bulk-len}): a value that is larger can't move. */
    private static final long TOO_LARGE = 512L << 20;

    private static final byte[] MEMORY = "MEMORY".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] USAGE = "USAGE".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MIGRATE = "MIGRATE".getBytes(StandardCharsets.US_ASCII);

    private final NodeLink source;
    private final String sourceId;
    private final NodeLink target;
    private final Node to;
    private final List<NodeLink> others;
    private final MoverPort port;
    private final String password;
    private final Watch watch;
    private final Permit permit;

    private int batch = FIRST_KEYS;
    private int timeout = TIMEOUT_MS;
    private final NodeTimeouts timeouts;
    private long untold;
    private Slots untoldSlots = Slots.NONE;
    private Slots unfit = Slots.NONE;
    /** The source's own epoch when the slots that are open were opened. */
    private String term;

    /**
     * @param keys  of one slot
     * @param bytes as far as that was asked
     */
    private record Portion(int slot, List<byte[]> keys, long bytes) {

        Portion part(int first, int end) {
            return new Portion(slot, keys.subList(first, end), bytes);
        }

        boolean isLarge() {
            return bytes > LARGE;
        }
    }

    SlotBySlot(NodeLink source, String sourceId, NodeLink target, Node to, List<NodeLink> others, MoverPort port, String password, Watch watch, Permit permit) {
        this.source = source;
        this.sourceId = sourceId;
        this.target = target;
        this.to = to;
        this.others = others;
        this.port = port;
        this.password = password;
        this.watch = watch;
        this.permit = permit;
        List<NodeLink> masters = new ArrayList<>(List.of(source, target));
        masters.addAll(others);
        timeouts = new NodeTimeouts(masters);
    }

    /** @throws Failed also if slots were left because of a value that can't move; all others have moved then */
    void move(Slots slots) throws Failed {
        carry(slots, permit::mayOpen);
    }

    /** Slots that are open on one side at least: also if no other may be opened. @throws Failed as {@link #move} */
    void finish(Slots slots) throws Failed {
        carry(slots, permit::leads);
    }

    private void carry(Slots slots, BooleanSupplier may) throws Failed {
        try {
            for (Slots left = slots; !left.isEmpty(); ) {
                Slots some = left.first(COUNTED);
                List<Long> counts = SlotKeys.counts(source, some);
                left = left.minus(some);
                for (int done = 0; done < counts.size(); ) {
                    int next = together(counts, done);
                    Slots open = some.first(next).minus(some.first(done));
                    if (!may.getAsBoolean() || !carry(open)) {
                        return;
                    }
                    done = next;
                }
            }
        } finally {
            tellOthers(1);
        }
        if (!unfit.isEmpty()) {
            throw new Failed(source.name() + " keeps slots " + unfit + ", each of which has a value of more than " + (TOO_LARGE >> 20) + " MB, which no server takes in one piece");
        }
    }

    /** @return one past the last of those that may be open together, the first of which is this one */
    private static int together(List<Long> counts, int first) {
        long keys = counts.get(first);
        int next = first + 1;
        while (next < counts.size() && next - first < OPEN_SLOTS && keys + counts.get(next) <= OPEN_KEYS) {
            keys += counts.get(next++);
        }
        return next;
    }

    /** @return false if it was told to stop */
    private boolean carry(Slots some) throws Failed {
        Deque<Portion> first = names(some);
        Slots tooLarge = tooLarge(first);
        unfit = unfit.plus(tooLarge);
        first.removeIf(portion -> tooLarge.contains(portion.slot()));
        Slots open = some.minus(tooLarge);
        if (open.isEmpty()) {
            return true;
        }
        open(open);
        if (!carry(first)) {
            return false;
        }
        // Who has lost the Lease while the keys were on their way must not give the slots to anybody: their next owner may have passed them on.
        if (!drain(open) || !permit.leads()) {
            return false;
        }
        tell(open);
        watch.moved(open.size(), untold);
        untold = 0;
        return true;
    }

    private void open(Slots slots) throws Failed {
        // First the target: once the source sends clients on, they must be welcome there.
        List<byte[][]> welcome = new ArrayList<>(setSlots(slots, "IMPORTING", sourceId));
        welcome.addAll(SlotKeys.each(slots, "COUNTKEYSINSLOT"));
        List<Object> replies = target.askEach(welcome);
        refuseNone(target, "IMPORTING", sourceId, replies.subList(0, slots.size()));
        List<byte[][]> leave = new ArrayList<>(setSlots(slots, "MIGRATING", to.id()));
        leave.add(Link.bytes("CLUSTER", "INFO"));
        List<Object> gone = source.askEach(leave);
        refuseNone(source, "MIGRATING", to.id(), gone.subList(0, slots.size()));
        term = epoch(SlotKeys.answer(source, gone.getLast()));
        int[] numbers = slots.toArray();
        for (int i = 0; i < numbers.length; i++) {
            if ((Long) SlotKeys.answer(target, replies.get(slots.size() + i)) > 0) {
                int kept = new BothSides(source, target).keepBeside(numbers[i]);
                if (kept > 0) {
                    watch.kept(numbers[i], kept);
                }
            }
        }
    }

    private static String epoch(Object clusterInfo) {
        return Link.text(clusterInfo).lines().filter(line -> line.startsWith("cluster_my_epoch:")).findFirst().orElse("");
    }

    /**
     * What is at the target, too, came there by a MIGRATE of this very move, and the source has it still: so it is older. Unless the source has
     * been replaced since, and is the master again: the slots were not open then, and clients may have written keys that they did not find.
     */
    private void checkTerm() throws Failed {
        if (!epoch(source.call("CLUSTER", "INFO")).equals(term)) {
            throw new Failed(source.name() + " was replaced while slots were on their way to " + target.name() + ": what is on both sides is looked at again");
        }
    }

    /** The one of them that has the fewest keys. */
    Slots emptiest(Slots slots) throws Failed {
        List<Long> counts = SlotKeys.counts(source, slots);
        return Slots.of(slots.toArray()[counts.indexOf(Collections.min(counts))]);
    }

    private static Slots tooLarge(Deque<Portion> portions) {
        Slots found = Slots.NONE;
        for (Portion portion : portions) {
            found = portion.bytes() > TOO_LARGE ? found.plus(Slots.of(portion.slot())) : found;
        }
        return found;
    }

    /** Until the source has no key of them; none can come there any more. @return false if it was told to stop */
    private boolean drain(Slots slots) throws Failed {
        for (Deque<Portion> next = names(slots); !next.isEmpty(); next = names(slots)) {
            if (!carry(next)) {
                return false;
            }
        }
        return true;
    }

    private Deque<Portion> names(Slots slots) throws Failed {
        List<byte[][]> questions = new ArrayList<>();
        int[] numbers = slots.toArray();
        for (int slot : numbers) {
            questions.add(SlotKeys.names(slot, MOST_KEYS));
        }
        Deque<Portion> portions = new ArrayDeque<>();
        List<Object> replies = source.askEach(questions);
        for (int i = 0; i < numbers.length; i++) {
            addPortions(numbers[i], SlotKeys.names(source, replies.get(i)), portions);
        }
        return portions;
    }

    /** As many keys together as are small together: while a MIGRATE is under way the source serves nobody. */
    private void addPortions(int slot, List<byte[]> keys, Deque<Portion> portions) throws Failed {
        int first = 0;
        long bytes = 0;
        List<Long> sizes = sizes(keys);
        for (int i = 0; i < keys.size(); i++) {
            if (i > first && bytes + sizes.get(i) > BYTES) {
                portions.add(new Portion(slot, keys.subList(first, i), bytes));
                first = i;
                bytes = 0;
            }
            bytes += sizes.get(i);
        }
        if (first < keys.size()) {
            portions.add(new Portion(slot, keys.subList(first, keys.size()), bytes));
        }
    }

    private List<Long> sizes(List<byte[]> keys) throws Failed {
        List<Long> sizes = new ArrayList<>(keys.size());
        for (int first = 0; first < keys.size(); first += SIZES) {
            List<byte[][]> questions = new ArrayList<>();
            for (byte[] key : keys.subList(first, Math.min(keys.size(), first + SIZES))) {
                questions.add(new byte[][] {MEMORY, USAGE, key});
            }
            for (Object reply : source.ask(questions, NodeLink.ANSWER)) {
                // null: deleted meanwhile, or moved
                sizes.add(reply instanceof Long size ? size : 0L);
            }
        }
        return sizes;
    }

    /** @return false if it was told to stop */
    private boolean carry(Deque<Portion> portions) throws Failed {
        while (!portions.isEmpty()) {
            if (!permit.leads()) {
                return false;
            }
            if (portions.getFirst().isLarge()) {
                carryLarge(portions.removeFirst());
                continue;
            }
            List<Portion> now = new ArrayList<>();
            int keys = 0;
            while (!portions.isEmpty() && now.size() < MIGRATES && keys < batch && !portions.getFirst().isLarge()) {
                Portion next = portions.removeFirst();
                int room = batch - keys;
                if (next.keys().size() > room) {
                    portions.addFirst(next.part(room, next.keys().size()));
                    next = next.part(0, room);
                }
                now.add(next);
                keys += next.keys().size();
            }
            long start = port.now();
            List<Object> replies = source.ask(now.stream().map(portion -> migrate(portion, false)).toList(), patience(now.size()));
            long took = port.now() - start;
            adapt(keys, took);
            for (int i = 0; i < now.size(); i++) {
                carried(now.get(i), replies.get(i));
            }
            watch.moved(0, untold);
            untold = 0;
            // As long for the clients of both sides as for the move.
            port.pause(Math.min(took, BATCH));
        }
        return true;
    }

    /** One that has grown too large since its slot was opened stays where it is, and the slot open: clients find everything, on one side or the other. */
    private void carryLarge(Portion value) throws Failed {
        if (value.bytes() > TOO_LARGE) {
            throw new Failed(source.name() + " has a value of " + (value.bytes() >> 20) + " MB in slot " + value.slot() + ", which is on its way to " + target.name()
                    + ": no server takes it in one piece");
        }
        timeout = (int) Math.min(LONGEST_TIMEOUT_MS, value.bytes() / BYTES_PER_MS);
        LOG.info("a value of {} MB in slot {} moves from {} to {}: both may not answer for a moment", value.bytes() >> 20, value.slot(), source.name(), target.name());
        insist(value, "a large value");
        watch.moved(0, untold);
        untold = 0;
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
        checkTerm();
        batch = FIRST_KEYS;
        try {
            for (int i = 0; i < portion.keys().size(); i++) {
                insistOn(portion.part(i, i + 1), why);
            }
        } finally {
            timeout = TIMEOUT_MS;
            timeouts.putBack();
        }
    }

    private void insistOn(Portion key, String why) throws Failed {
        while (true) {
            // longer than that, and the others would elect a new master in the place of one that is only busy
            timeouts.raiseFor(timeout);
            Object reply = source.ask(List.<byte[][]>of(migrate(key, true)), patience(1)).getFirst();
            if (!(reply instanceof JedisDataException refusal)) {
                untold++;
                return;
            }
            if (!refusal.getMessage().contains("IOERR") || timeout >= LONGEST_TIMEOUT_MS) {
                throw new Failed(source.name() + " can't move a key of slot " + key.slot() + " to " + target.name() + ": " + refusal.getMessage());
            }
            target.call("PING");
            timeout = Math.min(LONGEST_TIMEOUT_MS, timeout * 4);
            LOG.info("a key of slot {} takes long to move from {} to {}, giving it {} ms ({})", key.slot(), source.name(), target.name(), timeout, why);
        }
    }

    /** A key is on both sides after a MIGRATE whose outcome the source did not hear, or since before this move, when it was kept beside. */
    private void replace(Portion portion) throws Failed {
        checkTerm();
        LOG.info("keys of slot {} are at {} and at {}: those of {} are the newer ones", portion.slot(), source.name(), target.name(), source.name());
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
        untoldSlots = untoldSlots.plus(slots);
        tellOthers(TOLD);
    }

    private void tellOthers(int least) {
        if (untoldSlots.size() < least) {
            return;
        }
        for (NodeLink other : permit.leads() ? others : List.<NodeLink>of()) {
            try {
                other.askEach(setSlots(untoldSlots, "NODE", to.id()));
            } catch (Failed e) {
                LOG.debug("it will hear of slots {} from the others: {}", untoldSlots, e.getMessage());
            }
        }
        untoldSlots = Slots.NONE;
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
}
