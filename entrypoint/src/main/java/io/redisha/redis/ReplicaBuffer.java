package io.redisha.redis;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How much a master keeps for a replica that is busy with its full copy (finding R11). At the servers' own 256 MB, or 64 MB for a minute, the copy of a large
 * dataset under load is cut off when it is nearly there, and begins again, for ever. Time is no reason to cut it off; memory is.
 */
final class ReplicaBuffer {

    private static final long MB = 1 << 20;
    /** What the servers themselves allow, for a moment: with less to give it stays with that. */
    private static final long LEAST = 256 * MB;
    private static final Pattern SIZE = Pattern.compile("(\\d{1,15})(|b|k|kb|m|mb|g|gb)");

    private ReplicaBuffer() {}

    /**
     * @param maxmemory bytes, 0 for none
     * @param limit     of the container, bytes, 0 for none
     * @return MB, 0 for no more than the servers' own
     */
    static long megabytes(long maxmemory, long limit) {
        long bytes = 0;
        if (maxmemory > 0) {
            // what fragmentation and a fork's copies need comes first: the copy is made by a fork
            bytes = limit == 0 ? maxmemory / 8 : maxmemory >= limit ? 0 : Math.min(maxmemory / 4, (limit - maxmemory - maxmemory / 7) / 3);
        } else if (limit > 0) {
            bytes = limit / 8;
        }
        return bytes < LEAST ? 0 : bytes / MB;
    }

    /** As the servers write sizes: k is a thousand, kb 1,024. 0 if it is none. */
    static long bytes(String size) {
        Matcher m = SIZE.matcher(size.toLowerCase(Locale.ROOT));
        if (!m.matches()) {
            return 0;
        }
        long unit = switch (m.group(2)) {
            case "k" -> 1_000;
            case "kb" -> 1 << 10;
            case "m" -> 1_000_000;
            case "mb" -> MB;
            case "g" -> 1_000_000_000;
            case "gb" -> 1 << 30;
            default -> 1;
        };
        long number = Long.parseLong(m.group(1));
        return number > Long.MAX_VALUE / unit ? Long.MAX_VALUE : number * unit;
    }
}
