package io.redisha.bench;

import java.util.ArrayList;
import java.util.List;

/** Two things measured by turns: how much of the second the first is, by the ratio of each pair, so that what slows both down for a while counts for nothing. */
final class Pairs {

    /** Of the normal distribution, 95 % of which are below it. */
    private static final double Z = 1.6448536269514722;
    private static final int FEWEST = 5;

    private final List<Double> logarithms = new ArrayList<>();

    void add(double one, double other) {
        logarithms.add(Math.log(one / other));
    }

    int count() {
        return logarithms.size();
    }

    /** The geometric one: twice as much and half as much make one. */
    double mean() {
        return Math.exp(meanLogarithm());
    }

    /** What the true ratio is not below, with a probability of 95 % (one-sided, by Student's t of the logarithms); 0 if there are too few pairs to say. */
    double lowerBound() {
        return count() < FEWEST ? 0 : Math.exp(meanLogarithm() - quantile(count() - 1) * deviation() / Math.sqrt(count()));
    }

    private double meanLogarithm() {
        return logarithms.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private double deviation() {
        double mean = meanLogarithm();
        return Math.sqrt(logarithms.stream().mapToDouble(one -> (one - mean) * (one - mean)).sum() / (count() - 1));
    }

    /** Of Student's t, 95 %: Cornish and Fisher's expansion, good to 0.002 from four degrees of freedom on. */
    static double quantile(int freedom) {
        double z2 = Z * Z;
        double first = Z * (z2 + 1) / 4;
        double second = Z * ((5 * z2 + 16) * z2 + 3) / 96;
        double third = Z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384;
        return Z + first / freedom + second / Math.pow(freedom, 2) + third / Math.pow(freedom, 3);
    }
}
