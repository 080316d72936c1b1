package io.redisha.simulation;

import static io.redisha.simulation.Simulation.MS;

import java.util.HashSet;
import java.util.Set;

/** Between pods, and between a pod and the API server ({@link #API}): each way of each connection can be cut, and messages get lost. */
public final class Network {

    public static final String API = "api";

    private final Simulation simulation;
    private final long longest;
    private final Set<String> cuts = new HashSet<>();
    /** Of all messages this part gets lost. */
    public double loss;
    /** Each message takes up to so much longer, so that the second of two may arrive first. */
    public long lag;

    /** @param longest one message in 200 takes up to this long */
    public Network(Simulation simulation, long longest) {
        this.simulation = simulation;
        this.longest = longest;
    }

    /** One way only. */
    public void cut(String from, String to) {
        cuts.add(from + ">" + to);
    }

    public void heal(String from, String to) {
        cuts.remove(from + ">" + to);
    }

    public void heal() {
        cuts.clear();
    }

    public boolean isWhole() {
        return cuts.isEmpty();
    }

    public boolean isCut(String from, String to) {
        return !cuts.isEmpty() && cuts.contains(from + ">" + to);
    }

    /** In one way or the other: no question gets an answer. */
    public boolean apart(String a, String b) {
        return isCut(a, b) || isCut(b, a);
    }

    /** Whether this message does not arrive. */
    public boolean loses(String from, String to) {
        return isCut(from, to) || loss > 0 && simulation.random.nextDouble() < loss;
    }

    /** How long a message takes. */
    public long hop() {
        return MS / 2 + simulation.random.nextLong(3 * MS) + (lag > 0 ? simulation.random.nextLong(lag) : 0) + (simulation.random.nextInt(200) == 0 ? simulation.random.nextLong(longest) : 0);
    }
}
