package io.redisha.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The table that a bench prints: ours, and in a column each what others do in the same place. */
final class Figures {

    /** How often each figure is taken; its median is what counts. */
    static final int RUNS = Integer.parseInt(System.getProperty("runs", Optional.ofNullable(System.getenv("RUNS")).orElse("5")));

    private final Map<String, Figure> ours = new LinkedHashMap<>();
    private final Map<String, Map<String, Figure>> others = new LinkedHashMap<>();

    Figure atMost(double goal, String unit, String name) {
        return ours.computeIfAbsent(name, asked -> Figure.atMost(goal, unit, name));
    }

    Figure atLeast(double goal, String unit, String name) {
        return ours.computeIfAbsent(name, asked -> Figure.atLeast(goal, unit, name));
    }

    Figure without(String unit, String name) {
        return ours.computeIfAbsent(name, asked -> Figure.without(unit, name));
    }

    /** What another has for the figure of that name, in a row of its own if we have none. */
    Figure beside(String column, String unit, String name) {
        without(unit, name);
        return others.computeIfAbsent(column, asked -> new LinkedHashMap<>()).computeIfAbsent(name, asked -> Figure.without(unit, column + ": " + name));
    }

    /** To the screen, and to target/bench.md for the README: what there is so far. */
    void print() {
        List<String> lines = new ArrayList<>(List.of(
                row("figure", "goal", "median", "min .. max (runs)", "reached?", others.keySet().stream().toList()),
                row("---", "---", "---", "---", "---", Collections.nCopies(others.size(), "---"))));
        ours.values().forEach(figure -> lines.add(row(figure.name(), figure.goalText(), figure.medianText(), figure.rangeText(), figure.reachedText(),
                others.values().stream().map(column -> beside(column.get(figure.name()))).toList())));
        ours.values().forEach(figure -> figure.remarks().forEach(remark -> lines.add("\n- " + figure.name() + ": " + remark)));
        Path file = Path.of("target", "bench.md");
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.write(file, lines);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
        System.out.println(String.join("\n", lines));
    }

    private static String row(String name, String goal, String median, String range, String reached, List<String> others) {
        List<String> cells = new ArrayList<>(List.of(name, goal, median, range, reached));
        cells.addAll(others);
        return "| " + String.join(" | ", cells) + " |";
    }

    private static String beside(Figure figure) {
        return figure == null ? "" : figure.medianText() + ", " + figure.rangeText() + figure.remarks().stream().findFirst().map(remark -> ", " + remark).orElse("");
    }
}
