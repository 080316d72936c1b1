package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Validity;
import io.redisha.model.Timings;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rules M1, M2 and M3. */
class WatchdogTest {

    private static final long S = 1_000_000_000L;

    private final Gate gate = new Gate();
    private final Server server = new Server();
    private final BlockingQueue<Throwable> deaths = new LinkedBlockingQueue<>();

    /** Which of its calls fails, and how; and what it was told, but for the calm. */
    private static final class Server implements Watchdog.Bite {
        final List<String> acts = new CopyOnWriteArrayList<>();
        volatile long prepared;
        volatile long deadline;
        volatile boolean obeys = true;
        volatile String fails = "";
        volatile Throwable defect;

        private void act(String name) {
            if (fails.equals(name)) {
                if (defect instanceof Error error) {
                    throw error;
                }
                throw (RuntimeException) defect;
            }
            if (!name.equals("prepare")) {
                acts.add(name);
            }
        }

        @Override
        public void prepare() {
            act("prepare");
            prepared++;
        }

        @Override
        public boolean fence(long until) {
            act("fence");
            deadline = until;
            return obeys;
        }

        @Override
        public void kill() {
            act("kill");
        }

        @Override
        public void fenced() {
            act("fenced");
        }
    }

    private void openFor(long duration) {
        gate.validUntil(System.nanoTime() + duration);
        assertThat(gate.open(gate.opening())).isTrue();
    }

    /** Ends the thread too. */
    @AfterEach
    void end() {
        server.defect = new Error("the test is over");
        server.fails = "prepare";
    }

    private void watch() {
        new Watchdog(gate, server, Timings.defaults(), deaths::add).start();
    }

    @Test
    void fencesOnceWhenTheValidityEndsThoughTheLoopStandsStill() {
        openFor(S / 2);
        long begun = System.nanoTime();
        watch();
        Awaitility.await().until(() -> server.acts.contains("fenced"));
        assertThat(System.nanoTime() - begun).isBetween(S / 2, 3 * S / 2);
        long seen = server.prepared;
        Awaitility.await().until(() -> server.prepared > seen + 2);
        assertThat(server.acts).containsExactly("fence", "fenced");
    }

    @Test
    void killsAServerThatDoesNotObeyWithinItsBudget() {
        server.obeys = false;
        openFor(0);
        long begun = System.nanoTime();
        watch();
        Awaitility.await().until(() -> server.acts.contains("fenced"));
        assertThat(server.acts).containsExactly("fence", "kill", "fenced");
        assertThat(server.deadline - begun).isBetween(S / 4, 5 * S / 4);
    }

    /** Short of processor (W4): a server that is slow to obey is not killed for it while nobody else can lead. */
    @Test
    void countsItsBudgetFromWhenTheOthersAreNoLongerBound() {
        server.obeys = false;
        long begun = System.nanoTime();
        boundUntil(begun + 800 * Timings.MS);
        assertThat(server.deadline - begun).isEqualTo(1_250 * Timings.MS);
    }

    /** A word that came between the end of the validity and the fence may say anything. */
    @Test
    void waitsForNobodyForLongWhateverOthersArePromisedToDo() {
        server.obeys = false;
        boundUntil(Validity.ALWAYS);
        assertThat(server.deadline - System.nanoTime()).isLessThan(2 * S);
    }

    private void boundUntil(long moment) {
        gate.validUntil(System.nanoTime(), moment);
        assertThat(gate.open(gate.opening())).isTrue();
        watch();
        Awaitility.await().until(() -> server.acts.contains("fenced"));
    }

    @Test
    void keepsItsConnectionReadyInCalmMoments() {
        openFor(60 * S);
        watch();
        Awaitility.await().until(() -> server.prepared > 2);
        assertThat(server.acts).isEmpty();
    }

    static Stream<Throwable> defects() {
        return Stream.of(new IllegalStateException("a defect"), new OutOfMemoryError("no heap"), new StackOverflowError(), new NoClassDefFoundError("x"));
    }

    @ParameterizedTest
    @MethodSource("defects")
    void neverEndsWithoutEndingTheProcess(Throwable defect) throws Exception {
        for (String call : List.of("prepare", "fence", "kill", "fenced")) {
            server.defect = defect;
            server.fails = call;
            server.obeys = !call.equals("kill");
            openFor(call.equals("prepare") ? 60 * S : 0);
            watch();
            assertThat(deaths.poll(5, TimeUnit.SECONDS)).as("thrown by %s", call).isSameAs(defect);
            gate.close();
        }
    }
}
