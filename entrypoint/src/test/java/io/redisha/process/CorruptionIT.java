package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    // ---- bad input: a file that is empty, cut, random bytes, a number too long, newer, not readable, or a directory

    private static final String EMPTY = "empty";
    private static final String CUT = "cut";
    private static final String RANDOM = "random bytes";
    private static final String UNREADABLE = "not readable";
    private static final String DIRECTORY = "a directory instead";
    private static final String GONE = "gone";

    /** @param file $base, $log, $manifest or ../dump.rdb */
    private static String damage(String kind, String file) {
        return switch (kind) {
            case EMPTY -> ": >" + file;
            case CUT -> "truncate -s -30 " + file;
            case RANDOM -> "head -c 300 /dev/urandom >" + file;
            case UNREADABLE -> "chmod 000 " + file;
            case DIRECTORY -> "rm " + file + "; mkdir " + file;
            case GONE -> "rm " + file;
            default -> throw new IllegalArgumentException(kind);
        };
    }

    /** What becomes of it: the server ends with words; or it is not to be started, for what {@link AofDirectory} says; or it has all that there was. */
    private record Outcome(boolean starts, int keys, String loss, List<String> words) {}

    private Outcome outcome(String damage, String appendonly) throws IOException {
        ExecResult run = sh("""
                set -e
                rm -rf /tmp/w/x
                cp -r /tmp/w/whole /tmp/w/x
                cd /tmp/w/x/appendonlydir
                base=$(ls *.base.rdb)
                log=$(ls *.incr.aof)
                manifest=$(ls *.manifest)
                """ + damage + """

                echo "== $manifest $([ ! -f $manifest ] || base64 -w0 $manifest)"
                [ ! -d $manifest ] || echo "== $manifest/"
                stat -c '%n %s' $(find . -maxdepth 1 -type f) | sed 's|^\\./|-- |'
                chmod 777 /tmp/w /tmp/w/x /tmp/w/x/appendonlydir
                chown -R 999:999 /tmp/w/x
                (setpriv --reuid=999 --regid=999 --clear-groups ENGINE-server --port 7002 --dir /tmp/w/x --appendonly APPEND --save '' --replicaof 127.0.0.1 1 >/tmp/w/out 2>&1 || echo "exit $?" >>/tmp/w/out) &
                for i in $(seq 200); do
                  ! grep -q '^exit ' /tmp/w/out || break
                  case "$(ENGINE-cli -p 7002 dbsize 2>&1)" in [0-9]*) break ;; esac
                  sleep 0.05
                done
                echo "keys $(ENGINE-cli -p 7002 dbsize 2>&1)"
                ENGINE-cli -p 7002 shutdown nosave >/dev/null 2>&1 || true
                wait
                cat /tmp/w/out
                """.replace("APPEND", appendonly));
        List<String> lines = run.getStdout().lines().toList();
        Path directory = Files.createDirectory(data.resolve("appendonlydir"));
        String keys = "";
        for (String line : lines) {
            String[] words = line.split(" ");
            if (line.startsWith("-- ")) {
                try (RandomAccessFile file = new RandomAccessFile(directory.resolve(words[1]).toFile(), "rw")) {
                    file.setLength(Long.parseLong(words[2]));
                }
            } else if (line.startsWith("== ") && words.length == 3) {
                Files.write(directory.resolve(words[1]), Base64.getDecoder().decode(words[2]));
            } else if (line.startsWith("== ") && words[1].endsWith("/")) {
                Files.createDirectory(directory.resolve(words[1]));
            } else if (line.startsWith("keys ")) {
                keys = line.substring(5);
            }
        }
        boolean starts = keys.matches("[0-9]+");
        return new Outcome(starts, starts ? Integer.parseInt(keys) : -1, appendonly.equals("yes") ? new AofDirectory(directory, "appendonly.aof").loss() : null, lines);
    }

    @TempDir
    Path data;

    /** All that the servers themselves take for no error, but for a log that ends early: what is cut from its end is a tail. */
    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({"empty,$base", "gone,$manifest", "a directory instead,$manifest", "'a whole line lost',sed -i 2d $manifest", "'a whole line lost',sed -i 1d $manifest",
        "'both empty',: >$base; : >$log"})
    void whatAServerWouldPassOverIsFoundBeforeItIsStarted(String kind, String file) throws IOException {
        Outcome outcome = outcome(file.startsWith("$") ? damage(kind, file) : file, "yes");
        assertThat(outcome.loss()).as(String.join("\n", outcome.words())).contains("the server would start without what ");
        assertThat(outcome.keys()).as("so it is: %s", outcome.words()).isLessThan(1000);
    }

    @ParameterizedTest(name = "{0}, {1}")
    @CsvSource({"cut,$base", "random bytes,$base", "not readable,$base", "a directory instead,$base", "gone,$base",
        "random bytes,$log", "not readable,$log", "a directory instead,$log", "gone,$log", "'a number too long',printf '*99999999999999999999\\r\\n' >>$log",
        "empty,$manifest", "cut,$manifest", "random bytes,$manifest", "not readable,$manifest", "'a later version',echo 'file x seq 9 type z' >>$manifest",
        "'a line too long',printf '%02000d\\n' 1 >>$manifest", "'a later version',printf REDIS0999 | dd of=$base conv=notrunc 2>/dev/null",
        "'a file instead',cd ..; rm -r appendonlydir; echo x >appendonlydir; cd /tmp; mkdir -p none; cd none"})
    void aServerEndsWithWordsWhereItsAppendOnlyFilesCannotBeRead(String kind, String file) throws IOException {
        Outcome outcome = outcome(file.startsWith("$") ? damage(kind, file) : file, "yes");
        assertThat(outcome.starts()).as(String.join("\n", outcome.words())).isFalse();
        assertThat(outcome.words()).as("no signal").contains("exit 1");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {EMPTY, CUT, RANDOM, UNREADABLE, DIRECTORY})
    void aServerEndsWithWordsWhereItsSnapshotCannotBeRead(String kind) throws IOException {
        Outcome outcome = outcome(damage(kind, "../dump.rdb"), "no");
        assertThat(outcome.starts()).as(String.join("\n", outcome.words())).isFalse();
        assertThat(outcome.words()).as("no signal").contains("exit 1");
    }

    @Test
    void aServerWhoseFilesAreWholeIsStartedWithAllOfThem() throws IOException {
        assertThat(outcome("", "yes")).matches(outcome -> outcome.keys() == 1000 && outcome.loss() == null);
    }
}
