package io.redisha.loop;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** How often each {@link Rule} has fired, in one run or in several. For one thread: runs beside each other have one each, which are added up. */
public final class Firings {

    private final Map<Rule, Long> counts = new EnumMap<>(Rule.class);

    public void fired(Rule rule) {
        counts.merge(rule, 1L, Long::sum);
    }

    void add(Firings others) {
        others.counts.forEach((rule, count) -> counts.merge(rule, count, Long::sum));
    }

    long of(Rule rule) {
        return counts.getOrDefault(rule, 0L);
    }

    Set<Rule> never() {
        Set<Rule> never = EnumSet.allOf(Rule.class);
        never.removeAll(counts.keySet());
        return never;
    }

    /** For a person; those that never fired too. */
    @Override
    public String toString() {
        return Arrays.stream(Rule.values()).map(rule -> rule + " " + of(rule)).collect(Collectors.joining(", "));
    }
}
