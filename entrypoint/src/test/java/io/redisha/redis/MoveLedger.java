package io.redisha.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What clients have appended to keys and deleted, and so what must be there in the end: each value that was acknowledged, once, in its key; and
 * none that was deleted.
 *
 * <p>Excused is only what Redis Cluster itself may lose, slots moving or not: values and deletions that a master had acknowledged and its
 * successor had not applied when it died. Beyond that, of slots that move, keys that were deleted may come back: those that the source's
 * successor did not know to have been moved when the source died; and those whose MIGRATE did its work at the target without the source hearing
 * so, if they are deleted at the source before the mover's next order.
 */
final class MoveLedger {

    private final Map<Long, String> appended = new HashMap<>();
    private final Set<Long> acknowledged = new HashSet<>();
    private final Set<Long> deleted = new HashSet<>();
    private final Set<Long> mayBeLost = new HashSet<>();
    private final Set<Long> mayComeBack = new HashSet<>();
    private long last;

    long append(String key) {
        appended.put(++last, key);
        return last;
    }

    void acknowledged(long value) {
        acknowledged.add(value);
    }

    /** @param values that were in the key */
    void deleted(List<Long> values, boolean isAcknowledged) {
        if (isAcknowledged) {
            deleted.addAll(values);
        } else {
            mayBeLost.addAll(values);
        }
    }

    void mayBeLost(List<Long> values) {
        mayBeLost.addAll(values);
    }

    void mayComeBack(List<Long> values) {
        mayComeBack.addAll(values);
    }

    int acknowledged() {
        return acknowledged.size();
    }

    /**
     * @param found by key
     * @param kept  beside their key: not lost, but moved out of the way, which has to be said to a person
     * @return what is wrong, in words
     */
    List<String> check(Map<String, List<Long>> found, Set<Long> kept) {
        List<String> wrong = new ArrayList<>();
        Map<Long, Integer> times = new HashMap<>();
        found.forEach((key, values) -> values.forEach(value -> {
            times.merge(value, 1, Integer::sum);
            if (!key.equals(appended.get(value))) {
                wrong.add("value " + value + " of " + appended.get(value) + " is in " + key);
            }
        }));
        times.forEach((value, count) -> {
            if (count > 1) {
                wrong.add("value " + value + " of " + appended.get(value) + " is there " + count + " times");
            }
            if (deleted.contains(value) && !mayComeBack.contains(value)) {
                wrong.add("value " + value + " of " + appended.get(value) + " was deleted, and is back");
            }
        });
        for (long value : acknowledged) {
            if (!times.containsKey(value) && !kept.contains(value) && !deleted.contains(value) && !mayBeLost.contains(value)) {
                wrong.add("value " + value + " of " + appended.get(value) + " was acknowledged, and is lost");
            }
        }
        return wrong;
    }
}
