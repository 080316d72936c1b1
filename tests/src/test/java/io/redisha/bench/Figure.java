package io.redisha.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One figure of the table: its goal, what was measured in each run, and what there is to say about it. */
final class Figure {

    private final String name;
    private final String unit;
    private final double goal;
    private final List<Double> runs = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    Figure(String name, String unit, double goal) {
        this.name = name;
        this.unit = unit;
        this.goal = goal;
    }

    String name() {
        return name;
    }

    void add(double measured) {
        runs.add(measured);
        System.out.printf(Locale.ROOT, "%s: %.3f %s%n", name, measured, unit);
    }

    void remark(String words) {
        remarks.add(words);
        System.out.println(name + ": " + words);
    }

    List<String> remarks() {
        return remarks;
    }

    /** A run that ended badly counts as not reached, whatever its time. */
    boolean reached() {
        return !runs.isEmpty() && remarks.isEmpty() && median() <= goal;
    }

    String goalText() {
        return "<= " + number(goal) + " " + unit;
    }

    String medianText() {
        return runs.isEmpty() ? "-" : number(median()) + " " + unit;
    }

    String rangeText() {
        return runs.isEmpty() ? "-" : number(runs.stream().min(Double::compare).orElseThrow()) + " .. " + number(runs.stream().max(Double::compare).orElseThrow())
                + " (" + runs.size() + ")";
    }

    private double median() {
        List<Double> sorted = runs.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, value < 0.1 ? "%.3f" : "%.2f", value);
    }
}
