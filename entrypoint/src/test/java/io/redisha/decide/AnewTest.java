package io.redisha.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.decide.Scene.Pod;
import io.redisha.model.Heartbeat;
import org.junit.jupiter.api.Test;

/** Rule D1. */
class AnewTest {

    private static Heartbeat leader(boolean open, String datasetId) {
        return new Heartbeat(new Pod(1).identity(), Pod.address(1), 4, 7, open, datasetId, "A", true);
    }

    @Test
    void isAllowedWithAnOpenLeaderOfTheSameData() {
        assertThat(Anew.isAllowed(leader(true, "set"), false, "set")).isTrue();
    }

    @Test
    void isNotAllowedWithoutOne() {
        assertThat(Anew.isAllowed(null, false, "set")).isFalse();
        assertThat(Anew.isAllowed(leader(true, "set"), true, "set")).as("it may be gone").isFalse();
        assertThat(Anew.isAllowed(leader(false, "set"), false, "set")).as("it may have nothing yet").isFalse();
    }

    @Test
    void isNotAllowedForDataOfAnotherRelease() {
        assertThat(Anew.isAllowed(leader(true, "set"), false, "other")).isFalse();
        assertThat(Anew.isAllowed(leader(true, null), false, "set")).isFalse();
        assertThat(Anew.isAllowed(leader(true, "set"), false, null)).as("a disk that does not say whose data it holds").isFalse();
        assertThat(Anew.isAllowed(leader(true, null), false, null)).isFalse();
    }
}
