package io.redisha.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.Pulse;
import io.redisha.model.ServerView;
import io.redisha.model.Timings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Orders to a server that says what no server should. */
@Timeout(20)
class RedisServerTest implements Child {

    private static final long BOUND = 800_000_000L;

    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final BlockingQueue<ServerView> seen = new LinkedBlockingQueue<>();
    private final AtomicInteger kills = new AtomicInteger();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private volatile String hangsUpOn = "";
    private volatile long since = 1;
    private final ServerSocket socket = listen();
    private final RedisServer server = new RedisServer(new Address("127.0.0.1", socket.getLocalPort()), null, 10, Timings.defaults(), this, Runnable::run, seen::add);

    private static ServerSocket listen() {
        try {
            return new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final Map<String, String> replies = new ConcurrentHashMap<>(Map.of("HELLO", "*4\r\n$6\r\nserver\r\n$5\r\nredis\r\n$5\r\nproto\r\n:2"));

    /** +OK to everything but a greeting, also to INFO: nobody can read that. */
    private void serve() {
        Thread.ofPlatform().daemon().start(() -> {
            try {
                while (true) {
                    Socket client = socket.accept();
                    Thread.ofPlatform().daemon().start(() -> obey(client));
                }
            } catch (IOException e) {
                // closed
            }
        });
    }

    private void obey(Socket client) {
        try (client) {
            BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
            OutputStream out = client.getOutputStream();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("*")) {
                    in.readLine();
                    String command = in.readLine().toUpperCase(Locale.ROOT);
                    heard.add(command);
                    if (command.equals(hangsUpOn)) {
                        return;
                    }
                    String reply = replies.getOrDefault(command, "+OK");
                    out.write(reply.isEmpty() ? new byte[0] : (reply + "\r\n").getBytes(StandardCharsets.UTF_8));
                    out.flush();
                }
            }
        } catch (IOException e) {
            // its client has gone
        }
    }

    @AfterEach
    void close() throws IOException {
        server.close();
        socket.close();
    }

