package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.Pulse;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/** The looking thread against a server that answers when the test lets it. */
@Timeout(20)
class LooksTest implements Child {

    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
    private final BlockingQueue<Object> replies = new LinkedBlockingQueue<>();
    private final List<Looks.Seen<String>> seen = new CopyOnWriteArrayList<>();
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final AtomicInteger witnessed = new AtomicInteger();
    private final AtomicInteger pulses = new AtomicInteger();
    private volatile boolean running = true;
    private volatile long since = 1;

    private final Looks<String> looks = new Looks<>(new Link(new Address("127.0.0.1", 1), null), this, (link, deadline) -> ask(),
            (answer, of, at) -> witnessed.incrementAndGet(), Runnable::run, seen::add);

    private String ask() {
        asked.add("asked");
        try {
            Object reply = replies.take();
            if (reply instanceof RuntimeException failure) {
                throw failure;
            }
            return (String) reply;
        } catch (InterruptedException e) {
            throw new JedisConnectionException("interrupted");
        }
    }

    @AfterEach
    void close() {
        replies.add("last");
        replies.add("last");
        looks.close();
    }

    @Test
    void answersWhoAskedDuringALookByTheNextOne() throws InterruptedException {
        looks.start();
        for (int i = 0; i < 20; i++) {
            asked.take();
            looks.fresh(answers::add);
            replies.add("old " + i);
            asked.take();
            replies.add("new " + i);
            assertThat(answers.take()).isEqualTo("new " + i);
        }
        assertThat(answers).isEmpty();
    }

    @Test
    void toldTheLoopFirst() throws InterruptedException {
        looks.start();
        asked.take();
        looks.fresh(answer -> answers.add(seen.getLast().answer()));
        replies.add("old");
        replies.add("new");

        assertThat(answers.take()).isEqualTo("new");
    }

    @Test
    void keepsWhatABusyServerSaidLast() throws InterruptedException {
        looks.start();
        replies.add("first");
        asked.take();
        asked.take();
        replies.add(new JedisDataException("BUSY"));
        asked.take();

        Looks.Seen<String> busy = seen.getLast();
        assertThat(busy.answer()).isEqualTo("first");
        assertThat(busy.answered()).as("it is alive").isGreaterThan(seen.getFirst().answered());
        replies.add(new JedisConnectionException("no answer"));
        asked.take();
        assertThat(seen.getLast().answer()).isEqualTo("first");
        assertThat(seen.getLast().answered()).isEqualTo(busy.answered());
        assertThat(witnessed).hasValue(1);
    }

    @Test
    void asksABusyServerNoMoreOftenThanAnother() throws InterruptedException {
        looks.start();
        replies.add("first");
        asked.take();
        for (int i = 0; i < 100; i++) {
            replies.add(new JedisDataException("BUSY"));
        }
        Thread.sleep(500);
        assertThat(asked).as("in half a second").hasSizeLessThan(8);
    }

    @Test
    void forgetsWhatTheProcessBeforeSaid() throws InterruptedException {
        looks.start();
        replies.add("of the first");
        asked.take();
        asked.take();
        since = 2;
        replies.add("of the first, too late");
        asked.take();

        assertThat(seen.getLast()).isEqualTo(new Looks.Seen<>(true, null, 2, null, ""));
        replies.add("of the second");
        asked.take();
        assertThat(seen.getLast().answer()).isEqualTo("of the second");
        running = false;
        replies.add("of the dead");
        looks.look();
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (seen.getLast().running() && System.nanoTime() < end) {
            Thread.onSpinWait();
        }
        assertThat(seen.getLast()).isEqualTo(new Looks.Seen<>(false, null, 0, null, ""));
    }

    @Test
    void tellsHowTheProcessEndedBeforeAnythingOfTheNext() throws InterruptedException {
        looks.start();
        replies.add("first");
        asked.take();
        asked.take();

        looks.ended("signal 9");   // the process counts as running until that is told

        assertThat(seen.getLast()).isEqualTo(new Looks.Seen<>(false, null, 0, null, "signal 9"));
        replies.add("of the dead");
        asked.take();
        assertThat(seen.getLast().running()).as("what was asked before is no answer of a living one").isFalse();
        since = 2;
        replies.add("of the dead, too late");
        asked.take();
        assertThat(seen.getLast()).isEqualTo(new Looks.Seen<>(true, null, 2, null, ""));
        replies.add("second");
        asked.take();
        assertThat(seen.getLast().answer()).isEqualTo("second");
    }

    @Test
    void feelsThePulseOfAServerThatDoesNotAnswerAnyMore() throws InterruptedException {
        looks.start();
        asked.take();
        replies.add(new JedisConnectionException("it starts yet"));
        asked.take();
        assertThat(seen.getLast().pulse()).as("nothing is to be known of one that has never answered").isNull();
        replies.add("first");
        asked.take();
        Pulse before = seen.getLast().pulse();
        replies.add(new JedisConnectionException("no answer"));
        asked.take();

        Pulse after = seen.getLast().pulse();
        assertThat(after.turns()).as("before the question and after it").isGreaterThan(before == null ? 1 : before.turns() + 1);
    }

    @Override
    public boolean running() {
        return running;
    }

    @Override
    public long since() {
        return since;
    }

    @Override
    public Pulse pulse() {
        long at = System.nanoTime();
        return new Pulse(at, at, 'S', 0, pulses.incrementAndGet(), false);
    }

    @Override
    public void kill() {
        throw new AssertionError("nobody asked for it");
    }
}
