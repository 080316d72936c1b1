package io.redisha.decide.peers;

import io.redisha.model.Sighting;
import java.util.List;

/** What a pod's program is to be started with, or what it waits for. */
public sealed interface Start {

    /** @param peers by ordinal */
    record Join(List<Sighting> peers) implements Start {}

    /** Alone: a ring begins here. */
    record Found() implements Start {}

    /** @param reason for a person */
    record Wait(String reason) implements Start {}
}
