package io.redisha.simulation;

import io.redisha.loop.Journal;
import io.redisha.model.Reason;
import java.util.ArrayList;
import java.util.List;

/** What agents note becomes part of the story, and is kept where a test asks about it. */
public final class SimulatedJournal {

    private final Simulation simulation;
    private final List<String> notes;

    /** @param kept whether {@link #notes} is wanted */
    public SimulatedJournal(Simulation simulation, boolean kept) {
        this.simulation = simulation;
        notes = kept ? new ArrayList<>() : null;
    }

    public List<String> notes() {
        return notes;
    }

    public Journal of(SimulatedPod pod) {
        return new Journal() {
            @Override
            public void note(Act act, Reason reason, long term, String detail) {
                if (notes == null && !simulation.tracing()) {
                    return;
                }
                String note = pod.name + " " + act + " " + reason + " term " + term + " " + detail;
                simulation.say(note);
                if (notes != null) {
                    notes.add(note);
                }
            }

            @Override
            public void renewed(boolean success, long nanos) {}
        };
    }
}
