package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.testcontainers.containers.Container.ExecResult;
import org.testcontainers.containers.GenericContainer;

/** What each engine says at its start of files that are damaged (rule D1): one container, in which servers come and go. */
@ParameterizedClass(name = "{0}")
@ValueSource(strings = {"redis:7.0", "redis:8.0", "valkey/valkey:8.1", "valkey/valkey:9.1"})
@Timeout(60)
class CorruptionIT {

    /** How many of its last lines are kept of a server. */
    private static final int LAST_WORDS = 20;
    private static final String MIDDLE_OF_THE_LOG = "printf 'damaged damaged damaged damaged damaged' | dd of=$log bs=1 seek=$(($(stat -c %s $log) / 2)) conv=notrunc";

    private static GenericContainer<?> container;
    private static String engine;

    CorruptionIT(String image) {
        assertThat(image).isEqualTo(container.getDockerImageName());
    }

    /** Keys in the base file, keys in the log after it, and a snapshot. */
    @BeforeParameterizedClassInvocation
    static void write(String image) {
        engine = image.startsWith("valkey") ? "valkey" : "redis";
        container = new GenericContainer<>(image).withCommand("sleep", "infinity");
        container.start();
        ExecResult result = sh("""
                set -e
                mkdir -p /tmp/w/whole
                (ENGINE-server --port 7000 --dir /tmp/w/whole --appendonly yes --save '' --rdbcompression no >/tmp/w/log 2>&1 &)
                for i in $(seq 400); do ENGINE-cli -p 7000 ping >/dev/null 2>&1 && break; sleep 0.05; done
                ENGINE-cli -p 7000 eval "for i = 1, 500 do redis.call('set', 'before:' .. i, 'value ' .. i) end" 0
                ENGINE-cli -p 7000 bgrewriteaof
                for i in $(seq 400); do
                  [ "$(ENGINE-cli -p 7000 info persistence | tr -d '\\r' | grep -c -e aof_rewrite_in_progress:0 -e aof_rewrite_scheduled:0)" = 2 ] && break
                  sleep 0.05
                done
                ENGINE-cli -p 7000 eval "for i = 1, 500 do redis.call('set', 'after:' .. i, 'value ' .. i) end" 0
                ENGINE-cli -p 7000 save
                ENGINE-cli -p 7000 shutdown nosave || true
                for i in $(seq 400); do ENGINE-cli -p 7000 ping >/dev/null 2>&1 || break; sleep 0.05; done
                ls -l /tmp/w/whole /tmp/w/whole/appendonlydir
                """);
        assertThat(result.getExitCode()).as(result.getStdout() + result.getStderr()).isZero();
    }

    @AfterParameterizedClassInvocation
    static void stop() {
        container.stop();
    }

