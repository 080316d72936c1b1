package io.redisha.redis;

import static io.redisha.redis.RealSentinels.COUNT;
import static io.redisha.redis.RealSentinels.MASTER;
import static io.redisha.redis.RealSentinels.await;
import static io.redisha.redis.RealSentinels.pod;
import static io.redisha.redis.RealSentinels.sentinel;
import static io.redisha.redis.RealSentinels.server;
import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.Pulse;
import io.redisha.model.SentinelView;
import io.redisha.model.SentinelView.Known;
import io.redisha.redis.SentinelConf.Memory;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** What sentinels do with what we write, tell and ask them, with each engine: three servers, three sentinels. */
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"redis:7.0", "redis:8.0", "valkey/valkey:8.1", "valkey/valkey:9.1"})
@Timeout(60)
class SentinelIT {

    private static final long MS = 1_000_000L;
    private static final long FIRST_EPOCH = 4;

    private static RealSentinels sentinels;

    SentinelIT(String image) {
        assertThat(image).isEqualTo(sentinels.container.getDockerImageName());
    }

    /** As a release founds itself: all boot as replicas of nobody, one is promoted, and the sentinels are told which. */
    @BeforeParameterizedClassInvocation
    static void found(String image) {
        sentinels = new RealSentinels(image);
        IntStream.range(0, COUNT).forEach(sentinels::startServer);
        sentinels.ask(server(0), "REPLICAOF", "NO", "ONE");
        for (int i = 1; i < COUNT; i++) {
            sentinels.ask(server(i), "REPLICAOF", sentinels.ipOf(server(0)), Integer.toString(server(0).port()));
        }
        for (int i = 0; i < COUNT; i++) {
            sentinels.startSentinel(i, Memory.of(server(0), FIRST_EPOCH, FIRST_EPOCH));
        }
        sentinels.watch();
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        sentinels.close();
    }

    /** All that there is follows one master, is fit to lead, and every sentinel knows it. */
    @BeforeEach
    void whole() {
        await(() -> sentinels.majorityNames(master()));
        for (int i = 0; i < COUNT; i++) {
            sentinels.ask(server(i), "CONFIG", "SET", "replica-priority", "100");
            if (!server(i).equals(master())) {
                sentinels.ask(server(i), "REPLICAOF", sentinels.ipOf(master()), Integer.toString(master().port()));
            }
        }
        for (int i = 0; i < COUNT; i++) {
            int one = i;
            await(() -> server(one).equals(master()) || sentinels.info(server(one), "master_link_status").equals("up"));
            await(() -> sentinels.knows(one, COUNT - 1, COUNT - 1) && calm(sentinels.view(one)) && master().equals(sentinels.view(one).master())
                    && sentinels.view(one).replicas().stream().allMatch(replica -> replica.priority() == 100));
        }
        sentinels.failed.clear();
    }

    private static boolean calm(SentinelView view) {
        return !view.isFailingOver() && !view.isDown();
    }

    private static Address master() {
        return sentinels.views().max(Comparator.comparingLong(SentinelView::epoch)).orElseThrow().master();
    }

    private static String redis(Address address) {
        return address.host().substring(0, address.host().indexOf('.'));
    }

    private static int number(Address address) {
        return address.port() - server(0).port();
    }

    @Test
    void sayWhatTheirFileSaid() {
        for (int i = 0; i < COUNT; i++) {
            SentinelView view = sentinels.view(i);
            assertThat(view.quorum()).isEqualTo(2);
            assertThat(view.epoch()).isGreaterThanOrEqualTo(FIRST_EPOCH);
            assertThat(view.flags()).containsExactly("master");
            assertThat(view.replicas()).extracting(Known::host).doesNotContain(view.master().host()).hasSize(COUNT - 1)
                    .allMatch(name -> name.endsWith(".x-headless.example"));
            assertThat(view.sentinels()).extracting(Known::host).doesNotContain(sentinel(i).host()).hasSize(COUNT - 1)
                    .allMatch(name -> name.endsWith(".x-sentinel-headless.example"));
        }
    }

