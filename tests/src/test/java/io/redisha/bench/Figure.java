package io.redisha.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One figure of the table: its goal, if it has one, what was measured in each run, and what there is to say about it. */
final class Figure {

    private enum Goal { AT_MOST, AT_LEAST, NONE }

    private final String name;
    private final String unit;
    private final Goal kind;
    private final double goal;
    /** No run may be over it, whatever the median is. */
    private double most = Double.POSITIVE_INFINITY;
    private final List<Double> runs = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();

    private Figure(String name, String unit, Goal kind, double goal) {
        this.name = name;
        this.unit = unit;
        this.kind = kind;
        this.goal = goal;
    }

    static Figure atMost(double goal, String unit, String name) {
        return new Figure(name, unit, Goal.AT_MOST, goal);
    }

    static Figure atLeast(double goal, String unit, String name) {
        return new Figure(name, unit, Goal.AT_LEAST, goal);
    }

    /** Told, not judged. */
    static Figure without(String unit, String name) {
        return new Figure(name, unit, Goal.NONE, 0);
    }

    Figure neverOver(double most) {
        this.most = most;
        return this;
    }

    String name() {
        return name;
    }

    String unit() {
        return unit;
    }

    Figure add(double measured) {
        runs.add(measured);
        System.out.printf(Locale.ROOT, "%s: %.3f %s%n", name, measured, unit);
        return this;
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
        return !runs.isEmpty() && remarks.isEmpty() && (kind == Goal.AT_LEAST ? median() >= goal : median() <= goal) && runs.stream().allMatch(run -> run <= most);
    }

    String reachedText() {
        return kind == Goal.NONE && remarks.isEmpty() ? "" : kind != Goal.NONE && reached() ? "yes" : "**no**";
    }

    String goalText() {
        String median = kind == Goal.NONE ? "" : (kind == Goal.AT_LEAST ? ">= " : "<= ") + number(goal) + " " + unit;
        return most == Double.POSITIVE_INFINITY ? median : median + ", never > " + number(most) + " " + unit;
    }

    String medianText() {
        return runs.isEmpty() ? "-" : number(median()) + " " + unit;
    }

    String rangeText() {
        return runs.isEmpty() ? "-" : number(runs.stream().min(Double::compare).orElseThrow()) + " .. " + number(runs.stream().max(Double::compare).orElseThrow())
                + " (" + runs.size() + ")";
    }

    double median() {
        List<Double> sorted = runs.stream().sorted().toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    private static String number(double value) {
        return value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, value < 0.1 ? "%.3f" : "%.2f", value);
    }
}
