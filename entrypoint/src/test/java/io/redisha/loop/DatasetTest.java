package io.redisha.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.redisha.model.Address;
import io.redisha.model.Data;
import io.redisha.model.Role;
import io.redisha.model.ServerInfo;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DatasetTest {

    private final Dataset dataset = new Dataset(Data.NONE);

    @BeforeEach
    void inSync() {
        see(info("master", 100, false, false, true));
        assertThat(dataset.data().restored()).isFalse();
    }

    /** A master that was restarted, and not promoted again yet, refuses. */
    @Test
    void isInMemoryYetWhenASyncIsAskedForAndRefused() {
        see(info("master", 1, true, false, false));
        assertThat(dataset.data()).isEqualTo(new Data("d", 3, "master", "", -1, 100, true, false));
        dataset.see(info("master", 1, false, false, false));
        dataset.goesOn(info("master", 1, false, false, false));
        assertThat(dataset.data()).as("INFO has no offset of it any more").isEqualTo(new Data("d", 3, "master", "", -1, 100, true, false));
    }

    @Test
    void isGoneOnceAnotherLoads() {
        see(info("master", 1, true, true, false));
        assertThat(dataset.data().complete()).isFalse();
        assertThat(dataset.data().restored()).isTrue();
    }

    @Test
    void isWhatTheDiskSaysAfterARestart() {
        dataset.gone();
        assertThat(dataset.data()).isEqualTo(new Data("d", 3, "master", "", -1, 100, true, true));
    }

    private void see(ServerInfo info) {
        dataset.see(info);
        dataset.follows("d", 3, info);
    }

    private static ServerInfo info(String replid, long offset, boolean syncing, boolean loading, boolean linkUp) {
        return new ServerInfo("run", Role.REPLICA, replid, "", offset, -1, loading, syncing, linkUp, false, 100, new Address("10.0.0.1", 6379), 0, 0);
    }
}