    private static ExecResult sh(String script) {
        try {
            return container.execInContainer(StandardCharsets.UTF_8, "sh", "-c", script.replace("ENGINE", engine));
        } catch (IOException e) {
            throw new IllegalStateException(script, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(script, e);
        }
    }

    /**
     * How a server ends whose files were damaged.
     *
     * @param damage a script in the AOF's directory, which knows its files as $base, $log and $manifest
     */
    private static ServerProcess.Exit start(String damage, String appendonly) {
        ExecResult run = run(damage, appendonly, 20);
        List<String> words = run.getStdout().lines().filter(line -> !line.isBlank()).toList();
        return new ServerProcess.Exit(run.getExitCode(), Duration.ofMillis(50), words.subList(Math.max(0, words.size() - LAST_WORDS), words.size()), null, false);
    }

    private static ExecResult run(String damage, String appendonly, int seconds) {
        ExecResult damaged = sh("""
                set -e
                rm -rf /tmp/w/x
                cp -r /tmp/w/whole /tmp/w/x
                cd /tmp/w/x/appendonlydir
                base=$(ls *.base.rdb)
                log=$(ls *.incr.aof)
                manifest=$(ls *.manifest)
                """ + damage);
        assertThat(damaged.getExitCode()).as(damaged.getStdout() + damaged.getStderr()).isZero();
        return sh("exec timeout -s KILL " + seconds + " ENGINE-server --port 7001 --dir /tmp/w/x --appendonly " + appendonly + " --save '' --replicaof 127.0.0.1 1 2>&1");
    }

    private static void isDamaged(String damage, String appendonly, String... said) {
        ServerProcess.Exit exit = start(damage, appendonly);
        String found = Corruption.in(exit);
        assertThat(found).as(damage + "\n" + exit.status() + "\n" + String.join("\n", exit.words())).isNotNull().containsAnyOf(said);
    }

    private static void isNotDamaged(String damage, String appendonly) {
        ServerProcess.Exit exit = start(damage, appendonly);
        assertThat(exit.status()).as("it does not start").isEqualTo(1);
        assertThat(Corruption.in(exit)).as(damage + "\n" + String.join("\n", exit.words())).isNull();
    }

    @Test
    void saysThatALogIsDamagedInTheMiddle() {
        isDamaged(MIDDLE_OF_THE_LOG, "yes", "Bad file format reading the append only file");
    }

    /** Only of the last file, with aof-load-truncated, which is on by default; and once: the next start finds nothing to cut off. */
    @Test
    void saysThatItCutsOffTheEndOfALog() {
        assertThat(cutsOff("truncate -s -10 $log")).isTrue();
        assertThat(cutsOff("head -c -3 $log >x; cat x >$log; rm x")).isTrue();
        assertThat(cutsOff(":")).isFalse();
    }

    /** By the words of a server that runs on. */
    private static boolean cutsOff(String damage) {
        List<String> words = run(damage, "yes", 5).getStdout().lines().toList();
        assertThat(words).as(damage).anyMatch(line -> line.contains("Ready to accept connections"));
        return words.stream().anyMatch(Corruption::isCutOff);
    }

    @Test
    void saysThatABaseFileIsCutOrChanged() {
        isDamaged("truncate -s -100 $base", "yes", "Short read", "Internal error in RDB reading");
        isDamaged("printf 'damaged!' | dd of=$base bs=1 seek=$(($(stat -c %s $base) - 8)) conv=notrunc", "yes", "Wrong RDB checksum expected");
        isDamaged("printf xxxxx | dd of=$base conv=notrunc", "yes", ".base.rdb");
    }

    @Test
    void saysThatAFileIsMissing() {
        isDamaged("rm $base", "yes", "Unable to obtain the AOF file");
        isDamaged("rm $log", "yes", "Unable to obtain the AOF file");
    }

    @Test
    void saysThatTheManifestIsBroken() {
        isDamaged("echo garbage >>$manifest", "yes", "AOF manifest: Invalid AOF manifest file format");
        isDamaged(": >$manifest", "yes", "AOF manifest: Found an empty AOF manifest");
    }

    @Test
    void saysThatASnapshotIsCutOrChanged() {
        isDamaged("truncate -s -100 ../dump.rdb", "no", "Short read", "Internal error in RDB reading", "Unexpected EOF");
        isDamaged("printf 'damaged!' | dd of=../dump.rdb bs=1 seek=$(($(stat -c %s ../dump.rdb) - 8)) conv=notrunc", "no", "Wrong RDB checksum expected", "RDB CRC error");
        isDamaged("printf xxxxxxxxx | dd of=../dump.rdb conv=notrunc", "no", "Wrong signature trying to load DB from file");
    }

    /** Valkey looks for the zero, too. */
    @Test
    void saysOfANewerVersionSomethingElse() {
        isNotDamaged("printf REDIS0999 | dd of=$base conv=notrunc", "yes");
        isNotDamaged("printf REDIS0999 | dd of=../dump.rdb conv=notrunc", "no");
    }
}