    @Test
    void aPromotionIsAnsweredWhateverTheServerSays() throws InterruptedException {
        serve();
        server.promote(promoted -> answers.add(String.valueOf(promoted)));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).as("nobody knows").isEqualTo("null");
    }

    /** Short of processor: who asks again and again, and kills in between, has no master for longer. */
    @Test
    void aPromotionIsWaitedForAsLongAsTheServerMayBeAMaster() throws InterruptedException {
        serve();
        replies.put("REPLICAOF", "");
        long began = System.nanoTime();
        server.promote(began + BOUND, () -> true, promoted -> answers.add(String.valueOf(promoted)));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("null");
        assertThat(System.nanoTime() - began).isBetween(BOUND - 5_000_000, 2 * BOUND);
    }

    /** As when a fence has dropped its connection before it was answered. */
    @Test
    void aPromotionIsNeverSentTwice() throws InterruptedException {
        serve();
        server.minReplicas(1);
        hangsUpOn = "REPLICAOF";
        server.promote(System.nanoTime() + BOUND, () -> true, promoted -> answers.add(String.valueOf(promoted)));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).as("nobody knows: this server says nothing of its role").isEqualTo("null");
        assertThat(heard).containsOnlyOnce("REPLICAOF").containsSubsequence("REPLICAOF", "INFO");
    }

    @Test
    void aPromotionWhoseTimeIsOverIsNotSent() throws InterruptedException {
        serve();
        server.promote(System.nanoTime() - 1, () -> true, promoted -> answers.add(String.valueOf(promoted)));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("false");
        assertThat(heard).doesNotContain("REPLICAOF");
    }

    /** It waits behind an order that hangs; the watchdog has a connection of its own. */
    @Test
    void aPromotionWhoseGateWasClosedWhileItWaitedForItsTurnIsNotSent() throws InterruptedException {
        serve();
        CountDownLatch hangs = new CountDownLatch(1);
        AtomicBoolean opening = new AtomicBoolean(true);
        server.pause(1, offset -> await(hangs));
        server.promote(System.nanoTime() + 60 * BOUND, opening::get, promoted -> answers.add(String.valueOf(promoted)));
        opening.set(false);
        hangs.countDown();
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("false");
        assertThat(heard).doesNotContain("REPLICAOF");
        assertThat(server.mayBeMaster()).isFalse();
    }

    /** A watchdog that closes the gate after the question, and is not obeyed, kills what may be a master only. */
    @Test
    void aServerMayBeAMasterFromBeforeItsGateIsAskedForTheLastTime() throws InterruptedException {
        serve();
        BlockingQueue<Boolean> kills = new LinkedBlockingQueue<>();
        server.promote(System.nanoTime() + 60 * BOUND, () -> kills.add(server.mayBeMaster()), promoted -> answers.add(String.valueOf(promoted)));
        assertThat(kills.poll(5, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aServerThatDoesNotAnswerIsNotToldToBeAMasterNorKilledForIt() throws InterruptedException {
        server.promote(promoted -> answers.add(String.valueOf(promoted)));   // nobody reads it
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("false");
        server.fence(true, () -> answers.add("fenced"));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("fenced");
        assertThat(kills).hasValue(0);
    }

    /** It is one, or becomes one when it reads that. */
    private void promotedInVain() throws InterruptedException {
        serve();
        replies.put("REPLICAOF", "");
        server.promote(promoted -> answers.add(String.valueOf(promoted)));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("null");
    }

    @Test
    void aPauseIsAnsweredWhateverTheServerSays() throws InterruptedException {
        serve();
        server.pause(1_000_000_000L, offset -> answers.add(String.valueOf(offset)));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("null");
    }

    @Test
    void aFenceIsDoneWhateverTheServerSays() throws InterruptedException {
        serve();
        server.fence(true, () -> answers.add("fenced"));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("fenced");
    }

    @Test
    void aServerThatHasNotStoppedItsWritesInTimeIsLeftAlive() throws InterruptedException {
        promotedInVain();
        server.stopWrites(stopped -> answers.add("stopped " + stopped));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("stopped false");
        assertThat(kills).hasValue(0);
        long began = System.nanoTime();
        server.fence(true, began + BOUND, () -> answers.add("fenced"));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("fenced");
        assertThat(kills).as("rule M1").hasValue(1);
        assertThat(System.nanoTime() - began).as("not while others are bound").isGreaterThan(BOUND);
    }

    /** Short of processor: it drops its clients later, and they can't write any more. */
    @Test
    void aServerThatIsAReplicaInTimeIsNotKilledForBeingSlowToSayMore() throws InterruptedException {
        promotedInVain();
        replies.remove("REPLICAOF");
        replies.put("CLIENT", "");
        server.fence(true, () -> answers.add("fenced"));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("fenced");
        assertThat(kills).hasValue(0);
    }

    /** Which cut the connection of the other order. */
    @Test
    void aServerThatHasObeyedTheWatchdogIsNotKilledByTheLoopsOwnFence() throws InterruptedException {
        promotedInVain();
        server.obeyed(System.nanoTime());
        server.fence(true, () -> answers.add("fenced"));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("fenced");
        assertThat(kills).hasValue(0);
    }

    /** The watchdog's thread, which did not get its turn since, comes to tell it. */
    @Test
    void whatAServerObeyedBeforeItWasPromotedIsNothing() throws InterruptedException {
        long ordered = System.nanoTime();
        promotedInVain();
        server.obeyed(ordered);
        server.fence(true, () -> answers.add("fenced"));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("fenced");
        assertThat(kills).hasValue(1);
    }

    @Test
    void aServerThatObeysHasStoppedItsWritesWhateverElseItSays() throws InterruptedException {
        serve();
        server.stopWrites(stopped -> answers.add("stopped " + stopped));
        assertThat(answers.poll(5, TimeUnit.SECONDS)).isEqualTo("stopped true");
    }

    @Test
    void aKillMeansTheProcessThatTheLoopHasSeen() throws InterruptedException {
        serve();
        server.start();
        seen.take();
        CountDownLatch given = new CountDownLatch(1);
        server.promote(promoted -> {
            await(given);
            since = 2;   // it has died meanwhile, and was started again
        });
        server.kill();
        given.countDown();
        carriedOut();
        assertThat(kills).hasValue(0);
        seen.clear();
        seen.take();
        seen.take();
        server.kill();
        carriedOut();
        assertThat(kills).hasValue(1);
    }

    private void carriedOut() throws InterruptedException {
        server.stopWrites(stopped -> answers.add(""));
        answers.poll(5, TimeUnit.SECONDS);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean running() {
        return true;
    }

    @Override
    public long since() {
        return since;
    }

    @Override
    public Pulse pulse() {
        return null;
    }

    @Override
    public void kill() {
        kills.incrementAndGet();
    }
}
