package io.redisha.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The words are those of Redis 7.0 and 8.0, and of Valkey; that servers really say them, {@link CorruptionIT} shows. */
class CorruptionTest {

    private static final String WHEN = "7:S 21 Nov 2026 03:05:10.123 ";

    @ParameterizedTest
    @ValueSource(strings = {
        "Bad file format reading the append only file appendonly.aof.3.incr.aof: make a backup of your AOF file, then use ./redis-check-aof --fix <filename.manifest>",
        "Bad file format reading the append only file appendonly.aof.3.incr.aof: make a backup of your AOF file, then use ./valkey-check-aof --fix <filename.manifest>",
        "Unexpected end of file reading the append only file appendonly.aof.1.incr.aof. You can: 1) Make a backup of your AOF file, then use "
            + "./redis-check-aof --fix <filename.manifest>. 2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.",
        "Fatal error: the truncated file is not the last file",
        "Unable to obtain the AOF file appendonly.aof.1.base.rdb length. stat: No such file or directory",
        "Wrong signature trying to load DB from file",
        "Wrong RDB checksum expected: (1f2e3d4c5b6a7988) but got (8877665544332211). Aborting now.",
        "Short read or OOM loading DB. Unrecoverable error, aborting now.",
        "Internal error in RDB reading offset 4711, function at rdb.c:3240 -> Unexpected EOF reading RDB file"
    })
    void isWhatAServerSaysOfADamagedFile(String said) {
        assertThat(in("* Reading RDB base file on AOF loading...", "# " + said)).isEqualTo(said);
    }

    @Test
    void isABrokenManifestForTheReasonThatFollows() {
        List<String> words = List.of(WHEN + "# ", "*** FATAL AOF MANIFEST FILE ERROR ***", WHEN + "# Reading the manifest file, at line 3",
                WHEN + "# >>> 'garbage'", WHEN + "# Invalid AOF manifest file format");

        assertThat(Corruption.in(words)).isEqualTo("AOF manifest: Invalid AOF manifest file format");
    }

    /** What a server says itself is no longer among its last words then. */
    @Test
    void isWhatTheCheckOfASnapshotHasFound() {
        List<String> words = List.of("[offset 107] AUX FIELD aof-base = '0'", "[offset 110] Selecting DB ID 0", "--- RDB ERROR DETECTED ---",
                "[offset 4711] Unexpected EOF reading RDB file", "[additional info] While doing: read-object-value", "[additional info] Reading key 'k'",
                "[info] 12 keys read", "[info] 0 expires", "[info] 0 already expired");

        assertThat(Corruption.in(words)).isEqualTo("[offset 4711] Unexpected EOF reading RDB file");
    }

    @ParameterizedTest
    @ValueSource(strings = {
        // for a person: the disk, rights, room
        "Fatal error: can't open the append log file appendonly.aof.1.incr.aof for reading: Permission denied",
        "Unable to obtain the AOF file appendonly.aof.1.base.rdb length. stat: Permission denied",
        "Unrecoverable error reading the append only file appendonly.aof.1.incr.aof: Input/output error",
        "Can't open or create append-only dir appendonlydir: No space left on device",
        "Can't open the append-only file appendonly.aof.1.incr.aof: Read-only file system",
        "Fatal error: can't open the RDB file dump.rdb for reading: Permission denied",
        // the configuration
        "Module /x.so failed to load: It does not have execute permissions.",
        "FATAL: Data file was created with a Redis server configured to handle more than 16 databases. Exiting",
        // another version, or a module
        "Can't handle RDB format version 12",
        "Unknown command 'JSON.SET' reading the append only file appendonly.aof.1.incr.aof",
        "The RDB file contains AUX module data I can't load: no matching module 'ReJSON-RL'",
        // nothing at all
        "Ready to accept connections tcp",
        "User requested shutdown..."
    })
    void isNothingElse(String said) {
        assertThat(in("# " + said)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "Can't handle RDB format version 80",
        "[offset 26] Unknown object type 150 in RDB file with foreign version 75",
        "[offset 26] Unknown object type 150 in RDB file with future version 987",
        "[offset 123] \\o/ RDB looks OK, but loading requires config 'rdb-version-check relaxed'",
        "rdbGenericLoadStringObject failed allocating 9000000000 bytes",
        "Error truncating the AOF file appendonly.aof.1.incr.aof: Permission denied",
        "The RDB file contains module data I can't load: no matching module type 'ReJSON-RL'",
        "Failed loading library, Engine 'LUA' not found"
    })
    void isNotWhatHasAnotherCauseByWordsBesideIt(String beside) {
        assertThat(in("# " + beside, "# Short read or OOM loading DB. Unrecoverable error, aborting now.",
                "# Internal error in RDB reading offset 9, function at rdb.c:3240 -> Unexpected EOF reading RDB file")).isNull();
    }

    /** It goes on without. Redis since 7.0 and Valkey name the file. */
    @Test
    void isNoneWhereTheServerCutsOffAnEndByItself() {
        assertThat(Corruption.isCutOff(WHEN + "# !!! Truncating the AOF appendonly.aof.1.incr.aof at offset 439 !!!")).isTrue();
        assertThat(Corruption.isCutOff(WHEN + "# !!! Truncating the AOF at offset 439 !!!")).isTrue();
        assertThat(Corruption.isCutOff(WHEN + "* DB loaded from append only file: 0.269 seconds")).isFalse();
        assertThat(Corruption.isCutOff(WHEN + "# said by a script: !!! Truncating the AOF")).isFalse();
        assertThat(in("# !!! Warning: short read while loading the AOF file appendonly.aof.1.incr.aof!!!", "# !!! Truncating the AOF appendonly.aof.1.incr.aof at offset 439 !!!",
                "# AOF appendonly.aof.1.incr.aof loaded anyway because aof-load-truncated is enabled")).isNull();
    }

    /** A read that failed for a moment. */
    @Test
    void isNotWhatTheCheckDoesNotFind() {
        assertThat(in("# Internal error in RDB reading offset 9, function at rdb.c:3240 -> Unexpected EOF reading RDB file",
                "# [offset 4711] \\o/ RDB looks OK! \\o/")).isNull();
    }

    @Test
    void isNotWhatAMasterSent() {
        assertThat(in("# Internal error in RDB reading offset 0, function at rdb.c:296 -> Unknown RDB integer encoding type 9. Failure loading rdb format",
                "# Terminating server after rdb file reading failure.")).isNull();
    }

    @Test
    void isNoReasonForASignalNorForAGoodEnd() {
        List<String> words = List.of(WHEN + "# Wrong signature trying to load DB from file");

        assertThat(Corruption.in(exit(1, words))).isNotNull();
        assertThat(Corruption.in(exit(137, words))).isNull();
        assertThat(Corruption.in(exit(134, words))).isNull();
        assertThat(Corruption.in(exit(0, words))).isNull();
        assertThat(Corruption.in(exit(-1, words))).isNull();
    }

    private static ServerProcess.Exit exit(int status, List<String> words) {
        return new ServerProcess.Exit(status, Duration.ofMillis(20), words, null, false);
    }

    private static String in(String... said) {
        List<String> words = new ArrayList<>();
        for (String line : said) {
            words.add(WHEN + line);
        }
        return Corruption.in(words);
    }
}