    /** The server of the master is killed, and its agent says so. By themselves they would need 1.3 s from here on, and the first 2.3 s. */
    @Test
    void nameANewMasterWhenOneOfThemIsToldThatItIsDead() {
        Address dead = master();
        long epoch = sentinels.view(0).epoch();
        try (Jedis client = sentinels.jedis(dead)) {
            client.set("k", "v");
            client.waitReplicas(2, 1000);
        }
        try {
            long start = sentinels.kill(redis(dead));
            sentinels.client.failover(pod(1), sentinels::answered);
            await(() -> servers().anyMatch(one -> !one.equals(dead) && sentinels.majorityNames(one)));
            Duration took = Duration.ofNanos(System.nanoTime() - start);

            Address master = master();
            assertThat(sentinels.failed).isEmpty();
            assertThat(sentinels.info(master, "role")).isEqualTo("master");
            assertThat(sentinels.views().mapToLong(SentinelView::epoch).max()).hasValue(epoch + 1);
            assertThat(Link.text(sentinels.ask(master, "GET", "k"))).isEqualTo("v");
            assertThat(took).isLessThan(Duration.ofMillis(1_000));
            await(() -> IntStream.range(0, COUNT).mapToObj(sentinels::view)
                    .allMatch(view -> view.epoch() == epoch + 1 && master.equals(view.master()) && !view.isFailingOver()));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1_500));
        } finally {
            sentinels.startServer(number(dead));
        }
    }

    /** Which of the two it is, each of them once: their ids must not decide it. */
    @Test
    void promoteTheOneWithMoreOfTheAcknowledgedWrites() {
        Address first = replica();
        promoteTheOtherThan(first);
        whole();
        promoteTheOtherThan(first);
    }

    private void promoteTheOtherThan(Address behind) {
        Address dead = master();
        Address ahead = servers().filter(one -> !one.equals(dead) && !one.equals(behind)).findFirst().orElseThrow();
        sentinels.ask(behind, "REPLICAOF", "127.0.0.1", "1");
        try (Jedis client = sentinels.jedis(dead)) {
            client.set("ahead", "yes");
            assertThat(client.waitReplicas(1, 1000)).isEqualTo(1);
        }
        try {
            sentinels.kill(redis(dead));
            sentinels.client.failover(pod(0), sentinels::answered);
            await(() -> sentinels.majorityNames(ahead) || sentinels.majorityNames(behind));
            assertThat(master()).isEqualTo(ahead);
        } finally {
            sentinels.startServer(number(dead));
        }
    }

    private static Stream<Address> servers() {
        return IntStream.range(0, COUNT).mapToObj(RealSentinels::server);
    }

    @Test
    void saySoWhenNobodyIsFitToLead() {
        for (int i = 0; i < COUNT; i++) {
            sentinels.ask(server(i), "CONFIG", "SET", "replica-priority", "0");
        }
        Address master = master();
        sentinels.client.failover(pod(2), sentinels::answered);
        await(() -> !sentinels.failed.isEmpty());
        assertThat(sentinels.failed.getFirst()).startsWith(pod(2) + " refuses SENTINEL FAILOVER " + MASTER + ": ").contains("NOGOODSLAVE");
        assertThat(master()).isEqualTo(master);
    }

    @Test
    void seeWithinASecondOrTwoWhoIsFitToLead() {
        Address replica = replica();
        sentinels.ask(replica, "CONFIG", "SET", "replica-priority", "1");
        long start = System.nanoTime();
        for (int i = 0; i < COUNT; i++) {
            int one = i;
            await(() -> sentinels.view(one).replicas().stream().anyMatch(known -> known.host().equals(replica.host()) && known.priority() == 1));
        }
        assertThat(System.nanoTime() - start).isLessThan(3_500 * MS);
    }

    private static Address replica() {
        return servers().filter(one -> !one.equals(master())).findFirst().orElseThrow();
    }

    /** By hand: the one with the lowest priority, though it was given only now. */
    @Test
    void promoteTheOneThatIsWanted() {
        Address wanted = replica();
        sentinels.ask(wanted, "CONFIG", "SET", "replica-priority", "1");
        sentinels.client.failover(pod(0), sentinels::answered);
        await(() -> sentinels.majorityNames(wanted));
        assertThat(sentinels.failed).isEmpty();
    }

    /** A pod that is made anew has lost its file, and has another address. */
    @Test
    void knowARestartedOneAgainAndAskItForItsVote() {
        long epoch = sentinels.view(0).epoch();
        sentinels.kill(pod(2));
        await(() -> !sentinels.view(2).answering());
        sentinels.move(sentinel(2), "127.0.4.2");
        sentinels.startSentinel(2, Memory.of(master(), epoch, epoch));
        await(() -> IntStream.range(0, COUNT).allMatch(i -> sentinels.knows(i, COUNT - 1, COUNT - 1)));
        for (int i = 0; i < COUNT; i++) {
            assertThat(sentinels.view(i).sentinels()).hasSize(COUNT - 1);
            assertThat(sentinels.view(i).epoch()).isEqualTo(epoch);
        }
    }

    @Test
    void correctOneThatStartsWithAnOlderMaster() {
        Address master = master();
        long epoch = sentinels.view(0).epoch();
        sentinels.kill(pod(1));
        await(() -> !sentinels.view(1).answering());
        sentinels.startSentinel(1, Memory.of(replica(), epoch - 1, epoch - 1));
        await(() -> sentinels.view(1).answering() && master.equals(sentinels.view(1).master()) && sentinels.view(1).epoch() == epoch);
    }

    @Test
    void startThoughNobodyKnowsTheNamesOfSomeReplicas() {
        Address unknown = new Address("x-7.x-headless.example", 7007);
        sentinels.kill(pod(0));
        await(() -> !sentinels.view(0).answering());
        sentinels.startSentinel(0, Memory.of(master(), sentinels.view(1).epoch(), 0),
                List.of(server(0), server(1), server(2), unknown, new Address("x-8.x-headless.example", 7008)));
        await(() -> sentinels.knows(0, COUNT - 1, COUNT - 1));
        assertThat(sentinels.view(0).replicas()).extracting(Known::host).contains(unknown.host());

        long start = System.nanoTime();
        sentinels.client.reset(pod(0), why -> {
            sentinels.answered(why);
            sentinels.answered(SentinelReply.all(sentinels.ask(sentinel(0), "SENTINEL", "SENTINELS", MASTER)).size() == COUNT - 1 ? null
                    : "it takes itself for the only one");
        });
        await(() -> sentinels.view(0).replicas().stream().noneMatch(known -> known.host().equals(unknown.host())));
        await(() -> sentinels.knows(0, COUNT - 1, COUNT - 1));
        assertThat(System.nanoTime() - start).as("until it knew all again that there are").isLessThan(8_000 * MS);
        assertThat(sentinels.failed).isEmpty();
    }

    @Test
    void findAServerThatCameBackWithAnotherAddress() {
        Address moved = replica();
        sentinels.kill(redis(moved));
        sentinels.move(moved, "127.0.5." + (number(moved) + 1));
        sentinels.startServer(number(moved));
        sentinels.ask(moved, "REPLICAOF", sentinels.ipOf(master()), Integer.toString(master().port()));
        for (int i = 0; i < COUNT; i++) {
            int one = i;
            await(() -> sentinels.knows(one, COUNT - 1, COUNT - 1) && sentinels.view(one).replicas().stream()
                    .anyMatch(known -> known.host().equals(moved.host()) && known.priority() == 0));
            assertThat(sentinels.view(i).replicas()).hasSize(COUNT - 1);
        }
    }

    /** They know it by its name, and would correct it after their failover-timeout. */
    @Test
    void leaveAReplicaAloneThatFollowsTheMasterByItsAddress() {
        for (int i = 0; i < COUNT; i++) {
            sentinels.client.set(pod(i), "failover-timeout", "1000", sentinels::answered);
        }
        Address replica = replica();
        String before = sentinels.info(replica, "master_host");
        assertThat(before).isEqualTo(sentinels.ipOf(master()));
        long until = System.nanoTime() + 4_000 * MS;
        await(() -> System.nanoTime() - until > 0);
        assertThat(sentinels.info(replica, "master_host")).isEqualTo(before);
        for (int i = 0; i < COUNT; i++) {
            sentinels.client.set(pod(i), "failover-timeout", "10000", sentinels::answered);
        }
        assertThat(sentinels.failed).isEmpty();
    }

    @Test
    void areNotWaitedForWhenTheyAreFrozenNorTrustedWithAnOrderWhenTheyThaw() {
        sentinels.sh("kill -STOP $(cat /" + pod(2) + ".pid)");
        try {
            await(() -> !sentinels.view(2).answering());
            assertThat(sentinels.views()).as("the others").hasSize(COUNT - 1);
            long start = System.nanoTime();
            sentinels.client.failover(pod(2), sentinels::answered);
            assertThat(System.nanoTime() - start).isLessThan(50 * MS);
            await(() -> !sentinels.failed.isEmpty());
            assertThat(sentinels.failed.removeFirst()).startsWith(pod(2) + " does not answer SENTINEL FAILOVER " + MASTER);
            long until = start + 3_000 * MS;
            await(() -> System.nanoTime() - until > 0);

            sentinels.sh("kill -CONT $(cat /" + pod(2) + ".pid)");
            await(() -> sentinels.view(2).answering());
            sentinels.client.failover(pod(2), sentinels::answered);
            await(() -> !sentinels.failed.isEmpty());
            assertThat(sentinels.failed.getFirst()).contains("TILT");
        } finally {
            sentinels.kill(pod(2));
            await(() -> sentinels.ask(sentinel(2), "PING") == null);
            sentinels.startSentinel(2, Memory.of(master(), sentinels.view(1).epoch(), sentinels.view(1).epoch()));
        }
    }

    @Test
    void areSeenFromTheirOwnPodAndToldOurPace() {
        AtomicReference<SentinelView> seen = new AtomicReference<>();
        RealChild child = new RealChild();
        sentinels.ask(sentinel(0), "SENTINEL", "DEBUG", "INFO-PERIOD", "10000");
        try (SentinelServer server = new SentinelServer(pod(0), sentinels.outside(sentinel(0)), RealSentinels.PASSWORD, MASTER, child, sentinels.loop,
                seen::set)) {
            server.start();
            await(() -> seen.get() != null && master().equals(seen.get().master()));
            await(() -> SentinelReply.fields(sentinels.ask(sentinel(0), "SENTINEL", "DEBUG")).get("INFO-PERIOD").equals("1000"));
            child.running = false;
            await(() -> !seen.get().answering());
        }
    }

    /** Of a process that is not ours. */
    private static final class RealChild implements Child {

        private final long since = System.nanoTime();
        private volatile boolean running = true;

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
            return null;
        }

        @Override
        public void kill() {}
    }
}
