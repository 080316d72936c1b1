package io.redisha.decide.cluster;

import java.util.List;

/** What is to be done next for the shape of the cluster, and in words what is not as it should be. */
public sealed interface Plan {
    List<String> problems();


    /** All that was asked for is there. */
    record Done(List<String> problems) implements Plan {}

    /** Nothing can be done now; {@code why} names pods and what is missing. */
    record Wait(List<String> why, List<String> problems) implements Plan {}

    /** Nothing may be done without a person; {@code why} says what was found and what would help. */
    record Refuse(List<String> why, List<String> problems) implements Plan {}

    /** These, in order, then look again. */
    record Go(List<Step> steps, List<String> problems) implements Plan {}
}
