package io.redisha.process;

import java.util.List;

/**
 * Whether a server ended because the files it loads are damaged, by its own last words (rule D1). Pure.
 *
 * <p>Only what a copy from the master mends counts. What a person has to see to does not, whatever else was said: a disk that can't be read or has no room,
 * a lack of memory, rights, a format or a module that this server does not know. So a damage that can't be told from these is for a person, too.
 */
public final class Corruption {

    /** aof.c, aofLoadManifestFromFile: the reason follows in a line of its own. */
    private static final String MANIFEST = "FATAL AOF MANIFEST FILE ERROR";
    /** redis-check-rdb.c and valkey-check-rdb.c, rdbCheckError, which a server runs on a snapshot that it can't load: the reason is in the next line. */
    private static final String CHECKED = "--- RDB ERROR DETECTED ---";
    /** aof.c, getAppendOnlyFileSize: a file that the manifest names. */
    private static final String LENGTH = "Unable to obtain the AOF file";
    private static final String GONE = "No such file or directory";

    private static final List<String> DAMAGED = List.of(MANIFEST, CHECKED,
            // aof.c, loadSingleAppendOnlyFile
            "Bad file format reading the append only file", "Unexpected end of file reading the append only file",
            // aof.c, loadAppendOnlyFiles: what the server has cut off at its end by itself was not the last file
            "Fatal error: the truncated file is not the last file",
            // rdb.c, rdbLoadRio and rdbReportError, of a snapshot or the AOF's base file
            "Wrong signature trying to load DB from file", "Wrong RDB checksum expected", "Short read or OOM loading DB", "Internal error in RDB reading");

    /** What stands beside those words, or in place of them, when a copy is no remedy or nobody knows whether it is. */
    private static final List<String> ANOTHERS = List.of(
            // rdb.c and the check: newer than this server, or another engine's, also where Valkey is told to try it (rdb-version-check relaxed)
            "Can't handle RDB format version", "Pre-release", "RDB file with foreign version", "RDB file with future version",
            // rdb.c: modules and function libraries; server settings
            "module data", "module AUX data", "Failed loading library", "Failed creating function", "server configured to handle more than",
            // aof.c: a module's or a newer version's command as well as a damaged one
            "Unknown command '",
            // rdb.c, zmalloc.c: a lack of memory, or a length that is damaged
            "failed allocating", "OOM in dictTryExpand", "Out Of Memory",
            // the check, when it has found nothing; Valkey: "OK, but", of what is another engine's or newer
            "RDB looks OK",
            // rdb.c, rdbReportError: it was a copy from the master that could not be read
            "Failure loading rdb format",
            // aof.c: the system's word follows
            "Unrecoverable error reading the append only file", "Read AOF manifest failed", "Error truncating the AOF file", "Can't seek the end of the AOF file",
            // strerror(3)
            "Input/output error", "Permission denied", "No space left on device", "Disk quota exceeded", "Read-only file system", "Cannot allocate memory",
            "Too many open files", "Stale file handle", "Structure needs cleaning", "Transport endpoint is not connected");

    /**
     * aof.c, loadSingleAppendOnlyFile, with aof-load-truncated, of the last file: in Redis since 2.8, and in Valkey. It is said before the file is cut, and INFO
     * does not tell.
     */
    private static final String CUT_OFF = "!!! Truncating the AOF ";

    private Corruption() {}

    /** Whether it goes on without an end of its files that it could not read. */
    static boolean isCutOff(String line) {
        return ServerProcess.Line.of(line).text().startsWith(CUT_OFF);
    }

    /**
     * In its own words, why the server could not load its files.
     *
     * @return null if that is not why it ended, or not for sure; so it is after any signal, whose words may be of anything
     */
    static String in(ServerProcess.Exit exit) {
        if (exit.status() < 0) {
            return exit.words().stream().filter(word -> word.contains(AofDirectory.WITHOUT)).findFirst().orElse(null);   // it was not even started
        }
        return exit.status() > 0 && exit.status() < 128 ? in(exit.words()) : null;
    }

    static String in(List<String> words) {
        List<String> said = words.stream().map(word -> ServerProcess.Line.of(word).text().strip()).toList();
        if (said.stream().anyMatch(line -> isOne(line, ANOTHERS))) {
            return null;
        }
        for (int i = 0; i < said.size(); i++) {
            String line = said.get(i);
            if (isOne(line, DAMAGED) || line.contains(LENGTH) && line.contains(GONE)) {
                return line.contains(MANIFEST) ? "AOF manifest: " + said.getLast() : line.contains(CHECKED) && i + 1 < said.size() ? said.get(i + 1) : line;
            }
        }
        return null;
    }

    private static boolean isOne(String line, List<String> of) {
        return of.stream().anyMatch(line::contains);
    }
}
