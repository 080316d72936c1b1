package io.redisha.bench;

import io.redisha.e2e.Trial;
import io.redisha.lab.Release;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;

/**
 * What is done to a release under load.
 *
 * @param prepared before there is any load, in the run of that number
 * @param promise  what must hold afterwards
 */
record Fault(ObjIntConsumer<Release> prepared, Consumer<Release> strike, Consumer<Trial.Verdict> promise) {

    static Fault of(Consumer<Release> strike, Consumer<Trial.Verdict> promise) {
        return new Fault((release, run) -> {}, strike, promise);
    }
}
