package io.redisha.loop.cluster;

import io.redisha.model.Shape;
import java.util.function.Consumer;

/** The StatefulSet: how many pods are wanted, and in its annotations what of. */
public interface ShapeSource {

    /** Never blocks; {@code then} gets null if the API server does not say. */
    void read(Consumer<Shape> then);
}
