package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.process.ServerProcess.Exit;
import io.redisha.process.ServerProcess.Line;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** With scripts in place of the server; that real ones behave so is shown on the cluster. */
@Timeout(30)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "needs a POSIX shell, and files with modes")
class ServerProcessTest {

    /** What Redis says then, and in a file how often. */
    private static final String REFUSES = """
            n=0
            file=$1.signals
            refuse() {
                n=$((n+1))
                printf $n >$file
                echo "7:S 21 Nov 2026 03:05:10.123 # Writing initial AOF, can't exit."
            }
            """;

    @TempDir
    Path dir;

    private final AtomicInteger starts = new AtomicInteger();
    private final BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();
    /** How each run ended, and whether it counted as running when that was told. */
    private final BlockingQueue<String> deaths = new LinkedBlockingQueue<>();
    private ServerProcess process;

    @AfterEach
    void stop() {
        if (process != null) {
            process.stop(Duration.ofMillis(100));
            // Until it has ended it may still write into the directory, which is to be deleted.
            Awaitility.await().until(() -> Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals("server-process")));
        }
    }

    @Test
    void startsTheServerWithAFileThatOnlyItMayRead() throws Exception {
        run("echo \"arguments: $*\"; cat $1; exit 3");

        Exit exit = exits.take();

        assertThat(exit.status()).isEqualTo(3);
        assertThat(exit.words()).containsExactly("arguments: " + dir.resolve("redis.conf"), "port 6379", "requirepass x");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("redis.conf")))).isEqualTo("rw-------");
    }

    @Test
    void startsItAgainWithItsOwnFileWhateverTheServerMadeOfIt() throws Exception {
        run("cat $1; echo port 1 > $1; exit 1");

        exits.take();

        assertThat(exits.take().words()).containsExactly("port 6379", "requirepass x");
    }

    @Test
    void startsAKilledServerAgainAtOnce() throws Exception {
        run("echo ready; exec sleep 60");
        long first = awaitPid(-1);

        long killed = System.nanoTime();
        process.kill();
        Exit exit = exits.take();
        long second = awaitPid(first);

        assertThat(exit.status()).isEqualTo(128 + 9);
        assertThat(exit.rejected()).isNull();
        assertThat(second).isNotEqualTo(first);
        assertThat(process.since()).isGreaterThan(killed);
        assertThat(Duration.ofNanos(process.since() - killed)).isLessThan(Duration.ofSeconds(1));
    }

    @Test
    void tellsAtOnceHowTheServerEndedAndWhoEndedIt() throws Exception {
        run("echo ready; exec sleep 60");
        long first = awaitPid(-1);
        process.kill();
        assertThat(deaths.take()).as("nobody has heard of it in another way").isEqualTo("signal 9, by this agent");

        long second = awaitPid(first);
        new ProcessBuilder("kill", "-SEGV", Long.toString(second)).start().waitFor();
        assertThat(deaths.take()).isEqualTo("signal 11, not by this agent");
    }

    /** Finding R2. A process that the kernel holds is not to be had without root: here SIGKILL is held back, on the cluster it is pending. */
    @Test
    void tellsOfTheDeathOfAKilledServerThatDoesNotEndAndStartsNoOtherBeforeItHas() throws Exception {
        AtomicInteger kills = new AtomicInteger();
        start("echo ready; exec sleep 60", new ServerProcess.Executioner() {
            @Override
            public void kill(ProcessHandle victim) {
                kills.incrementAndGet();
            }

            @Override
            public boolean isCertain(long pid) {
                return kills.get() > 1;
            }
        });
        long first = awaitPid(-1);

        process.kill();
        assertThat(deaths).as("the signal is not pending yet").isEmpty();
        assertThat(process.running()).isTrue();
        process.kill();
        assertThat(deaths.take()).startsWith("signal 9, by this agent; the kernel has not let go of the process yet");
        assertThat(process.running()).isFalse();
        assertThat(process.pid()).as("the old one is still there").isEqualTo(first);
        assertThat(starts).hasValue(1);
        process.kill();

        ProcessHandle.of(first).orElseThrow().destroyForcibly();
        assertThat(exits.take().status()).isEqualTo(128 + 9);
        awaitPid(first);
        assertThat(process.running()).isTrue();
        assertThat(deaths).as("told once").isEmpty();
    }

    @Test
    void doesNotGiveAServerThatCannotEndItsGrace() throws Exception {
        start("trap '' TERM; touch $1.ready; while true; do sleep 1; done", new ServerProcess.Executioner() {
            @Override
            public void kill(ProcessHandle victim) {}

            @Override
            public boolean isCertain(long pid) {
                return true;
            }
        });
        long pid = awaitPid(-1);
        awaitReady();
        process.kill();

        assertThat(process.stop(Duration.ofSeconds(60))).isFalse();

        ProcessHandle.of(pid).orElseThrow().destroyForcibly();
    }

    /** Else it would count as running for ever, and nobody would start it again. */
    @Test
    void endsTheProgramWhenItCannotTellOfADeath() throws Exception {
        BlockingQueue<Throwable> defects = new LinkedBlockingQueue<>();
        Path executable = executable("redis-server", "exit 3");
        process = new ServerProcess(dir, new ServerProcess.Listener() {
            @Override
            public void started() {}

            @Override
            public void died(String how) {
                throw new IllegalStateException(how);
            }

            @Override
            public void exited(Exit exit) {}

            @Override
            public void failed(Throwable defect) {
                defects.add(defect);
            }
        }, last -> List.of(executable.toString()));
        process.start();

        assertThat(defects.poll(10, TimeUnit.SECONDS)).hasMessage("exit status 3");
        assertThat(process.running()).isFalse();
    }

    @Test
    void tellsThatTheServerHasCutOffAnEndOfItsFilesWhileItRuns() throws Exception {
        run("echo '7:S 21 Nov 2026 03:05:10.123 # !!! Truncating the AOF appendonly.aof.1.incr.aof at offset 439 !!!'; exec sleep 60");
        assertThat(deaths.take()).isEqualTo("torn");
        assertThat(process.running()).isTrue();
    }

    @Test
    void tellsOfADeathBeforeWhatAChildOfTheServersKeepsOpenIsRead() throws Exception {
        run("sleep 60 & exit 3");
        long before = System.nanoTime();
        assertThat(deaths.take()).isEqualTo("exit status 3");
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
    }

    @Test
    void namesTheMemoryLimitOfAServerThatItKilled() {
        assertThat(ServerProcess.how(137, false, 1)).isEqualTo("signal 9: the container's memory limit was reached (oom_kill 1)");
        assertThat(ServerProcess.how(137, true, 1)).isEqualTo("signal 9, by this agent");
        assertThat(ServerProcess.how(1, false, 0)).isEqualTo("exit status 1");
        assertThat(ServerProcess.how(139, false, 1)).as("a child of it was").isEqualTo("signal 11, not by this agent");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void feelsThePulseOfTheProcessThatRuns() throws Exception {
        run("exec sleep 60");
        awaitPid(-1);
        Awaitility.await().until(() -> process.pulse() != null && process.pulse().state() == 'S');
    }

    @Test
    void waitsLongerAfterEachEarlyEnd() throws Exception {
        run("exit 1");
        long began = System.nanoTime();
        for (int i = 0; i < 4; i++) {
            exits.take();
        }

        // 0, 100 and 200 ms.
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isBetween(Duration.ofMillis(300), Duration.ofMillis(3000));
    }

    @Test
    void reportsARejectedConfigurationInTheServersWordsAndRepeatsItselfOnlyInSaying() throws Exception {
        run("""
                cat <<END

                *** FATAL CONFIG FILE ERROR (Redis 8.0.2) ***
                Reading the configuration file, at line 14
                >>> 'maxmemroy 100mb'
                Bad directive or wrong number of arguments
                END
                exit 1""");

        Exit first = exits.take();
        Exit second = exits.take();

        assertThat(first.rejected()).isEqualTo("'maxmemroy 100mb': Bad directive or wrong number of arguments");
        assertThat(first.repeated()).isFalse();
        assertThat(second.repeated()).isTrue();
    }

    /** The server complains of it as of a configuration. */
    @Test
    void takesABrokenManifestOfAnAofForNoRejectedConfiguration() throws Exception {
        run("""
                cat <<END
                *** FATAL AOF MANIFEST FILE ERROR ***
                7:S 21 Nov 2026 03:05:10.123 # Reading the manifest file, at line 3
                7:S 21 Nov 2026 03:05:10.123 # >>> 'garbage'
                7:S 21 Nov 2026 03:05:10.123 # Invalid AOF manifest file format
                END
                exit 1""");

        assertThat(exits.take().why()).isEqualTo("exit status 1: Invalid AOF manifest file format");
    }

    @Test
    void endsTheServerForGood() throws Exception {
        run("trap 'echo bye; exit 0' TERM; touch $1.ready; while true; do sleep 0.05; done");
        awaitReady();

        assertThat(process.stop(Duration.ofSeconds(5))).isTrue();

        assertThat(exits.take().words()).endsWith("bye");
        assertThat(exits.poll(300, TimeUnit.MILLISECONDS)).isNull();
        assertThat(process.running()).isFalse();
        assertThat(starts).hasValue(1);
    }

    @Test
    void killsAServerThatDoesNotEnd() throws Exception {
        run("trap '' TERM; touch $1.ready; while true; do sleep 0.05; done");
        awaitReady();

        assertThat(process.stop(Duration.ofMillis(100))).isFalse();

        assertThat(exits.take().status()).isEqualTo(128 + 9);
    }

    /** Finding R3: while it writes its first AOF after a full copy, a server refuses to end, and forgets that it was asked. */
    @Test
    void asksAgainWhenAServerSaysThatItCannotEndYet() throws Exception {
        run(REFUSES + "trap 'refuse; [ $n -lt 3 ] || exit 0' TERM; touch $1.ready; while true; do sleep 0.05; done");
        awaitReady();

        long asked = System.nanoTime();
        assertThat(process.stop(Duration.ofSeconds(20))).isTrue();

        assertThat(Duration.ofNanos(System.nanoTime() - asked)).as("once a second").isBetween(Duration.ofMillis(1_900), Duration.ofSeconds(10));
        assertThat(exits.take().status()).isZero();
        assertThat(Files.readString(dir.resolve("redis.conf.signals"))).isEqualTo("3");
    }

    /** A signal makes a system call fail that waits: a last save must not meet a second one. What was refused before, to a client, is no answer to us. */
    @Test
    void doesNotSignalAServerAgainThatIsEnding() throws Exception {
        run(REFUSES + """
                trap 'n=$((n+1))' TERM
                refuse; n=0; sleep 0.2; touch $1.ready
                while [ $n -eq 0 ]; do sleep 0.05; done
                for i in $(seq 50); do sleep 0.05; done
                exit $((n-1))""");
        awaitReady();

        assertThat(process.stop(Duration.ofSeconds(20))).isTrue();
    }

    @Test
    void signalsAForeignProgramOnceWhateverItSays() throws Exception {
        Path executable = executable("program", REFUSES + "trap refuse TERM; touch $1.ready; while true; do sleep 0.05; done");
        process = ServerProcess.foreign(listener(), last -> List.of(executable.toString(), dir.resolve("redis.conf").toString()));
        process.start();
        awaitReady();

        assertThat(process.stop(Duration.ofMillis(2_500))).isFalse();

        assertThat(Files.readString(dir.resolve("redis.conf.signals"))).isEqualTo("1");
    }

    @Test
    void reportsAServerThatCannotBeStarted() throws Exception {
        process = new ServerProcess(dir, listener(), last -> List.of(dir.resolve("none").toString()));
        process.start();

        Exit exit = exits.take();

        assertThat(exit.status()).isEqualTo(-1);
        assertThat(exit.words().getFirst()).contains("none");
        assertThat(process.running()).isFalse();
    }

    @Test
    void reportsWhatKeepsAServerFromBeingStarted() throws Exception {
        process = new ServerProcess(dir, listener(), last -> {
            throw new IOException("no space left");
        });
        process.start();

        assertThat(exits.take()).matches(exit -> exit.status() == -1 && exit.why().equals("no space left"));
    }

    /** Whatever it is thrown as: who keeps the server goes on, and finds the volume in order one day. */
    @Test
    void triesAgainUntilTheVolumeTakesWhatHasToBeOnIt() throws Exception {
        Path executable = executable("redis-server", "exec sleep 60");
        AtomicInteger asked = new AtomicInteger();
        process = new ServerProcess(dir, listener(), last -> {
            if (asked.incrementAndGet() < 3) {
                throw new UncheckedIOException(new IOException("nodes.conf can't be written"));
            }
            return List.of(executable.toString());
        });
        process.start();

        assertThat(exits.take()).matches(exit -> exit.status() == -1 && exit.why().equals("nodes.conf can't be written") && !exit.repeated());
        assertThat(exits.take()).matches(Exit::repeated);
        Awaitility.await().until(process::running);
    }

    @Test
    void startsNothingAnyMoreWhenThereIsNothingToStart() throws Exception {
        Path executable = executable("program", "exit 3");
        process = ServerProcess.foreign(listener(), last -> last == null ? List.of(executable.toString()) : null);
        process.start();

        assertThat(exits.take().status()).isEqualTo(3);
        assertThat(exits.poll(300, TimeUnit.MILLISECONDS)).isNull();
        assertThat(starts).hasValue(1);
    }

    @Test
    void takesNoForeignWordsForAComplaintOfAConfiguration() throws Exception {
        Path executable = executable("program", "echo '>>> hello'; echo '7:M 21 Nov 2026 03:05:10.123 # no'; echo oops >&2; exit 1");
        process = ServerProcess.foreign(listener(), last -> List.of(executable.toString(), "x"));
        process.start();

        Exit exit = exits.take();
        assertThat(exit.rejected()).isNull();
        assertThat(exit.words()).containsExactlyInAnyOrder(">>> hello", "7:M 21 Nov 2026 03:05:10.123 # no", "oops");
    }

    @Test
    void findsTheServerOfEitherEngine() throws IOException {
        assertThat(ServerProcess.find(dir.toString())).isNull();
        assertThat(ServerProcess.find(null)).isNull();
        executable("valkey-server", "");
        assertThat(ServerProcess.find("/nowhere:" + dir)).isEqualTo(dir.resolve("valkey-server"));
        executable("redis-server", "");
        assertThat(ServerProcess.find("/nowhere:" + dir)).isEqualTo(dir.resolve("redis-server"));
    }

    @Test
    void seesNoRejectionInOtherEnds() {
        assertThat(ServerProcess.rejected(List.of("7:M 21 Nov 2026 03:05:10.123 # Can't open the append-only file"))).isNull();
    }

    @Test
    void tellsTheServersWarningsFromItsOtherWords() {
        assertThat(Line.of("7:M 21 Nov 2026 03:05:10.123 # Can't save in background: fork: Out of memory").warns()).isTrue();
        assertThat(Line.of("*** FATAL CONFIG FILE ERROR (Redis 8.0.2) ***").warns()).isTrue();
        assertThat(Line.of("7:M 21 Nov 2026 03:05:10.123 * Ready to accept connections tcp").warns()).isFalse();
        assertThat(Line.of("7:C 21 Nov 2026 03:05:10.123 # Configuration loaded").warns()).isFalse();
        assertThat(Line.of("7:X 21 Nov 2026 03:05:10.123 # +switch-master mymaster a 6379 b 6379").warns()).isFalse();
        assertThat(Line.of("7:X 21 Nov 2026 03:05:10.123 # +sdown master mymaster a 6379").warns()).isTrue();
        assertThat(Line.of("7:M 21 Nov 2026 03:05:10.123 * Ready to accept connections tcp").text()).isEqualTo("Ready to accept connections tcp");
    }

    @Test
    void saysWhyTheServerEnded() {
        Duration life = Duration.ofSeconds(1);
        assertThat(new Exit(137, life, List.of("x"), null, false).why()).isEqualTo("signal 9");
        assertThat(new Exit(1, life, List.of("7:M 21 Nov 2026 03:05:10.123 # Can't open or create append-only dir"), null, false).why())
                .isEqualTo("exit status 1: Can't open or create append-only dir");
        assertThat(new Exit(1, life, List.of("x"), "'foo': bad", false).why()).isEqualTo("'foo': bad");
    }

    private void run(String script) throws IOException {
        start(script, ServerProcess.Executioner.KERNEL);
    }

    private void start(String script, ServerProcess.Executioner executioner) throws IOException {
        Path executable = executable("redis-server", script);
        ConfFile file = new ConfFile(dir.resolve("redis.conf"));
        process = new ServerProcess(dir, false, listener(), last -> {
            file.write("port 6379\nrequirepass x\n");
            return List.of(executable.toString(), file.path().toString());
        }, executioner);
        process.start();
    }

    private Path executable(String name, String script) throws IOException {
        Path file = Files.writeString(dir.resolve(name), "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        return file;
    }

    private long awaitPid(long other) {
        Awaitility.await().until(() -> process.pid() != -1 && process.pid() != other);
        return process.pid();
    }

    private void awaitReady() {
        Awaitility.await().until(() -> Files.exists(dir.resolve("redis.conf.ready")));
    }

    private ServerProcess.Listener listener() {
        return new ServerProcess.Listener() {
            @Override
            public void started() {
                starts.incrementAndGet();
            }

            @Override
            public void died(String how) {
                deaths.add(how + (process.running() ? "" : "; not running any more"));
            }

            @Override
            public void tornFiles() {
                deaths.add("torn");
            }

            @Override
            public void exited(Exit exit) {
                exits.add(exit);
            }

            @Override
            public void failed(Throwable defect) {
                throw new AssertionError(defect);
            }
        };
    }
}
