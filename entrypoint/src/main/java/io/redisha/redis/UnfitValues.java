package io.redisha.redis;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Values of the server's configuration with which no instance of a release could serve, or lead (finding R18). The chart has the same table, and refuses
 * them before anything is changed. A pod that has such a value all the same was given it by a chart before this one, and has run with it: it is warned of,
 * and goes on as it did, unless that would lose data.
 */
final class UnfitValues {

    /** Directives ; a pattern of the refused value ; what would be right ; architectures. */
    static final String TABLE = """
            replica-priority slave-priority ; ^[-+]?0+$ ; at least 1, or no instance may ever lead ; replication sentinel
            maxclients ; ^[0-9]{1,2}$ ; at least 100, some of which redis-ha and the replicas need ; replication cluster sentinel
            repl-timeout ; ^0*[0-4]$ ; at least 5, or replicas lose their links while nothing is wrong ; replication cluster sentinel
            dbfilename appenddirname ; ^nodes\\.conf$ ; another name, this one is the cluster's own file ; cluster
            dbfilename appendfilename appenddirname ; ^(\\.{0,2}|\\.redis-ha)$ ; the name of a file of its own, or nothing can be written under it ; replication cluster sentinel
            key-load-delay ; ^-?0*[1-9][0-9]*$ ; 0, it is for Redis' own tests and makes every start slow ; replication cluster sentinel
            rdb-key-save-delay ; ^0*[1-9][0-9]{4,}$ ; less than 10000 microseconds, as each copy takes so long for each key ; replication cluster sentinel
            maxmemory ; ^0*(([1-9][0-9]{0,5}|[1-7][0-9]{6})b?|([1-9][0-9]{0,2}|[1-7][0-9]{3})kb?|[1-7]mb?)$ ; at least 8mb, some of which the server needs itself, or 0 for no limit ; replication cluster sentinel
            repl-backlog-size ; ^0*([1-9][0-9]{0,5}b?|[1-9][0-9]{0,2}kb?)$ ; at least 1mb, or each change of master costs full copies ; replication cluster sentinel
            repl-diskless-sync-delay ; ^0*(6[1-9]|[7-9][0-9]|[1-9][0-9]{2,})$ ; at most 60, as a replica waits so long before each full copy ; replication cluster sentinel
            loglevel ; ^nothing$ ; debug, verbose, notice or warning, as redis-ha tells by the server's words why it does not start ; replication cluster sentinel
            tls-replication ; ^yes$ ; no, as there is no TLS yet ; replication cluster sentinel
            tls-cluster ; ^yes$ ; no, as there is no TLS yet ; cluster
            cluster-blacklist-ttl ; ^0*[1-5]?[0-9]$ ; at least 60 seconds, or a node that was forgotten comes back ; cluster
            cluster-manual-failover-timeout ; ^0*[0-4]?[0-9]{1,2}$ ; at least 500 milliseconds, or no master can hand over ; cluster
            bind-source-addr ; ^.*[^ ].*$ ; no such line, as each pod has an address of its own ; replication cluster sentinel
            client-output-buffer-limit ; (^| )(slave|replica) +0*([1-9][0-9]{0,6}b?|[1-9][0-9]{0,3}kb?|[1-9]mb?)( |$) ; at least 10mb for replicas, or 0 for no limit, or none stays linked ; replication cluster sentinel
            """;

    private record Entry(List<String> directives, Pattern refused, String expected, List<String> architectures) {

        static Entry of(String line) {
            String[] fields = line.split(" ; ");
            return new Entry(words(fields[0]), Pattern.compile(fields[1]), fields[2], words(fields[3]));
        }

        private static List<String> words(String text) {
            return List.of(text.strip().split(" "));
        }
    }

    private static final List<Entry> ENTRIES = TABLE.lines().map(Entry::of).toList();

    /**
     * A snapshot of that name would replace what a node knows of its cluster (and the data in the snapshot with it, when that is set aside as damaged), or be
     * in the way of the state file, without which nobody can tell later who has the newest data.
     */
    private static final Pattern TAKEN = Pattern.compile("nodes\\.conf|\\.redis-ha");

    private UnfitValues() {}

    /**
     * @param words        a line of the configuration: the directive, and its value
     * @param architecture as the chart names it
     * @return what would be right; null if nothing is wrong
     */
    static String expected(List<String> words, String architecture) {
        String directive = words.getFirst();
        String value = String.join(" ", words.subList(1, words.size())).toLowerCase(Locale.ROOT);
        return ENTRIES.stream().filter(e -> e.architectures.contains(architecture) && e.directives.contains(directive) && e.refused.matcher(value).find())
                .map(Entry::expected).findFirst().orElse(null);
    }

    /** Of one that is refused by the table: whether the server must not be started with it. With any other it is as slow, as alone or as closed as it was before. */
    static boolean losesData(List<String> words) {
        return words.getFirst().equals("dbfilename") && TAKEN.matcher(String.join(" ", words.subList(1, words.size())).toLowerCase(Locale.ROOT)).matches();
    }

    /** Of one that is refused by the table: a server that says nothing, of whose words rules B4, C5 and D1 live. */
    static boolean silences(List<String> words) {
        return words.getFirst().equals("loglevel");
    }
}
